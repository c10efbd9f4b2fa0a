use heikin::exchange::binance::wire::MarketMessage;
use heikin::exchange::simulator::{Pace, Settings, Simulator};
use heikin_core::time::{Span, Timestamp};
use serde_json::json;

use super::client::{Client, Socket, exchange, running, settings};

const CANDLES: [&str; 3] = ["100 110 90 100", "100 120 80 110", "110 130 100 120"];

#[tokio::test]
async fn control_messages_are_answered() {
    let exchange = exchange(&CANDLES);
    let mut socket = Socket::connect(&format!("{}/ws", exchange.streams())).await;
    let subscribe = json!({ "method": "SUBSCRIBE", "params": ["btcusdt@kline_1h"], "id": 1 });
    socket.send(&subscribe).await;
    assert_eq!(socket.next().await, json!({ "result": null, "id": 1 }));
    socket.send(&json!({ "method": "LIST_SUBSCRIPTIONS", "id": "x" })).await;
    assert_eq!(socket.next().await, json!({ "result": ["btcusdt@kline_1h"], "id": "x" }));
    socket.send(&json!({ "method": "GET_PROPERTY", "params": ["combined"], "id": 2 })).await;
    assert_eq!(socket.next().await, json!({ "result": false, "id": 2 }));
    let mut socket = Socket::connect(&format!("{}/ws", exchange.streams())).await;
    for (message, code) in [
        (r#"{"method":"SET_PROPERTY","params":["combined",1],"id":3}"#, 1),
        (r#"{"method":"SET_PROPERTY","params":["other",true],"id":4}"#, 0),
        (r#"{"method":"GUESS","id":5}"#, 2),
        (r#"{"id":6}"#, 2),
        ("{", 3),
    ] {
        socket.send_text(message).await;
        assert_eq!(socket.next().await["code"], code, "{message}");
    }
}

#[tokio::test]
async fn six_messages_in_a_second_are_too_many() {
    let exchange = exchange(&CANDLES);
    let mut socket = Socket::connect(&format!("{}/ws", exchange.streams())).await;
    for id in 0..6 {
        socket.send(&json!({ "method": "LIST_SUBSCRIPTIONS", "id": id })).await;
    }
    let mut answers = 0;
    while socket.frame().await.is_some() {
        answers += 1;
    }
    assert_eq!(answers, 5);
}

/// Time runs by itself: frames come, and our own client reads them.
#[tokio::test]
async fn a_running_clock_moves_the_price() {
    let exchange = running(&CANDLES);
    let path = "/stream?streams=btcusdt@bookTicker/btcusdt%40kline_1h/btcusdt@aggTrade";
    let mut socket = Socket::connect(&format!("{}{path}", exchange.streams())).await;
    let (mut quotes, mut candles) = (0, 0);
    while quotes < 3 || candles < 3 {
        let frame = socket.frame().await.unwrap();
        match MarketMessage::decode(&frame.into_data()).unwrap() {
            MarketMessage::BookTicker(quote) => {
                assert!(quote.bid.is_some() && quote.bid < quote.ask, "{quote:?}");
                quotes += 1;
            }
            MarketMessage::Kline(event) => {
                assert!(event.candle.contains(event.at));
                candles += 1;
            }
            _ => {}
        }
    }
}

/// Between the end of its history and its opening the market went on.
#[tokio::test]
async fn it_may_open_later_than_its_history_ends() {
    let opens_at = Timestamp::from_millis(1_704_067_200_000) + Span::HOUR.times(2);
    let pace = Pace::Scaled(1.try_into().unwrap());
    let late = Settings { pace, opens_at: Some(opens_at), ..settings(&CANDLES) };
    let exchange = Simulator::start(late).unwrap();
    assert!(exchange.standing().clock >= opens_at.millis());
    let client = Client::new(&exchange);
    let passed = client.clock().await - opens_at.millis();
    assert!((0..60_000).contains(&passed), "{passed} ms after it opened");
    let path = "/api/v3/klines?symbol=BTCUSDT&interval=1h&endTime=1704074399999";
    let closed = client.public(path).await.json();
    let closes: Vec<_> = closed.as_array().unwrap().iter().map(|row| row[4].clone()).collect();
    assert_eq!(closes, ["100.00000000", "110.00000000"]);
}
