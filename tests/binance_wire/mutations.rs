//! Whatever comes over the wire, however broken, is read or refused: nothing panics.

use heikin::exchange::binance::classify::{self, Answer, Reply};
use heikin::exchange::binance::requests::{OrderRef, Shape};
use heikin::exchange::binance::wire::{
    Account, AccountParts, ApiMessage, CommissionRates, ExchangeInfo, KlineRow, MarketMessage,
    MyFilters, OrderList, OrderRow, TradeRow, UserEvent, assemble, decode,
};
use heikin_core::order::{ClientOrderId, InstallationTag};
use heikin_core::time::Timestamp;
use proptest::prelude::*;

use crate::payloads_folder;

const SAMPLES: &[&str] = &[
    r#"{"stream":"btcusdt@kline_5m","data":{"e":"kline","E":1621161000028,"s":"BTCUSDT","k":{"t":1621160700000,"T":1621160999999,"s":"BTCUSDT","i":"5m","o":"49300.03000000","c":"49444.22000000","h":"49462.26000000","l":"49277.00000000","v":"186.20448000","x":true}}}"#,
    r#"{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}"#,
    r#"{"subscriptionId":0,"event":{"e":"executionReport","E":1661898606376,"s":"BTCUSDT","c":"hk17gk2-3-X7-1","S":"SELL","o":"LIMIT","q":"0.00100100","g":-1,"C":"","x":"TRADE","X":"FILLED","r":"NONE","i":14712192,"l":"0.00100100","z":"0.00100100","L":"19790.40000000","n":"0.00000000","N":"USDT","T":1661898606376,"t":4441944,"w":false,"m":true,"W":1}}"#,
    r#"{"id":"1","status":409,"error":{"code":-2021,"msg":"partly","data":{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":{"symbol":"BTCUSDT","origClientOrderId":"hk17gk2-3-X7-1","orderId":3,"clientOrderId":"hk17gk2-3-X7-1c","transactTime":1684804350068,"executedQty":"0.1","status":"CANCELED"},"newOrderResponse":{"code":-2010,"msg":"Order would immediately match and take."}}}}"#,
    r#"[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]]"#,
    r#"{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"0.01"},{"filterType":"ICEBERG_PARTS","limit":10}]}]}"#,
    r#"{"balances":[{"asset":"BTC","free":"4723846.89208129","locked":"0.00000000"}],"uid":354937868}"#,
];

/// Gives `bytes` to everything that reads.
fn read_all(bytes: &[u8]) {
    let ours: InstallationTag = "7gk2".parse().unwrap();
    let id: ClientOrderId = "hk17gk2-3-X7-1".parse().unwrap();
    let _market = MarketMessage::decode(bytes);
    if let Ok(UserEvent::Execution(report)) = UserEvent::decode(bytes) {
        let _told = report.told(ours);
    }
    if let Ok(ApiMessage::Event(_, UserEvent::Execution(report))) = ApiMessage::decode(bytes) {
        let _told = report.told(ours);
    }
    if let Ok(info) = decode::<ExchangeInfo>(bytes) {
        for symbol in &info.symbols {
            let _rules = symbol.rules(&info.exchange_filters, None);
        }
    }
    let _filters = decode::<MyFilters>(bytes);
    let _rates = decode::<CommissionRates>(bytes);
    let _candles = decode::<Vec<KlineRow>>(bytes);
    let rows = decode::<Vec<OrderRow>>(bytes).unwrap_or_default();
    let trades = decode::<Vec<TradeRow>>(bytes).unwrap_or_default();
    if let Ok(list) = decode::<OrderList>(bytes) {
        let _state = list.state_of(id);
    }
    if let Ok(account) = decode::<Account>(bytes) {
        let (at, since) = (Timestamp::EPOCH, Timestamp::EPOCH);
        let (open_orders, history) = (&rows[..], &rows[..]);
        let parts =
            AccountParts { account: &account, open_orders, history, trades: &trades, at, since };
        let _assembled = assemble(&parts, ours);
    }
    for shape in [Shape::Single, Shape::List] {
        let order = OrderRef { symbol: "BTCUSDT".parse().unwrap(), id, venue_id: Some(3), shape };
        for status in [200, 400, 409, 429, 500] {
            let reply = Reply::Answer(Answer { status, body: bytes, not_before: None });
            let _canceled = classify::cancel(&order, reply);
            let _queried = classify::query(&order, reply);
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index),
    Drop(prop::sample::Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    // What is near the edge of a number, a string, or a structure.
    let piece = prop::sample::select(vec![
        "-",
        "9",
        "99999999999999999999",
        "0.",
        "e9",
        "\"",
        "\\u0000",
        "null",
        "{}",
        "[]",
        "[",
        "}",
        ",",
        ":",
        "true",
        "1.5",
        "\"\"",
        "é",
        "1e400",
        "-1",
    ]);
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(place, byte)| Change::Replace(place, byte)),
        (place(), piece).prop_map(|(place, piece)| Change::Insert(place, piece.into())),
        place().prop_map(Change::Cut),
        (place(), 1_usize..20).prop_map(|(place, length)| Change::Drop(place, length)),
    ]
}

fn changed(original: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for change in changes {
        let size = bytes.len() + 1;
        match change {
            Change::Replace(place, byte) => {
                let place = place.index(size);
                if let Some(old) = bytes.get_mut(place) {
                    *old = *byte;
                }
            }
            Change::Insert(place, piece) => {
                let place = place.index(size);
                bytes.splice(place..place, piece.iter().copied());
            }
            Change::Cut(place) => bytes.truncate(place.index(size)),
            Change::Drop(place, length) => {
                let start = place.index(size);
                let end = (start + length).min(bytes.len());
                bytes.drain(start.min(end)..end);
            }
        }
    }
    bytes
}

proptest! {
    #[test]
    fn no_change_of_a_message_panics(
        sample in prop::sample::select(SAMPLES),
        changes in prop::collection::vec(change(), 0..4),
    ) {
        read_all(&changed(sample.as_bytes(), &changes));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }
}

#[test]
fn nesting_without_end_is_refused() {
    read_all("[".repeat(100_000).as_bytes());
    read_all("{\"data\":".repeat(100_000).as_bytes());
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn no_change_of_a_recorded_payload_panics() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let mut count = 0;
    for folder in ["rest", "ws", "wsapi"] {
        for entry in std::fs::read_dir(payloads_folder().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let bytes = std::fs::read(&path).expect("a file");
            // The large ones are of the same kinds as the small ones.
            if bytes.len() > 10_000 {
                continue;
            }
            let changes = prop::collection::vec(change(), 1..4);
            runner
                .run(&changes, |changes| {
                    read_all(&changed(&bytes, &changes));
                    Ok(())
                })
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            count += 1;
        }
    }
    assert!(count > 100, "{count} payloads");
}
