//! Every payload that concerns the wire types is read, or refused for a reason that is listed here.

use std::collections::BTreeSet;

use heikin::exchange::binance::wire::{
    Account, ApiMessage, BookTicker, CommissionRates, DecodeError, ErrorBody, ExchangeInfo,
    KlineRow, MarketMessage, MyFilters, OrderList, OrderRow, RateLimitRow, ReplaceBody, ServerTime,
    TradeRow, UserEvent, decode,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{payload, payloads_folder};

type Reader = fn(&[u8]) -> Result<(), DecodeError>;

fn one<T: DeserializeOwned>(json: &[u8]) -> Result<(), DecodeError> {
    decode::<T>(json).map(|_| ())
}

fn error(json: &[u8]) -> Result<(), DecodeError> {
    decode::<ErrorBody<'_>>(json).map(|_| ())
}

fn errors(json: &[u8]) -> Result<(), DecodeError> {
    decode::<Vec<ErrorBody<'_>>>(json).map(|_| ())
}

fn market(json: &[u8]) -> Result<(), DecodeError> {
    MarketMessage::decode(json).map(|_| ())
}

/// An event in the envelope of the WebSocket API, or in that of the streams of old.
fn event(json: &[u8]) -> Result<(), DecodeError> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow, alias = "data")]
        event: Option<&'a serde_json::value::RawValue>,
    }
    let envelope: Envelope<'_> = decode(json)?;
    let event = envelope.event.map_or(json, |event| event.get().as_bytes());
    match UserEvent::decode(event)? {
        UserEvent::Other(name) => {
            Err(DecodeError { path: "e".to_owned(), message: format!("`{name}` is not known") })
        }
        _ => Ok(()),
    }
}

fn events(json: &[u8]) -> Result<(), DecodeError> {
    let all: Vec<&serde_json::value::RawValue> = decode(json)?;
    all.iter().try_for_each(|one| event(one.get().as_bytes()))
}

fn api(json: &[u8]) -> Result<(), DecodeError> {
    ApiMessage::decode(json).map(|_| ())
}

fn replaced(json: &[u8]) -> Result<(), DecodeError> {
    let error: Result<ErrorBody<'_>, _> = decode(json);
    let data = error.ok().and_then(|error| error.data);
    decode::<ReplaceBody<'_>>(data.map_or(json, |data| data.get().as_bytes())).map(|_| ())
}

/// How the files are read whose names begin like this. The first that fits holds.
const READERS: &[(&str, Reader)] = &[
    ("rest/account_commission__", one::<CommissionRates>),
    ("rest/account_balances_partial__", one::<Account>),
    ("rest/account__", one::<Account>),
    ("rest/all_orders__", one::<Vec<OrderRow>>),
    ("rest/cancelReplace_", replaced),
    ("rest/error_catalogue__", one::<serde_json::Value>),
    ("rest/error_", error),
    ("rest/exchangeInfo_", one::<ExchangeInfo>),
    ("rest/exchange_info__", one::<ExchangeInfo>),
    ("rest/get_book_ticker__", one::<BookTicker>),
    ("rest/get_open_orders__", one::<Vec<OrderRow>>),
    ("rest/klines_", one::<Vec<KlineRow>>),
    ("rest/limit_sell__", one::<OrderRow>),
    ("rest/market_buy_", one::<OrderRow>),
    ("rest/myFilters__", one::<MyFilters>),
    ("rest/myTrades__", one::<Vec<TradeRow>>),
    ("rest/openOrders_and_errors_", errors),
    ("rest/openOrders_", one::<Vec<OrderRow>>),
    ("rest/orderList_", one::<OrderList>),
    ("rest/order_amend_", one::<serde_json::Value>),
    ("rest/order_test_commission__", one::<serde_json::Value>),
    ("rest/order_", one::<OrderRow>),
    ("rest/rateLimit_order__", one::<Vec<RateLimitRow>>),
    ("rest/stop_limit_buy__", one::<OrderRow>),
    ("rest/ticker_bookTicker__", one::<BookTicker>),
    ("rest/time__", one::<ServerTime>),
    ("ws/account_position_", event),
    ("ws/balanceUpdate__", event),
    ("ws/eventStreamTerminated__", event),
    ("ws/executionReport_", event),
    ("ws/execution_report_", event),
    ("ws/listStatus__", event),
    ("ws/outboundAccountPosition_", event),
    ("ws/seq_", events),
    ("ws/kline_closed_CAKEUSDT_5m_inner_", one::<serde_json::Value>),
    ("ws/subscribe_request__", one::<serde_json::Value>),
    ("ws/", market),
    ("wsapi/event_envelope__", api),
    ("wsapi/order.place_request__", one::<serde_json::Value>),
    ("wsapi/request_", one::<serde_json::Value>),
    ("wsapi/session.logon_request__", one::<serde_json::Value>),
    ("wsapi/userDataStream.subscribe.signature_request__", one::<serde_json::Value>),
    ("wsapi/userDataStream.subscribe_request__", one::<serde_json::Value>),
    ("wsapi/", api),
];

