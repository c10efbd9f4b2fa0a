use heikin::exchange::binance::wire::{OrderList, OrderRow, OrderStatusName, decode};
use heikin::exchange::simulator::Simulator;
use serde_json::json;

use super::client::{Answer, Client, exchange, settings};

const CANDLES: [&str; 3] = ["100 110 90 100", "100 120 80 110", "110 130 100 120"];
const REST_AT_90: &str = "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90";

fn row(answer: &Answer) -> OrderRow {
    assert_eq!(answer.status, 200, "{}", answer.text);
    decode(answer.text.as_bytes()).unwrap()
}

#[tokio::test]
async fn an_order_is_placed_found_and_cancelled() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let placed = row(&client.place(&format!("{REST_AT_90}&newClientOrderId=mine")).await);
    assert_eq!(placed.status, Some(OrderStatusName::New));
    let again = client.place(&format!("{REST_AT_90}&newClientOrderId=mine")).await;
    assert_eq!((again.code(), again.text.contains("Duplicate order sent.")), (-2010, true));
    let named = "symbol=BTCUSDT&origClientOrderId=mine";
    let found = row(&client.signed("GET", "/api/v3/order", named).await);
    assert_eq!(found.order_id, placed.order_id);
    let both = format!("symbol=BTCUSDT&orderId={}&origClientOrderId=other", placed.order_id);
    assert_eq!(client.signed("GET", "/api/v3/order", &both).await.code(), -2039);
    assert_eq!(client.signed("DELETE", "/api/v3/order", &both).await.code(), -2011);
    let account = client.signed("GET", "/api/v3/account", "").await.json();
    assert_eq!(
        account["balances"][1],
        json!({ "asset": "USDT", "free": "9910.00000000", "locked": "90.00000000" })
    );
    let canceled = format!("{named}&newClientOrderId=gone");
    let canceled = row(&client.signed("DELETE", "/api/v3/order", &canceled).await);
    assert_eq!(canceled.status, Some(OrderStatusName::Canceled));
    assert_eq!(canceled.client_order_id, "gone");
    assert_eq!(canceled.orig_client_order_id.as_deref(), Some("mine"));
    // The cancellation has renamed it.
    assert_eq!(client.signed("GET", "/api/v3/order", named).await.code(), -2013);
    assert_eq!(client.signed("DELETE", "/api/v3/order", named).await.code(), -2011);
    let open = client.signed("GET", "/api/v3/openOrders", "").await;
    assert_eq!(open.text, "[]");
    assert_eq!(client.signed("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").await.code(), -2011);
    // And its id may be used again.
    row(&client.place(&format!("{REST_AT_90}&newClientOrderId=mine")).await);
}

#[tokio::test]
async fn an_order_that_takes_is_answered_with_its_fills() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    client.control("/simulator/step", json!({ "points": 2 })).await;
    let market = row(&client.place("side=BUY&type=MARKET&quoteOrderQty=800").await);
    assert_eq!(market.status, Some(OrderStatusName::Filled));
    assert_eq!(market.fills.len(), 1);
    assert_eq!(market.fills[0].price.to_string(), "80");
    assert_eq!(market.fills[0].qty.to_string(), "10");
    // The fee is taken from what is received.
    assert_eq!(market.fills[0].commission.to_string(), "0.01");
    assert_eq!(market.fills[0].commission_asset.as_str(), "BTC");
    let trades = client.signed("GET", "/api/v3/myTrades", "symbol=BTCUSDT").await.json();
    assert_eq!(trades[0]["commission"], "0.01000000");
    let away = "side=BUY&type=LIMIT&quantity=1&price=70&timeInForce";
    for (force, reason) in
        [("IOC", "UNFILLED_IOC_QUANTITY_EXPIRED"), ("FOK", "UNFILLED_FOK_ORDER_EXPIRED")]
    {
        let answer = client.place(&format!("{away}={force}")).await.json();
        assert_eq!(
            (&answer["status"], &answer["expiryReason"]),
            (&json!("EXPIRED"), &json!(reason))
        );
    }
    // An order that is not a market or limit order is acknowledged, and no more.
    let stop = "side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=70&stopPrice=75";
    let acknowledged = client.place(stop).await.json();
    assert_eq!(acknowledged.get("status"), None, "{acknowledged}");
}

