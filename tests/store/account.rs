//! Records of an account that trades: intents, answers, fills in odd orders, alerts, trades.

use heikin_core::engine::{Record, Sequence};
use serde_json::{Value, json};

const START: i64 = 1_700_000_000_000;

/// So many rounds of trading, eight records each.
pub(crate) fn trading(rounds: u64) -> Vec<Record> {
    let mut records = Vec::new();
    for round in 1..=rounds {
        for body in bodies(round) {
            let seq = records.len() as Sequence + 1;
            let at = START + i64::try_from(seq).unwrap();
            let record = json!({ "seq": seq, "cause": seq, "at": at, "body": body });
            records.push(serde_json::from_value(record).unwrap());
        }
    }
    records
}

fn bodies(round: u64) -> Vec<Value> {
    let entry = format!("hk10000-1-E{round}-1");
    let stop = format!("hk10000-1-X{round}-1");
    let state = |id: &str, status: Value, executed: &str| {
        json!({ "id": id, "venue_id": round * 2, "status": status, "executed": executed,
                "working_since": START, "at": START })
    };
    let fill = |number: u64, quantity: &str| {
        json!({ "trade_id": round * 10 + number, "price": "100", "quantity": quantity,
                "commission": "0.001", "commission_asset": "USDT", "maker": true, "at": START })
    };
    let report = |state: &Value, fill: Value| json!({ "Input": { "Report": { "report": { "state": state, "fill": fill }, "quote": null } } });
    let open = state(&entry, json!("OPEN"), "0");
    let part = state(&entry, json!("OPEN"), "1");
    let full = state(&entry, json!("FILLED"), "2");
    vec![
        order(&entry, "BUY", &json!({ "type": "LIMIT", "price": "100" })),
        json!({ "Input": { "Submitted": { "id": entry, "answer": { "Placed": open } } } }),
        // Late, and twice.
        report(&full, fill(2, "1")),
        report(&part, fill(1, "1")),
        report(&part, fill(1, "1")),
        json!({ "Effect": { "Notify": { "Protected": { "trader": 1 } } } }),
        order(&stop, "SELL", &json!({ "type": "STOP_LOSS", "trigger": "90" })),
        json!({ "Input": { "Submitted": { "id": stop, "answer":
            { "Refused": { "refusal": "WouldTriggerImmediately", "not_before": null } } } } }),
    ]
}

fn order(id: &str, side: &str, kind: &Value) -> Value {
    json!({ "Effect": { "Submit": {
        "id": id, "symbol": "BTCUSDT", "reason": "breakout", "after": 1, "not_after": START,
        "terms": { "side": side, "kind": kind, "quantity": "2" } } } })
}
