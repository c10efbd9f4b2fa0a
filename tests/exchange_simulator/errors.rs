use heikin::exchange::binance::wire::{ExchangeInfo, decode};

use super::client::{Client, SECRET, exchange};

const CANDLES: [&str; 3] = ["100 110 90 100", "100 120 80 110", "110 130 100 120"];

/// One row for every rule: what is asked, and the code that answers it.
#[tokio::test]
async fn every_rule_of_a_placement_has_its_code() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let limit = "side=BUY&type=LIMIT&timeInForce=GTC";
    for (params, code, text) in [
        ("type=LIMIT", -1102, "Mandatory parameter 'side' was not sent"),
        ("side=HOLD&type=LIMIT", -1117, "Invalid side."),
        ("side=BUY&type=GUESS", -1116, "Invalid orderType."),
        ("side=BUY&type=LIMIT&quantity=1&price=90", -1102, "'timeInForce'"),
        ("side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=90", -1115, "Invalid timeInForce."),
        ("side=BUY&type=LIMIT&timeInForce=GTC&price=90", -1102, "'quantity'"),
        ("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1", -1102, "'price'"),
        ("side=BUY&type=MARKET", -1102, "Param 'quantity' or 'quoteOrderQty' must be sent"),
        ("side=BUY&type=MARKET&quantity=1&price=9", -1106, "'price' sent when not required"),
        ("side=BUY&type=MARKET&quantity=1&timeInForce=GTC", -1106, "'timeInForce'"),
        ("side=BUY&type=LIMIT&timeInForce=GTC&quantity=&price=90", -1105, "'quantity' was empty"),
        ("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1e3&price=90", -1100, "'quantity'"),
        ("side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.123456789&price=90", -1111, "precision"),
        (
            "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90&stopPrice=80",
            -1106,
            "'stopPrice'",
        ),
        (
            "side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=90",
            -1102,
            "'stopPrice'",
        ),
        (&format!("{limit}&quantity=1&price=90&newClientOrderId=a:b"), -1100, "'newClientOrderId'"),
        (&format!("{limit}&quantity=1&price=90&reduceOnly=true"), -1104, "read '"),
        (&format!("{limit}&quantity=1&quantity=2&price=90"), -1101, "Duplicate values"),
        (&format!("{limit}&quantity=1&price=90&strategyType=9"), -1134, "strategyType"),
        (&format!("{limit}&quantity=1&price=90&newOrderRespType=ALL"), -1130, "newOrderRespType"),
        (&format!("{limit}&quantity=1&price=90.001"), -1013, "Filter failure: PRICE_FILTER"),
        (&format!("{limit}&quantity=1.000001&price=90"), -1013, "Filter failure: LOT_SIZE"),
        (&format!("{limit}&quantity=0.05&price=90"), -1013, "Filter failure: NOTIONAL"),
        (&format!("{limit}&quantity=1&price=9"), -1013, "PERCENT_PRICE_BY_SIDE"),
        (&format!("{limit}&quantity=200&price=90"), -2010, "insufficient balance"),
        ("side=BUY&type=LIMIT_MAKER&quantity=1&price=101", -2010, "immediately match and take"),
        (
            "side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=99&stopPrice=100",
            -2010,
            "Order would trigger immediately.",
        ),
        ("side=SELL&type=TAKE_PROFIT&quantity=1&stopPrice=120", -2010, "Take profit orders"),
        ("side=SELL&type=STOP_LOSS&quantity=1&trailingDelta=50", -2010, "Trailing stop orders"),
    ] {
        let answer = client.place(params).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{params}: {}", answer.text);
        assert!(answer.text.contains(text), "{params}: {}", answer.text);
    }
    let state = client.state().await;
    assert_eq!(state["accounts"][0]["orders"], serde_json::json!([]), "nothing was placed");
}

/// A request with several faults is told the first of them, in this order.
#[tokio::test]
async fn the_first_fault_is_told() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let now = client.clock().await;
    let order = "symbol=NONE&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1";
    let ask = async |client: &Client, query: String| {
        client.send("POST", &format!("/api/v3/order?{query}"), String::new()).await.unwrap()
    };
    let nobody = client.with_key("somebody");
    let answer = ask(&nobody, format!("{order}&side=X&timestamp=1")).await;
    assert_eq!((answer.status, answer.code()), (400, -1101), "what cannot be read at all");
    let answer = ask(&nobody, "type=LIMIT".to_owned()).await;
    assert_eq!((answer.status, answer.code()), (401, -2015));
    let keyless = client.with_key("");
    assert_eq!(ask(&keyless, "type=LIMIT".to_owned()).await.code(), -2014);
    let no_price = order.replace("&price=1", "");
    assert_eq!(ask(&client, format!("{no_price}&timestamp=1&signature=0")).await.code(), -1102);
    assert_eq!(ask(&client, format!("{order}&timestamp=1&signature=0")).await.code(), -1021);
    let ahead = now + 1_000;
    let answer = ask(&client, format!("{order}&timestamp={ahead}&signature=0")).await;
    assert!(answer.text.contains("1000ms ahead of the server's time"), "{}", answer.text);
    assert_eq!(ask(&client, format!("{order}&timestamp={now}&signature=0")).await.code(), -1022);
    assert_eq!(client.signed("POST", "/api/v3/order", order).await.code(), -1121);
    let answer = client.signed("POST", "/api/v3/order", &order.replace("NONE", "BTCUSDT")).await;
    assert_eq!(answer.code(), -1013);
}

