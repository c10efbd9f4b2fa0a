use heikin::exchange::binance::wire::{KlineProgress, MarketMessage};
use heikin::exchange::simulator::Simulator;
use heikin_core::market::SymbolRules;
use heikin_core::matching::{FillModel, Matching, OrderIds, Progress, path_of};
use heikin_core::order::{OrderKind, Side, SubmitAnswer, Terms};
use heikin_core::strategy::FeeRates;
use serde_json::{Value, json};

use super::client::{Client, Socket, candles, exchange, settings};

const CANDLES: [&str; 4] =
    ["100 110 90 100", "100 120 80 110", "110 130 100 120", "120 121 119 120"];

async fn next_barrier(socket: &mut Socket, seen: &mut Vec<Value>) -> u64 {
    loop {
        let frame = socket.next().await;
        let payload = frame.get("data").or(frame.get("event")).unwrap_or(&frame);
        if payload["e"] == "lockstep" {
            return payload["n"].as_u64().unwrap();
        }
        seen.push(frame);
    }
}

/// Nothing goes on before the client has said that it followed.
#[tokio::test]
async fn a_step_ends_when_the_client_rests() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let path = "/stream?streams=btcusdt@kline_1h/btcusdt@bookTicker";
    let mut socket = Socket::connect(&format!("{}{path}", exchange.streams())).await;
    let stepper = client.clone();
    let step =
        tokio::spawn(
            async move { stepper.control("/simulator/step", json!({ "candles": 1 })).await },
        );
    let mut frames = Vec::new();
    for number in 1..=4 {
        assert_eq!(next_barrier(&mut socket, &mut frames).await, number);
        assert!(!step.is_finished());
        // A request that is under way holds the price where it is.
        let busy = json!({ "applied": number, "in_flight": 1, "post": 2 * number });
        client.control("/simulator/lockstep", busy).await;
        assert_eq!(client.state().await["point"], number);
        let rest = json!({ "applied": number, "in_flight": 0, "post": 2 * number + 1 });
        client.control("/simulator/lockstep", rest).await;
    }
    let standing = step.await.unwrap();
    assert_eq!(standing, json!({ "clock": 1_704_074_399_999_i64, "point": 4, "candles_left": 2 }));
    let mut told = Vec::new();
    for frame in &frames {
        match MarketMessage::decode(frame.to_string().as_bytes()).unwrap() {
            MarketMessage::BookTicker(quote) => {
                assert_eq!(quote.bid, quote.ask);
                told.push(format!("quote {}", quote.bid.unwrap()));
            }
            MarketMessage::Kline(event) => {
                let end = if event.progress == KlineProgress::Closed { " closed" } else { "" };
                told.push(format!("candle {}{end}", event.candle.close()));
            }
            other => panic!("{other:?}"),
        }
    }
    let expected = [
        "quote 100",
        "candle 100",
        "quote 80",
        "candle 80",
        "quote 120",
        "candle 120",
        "quote 110",
        "candle 110 closed",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_placement_is_answered_after_its_events_are_applied() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket = client.user_events(&exchange).await;
    let placing = client.clone();
    let placed = tokio::spawn(async move {
        placing.place("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90").await
    });
    let mut events = Vec::new();
    let barrier = next_barrier(&mut socket, &mut events).await;
    assert_eq!(events.len(), 2);
    assert!(!placed.is_finished(), "the answer waits for the events");
    // In flight is the placement itself.
    client
        .control("/simulator/lockstep", json!({ "applied": barrier, "in_flight": 1, "post": 1 }))
        .await;
    assert_eq!(placed.await.unwrap().status, 200);
}

/// A client that is gone is not waited for.
#[tokio::test]
async fn a_client_that_dies_does_not_hold_the_price() {
    let exchange = exchange(&CANDLES);
    let client = Client::new(&exchange);
    let mut socket =
        Socket::connect(&format!("{}/ws/btcusdt@bookTicker", exchange.streams())).await;
    let stepper = client.clone();
    let step =
        tokio::spawn(
            async move { stepper.control("/simulator/step", json!({ "points": 2 })).await },
        );
    next_barrier(&mut socket, &mut Vec::new()).await;
    drop(socket);
    assert_eq!(step.await.unwrap()["point"], 2);
}

