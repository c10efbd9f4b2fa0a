//! What cannot matter does not.

use heikin::analysis::backtest::Params;
use serde_json::{Map, Value};

use crate::candles::{run, walk};

const BASE: &str = r#"{"tick": "0.01", "step": "0.001", "fee": "0.001", "cash": "1000",
    "percent": "90", "entry_trigger_offset": "0.05", "entry_limit_offset": "0.1",
    "exit_trigger_offset": "0.1", "exit_limit_offset": "0.05", "rescue_offset": "0.1",
    "max_slippage_pct": "1", "rearm_after": 1"#;

fn params(more: &str) -> Params {
    Params::parse(&format!("{BASE}{more}}}")).expect("good parameters")
}

fn candles() -> String {
    let mut state = 7_u64;
    let mut random = |below: i16| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i16::try_from(state >> 49).expect("15 bits") % below
    };
    let moves: Vec<[i16; 4]> =
        (0..800).map(|_| [random(240) - 120, random(60), random(60), random(160) - 78]).collect();
    walk(100_000, &moves)
}

fn effects(params: &Params) -> u64 {
    let hashes = run(params, candles());
    assert!(hashes.trades > 50, "{} trades", hashes.trades);
    *hashes.at_closes.last().expect("candles")
}

#[test]
fn options_at_their_neutral_value_change_nothing() {
    let plain = effects(&params(""));
    for neutral in [
        r#", "slippage_pct": 0, "latency_ms": 0, "participation_pct": "0""#,
        r#", "maker_fee": 0.001"#,
        r#", "green_only": false, "no_lower_wick": false, "min_body_pct": 0, "ma_filter": 0"#,
        r#", "exit_order": "stop_limit", "take_profit_pct": "0", "exit_on_red": false"#,
        r#", "last_resort": "hold", "last_resort_after": "close", "rescue_after": "close""#,
        r#", "replace_min_ticks": 1, "on_already_through": "limit", "warmup": 1"#,
        r#", "min_notional": "0.00", "candles": "elsewhere.csv""#,
    ] {
        assert_eq!(effects(&params(neutral)), plain, "{neutral}");
    }
}

#[test]
fn options_with_a_value_change_something() {
    let plain = effects(&params(""));
    for option in [
        r#", "slippage_pct": 1"#,
        r#", "participation_pct": "50""#,
        r#", "latency_ms": 5000"#,
        r#", "green_only": true"#,
        r#", "no_lower_wick": true"#,
        r#", "min_body_pct": 0.02"#,
        r#", "ma_filter": 5"#,
        r#", "exit_order": "stop_market""#,
        r#", "take_profit_pct": "0.1""#,
        r#", "exit_on_red": true"#,
        r#", "replace_min_ticks": 20"#,
        r#", "warmup": 100"#,
        r#", "on_already_through": "skip", "entry_trigger_offset": 0"#,
        r#", "rescue_after": 5"#,
    ] {
        let without = option.contains("entry_trigger_offset");
        let text = if without {
            BASE.replace("\"entry_trigger_offset\": \"0.05\",", "")
        } else {
            BASE.to_owned()
        };
        let params = Params::parse(&format!("{text}{option}}}")).expect("good parameters");
        assert_ne!(*run(&params, candles()).at_closes.last().expect("candles"), plain, "{option}");
    }
}

#[test]
fn told_settings_give_the_same_effects() {
    let given = params(r#", "slippage_pct": "0.05", "exit_on_red": true, "last_resort": "market""#);
    let told: Map<String, Value> =
        given.effective().map(|(key, value)| (key.to_owned(), value)).collect();
    let again = Params::parse(&serde_json::to_string(&told).expect("JSON")).expect("parameters");
    assert_eq!(effects(&given), effects(&again));
}
