use serde_json::json;

use super::client::{Client, Socket, exchange, running};

const CANDLES: [&str; 3] = ["100 110 90 100", "100 120 80 110", "110 130 100 120"];
const ORDER: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90";

async fn orders(client: &Client) -> usize {
    client.state().await["accounts"][0]["orders"].as_array().unwrap().len()
}

/// An answer may be lost; whether the order is there is another matter.
#[tokio::test]
async fn answers_are_lost_before_and_after_the_order_is_taken_in() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let mut expected = 0;
    for (kind, placed) in [("lost_before", 0), ("lost_after", 1)] {
        client.fault(json!([{ "kind": kind, "operation": "order.place" }])).await;
        let answer = client.try_signed("POST", "/api/v3/order", ORDER).await;
        assert!(answer.is_err(), "{kind}: {answer:?}");
        expected += placed;
        assert_eq!(orders(&client).await, expected, "{kind}");
    }
    for (kind, code, status, placed) in [
        ("error_before", -1007, 504, 0),
        ("error_after", -1007, 504, 1),
        ("error_after", -1006, 500, 1),
        ("error_before", -1008, 503, 0),
    ] {
        let fault = json!({ "kind": kind, "code": code, "operation": "order.place" });
        client.fault(fault).await;
        let answer = client.signed("POST", "/api/v3/order", ORDER).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{kind}");
        expected += placed;
        assert_eq!(orders(&client).await, expected, "{kind} {code}");
    }
    client.fault(json!({ "kind": "html_after", "operation": "order.place" })).await;
    let answer = client.signed("POST", "/api/v3/order", ORDER).await;
    assert_eq!((answer.status, answer.text.starts_with("<html>")), (502, true));
    assert_eq!(orders(&client).await, expected + 1);
    assert_eq!(client.signed("POST", "/api/v3/order", ORDER).await.status, 200, "once each");
}

#[tokio::test]
async fn queries_lag_clocks_are_off_and_keys_are_taken_away() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    client.fault(json!({ "kind": "query_lag", "millis": 60_000 })).await;
    let named = format!("{ORDER}&newClientOrderId=mine");
    assert_eq!(client.signed("POST", "/api/v3/order", &named).await.status, 200);
    let mine = "symbol=BTCUSDT&origClientOrderId=mine";
    assert_eq!(client.signed("GET", "/api/v3/order", mine).await.code(), -2013);
    client.control("/simulator/step", json!({ "points": 2 })).await;
    assert_eq!(client.signed("GET", "/api/v3/order", mine).await.status, 200);
    let query = client.signed_query("").await;
    client.fault(json!({ "kind": "clock_skew", "millis": 7_000 })).await;
    let answer = client.send("GET", &format!("/api/v3/account?{query}"), String::new()).await;
    assert_eq!(answer.unwrap().code(), -1021);
    assert_eq!(client.signed("GET", "/api/v3/account", "").await.status, 200, "after a new look");
    client.fault(json!({ "kind": "revoke_key" })).await;
    let answer = client.signed("GET", "/api/v3/account", "").await;
    assert_eq!((answer.status, answer.code()), (401, -2015));
    client.fault(json!([{ "kind": "restore_key" }, { "kind": "clear" }])).await;
    client.fault(json!({ "kind": "too_many_requests", "seconds": 7 })).await;
    let answer = client.public("/api/v3/ping").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some(7)));
    let answer = client.public("/api/v3/ping").await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some(7)), "time stands still");
}

#[tokio::test]
async fn symbols_change_while_orders_are_open() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let placed = client.signed("POST", "/api/v3/order", ORDER).await.json();
    let filters = json!({ "kind": "filters", "symbol": "BTCUSDT", "tick": "0.5", "step": "0.1" });
    client.fault(filters).await;
    let off = ORDER.replace("price=90", "price=90.1");
    let answer = client.signed("POST", "/api/v3/order", &off).await;
    assert!(answer.text.contains("Filter failure: PRICE_FILTER"), "{}", answer.text);
    let halt = json!({ "kind": "symbol_status", "symbol": "BTCUSDT", "symbol_status": "HALT" });
    client.fault(halt).await;
    let answer = client.signed("POST", "/api/v3/order", ORDER).await;
    assert!(answer.text.contains("Market is closed."), "{}", answer.text);
    let id = &placed["orderId"];
    client.fault(json!({ "kind": "expire", "order_id": id })).await;
    let found = format!("symbol=BTCUSDT&orderId={id}");
    let found = client.signed("GET", "/api/v3/order", &found).await.json();
    assert_eq!(
        (&found["status"], &found["expiryReason"]),
        (&json!("EXPIRED"), &json!("EXCHANGE_CANCELED"))
    );
}

#[tokio::test]
async fn events_are_dropped_doubled_and_reordered() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = client.user_events(&exchange).await;
    for (kind, expected) in [
        ("events_dropped", &["outboundAccountPosition"][..]),
        ("events_duplicated", &["executionReport", "executionReport", "outboundAccountPosition"]),
        ("events_reordered", &["outboundAccountPosition", "executionReport"]),
    ] {
        client.fault(json!({ "kind": kind })).await;
        client.signed("POST", "/api/v3/order", ORDER).await;
        for name in expected {
            assert_eq!(socket.next().await["event"]["e"], *name, "{kind}");
        }
    }
}

#[tokio::test]
async fn fees_are_taken_in_another_asset_while_there_is_enough() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let deposit = json!({ "do": "deposit", "asset": "BNB", "amount": "1" });
    client.control("/simulator/hands", deposit).await;
    client.fault(json!({ "kind": "commission_asset", "asset": "BNB", "price": "500" })).await;
    let order = ORDER.replace("price=90", "price=100");
    let placed = client.signed("POST", "/api/v3/order", &order).await.json();
    assert_eq!(placed["fills"][0]["commissionAsset"], "BNB");
    // 0.1 % of the price, at 500 each, and one more so that it is never nothing. The price walks on with
    // the clock.
    let price = placed["fills"][0]["price"].as_str().unwrap().replace('.', "");
    let fee = price.parse::<u64>().unwrap() / 500_000 + 1;
    assert_eq!(placed["fills"][0]["commission"], format!("0.{fee:08}"));
    let account = client.signed("GET", "/api/v3/account", "").await.json();
    let of = |asset: &str| {
        let rows = account["balances"].as_array().unwrap();
        rows.iter().find(|row| row["asset"] == asset).unwrap()["free"].clone()
    };
    let left = format!("0.{:08}", 100_000_000 - fee);
    assert_eq!((of("BTC"), of("BNB")), (json!("2.00000000"), json!(left)));
}

#[tokio::test]
async fn streams_fall_silent_break_and_talk_nonsense() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let url = format!("{}/stream?streams=btcusdt@bookTicker", exchange.streams());
    let mut socket = Socket::connect(&url).await;
    client.fault(json!({ "kind": "stream_stall", "connections": "market" })).await;
    // A silent connection is not waited for.
    client.control("/simulator/step", json!({ "points": 1 })).await;
    client.fault(json!({ "kind": "clear" })).await;
    client.fault(json!({ "kind": "server_shutdown", "connections": "market" })).await;
    let frame = socket.next().await;
    assert_eq!(frame["stream"], "!serverShutdown", "nothing of the silence came: {frame}");
    client.fault(json!({ "kind": "malformed_frame", "shape": "truncated" })).await;
    let nonsense = socket.frame().await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&nonsense.into_data()).is_err());
    client.fault(json!({ "kind": "disconnect" })).await;
    assert!(socket.frame().await.is_none());
}
