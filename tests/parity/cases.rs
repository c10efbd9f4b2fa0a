//! Which candles and settings.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use heikin::analysis::backtest::{MarketName, Params};
use heikin::analysis::candle_file::CandleFiles;
use heikin::exchange::simulator::market::{MarketSettings, Series};
use heikin_core::engine::{self, Body, Effect, Input, Record};
use heikin_core::num::Rate;
use heikin_core::strategy::LastResort;
use heikin_core::time::{Interval, Timestamp};

use crate::lockstep::{Case, HISTORY, records_under_panic, trades};

/// A case whose first entry may be placed at the close of the first candle that is seen live.
fn case(params: &Params, candles: Vec<heikin_core::market::Candle>, interval: Interval) -> Case {
    let mut params = *params;
    params.model.slippage = Rate::ZERO;
    params.settings.warmup = params.settings.warmup.max(HISTORY as u64 + 1);
    let market = MarketName {
        symbol: "BTCUSDT".parse().unwrap(),
        base: "BTC".parse().unwrap(),
        quote: "USDT".parse().unwrap(),
    };
    Case { params, market, interval, candles }
}

fn compare(name: &str, case: &Case) -> usize {
    let expected = case.backtest();
    let records = case.run();
    let found = trades(&records);
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.len(), expected.len(), "{name}: trades");
    let replayed = case.replay(records);
    assert_eq!(replayed.differences, [], "{name}");
    assert!(replayed.inputs > 1_000 && replayed.effects > 0, "{name}: {replayed:?}");
    found.len()
}

fn made_up() -> Case {
    market(Interval::H1, 500)
}

/// A case for a clock that runs.
pub(crate) fn brisk() -> Case {
    market(Interval::M1, 120)
}

fn market(interval: Interval, live: usize) -> Case {
    let market = MarketSettings {
        seed: 11,
        start: Timestamp::from_millis(1_704_067_200_000),
        price: "60000".parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volume: "8".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        pace: interval,
    };
    let mut series = Series::new(&market, interval).unwrap();
    let candles: Vec<_> = (0..HISTORY + live).map(|_| series.next_candle().candle).collect();
    let params = r#"{
        "tick": "0.01", "step": "0.00001", "min_notional": "5", "fee": "0.001", "cash": "10000",
        "percent": "100", "entry_trigger_offset": "0.1 atr", "entry_limit_offset": "0.2%",
        "exit_trigger_offset": "0.5 atr", "exit_limit_offset": "0.05%", "exit_on_red": true,
        "rescue_offset": "0.1%", "max_slippage_pct": "1", "rearm_after": 0
    }"#;
    let params = Params::parse(params).unwrap();
    case(&params, candles, interval)
}

#[test]
fn a_made_up_market_over_sockets_gives_the_trades_of_a_backtest() {
    let trades = compare("made up", &made_up());
    assert!(trades > 50, "{trades}");
}

#[test]
fn the_trades_that_are_exported_are_those_of_a_backtest() {
    let case = made_up();
    let folder = case.traded();
    let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
    let exported = command.args(["store", "export", "trades"]).current_dir(folder.path()).output();
    let exported = exported.unwrap().stdout;
    let mut table = csv::Reader::from_reader(exported.as_slice());
    let rows: Vec<BTreeMap<String, String>> = table.deserialize().map(Result::unwrap).collect();
    let trades = case.backtest();
    assert_eq!(rows.len(), trades.len());
    for (row, trade) in rows.iter().zip(trades) {
        let expected = [
            ("symbol", "BTCUSDT".to_owned()),
            ("trade", trade.number.to_string()),
            ("bought", trade.bought.to_string()),
            ("entry_price", trade.entry_price().unwrap().to_string()),
            ("proceeds", trade.proceeds.to_string()),
            ("net", trade.net_quote().to_string()),
        ];
        for (column, value) in expected {
            assert_eq!(row[column], value, "{column} of {row:?}");
        }
    }
}

#[test]
fn the_command_decides_by_the_settings_that_were_recorded() {
    let folder = made_up().traded();
    let replay = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
        command.arg("replay").args(arguments).current_dir(folder.path()).env_clear();
        command.env("MODE", "paper").output().unwrap()
    };
    let same = replay(&[]);
    assert!(same.status.success(), "{same:?}");
    assert!(String::from_utf8(same.stdout).unwrap().ends_with(", 0 differences\n"));

    let told = String::from_utf8(replay(&["--explain"]).stdout).unwrap();
    for part in ["the process started", "BTCUSDT 1h closed at ", "buy ", " (breakout)", "trade #"] {
        assert!(told.contains(part), "{part}");
    }
    let few = replay(&["--explain", "--from", "100", "--to", "110"]);
    let few = String::from_utf8(few.stdout).unwrap();
    assert!((1..=11).contains(&few.lines().count()), "{few}");

    let configuration = folder.path().join("heikin.toml");
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, text.replace("exit.on_red = true", "exit.on_red = false")).unwrap();
    let again = replay(&[]);
    assert!(again.status.success(), "what the file says today changes nothing: {again:?}");
}

/// Somebody closed everything while the product was down: it must not enter in its first second.
#[test]
fn a_panic_of_before_the_start_holds_before_the_account_is_seen() {
    let records = records_under_panic(&made_up());
    let place = |wanted: &dyn Fn(&Input) -> bool| {
        records.iter().position(|it| matches!(&it.body, Body::Input(input) if wanted(input)))
    };
    let panic = place(&|input| *input == Input::Command(engine::Command::Panic)).unwrap();
    let seen = place(&|input| matches!(input, Input::Account(_))).unwrap();
    assert!(panic < seen, "{panic}, {seen}");
    let is_order = |record: &Record| matches!(record.body, Body::Effect(Effect::Submit(_)));
    assert!(!records.iter().any(is_order));
}

#[expect(clippy::disallowed_methods, reason = "where the data is, is the machine's business")]
fn shared() -> PathBuf {
    std::env::var_os("HEIKIN_SHARED_DATA").expect("HEIKIN_SHARED_DATA is set").into()
}

/// One golden case, by the letter at the end of its name.
fn golden(letter: char) {
    let folder = shared().join("golden/backtest");
    let ending = format!("-{letter}.params.json");
    let path = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with(&ending))
        .unwrap();
    let params = Params::read(&path).unwrap();
    assert_eq!(params.settings.exit.last_resort, LastResort::Hold);
    let text: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let file = shared().join(text["candles"].as_str().unwrap());
    let mut files = CandleFiles::open(&[file]).unwrap();
    let interval = files.interval();
    let candles: Vec<_> = files.by_ref().collect::<Result<_, _>>().unwrap();
    compare(&ending, &case(&params, candles, interval));
}

macro_rules! golden {
    ($($name:ident $letter:literal)*) => {$(
        #[test]
        #[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
        fn $name() {
            golden($letter);
        }
    )*};
}

golden! {
    case_a 'a'
    case_b 'b'
    case_c 'c'
    case_d 'd'
    case_e 'e'
    case_f 'f'
    case_g 'g'
    case_i 'i'
}
