//! One run of the product against the simulator, moved along by the test.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use heikin::analysis::backtest::{Backtest, ExitKind, MarketName, Observer, Params};
use heikin::analysis::replay::{Replayed, replay};
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, KeyPermissions, ListedMarket, Pace, Settings,
    Simulator,
};
use heikin::store::Layout;
use heikin::store::disk::RealDisk;
use heikin::store::journal::JournalReader;
use heikin_core::engine::{Alert, Body, Effect, Engine, EngineConfig, Record, TraderSetup};
use heikin_core::ledger::Trade;
use heikin_core::market::Candle;
use heikin_core::strategy::HeikinAshiStrategy;
use heikin_core::time::Interval;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::ready::{address, until_ready};
use crate::toml::configuration;

/// What the product begins with: as many candles have closed when it starts.
pub(crate) const HISTORY: usize = 500;

/// A case of which both sides are made.
pub(crate) struct Case {
    pub(crate) params: Params,
    pub(crate) market: MarketName,
    pub(crate) interval: Interval,
    pub(crate) candles: Vec<Candle>,
}

impl Case {
    /// The trades of a backtest of all candles.
    pub(crate) fn backtest(&self) -> Vec<Trade> {
        #[derive(Default)]
        struct Trades(Vec<Trade>);
        impl Observer for Trades {
            fn closed_trade(&mut self, trade: &Trade, _kind: ExitKind) {
                self.0.push(trade.clone());
            }
        }
        let mut trades = Trades::default();
        let mut backtest = Backtest::new(&self.params, self.market, self.interval);
        for candle in &self.candles {
            backtest.candle(candle, &[], &mut trades);
        }
        trades.0
    }

    /// An exchange with these candles, of which the history has happened.
    pub(crate) fn simulator(&self, pace: Pace) -> Simulator {
        let MarketName { symbol, base, quote } = self.market;
        let rules = self.params.rules(symbol, base, quote);
        Simulator::start(Settings {
            markets: vec![ListedMarket {
                rules,
                fees: self.params.fees,
                candles: CandleSource::Given { candles: self.candles.clone(), history: HISTORY },
            }],
            accounts: vec![AccountSettings {
                key: SecretString::from("key"),
                secret: SecretString::from("secret"),
                balances: vec![(quote, self.params.cash.to_money())],
                permissions: KeyPermissions::TRADING_ONLY,
            }],
            model: self.params.model,
            pace,
            ..Settings::lockstep()
        })
        .unwrap()
    }

    /// Where the product has traded the same candles: its configuration and its data.
    pub(crate) fn traded(&self) -> TempDir {
        let simulator = self.simulator(Pace::Lockstep);
        let symbol = self.market.symbol;
        let folder = tempfile::tempdir().unwrap();
        let text =
            configuration(&simulator, (symbol, self.interval), &self.params.settings, HISTORY);
        fs::write(folder.path().join("heikin.toml"), text).unwrap();
        let product = Product::start(folder.path());
        let candles = u64::try_from(self.candles.len() - HISTORY).unwrap();
        let standing = simulator.step(Distance::Candles(candles)).unwrap();
        assert_eq!(standing.candles_left, Some(0));
        product.stop();
        folder
    }

    /// What the product records when it trades the same candles.
    pub(crate) fn run(&self) -> Vec<Record> {
        records(&self.traded().path().join("data"))
    }

    /// Decides once more what was recorded.
    pub(crate) fn replay(&self, records: Vec<Record>) -> Replayed {
        let MarketName { symbol, base, quote } = self.market;
        let tag = records.iter().find_map(|record| match &record.body {
            Body::Effect(Effect::Submit(order)) => Some(order.id.tag()),
            _ => None,
        });
        let config = EngineConfig { tag: tag.unwrap(), ..EngineConfig::UNLIMITED };
        let make = || {
            let mut engine = Engine::new(config);
            engine.add_market(self.params.rules(symbol, base, quote), self.params.fees);
            let strategy = Box::new(HeikinAshiStrategy::new(self.params.settings));
            engine.add_trader(TraderSetup { symbol, interval: self.interval, strategy });
            engine
        };
        let Ok(replayed) = replay(make, records.into_iter().map(Ok::<_, ()>)) else {
            unreachable!("no record fails")
        };
        replayed
    }
}

/// What the product records that starts where somebody has written PANIC while it was down.
pub(crate) fn records_under_panic(case: &Case) -> Vec<Record> {
    let simulator = case.simulator(Pace::Lockstep);
    let folder = tempfile::tempdir().unwrap();
    let series = (case.market.symbol, case.interval);
    let text = configuration(&simulator, series, &case.params.settings, HISTORY);
    fs::write(folder.path().join("heikin.toml"), text).unwrap();
    let layout = Layout::new(&folder.path().join("data"));
    fs::create_dir(layout.data()).unwrap();
    fs::write(layout.panic(), "").unwrap();
    Product::spawn(folder.path()).0.stop();
    records(layout.data())
}

/// The trades that were recorded.
pub(crate) fn trades(records: &[Record]) -> Vec<Trade> {
    let closed = |record: &Record| match &record.body {
        Body::Effect(Effect::Notify(Alert::TradeClosed(trade))) => Some((**trade).clone()),
        _ => None,
    };
    records.iter().filter_map(closed).collect()
}

/// What was recorded there.
pub(crate) fn records(data: &Path) -> Vec<Record> {
    let reader = JournalReader::new(RealDisk, &Layout::new(data).journal());
    let last = reader.durable().unwrap();
    reader.records(0, last).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The product as a process.
struct Product(Child);

impl Product {
    /// Starts it, and waits until it may trade.
    fn start(folder: &Path) -> Self {
        let (product, address) = Self::spawn(folder);
        until_ready(&address);
        product
    }

    /// Starts it, and waits until it says that it runs, and where it says how it stands.
    fn spawn(folder: &Path) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("run")
            .current_dir(folder)
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        (Self(child), address(&line))
    }

    /// Ends it as an operator does.
    fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It has ended, but where a test failed before.
        if self.0.kill().is_ok() {
            self.0.wait().unwrap();
        }
    }
}
