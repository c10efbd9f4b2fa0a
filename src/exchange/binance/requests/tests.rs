use heikin_core::market::SymbolRules;
use heikin_core::market::{LotQuantity, TickPrice};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{NewOrder, OrderKind, Reason, Side, Terms};

use super::*;

fn rules() -> SymbolRules {
    SymbolRules::unrestricted(
        "BTCUSDT".parse().unwrap(),
        "BTC".parse().unwrap(),
        "USDT".parse().unwrap(),
        Price::parse("0.01").unwrap(),
    )
}

fn tick(text: &str) -> TickPrice {
    rules().floor_tick(Price::parse(text).unwrap()).unwrap()
}

fn lot(text: &str) -> LotQuantity {
    rules().floor_lot(Quantity::parse(text).unwrap()).unwrap()
}

fn order(side: Side, kind: OrderKind) -> NewOrder {
    NewOrder {
        id: "hk17gk2-3-X7-1".parse().unwrap(),
        symbol: rules().symbol,
        terms: Terms { side, kind, quantity: lot("0.00150000") },
        reason: Reason::Stop,
        after: 1,
        not_after: Timestamp::EPOCH,
    }
}

fn reference(venue_id: Option<u64>, shape: Shape) -> OrderRef {
    OrderRef { symbol: rules().symbol, id: "hk17gk2-3-X6-2".parse().unwrap(), venue_id, shape }
}

#[test]
fn every_kind_of_order_is_placed_with_what_it_needs() {
    let (trigger, limit, price) = (tick("90.5"), tick("89"), tick("100"));
    let own = "newClientOrderId=hk17gk2-3-X7-1";
    let stp = "selfTradePreventionMode=EXPIRE_MAKER&newOrderRespType=RESULT";
    for (side, kind, expected) in [
        (
            Side::Buy,
            OrderKind::Limit { price },
            format!(
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=100&quantity=0.0015&{own}&newOrderRespType=RESULT"
            ),
        ),
        (
            Side::Sell,
            OrderKind::Market,
            format!("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.0015&{own}&{stp}"),
        ),
        (
            Side::Sell,
            OrderKind::StopLoss { trigger },
            format!(
                "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&stopPrice=90.5&quantity=0.0015&{own}&{stp}"
            ),
        ),
        (
            Side::Sell,
            OrderKind::StopLossLimit { trigger, limit },
            format!(
                "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&price=89&stopPrice=90.5&quantity=0.0015&{own}&{stp}"
            ),
        ),
        (
            Side::Sell,
            OrderKind::Bracket { target: tick("120"), trigger, limit },
            format!(
                "symbol=BTCUSDT&listClientOrderId=hk17gk2-3-X7-1&side=SELL&quantity=0.0015&aboveType=LIMIT_MAKER&aboveClientOrderId=hk17gk2-3-X7-1t&abovePrice=120&belowType=STOP_LOSS_LIMIT&belowClientOrderId=hk17gk2-3-X7-1s&belowPrice=89&belowStopPrice=90.5&belowTimeInForce=GTC&{stp}"
            ),
        ),
    ] {
        let request = submit(&order(side, kind), &rules());
        assert_eq!(request.query(), expected);
        assert_eq!(request.method, Method::Post);
        let is_list = matches!(kind, OrderKind::Bracket { .. });
        assert_eq!(request.cost.orders(), if is_list { 2 } else { 1 });
        assert_eq!(request.lane, if side == Side::Sell { Lane::Exits } else { Lane::Entries });
    }
}

#[test]
fn self_trade_prevention_is_asked_for_only_where_it_is_allowed() {
    let mut rules = rules();
    rules.expire_maker_allowed = false;
    let request = submit(&order(Side::Sell, OrderKind::Market), &rules);
    assert_eq!(request.param("selfTradePreventionMode"), None);
}

#[test]
fn a_cancellation_has_an_id_of_its_own() {
    let by_id = cancel(&reference(None, Shape::Single));
    assert_eq!((by_id.method, by_id.path), (Method::Delete, "/api/v3/order"));
    let expected =
        "symbol=BTCUSDT&origClientOrderId=hk17gk2-3-X6-2&newClientOrderId=hk17gk2-3-X6-2c";
    assert_eq!(by_id.query(), expected);
    let by_number = cancel(&reference(Some(28), Shape::Single));
    let expected = "symbol=BTCUSDT&orderId=28&newClientOrderId=hk17gk2-3-X6-2c";
    assert_eq!(by_number.query(), expected);
    let list = cancel(&reference(Some(28), Shape::List));
    assert_eq!(list.path, "/api/v3/orderList");
    let expected =
        "symbol=BTCUSDT&listClientOrderId=hk17gk2-3-X6-2&newClientOrderId=hk17gk2-3-X6-2c";
    assert_eq!(list.query(), expected);
}

