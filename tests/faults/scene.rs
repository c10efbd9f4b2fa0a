//! One product, one exchange, one market.

use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use heikin::analysis::backtest::Params;
use heikin::exchange::simulator::market::{MarketSettings, Series};
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, Grid, KeyPermissions, ListedMarket, Pace, Settings,
    Simulator, usual_rules,
};
use heikin::store::Layout;
use heikin::store::disk::RealDisk;
use heikin::store::journal::JournalReader;
use heikin_core::engine::{Alert, Body, Effect, Record};
use heikin_core::market::{Candle, Ohlc};
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Rate};
use heikin_core::time::{Interval, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agreement::agreement;
use crate::control::{Product, post};

/// So many candles have closed when it begins.
const HISTORY: usize = 500;
/// How long anything may take, on the wall. Never reached but by a fault of the product.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is looked whether something is so.
const LOOK: Duration = Duration::from_millis(20);
const START: i64 = 1_704_067_200_000;

/// How the exchange's clock goes, and what the market is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Clock {
    /// Candles of an hour, in lockstep.
    Lockstep,
    /// Candles of this interval, this many times as fast as the wall's clock.
    Runs(Interval, u32),
}

impl Clock {
    const fn interval(self) -> Interval {
        match self {
            Self::Lockstep => Interval::H1,
            Self::Runs(interval, _) => interval,
        }
    }

    /// Candles of a minute, each of which takes three seconds.
    pub(crate) fn quick() -> Self {
        Self::Runs(Interval::M1, 20)
    }
}

/// What a scene is set with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) clock: Clock,
    /// So many candles are to come.
    pub(crate) candles: usize,
    /// A market and a trader for each base asset.
    pub(crate) bases: &'a [&'a str],
    /// USDT in the account.
    pub(crate) cash: &'a str,
    /// The share of a candle's volume, in percent, that orders may take.
    pub(crate) participation: Option<&'a str>,
}

impl Stage<'_> {
    /// Bitcoin, enough of it, and 10,000 USDT.
    pub(crate) const fn usual(clock: Clock, candles: usize) -> Self {
        Self { clock, candles, bases: &["BTC"], cash: "10000", participation: None }
    }
}

/// A product that trades at an exchange.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) product: Product,
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) folder: TempDir,
}

impl Scene {
    /// Starts both on the usual stage; the product may enter when this returns.
    pub(crate) fn open(clock: Clock, candles: usize) -> Self {
        Self::on(&Stage::usual(clock, candles))
    }

    /// As [`Self::open`], on another stage.
    pub(crate) fn on(stage: &Stage<'_>) -> Self {
        let simulator = simulator(stage);
        let folder = tempfile::tempdir().unwrap();
        let text = configuration(&simulator, stage);
        fs::write(folder.path().join("heikin.toml"), text).unwrap();
        let product = Product::start(folder.path());
        let scene = Self { product, simulator: Arc::new(simulator), folder };
        scene.until("the product may enter", || scene.product.is_ready());
        scene
    }