#[tokio::test]
async fn a_signature_is_over_the_very_bytes() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90";
    let query = client.signed_query(order).await;
    // In the body, and in both: put together without anything between.
    let in_body = client.send("POST", "/api/v3/order/test", query.clone()).await.unwrap();
    assert_eq!((in_body.status, in_body.text.as_str()), (200, "{}"));
    // The same text, encoded otherwise, is other bytes.
    let encoded = query.replacen("LIMIT", "%4CIMIT", 1);
    let answer = client.send("POST", &format!("/api/v3/order/test?{encoded}"), String::new()).await;
    assert_eq!(answer.unwrap().code(), -1022);
    let other = Client::with_secret(&exchange, &SECRET.to_uppercase());
    assert_eq!(other.signed("GET", "/api/v3/account", "").await.code(), -1022);
    let answer = client.signed("GET", "/api/v3/account", "omitZeroBalances=true").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn paths_that_are_gone_and_paths_that_never_were() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let answer = client.send("POST", "/api/v3/userDataStream", String::new()).await.unwrap();
    assert_eq!(answer.status, 410);
    assert!(answer.text.contains("<html>"), "{}", answer.text);
    assert_eq!(client.public("/api/v3/nothing").await.status, 404);
    assert_eq!(client.public("/api/v3/klines?symbol=BTCUSDT&interval=2x").await.code(), -1120);
    assert_eq!(client.public("/api/v3/exchangeInfo?symbol=NONE").await.code(), -1121);
}

/// What the exchange says of a symbol is what it holds its orders to.
#[tokio::test]
async fn the_rules_survive_the_wire() {
    let settings = super::client::settings(&CANDLES);
    let rules = settings.markets[0].rules.clone();
    let exchange = heikin::exchange::simulator::Simulator::start(settings).unwrap();
    let answer = Client::new(&exchange).public("/api/v3/exchangeInfo?symbol=BTCUSDT").await;
    let info: ExchangeInfo = decode(answer.text.as_bytes()).unwrap();
    assert_eq!(info.rules("BTCUSDT", None).unwrap(), Some(rules));
    assert_eq!(answer.header("x-mbx-used-weight-1m"), Some(20));
}

#[tokio::test]
async fn weight_runs_out_and_ignoring_that_is_a_ban() {
    let mut settings = super::client::settings(&CANDLES);
    settings.limits.weight = 10;
    let exchange = heikin::exchange::simulator::Simulator::start(settings).unwrap();
    let client = Client::new(&exchange);
    for used in 1..=10 {
        let answer = client.public("/api/v3/ping").await;
        assert_eq!((answer.status, answer.header("x-mbx-used-weight-1m")), (200, Some(used)));
    }
    let answer = client.public("/api/v3/ping").await;
    assert_eq!((answer.status, answer.code()), (429, -1003));
    let wait = answer.header("retry-after").unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let mut last = answer;
    for _ in 0..10 {
        last = client.public("/api/v3/ping").await;
    }
    assert_eq!((last.status, last.code()), (418, -1003));
    assert_eq!(last.header("retry-after"), Some(120));
}

#[tokio::test]
async fn unfilled_orders_are_counted_and_successful_ones_weigh_nothing() {
    let mut settings = super::client::settings(&CANDLES);
    settings.limits.orders_10s = 2;
    let exchange = heikin::exchange::simulator::Simulator::start(settings).unwrap();
    let client = Client::new(&exchange);
    let order = "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90";
    let first = client.place(order).await;
    assert_eq!((first.status, first.header("x-mbx-order-count-10s")), (200, Some(1)));
    // The two requests for the time weigh one each; the orders weigh nothing.
    let second = client.place(order).await;
    assert_eq!(second.header("x-mbx-used-weight-1m"), Some(2));
    let third = client.place(order).await;
    assert_eq!((third.status, third.code()), (429, -1015));
    assert!(third.text.contains("current limit is 2 orders per 10 SECOND"), "{}", third.text);
    assert_eq!(third.header("x-mbx-used-weight-1m"), Some(4), "a failure weighs");
}
