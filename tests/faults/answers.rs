//! Requests whose answers are lost, wrong, or not what they seem.

use heikin::exchange::simulator::Distance;
use serde_json::{Value, json};

use crate::agreement::money;
use crate::scene::{Clock, Scene};

/// In lockstep: a fault strikes about every third request of some operations for as many candles as
/// bring several trades; then it ends, and both sides have to agree.
fn storm(name: &str, faults: &Value) {
    let scene = Scene::open(Clock::Lockstep, 90);
    scene.fault(faults);
    scene.step(Distance::Candles(60));
    let during = scene.state();
    scene.heal();
    // What was left open is looked for at one of the next points.
    scene.step(Distance::Candles(5));
    if let Some(what) = scene.disagreement() {
        panic!("{name}: {what}");
    }
    let fills = during["accounts"][0]["fills"].as_array().unwrap().len();
    assert!(fills > 0, "{name}: it trades nevertheless {} {} {} {}", during["clock"], during["point"], during["counters"], scene.simulator.standing().candles_left.unwrap());
    let exchange = scene.product.status()["exchange"].take();
    let struck = ["failed", "unanswered", "pushed_back"].map(|it| exchange[it].as_u64().unwrap());
    assert!(struck.iter().sum::<u64>() > 3, "{name} struck: {exchange}");
    scene.close();
}

/// The same fault for everything that changes orders.
fn at_orders(fault: &Value) -> Value {
    let operations = ["order.place", "order.cancel", "order.cancelReplace"];
    let each = operations.map(|operation| {
        let mut fault = fault.clone();
        fault["operation"] = operation.into();
        fault["per_10000"] = 3_000.into();
        fault
    });
    Value::from(each.to_vec())
}

macro_rules! storms {
    ($($name:ident $fault:tt)*) => {$(
        #[test]
        fn $name() {
            storm(stringify!($name), &at_orders(&json!($fault)));
        }
    )*};
}

storms! {
    lost_before_the_exchange_acts { "kind": "lost_before" }
    lost_after_the_exchange_acted { "kind": "lost_after" }
    timeout_before { "kind": "error_before", "code": -1007 }
    timeout_after { "kind": "error_after", "code": -1007 }
    unexpected_response_before { "kind": "error_before", "code": -1006 }
    unexpected_response_after { "kind": "error_after", "code": -1006 }
    unknown_error_before { "kind": "error_before", "code": -1000 }
    unknown_error_after { "kind": "error_after", "code": -1000 }
    internal_error_before { "kind": "error_before", "code": -1001 }
    internal_error_after { "kind": "error_after", "code": -1001 }
    overloaded { "kind": "error_before", "code": -1008 }
    html_before { "kind": "html_before", "status": 502 }
    html_after { "kind": "html_after", "status": 502 }
}

/// The exchange takes an order in, says it does not know, and denies it for a while: the order is
/// never taken for absent, nor sent a second time.
#[test]
fn an_order_that_is_there_is_denied() {
    let lag = json!({ "kind": "query_lag", "millis": 60_000 });
    let mut faults = at_orders(&json!({ "kind": "error_after", "code": -1007 }));
    faults.as_array_mut().unwrap().push(lag);
    storm("query lag", &faults);
}

/// With a running clock: the product waits as long as it is told to, and comes back.
fn refused(name: &str, fault: &Value) -> Scene {
    let clock = Clock::Runs("1m".parse().unwrap(), 20);
    let scene = Scene::open(clock, 200);
    let before = scene.product.status()["exchange"]["pushed_back"].as_u64().unwrap();
    scene.fault(fault);
    let pushed_back = || scene.product.status()["exchange"]["pushed_back"].as_u64().unwrap();
    scene.until(name, || pushed_back() > before);
    scene.heal();
    scene.agrees_in_time(name);
    scene
}

#[test]
fn too_many_requests_are_heeded() {
    let scene = refused("429", &json!({ "kind": "too_many_requests", "seconds": 20 }));
    // Whoever ignores it is banned.
    assert!(scene.state()["counters"]["requests"]["418"].is_null());
    scene.close();
}

#[test]
fn a_ban_is_waited_out() {
    let scene = refused("418", &json!({ "kind": "ban", "seconds": 20 }));
    let refusals = &scene.state()["counters"]["requests"]["418"];
    assert!(refusals.as_u64().unwrap_or(0) <= 3, "it goes on asking: {refusals}");
    scene.close();
}

#[test]
fn too_many_orders_are_heeded() {
    let fault = json!({ "kind": "too_many_orders", "operation": "order.place" });
    refused("-1015", &fault).close();
}

/// The exchange's clock is another: the next request fails with -1021, the clock is set, and it
/// trades on.
#[test]
fn a_clock_that_is_off_is_set() {
    let scene = Scene::open(Clock::Runs("1m".parse().unwrap(), 20), 200);
    let succeeded = || scene.product.status()["exchange"]["succeeded"].as_u64().unwrap();
    scene.fault(&json!({ "kind": "clock_skew", "millis": -20_000 }));
    let failed = || scene.product.status()["exchange"]["failed"].as_u64().unwrap();
    scene.until("a request is refused", || failed() > 0);
    let before = succeeded();
    scene.until("requests succeed again", || succeeded() > before + 2);
    scene.until("it may enter again", || scene.product.is_ready());
    scene.agrees_in_time("-1021");
    let orders = scene.state();
    assert!(money(&orders["accounts"][0]["balances"][0]["free"]) >= money(&Value::from("0")));
    scene.close();
}
