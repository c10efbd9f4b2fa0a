//! What the process costs whoever runs it: how long from its start to its first decision, and how
//! much memory it takes while nothing happens.
//!
//! `cargo bench --bench process [-- STARTS SECONDS]`, by default 5 starts, and 20 seconds of idling. It
//! runs `heikin run` against a simulated exchange of this process, in real time, and looks into the
//! journal: the first decision is one that has seen its candles and a fresh one, an order or not. The
//! aims are 1 s and 30 MB.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use heikin::exchange::simulator::market::MarketSettings;
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Grid, KeyPermissions, ListedMarket, Pace, Settings, Simulator,
    usual_rules,
};
use heikin::store::Layout;
use heikin::store::disk::RealDisk;
use heikin::store::journal::JournalReader;
use heikin_core::engine::{Body, Effect, Record, Sequence};
use heikin_core::order::{Outcome, Skip};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Span, Timestamp};
use secrecy::SecretString;

/// Any error at all ends it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

const LOOK_EVERY: Duration = Duration::from_millis(5);
const GIVE_UP: Duration = Duration::from_secs(90);
const KEY: &str = "key";
/// Minutes that have passed on the exchange, of which 500 are asked for.
const HISTORY: usize = 600;

fn main() -> Result<(), Failed> {
    let mut counts = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let (starts, idle) = (counts.next().unwrap_or(5), counts.next().unwrap_or(20));
    let mut times = Vec::new();
    for number in 1..=starts {
        let simulator = simulator()?;
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("heikin.toml"), configuration(&simulator))?;
        let mut product = Product::start(folder.path())?;
        times.push(product.first_decision(folder.path())?);
        if number == starts {
            thread::sleep(Duration::from_secs(idle));
            let [now, most] = ["VmRSS:", "VmHWM:"].map(|name| product.memory(name));
            println!("after {idle} s: {} KiB resident, {} KiB at most", now?, most?);
        }
    }
    times.sort_unstable();
    let millis: Vec<_> = times.iter().map(Duration::as_millis).collect();
    println!("from the start of the process to its first decision: {millis:?} ms");
    Ok(())
}

fn simulator() -> Result<Simulator, Failed> {
    let minutes = Span::MINUTE.times(i64::try_from(HISTORY)?);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let now = i64::try_from(now.as_millis())?;
    let usdt = "USDT".parse()?;
    let grid = Grid { tick: "0.01".parse()?, step: "0.00001".parse()?, min_notional: "5".parse()? };
    let candles = CandleSource::Generated {
        settings: MarketSettings {
            seed: 1,
            start: Timestamp::from_millis(now - now % Span::MINUTE.millis()) - minutes,
            price: "60000".parse()?,
            tick: grid.tick,
            volume: "8".parse()?,
            step: grid.step,
            pace: Interval::H1,
        },
        interval: Interval::M1,
        history: HISTORY,
    };
    let rules = usual_rules("BTCUSDT".parse()?, ("BTC".parse()?, usdt), grid);
    let fees = FeeRates::flat("0.001".parse()?);
    Ok(Simulator::start(Settings {
        markets: vec![ListedMarket { rules, fees, candles }],
        accounts: vec![AccountSettings {
            key: SecretString::from(KEY),
            secret: SecretString::from(KEY),
            balances: vec![(usdt, "10000".parse()?)],
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        pace: Pace::Scaled(1.try_into()?),
        ..Settings::lockstep()
    })?)
}

/// A trader that has an entry out at every close.
fn configuration(simulator: &Simulator) -> String {
    format!(
        r#"mode = "testnet"
[exchange]
rest = "{}"
streams = "{}"
websocket_api = "{}"
[http]
listen = "127.0.0.1:0"
[[trader]]
symbol = "BTCUSDT"
interval = "1m"
preset = "classic"
quote = "1000"
seed_candles = 500
warmup = 0
rearm_after = 0
entry.green_only = false
entry.min_body_pct = "0"
entry.no_lower_wick = false
entry.ma_filter = 0
"#,
        simulator.rest(),
        simulator.streams(),
        simulator.websocket_api()
    )
}

fn is_decision(record: &Record) -> bool {
    match &record.body {
        Body::Effect(Effect::Submit(_)) => true,
        Body::Effect(Effect::Decide { outcome: Some(Outcome::Nothing(why)), .. }) => {
            !matches!(why, Skip::WarmingUp | Skip::StaleCandle)
        }
        _ => false,
    }
}

/// `heikin run` as a process, until it is dropped.
struct Product {
    child: Child,
    started: Instant,
}

impl Product {
    fn start(folder: &Path) -> io::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
        command.arg("run").current_dir(folder).env_clear().stdout(Stdio::null());
        command.env("BINANCE_TESTNET_API_KEY", KEY).env("BINANCE_TESTNET_API_SECRET", KEY);
        let started = Instant::now();
        Ok(Self { child: command.spawn()?, started })
    }

    /// How long after its start it was recorded.
    fn first_decision(&mut self, folder: &Path) -> Result<Duration, Failed> {
        let journal = Layout::new(&folder.join("data")).journal();
        let reader = JournalReader::new(RealDisk, &journal);
        loop {
            let passed = self.started.elapsed();
            // Before there is a journal there is nothing to read.
            let mut records = reader.records(0, Sequence::MAX).into_iter().flatten().flatten();
            if records.any(|record| is_decision(&record)) {
                return Ok(passed);
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("it has ended: {status}").into());
            }
            if passed > GIVE_UP {
                return Err("it has decided nothing".into());
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// A row of what the kernel says of it, in KiB.
    fn memory(&self, name: &str) -> Result<u64, Failed> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let row = text.lines().find_map(|line| line.strip_prefix(name));
        let number = row.and_then(|row| row.split_whitespace().next());
        Ok(number.ok_or("the kernel tells no memory")?.parse()?)
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}
