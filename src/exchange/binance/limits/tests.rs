use proptest::prelude::*;

use super::*;

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A limit of `limit` weights a minute, and nothing else that binds.
fn limited(limit: u32) -> Limits {
    let mut limits = Limits::default();
    let (rate_limit_type, interval) = (RateLimitName::RequestWeight, "MINUTE".into());
    let row = RateLimitRow { rate_limit_type, interval, interval_num: 1, limit, count: None };
    limits.configure(&[row]);
    limits
}

fn spend(limits: &mut Limits, weight: u32, now: Timestamp) {
    let ticket = limits.admit(Lane::Exits, Cost::always(weight), now).unwrap();
    limits.settle(ticket, Sent::Succeeded, now);
}

#[test]
fn a_lane_leaves_room_for_those_before_it() {
    let mut limits = limited(100);
    let now = at(10_000);
    spend(&mut limits, 49, now);
    let one = Cost::always(2);
    // The window ends with the minute, as far as our clock can tell.
    assert_eq!(limits.admit(Lane::MarketData, one, now), Err(at(60_250)));
    spend(&mut limits, 20, now);
    assert_eq!(limits.admit(Lane::Queries, one, now), Err(at(60_250)));
    spend(&mut limits, 15, now);
    assert_eq!(limits.admit(Lane::Entries, one, now), Err(at(60_250)));
    spend(&mut limits, 16, now);
    assert_eq!(limits.admit(Lane::Exits, Cost::always(1), now), Err(at(60_250)));
    assert_eq!(limits.admit(Lane::Exits, one, at(60_249)), Err(at(60_250)));
    assert!(limits.admit(Lane::MarketData, one, at(60_250)).is_ok());
}

#[test]
fn a_clock_that_was_ahead_before_it_was_measured_stops_nothing() {
    let mut limits = limited(100);
    spend(&mut limits, 40, at(3_600_000));
    let now = at(10_000);
    let some = Cost::always(20);
    // What was spent still counts, until the minute ends.
    assert_eq!(limits.admit(Lane::MarketData, some, now), Err(at(60_250)));
    assert!(limits.admit(Lane::MarketData, some, at(60_250)).is_ok());
    assert_eq!(limits.weight_used(), 20);
    // A second back is none.
    spend(&mut limits, 29, at(121_000));
    assert_eq!(limits.admit(Lane::MarketData, some, at(120_000)), Err(at(180_250)));
}

#[test]
fn what_is_in_flight_counts() {
    let mut limits = limited(10);
    let now = at(1_000);
    let first = limits.admit(Lane::Exits, Cost::always(6), now).unwrap();
    assert!(limits.admit(Lane::Exits, Cost::always(5), now).is_err());
    limits.settle(first, Sent::Failed, now);
    assert_eq!(limits.weight_used(), 6);
    assert!(limits.admit(Lane::Exits, Cost::always(5), now).is_err());
}

#[test]
fn an_order_weighs_only_where_it_fails() {
    let mut limits = Limits::default();
    let now = at(1_000);
    let cost = Cost::on_failure(1).with_orders(1);
    for (outcome, weight) in [(Sent::Succeeded, 0), (Sent::Failed, 1), (Sent::Unanswered, 2)] {
        let ticket = limits.admit(Lane::Exits, cost, now).unwrap();
        limits.settle(ticket, outcome, now);
        assert_eq!(limits.weight_used(), weight, "{outcome:?}");
    }
    let orders = |limits: &Limits| limits.buckets[2].used;
    assert_eq!(orders(&limits), 2, "one placed, one unknown");
    let ticket = limits.admit(Lane::Exits, cost.counted_on_failure(), now).unwrap();
    limits.settle(ticket, Sent::Failed, now);
    assert_eq!(orders(&limits), 3, "cancelReplace counts all the same");
}

#[test]
fn headers_correct_the_count() {
    let mut limits = limited(100);
    let now = at(1_000);
    limits.observe_header("X-MBX-USED-WEIGHT-1M", "99", now);
    limits.observe_header("x-mbx-used-weight-1m", "7", now);
    limits.observe_header("X-MBX-USED-WEIGHT", "1", now);
    limits.observe_header("x-mbx-used-weight-1m", "many", now);
    limits.observe_header("x-mbx-used-weight-", "3", now);
    limits.observe_header("x-mbx-used-weight-é", "3", now);
    assert_eq!(limits.weight_used(), 99, "an answer that was overtaken");
    limits.observe_header("x-mbx-order-count-10s", "50", now);
    let order = Cost::on_failure(1).with_orders(1);
    assert_eq!(limits.admit(Lane::Exits, order, now), Err(at(60_250).min(at(10_250))));
    limits.observe_header("x-mbx-order-count-10s", "45", now);
    assert!(limits.admit(Lane::Exits, order, now).is_ok(), "fills give orders back");
}

