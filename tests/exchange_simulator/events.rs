use heikin::exchange::binance::wire::{ApiMessage, UserEvent};
use serde_json::{Value, json};

use super::client::{Client, Socket, running};

const CANDLES: [&str; 3] = ["100 110 90 100", "100 120 80 110", "110 130 100 120"];
const REST_AT_90: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90";

/// The next events; each is one that our own client reads.
async fn events(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut events = Vec::new();
    for _ in 0..count {
        let frame = socket.next().await;
        let text = frame.to_string();
        let read = ApiMessage::decode(text.as_bytes()).unwrap();
        let ApiMessage::Event(Some(0), event) = read else { panic!("no event: {frame}") };
        assert!(!matches!(event, UserEvent::Other(_)), "{frame}");
        events.push(frame["event"].clone());
    }
    events
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["e"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_cancelled_order_is_told_with_both_its_ids() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = client.user_events(&exchange).await;
    let order = format!("{REST_AT_90}&newClientOrderId=mine");
    client.signed("POST", "/api/v3/order", &order).await;
    let placed = events(&mut socket, 2).await;
    assert_eq!(kinds(&placed), ["executionReport", "outboundAccountPosition"]);
    let report = &placed[0];
    assert_eq!(
        (&report["x"], &report["X"], &report["c"]),
        (&json!("NEW"), &json!("NEW"), &json!("mine"))
    );
    assert_eq!((&report["w"], &report["C"], &report["t"]), (&json!(true), &json!(""), &json!(-1)));
    assert_eq!(placed[1]["B"][1], json!({ "a": "USDT", "f": "9910.00000000", "l": "90.00000000" }));
    let named = "symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=gone";
    client.signed("DELETE", "/api/v3/order", named).await;
    let canceled = events(&mut socket, 2).await;
    let report = &canceled[0];
    assert_eq!(
        (&report["x"], &report["c"], &report["C"]),
        (&json!("CANCELED"), &json!("gone"), &json!("mine"))
    );
}

#[tokio::test]
async fn reports_come_before_lists_and_balances() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = client.user_events(&exchange).await;
    let prices = "side=SELL&quantity=1&abovePrice=115&belowStopPrice=85&belowPrice=84";
    let types = "aboveType=LIMIT_MAKER&belowType=STOP_LOSS_LIMIT&belowTimeInForce=GTC";
    let params = format!("symbol=BTCUSDT&{prices}&{types}");
    client.signed("POST", "/api/v3/orderList/oco", &params).await;
    let placed = events(&mut socket, 4).await;
    let order = ["executionReport", "executionReport", "listStatus", "outboundAccountPosition"];
    assert_eq!(kinds(&placed), order);
    assert_eq!(placed[2]["l"], "EXEC_STARTED");
    client.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").await;
    let ended = events(&mut socket, 4).await;
    assert_eq!(kinds(&ended), order);
    assert_eq!((&ended[2]["l"], &ended[2]["L"]), (&json!("ALL_DONE"), &json!("ALL_DONE")));
}

#[tokio::test]
async fn the_same_is_done_over_the_websocket() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = Socket::connect(&exchange.websocket_api()).await;
    socket.send(&json!({ "id": 1, "method": "time" })).await;
    let time = socket.next().await;
    assert_eq!((&time["id"], &time["status"]), (&json!(1), &json!(200)));
    assert_eq!(time["rateLimits"][0]["count"], 1);
    let order = json!({
        "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
        "quantity": "1", "price": "90", "newClientOrderId": "mine", "recvWindow": 5000,
    });
    let params = client.signed_params(order).await;
    socket.send(&json!({ "id": "a", "method": "order.place", "params": params })).await;
    let placed = socket.next().await;
    assert_eq!(
        (&placed["status"], &placed["result"]["status"]),
        (&json!(200), &json!("NEW")),
        "{placed}"
    );
    assert_eq!(placed["rateLimits"][0]["rateLimitType"], "ORDERS");
    let mut forged = params.clone();
    forged["price"] = "91".into();
    socket.send(&json!({ "id": "b", "method": "order.place", "params": forged })).await;
    let refused = socket.next().await;
    assert_eq!((&refused["status"], &refused["error"]["code"]), (&json!(400), &json!(-1022)));
    socket.send(&json!({ "id": "c", "method": "session.logon", "params": params })).await;
    assert!(socket.next().await["error"]["code"].is_i64());
    let named =
        client.signed_params(json!({ "symbol": "BTCUSDT", "origClientOrderId": "mine" })).await;
    socket.send(&json!({ "id": "d", "method": "v3/order.cancel", "params": named })).await;
    assert_eq!(socket.next().await["result"]["status"], "CANCELED");
    socket.send_text("{").await;
    let broken = socket.next().await;
    assert_eq!((&broken["id"], &broken["error"]["code"]), (&Value::Null, &json!(-1135)));
}

#[tokio::test]
async fn subscriptions_are_counted_and_end() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = client.user_events(&exchange).await;
    let method = "userDataStream.subscribe.signature";
    let params = client.signed_params(json!({})).await;
    socket.send(&json!({ "id": 2, "method": method, "params": params })).await;
    assert_eq!(socket.next().await["error"]["code"], -2035);
    socket.send(&json!({ "id": 3, "method": "session.subscriptions", "params": {} })).await;
    assert_eq!(socket.next().await["result"], json!([{ "subscriptionId": 0 }]));
    let other = json!({ "subscriptionId": 7 });
    let method = "userDataStream.unsubscribe";
    socket.send(&json!({ "id": 4, "method": method, "params": other })).await;
    assert_eq!(socket.next().await["error"]["code"], -2036);
    socket.send(&json!({ "id": 5, "method": method })).await;
    assert_eq!(socket.next().await["event"]["e"], "eventStreamTerminated");
    assert_eq!(socket.next().await["result"], json!({}));
}

#[tokio::test]
async fn hands_on_the_account_are_told_as_well() {
    let exchange = running(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = client.user_events(&exchange).await;
    let deposit = json!({ "do": "deposit", "asset": "USDT", "amount": "5" });
    client.control("/simulator/hands", deposit).await;
    let told = events(&mut socket, 2).await;
    assert_eq!(kinds(&told), ["balanceUpdate", "outboundAccountPosition"]);
    assert_eq!(told[0]["d"], "5.00000000");
    client.control("/simulator/hands", json!({ "do": "place", "order": REST_AT_90 })).await;
    let told = events(&mut socket, 2).await;
    let id = told[0]["i"].as_u64().unwrap();
    let order = format!("symbol=BTCUSDT&orderId={id}");
    client.control("/simulator/hands", json!({ "do": "cancel", "order": order })).await;
    assert_eq!(events(&mut socket, 2).await[0]["x"], "CANCELED");
}
