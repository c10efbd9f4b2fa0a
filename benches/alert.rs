//! How long a fill takes to be told: from before the exchange simulator fills an order until the alert's
//! request is at the stand-in for Telegram, through a whole `heikin run` in a process of its own.
//!
//! `cargo bench --bench alert [-- FILLS]`, by default 200. Nothing else is queued: the chat's clock goes a
//! hundred times as fast, so that Telegram's limits are not what is measured, and only fills are told.
//! The time holds all of it: the event, the order thread with its sync, the stop that is placed meanwhile
//! and told with the fill, the outbox with its syncs, and the request. The data folder is below the
//! temporary one: point `TMPDIR` at the disk that is of interest.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

use std::io::{BufRead as _, BufReader};
use std::num::NonZeroU32;
use std::path::Path;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, Grid, KeyPermissions, ListedMarket,
    Settings as Exchange, Simulator, usual_rules,
};
use heikin::standin::telegram::{Hands, Letter, Settings, TelegramStandin};
use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::{Money, Price};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Span, Timestamp};
use serde_json::Value;

/// Any error at all ends it.
type Failed = Box<dyn std::error::Error>;

const ASHA: i64 = 1_001;
const INTERVAL: Interval = Interval::H1;
/// Candles that have closed when trading begins.
const HISTORY: i64 = 600;
/// The market rises for so many candles, falls for as many, and so on.
const SWING: i64 = 12;
const SPEED: u32 = 100;
/// An alert that takes longer is lost.
const GIVE_UP: Duration = Duration::from_secs(10);