    /// As [`Self::on`], with faults that are on until the product has met three of them.
    pub(crate) fn begun_under(stage: &Stage<'_>, faults: &Value) -> Self {
        let simulator = Arc::new(simulator(stage));
        let folder = tempfile::tempdir().unwrap();
        let text = configuration(&simulator, stage);
        fs::write(folder.path().join("heikin.toml"), text).unwrap();
        let address = simulator.rest().trim_start_matches("http://").to_owned();
        post(&address, "/simulator/faults", faults);
        let product = std::thread::scope(|scope| {
            let starts = scope.spawn(|| Product::start(folder.path()));
            let struck = || simulator.state()["counters"]["faults_struck"].as_u64().unwrap();
            for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
                if struck() >= 3 {
                    break;
                }
                std::thread::park_timeout(LOOK);
            }
            assert!(struck() >= 3, "it asks again");
            post(&address, "/simulator/faults", &json!({ "kind": "clear" }));
            starts.join().unwrap()
        });
        let scene = Self { product, simulator, folder };
        scene.until("the product may enter", || scene.product.is_ready());
        scene
    }

    /// Ends the product as an operator does; what it leaves.
    pub(crate) fn stop(self) -> Arc<Simulator> {
        self.product.stop();
        self.simulator
    }

    /// Ends the product as an operator does, and starts it again.
    pub(crate) fn restart(self) -> Self {
        self.rest().resume()
    }

    /// Ends the product as an operator does; it is started again with [`Self::resume`].
    pub(crate) fn rest(self) -> Resting {
        let Self { product, simulator, folder } = self;
        product.stop();
        Resting { simulator, folder }
    }

    /// Kills the product.
    pub(crate) fn kill(self) -> Resting {
        let Self { product, simulator, folder } = self;
        drop(product);
        Resting { simulator, folder }
    }

    /// Kills the product, and starts it again; it may have to wait before it enters.
    pub(crate) fn kill_and_start(self) -> Self {
        self.kill().start()
    }

    /// Kills the product and starts it on a copy of its data that was made when it had ended before.
    pub(crate) fn set_back(self, copy: &TempDir) -> Self {
        let resting = self.kill();
        let data = resting.folder.path().join("data");
        fs::remove_dir_all(&data).unwrap();
        copy_folder(&copy.path().join("data"), &data);
        resting.resume()
    }

    /// A position with a stop, in lockstep, and that stop.
    pub(crate) fn long() -> (Self, Value) {
        let scene = Self::open(Clock::Lockstep, 400);
        scene.step_until("a position with a stop", || scene.is_protected_long());
        let stop = scene.open_orders("SELL").remove(0);
        (scene, stop)
    }

    /// Both have to agree now, as they do in lockstep when all is at rest.
    pub(crate) fn agrees(&self, name: &str) {
        self.step(Distance::Points(0));
        if let Some(what) = self.disagreement() {
            panic!("{name}: {what}");
        }
    }

    /// Both have to agree within two candles: what others did to the account is not believed before
    /// it was seen twice.
    pub(crate) fn agrees_soon(&self, name: &str) {
        for _ in 0..8 {
            self.step(Distance::Points(1));
            if self.disagreement().is_none() {
                return;
            }
        }
        self.agrees(name);
    }

    /// Whether people were told so.
    pub(crate) fn alerted(&self, text: &str) -> bool {
        let log = fs::read_to_string(self.folder.path().join("logs/heikin.log")).unwrap();
        log.lines().any(|line| line.contains(" alert: ") && line.contains(text))
    }

    /// Whether this keeps entries off.
    pub(crate) fn is_off(&self, why: &str) -> bool {
        let off = self.product.status()["entries_off"].take();
        off.as_array().unwrap().iter().any(|reason| reason == why)
    }

    /// What the product has counted.
    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.product.status()["exchange"][name].as_u64().unwrap()
    }

    /// How many fills there were.
    pub(crate) fn fills(&self) -> usize {
        self.state()["accounts"][0]["fills"].as_array().unwrap().len()
    }

    /// Switches faults on.
    pub(crate) fn fault(&self, faults: &Value) {
        post(&self.address(), "/simulator/faults", faults);
    }

    /// Ends all faults.
    pub(crate) fn heal(&self) {
        self.fault(&json!({ "kind": "clear" }));
    }

    /// A person does something with the account.
    pub(crate) fn hands(&self, what: &str, order: &str) {
        self.hand(&json!({ "do": what, "order": order }));
    }

    /// As [`Self::hands`], with money as well.
    pub(crate) fn hand(&self, what: &Value) {
        post(&self.address(), "/simulator/hands", what);
    }

    fn address(&self) -> String {
        self.simulator.rest().trim_start_matches("http://").to_owned()
    }

    /// What is true at the exchange.
    pub(crate) fn state(&self) -> Value {
        self.simulator.state()
    }

    /// The orders that are open at the exchange, of one side.
    pub(crate) fn open_orders(&self, side: &str) -> Vec<Value> {
        open_orders(&self.simulator, side)
    }

    /// Lets the price go on, in lockstep.
    pub(crate) fn step(&self, distance: Distance) {
        let (done, waits) = mpsc::channel();
        let simulator = Arc::clone(&self.simulator);
        std::thread::spawn(move || done.send(simulator.step(distance)));
        let standing = waits.recv_timeout(PATIENCE).expect("the product comes to rest");
        assert!(standing.unwrap().candles_left.is_none_or(|left| left > 0), "no candles are left");
    }

    /// Goes on, in lockstep, until something is so after a point of the price.
    pub(crate) fn step_until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..2_000 {
            if holds() {
                return;
            }
            self.step(Distance::Points(1));
        }
        panic!("never: {what}; {}", self.product.status());
    }

    /// Waits until something is so.
    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if holds() {
                return;
            }
            std::thread::park_timeout(LOOK);
        }
        panic!("never: {what}; {}", self.product.status());
    }

    /// How the first trader stands.
    pub(crate) fn trader(&self) -> Value {
        self.product.status()["traders"][0].take()
    }

    /// Whether a position is open, with its stop at the exchange.
    pub(crate) fn is_protected_long(&self) -> bool {
        let trader = self.trader();
        trader["state"] == "LONG"
            && trader["position"]["unprotected_since"].is_null()
            && !self.open_orders("SELL").is_empty()
    }

    /// What product and exchange do not agree on, if anything.
    pub(crate) fn disagreement(&self) -> Option<String> {
        agreement(&self.product.status(), &self.state()).err()
    }

    /// Both have to agree soon, whatever happened before.
    pub(crate) fn agrees_in_time(&self, name: &str) {
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if self.disagreement().is_none() {
                return;
            }
            std::thread::park_timeout(LOOK);
        }
        panic!("{name}: {}", self.disagreement().unwrap_or_default());
    }

    /// Ends it; the alerts that were told.
    pub(crate) fn close(self) -> Vec<Alert> {
        let alert = |record: Record| match record.body {
            Body::Effect(Effect::Notify(alert)) => Some(alert),
            _ => None,
        };
        self.end().into_iter().filter_map(alert).collect()
    }

    /// Ends it; what was recorded.
    pub(crate) fn end(self) -> Vec<Record> {
        self.product.stop();
        let layout = Layout::new(&self.folder.path().join("data"));
        let reader = JournalReader::new(RealDisk, &layout.journal());
        let last = reader.durable().unwrap();
        reader.records(0, last).unwrap().map(Result::unwrap).collect()
    }
}