#[tokio::test]
async fn a_list_is_two_orders_of_which_one_ends_the_other() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let prices = "side=SELL&quantity=1&abovePrice=115&belowStopPrice=85&belowPrice=84";
    let types = "aboveType=LIMIT_MAKER&belowType=STOP_LOSS_LIMIT&belowTimeInForce=GTC";
    let ids = "aboveClientOrderId=up&belowClientOrderId=down&listClientOrderId=pair";
    let params = format!("symbol=BTCUSDT&{prices}&{types}&{ids}&newOrderRespType=RESULT");
    let wrong = params.replace("abovePrice=115", "abovePrice=99");
    assert_eq!(client.signed("POST", "/api/v3/orderList/oco", &wrong).await.code(), -2010);
    let swapped = params.replace("LIMIT_MAKER", "STOP_LOSS_LIMIT");
    assert_eq!(client.signed("POST", "/api/v3/orderList/oco", &swapped).await.code(), -1197);
    let answer = client.signed("POST", "/api/v3/orderList/oco", &params).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let list: OrderList = decode(answer.text.as_bytes()).unwrap();
    assert_eq!(list.list_client_order_id, "pair");
    assert_eq!(list.order_reports.len(), 2);
    let open = client.signed("GET", "/api/v3/openOrderList", "").await.json();
    assert_eq!(open[0]["orderListId"], 0);
    // 100, then 80 on the way to 120: the stop goes first.
    client.control("/simulator/step", json!({ "candles": 1 })).await;
    let of = |name: &str| format!("symbol=BTCUSDT&origClientOrderId={name}");
    let stop = row(&client.signed("GET", "/api/v3/order", &of("down")).await);
    assert_eq!(stop.status, Some(OrderStatusName::Filled));
    let target = client.signed("GET", "/api/v3/order", &of("up")).await.json();
    assert_eq!(target["expiryReason"], "OCO_TRIGGER");
    assert_eq!(client.signed("GET", "/api/v3/openOrderList", "").await.text, "[]");
    let again = client.signed("POST", "/api/v3/orderList/oco", &params).await;
    assert_eq!(again.code(), -2010, "nothing is left to sell");
}

#[tokio::test]
async fn cancelling_a_list_cancels_both_legs() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let old = "symbol=BTCUSDT&side=SELL&quantity=1&price=115&stopPrice=85&stopLimitPrice=84\
        &stopLimitTimeInForce=GTC&listClientOrderId=old";
    let placed = client.signed("POST", "/api/v3/order/oco", old).await;
    assert_eq!(placed.status, 200, "{}", placed.text);
    let named = "symbol=BTCUSDT&listClientOrderId=old&newClientOrderId=end";
    let canceled = client.signed("DELETE", "/api/v3/orderList", named).await.json();
    for report in canceled["orderReports"].as_array().unwrap() {
        assert_eq!(
            (&report["status"], &report["clientOrderId"]),
            (&json!("CANCELED"), &json!("end"))
        );
    }
    assert_eq!(client.signed("DELETE", "/api/v3/orderList", named).await.code(), -2011);
    assert_eq!(client.signed("GET", "/api/v3/openOrders", "symbol=BTCUSDT").await.text, "[]");
}

/// What one row of the table of `cancelReplace` comes to.
async fn replaced(exchange: &Simulator, mode: &str, cancel: &str, price: &str) -> Answer {
    let client = Client::new(exchange);
    let params = format!(
        "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price={price}&{mode}&\
         cancelOrigClientOrderId={cancel}&newOrderRespType=RESULT"
    );
    client.signed("POST", "/api/v3/order/cancelReplace", &params).await
}

