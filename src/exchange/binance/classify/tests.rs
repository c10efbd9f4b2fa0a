use heikin_core::market::{FilterName, SymbolRules};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{OrderKind, Part, Reason, Side, Terms, VenueStatus};

use super::*;

fn rules() -> SymbolRules {
    let [symbol, base, quote] = ["BTCUSDT", "BTC", "USDT"];
    SymbolRules::unrestricted(
        symbol.parse().unwrap(),
        base.parse().unwrap(),
        quote.parse().unwrap(),
        Price::parse("0.01").unwrap(),
    )
}

fn order(kind: impl Fn(&SymbolRules) -> OrderKind) -> NewOrder {
    let rules = rules();
    NewOrder {
        id: "hk17gk2-3-X7-1".parse().unwrap(),
        symbol: rules.symbol,
        terms: Terms {
            side: Side::Sell,
            kind: kind(&rules),
            quantity: rules.floor_lot(Quantity::parse("0.5").unwrap()).unwrap(),
        },
        reason: Reason::Stop,
        after: 1,
        not_after: Timestamp::EPOCH,
    }
}

fn limit() -> NewOrder {
    let price = Price::parse("100").unwrap();
    order(|rules| OrderKind::Limit { price: rules.floor_tick(price).unwrap() })
}

fn bracket() -> NewOrder {
    let tick = |rules: &SymbolRules, text| rules.floor_tick(Price::parse(text).unwrap()).unwrap();
    order(|rules| OrderKind::Bracket {
        target: tick(rules, "120"),
        trigger: tick(rules, "90"),
        limit: tick(rules, "89"),
    })
}

fn reference(order: &NewOrder) -> OrderRef {
    let shape = Shape::of(&order.terms);
    OrderRef { symbol: order.symbol, id: order.id, venue_id: None, shape }
}

fn reply(status: u16, body: &str) -> Reply<'_> {
    Reply::Answer(Answer { status, body: body.as_bytes(), not_before: None })
}

fn row(id: &str, orig: &str, status: &str) -> String {
    format!(
        r#"{{"symbol":"BTCUSDT","orderId":28,"orderListId":-1,"clientOrderId":"{id}",{orig}
            "transactTime":1507725176595,"price":"100.00","origQty":"0.5","executedQty":"0.2",
            "status":"{status}","type":"LIMIT","side":"SELL","workingTime":-1}}"#
    )
}

#[test]
fn a_placement_is_placed_by_an_answer_about_itself_only() {
    let body = row("hk17gk2-3-X7-1", "", "PARTIALLY_FILLED");
    let SubmitAnswer::Placed(state) = submit(&limit(), reply(200, &body)) else { panic!() };
    assert_eq!((state.venue_id, state.status), (28, VenueStatus::Open));
    assert_eq!(state.executed, Quantity::parse("0.2").unwrap());
    let ack = r#"{"symbol":"BTCUSDT","orderId":28,"orderListId":-1,
        "clientOrderId":"hk17gk2-3-X7-1","transactTime":1507725176595}"#;
    assert!(matches!(submit(&limit(), reply(200, ack)), SubmitAnswer::Placed(_)));
    let other = row("hk17gk2-3-X7-2", "", "NEW");
    for body in [other.as_str(), "", "{}", "<html>", "[]", "null"] {
        assert_eq!(submit(&limit(), reply(200, body)), SubmitAnswer::Unknown, "{body}");
    }
    assert_eq!(submit(&limit(), Reply::Silence), SubmitAnswer::Unknown);
    assert_eq!(submit(&limit(), Reply::NotSent), SubmitAnswer::NotSent);
}

const fn refused(refusal: Refusal) -> SubmitAnswer {
    SubmitAnswer::refused(refusal)
}

const fn filter(name: Option<FilterName>) -> SubmitAnswer {
    refused(Refusal::Filter(name))
}

