//! Market streams and user events.

use heikin::exchange::binance::wire::{
    ApiMessage, KlineLine, KlineProgress, KlineRow, MarketMessage, Told, UserEvent, decode,
};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{InstallationTag, OrderReport, VenueStatus};
use heikin_core::time::Timestamp;

use crate::payload;

fn tag() -> InstallationTag {
    "7gk2".parse().unwrap()
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

/// What a report tells of an order of ours.
fn told(json: &str) -> OrderReport {
    let UserEvent::Execution(report) = UserEvent::decode(json.as_bytes()).unwrap() else {
        panic!("{json}")
    };
    match report.told(tag()) {
        Told::Ours(report) => report,
        other => panic!("{other:?}"),
    }
}

const CANDLE: &str = r#"{"stream":"btcusdt@kline_5m","data":{"e":"kline","E":1621161000028,"s":"BTCUSDT","k":{"t":1621160700000,"T":1621160999999,"s":"BTCUSDT","i":"5m","f":836714065,"L":836719689,"o":"49300.03000000","c":"49444.22000000","h":"49462.26000000","l":"49277.00000000","v":"186.20448000","n":5625,"x":true,"q":"9193378.40726126","V":"98.34734900","Q":"4856120.97263099","B":"0"}}}"#;

const FILLED: &str = r#"{"e":"executionReport","E":1661898606376,"s":"BTCUSDT","c":"hk17gk2-3-X7-1","S":"SELL","o":"LIMIT","f":"GTC","q":"0.00100100","p":"19790.40000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"TRADE","X":"FILLED","r":"NONE","i":14712192,"l":"0.00100100","z":"0.00100100","L":"19790.40000000","n":"0.00000000","N":"USDT","T":1661898606376,"t":4441944,"I":33846867,"w":false,"m":true,"M":true,"O":1661898591296,"Z":"19.81019040","Y":"19.81019040","Q":"0.00000000"}"#;

#[test]
fn a_candle_is_read_exactly() {
    let MarketMessage::Kline(kline) = MarketMessage::decode(CANDLE.as_bytes()).unwrap() else {
        panic!()
    };
    assert_eq!((kline.symbol.as_str(), kline.interval.as_str()), ("BTCUSDT", "5m"));
    assert_eq!(kline.progress, KlineProgress::Closed);
    assert_eq!(kline.at.millis(), 1_621_161_000_028);
    let candle = kline.candle;
    assert_eq!(
        (candle.open_time().millis(), candle.close_time().millis()),
        (1_621_160_700_000, 1_621_160_999_999)
    );
    assert_eq!((candle.open(), candle.high()), (price("49300.03"), price("49462.26")));
    assert_eq!((candle.low(), candle.close()), (price("49277"), price("49444.22")));
    assert_eq!(candle.volume(), Money::parse("186.20448").unwrap());
    // The same as a raw stream has it, and as it is before it closes.
    let raw = CANDLE.split_once(r#""data":"#).unwrap().1.strip_suffix('}').unwrap();
    let open = raw.replace(r#""x":true"#, r#""x":false"#);
    let MarketMessage::Kline(open) = MarketMessage::decode(open.as_bytes()).unwrap() else {
        panic!()
    };
    assert_eq!((open.candle, open.progress), (candle, KlineProgress::Open));
}

#[test]
fn a_row_of_klines_may_be_of_the_open_candle() {
    let row = r#"[1588636800000,"8871.92","8888.0","8871.92","8887.62","47.66737",1588636859999,"4","617","2","2","0","new"]"#;
    let row: KlineRow = decode(row.as_bytes()).unwrap();
    assert_eq!(row.closed(Timestamp::from_millis(1_588_636_859_999)), None);
    assert_eq!(row.closed(Timestamp::from_millis(1_588_636_860_000)), Some(row.0));
    assert_eq!(row.0.close(), price("8887.62"));
    let short = decode::<KlineRow>(br#"[1588636800000,"1"]"#).unwrap_err();
    assert!(short.message.contains("invalid length 2"), "{short}");
}

#[test]
fn a_row_of_klines_becomes_a_line_of_a_candle_file() {
    let rows = r#"[[1588636800000, "8871.92", "8888.0", "8871.92","8887.62","47.66737",
        1588636859999,"4",617,"2","2","0","new"],
        [1588636860000,"1.0","1.0","1.0","1.0","0",1588636919999,"0",0,"0","0","0"]]"#;
    let [first, second] = &decode::<Vec<KlineLine>>(rows.as_bytes()).unwrap()[..] else { panic!() };
    let columns = "1588636800000,8871.92,8888.0,8871.92,8887.62,47.66737,1588636859999,4,617,2,2,0";
    assert_eq!((first.text.as_str(), first.candle.close()), (columns, price("8887.62")));
    assert_eq!(second.text, "1588636860000,1.0,1.0,1.0,1.0,0,1588636919999,0,0,0,0,0");
    let short = decode::<Vec<KlineLine>>(br#"[[1588636800000,"1"]]"#).unwrap_err();
    assert!(short.message.contains("invalid length 2"), "{short}");
}

#[test]
fn frames_that_are_no_data_are_told_apart() {
    let read = |json: &str| MarketMessage::decode(json.as_bytes()).unwrap();
    assert_eq!(read(r#"{"e":"serverShutdown","E":1770123456789}"#), MarketMessage::ServerShutdown);
    let combined = r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}"#;
    assert_eq!(read(combined), MarketMessage::ServerShutdown);
    assert_eq!(read(r#"{"result":null,"id":1}"#), MarketMessage::Reply(Some(1), vec![]));
    let streams = vec!["a@kline_1m".to_owned()];
    let listed = r#"{"result":["a@kline_1m"],"id":3}"#;
    assert_eq!(read(listed), MarketMessage::Reply(Some(3), streams));
    let MarketMessage::Refused { id, code, .. } =
        read(r#"{"code":2,"msg":"Invalid request: too many parameters","id":4}"#)
    else {
        panic!()
    };
    assert_eq!((id, code), (Some(4), 2));
    let other = r#"{"stream":"a@depth","data":{"e":"depthUpdate","b":[],"a":[]}}"#;
    assert_eq!(read(other), MarketMessage::Other("depthUpdate".to_owned()));
    let quote =
        r#"{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.2","a":"0.00000000","A":"0"}"#;
    let MarketMessage::BookTicker(ticker) = read(quote) else { panic!() };
    assert_eq!((ticker.bid, ticker.ask), (Some(price("25.3519")), None));
    assert_eq!(ticker.quote(Timestamp::EPOCH), None);
}

#[test]
fn an_execution_is_read_exactly() {
    let OrderReport { state, fill } = told(FILLED);
    assert_eq!((state.venue_id, state.status), (14_712_192, VenueStatus::Filled));
    assert_eq!((state.executed, state.at.millis()), (quantity("0.001001"), 1_661_898_606_376));
    let fill = fill.unwrap();
    assert_eq!((fill.trade_id, fill.maker), (4_441_944, true));
    assert_eq!((fill.price, fill.quantity), (price("19790.4"), quantity("0.001001")));
    assert_eq!((fill.commission, fill.commission_asset.as_str()), (Quantity::ZERO, "USDT"));
    // One of nothing is none, and so is one whose fee is not told.
    for (from, to) in [
        (r#""l":"0.00100100""#, r#""l":"0.00000000""#),
        (r#""N":"USDT""#, r#""N":null"#),
        (r#""t":4441944"#, r#""t":-1"#),
        (r#""x":"TRADE""#, r#""x":"TRADE_PREVENTION""#),
    ] {
        let report = told(&FILLED.replace(from, to));
        assert_eq!((report.fill, report.state), (None, state), "{to}");
    }
}

#[test]
fn a_cancelled_order_is_known_by_its_original_id() {
    let canceled = FILLED
        .replace(r#""c":"hk17gk2-3-X7-1""#, r#""c":"web_1""#)
        .replace(r#""C":"""#, r#""C":"hk17gk2-3-X7-1""#)
        .replace(r#""x":"TRADE","X":"FILLED""#, r#""x":"CANCELED","X":"CANCELED""#);
    let OrderReport { state, fill } = told(&canceled);
    assert_eq!(
        (state.id.to_string().as_str(), state.status),
        ("hk17gk2-3-X7-1", VenueStatus::Canceled)
    );
    assert_eq!(fill, None);
    let working = told(&FILLED.replace(r#""x":"TRADE""#, r#""W":1661898606000,"x":"TRADE""#));
    assert_eq!(working.state.working_since, Some(Timestamp::from_millis(1_661_898_606_000)));
    let never = FILLED.replace("14712192", "-1");
    let UserEvent::Execution(report) = UserEvent::decode(never.as_bytes()).unwrap() else {
        panic!()
    };
    assert_eq!(report.told(tag()), Told::NeverTakenIn);
    assert!(matches!(report.told("9999".parse().unwrap()), Told::Foreign(_)));
}

#[test]
fn events_and_answers_share_a_connection() {
    let read = |json: &'static str| ApiMessage::decode(json.as_bytes()).unwrap();
    let shutdown = read(r#"{"event":{"e":"serverShutdown","E":1}}"#);
    assert!(matches!(shutdown, ApiMessage::Event(None, UserEvent::ServerShutdown)));
    let locked = read(
        r#"{"subscriptionId":3,"event":{"e":"externalLockUpdate","E":1,"a":"NEO","d":"-10.5","T":2}}"#,
    );
    let ApiMessage::Event(Some(3), UserEvent::ExternalLock(update)) = locked else { panic!() };
    assert_eq!(update.delta, Money::parse("-10.5").unwrap());
    let new = read(r#"{"subscriptionId":3,"event":{"e":"ofTomorrow"}}"#);
    assert!(matches!(new, ApiMessage::Event(_, UserEvent::Other(name)) if name == "ofTomorrow"));
    let lost = read(r#"{"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key"}}"#);
    let ApiMessage::Response(lost) = lost else { panic!() };
    assert_eq!((lost.id, lost.status), (None, 401));
    assert_eq!(lost.not_before(), None);
    let banned = read(
        r#"{"id":"7","status":418,"error":{"code":-1003,"msg":"Way too much","data":{"serverTime":1659142907531,"retryAfter":1659146400000}},"rateLimits":[]}"#,
    );
    let ApiMessage::Response(banned) = banned else { panic!() };
    assert_eq!(banned.id, Some(7));
    assert_eq!(banned.not_before(), Some(Timestamp::from_millis(1_659_146_400_000)));
    assert!(ApiMessage::decode(br#"{"id":1}"#).is_err());
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn a_recorded_sequence_of_2026_tells_of_placing_and_cancelling() {
    let json = payload("ws/seq_ETHUSDC_limit_cancel_2026_wsapi_envelope__rec.json");
    let text = String::from_utf8(json).unwrap().replace("UDS-TEST-1772494856", "hk17gk2-3-E7-1");
    let frames: Vec<&serde_json::value::RawValue> = decode(text.as_bytes()).unwrap();
    let mut states = Vec::new();
    for frame in frames {
        match ApiMessage::decode(frame.get().as_bytes()).unwrap() {
            ApiMessage::Event(Some(0), UserEvent::Execution(report)) => {
                let Told::Ours(report) = report.told(tag()) else { panic!("{report:?}") };
                states.push(report.state);
            }
            ApiMessage::Event(Some(0), UserEvent::AccountPosition(position)) => {
                let usdc = position.balances[2].reported().unwrap();
                assert_eq!((usdc.asset.as_str(), usdc.locked), ("USDC", quantity("15")));
                assert_eq!(position.at.millis(), 1_772_494_856_997);
            }
            other => panic!("{other:?}"),
        }
    }
    let [placed, canceled] = states[..] else { panic!("{states:?}") };
    assert_eq!((placed.id, placed.venue_id), (canceled.id, canceled.venue_id));
    assert_eq!((placed.status, canceled.status), (VenueStatus::Open, VenueStatus::Canceled));
    assert_eq!(placed.working_since, Some(Timestamp::from_millis(1_772_494_856_997)));
}
