//! An archive, an exchange, a folder, and the program among them.
//!
//! The market has hourly candles from 2024-01-01 on; on the exchange it is 2024-03-05 12:00.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use heikin::analysis::backtest::params::MINIMAL;
use heikin::exchange::simulator::{
    CandleSource, Grid, ListedMarket, Pace, Settings, Simulator, usual_rules,
};
use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::Price;
use heikin_core::strategy::FeeRates;
use heikin_core::time::Timestamp;
use serde_json::Value;

use crate::archive::{Archive, zip};

const HOUR: i64 = 3_600_000;
/// 2024-01-01 00:00.
pub(crate) const START: i64 = 1_704_067_200_000;
/// Hours from then to the hour that is open.
pub(crate) const CLOSED: usize = (31 + 29 + 4) * 24 + 12;
pub(crate) const JANUARY: &str = "monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip";
pub(crate) const FEBRUARY: &str = "monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-02.zip";

/// How the archive writes times.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Times {
    Millis,
    Micros,
}

/// The candle of an hour of the market.
fn candle(hour: usize) -> Candle {
    let hours = i64::try_from(hour).unwrap();
    let price = |cents: i64| Price::from_units(cents * 1_000_000).unwrap();
    // A wave and a saw: entries and exits of both kinds.
    let wave = |hour: i64| 6_000_000 + (hour % 37 - 18).abs() * 2_500 + (hour % 5) * 900;
    let (open, close) = (wave(hours), wave(hours + 1));
    let (high, low) = (open.max(close) + 400, open.min(close) - 300);
    let prices = Ohlc::new(price(open), price(high), price(low), price(close)).unwrap();
    let opens = START + hours * HOUR;
    let close_time = Timestamp::from_millis(opens + HOUR - 1);
    Candle::new(Timestamp::from_millis(opens), close_time, prices, "12.5".parse().unwrap()).unwrap()
}

/// Rows of these hours as the archive has them.
pub(crate) fn rows(hours: std::ops::Range<usize>, times: Times) -> String {
    let mut text = String::new();
    for candle in hours.map(candle) {
        let (open_time, close_time) = (candle.open_time().millis(), candle.close_time().millis());
        let (open_time, close_time) = match times {
            Times::Millis => (open_time, close_time),
            Times::Micros => (open_time * 1_000, close_time * 1_000 + 999),
        };
        let (open, high, low, close) = (candle.open(), candle.high(), candle.low(), candle.close());
        writeln!(
            text,
            "{open_time},{open:.8},{high:.8},{low:.8},{close:.8},12.50000000,{close_time},\
             750000.00000000,321,6.25000000,375000.00000000,0"
        )
        .unwrap();
    }
    text
}

/// The place of a day of 2024 in the archive, and its hours.
pub(crate) fn day(month: usize, day: usize) -> (String, std::ops::Range<usize>) {
    let before = [0, 31, 60][month - 1] + day - 1;
    let stem = format!("BTCUSDT-1h-2024-{month:02}-{day:02}");
    (format!("daily/klines/BTCUSDT/1h/{stem}.zip"), before * 24..(before + 1) * 24)
}

pub(crate) struct Scene {
    pub(crate) archive: Archive,
    pub(crate) exchange: Simulator,
    folder: tempfile::TempDir,
}

impl Scene {
    /// The archive has January; nothing else yet.
    pub(crate) fn new() -> Self {
        let archive = Archive::start();
        let scene = Self {
            archive,
            exchange: Simulator::start(exchange()).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        scene.put(JANUARY, 0..31 * 24, Times::Millis);
        scene
    }

    /// The archive has a file of these hours.
    pub(crate) fn put(&self, path: &str, hours: std::ops::Range<usize>, times: Times) {
        self.archive.put(path, packed(path, &rows(hours, times)));
    }

    /// Where the program runs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names in the folder of candles, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.path("candles/BTCUSDT-1h"))
    }

    /// Candles of January alone.
    pub(crate) fn january(&self) -> Output {
        self.download("BTCUSDT 1h --from 2024-01-01 --to 2024-01-31 --json")
    }

    pub(crate) fn download(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The program, on its way.
    pub(crate) fn begin(&self, arguments: &str) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The program, where no file may have more than so many KiB: written like on a full disk.
    pub(crate) fn download_onto_little(&self, kib: u32, arguments: &str) -> Output {
        // The signal that would end the process is ignored, as it is under a service manager.
        let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
        let mut command = self.here("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_heikin")]);
        self.told_of_download(command, arguments).output().unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        self.told_of_download(self.program(), arguments)
    }

    fn told_of_download(&self, mut command: Command, arguments: &str) -> Command {
        command.arg("download").args(arguments.split_whitespace());
        command.args(["--archive", &self.archive.url(), "--base-url", &self.exchange.rest()]);
        command
    }

    fn program(&self) -> Command {
        self.here(env!("CARGO_BIN_EXE_heikin"))
    }

    fn here(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// The exchange misbehaves.
    pub(crate) fn exchange_fault(&self, fault: &Value) {
        let url = format!("{}/simulator/faults", self.exchange.rest());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let status = runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            http.post(url).body(fault.to_string()).send().await.unwrap().status()
        });
        assert_eq!(status, 200, "{fault}");
    }

    /// A backtest over these candles: what it says of trades and money.
    pub(crate) fn backtest(&self, candles: &str) -> Value {
        fs::write(self.path("p.json"), MINIMAL).unwrap();
        let arguments = ["backtest", "--params", "p.json", "--json", "--candles", candles];
        let output = self.program().args(arguments).output().unwrap();
        json(&output)
    }
}

/// A file of the archive with this content.
pub(crate) fn packed(path: &str, csv: &str) -> Vec<u8> {
    let name = path.rsplit('/').next().unwrap();
    zip(name.strip_suffix(".zip").unwrap(), csv)
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    // Where nothing came into it, there is none.
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// What a success prints.
pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The message of a failure with this exit code.
pub(crate) fn message(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    text.strip_prefix("heikin: ").unwrap().trim_end().to_owned()
}

/// Looks until something has happened.
pub(crate) fn until(mut has_happened: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if has_happened() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("it did not happen within 20 s");
}

fn exchange() -> Settings {
    let grid = Grid {
        tick: "0.01".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        min_notional: "5".parse().unwrap(),
    };
    let assets = ("BTC".parse().unwrap(), "USDT".parse().unwrap());
    let mut settings = Settings::lockstep();
    settings.pace = Pace::Scaled(1.try_into().unwrap());
    settings.markets.push(ListedMarket {
        rules: usual_rules("BTCUSDT".parse().unwrap(), assets, grid),
        fees: FeeRates::flat("0.001".parse().unwrap()),
        candles: CandleSource::Given {
            candles: (0..CLOSED + 24).map(candle).collect(),
            history: CLOSED,
        },
    });
    settings
}
