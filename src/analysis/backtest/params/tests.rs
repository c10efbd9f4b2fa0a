use heikin_core::strategy::{LastResort, Patience};
use heikin_core::time::Span;
use serde_json::{Map, Value};

use super::*;

/// The faults of the minimal file with one more line.
fn faults(line: &str) -> Vec<String> {
    let text = MINIMAL.replacen('{', &format!("{{\n{line},"), 1);
    let faults = Params::parse(&text).err().unwrap_or_default();
    faults.into_iter().map(|fault| format!("{}: {}", fault.line.unwrap_or(0), fault.text)).collect()
}

#[test]
fn the_minimal_file_is_complete_and_everything_else_is_off() {
    let params = Params::parse(MINIMAL).unwrap();
    assert_eq!(params.settings.rearm_after, 0);
    assert_eq!(params.settings.exit.last_resort, LastResort::Hold);
    assert_eq!(params.settings.exit.rescue_after, Patience::CandleClose);
    assert_eq!(params.model, FillModel::default());
    assert_eq!(params.timers(), Timers::AtCloses);
}

#[test]
fn numbers_are_read_as_they_stand_whether_numbers_or_texts() {
    let text = MINIMAL.replace("\"0.001\"", "0.00075000").replace("\"10000\"", "0.1");
    let params = Params::parse(&text).unwrap();
    assert_eq!(params.fees.taker.to_string(), "0.00075");
    assert_eq!(params.cash.to_string(), "0.1");
}

#[test]
fn effective_settings_are_a_file_that_gives_the_same() {
    let text = MINIMAL.replacen(
        '{',
        r#"{"symbol": "BTCUSDT", "maker_fee": 0.0005, "entry_trigger_offset": "1 atr",
        "exit_trigger_offset": "0.50%", "rescue_offset": "3 ticks", "ma_filter": "100",
        "rescue_after": 5, "last_resort": "market", "last_resort_after": "60",
        "slippage_pct": "0.05", "participation_pct": 10, "latency_ms": 50, "min_notional": 5,
        "green_only": true, "min_body_pct": "0.1", "replace_min_ticks": 2, "candles": "x.csv","#,
        1,
    );
    let params = Params::parse(&text).unwrap();
    assert_eq!(params.settings.exit.rescue_after, Patience::For(Span::from_secs(5)));
    assert_eq!(params.timers(), Timers::WithinCandles);
    let told: Map<String, Value> =
        params.effective().map(|(key, value)| (key.to_owned(), value)).collect();
    assert_eq!(Params::parse(&serde_json::to_string(&told).unwrap()).unwrap(), params);
}

#[test]
fn every_fault_names_line_key_value_and_remedy() {
    for (line, fault) in [
        (
            r#""entry_triger_offset": "1""#,
            "2: there is no key \"entry_triger_offset\"; did you mean \"entry_trigger_offset\"?",
        ),
        (r#""min_body": 1"#, "2: there is no key \"min_body\"; did you mean \"min_body_pct\"?"),
        (r#""zzz": 1"#, "2: there is no key \"zzz\". Leave it out."),
        (
            r#""slippage_pct": "51""#,
            "2: slippage_pct \"51\" is out of range. Give a percentage from 0 to 50.",
        ),
        (
            r#""slippage_pct": -1"#,
            "2: slippage_pct -1 must not be negative. Give a percentage from 0 to 50.",
        ),
        (
            r#""rearm_after": 1.5"#,
            "2: rearm_after 1.5 is not a whole number. Give a number of candles from 0 to 1000000.",
        ),
        (
            r#""last_resort": "markt""#,
            "2: last_resort \"markt\" is none of its words; did you mean \"market\"? Give \"hold\" \
             or \"market\".",
        ),
        (
            r#""exit_on_red": "yes""#,
            "2: exit_on_red \"yes\" is neither true nor false. Give true or false.",
        ),
        (
            r#""min_notional": 5e0"#,
            "2: min_notional 5e0 is not a plain decimal number. Give an amount from 0 on, such as \
             \"5\".",
        ),
        (
            r#""min_notional": null"#,
            "2: min_notional null is neither a number nor a text. Give an amount from 0 on, such \
             as \"5\".",
        ),
    ] {
        assert_eq!(faults(line), [fault]);
    }
}

#[test]
fn all_faults_come_at_once() {
    let text = "{\n\"tick\": \"0\",\n\"fee\": 2,\n\"fee\": 0.001,\n\"percnt\": 50\n}";
    let faults = Params::parse(text).unwrap_err();
    let error = ParamsError { file: "p.json".to_owned(), faults };
    assert_eq!(
        error.to_string(),
        "p.json has 7 faults:\n  \
         line 2: tick \"0\" must be above zero. Give a price above 0, such as \"0.01\".\n  \
         line 3: fee 2 is too large. Give a share from 0 to 0.1; 0.1 % is \"0.001\".\n  \
         line 4: \"fee\" is there already, on line 3. Leave one out.\n  \
         line 5: there is no key \"percnt\"; did you mean \"percent\"?\n  \
         step is missing. Give a quantity above 0, such as \"0.00001\".\n  \
         cash is missing. Give an amount above 0, with at most 8 decimals, such as \"10000\".\n  \
         how much is bought is missing. Give percent (of the free balance, such as \"100\"), fixed \
         (a quantity) or quote (an amount)."
    );
}

#[test]
fn what_excludes_each_other_is_refused() {
    assert_eq!(
        faults("\"fixed\": 1"),
        ["0: percent and fixed exclude each other: each says how much is bought. Leave one."]
    );
    assert!(
        faults("\"exit_order\": \"stop_market\", \"take_profit_pct\": 2")[0].contains("exclude")
    );
}

#[test]
fn what_is_no_json_object_is_told_with_its_place() {
    for (text, fault) in [
        ("", "the file is empty. It must hold a JSON object."),
        (
            "[1]",
            "this is no JSON object (invalid type: sequence, expected an object). Write { \"key\": value, … }.",
        ),
        ("{\n \"tick\": 1,\n}", "column 1: this is not JSON (trailing comma). Mend it there."),
    ] {
        assert_eq!(Params::parse(text).unwrap_err()[0].text, fault);
    }
    assert_eq!(Params::parse("{\n \"tick\": 1,\n}").unwrap_err()[0].line, Some(3));
}