fn main() -> Result<(), Failed> {
    let fills = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(200);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut micros = runtime.block_on(measure(fills))?;
    micros.sort_unstable();
    let last = micros.len().saturating_sub(1);
    let at = |percent: usize| {
        micros.get((micros.len() * percent / 100).min(last)).copied().unwrap_or(0) / 1_000
    };
    println!(
        "{} fills: p50 {} ms  p90 {} ms  p99 {} ms  max {} ms",
        micros.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
    Ok(())
}

async fn measure(fills: usize) -> Result<Vec<u128>, Failed> {
    let began = jiff::Timestamp::now();
    let speed = NonZeroU32::new(SPEED).ok_or("no speed")?;
    let standin = TelegramStandin::start(&Settings { speed, ..Settings::default() })?;
    let market = Arc::new(market()?);
    let folder = tempfile::tempdir()?;
    configure(folder.path(), &market, &standin, began)?;
    let _product = Product::start(folder.path())?;
    let write = |text: &str| {
        let letter = Letter { user: ASHA, text: Some(text.to_owned()), ..Default::default() };
        standin.act(Hands::Send(letter))
    };
    for kind in ["entry", "stop", "exit", "connection", "risk"] {
        let before = told(&standin.messages(ASHA));
        write(&format!("/notify {kind} off"))?;
        arrived(&standin, before).await?;
    }
    let mut micros = Vec::with_capacity(fills);
    let mut known = filled(&market);
    while micros.len() < fills {
        let before = told(&standin.messages(ASHA));
        let moment = Instant::now();
        market.stepped(Distance::Points(1)).await.ok_or("the market has ended")?;
        // To ask the exchange for all it knows takes milliseconds: meanwhile the alert may come.
        let asked = Arc::clone(&market);
        let mut counting = tokio::task::spawn_blocking(move || filled(&asked));
        let mut arriving = pin!(arrived(&standin, before));
        let mut there = None;
        let now = loop {
            tokio::select! {
                told = &mut arriving, if there.is_none() => {
                    told?;
                    there = Some(moment.elapsed());
                }
                count = &mut counting => break count?,
            }
        };
        if now > known {
            if there.is_none() {
                arriving.await?;
            }
            micros.push(there.unwrap_or_else(|| moment.elapsed()).as_micros());
            known = now;
        }
    }
    Ok(micros)
}

async fn arrived(standin: &TelegramStandin, before: usize) -> Result<(), Failed> {
    let there = standin.messages_when(ASHA, GIVE_UP, |it| told(it) > before).await;
    there.map(drop).ok_or_else(|| "an alert never came".into())
}

fn told(messages: &Value) -> usize {
    let all = messages["messages"].as_array().into_iter().flatten();
    all.filter(|it| it["by_bot"] == true).count()
}

fn filled(market: &Simulator) -> usize {
    let state = market.state();
    state.pointer("/accounts/0/fills").and_then(Value::as_array).map_or(0, Vec::len)
}

fn market() -> Result<Simulator, Failed> {
    let usdt = "USDT".parse()?;
    let grid = Grid { tick: "0.01".parse()?, step: "0.00001".parse()?, min_notional: "5".parse()? };
    let listed = ListedMarket {
        rules: usual_rules("BTCUSDT".parse()?, ("BTC".parse()?, usdt), grid),
        fees: FeeRates::flat("0.001".parse()?),
        candles: CandleSource::Given { candles: candles()?, history: HISTORY.try_into()? },
    };
    let account = AccountSettings {
        key: "key".to_owned().into(),
        secret: "secret".to_owned().into(),
        balances: vec![(usdt, "10000".parse()?)],
        permissions: KeyPermissions::TRADING_ONLY,
    };
    let settings =
        Exchange { markets: vec![listed], accounts: vec![account], ..Exchange::lockstep() };
    Ok(Simulator::start(settings)?)
}

/// The history ends in this hour.
fn candles() -> Result<Vec<Candle>, Failed> {
    let hour = INTERVAL.span().millis();
    let now = jiff::Timestamp::now().as_millisecond() / hour * hour;
    let begin = Timestamp::from_millis(now - HISTORY * hour);
    let price = |k: i64| {
        let place = k.rem_euclid(2 * SWING);
        20_000 + 100 * if place < SWING { place } else { 2 * SWING - place }
    };
    let candle = |k: i64| -> Result<Candle, Failed> {
        let (first, last) = (price(k), price(k + 1));
        let of = |units: i64| Price::from_units(units * 100_000_000).ok_or("no price");
        let (high, low) = (first.max(last) + 8, first.min(last) - 8);
        let ohlc = Ohlc::new(of(first)?, of(high)?, of(low)?, of(last)?)?;
        let open = begin + INTERVAL.span().times(k);
        let close = open + INTERVAL.span() - Span::from_millis(1);
        Ok(Candle::new(open, close, ohlc, Money::parse("50")?)?)
    };
    (0..HISTORY + 20_000).map(candle).collect()
}

fn configure(
    folder: &Path,
    market: &Simulator,
    standin: &TelegramStandin,
    began: jiff::Timestamp,
) -> Result<(), Failed> {
    let (rest, streams, api) = (market.rest(), market.streams(), market.websocket_api());
    let telegram = standin.api_url();
    let text = format!(
        "mode = \"testnet\"\n[exchange]\nrest = \"{rest}\"\nstreams = \"{streams}\"\n\
         websocket_api = \"{api}\"\nlockstep = true\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [notify]\noperators = [{ASHA}]\n\
         [telegram]\napi_url = \"{telegram}\"\nspeed = {SPEED}\nspeed_since = \"{began}\"\n\
         [[trader]]\nsymbol = \"BTCUSDT\"\ninterval = \"1h\"\npreset = \"classic\"\n\
         quote = \"1000\"\nseed_candles = 500\nrearm_after = 0\n"
    );
    Ok(std::fs::write(folder.join("heikin.toml"), text)?)
}

/// `heikin run`, until this is dropped.
struct Product(Child);

impl Product {
    fn start(folder: &Path) -> Result<Self, Failed> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("run")
            .current_dir(folder)
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .env("TELEGRAM_BOT_TOKEN", Settings::default().token)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let product = Self(child);
        let mut lines = BufReader::new(output).lines();
        while !lines.next().ok_or("it has ended")??.contains("http://") {}
        // The pipe is emptied, whoever listens.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(product)
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait().map(drop)) {
            println!("heikin could not be ended: {error}");
        }
    }
}
