//! Connections that are silent, break, or say what they should not.

use serde_json::{Value, json};

use crate::scene::{Clock, Scene};

fn scene() -> Scene {
    Scene::open(Clock::Runs("1m".parse().unwrap(), 10), 200)
}

fn counter(scene: &Scene, name: &str) -> u64 {
    scene.product.status()["exchange"][name].as_u64().unwrap()
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
    let before = counter(&scene, "connections");
    scene.fault(fault);
    scene.until(name, || counter(&scene, "connections") > before);
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
fn a_silent_stream_is_noticed_and_replaced() {
    let scene = scene();
    let before = counter(&scene, "connections");
    scene.fault(&json!({ "kind": "stream_stall", "connections": "market" }));
    scene.until("entries are off", || {
        let off = scene.product.status()["entries_off"].take();
        off.as_array().unwrap().iter().any(|reason| reason == "stale_market_data")
    });
    scene.until("another connection", || counter(&scene, "connections") > before);
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
    let scene = scene();
    for shape in ["html", "truncated", "huge", "binary"] {
        let seen = || counter(&scene, "malformed_frames") + counter(&scene, "disconnections");
        let before = seen();
        scene.fault(&json!({ "kind": "malformed_frame", "shape": shape }));
        scene.until(shape, || seen() > before);
        scene.until("it may enter again", || scene.product.is_ready());
    }
    all_candles_come(&scene);
    scene.agrees_in_time("malformed");
    scene.close();
}
