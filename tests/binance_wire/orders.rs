//! Orders, trades and balances.

use heikin::exchange::binance::wire::{
    Account, AccountParts, ApiMessage, OrderList, OrderRow, OrderStatusName, Owner, TradeRow,
    assemble, decode,
};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{ClientOrderId, Origin, Part, VenueStatus};
use heikin_core::time::Timestamp;

use crate::payload;

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

fn row(json: &[u8]) -> OrderRow {
    decode(json).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn recorded_orders_mean_what_they_say() {
    for (name, number, status, executed, working) in [
        ("order_new_ACK__doc", 28, VenueStatus::Open, "0", None),
        ("order_new_FULL__doc", 28, VenueStatus::Filled, "10", Some(1_507_725_176_595)),
        (
            "order_new_FULL_market_buy_STXUSDT_2024__rec",
            702_934_853,
            VenueStatus::Filled,
            "20.1",
            Some(1_704_107_819_106),
        ),
        (
            "order_new_FULL_market_sell_BTCUSDT_2021__rec",
            6_943_860_577,
            VenueStatus::Filled,
            "0.000532",
            None,
        ),
        (
            "order_new_limit_ACKlike_BTCUSDT_testnet_2022__rec",
            14_712_192,
            VenueStatus::Open,
            "0",
            None,
        ),
        ("order_query__doc", 1, VenueStatus::Open, "0", Some(1_499_827_319_559)),
        ("order_query_filled_ETHBTC_2019__rec", 271_097_202, VenueStatus::Filled, "0.034", None),
        (
            "order_query_stop_loss_limit_not_working_UNIUSDT_2021__rec",
            1_113_456_128,
            VenueStatus::Open,
            "0",
            None,
        ),
        ("order_cancel__doc", 4, VenueStatus::Canceled, "0", None),
    ] {
        let row = row(&payload(&format!("rest/{name}.json")));
        let state = row.state(()).unwrap();
        assert_eq!((state.venue_id, state.status), (number, status), "{name}");
        assert_eq!(state.executed, quantity(executed), "{name}");
        assert_eq!(state.working_since, working.map(Timestamp::from_millis), "{name}");
        assert!(matches!(row.owner("7gk2".parse().unwrap()), Owner::Foreign(Origin::Manual)));
    }
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn recorded_fills_are_exact() {
    let row = row(&payload("rest/order_new_FULL_market_sell_BTCUSDT_2021__rec.json"));
    let fills: Vec<_> = row.fills().collect();
    let [fill] = fills[..] else { panic!("{fills:?}") };
    assert_eq!(fill.trade_id, 970_981_827);
    assert_eq!(fill.price, Price::parse("37563.42").unwrap());
    assert_eq!((fill.quantity, fill.commission), (quantity("0.000532"), quantity("0.00004886")));
    assert_eq!(fill.commission_asset.as_str(), "BNB");
    assert_eq!(fill.at.millis(), 1_627_334_821_742);
    let trades: Vec<TradeRow> = decode(&payload("rest/myTrades__doc.json")).unwrap();
    let fill = trades[0].fill();
    assert_eq!((fill.trade_id, trades[0].order_id, fill.maker), (28_457, 100_234, false));
    assert_eq!(fill.commission, quantity("10.1"));
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn recorded_accounts_and_lists() {
    let json = payload("wsapi/account.status_testnet_2024__rec.json");
    let ApiMessage::Response(response) = ApiMessage::decode(&json).unwrap() else { panic!() };
    assert_eq!(response.status, 200);
    assert_eq!(response.rate_limits[0].count, Some(46));
    let account: Account = decode(response.body).unwrap();
    assert_eq!(account.uid, Some(1_000_000_000_000_000_000));
    assert_eq!(account.balances[1].reported().unwrap().free, quantity("10000"));
    let list: OrderList = decode(&payload("rest/orderList_oco__doc.json")).unwrap();
    let [stop, target] = &list.order_reports[..] else { panic!() };
    assert_eq!((stop.working_time, target.working_time), (Some(-1), Some(1_710_485_608_839)));
    assert_eq!(stop.state(()).unwrap().working_since, None);
}

fn ours(client_id: &str, more: &str) -> OrderRow {
    let json = format!(
        r#"{{"symbol":"BTCUSDT","orderId":9,"clientOrderId":"{client_id}","updateTime":7,
            "origQty":"1.0","executedQty":"0.25"{more}}}"#
    );
    row(json.as_bytes())
}

#[test]
fn an_order_is_known_by_any_id_it_has_had() {
    let tag = "7gk2".parse().unwrap();
    let id: ClientOrderId = "hk17gk2-3-X7-1".parse().unwrap();
    for (client_id, more, expected) in [
        ("hk17gk2-3-X7-1", "", Owner::Ours(id)),
        ("hk17gk2-3-X7-1c", "", Owner::Ours(id)),
        ("hk17gk2-3-X7-1s", "", Owner::Ours(id.with_part(Part::StopLeg))),
        (
            "hk17gk2-3-X7-1c",
            r#","orderListId":5,"type":"STOP_LOSS_LIMIT""#,
            Owner::Ours(id.with_part(Part::StopLeg)),
        ),
        (
            "hk17gk2-3-X7-1c",
            r#","orderListId":5,"type":"LIMIT_MAKER""#,
            Owner::Ours(id.with_part(Part::TargetLeg)),
        ),
        ("web_1", r#","origClientOrderId":"hk17gk2-3-X7-1""#, Owner::Ours(id)),
        ("hk19999-3-X7-1", "", Owner::Foreign(Origin::OtherInstallation)),
        ("web_1", "", Owner::Foreign(Origin::Manual)),
    ] {
        assert_eq!(ours(client_id, more).owner(tag), expected, "{client_id} {more}");
    }
}

#[test]
fn every_status_has_a_meaning() {
    use heikin_core::order::ExpiryReason as Why;
    let expired = |why| VenueStatus::Expired(why);
    for (status, reason, expected) in [
        ("NEW", "NONE", VenueStatus::Open),
        ("PENDING_NEW", "NONE", VenueStatus::Open),
        ("PARTIALLY_FILLED", "NONE", VenueStatus::Open),
        ("PENDING_CANCEL", "NONE", VenueStatus::Open),
        ("FILLED", "NONE", VenueStatus::Filled),
        ("CANCELED", "NONE", VenueStatus::Canceled),
        ("REJECTED", "NONE", VenueStatus::Rejected),
        ("EXPIRED", "NONE", expired(Why::Unknown)),
        ("EXPIRED", "REJECTED", expired(Why::Rejected)),
        ("EXPIRED", "EXCHANGE_CANCELED", expired(Why::ExchangeCanceled)),
        ("EXPIRED", "OCO_TRIGGER", expired(Why::OcoTrigger)),
        ("EXPIRED", "OTO_PHASE_ONE_EXPIRED", expired(Why::OtoPhaseOneExpired)),
        ("EXPIRED", "UNFILLED_IOC_QUANTITY_EXPIRED", expired(Why::UnfilledIocQuantityExpired)),
        ("EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED", expired(Why::UnfilledFokOrderExpired)),
        ("EXPIRED", "INSUFFICIENT_LIQUIDITY", expired(Why::InsufficientLiquidity)),
        (
            "EXPIRED",
            "EXECUTION_RULE_PRICE_RANGE_EXCEEDED",
            expired(Why::ExecutionRulePriceRangeExceeded),
        ),
        ("EXPIRED", "OF_TOMORROW", expired(Why::Unknown)),
        ("EXPIRED_IN_MATCH", "NONE", expired(Why::SelfTradePrevention)),
        ("OF_TOMORROW", "NONE", VenueStatus::Open),
    ] {
        let more = format!(r#","status":"{status}","expiryReason":"{reason}""#);
        let state = ours("x", &more).state(()).unwrap();
        assert_eq!((state.status, state.executed), (expected, quantity("0.25")), "{status}");
    }
    let kept = ours("x", r#","status":"OF_TOMORROW""#).status;
    assert_eq!(kept, Some(OrderStatusName::Other("OF_TOMORROW".into())));
}

#[test]
fn a_field_that_does_not_fit_is_named() {
    let error = |json: &str| decode::<Vec<OrderRow>>(json.as_bytes()).unwrap_err();
    let row = |more: &str| format!(r#"[{{"symbol":"A","orderId":1,"clientOrderId":"a",{more}}}]"#);
    for (more, path, message) in [
        (r#""executedQty":"1.123456789""#, "[0].executedQty", "has more than 8 decimals"),
        (r#""executedQty":0.5"#, "[0].executedQty", "expected a decimal in a string"),
        (r#""executedQty":"-1""#, "[0].executedQty", "must not be negative"),
        (r#""executedQty":"1e5""#, "[0].executedQty", "is not a plain decimal number"),
        (r#""updateTime":1.5"#, "[0].updateTime", "floating point"),
        (r#""fills":[{"price":"0"}]"#, "[0].fills[0].price", "must be above zero"),
    ] {
        let error = error(&row(more));
        assert_eq!(error.path, path, "{error}");
        assert!(error.message.contains(message), "{error}");
    }
    assert!(error("<html>").message.contains("expected value"));
}

#[test]
fn a_snapshot_trusts_the_list_of_open_orders_above_all() {
    let account = r#"{"balances":[{"asset":"BTC","free":"1.5","locked":"0.25"},
        {"asset":"HUGE","free":"999999999999999999","locked":"0"},
        {"asset":"A B","free":"1","locked":"0"}]}"#;
    let account: Account = decode(account.as_bytes()).unwrap();
    let order = |number: u64, id: &str, status: &str, kind: &str| -> OrderRow {
        row(format!(
            r#"{{"symbol":"BTCUSDT","orderId":{number},"clientOrderId":"{id}","updateTime":{number},
                "executedQty":"0.1","status":"{status}","type":"{kind}","workingTime":-1}}"#
        )
        .as_bytes())
    };
    let open = [
        order(1, "hk17gk2-3-X7-1", "NEW", "STOP_LOSS_LIMIT"),
        order(2, "web_1", "NEW", "TAKE_PROFIT"),
        order(3, "hk19999-3-X7-1", "NEW", "STOP_LOSS_LIMIT"),
        order(4, "web_2", "NEW", "LIMIT"),
    ];
    let history = [
        order(1, "hk17gk2-3-X7-1", "NEW", "STOP_LOSS_LIMIT"),
        order(5, "hk17gk2-3-E6-1c", "CANCELED", "LIMIT"),
        order(6, "hk17gk2-3-E5-1", "NEW", "LIMIT"),
    ];
    let trade = |number: u64| -> TradeRow {
        let json = format!(
            r#"{{"symbol":"BTCUSDT","id":{number},"orderId":{number},"price":"10","qty":"0.1",
                "commission":"0.0001","commissionAsset":"BTC","time":8,"isMaker":true}}"#
        );
        decode(json.as_bytes()).unwrap()
    };
    let assembled = assemble(
        &AccountParts {
            account: &account,
            open_orders: &open,
            history: &history,
            trades: &[trade(1), trade(2), trade(6)],
            at: Timestamp::from_millis(9),
            since: Timestamp::from_millis(5),
        },
        "7gk2".parse().unwrap(),
    );
    let ids = |orders: &[heikin_core::order::OrderState]| -> Vec<_> {
        orders.iter().map(|order| order.id.to_string()).collect()
    };
    let snapshot = &assembled.snapshot;
    assert_eq!(ids(&snapshot.orders), ["hk17gk2-3-X7-1", "hk17gk2-3-E6-1"]);
    let fills: Vec<_> = snapshot.fills.iter().map(|report| report.state.id.to_string()).collect();
    assert_eq!(fills, ["hk17gk2-3-X7-1", "hk17gk2-3-E5-1"]);
    assert_eq!(assembled.foreign_trades, 1);
    assert_eq!(snapshot.foreign_algo_orders, [("BTCUSDT".parse().unwrap(), 2)]);
    assert_eq!(snapshot.balances.len(), 1);
    let unreadable: Vec<_> = assembled.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(
        unreadable,
        [
            "the balance of HUGE: free `999999999999999999` is too large",
            "the balance of A B: asset `A B` has a character other than letters and digits",
        ]
    );
}
