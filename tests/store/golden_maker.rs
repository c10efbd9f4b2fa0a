//! How a golden store comes to be: `heikin run` trades in lockstep with a simulated exchange until it
//! has a position and some fills behind it, and is ended as an operator does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use heikin::exchange::simulator::market::MarketSettings;
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, Grid, KeyPermissions, ListedMarket, Pace, RateLimits,
    Settings, Simulator, usual_rules,
};
use heikin_core::engine::{Engine, Trader};
use heikin_core::market::Asset;
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Quantity};
use heikin_core::order::ClientOrderId;
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Timestamp};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::ready::{address, until_ready};
use crate::truth::Truth;

const HISTORY: usize = 510;
/// At most so many candles pass.
const CANDLES: usize = 600;
/// The only one has the first number.
const TRADER: u16 = 0;
const KEYS: [(&str, &str); 2] =
    [("BINANCE_TESTNET_API_KEY", "key"), ("BINANCE_TESTNET_API_SECRET", "secret")];

/// What is true of a store: by the exchange, but for the records.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) records: u64,
    pub(crate) orders: usize,
    pub(crate) fills: usize,
    pub(crate) open: BTreeSet<String>,
    pub(crate) balances: BTreeMap<Asset, Money>,
    pub(crate) held: Quantity,
    /// When the newest closed candle opened.
    pub(crate) candle: Timestamp,
}

impl Known {
    /// What an engine knows; what it does not count is taken over.
    pub(crate) fn of(engine: &Engine, other: &Self) -> Self {
        let open = engine.traders().iter().flat_map(Trader::live_orders);
        let assets = engine.balances().assets().iter();
        let trader = &engine.traders()[0];
        Self {
            open: open.map(|order| order.id.to_string()).collect(),
            balances: assets.map(|it| (it.asset, it.total)).collect(),
            held: trader.holding(),
            candle: trader.candle().unwrap().open_time(),
            ..*other
        }
    }
}

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, but where a test failed before.
        if self.0.kill().is_ok() {
            self.0.wait().unwrap();
        }
    }
}

fn simulator() -> Simulator {
    let usdt: Asset = "USDT".parse().unwrap();
    let grid = Grid {
        tick: "0.01".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        min_notional: "5".parse().unwrap(),
    };
    Simulator::start(Settings {
        markets: vec![ListedMarket {
            rules: usual_rules("BTCUSDT".parse().unwrap(), ("BTC".parse().unwrap(), usdt), grid),
            fees: FeeRates::flat("0.001".parse().unwrap()),
            candles: CandleSource::Generated {
                settings: MarketSettings {
                    seed: 1,
                    start: Timestamp::from_millis(1_704_067_200_000),
                    price: "60000".parse().unwrap(),
                    tick: grid.tick,
                    volume: "8".parse().unwrap(),
                    step: grid.step,
                    pace: Interval::H1,
                },
                interval: Interval::H1,
                history: HISTORY,
            },
        }],
        accounts: vec![AccountSettings {
            key: SecretString::from("key"),
            secret: SecretString::from("secret"),
            balances: vec![(usdt, "10000".parse().unwrap())],
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        model: FillModel::default(),
        pace: Pace::Lockstep,
        limits: RateLimits::default(),
        ..Settings::lockstep()
    })
    .unwrap()
}

/// The command, in a folder, without the environment of the machine.
fn run(program: &Path, folder: &Path, simulator: &Simulator) -> Command {
    let configuration = format!(
        "mode = \"testnet\"\n[exchange]\nrest = \"{}\"\nstreams = \"{}\"\nwebsocket_api = \"{}\"\n\
         lockstep = true\n[http]\nlisten = \"127.0.0.1:0\"\n[[trader]]\nsymbol = \"BTCUSDT\"\n\
         interval = \"1h\"\npreset = \"classic\"\nquote = \"1000\"\nseed_candles = 500\n\
         rearm_after = 0\n",
        simulator.rest(),
        simulator.streams(),
        simulator.websocket_api(),
    );
    fs::write(folder.join("heikin.toml"), configuration).unwrap();
    let mut command = Command::new(program);
    command.arg("run").current_dir(folder).env_clear().envs(KEYS);
    command
}

/// Has a build of heikin write a store into `data` below a folder; what is true of it.
pub(crate) fn make(program: &Path, folder: &Path) -> Known {
    let simulator = simulator();
    let mut product =
        Running(run(program, folder, &simulator).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    let mut output = BufReader::new(product.0.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    until_ready(&address(&line));
    let held =
        |truth: &Truth| truth.open(TRADER).next().is_some() && truth.held(TRADER) > Quantity::ZERO;
    let mut candles = 0;
    loop {
        simulator.step(Distance::Candles(1)).unwrap();
        candles += 1;
        let truth = Truth::of(&simulator.state());
        if truth.fills > 8 && held(&truth) {
            break;
        }
        assert!(candles < CANDLES, "{truth:?}");
    }
    let pid = rustix::process::Pid::from_child(&product.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(product.0.wait().unwrap().success());

    let truth = Truth::of(&simulator.state());
    let last = Interval::H1.span().times(i64::try_from(HISTORY + candles).unwrap() - 1);
    let orders = truth.open(TRADER);
    Known {
        records: records(program, folder),
        orders: truth.orders.len(),
        fills: truth.fills,
        open: orders.map(|order| order.id).map(|id: ClientOrderId| id.to_string()).collect(),
        held: truth.held(TRADER),
        candle: Timestamp::from_millis(1_704_067_200_000) + last,
        balances: truth.balances,
    }
}

/// How many records the writer itself finds.
fn records(program: &Path, folder: &Path) -> u64 {
    let mut export = Command::new(program);
    export.args(["store", "export", "--data", "data"]).current_dir(folder).env_clear();
    let output = export.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64
}

/// What this build says when it is started on a store that it refuses; the exit code is 2.
pub(crate) fn is_refused_by_a_run(folder: &Path) -> String {
    let simulator = simulator();
    let program = Path::new(env!("CARGO_BIN_EXE_heikin"));
    let output = run(program, folder, &simulator).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}