/// Payloads of what heikin does not use: prices without a book, depth, public trades, listen keys
/// (switched off in 2026), and prevented matches.
const UNUSED: &[&str] = &[
    "rest/aggTrades__",
    "rest/avgPrice__",
    "rest/cancel_open_orders__",
    "rest/depth",
    "rest/myPreventedMatches__",
    "rest/ticker_price__",
    "rest/trades__",
    "rest/userDataStream_listenKey__",
];

/// Payloads that are refused, where, and why.
const REFUSED: &[(&str, &str, &str)] = &[
    // Integers turned into strings by the library that recorded them.
    ("rest/order_new_limit_SOLUSDT_iceberg__ccxt.json", "orderId", "invalid type: string"),
    // A quantity with 15 decimals: made up, the exchange has eight.
    (
        "rest/market_buy_using_quote_quantity__binance_rs.json",
        "executedQty",
        "has more than 8 decimals",
    ),
    // The documents' example is no candle: its low is above its open.
    ("ws/kline__doc.json", "k", "the low 0.0015 is above the open 0.001"),
];

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_payload_is_read_or_listed() {
    let mut seen = BTreeSet::new();
    let mut read = 0;
    for folder in ["rest", "ws", "wsapi"] {
        for entry in std::fs::read_dir(payloads_folder().join(folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if UNUSED.iter().any(|unused| name.starts_with(unused)) {
                continue;
            }
            let reader = READERS.iter().find(|(prefix, _)| name.starts_with(prefix));
            let (prefix, reader) =
                reader.unwrap_or_else(|| panic!("{name}: nothing reads it, and it is not UNUSED"));
            seen.insert(*prefix);
            let result = reader(&payload(&name));
            match REFUSED.iter().find(|(refused, _, _)| *refused == name) {
                Some((_, path, reason)) => {
                    let error = result.expect_err(&name);
                    assert_eq!(error.path, *path, "{name}: {error}");
                    assert!(error.message.contains(reason), "{name}: {error}");
                }
                None => result.unwrap_or_else(|error| panic!("{name}: {error}")),
            }
            read += 1;
        }
    }
    assert!(read > 120, "{read} payloads");
    let unseen: Vec<_> =
        READERS.iter().map(|(prefix, _)| prefix).filter(|prefix| !seen.contains(*prefix)).collect();
    assert!(unseen.is_empty(), "no payload for {unseen:?}");
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_recorded_frame_is_read() {
    let mut counts = [0_usize; 3];
    for name in [
        "ws_raw/btcusdt_20240808.gz",
        "ws_raw/ethusdt_20240808.gz",
        "ws_raw/cryptofeed_2021-10-12_part1.txt",
    ] {
        let text = payload(name);
        for line in std::str::from_utf8(&text).expect("text").lines() {
            // A time, then the frame. The first line of a file may name the connection.
            let Some((_, frame)) = line.split_once(' ').filter(|(_, frame)| frame.starts_with('{'))
            else {
                continue;
            };
            let kind = match MarketMessage::decode(frame.as_bytes()) {
                Ok(MarketMessage::Kline(_)) => 0,
                Ok(MarketMessage::BookTicker(ticker)) => {
                    assert!(ticker.quote(heikin_core::time::Timestamp::EPOCH).is_some(), "{line}");
                    1
                }
                Ok(MarketMessage::Other(_)) => 2,
                other => panic!("{name}: {line}: {other:?}"),
            };
            counts[kind] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn the_published_signatures_come_out() {
    use heikin::exchange::binance::signing::Credentials;
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Vector {
        api_key: String,
        secret_key: String,
        payload: String,
        signature: String,
    }
    let vectors: Vec<Vector> = decode(&payload("signing/hmac_rest__doc.json"))
        .map(|vectors: Vec<Vector>| vectors)
        .expect("vectors");
    assert_eq!(vectors.len(), 2);
    for Vector { api_key, secret_key, payload, signature } in vectors {
        let credentials = Credentials::new(api_key.into(), secret_key.into()).expect("keys");
        assert_eq!(credentials.sign(payload.as_bytes()), signature, "{payload}");
    }
}