#[tokio::test]
async fn every_row_of_cancel_replace() {
    const STOP: &str = "cancelReplaceMode=STOP_ON_FAILURE";
    const ALLOW: &str = "cancelReplaceMode=ALLOW_FAILURE";
    let only = |mode: &str| format!("{mode}&orderRateLimitExceededMode=CANCEL_ONLY");
    let (stop_only, allow_only) = (only(STOP), only(ALLOW));
    // How many orders may be placed, the modes, what is cancelled, the new price (101 would take),
    // and what comes of it: status, code, the two results.
    for (orders, mode, cancel, price, status, code, results) in [
        (9, STOP, "mine", "91", 200, None, Some(("SUCCESS", "SUCCESS"))),
        (9, STOP, "none", "91", 400, Some(-2022), Some(("FAILURE", "NOT_ATTEMPTED"))),
        (9, STOP, "mine", "101", 409, Some(-2021), Some(("SUCCESS", "FAILURE"))),
        (1, &stop_only, "none", "91", 429, Some(-2022), Some(("FAILURE", "NOT_ATTEMPTED"))),
        (1, &stop_only, "mine", "91", 429, Some(-2021), Some(("SUCCESS", "FAILURE"))),
        (9, ALLOW, "mine", "91", 200, None, Some(("SUCCESS", "SUCCESS"))),
        (9, ALLOW, "none", "101", 400, Some(-2022), Some(("FAILURE", "FAILURE"))),
        (9, ALLOW, "none", "91", 409, Some(-2021), Some(("FAILURE", "SUCCESS"))),
        (9, ALLOW, "mine", "101", 409, Some(-2021), Some(("SUCCESS", "FAILURE"))),
        (1, &allow_only, "none", "91", 400, Some(-2022), Some(("FAILURE", "FAILURE"))),
        (1, &allow_only, "mine", "91", 409, Some(-2021), Some(("SUCCESS", "FAILURE"))),
        (1, STOP, "mine", "91", 429, Some(-1015), None),
        (1, ALLOW, "mine", "91", 429, Some(-1015), None),
        // Filters come before the cancellation.
        (9, ALLOW, "mine", "91.001", 400, Some(-1013), None),
    ] {
        let row = format!("{mode} {cancel} {price}");
        let mut settings = settings(&CANDLES);
        settings.limits.orders_10s = orders;
        let exchange = Simulator::start(settings).unwrap();
        let client = Client::new(&exchange);
        client.place(&format!("{REST_AT_90}&newClientOrderId=mine")).await;
        let answer = replaced(&exchange, mode, cancel, price).await;
        let body = answer.json();
        assert_eq!((answer.status, body["code"].as_i64()), (status, code), "{row}: {body}");
        let data = if code.is_some() { &body["data"] } else { &body };
        let told = data["cancelResult"].as_str().zip(data["newOrderResult"].as_str());
        assert_eq!(told, results, "{row}: {body}");
        // What it says is what happened.
        let open = client.signed("GET", "/api/v3/openOrders", "").await.json();
        let canceled = results.is_some_and(|(cancel, _)| cancel == "SUCCESS");
        let placed = results.is_some_and(|(_, placed)| placed == "SUCCESS");
        let expected = usize::from(!canceled) + usize::from(placed);
        assert_eq!(open.as_array().unwrap().len(), expected, "{row}: {open}");
    }
}

#[tokio::test]
async fn what_was_begun_is_not_replaced_where_only_new_orders_are() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let placed = row(&client.place(&format!("{REST_AT_90}&newClientOrderId=mine")).await);
    client
        .fault(json!({ "kind": "partial_fill", "order_id": placed.order_id, "quantity": "0.4" }))
        .await;
    let mode = "cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW";
    let answer = replaced(&exchange, mode, "mine", "91").await;
    assert_eq!((answer.status, answer.code()), (400, -2022));
    let why = &answer.json()["data"]["cancelResponse"];
    assert_eq!(why["msg"], "Order was not canceled due to cancel restrictions.");
    let found =
        client.signed("GET", "/api/v3/order", "symbol=BTCUSDT&origClientOrderId=mine").await;
    assert_eq!(row(&found).status, Some(OrderStatusName::PartiallyFilled));
}

#[tokio::test]
async fn candles_of_longer_intervals_are_made_of_shorter_ones() {
    let rows: Vec<_> = (0..30).map(|_| "100 110 90 105").collect();
    let mut settings = settings(&rows);
    if let heikin::exchange::simulator::CandleSource::Given { history, .. } =
        &mut settings.markets[0].candles
    {
        *history = 25;
    }
    let exchange = Simulator::start(settings).unwrap();
    let client = Client::new(&exchange);
    let day = client.public("/api/v3/klines?symbol=BTCUSDT&interval=1d").await.json();
    assert_eq!(day.as_array().unwrap().len(), 2);
    assert_eq!(day[0][5], "288.00000000", "24 times 12");
    assert_eq!((&day[1][0], &day[1][5]), (&json!(1_704_153_600_000_i64), &json!("12.00000000")));
    let path = "/api/v3/klines?symbol=BTCUSDT&interval=12h&limit=1";
    assert_eq!(client.public(path).await.json()[0][6], 1_704_196_799_999_i64);
    let from = "/api/v3/klines?symbol=BTCUSDT&interval=12h&startTime=1704067200001&limit=1";
    assert_eq!(client.public(from).await.json()[0][0], 1_704_110_400_000_i64);
    // The candle that is open is the last row.
    client.control("/simulator/step", json!({ "points": 2 })).await;
    let newest = client.public("/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1").await.json();
    assert_eq!((&newest[0][3], &newest[0][4]), (&json!("90.00000000"), &json!("90.00000000")));
}
