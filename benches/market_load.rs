//! What many markets cost the order thread: 200 symbols with ten quotes a second each, and their
//! one-minute candles, every one traded on paper.
//!
//! `cargo bench --bench market_load [-- SECONDS]`, by default 65, so that every candle closes once and
//! 200 entries are priced. Each frame is written by itself, evenly spread, by a thread of this process;
//! what counts is the processor time of the order thread, as the kernel has it. The aim is half a core.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

mod loopback;

use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use heikin::exchange::binance::endpoints::Endpoints;
use heikin::exchange::binance::exchange_time::ExchangeTime;
use heikin::exchange::binance::rest::Rest as Client;
use heikin::exchange::binance::time_sync;
use heikin::exchange::binance::wire::KlineProgress;
use heikin::exchange::simulator::{Grid, usual_rules};
use heikin::runtime::assembly::{Assembly, Fills};
use heikin::runtime::start::{MarketFacts, TraderPlan, first_inputs, recovered};
use heikin::store::Layout;
use heikin_core::engine::{EngineConfig, Gate, Standing};
use heikin_core::market::Asset;
use heikin_core::num::Money;
use heikin_core::order::InstallationTag;
use heikin_core::strategy::{FeeRates, HeikinAshiSettings, Sizing};
use heikin_core::time::Interval;
use rustix::thread::{Pid, gettid};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use loopback::{Rest, accept_streams, frame, parameter};

/// Any error at all ends it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

const SYMBOLS: u64 = 200;
const QUOTES_A_SECOND: u64 = SYMBOLS * 10;
/// The exchange tells of a candle that is open every two seconds (`web-socket-streams.md`).
const QUOTES_FOR_A_CANDLE: u64 = 20;
const MINUTE: u64 = 60_000;
/// Connecting, subscribing and reading the candles that were is not measured.
const WARM_UP: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_micros(200);

fn main() -> Result<(), Failed> {
    let mut counts = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let length = Duration::from_secs(counts.next().unwrap_or(65));
    let (rest, streams) = (Rest::listen()?, TcpListener::bind("127.0.0.1:0")?);
    let addresses = (rest.address()?, format!("ws://{}", streams.local_addr()?));
    let (enough, until) = oneshot::channel();
    let (told, thread_of_orders) = mpsc::sync_channel(1);
    let orders = thread::spawn(move || {
        told.send(gettid())?;
        trade(&addresses, until)
    });
    let orders_thread = thread_of_orders.recv()?;
    let exchange = thread::spawn(move || -> io::Result<_> {
        let played = Exchange::new(rest, &streams)?.play(length, orders_thread);
        enough.send(()).ok();
        played
    });
    let candles = orders.join().map_err(|_panic| "the order thread has failed")??;
    let (used, passed) = exchange.join().map_err(|_panic| "the exchange has failed")??;
    let share = 100 * used.as_micros() / passed.as_micros().max(1);
    println!(
        "{SYMBOLS} symbols, {QUOTES_A_SECOND} quotes/s, {candles} candles closed: {} ms of {} ms, {share} % of a core",
        used.as_millis(),
        passed.as_millis(),
    );
    Ok(())
}

/// The order thread, on paper; how many candles it took in.
fn trade(addresses: &(String, String), until: oneshot::Receiver<()>) -> Result<u64, Failed> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, run(addresses, Layout::new(folder.path()), until))
}

async fn run(
    (rest, streams): &(String, String),
    layout: Layout,
    until: oneshot::Receiver<()>,
) -> Result<u64, Failed> {
    let endpoints = Endpoints::on_loopback(rest, streams, streams)?;
    let rest = Client::new(&endpoints, None, ExchangeTime::of_this_machine())?;
    time_sync::measure(&rest).await;
    let facts = (0..SYMBOLS).map(facts).collect::<Result<Vec<_>, Failed>>()?;
    let sizing = Sizing::Quote("50".parse()?);
    let plan = |facts: &MarketFacts| TraderPlan {
        symbol: facts.rules.symbol,
        interval: Interval::M1,
        settings: HeikinAshiSettings { sizing, ..HeikinAshiSettings::OFF },
        seed_after: None,
        standing: Standing::Active,
    };
    let plans: Vec<_> = facts.iter().map(plan).collect();
    let recovered = recovered(EngineConfig::UNLIMITED, &facts, &plans, Some(&layout))?;
    let cash: (Asset, Money) = ("USDT".parse()?, "100000".parse()?);
    let assembly = Assembly {
        rest: &rest,
        endpoints: &endpoints,
        facts: &facts,
        tag: InstallationTag::BACKTEST,
        plans: &plans,
        fills: Fills::Paper(vec![cash]),
        layout: Some(layout),
        observer: Box::new(()),
    };
    let (mut runner, _streams) = assembly.run_with(recovered);
    let inputs = first_inputs(runner.account().engine(), &facts, &[Gate::StaleMarketData]);
    runner.begin(inputs)?;
    let status = runner.status();
    runner.run(until).await??;
    let candles = status.borrow().traders.iter().map(|trader| trader.candles).sum();
    Ok(candles)
}