/// Statuses, codes and texts, and what they say of a placement.
const SAID: &[(u16, i32, &str, SubmitAnswer)] = &[
    (
        400,
        -2_010,
        "Account has insufficient balance for requested action.",
        refused(Refusal::InsufficientBalance),
    ),
    (400, -2_010, "Duplicate order sent.", SubmitAnswer::Exists),
    (400, -2_010, "Duplicate clOrdId", SubmitAnswer::Exists),
    (400, -2_010, "Order would trigger immediately.", refused(Refusal::WouldTriggerImmediately)),
    (
        400,
        -2_010,
        "Stop price would trigger immediately.",
        refused(Refusal::WouldTriggerImmediately),
    ),
    (400, -2_010, "Words never seen before.", refused(Refusal::Other(-2_010))),
    (400, -1_010, "Words never seen before.", SubmitAnswer::Unknown),
    (400, -1_013, "Filter failure: PRICE_FILTER", filter(Some(FilterName::PriceFilter))),
    (
        400,
        -1_013,
        "Filter failure: PERCENT_PRICE_BY_SIDE",
        filter(Some(FilterName::PercentPriceBySide)),
    ),
    (400, -1_013, "Filter failure: T_PLUS_SELL", filter(None)),
    (400, -1_013, "Market is closed.", refused(Refusal::MarketClosed)),
    (
        400,
        -1_013,
        "This symbol does not allow the specified self-trade prevention mode.",
        refused(Refusal::Other(-1_013)),
    ),
    (
        400,
        -1_021,
        "Timestamp for this request is outside of the recvWindow.",
        refused(Refusal::ClockSkew),
    ),
    (401, -2_015, "Invalid API-key, IP, or permissions for action.", refused(Refusal::KeyRejected)),
    (
        429,
        -1_015,
        "Too many new orders; current limit is 50 orders per 10 SECOND.",
        refused(Refusal::RateLimited),
    ),
    (
        418,
        -1_003,
        "Way too much request weight used; IP banned until 1.",
        refused(Refusal::RateLimited),
    ),
    (
        400,
        -1_102,
        "Mandatory parameter 'x' was not sent, was empty/null, or malformed.",
        refused(Refusal::Other(-1_102)),
    ),
    (451, 0, "Service unavailable from a restricted location", refused(Refusal::NotPermitted)),
    (503, -1_008, "Server is currently overloaded with other requests.", SubmitAnswer::Unknown),
    (400, -1_007, "Timeout waiting for response from backend server.", SubmitAnswer::Unknown),
    (500, -2_010, "Account has insufficient balance for requested action.", SubmitAnswer::Unknown),
    (400, -9_999, "A code that is not in the table.", SubmitAnswer::Unknown),
    (302, -2_010, "Market is closed.", SubmitAnswer::Unknown),
];