#[test]
fn a_replacement_stops_on_failure_and_spares_what_is_partly_filled() {
    let new = order(Side::Sell, OrderKind::Market);
    let request = replace(&reference(Some(28), Shape::Single), &new, &rules()).unwrap();
    assert_eq!(
        request.query(),
        "symbol=BTCUSDT&cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&\
         cancelOrderId=28&cancelNewClientOrderId=hk17gk2-3-X6-2c&side=SELL&type=MARKET&\
         quantity=0.0015&newClientOrderId=hk17gk2-3-X7-1&selfTradePreventionMode=EXPIRE_MAKER&\
         newOrderRespType=RESULT"
    );
    assert_eq!(replace(&reference(None, Shape::List), &new, &rules()), None);
}

#[test]
fn orders_are_asked_for_by_number_or_id_and_lists_by_leg() {
    assert_eq!(query(&reference(Some(28), Shape::Single)).query(), "symbol=BTCUSDT&orderId=28");
    let [stop, target] = query_legs(rules().symbol, reference(None, Shape::List).id);
    assert_eq!(stop.query(), "symbol=BTCUSDT&origClientOrderId=hk17gk2-3-X6-2s");
    assert_eq!(target.query(), "symbol=BTCUSDT&origClientOrderId=hk17gk2-3-X6-2t");
}

#[test]
fn days_are_asked_for_one_by_one() {
    let at = Timestamp::from_millis;
    let day = 86_400_000;
    let windows: Vec<_> = day_windows(at(5), at(5 + 2 * day)).collect();
    let expected =
        [(at(5), at(4 + day)), (at(5 + day), at(4 + 2 * day)), (at(5 + 2 * day), at(5 + 2 * day))];
    assert_eq!(windows, expected);
    assert_eq!(day_windows(at(5), at(5)).collect::<Vec<_>>(), [(at(5), at(5))]);
    assert_eq!(day_windows(at(6), at(5)).count(), 0);
    let request = my_trades(rules().symbol, expected[0]);
    assert_eq!(request.query(), "symbol=BTCUSDT&startTime=5&endTime=86400004&limit=1000");
}

#[test]
fn signed_requests_carry_stamp_and_signature_over_either_interface() {
    let credentials = Credentials::new(
        "test-api-key".into(),
        "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".into(),
    )
    .unwrap();
    let stamp = Stamp {
        timestamp: Timestamp::from_millis(1_747_385_641_636),
        recv_window: Span::from_millis(5_000),
    };
    let frame = subscribe_user_events().frame(7, stamp, &credentials).unwrap();
    assert_eq!(
        frame,
        r#"{"id":7,"method":"userDataStream.subscribe.signature","params":{"apiKey":"test-api-key","recvWindow":5000,"timestamp":1747385641636,"signature":"24915a60fba7936b78bf785132a26637a108160e54fba24ab2480d9e55c594f3"}}"#
    );
    let query = open_orders().signed_query(stamp, &credentials);
    let (payload, signature) = query.split_once("&signature=").unwrap();
    assert_eq!(payload, "recvWindow=5000&timestamp=1747385641636");
    assert_eq!(signature, credentials.sign(payload.as_bytes()));
    assert_eq!(key_permissions().frame(7, stamp, &credentials), None);
    // What is not plain is encoded before it is signed.
    let symbol = "这是测试币456".parse().unwrap();
    let query = trades_of(symbol, 1).signed_query(stamp, &credentials);
    assert!(query.starts_with("symbol=%E8%BF%99%E6%98%AF%E6%B5%8B%E8%AF%95%E5%B8%81456&orderId=1"));
}

#[test]
fn public_requests_and_streams_are_named_as_the_exchange_has_them() {
    let [one, other] = ["BTCUSDT", "SOLUSDC"].map(|name| name.parse().unwrap());
    assert_eq!(exchange_info(&[one]).query(), "symbol=BTCUSDT");
    let several = exchange_info(&[one, other]);
    assert_eq!(several.query(), "symbols=%5B%22BTCUSDT%22%2C%22SOLUSDC%22%5D");
    let interval = "1M".parse().unwrap();
    let range = KlineRange { start: Some(Timestamp::from_millis(5)), ..KlineRange::default() };
    let request = klines(one, interval, range);
    assert_eq!(request.query(), "symbol=BTCUSDT&interval=1M&startTime=5&limit=1000");
    let streams = [kline_stream(one, interval), book_ticker_stream(other)];
    let path = combined_path(&streams);
    assert_eq!(path, "/stream?streams=btcusdt@kline_1M/solusdc@bookTicker");
    assert_eq!(
        control(StreamControl::Subscribe, &streams, 3),
        r#"{"method":"SUBSCRIBE","params":["btcusdt@kline_1M","solusdc@bookTicker"],"id":3}"#
    );
}
