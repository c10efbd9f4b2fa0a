//! Which candles and settings.

use std::fs;
use std::path::PathBuf;

use heikin::analysis::backtest::{MarketName, Params};
use heikin::analysis::candle_file::CandleFiles;
use heikin::exchange::simulator::market::{MarketSettings, Series};
use heikin_core::engine::{Body, Command, Effect, Input, Record};
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
    let market = MarketSettings {
        seed: 11,
        start: Timestamp::from_millis(1_704_067_200_000),
        price: "60000".parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volume: "8".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        pace: Interval::H1,
    };
    let mut series = Series::new(&market, Interval::H1).unwrap();
    let candles: Vec<_> = (0..HISTORY + 500).map(|_| series.next_candle().candle).collect();
    let params = r#"{
        "tick": "0.01", "step": "0.00001", "min_notional": "5", "fee": "0.001", "cash": "10000",
        "percent": "100", "entry_trigger_offset": "0.1 atr", "entry_limit_offset": "0.2%",
        "exit_trigger_offset": "0.5 atr", "exit_limit_offset": "0.05%", "exit_on_red": true,
        "rescue_offset": "0.1%", "max_slippage_pct": "1", "rearm_after": 0
    }"#;
    let params = Params::parse(params).unwrap();
    case(&params, candles, Interval::H1)
}

#[test]
fn a_made_up_market_over_sockets_gives_the_trades_of_a_backtest() {
    let trades = compare("made up", &made_up());
    assert!(trades > 50, "{trades}");
}

/// Somebody closed everything while the product was down: it must not enter in its first second.
#[test]
fn a_panic_of_before_the_start_holds_from_the_first_record_on() {
    let records = records_under_panic(&made_up());
    let place = |wanted: &dyn Fn(&Input) -> bool| {
        records.iter().position(|it| matches!(&it.body, Body::Input(input) if wanted(input)))
    };
    let panic = place(&|input| *input == Input::Command(Command::Panic)).unwrap();
    let started = place(&|input| *input == Input::Started).unwrap();
    assert!(panic < started, "{panic}, {started}");
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
