//! The exchange of a soak: the simulator, with a market for each symbol, and its time.

use std::fmt::Write as _;
use std::time::Duration;

use heikin_core::market::{Asset, Candle, Symbol};
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Price, Quantity, Rate, UNITS_PER_ONE};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Span, Timestamp};
use reqwest::Client;
use serde_json::Value;
use tokio::time::timeout;

use super::{Course, Speed};
use crate::cli::Failure;
use crate::exchange::simulator::market::MarketSettings;
use crate::exchange::simulator::{
    AccountSettings, CandleSource, Distance, Grid, KeyPermissions, ListedMarket, Pace, RateLimits,
    Settings, Simulator, usual_rules,
};

/// What can be traded: base asset, and a price to begin with.
const MARKETS: [(&str, i64); 5] =
    [("BTC", 60_000), ("ETH", 3_000), ("BNB", 600), ("SOL", 150), ("LTC", 80)];
/// So many can be.
pub(super) const MOST_SYMBOLS: i64 = 5;
/// What the markets are made of.
const MADE_OF: Interval = Interval::M1;
/// So many candles of a trader's have closed when heikin starts: more than it seeds from.
const HISTORY: i64 = 520;
/// What a trader seeds from.
const SEED_CANDLES: u32 = 500;
/// A Monday.
const START: Timestamp = Timestamp::from_millis(1_704_067_200_000);
/// What an account begins with, in quote.
const CASH: i128 = 100_000;
/// What an entry is worth, in quote.
const ENTRY: u32 = 1_000;
/// For so long the price may stand still for a heikin that does not come to rest.
const PATIENCE: Duration = Duration::from_mins(2);
/// Where the clock runs, it is looked at so often.
const LOOK: Duration = Duration::from_millis(5);

/// The keys of the one account. Nothing here is real.
pub(super) const ENVIRONMENT: [(&str, &str); 2] =
    [("BINANCE_TESTNET_API_KEY", "soak"), ("BINANCE_TESTNET_API_SECRET", "soak")];

/// A simulator, and how its time passes.
#[derive(Debug)]
pub(super) struct Exchange {
    simulator: Simulator,
    client: Client,
    speed: Speed,
    symbols: Vec<Symbol>,
    interval: Interval,
}

impl Exchange {
    pub(super) fn open(course: &Course) -> Result<Self, Failure> {
        let markets: Result<Vec<_>, Failure> =
            MARKETS.iter().take(course.symbols).zip(0..).map(|it| market(course, it)).collect();
        let markets = markets?;
        let symbols = markets.iter().map(|it| it.rules.symbol).collect();
        let [(_, key), (_, secret)] = ENVIRONMENT;
        let settings = Settings {
            markets,
            accounts: vec![AccountSettings {
                key: key.to_owned().into(),
                secret: secret.to_owned().into(),
                balances: vec![(asset("USDT")?, money(CASH))],
                permissions: KeyPermissions::TRADING_ONLY,
            }],
            model: FillModel::default(),
            pace: match course.speed {
                Speed::Max => Pace::Lockstep,
                Speed::Times(speed) => Pace::Scaled(speed),
            },
            limits: RateLimits::default(),
            fault_seed: course.seed,
            ..Settings::lockstep()
        };
        Ok(Self {
            simulator: Simulator::start(settings).map_err(Failure::failed)?,
            client: Client::builder().no_proxy().build().map_err(Failure::failed)?,
            speed: course.speed,
            symbols,
            interval: course.interval,
        })
    }

    /// The configuration of a heikin that trades here: one trader for each symbol.
    pub(super) fn configuration(&self) -> String {
        let clock = match self.speed {
            Speed::Max => "lockstep = true".to_owned(),
            Speed::Times(speed) => format!("speed = {speed}"),
        };
        let mut text = format!(
            "mode = \"testnet\"\n\n[exchange]\nrest = \"{}\"\nstreams = \"{}\"\n\
             websocket_api = \"{}\"\n{clock}\n\n[http]\nlisten = \"127.0.0.1:0\"\n",
            self.simulator.rest(),
            self.simulator.streams(),
            self.simulator.websocket_api(),
        );
        for symbol in &self.symbols {
            let _infallible = write!(
                text,
                "\n[[trader]]\nsymbol = \"{symbol}\"\ninterval = \"{}\"\npreset = \"classic\"\n\
                 quote = \"{ENTRY}\"\nseed_candles = {SEED_CANDLES}\nrearm_after = 0\n",
                self.interval
            );
        }
        text
    }

