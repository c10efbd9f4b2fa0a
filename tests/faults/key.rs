//! A key that the exchange takes no more, or orders that it says are signed wrongly.

use heikin::exchange::simulator::Distance;
use serde_json::json;

use crate::scene::{Clock, Scene, Stage};

/// Nothing is ordered, so that only the questions of every five minutes are refused.
#[test]
fn a_key_that_is_revoked_keeps_entries_off_until_it_is_back() {
    let clock = Clock::Runs("1m".parse().unwrap(), 100);
    let scene = Scene::on(&Stage { cash: "1", ..Stage::usual(clock, 1_000) });
    scene.fault(&json!({ "kind": "revoke_key" }));
    scene.until("no entries without a key", || scene.is_off("key_rights"));
    assert!(!scene.product.is_ready());
    scene.until("it is told", || scene.alerted("does not accept the key"));
    scene.fault(&json!({ "kind": "restore_key" }));
    scene.until("it may enter again", || scene.product.is_ready());
    scene.until("that is told", || scene.alerted("accepts the key again"));
    scene.agrees_in_time("key restored");
    scene.close();
}

/// With a position, an order is what is refused: from then on entries are off until a restart, since
/// the key may have lost the right to trade alone. The stop stays where it is.
#[test]
fn an_order_that_is_refused_for_its_key_keeps_entries_off_until_a_restart() {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.step_until("a position with a stop", || scene.is_protected_long());
    let stops = scene.open_orders("SELL");
    scene.fault(&json!({ "kind": "revoke_key" }));
    scene.step_until("an order is refused", || scene.is_off("key_rights"));
    assert_eq!(scene.open_orders("SELL"), stops);
    assert!(!scene.product.is_ready());
    scene.until("it is told", || scene.alerted("refuses orders because of the key"));
    scene.fault(&json!({ "kind": "restore_key" }));
    scene.step(Distance::Candles(3));
    assert!(scene.is_off("key_rights"));
    let scene = scene.restart();
    scene.step(Distance::Candles(3));
    scene.agrees("after the restart");
    scene.close();
}

/// `-1022` is a definite no: it is told, and not tried again and again.
#[test]
fn a_signature_that_is_refused_is_told_and_not_repeated() {
    let scene = Scene::open(Clock::Lockstep, 400);
    let refused = json!({
        "kind": "error_before", "code": -1022, "operation": "order.place", "per_10000": 10_000
    });
    scene.fault(&refused);
    scene.step_until("an order is refused", || scene.is_off("key_rights"));
    scene.step(Distance::Candles(20));
    assert!(scene.counter("failed") <= 3, "{}", scene.product.status());
    scene.until("it is told", || scene.alerted("refuses orders because of the key"));
    scene.heal();
    let scene = scene.restart();
    scene.step_until("it trades", || scene.fills() > 0);
    scene.agrees("after the restart");
    scene.close();
}
