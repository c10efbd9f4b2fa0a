//! What people, and other products of the exchange, do with the account besides the product.

use heikin::exchange::simulator::Distance;
use heikin_core::engine::Alert;
use heikin_core::num::Money;
use serde_json::{Value, json};

use crate::agreement::money;
use crate::scene::{Clock, Scene};

fn alerts(scene: Scene, is_it: impl Fn(&Alert) -> bool) -> usize {
    scene.close().iter().filter(|alert| is_it(alert)).count()
}

/// What the account has of an asset, locked or not.
fn total(scene: &Scene, asset: &str) -> Money {
    let state = scene.state();
    let balances = state["accounts"][0]["balances"].as_array().unwrap();
    let balance = balances.iter().find(|balance| balance["asset"] == asset);
    balance.map_or(Money::ZERO, |it| money(&it["free"]) + money(&it["locked"]))
}

#[test]
fn a_stop_that_a_hand_cancels_is_put_back() {
    let (scene, stop) = Scene::long();
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", stop["orderId"]));
    scene.step(Distance::Points(1));
    scene.agrees("put back");
    let back = scene.open_orders("SELL").remove(0);
    assert_ne!(back["orderId"], stop["orderId"]);
    assert_eq!(back["origQty"], stop["origQty"]);
    scene.close();
}

#[test]
fn an_entry_that_a_hand_cancels_is_over() {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.step_until("an entry", || !scene.open_orders("BUY").is_empty());
    let entry = scene.open_orders("BUY").remove(0);
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", entry["orderId"]));
    scene.agrees("cancelled");
    scene.step_until("it trades on", || scene.fills() > 0);
    scene.agrees("later");
    scene.close();
}

/// A person cancels the stop and sells. The product is told of neither, but of a change of the
/// account: in lockstep it would put the stop back before the sale.
#[test]
fn a_position_that_a_hand_sells_is_closed_and_told() {
    let (scene, stop) = Scene::long();
    scene.fault(&json!({ "kind": "events_dropped", "per_10000": 10_000 }));
    scene.hands("cancel", &format!("symbol=BTCUSDT&orderId={}", stop["orderId"]));
    let quantity = stop["origQty"].as_str().unwrap();
    scene.hands("place", &format!("symbol=BTCUSDT&side=SELL&type=MARKET&quantity={quantity}"));
    scene.heal();
    scene.hand(&json!({ "do": "deposit", "asset": "USDT", "amount": "1" }));
    scene.step_until("it is noticed", || scene.trader()["state"] == "CLOSED_LONG");
    assert_eq!(scene.open_orders("SELL"), Vec::<Value>::new());
    scene.agrees("sold by hand");
    let told = |alert: &Alert| matches!(alert, Alert::PositionSoldByHand { .. });
    assert_eq!(alerts(scene, told), 1);
}

/// What a person buys belongs to no trader: it is neither sold nor given a stop.
#[test]
fn what_a_hand_buys_is_left_alone() {
    let (scene, _) = Scene::long();
    let held = scene.trader()["held"].take();
    scene.hands("place", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.005");
    scene.agrees_soon("bought by hand");
    assert_eq!(scene.trader()["held"], held);
    scene.step_until("the position is closed", || scene.trader()["state"] != "LONG");
    scene.step(Distance::Candles(20));
    scene.agrees("later");
    let theirs = total(&scene, "BTC") + -money(&scene.trader()["held"]);
    assert_eq!(theirs, Money::parse("0.004995").unwrap(), "less what was charged for it");
    scene.close();
}

#[test]
fn what_comes_in_and_goes_out_is_counted_and_left_alone() {
    let (scene, _) = Scene::long();
    for (what, asset, amount) in
        [("deposit", "USDT", "500"), ("withdraw", "USDT", "300"), ("deposit", "BTC", "0.01")]
    {
        scene.hand(&json!({ "do": what, "asset": asset, "amount": amount }));
        scene.agrees_soon(what);
    }
    scene.step(Distance::Candles(40));
    scene.agrees("later");
    assert!(total(&scene, "BTC") >= Money::parse("0.01").unwrap(), "it is not ours to sell");
    scene.close();
}

/// Another product of the exchange locks the money: entries are for what is free, or none.
#[test]
fn money_that_is_locked_elsewhere_is_not_spent() {
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.hand(&json!({ "do": "lock", "asset": "USDT", "amount": "9000" }));
    scene.agrees_soon("locked");
    scene.step(Distance::Candles(30));
    scene.agrees("later");
    let state = scene.state();
    for order in state["accounts"][0]["orders"].as_array().unwrap() {
        let worth = money(&order["origQty"]).to_f64() * money(&order["price"]).to_f64();
        assert!(worth < 1_200.0, "{order}");
    }
    scene.hand(&json!({ "do": "unlock", "asset": "USDT", "amount": "9000" }));
    scene.step_until("it trades", || scene.fills() > 2);
    scene.agrees_soon("unlocked");
    scene.close();
}
