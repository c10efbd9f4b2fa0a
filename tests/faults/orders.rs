//! What the exchange does with orders that it took in: fills in parts, ends, new rules, a halt.

use heikin::exchange::simulator::Distance;
use serde_json::{Value, json};

use crate::scene::{Clock, Scene, Stage};

/// Why the exchange ends orders.
const REASONS: [&str; 4] =
    ["EXCHANGE_CANCELED", "EXECUTION_RULE_PRICE_RANGE_EXCEEDED", "EXPIRED_IN_MATCH", "REJECTED"];

fn end(scene: &Scene, order: &Value, reason: &str) {
    scene.fault(&json!({ "kind": "expire", "order_id": order["orderId"], "reason": reason }));
}

#[test]
fn a_stop_that_the_exchange_ends_is_put_back() {
    for reason in REASONS {
        let (scene, stop) = Scene::long();
        end(&scene, &stop, reason);
        scene.step_until(reason, || !scene.open_orders("SELL").is_empty());
        scene.agrees(reason);
        assert_eq!(scene.open_orders("SELL").remove(0)["origQty"], stop["origQty"], "{reason}");
        scene.step(Distance::Candles(3));
        scene.agrees(reason);
        scene.close();
    }
}

#[test]
fn an_entry_that_the_exchange_ends_is_over_until_the_next_candle() {
    for reason in REASONS {
        let scene = Scene::open(Clock::Lockstep, 400);
        scene.step_until("an entry", || !scene.open_orders("BUY").is_empty());
        let entry = scene.open_orders("BUY").remove(0);
        end(&scene, &entry, reason);
        scene.agrees(reason);
        scene.step_until("it trades on", || scene.fills() > 0);
        scene.agrees(reason);
        scene.close();
    }
}

/// So little is on offer that both entries and stops are filled in parts.
#[test]
fn what_is_filled_in_parts_is_protected_at_every_point() {
    let stage = Stage { participation: Some("0.05"), ..Stage::usual(Clock::Lockstep, 300) };
    let scene = Scene::on(&stage);
    let mut parts = [false; 2];
    for _ in 0..600 {
        scene.step(Distance::Points(1));
        for (seen, side) in parts.iter_mut().zip(["BUY", "SELL"]) {
            *seen |= scene.open_orders(side).iter().any(|it| it["status"] == "PARTIALLY_FILLED");
        }
        scene.agrees("in parts");
        if parts == [true; 2] {
            break;
        }
    }
    assert_eq!(parts, [true; 2], "an entry and a stop were filled in parts");
    scene.step(Distance::Candles(5));
    scene.agrees("later");
    scene.close();
}

/// The price is past the stop before the stop is there.
#[test]
fn a_stop_that_would_trigger_at_once_becomes_an_exit() {
    let (scene, stop) = Scene::long();
    scene.fault(&json!({
        "kind": "error_before", "operation": "order.place", "code": -2010,
        "message": "Stop price would trigger immediately."
    }));
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", stop["orderId"]));
    scene.step_until("it is out", || scene.trader()["state"] != "LONG");
    scene.agrees("already through");
    scene.close();
}

/// What covers a position is refused for want of funds: the account is looked at, and it is covered.
#[test]
fn a_stop_that_is_refused_for_want_of_funds_is_placed_again() {
    let (scene, stop) = Scene::long();
    scene.fault(&json!({
        "kind": "error_before", "operation": "order.place", "code": -2010,
        "message": "Account has insufficient balance for requested action."
    }));
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", stop["orderId"]));
    scene.step_until("it is covered or out", || {
        !scene.open_orders("SELL").is_empty() || scene.trader()["state"] != "LONG"
    });
    scene.agrees("insufficient balance");
    scene.close();
}

#[test]
fn commission_in_another_asset_is_counted() {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.hand(&json!({ "do": "deposit", "asset": "BNB", "amount": "10" }));
    scene.fault(&json!({ "kind": "commission_asset", "asset": "BNB", "price": "600" }));
    scene.step(Distance::Candles(40));
    scene.agrees("commission in BNB");
    let fills = scene.state()["accounts"][0]["fills"].take();
    assert!(fills.as_array().unwrap().iter().all(|fill| fill["commissionAsset"] == "BNB"));
    scene.heal();
    scene.step(Distance::Candles(40));
    scene.agrees("commission in what is bought");
    assert!(scene.fills() > fills.as_array().unwrap().len());
    scene.close();
}

/// New orders are on the new grid; those that are open stay as they are until they are replaced.
#[test]
fn filters_that_change_are_kept() {
    let (scene, _) = Scene::long();
    let before = scene.state()["accounts"][0]["orders"].as_array().unwrap().len();
    scene
        .fault(&json!({ "kind": "filters", "symbol": "BTCUSDT", "tick": "0.1", "step": "0.0001" }));
    scene.step(Distance::Candles(40));
    scene.agrees("new filters");
    let state = scene.state();
    let orders = state["accounts"][0]["orders"].as_array().unwrap();
    assert!(orders.len() > before + 3, "it trades on: {}", orders.len());
    for order in &orders[before..] {
        let (price, quantity) = (text(&order["price"]), text(&order["origQty"]));
        assert!(price.trim_end_matches('0').split('.').nth(1).is_none_or(|it| it.len() <= 1));
        assert!(quantity.trim_end_matches('0').split('.').nth(1).is_none_or(|it| it.len() <= 4));
    }
    scene.close();
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// While nothing can be traded nothing is lost: the stop stays, no order is taken in; then all goes on.
#[test]
fn a_market_that_halts_is_left_alone_until_it_trades() {
    for status in ["HALT", "CANCEL_ONLY"] {
        let (scene, _) = Scene::long();
        let set = |status: &str| json!({ "kind": "symbol_status", "symbol": "BTCUSDT", "symbol_status": status });
        scene.fault(&set(status));
        scene.step(Distance::Candles(3));
        scene.fault(&set("TRADING"));
        scene.step(Distance::Candles(10));
        scene.agrees(status);
        scene.close();
    }
}
