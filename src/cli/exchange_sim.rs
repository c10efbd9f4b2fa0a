//! `heikin exchange-sim`: Binance Spot on the loopback, for clients that are to be tried out.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use heikin_core::market::{Asset, Candle, Symbol};
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Price, Quantity, Rate};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Span, Timestamp};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::failure::Failure;
use crate::analysis::backtest::MarketName;
use crate::analysis::candle_file::CandleFiles;
use crate::exchange::simulator::market::MarketSettings;
use crate::exchange::simulator::{
    AccountSettings, CandleSource, Grid, KeyPermissions, ListedMarket, Pace, RateLimits, Settings,
    Simulator, usual_rules,
};

/// So many minutes of a made-up market have passed when the exchange opens.
const GENERATED_HISTORY: usize = 3_000;

/// Serve Binance Spot's API on this machine: REST, market streams, WebSocket API and user events.
///
/// Orders fill as in a backtest. Prices follow candle files, or a market made up from a seed. When
/// connections are accepted, one line of JSON with the addresses is printed; Ctrl-C ends it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to listen: an address of this machine's loopback; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A symbol that is traded; repeat it for several.
    #[arg(long, value_name = "SYMBOL", default_value = "BTCUSDT")]
    symbol: Vec<Symbol>,
    /// Candle files, folders of them, or - for standard input: one for each symbol, in their order.
    /// Without any, the market is made up.
    #[arg(long, value_name = "FILE")]
    candles: Vec<PathBuf>,
    /// So many candles have closed when the exchange opens [default: half of a file; 3000 minutes of a
    /// made-up market].
    #[arg(long, value_name = "N")]
    start: Option<usize>,
    /// What decides a made-up market.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The account's API key.
    #[arg(long, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    api_key: String,
    /// Its secret. A made-up one: nothing here is real.
    #[arg(long, value_name = "SECRET", value_parser = NonEmptyStringValueParser::new())]
    api_secret: String,
    /// What the account has, such as USDT=10000; repeat it for several assets.
    #[arg(long, value_name = "ASSET=AMOUNT", value_parser = balance)]
    balance: Vec<(Asset, Money)>,
    /// So many seconds pass in a real one.
    #[arg(long, value_name = "N", default_value = "1", conflicts_with = "lockstep")]
    speed: NonZeroU32,
    /// The clock stands still, and moves when POST /simulator/step says so.
    #[arg(long)]
    lockstep: bool,
    /// Where the chance of faults comes from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    fault_seed: u64,
    /// The price grid of every symbol.
    #[arg(long, value_name = "PRICE", default_value = "0.01")]
    tick: Price,
    /// The quantity grid of every symbol.
    #[arg(long, value_name = "QUANTITY", default_value = "0.00001")]
    step: Quantity,
    /// The least price × quantity of an order.
    #[arg(long, value_name = "AMOUNT", default_value = "5")]
    min_notional: Money,
    /// The fee, as a share: 0.1 % is 0.001.
    #[arg(long, value_name = "SHARE", default_value = "0.001")]
    fee: Rate,
    /// What taking from the market costs beyond its price, in percent.
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = Rate::from_percent)]
    slippage_pct: Rate,
}

