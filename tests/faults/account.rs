//! What happens to the account and its orders without the product.

use heikin::exchange::simulator::Distance;
use heikin_core::engine::Alert;
use serde_json::{Value, json};

use crate::agreement::money;
use crate::scene::{Clock, Scene};

/// A position with a stop, in lockstep, and that stop.
fn long() -> (Scene, Value) {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.step_until("a position with a stop", || scene.is_protected_long());
    let stop = scene.open_orders("SELL").remove(0);
    (scene, stop)
}

fn agrees(scene: &Scene, name: &str) {
    if let Some(what) = scene.disagreement() {
        panic!("{name}: {what}");
    }
}

fn alerts(scene: Scene, is_it: impl Fn(&Alert) -> bool) -> usize {
    scene.close().iter().filter(|alert| is_it(alert)).count()
}

#[test]
fn a_stop_that_a_hand_cancels_is_put_back() {
    let (scene, stop) = long();
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", stop["orderId"]));
    scene.step(Distance::Points(1));
    agrees(&scene, "put back");
    let back = scene.open_orders("SELL").remove(0);
    assert_ne!(back["orderId"], stop["orderId"]);
    assert_eq!(back["origQty"], stop["origQty"]);
    scene.close();
}

#[test]
fn a_stop_that_the_exchange_cancels_is_put_back() {
    let (scene, stop) = long();
    scene.fault(&json!({ "kind": "exchange_cancel", "order_id": stop["orderId"] }));
    scene.step(Distance::Points(1));
    agrees(&scene, "put back");
    assert_eq!(scene.open_orders("SELL").remove(0)["origQty"], stop["origQty"]);
    scene.close();
}

#[test]
fn a_position_that_a_hand_sells_is_closed_and_told() {
    let (scene, stop) = long();
    sell_by_hand(&scene, &stop);
    scene.step(Distance::Points(2));
    assert_ne!(scene.trader()["state"], "LONG");
    assert_eq!(scene.open_orders("SELL"), Vec::<Value>::new());
    agrees(&scene, "sold by hand");
    let told = |alert: &Alert| matches!(alert, Alert::PositionSoldByHand { .. });
    assert_eq!(alerts(scene, told), 1);
}

/// A person cancels the stop and sells. In lockstep the product would put the stop back before the
/// sale: it is told of neither, but of a change of the account.
fn sell_by_hand(scene: &Scene, stop: &Value) {
    scene.fault(&json!({ "kind": "events_dropped", "per_10000": 10_000 }));
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", stop["orderId"]));
    let quantity = stop["origQty"].as_str().unwrap();
    scene.hands("place", &format!("symbol=BTCUSDT&side=SELL&type=MARKET&quantity={quantity}"));
    scene.heal();
    scene.hand(&json!({ "do": "deposit", "asset": "USDT", "amount": "1" }));
}

#[test]
fn an_entry_that_is_filled_in_part_is_protected() {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.step_until("an entry", || !scene.open_orders("BUY").is_empty());
    let entry = scene.open_orders("BUY").remove(0);
    let part = "0.01";
    scene.fault(
        &json!({ "kind": "partial_fill", "order_id": entry["orderId"], "quantity": part }),
    );
    scene.step(Distance::Points(1));
    agrees(&scene, "partly filled");
    assert!(money(&scene.trader()["held"]) > money(&Value::from("0")));
    scene.step(Distance::Candles(3));
    agrees(&scene, "later");
    scene.close();
}

#[test]
fn a_stop_that_is_filled_in_part_covers_the_rest() {
    let (scene, stop) = long();
    scene.fault(
        &json!({ "kind": "partial_fill", "order_id": stop["orderId"], "quantity": "0.01" }),
    );
    scene.step(Distance::Points(1));
    agrees(&scene, "partly filled");
    scene.step(Distance::Candles(3));
    agrees(&scene, "later");
    scene.close();
}

#[test]
fn commission_in_another_asset_is_counted() {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.hand(&json!({ "do": "deposit", "asset": "BNB", "amount": "10" }));
    scene.fault(&json!({ "kind": "commission_asset", "asset": "BNB", "price": "600" }));
    scene.step(Distance::Candles(40));
    agrees(&scene, "commission in BNB");
    scene.heal();
    scene.step(Distance::Candles(40));
    agrees(&scene, "commission in what is bought");
    scene.close();
}

#[test]
fn filters_that_change_are_kept() {
    let (scene, _) = long();
    scene.fault(
        &json!({ "kind": "filters", "symbol": "BTCUSDT", "tick": "0.1", "step": "0.0001" }),
    );
    scene.step(Distance::Candles(40));
    agrees(&scene, "new filters");
    let fills = scene.state()["accounts"][0]["fills"].as_array().unwrap().len();
    assert!(fills > 2, "it trades on: {fills}");
    scene.close();
}

#[test]
fn a_market_that_halts_is_left_alone_until_it_trades() {
    for status in ["HALT", "CANCEL_ONLY"] {
        let (scene, _) = long();
        let set = |status: &str| {
            json!({ "kind": "symbol_status", "symbol": "BTCUSDT", "symbol_status": status })
        };
        scene.fault(&set(status));
        scene.step(Distance::Candles(3));
        scene.fault(&set("TRADING"));
        scene.step(Distance::Candles(10));
        agrees(&scene, status);
        scene.close();
    }
}

/// User events that are lost, doubled, late or out of order: what is asked for tells the same.
#[test]
fn user_events_go_astray() {
    for kind in ["events_duplicated", "events_reordered", "events_late", "events_dropped"] {
        let clock = Clock::Runs("1m".parse().unwrap(), 20);
        let scene = Scene::open(clock, 120);
        scene.fault(&json!({ "kind": kind, "per_10000": 5_000, "millis": 5_000 }));
        let fills = || scene.state()["accounts"][0]["fills"].as_array().unwrap().len();
        scene.until("a fill", || fills() > 0);
        scene.heal();
        scene.agrees_in_time(kind);
        scene.close();
    }
}

/// A key that is taken away: nothing can be done, and it is told; when it is back, all is well.
#[test]
fn a_key_is_revoked_and_restored() {
    let scene = Scene::open(Clock::Runs("1m".parse().unwrap(), 20), 200);
    scene.fault(&json!({ "kind": "revoke_key" }));
    scene.until("no entries without a key", || !scene.product.is_ready());
    scene.fault(&json!({ "kind": "restore_key" }));
    scene.until("it may enter again", || scene.product.is_ready());
    scene.agrees_in_time("key restored");
    scene.close();
}
