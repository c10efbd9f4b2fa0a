//! An exchange whose market rises, falls and rises again, candle by candle.

use std::path::Path;

use heikin::config::CONSENT_ALONE;
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, Grid, KeyPermissions, ListedMarket, Settings,
    Simulator, usual_rules,
};
use heikin_core::market::{Asset, Candle, Ohlc};
use heikin_core::num::{Money, Price};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Span, Timestamp};
use secrecy::SecretString;

const INTERVAL: Interval = Interval::H1;
/// Candles that have closed when trading begins.
const HISTORY: i64 = 600;
/// It rises until this candle, and falls until the other.
const TOP: i64 = HISTORY + 12;
const BOTTOM: i64 = TOP + 12;
const LENGTH: i64 = BOTTOM + 60;

pub(crate) struct Market(Simulator);

impl Market {
    pub(crate) fn open() -> Self {
        let usdt: Asset = "USDT".parse().unwrap();
        let grid = Grid {
            tick: "0.01".parse().unwrap(),
            step: "0.00001".parse().unwrap(),
            min_notional: "5".parse().unwrap(),
        };
        let symbol = "BTCUSDT".parse().unwrap();
        let market = ListedMarket {
            rules: usual_rules(symbol, ("BTC".parse().unwrap(), usdt), grid),
            fees: FeeRates::flat("0.001".parse().unwrap()),
            candles: CandleSource::Given {
                candles: candles(),
                history: usize::try_from(HISTORY).unwrap(),
            },
        };
        let account = AccountSettings {
            key: SecretString::from("key"),
            secret: SecretString::from("secret"),
            balances: vec![(usdt, "10000".parse().unwrap())],
            permissions: KeyPermissions::TRADING_ONLY,
        };
        let settings =
            Settings { markets: vec![market], accounts: vec![account], ..Settings::lockstep() };
        Self(Simulator::start(settings).unwrap())
    }

    /// Writes the configuration of a heikin that trades here, with more in it.
    pub(crate) fn configure(&self, folder: &Path, mode: &str, more: &str) {
        let text = format!(
            "mode = \"{mode}\"\n[exchange]\nrest = \"{}\"\nstreams = \"{}\"\n\
             websocket_api = \"{}\"\nlockstep = true\n[http]\nlisten = \"127.0.0.1:0\"\n\
             [[trader]]\nsymbol = \"BTCUSDT\"\ninterval = \"1h\"\npreset = \"classic\"\n\
             quote = \"1000\"\nseed_candles = 500\nrearm_after = 0\n{more}",
            self.0.rest(),
            self.0.streams(),
            self.0.websocket_api(),
        );
        std::fs::write(folder.join("heikin.toml"), text).unwrap();
    }

    /// The same with real money, as far as heikin knows, and its keys.
    pub(crate) fn configure_live(&self, folder: &Path, more: &str) {
        self.configure(folder, "live", more);
        let file = folder.join("heikin.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let consent = format!("[live]\nconsent = \"{CONSENT_ALONE}\"\n[http]");
        let text = text.replace("[http]", &consent);
        std::fs::write(file, text).unwrap();
        let keys = "BINANCE_API_KEY=key\nBINANCE_API_SECRET=secret\n";
        std::fs::write(folder.join(".env"), keys).unwrap();
    }

    /// How much of a minute's 6,000 was asked for at most, and how often more was.
    pub(crate) fn weight(&self) -> (u64, u64) {
        let counters = &self.0.state()["counters"];
        let of = |name: &str| counters[name].as_u64().unwrap();
        (of("weight_peak"), of("rate_limited"))
    }

    /// The market goes on by so many candles.
    pub(crate) async fn goes_on(&self, candles: u64) {
        for _ in 0..candles {
            assert!(self.0.stepped(Distance::Candles(1)).await.is_some(), "the market has an end");
        }
    }
}

/// The history ends in this hour: people are told how old a message is, by their own clock.
fn candles() -> Vec<Candle> {
    let hour = INTERVAL.span().millis();
    let now = jiff::Timestamp::now().as_millisecond() / hour * hour;
    let begin = Timestamp::from_millis(now - HISTORY * hour);
    let price = |k: i64| match k {
        ..TOP => 20_000 + 20 * k,
        TOP..BOTTOM => 20_000 + 20 * TOP - 150 * (k - TOP),
        _ => 20_000 + 20 * TOP - 150 * (BOTTOM - TOP) + 60 * (k - BOTTOM),
    };
    let candle = |k: i64| {
        let (first, last) = (price(k), price(k + 1));
        let of = |units: i64| Price::from_units(units * 100_000_000).unwrap();
        let (high, low) = (first.max(last) + 8, first.min(last) - 8);
        let ohlc = Ohlc::new(of(first), of(high), of(low), of(last)).unwrap();
        let open = begin + INTERVAL.span().times(k);
        let close = open + INTERVAL.span() - Span::from_millis(1);
        Candle::new(open, close, ohlc, Money::parse("50").unwrap()).unwrap()
    };
    (0..LENGTH).map(candle).collect()
}