fn balance(text: &str) -> Result<(Asset, Money), String> {
    let (asset, amount) = text.split_once('=').ok_or("write it as USDT=10000")?;
    let asset = asset.parse().map_err(|error| format!("the asset {error}"))?;
    let amount: Quantity = amount.parse().map_err(|error| format!("the amount {error}"))?;
    Ok((asset, amount.to_money()))
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings = settings(arguments)?;
    // From now on the signals are told here, and do not kill the process.
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::failed(format!("signals cannot be caught: {error}")))?;
    let simulator = Simulator::start(settings).map_err(Failure::bad_input)?;
    let addresses = json!({
        "rest": simulator.rest(), "streams": simulator.streams(),
        "websocket_api": simulator.websocket_api(), "clock": simulator.standing().clock,
    });
    let told = writeln!(io::stdout(), "{addresses}").and_then(|()| io::stdout().flush());
    told.map_err(|error| Failure::failed(format!("the output cannot be written: {error}")))?;
    // Any of the two is the end.
    signals.forever().next();
    drop(simulator);
    Ok(())
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    if !arguments.candles.is_empty() && arguments.candles.len() != arguments.symbol.len() {
        return Err(Failure::bad_input(format!(
            "{} symbols have {} candle files. Give --candles once for each --symbol, or not at all.",
            arguments.symbol.len(),
            arguments.candles.len()
        )));
    }
    let markets: Result<Vec<_>, Failure> = arguments
        .symbol
        .iter()
        .enumerate()
        .map(|(place, symbol)| market(arguments, place, *symbol))
        .collect();
    let pace = if arguments.lockstep { Pace::Lockstep } else { Pace::Scaled(arguments.speed) };
    // The clock of a market that is made up agrees with that of the machine.
    let is_made_up = arguments.candles.is_empty() && !arguments.lockstep;
    let opens_at =
        is_made_up.then(|| Timestamp::from_millis(jiff::Timestamp::now().as_millisecond()));
    Ok(Settings {
        listen: arguments.listen,
        markets: markets?,
        accounts: vec![AccountSettings {
            key: arguments.api_key.clone().into(),
            secret: arguments.api_secret.clone().into(),
            balances: arguments.balance.clone(),
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        model: FillModel { slippage: arguments.slippage_pct, ..FillModel::default() },
        pace,
        opens_at,
        limits: RateLimits::default(),
        fault_seed: arguments.fault_seed,
    })
}

fn market(arguments: &Arguments, place: usize, symbol: Symbol) -> Result<ListedMarket, Failure> {
    let name = MarketName::of_symbol(symbol).ok_or_else(|| {
        Failure::bad_input(format!("--symbol {symbol}: its quote asset is not known"))
    })?;
    let grid =
        Grid { tick: arguments.tick, step: arguments.step, min_notional: arguments.min_notional };
    let candles = match arguments.candles.get(place) {
        Some(path) => {
            let candles = read(path)?;
            let history = arguments.start.unwrap_or(candles.len() / 2);
            CandleSource::Given { candles, history }
        }
        None => made_up(arguments, place),
    };
    let rules = usual_rules(symbol, (name.base, name.quote), grid);
    Ok(ListedMarket { rules, fees: FeeRates::flat(arguments.fee), candles })
}

fn read(path: &PathBuf) -> Result<Vec<Candle>, Failure> {
    let files = CandleFiles::open(&[path]).map_err(Failure::bad_input)?;
    files.collect::<Result<Vec<_>, _>>().map_err(Failure::bad_input)
}

/// A market whose history ends now, so that a client that knows the time is not surprised; in
/// lockstep the time must be the same in every run.
fn made_up(arguments: &Arguments, place: usize) -> CandleSource {
    let history = arguments.start.unwrap_or(GENERATED_HISTORY);
    let minutes = Span::MINUTE.times(i64::try_from(history).unwrap_or(0));
    let start = if arguments.lockstep {
        // A Monday, so that candles of a week begin on Mondays too.
        Timestamp::from_millis(1_704_067_200_000)
    } else {
        let now = jiff::Timestamp::now().as_millisecond() - minutes.millis();
        Timestamp::from_millis(now - now % Span::MINUTE.millis())
    };
    let seed = arguments.seed.wrapping_add(u64::try_from(place).unwrap_or(0));
    let units = |units: i64| units * heikin_core::num::UNITS_PER_ONE;
    let settings = MarketSettings {
        seed,
        start,
        price: Price::from_units(units(60_000)).unwrap_or(arguments.tick),
        tick: arguments.tick,
        volume: Quantity::from_units(units(8)).unwrap_or_default(),
        step: arguments.step,
        pace: Interval::H1,
    };
    CandleSource::Generated { settings, interval: Interval::M1, history }
}
