//! One simulated exchange for many trials: a lively market, an account, and faults.
//!
//! Its clock runs as fast as any other, since heikin's does; its candles are of one second, so that
//! something happens in it.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use heikin::exchange::simulator::market::{Market, MarketSettings};
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Grid, KeyPermissions, ListedMarket, Pace, RateLimits, Settings,
    Simulator, usual_rules,
};
use heikin_core::market::{Asset, Candle, Ohlc};
use heikin_core::matching::FillModel;
use heikin_core::num::{Price, Quantity, Rate};
use heikin_core::order::Side;
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Timestamp};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::truth::{self, Truth};

pub(crate) const STEP: &str = "0.00001";
pub(crate) const MIN_NOTIONAL: &str = "5";
/// What a start seeds its indicators from, and a few more.
const HISTORY: usize = 600;
/// More seconds than any world lasts.
const LENGTH: usize = 3_600;
const SECOND: i64 = 1_000;

/// The symbols that are traded: base asset, price.
const MARKETS: [(&str, &str); 2] = [("BTC", "60000"), ("ETH", "3000")];

pub(crate) struct Exchange {
    simulator: Simulator,
    address: String,
}

impl Exchange {
    pub(crate) fn open(seed: u64) -> Self {
        let usdt: Asset = "USDT".parse().unwrap();
        let listed = |(place, (base, price)): (u64, (&str, &str))| {
            let grid = Grid {
                tick: "0.01".parse().unwrap(),
                step: STEP.parse().unwrap(),
                min_notional: MIN_NOTIONAL.parse().unwrap(),
            };
            let symbol = format!("{base}USDT").parse().unwrap();
            ListedMarket {
                rules: usual_rules(symbol, (base.parse().unwrap(), usdt), grid),
                fees: FeeRates::flat("0.001".parse().unwrap()),
                candles: CandleSource::Given {
                    candles: candles(seed * 2 + place, price),
                    history: HISTORY,
                },
            }
        };
        let simulator = Simulator::start(Settings {
            markets: (0..).zip(MARKETS).map(listed).collect(),
            accounts: vec![AccountSettings {
                key: SecretString::from("key"),
                secret: SecretString::from("secret"),
                balances: vec![(usdt, "100000".parse().unwrap())],
                permissions: KeyPermissions::TRADING_ONLY,
            }],
            // So little is on offer that orders fill in parts.
            model: FillModel {
                participation: Rate::from_percent("1").ok(),
                ..FillModel::default()
            },
            pace: Pace::Scaled(1.try_into().unwrap()),
            limits: RateLimits::default(),
            fault_seed: seed,
            ..Settings::lockstep()
        })
        .unwrap();
        let address = simulator.rest().trim_start_matches("http://").to_owned();
        Self { simulator, address }
    }

    /// A configuration of traders that trade every few candles.
    pub(crate) fn configuration(&self) -> String {
        let mut text = format!(
            "mode = \"testnet\"\n[exchange]\nrest = \"{}\"\nstreams = \"{}\"\n\
             websocket_api = \"{}\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
            self.simulator.rest(),
            self.simulator.streams(),
            self.simulator.websocket_api(),
        );
        for (base, _) in MARKETS {
            write!(
                text,
                "[[trader]]\nsymbol = \"{base}USDT\"\ninterval = \"1s\"\npreset = \"classic\"\n\
                 quote = \"1000\"\nseed_candles = 500\nrearm_after = 0\n\
                 exit.rescue_after = \"close\"\n"
            )
            .unwrap();
        }
        text
    }

    pub(crate) fn truth(&self) -> (Truth, [Price; 2]) {
        let state = self.simulator.state();
        (Truth::of(&state), [truth::price(&state, 0), truth::price(&state, 1)])
    }

    /// From now on nothing goes wrong, and what was held back is told.
    pub(crate) fn heal(&self) {
        // A start takes request weight, and here is one every second: heikin would wait for the next
        // minute.
        self.strike(&[json!({ "kind": "clear" }), json!({ "kind": "new_address" })]);
    }