/// A scene whose product is not running.
#[derive(Debug)]
pub(crate) struct Resting {
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) folder: TempDir,
}

impl Resting {
    /// Makes the configuration's traders be these, by what they trade, in this order.
    pub(crate) fn configure(&self, symbols: &[&str]) {
        let (path, kept) = (self.folder.path().join("heikin.toml"), self.folder.path().join("all"));
        if !kept.exists() {
            fs::copy(&path, &kept).unwrap();
        }
        let text = fs::read_to_string(&kept).unwrap();
        let (head, traders) = text.split_once("[[trader]]").unwrap();
        let traders: Vec<_> = traders.split("[[trader]]").collect();
        let chosen = symbols.iter().map(|symbol| {
            let of = |it: &&&str| it.contains(&format!("symbol = \"{symbol}\""));
            format!("[[trader]]{}\n", traders.iter().find(of).unwrap())
        });
        fs::write(&path, format!("{head}{}", chosen.collect::<String>())).unwrap();
    }

    /// A copy of the data.
    pub(crate) fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&self.folder.path().join("data"), &copy.path().join("data"));
        copy
    }

    /// What a start says that is refused.
    pub(crate) fn refusal(&self) -> String {
        Product::refusal(self.folder.path())
    }

    /// Where its data is.
    pub(crate) fn layout(&self) -> Layout {
        Layout::new(&self.folder.path().join("data"))
    }

    /// Starts the product; it may have to wait before it enters.
    pub(crate) fn start(self) -> Scene {
        let Self { simulator, folder } = self;
        let product = Product::start(folder.path());
        Scene { product, simulator, folder }
    }

    /// Starts the product; it may enter when this returns.
    pub(crate) fn resume(self) -> Scene {
        let scene = self.start();
        scene.until("the product may enter", || scene.product.is_ready());
        scene
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The orders that are open at the exchange, of one side.
pub(crate) fn open_orders(simulator: &Simulator, side: &str) -> Vec<Value> {
    let state = simulator.state();
    let orders = state["accounts"][0]["orders"].as_array().unwrap();
    let open = orders.iter().filter(|order| is_open(order) && order["side"] == side);
    open.cloned().collect()
}

/// Whether an order of the exchange is open.
pub(crate) fn is_open(order: &Value) -> bool {
    matches!(order["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"))
}

/// A market whose candles move as hours do, whatever their interval.
fn market(interval: Interval, count: usize) -> Vec<Candle> {
    let settings = MarketSettings {
        seed: 11,
        start: Timestamp::from_millis(START),
        price: "60000".parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volume: "8".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        pace: Interval::H1,
    };
    let mut series = Series::new(&settings, Interval::H1).unwrap();
    let length = interval.span();
    let mut open = settings.start;
    let mut next = || {
        let candle = series.next_candle().candle;
        let begin = open;
        open = open + length;
        let close = Timestamp::from_millis(open.millis() - 1);
        let prices = Ohlc::new(candle.open(), candle.high(), candle.low(), candle.close());
        Candle::new(begin, close, prices.unwrap(), candle.volume()).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// An exchange with a market for each base asset, against USDT.
fn simulator(stage: &Stage<'_>) -> Simulator {
    let pace = match stage.clock {
        Clock::Lockstep => Pace::Lockstep,
        Clock::Runs(_, speed) => Pace::Scaled(NonZeroU32::new(speed).unwrap()),
    };
    let candles = market(stage.clock.interval(), HISTORY + stage.candles);
    let params = r#"{
        "tick": "0.01", "step": "0.00001", "min_notional": "5", "fee": "0.001", "cash": "10000",
        "percent": "100"
    }"#;
    let params = Params::parse(params).unwrap();
    let grid = Grid {
        tick: "0.01".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        min_notional: "5".parse().unwrap(),
    };
    let quote = "USDT".parse().unwrap();
    let listed = |base: &&str| ListedMarket {
        rules: usual_rules(
            format!("{base}USDT").parse().unwrap(),
            (base.parse().unwrap(), quote),
            grid,
        ),
        fees: params.fees,
        candles: CandleSource::Given { candles: candles.clone(), history: HISTORY },
    };
    Simulator::start(Settings {
        markets: stage.bases.iter().map(listed).collect(),
        accounts: vec![AccountSettings {
            key: SecretString::from("key"),
            secret: SecretString::from("secret"),
            balances: vec![(quote, Money::parse(stage.cash).unwrap())],
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        pace,
        model: FillModel {
            participation: stage.participation.and_then(|share| Rate::from_percent(share).ok()),
            ..FillModel::default()
        },
        ..Settings::lockstep()
    })
    .unwrap()
}

/// A configuration that enters and exits often.
fn configuration(simulator: &Simulator, stage: &Stage<'_>) -> String {
    let interval = stage.clock.interval();
    let clock = match stage.clock {
        Clock::Lockstep => "lockstep = true".to_owned(),
        Clock::Runs(_, speed) => format!("speed = {speed}"),
    };
    let mut text = format!(
        r#"mode = "testnet"
[exchange]
rest = "{}"
streams = "{}"
websocket_api = "{}"
{clock}
[http]
listen = "127.0.0.1:0"
"#,
        simulator.rest(),
        simulator.streams(),
        simulator.websocket_api(),
    );
    for base in stage.bases {
        write!(
            text,
            r#"[[trader]]
symbol = "{base}USDT"
interval = "{interval}"
seed_candles = {HISTORY}
percent = "{}"
entry.trigger_offset = "0.1 atr"
entry.ma_filter = 0
exit.trigger_offset = "0.5 atr"
"#,
            90 / stage.bases.len()
        )
        .unwrap();
    }
    text
}
