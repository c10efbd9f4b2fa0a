//! Requests whose answers are lost, wrong, or not what they seem.

use heikin::exchange::simulator::Distance;
use serde_json::{Value, json};

use crate::scene::{Clock, Scene};

/// In lockstep: a fault strikes about every third request of some operations for as many candles as
/// bring several trades; then it ends, and both sides have to agree.
fn storm(name: &str, faults: &Value) -> Scene {
    let scene = Scene::open(Clock::Lockstep, 90);
    scene.fault(faults);
    scene.step(Distance::Candles(60));
    let during = scene.state();
    scene.heal();
    // What was left open is looked for at one of the next points.
    scene.step(Distance::Candles(5));
    scene.agrees(name);
    let fills = during["accounts"][0]["fills"].as_array().unwrap().len();
    assert!(fills > 0, "{name}: it trades nevertheless: {during}");
    let struck = during["counters"]["faults_struck"].as_u64().unwrap();
    assert!(struck > 3, "{name} struck {struck} times");
    scene
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
            storm(stringify!($name), &at_orders(&json!($fault))).close();
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
    an_answer_of_another_kind { "kind": "garbled_after", "shape": "unknown" }
    no_answer_though_nothing_was_done { "kind": "garbled_before", "shape": "unknown" }
}

/// A success whose body is no JSON: it is counted as well.
fn garbled(shape: &str) {
    let scene = storm(shape, &at_orders(&json!({ "kind": "garbled_after", "shape": shape })));
    assert!(scene.counter("malformed_bodies") > 3, "{}", scene.product.status());
    scene.close();
}

#[test]
fn a_page_instead_of_an_answer() {
    garbled("html");
}

#[test]
fn half_an_answer() {
    garbled("truncated");
}

#[test]
fn an_answer_that_is_no_text() {
    garbled("binary");
}

/// The exchange takes an order in, says it does not know, and denies it for a while: the order is
/// never taken for absent, nor sent a second time.
#[test]
fn an_order_that_is_there_is_denied() {
    let lag = json!({ "kind": "query_lag", "millis": 60_000 });
    let mut faults = at_orders(&json!({ "kind": "error_after", "code": -1007 }));
    faults.as_array_mut().unwrap().push(lag);
    storm("query lag", &faults).close();
}

/// With a running clock: the product waits as long as it is told to, and comes back.
fn refused(name: &str, fault: &Value) -> Scene {
    let scene = Scene::open(Clock::quick(), 200);
    let before = scene.counter("pushed_back");
    scene.fault(fault);
    scene.until(name, || scene.counter("pushed_back") > before);
    scene
}

/// Every fault is over; both agree before long, and it may enter.
fn recovers(name: &str, scene: Scene) {
    scene.heal();
    scene.until("it may enter again", || scene.product.is_ready());
    scene.agrees_in_time(name);
    scene.close();
}

/// How often the exchange has answered so.
fn answers(scene: &Scene, status: &str) -> u64 {
    scene.state()["counters"]["requests"][status].as_u64().unwrap_or(0)
}

#[test]
fn too_many_requests_are_heeded() {
    let scene = refused("429", &json!({ "kind": "too_many_requests", "seconds": 60 }));
    let fills = scene.fills();
    scene.until("it trades again", || scene.fills() > fills);
    // Whoever ignores it is banned. What was on its way may meet it too.
    assert_eq!(answers(&scene, "418"), 0);
    assert!(answers(&scene, "429") <= 3, "{}", answers(&scene, "429"));
    recovers("429", scene);
}

#[test]
fn a_ban_is_told_and_waited_out() {
    let scene = refused("418", &json!({ "kind": "ban", "seconds": 120 }));
    scene.until("no entries", || scene.is_off("banned"));
    scene.until("it is told", || scene.alerted("has banned this address"));
    scene.until("it may enter again", || scene.product.is_ready());
    scene.until("that is told", || scene.alerted("ban is over"));
    assert!(answers(&scene, "418") <= 3, "it goes on asking: {}", answers(&scene, "418"));
    recovers("418", scene);
}

#[test]
fn too_many_orders_are_heeded() {
    let fault = json!({ "kind": "too_many_orders", "operation": "order.place" });
    recovers("-1015", refused("-1015", &fault));
}

/// The exchange's clock is another: the next request fails with -1021, the clock is set, and it
/// trades on.
#[test]
fn a_clock_that_is_off_is_set() {
    let scene = Scene::open(Clock::quick(), 200);
    scene.fault(&json!({ "kind": "clock_skew", "millis": -20_000 }));
    scene.until("a request is refused", || scene.counter("failed") > 0);
    let before = scene.counter("succeeded");
    scene.until("requests succeed again", || scene.counter("succeeded") > before + 2);
    recovers("-1021", scene);
}

/// An answer beyond all measure is not read to its end.
#[test]
fn an_answer_without_measure() {
    let scene = Scene::open(Clock::Lockstep, 90);
    let huge = json!({ "kind": "garbled_after", "shape": "huge", "operation": "order.place" });
    scene.fault(&huge);
    scene.step_until("it is not read", || scene.counter("unanswered") > 0);
    scene.step(Distance::Candles(20));
    scene.agrees("huge");
    scene.close();
}
