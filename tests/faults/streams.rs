//! Connections that are silent, break, or say what they should not.

use heikin_core::time::Interval;
use serde_json::{Value, json};

use crate::scene::{Clock, Scene};

/// Candles of a minute, each of which takes six seconds.
fn scene() -> Scene {
    Scene::open(Clock::Runs(Interval::M1, 10), 200)
}

fn candles(scene: &Scene) -> u64 {
    scene.trader()["candles"].as_u64().unwrap()
}

/// The market's connection and that of the user events are there, as far as is known.
fn both_are_up(scene: &Scene) -> bool {
    let exchange = scene.product.status()["exchange"].take();
    let count = |name: &str| exchange[name].as_u64().unwrap();
    count("connections") == count("disconnections") + 2
}

/// No candle is left out or taken twice: as many as closed at the exchange.
fn all_candles_come(scene: &Scene) {
    let closes = |status: &Value| status["traders"][0]["last_close"].as_i64().unwrap();
    let first = scene.product.status();
    let before = closes(&first);
    scene.until("two more candles", || closes(&scene.product.status()) >= before + 120_000);
    let then = scene.product.status();
    let passed = (closes(&then) - before) / 60_000;
    let count = |status: &Value| status["traders"][0]["candles"].as_i64().unwrap();
    assert_eq!(count(&then) - count(&first), passed);
}

/// Something breaks connections: they are opened anew, and nothing is missing.
fn broken(name: &str, fault: &Value) {
    let scene = scene();
    let before = scene.counter("connections");
    scene.fault(fault);
    scene.until(name, || scene.counter("connections") > before);
    scene.until("it may enter again", || scene.product.is_ready());
    all_candles_come(&scene);
    scene.agrees_in_time(name);
    scene.close();
}

#[test]
fn market_streams_break() {
    broken("market", &json!({ "kind": "disconnect", "connections": "market" }));
}

#[test]
fn user_events_break() {
    broken("user events", &json!({ "kind": "disconnect", "connections": "api" }));
}

#[test]
fn the_exchange_says_that_it_shuts_down() {
    broken("serverShutdown", &json!({ "kind": "server_shutdown" }));
}

#[test]
fn the_exchange_ends_a_subscription() {
    broken("eventStreamTerminated", &json!({ "kind": "user_stream_terminated" }));
}

/// No subscription is had for a while: entries are off, and what was filled meanwhile is asked for.
#[test]
fn without_user_events_the_account_is_asked() {
    let scene = Scene::open(Clock::quick(), 300);
    scene.fault(&json!([
        {
            "kind": "error_before", "code": -1000, "per_10000": 10_000,
            "operation": "userDataStream.subscribe.signature"
        },
        { "kind": "disconnect", "connections": "api" },
    ]));
    scene.until("entries are off", || scene.is_off("user_stream_down"));
    let bought = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001";
    scene.hands("place", bought);
    scene.agrees_in_time("asked");
    assert!(scene.is_off("user_stream_down"));
    scene.heal();
    scene.until("it may enter again", || scene.product.is_ready());
    scene.agrees_in_time("subscribed again");
    scene.close();
}

#[test]
fn a_silent_stream_is_noticed_and_replaced() {
    let scene = scene();
    // A stream that has been lively is missed within seconds.
    let first = candles(&scene);
    scene.until("a lively stream", || candles(&scene) >= first + 2);
    let before = scene.counter("connections");
    scene.fault(&json!({ "kind": "stream_stall", "connections": "market" }));
    scene.until("entries are off", || scene.is_off("stale_market_data"));
    scene.until("another connection", || scene.counter("connections") > before);
    scene.heal();
    scene.until("it may enter again", || scene.product.is_ready());
    all_candles_come(&scene);
    scene.agrees_in_time("stalled");
    scene.close();
}

/// Frames that are not JSON, cut short, too large or binary: nothing of them is believed, and they
/// stop nothing.
#[test]
fn frames_are_malformed() {
    for connections in ["market", "api"] {
        let scene = scene();
        for shape in ["html", "truncated", "huge", "binary"] {
            let seen = || scene.counter("malformed_frames") + scene.counter("disconnections");
            let before = seen();
            let frame = json!({
                "kind": "malformed_frame", "shape": shape, "connections": connections
            });
            scene.fault(&frame);
            scene.until(shape, || seen() > before);
            scene.until("both connections", || both_are_up(&scene));
        }
        scene.until("it may enter again", || scene.product.is_ready());
        all_candles_come(&scene);
        scene.agrees_in_time("malformed");
        scene.close();
    }
}

/// Events that this version does not know are passed over.
#[test]
fn frames_are_of_a_later_version() {
    let scene = scene();
    let counts = || (scene.counter("malformed_frames"), scene.counter("connections"));
    let before = counts();
    for _ in 0..5 {
        scene.fault(&json!({ "kind": "malformed_frame", "shape": "unknown" }));
    }
    all_candles_come(&scene);
    assert_eq!(counts(), before);
    scene.agrees_in_time("unknown");
    scene.close();
}

/// A candle was told, and REST tells it differently a minute later.
#[test]
fn a_candle_that_is_corrected_is_told() {
    let scene = Scene::open(Clock::quick(), 200);
    let first = candles(&scene);
    scene.until("a candle", || candles(&scene) > first);
    scene.fault(&json!({ "kind": "correct_candle", "symbol": "BTCUSDT" }));
    scene.until("it is noticed", || scene.counter("corrected_candles") > 0);
    scene.until("it is told", || scene.alerted("corrected a candle"));
    scene.agrees_in_time("corrected");
    assert_eq!(scene.counter("corrected_candles"), 1);
    scene.close();
}

/// User events that are lost, doubled, late or out of order: what is asked for tells the same.
fn astray(kind: &str) {
    let scene = Scene::open(Clock::quick(), 300);
    scene.fault(&json!({ "kind": kind, "per_10000": 5_000, "millis": 5_000 }));
    scene.until("a fill", || scene.fills() > 0);
    scene.heal();
    scene.agrees_in_time(kind);
    scene.close();
}

#[test]
fn user_events_are_doubled() {
    astray("events_duplicated");
}

#[test]
fn user_events_are_out_of_order() {
    astray("events_reordered");
}

#[test]
fn user_events_are_late() {
    astray("events_late");
}

#[test]
fn user_events_are_lost() {
    astray("events_dropped");
}