    /// Switches some faults on.
    pub(crate) fn strike(&self, faults: &[Value]) {
        let answer = self.post(&Value::from(faults));
        assert!(answer.starts_with("HTTP/1.1 200"), "{faults:?}: {answer}");
    }

    /// Executes a third of what is left of an open order, where there is one.
    pub(crate) fn fill_in_part(&self, side: Side) {
        let (truth, _) = self.truth();
        let open = truth.orders.iter().find(|order| order.is_open && order.side == side);
        let Some(order) = open else { return };
        let part = Quantity::from_units(order.remaining().units() / 3).unwrap_or_default();
        let part = part.floor_to(STEP.parse().unwrap());
        // It may have ended by now; then it is refused.
        self.post(&json!([
            { "kind": "partial_fill", "order_id": order.venue_id, "quantity": part }
        ]));
    }

    fn post(&self, faults: &Value) -> String {
        let body = faults.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /simulator/faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Faults that heal by themselves or by heikin's own asking: what a start must cope with.
pub(crate) fn passing_faults(chance: &mut ChaCha8Rng) -> Vec<Value> {
    let all = [
        json!({ "kind": "lost_before", "per_10000": 200 }),
        json!({ "kind": "lost_after", "per_10000": 200 }),
        json!({ "kind": "lost_before", "operation": "order.place", "per_10000": 500 }),
        json!({ "kind": "lost_after", "operation": "order.place", "per_10000": 2_000 }),
        json!({ "kind": "lost_after", "operation": "order.cancelReplace", "per_10000": 2_000 }),
        json!({ "kind": "error_before", "code": -1007, "operation": "order.place", "per_10000": 300 }),
        json!({ "kind": "error_after", "code": -1007, "operation": "order.place", "per_10000": 2_000 }),
        json!({ "kind": "error_after", "code": -1007, "operation": "order.cancel", "per_10000": 2_000 }),
        json!({ "kind": "html_after", "operation": "order.cancelReplace", "per_10000": 1_000 }),
        json!({ "kind": "events_duplicated", "per_10000": 2_000 }),
        json!({ "kind": "events_late", "millis": 300, "per_10000": 2_000 }),
        json!({ "kind": "events_reordered", "per_10000": 2_000 }),
    ];
    all.into_iter().filter(|_| chance.random_ratio(1, 4)).collect()
}

/// The same, and such as only a new connection or a new start make good.
pub(crate) fn faults(chance: &mut ChaCha8Rng) -> Vec<Value> {
    let more = [
        json!({ "kind": "events_dropped", "per_10000": 1_500 }),
        json!({ "kind": "disconnect", "connections": "api" }),
        json!({ "kind": "disconnect", "connections": "market" }),
        json!({ "kind": "server_shutdown", "connections": "all" }),
        json!({ "kind": "malformed_frame", "connections": "api", "shape": "truncated" }),
    ];
    let mut all = passing_faults(chance);
    all.extend(more.into_iter().filter(|_| chance.random_ratio(1, 6)));
    all
}

/// Candles of a second that move as others do in a minute. The history ends now.
fn candles(seed: u64, price: &str) -> Vec<Candle> {
    let settings = MarketSettings {
        seed,
        start: Timestamp::from_millis(1_704_067_200_000),
        price: price.parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volume: "8".parse().unwrap(),
        step: STEP.parse().unwrap(),
        pace: Interval::M5,
    };
    let now = jiff::Timestamp::now().as_second() * SECOND;
    let first = now - i64::try_from(HISTORY).unwrap() * SECOND;
    let second = |(number, minute): (i64, heikin::exchange::simulator::market::Minute)| {
        let candle = minute.candle;
        let prices = Ohlc::new(candle.open(), candle.high(), candle.low(), candle.close()).unwrap();
        let opens = first + number * SECOND;
        let (open, close) = (Timestamp::from_millis(opens), Timestamp::from_millis(opens + 999));
        Candle::new(open, close, prices, candle.volume()).unwrap()
    };
    (0..).zip(Market::new(&settings)).take(HISTORY + LENGTH).map(second).collect()
}