#[test]
fn only_definite_words_mean_not_placed() {
    for (status, code, msg, expected) in SAID {
        let body = format!(r#"{{"code":{code},"msg":"{msg}"}}"#);
        assert_eq!(submit(&limit(), reply(*status, &body)), *expected, "{status} {body}");
    }
    for status in [301, 400, 403, 404, 410, 418, 429, 500, 502, 504] {
        let answer = submit(&limit(), reply(status, "<html>nginx</html>"));
        assert_eq!(answer, SubmitAnswer::Unknown, "{status}");
    }
}

#[test]
fn a_cancellation_speaks_of_the_order_that_it_cancelled() {
    let body = row("hk17gk2-3-X7-1c", r#""origClientOrderId":"hk17gk2-3-X7-1","#, "CANCELED");
    let CancelAnswer::Canceled(state) = cancel(&reference(&limit()), reply(200, &body)) else {
        panic!()
    };
    assert_eq!((state.id, state.status), (limit().id, VenueStatus::Canceled));
    let said = |code, msg: &str| {
        let body = format!(r#"{{"code":{code},"msg":"{msg}"}}"#);
        cancel(&reference(&limit()), reply(400, &body))
    };
    assert_eq!(said(-2_011, "Unknown order sent."), CancelAnswer::NotOpen);
    assert_eq!(said(-2_011, "UNKNOWN_ORDER"), CancelAnswer::NotOpen);
    assert_eq!(said(-2_011, "Words never seen before."), CancelAnswer::NotOpen);
    let restricted = said(-2_011, "Order was not canceled due to cancel restrictions.");
    assert_eq!(restricted, CancelAnswer::refused(Refusal::PartlyFilled));
    assert_eq!(said(-1_000, "An unknown error occurred."), CancelAnswer::Unknown);
    assert_eq!(cancel(&reference(&limit()), Reply::Silence), CancelAnswer::Unknown);
}

#[test]
fn both_halves_of_a_replacement_are_read() {
    let (old, new) = (reference(&limit()), limit());
    let new = NewOrder { id: "hk17gk2-3-X8-1".parse().unwrap(), ..new };
    let canceled = row("hk17gk2-3-X7-1c", r#""origClientOrderId":"hk17gk2-3-X7-1","#, "CANCELED");
    let placed = row("hk17gk2-3-X8-1", "", "NEW");
    let no = r#"{"code":-2010,"msg":"Order would trigger immediately."}"#;
    let gone = r#"{"code":-2011,"msg":"Unknown order sent."}"#;
    let halves = |one: &str, other: &str, first: &str, second: &str| {
        format!(
            r#"{{"cancelResult":"{one}","newOrderResult":"{other}","cancelResponse":{first},"newOrderResponse":{second}}}"#
        )
    };
    let failed = |code: i32, data: &str| format!(r#"{{"code":{code},"msg":"…","data":{data}}}"#);
    let read = |status, body: &str| replace(&old, &new, reply(status, body));

    let body = halves("SUCCESS", "SUCCESS", &canceled, &placed);
    let (cancel, submit) = read(200, &body);
    assert!(matches!(cancel, CancelAnswer::Canceled(state) if state.id == old.id));
    assert!(matches!(submit, Some(SubmitAnswer::Placed(state)) if state.id == new.id));

    let body = failed(-2_022, &halves("FAILURE", "NOT_ATTEMPTED", gone, "null"));
    assert_eq!(read(400, &body), (CancelAnswer::NotOpen, None));

    let body = failed(-2_021, &halves("SUCCESS", "FAILURE", &canceled, no));
    let (cancel, submit) = read(409, &body);
    assert!(matches!(cancel, CancelAnswer::Canceled(_)));
    let refused = SubmitAnswer::refused(Refusal::WouldTriggerImmediately);
    assert_eq!(submit, Some(refused));

    let plain = r#"{"code":-1015,"msg":"Too many new orders."}"#;
    assert_eq!(read(429, plain), (CancelAnswer::refused(Refusal::RateLimited), None));
    let unknown = (CancelAnswer::Unknown, Some(SubmitAnswer::Unknown));
    assert_eq!(read(409, r#"{"code":-2021,"msg":"…"}"#), unknown);
    assert_eq!(read(502, "<html>"), unknown);
    assert_eq!(replace(&old, &new, Reply::Silence), unknown);
    let body = failed(-2_021, &halves("MAYBE", "FAILURE", "null", "{}"));
    assert_eq!(read(409, &body), unknown);
}

#[test]
fn a_query_finds_or_proves_nothing() {
    let mut asked = reference(&limit());
    let renamed = row("hk17gk2-3-X7-1c", "", "CANCELED");
    assert!(matches!(query(&asked, reply(200, &renamed)), QueryAnswer::Found(_)));
    let foreign = row("web_1", "", "NEW");
    assert_eq!(query(&asked, reply(200, &foreign)), QueryAnswer::Failed(None));
    asked.venue_id = Some(28);
    assert!(matches!(query(&asked, reply(200, &foreign)), QueryAnswer::Found(_)), "by number");
    let body = r#"{"code":-2013,"msg":"Order does not exist."}"#;
    assert_eq!(query(&asked, reply(400, body)), QueryAnswer::NotFound);
    assert_eq!(query(&asked, reply(500, body)), QueryAnswer::Failed(None));
    let body = r#"{"code":-2026,"msg":"Order was canceled or expired with no executed qty over 90 days ago and has been archived."}"#;
    assert_eq!(query(&asked, reply(400, body)), QueryAnswer::Archived);
    assert_eq!(cancel(&asked, reply(400, body)), CancelAnswer::NotOpen);
}

#[test]
fn a_list_is_read_by_its_legs() {
    let leg = |number: u64, part: &str, kind: &str| {
        format!(
            r#"{{"symbol":"BTCUSDT","orderId":{number},"orderListId":1,
                "clientOrderId":"hk17gk2-3-X7-1{part}","transactTime":5,"executedQty":"0.0",
                "status":"NEW","type":"{kind}","side":"SELL","workingTime":-1}}"#
        )
    };
    let list = |stop: &str, target: &str| {
        format!(
            r#"{{"orderListId":1,"contingencyType":"OCO","listStatusType":"EXEC_STARTED",
                "listOrderStatus":"EXECUTING","listClientOrderId":"hk17gk2-3-X7-1",
                "transactionTime":5,"symbol":"BTCUSDT","orders":[],
                "orderReports":[{target},{stop}]}}"#
        )
    };
    let (stop, target) = (leg(10, "s", "STOP_LOSS_LIMIT"), leg(11, "t", "LIMIT_MAKER"));
    let body = list(&stop, &target);
    let SubmitAnswer::Placed(state) = submit(&bracket(), reply(200, &body)) else { panic!() };
    assert_eq!((state.id, state.venue_id), (bracket().id, 10));
    // Cancelled, both legs carry the id of the cancellation, and are told apart by their type.
    let (stop, target) = (leg(10, "c", "STOP_LOSS_LIMIT"), leg(11, "c", "LIMIT_MAKER"));
    let canceled = list(&stop, &target).replace("NEW", "CANCELED");
    let answer = cancel(&reference(&bracket()), reply(200, &canceled));
    let CancelAnswer::Canceled(state) = answer else { panic!("{answer:?}") };
    assert_eq!((state.venue_id, state.status), (10, VenueStatus::Canceled));
    // One leg is not the list.
    assert_eq!(submit(&bracket(), reply(200, &stop)), SubmitAnswer::Unknown);

    let not_found = [QueryAnswer::NotFound; 2];
    assert_eq!(query_list(bracket().id, not_found), QueryAnswer::NotFound);
    let archived = [QueryAnswer::Archived; 2];
    assert_eq!(query_list(bracket().id, archived), QueryAnswer::Archived);
    for one in [QueryAnswer::NotFound, QueryAnswer::Archived] {
        let other = if one == QueryAnswer::NotFound { archived[0] } else { not_found[0] };
        assert_eq!(query_list(bracket().id, [one, other]), QueryAnswer::NotFound);
    }
    let half = [QueryAnswer::Found(state), QueryAnswer::Failed(None)];
    assert_eq!(query_list(bracket().id, half), QueryAnswer::Found(state));
    let failed = [QueryAnswer::NotFound, QueryAnswer::Failed(Some(Timestamp::from_millis(5)))];
    assert_eq!(query_list(bracket().id, failed), failed[1]);
    let both = [QueryAnswer::Found(state); 2];
    let QueryAnswer::Found(found) = query_list(bracket().id, both) else { panic!() };
    assert_eq!(found.id.part(), Part::Order);
}