/// The fills of the matching, driven as a backtest drives it, with these orders at the start.
fn embedded_fills(rules: SymbolRules, orders: &[Terms]) -> Vec<String> {
    let (base, quote) = (rules.base, rules.quote);
    let mut matching = Matching::new(FillModel::default());
    let market = matching.add_market(rules, FeeRates::flat("0.001".parse().unwrap()));
    let balances = [(quote, "10000".parse().unwrap()), (base, "1".parse().unwrap())];
    let account = matching.add_account(&balances);
    let history = candles(&CANDLES);
    matching.skip_to(market, history[0].close());
    matching.close_candle(market);
    for (id, terms) in orders.iter().enumerate() {
        let ids = OrderIds { order: id, target: id };
        let answer = matching.submit(account, market, &ids, terms);
        assert!(matches!(answer, SubmitAnswer::Placed(_)), "{answer:?}");
    }
    for candle in &history[1..] {
        let [open, legs @ ..] = path_of(candle);
        matching.set_time(open.at);
        while matching.jump(market, open.price, None) == Progress::Stopped {}
        for to in legs {
            matching.begin_leg(market, None);
            matching.set_time(to.at);
            while matching.walk(market, to.price) == Progress::Stopped {}
        }
        matching.close_candle(market);
    }
    let mut fills = Vec::new();
    while let Some(event) = matching.pop_event() {
        if let Some(fill) = event.report.fill {
            let (price, quantity, fee) = (fill.price, fill.quantity, fill.commission);
            fills.push(format!("{:.8} {quantity:.8} {fee:.8} {}", price, fill.at.millis()));
        }
    }
    fills
}

/// The wire changes nothing: the same candles and orders give the same fills as the matching alone.
#[tokio::test]
async fn the_fills_are_those_of_a_backtest() {
    let settings = settings(&CANDLES);
    let rules = settings.markets[0].rules.clone();
    let exchange = Simulator::start(settings).unwrap();
    let client = Client::new(&exchange);
    let price = |text: &str| rules.on_tick(text.parse().unwrap()).unwrap();
    let quantity = rules.floor_lot("0.5".parse().unwrap()).unwrap();
    let order = |side, kind| Terms { side, kind, quantity };
    let orders = [
        order(Side::Buy, OrderKind::Limit { price: price("85.5") }),
        order(Side::Buy, OrderKind::StopLossLimit { trigger: price("113"), limit: price("114") }),
        order(Side::Sell, OrderKind::StopLoss { trigger: price("82") }),
        order(Side::Sell, OrderKind::Limit { price: price("125") }),
    ];
    for params in [
        "side=BUY&type=LIMIT&timeInForce=GTC&price=85.5",
        "side=BUY&type=STOP_LOSS_LIMIT&timeInForce=GTC&stopPrice=113&price=114",
        "side=SELL&type=STOP_LOSS&stopPrice=82",
        "side=SELL&type=LIMIT&timeInForce=GTC&price=125",
    ] {
        let answer = client.place(&format!("{params}&quantity=0.5")).await;
        assert_eq!(answer.status, 200, "{params}: {}", answer.text);
    }
    client.control("/simulator/step", json!({ "candles": 3 })).await;
    let state = client.state().await;
    let fills = state["accounts"][0]["fills"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told: Vec<_> = fills
        .iter()
        .map(|fill| {
            let [price, quantity, fee] =
                ["price", "qty", "commission"].map(|name| text(&fill[name]));
            format!("{price} {quantity} {fee} {}", fill["time"])
        })
        .collect();
    let expected = embedded_fills(rules, &orders);
    assert_eq!(expected.len(), 4, "{expected:?}");
    assert_eq!(told, expected);
}