fn facts(number: u64) -> Result<MarketFacts, Failed> {
    let grid = Grid { tick: "0.01".parse()?, step: "0.00001".parse()?, min_notional: "5".parse()? };
    let base = format!("S{number:03}");
    let symbol = format!("{base}USDT").parse()?;
    let rules = usual_rules(symbol, (base.parse()?, "USDT".parse()?), grid);
    Ok(MarketFacts { rules, fees: FeeRates::flat("0.001".parse()?) })
}

/// The other side.
struct Exchange {
    rest: Rest,
    market: TcpStream,
    /// Quotes written so far.
    quotes: u64,
    /// The minute whose candles were told last.
    minute: u64,
}

impl Exchange {
    fn new(mut rest: Rest, streams: &TcpListener) -> io::Result<Self> {
        // It asks what time it is before it connects.
        streams.set_nonblocking(true)?;
        let market = loop {
            answer(&mut rest)?;
            match accept_streams(streams) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(TICK),
                accepted => break accepted?,
            }
        };
        Ok(Self { rest, market, quotes: 0, minute: now() / MINUTE })
    }

    /// Speaks for so long: the processor time that a thread took meanwhile, and how long it was.
    fn play(mut self, length: Duration, watched: Pid) -> io::Result<(Duration, Duration)> {
        let began = Instant::now();
        let mut measured = None;
        loop {
            let passed = began.elapsed();
            if measured.is_none() && passed > WARM_UP {
                measured = Some((processor_time(watched)?, passed));
            }
            if let Some((used, since)) = measured.filter(|(_, since)| passed > *since + length) {
                let used = processor_time(watched)?.saturating_sub(used);
                return Ok((used, passed.saturating_sub(since)));
            }
            self.speak(passed)?;
            answer(&mut self.rest)?;
            thread::sleep(TICK);
        }
    }

    /// Writes all frames that are due.
    fn speak(&mut self, passed: Duration) -> io::Result<()> {
        let due = u64::try_from(passed.as_micros()).unwrap_or(0) * QUOTES_A_SECOND / 1_000_000;
        while self.quotes < due {
            let (symbol, round) = (self.quotes % SYMBOLS, self.quotes / SYMBOLS);
            self.market.write_all(&frame(&quote(symbol, round)))?;
            if (round + symbol).is_multiple_of(QUOTES_FOR_A_CANDLE) {
                self.market.write_all(&frame(&candle(
                    symbol,
                    now() / MINUTE,
                    KlineProgress::Open,
                )))?;
            }
            self.quotes += 1;
        }
        let minute = now() / MINUTE;
        if minute > self.minute {
            for symbol in 0..SYMBOLS {
                self.market.write_all(&frame(&candle(
                    symbol,
                    self.minute,
                    KlineProgress::Closed,
                )))?;
            }
            self.minute = minute;
        }
        Ok(())
    }
}

fn answer(rest: &mut Rest) -> io::Result<()> {
    if rest.receive()?.is_none() {
        return Ok(());
    }
    rest.answer(|path, query| match path {
        "/api/v3/time" => format!(r#"{{"serverTime":{}}}"#, now()),
        "/api/v3/klines" => {
            let last = (now() / MINUTE - 1) * MINUTE;
            let is_asked = parameter(query, "startTime").parse::<u64>().is_ok_and(|it| it <= last);
            let end = last + MINUTE - 1;
            let row = format!(
                r#"[{last},"99.90","101.00","99.00","100.00","10",{end},"1000",100,"5","500","0"]"#
            );
            format!("[{}]", if is_asked { row.as_str() } else { "" })
        }
        _ => "[]".to_owned(),
    })
}

/// A bid that moves by a few ticks.
fn quote(symbol: u64, round: u64) -> String {
    let cents = round % 50;
    format!(
        r#"{{"stream":"s{symbol:03}usdt@bookTicker","data":{{"u":{round},"s":"S{symbol:03}USDT","b":"99.{cents:02}","B":"31.21000000","a":"100.{cents:02}","A":"40.66000000"}}}}"#
    )
}

fn candle(symbol: u64, minute: u64, progress: KlineProgress) -> String {
    let is_closed = progress == KlineProgress::Closed;
    let (opened, told) = (minute * MINUTE, now());
    let closed = opened + MINUTE - 1;
    format!(
        r#"{{"stream":"s{symbol:03}usdt@kline_1m","data":{{"e":"kline","E":{told},"s":"S{symbol:03}USDT","k":{{"t":{opened},"T":{closed},"s":"S{symbol:03}USDT","i":"1m","f":100,"L":200,"o":"99.90","c":"100.00","h":"101.00","l":"99.00","v":"10.00000000","n":100,"x":{is_closed},"q":"1000.00","V":"5","Q":"500","B":"0"}}}}}}"#
    )
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}

/// What a thread of this process has used.
fn processor_time(thread: Pid) -> io::Result<Duration> {
    let path = format!("/proc/self/task/{}/schedstat", thread.as_raw_nonzero());
    let text = std::fs::read_to_string(path)?;
    let nanos = text.split(' ').next().and_then(|word| word.parse().ok());
    nanos.map(Duration::from_nanos).ok_or_else(|| io::Error::other("schedstat tells no time"))
}