#[test]
fn rows_of_the_websocket_api_correct_the_count() {
    let mut limits = Limits::default();
    let rows: Vec<RateLimitRow> = serde_json::from_str(
        r#"[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000,"count":46},
            {"rateLimitType":"NEW","interval":"FORTNIGHT","intervalNum":1,"limit":1,"count":1}]"#,
    )
    .unwrap();
    limits.observe_rows(&rows, at(1_000));
    assert_eq!(limits.weight_used(), 46);
}

#[test]
fn silence_is_kept_until_the_time_that_the_exchange_names() {
    let mut limits = Limits::default();
    let now = at(1_000);
    assert_eq!(Pushback::of(429, Some(-1_015)), Some(Pushback::TooManyOrders));
    assert_eq!(Pushback::of(429, None), Some(Pushback::TooMuchWeight));
    assert_eq!(Pushback::of(418, Some(-1_003)), Some(Pushback::Banned));
    assert_eq!(Pushback::of(400, Some(-2_010)), None);
    let order = Cost::on_failure(1).with_orders(1);
    limits.push_back(Pushback::TooManyOrders, Some(at(5_000)), now);
    assert_eq!(limits.admit(Lane::Exits, order, now), Err(at(5_000)));
    assert!(limits.admit(Lane::Exits, Cost::on_failure(1), now).is_ok(), "a cancellation");
    let until = retry_after(" 30 ", now);
    assert_eq!(until, Some(at(31_000)));
    limits.push_back(Pushback::TooMuchWeight, until, now);
    assert_eq!(limits.admit(Lane::Exits, Cost::always(1), at(30_999)), Err(at(31_000)));
    assert_eq!(limits.push_back(Pushback::TooMuchWeight, Some(at(2_000)), now), at(31_000));
    assert_eq!(limits.push_back(Pushback::Banned, None, now), at(121_000));
    assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), None);
}

#[test]
fn connections_have_a_limit_of_their_own() {
    let mut limits = Limits::default();
    for _ in 0..300 {
        limits.connect(at(1_000)).unwrap();
    }
    assert_eq!(limits.connect(at(1_000)), Err(at(300_250)));
    assert_eq!(limits.weight_used(), 600);
}

#[test]
fn first_things_go_first() {
    let mut queue = Queue::new(2);
    let mut limits = Limits::default();
    let now = at(1_000);
    let order = Cost::on_failure(1).with_orders(1);
    queue.push(Lane::MarketData, Cost::always(2), "candles").unwrap();
    queue.push(Lane::Entries, order, "entry").unwrap();
    queue.push(Lane::Exits, order, "exit").unwrap();
    queue.push(Lane::Exits, order, "exit too").unwrap();
    assert_eq!(queue.push(Lane::Exits, order, "one too many"), Err("one too many"));
    let mut sent = Vec::new();
    limits.push_back(Pushback::TooManyOrders, Some(at(9_000)), now);
    while let Next::Send(request, ticket) = queue.next(&mut limits, now) {
        limits.settle(ticket, Sent::Succeeded, now);
        sent.push(request);
    }
    assert_eq!(sent, ["candles"], "orders that wait hold up nobody else");
    assert_eq!(queue.next(&mut limits, now), Next::WaitUntil(at(9_000)));
    while let Next::Send(request, ticket) = queue.next(&mut limits, at(9_000)) {
        limits.settle(ticket, Sent::Succeeded, at(9_000));
        sent.push(request);
    }
    assert_eq!(sent[1..], ["exit", "exit too", "entry"]);
    assert!(queue.is_empty());
}

proptest! {
    /// Whatever is asked for, no window of the exchange's holds more than its limit.
    #[test]
    fn no_limit_is_ever_exceeded(
        steps in prop::collection::vec((0_i64..4_000, 1_u32..30, 0_usize..4), 1..400),
    ) {
        let mut limits = limited(100);
        let mut now = 0;
        let mut used = std::collections::BTreeMap::<i64, u32>::new();
        for (wait, weight, lane) in steps {
            now += wait;
            if let Ok(ticket) = limits.admit(Lane::ALL[lane], Cost::always(weight), at(now)) {
                // The exchange counts by its own clock, and says so.
                let count = used.entry(now / 60_000).or_default();
                *count += weight;
                prop_assert!(*count <= 100, "{count} in one window");
                limits.settle(ticket, Sent::Succeeded, at(now));
                limits.observe_header("x-mbx-used-weight-1m", &count.to_string(), at(now));
            }
        }
    }
}
