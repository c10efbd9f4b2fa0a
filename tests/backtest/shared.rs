//! The golden cases of the shared data.

use std::fs;
use std::path::PathBuf;

use heikin::analysis::backtest::{Backtest, MarketName, Observer, Params, TradesCsv};
use heikin::analysis::candle_file::CandleFiles;
use heikin_core::market::{Candle, HaCandle, HeikinAshi};
use heikin_core::num::{FinePrice, Money, Price};
use serde_json::Value;

/// The folder with the shared data.
#[expect(clippy::disallowed_methods, reason = "where the data is, is the machine's business")]
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("HEIKIN_SHARED_DATA").expect("HEIKIN_SHARED_DATA is set").into()
}

/// The golden cases: the parameters file of each.
fn cases() -> Vec<PathBuf> {
    let folder = folder().join("golden/backtest");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the golden cases")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.to_string_lossy().ends_with(".params.json"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 11, "{} golden cases", cases.len());
    cases
}

fn json(path: &PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

/// The rows of a CSV file, by the columns that `wanted` has.
fn columns(text: &str, wanted: &[String]) -> Vec<Vec<String>> {
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header = rows.headers().expect("a header").clone();
    let places: Vec<usize> = wanted
        .iter()
        .map(|name| header.iter().position(|have| have == name).expect("the golden columns"))
        .collect();
    rows.records()
        .map(|row| {
            let row = row.expect("a row");
            places.iter().map(|&place| row[place].to_owned()).collect()
        })
        .collect()
}

fn decimal(text: &str) -> Option<Money> {
    text.parse().ok()
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_golden_case_gives_its_trades_and_balances_exactly() {
    for path in cases() {
        let case = path.to_string_lossy().replace(".params.json", "");
        let params = Params::read(&path).expect("good parameters");
        let note = json(&path)["candles"].as_str().expect("a path").to_owned();
        let mut candles = CandleFiles::open(&[folder().join(note)]).expect("good candles");
        let market = MarketName::unknown().expect("a name");
        let mut backtest = Backtest::new(&params, market, candles.interval());
        let mut trades = Vec::new();
        let mut last = Last::default();
        let mut csv = TradesCsv::new(&params, &mut trades);
        backtest.run(&mut candles, None, &mut (&mut csv, &mut last)).expect("a whole run");
        csv.finish().expect("memory takes it");

        let golden = fs::read_to_string(format!("{case}.trades.csv")).expect("golden trades");
        let names: Vec<String> =
            golden.lines().next().expect("a header").split(',').map(str::to_owned).collect();
        let ours = columns(std::str::from_utf8(&trades).expect("text"), &names);
        let golden = columns(&golden, &names);
        assert_eq!(ours.len(), golden.len(), "{case}: number of trades");
        for (ours, golden) in ours.iter().zip(&golden) {
            for ((name, ours), golden) in names.iter().zip(ours).zip(golden) {
                let equal = match (decimal(ours), decimal(golden)) {
                    (Some(ours), Some(golden)) => ours == golden,
                    _ => ours == golden,
                };
                assert!(equal, "{case}: {name} is {ours}, not {golden}");
            }
        }

        let summary = json(&format!("{case}.summary.json").into());
        let text = |key: &str| decimal(summary[key].as_str().expect("a text")).expect("a number");
        assert_eq!(summary["candles"], last.candles, "{case}");
        assert_eq!(summary["trades"], ours.len(), "{case}");
        assert_eq!(text("quote"), backtest.quote().total(), "{case}: quote");
        assert_eq!(text("base"), backtest.base().total(), "{case}: base");
        assert_eq!(summary["state"], backtest.state().as_str(), "{case}");
        assert_eq!(Some(text("last_close")), last.close, "{case}: last close");
    }
}

#[derive(Default)]
struct Last {
    candles: u64,
    close: Option<Money>,
}

impl Observer for Last {
    fn candle_closed(&mut self, candle: &Candle, _: &Backtest) {
        self.candles += 1;
        self.close = candle.close().to_string().parse().ok();
    }
}

/// Candles and the four columns of the reference, row by row.
fn heikin_ashi_rows(name: &str) -> Vec<(Candle, [f64; 4])> {
    let candles = CandleFiles::open(&[folder().join(format!("klines/vision/{name}.csv.gz"))])
        .expect("candles");
    let golden = fs::File::open(folder().join(format!("golden/ha/{name}.ha.csv.gz")));
    let golden = flate2::read::MultiGzDecoder::new(golden.expect("golden values"));
    let mut golden = csv::Reader::from_reader(golden);
    let header = golden.headers().expect("a header").clone();
    let places = ["ref_open", "ref_high", "ref_low", "ref_close"]
        .map(|name| header.iter().position(|column| column == name).expect("the column"));
    let rows: Vec<(Candle, [f64; 4])> = candles
        .zip(golden.records())
        .map(|(candle, row)| {
            let row = row.expect("a row");
            (candle.expect("a candle"), places.map(|at| row[at].parse().expect("a number")))
        })
        .collect();
    assert!(rows.len() > 700, "{} rows", rows.len());
    rows
}

fn assert_equal(ha: &HaCandle, golden: [f64; 4], row: usize) {
    let ours = [ha.open(), ha.high(), ha.low(), ha.close()].map(Price::to_f64);
    for (ours, golden) in ours.into_iter().zip(golden) {
        assert!((ours / golden - 1.0).abs() <= 1e-9, "row {row}: {ours} is not {golden}");
    }
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn heikin_ashi_equals_the_reference() {
    for name in ["BTCUSDT-1h-2023-03", "BTCUSDT-5m-2025-01"] {
        let rows = heikin_ashi_rows(name);
        // The reference begins with (o + c) / 2, heikin with o: the difference halves at each candle.
        let first = &rows[0].0;
        let [open, close] = [first.open(), first.close()].map(FinePrice::from_price);
        let mut as_reference = HeikinAshi::continuing(open, close);
        let mut ours = HeikinAshi::default();
        for (at, (candle, golden)) in rows.iter().enumerate() {
            assert_equal(&as_reference.update(candle), *golden, at);
            let ha = ours.update(candle);
            if at >= 30 {
                assert_equal(&ha, *golden, at);
            }
        }
    }
}