    /// The exchange's time.
    pub(super) fn clock(&self) -> Timestamp {
        Timestamp::from_millis(self.simulator.standing().clock)
    }

    /// The symbols that are traded.
    pub(super) fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Lets so many minutes pass.
    pub(super) async fn pass(&self, minutes: u32) -> Result<(), Failure> {
        let until = self.clock() + Span::MINUTE.times(minutes.into());
        if self.speed == Speed::Max {
            return self.step(minutes).await;
        }
        while self.clock() < until {
            pause(LOOK).await;
        }
        Ok(())
    }

    /// Moves the price by so many minutes, which last as long as heikin takes for them. A clock that
    /// runs is moved by nobody.
    pub(super) async fn step(&self, minutes: u32) -> Result<(), Failure> {
        if self.speed != Speed::Max {
            return Ok(());
        }
        let candles = u64::from(minutes) * self.symbols.len() as u64;
        match timeout(PATIENCE, self.simulator.stepped(Distance::Candles(candles))).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(Failure::failed("the simulated exchange has ended")),
            Err(_) => Err(Failure::failed(format!(
                "heikin did not come to rest within {} s: the exchange waits at {}",
                PATIENCE.as_secs(),
                crate::cli::figures::time(self.clock())
            ))),
        }
    }

    /// Lets these faults happen.
    pub(super) async fn strike(&self, faults: &[Value]) -> Result<(), Failure> {
        let url = format!("{}/simulator/faults", self.simulator.rest());
        let body = Value::from(faults).to_string();
        let answer = self.client.post(url).body(body).send().await.map_err(Failure::failed)?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(Failure::failed(format!("the simulator takes no such fault: {faults:?}")))
    }

    /// The truth, as `GET /simulator/state` tells it.
    pub(super) fn state(&self) -> Value {
        self.simulator.state()
    }

    /// The candles of a trader that closed, from this one on.
    pub(super) fn closed(&self, symbol: Symbol, from: Timestamp) -> Vec<Candle> {
        self.simulator.closed_candles((symbol, self.interval), from)
    }
}

fn market(
    course: &Course,
    ((base, price), place): (&(&str, i64), u64),
) -> Result<ListedMarket, Failure> {
    let symbol: Symbol = format!("{base}USDT").parse().map_err(Failure::failed)?;
    let units = |units: i64| units.saturating_mul(UNITS_PER_ONE);
    let cent = UNITS_PER_ONE / 100;
    let price = Price::from_units(units(*price));
    let (Some(price), Some(tick)) = (price, Price::from_units(cent)) else {
        return Err(Failure::failed("a market without a price"));
    };
    let step = Quantity::from_units(cent / 1_000).unwrap_or_default();
    let grid = Grid { tick, step, min_notional: money(5) };
    let minutes = course.interval.span().div(MADE_OF.span()).saturating_mul(HISTORY);
    let history = usize::try_from(minutes).unwrap_or(0);
    let settings = MarketSettings {
        seed: course.seed.wrapping_mul(MARKETS.len() as u64).wrapping_add(place),
        start: START,
        price,
        tick,
        volume: Quantity::from_units(units(1_000)).unwrap_or_default(),
        step,
        // It moves as much in a minute as others do in a quarter of an hour, so that there is
        // something to do.
        pace: Interval::M15,
    };
    Ok(ListedMarket {
        rules: usual_rules(symbol, (asset(base)?, asset("USDT")?), grid),
        fees: FeeRates::flat(Rate::from_percent("0.1").map_err(Failure::failed)?),
        candles: CandleSource::Generated { settings, interval: MADE_OF, history },
    })
}

fn asset(name: &str) -> Result<Asset, Failure> {
    name.parse().map_err(Failure::failed)
}

const fn money(amount: i128) -> Money {
    Money::from_units(amount * 10_i128.pow(16))
}

/// Waits for others, on the wall's clock.
#[expect(clippy::disallowed_methods, reason = "a real process lives in real time")]
pub(super) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
