//! Traders that move in the configuration, leave it, and come back.

use crate::scene::{Clock, Scene, Stage};

#[test]
fn a_trader_keeps_its_number_and_its_stop_wherever_it_is_configured() {
    let stage = Stage { bases: &["BTC", "ETH"], ..Stage::usual(Clock::Lockstep, 1_000) };
    let scene = Scene::on(&stage);
    scene.step_until("a position with a stop", || scene.is_protected_long());
    let stop = scene.open_orders("SELL").remove(0);
    let symbol = stop["symbol"].as_str().unwrap().to_owned();

    let resting = scene.rest();
    resting.configure(&["ETHUSDT", "BTCUSDT"]);
    let scene = resting.resume();
    scene.agrees("moved");
    assert!(scene.open_orders("SELL").contains(&stop), "not placed anew");

    let resting = scene.rest();
    let other = if symbol == "BTCUSDT" { "ETHUSDT" } else { "BTCUSDT" };
    resting.configure(&[other]);
    let told = resting.refusal();
    assert!(told.contains(&format!("no longer has {symbol} 1h, which holds 0.")), "{told}");
    assert!(told.contains("put its [[trader]] back"), "{told}");

    resting.configure(&["BTCUSDT", "ETHUSDT"]);
    let scene = resting.resume();
    scene.agrees("back");
    assert!(scene.open_orders("SELL").contains(&stop));
    scene.close();
}

#[test]
fn a_trader_that_is_taken_out_enters_nothing_and_goes_on_when_it_is_back() {
    let stage = Stage { bases: &["BTC", "ETH"], ..Stage::usual(Clock::Lockstep, 1_000) };
    let scene = Scene::on(&stage);
    scene.step_until("both are flat again", || {
        scene.fills() > 4 && scene.open_orders("SELL").is_empty()
    });
    let ids = |scene: &Scene| -> Vec<String> {
        let state = scene.state();
        let orders = state["accounts"][0]["orders"].as_array().unwrap();
        orders.iter().map(|it| it["clientOrderId"].as_str().unwrap().to_owned()).collect()
    };
    let of_first = |scene: &Scene| ids(scene).iter().filter(|id| id.contains("-0-")).count();
    // Killed, so that its entry is still there for the next start to withdraw.
    let resting = scene.kill();
    resting.configure(&["ETHUSDT"]);
    let scene = resting.resume();
    let before = of_first(&scene);
    scene.agrees("without the first");
    let fills = scene.fills();
    scene.step_until("the other one trades", || scene.fills() > fills + 2);
    assert_eq!(of_first(&scene), before, "it places nothing");
    let status = scene.product.status();
    assert_eq!(status["traders"].as_array().unwrap().len(), 1, "{status}");
    let resting = scene.rest();
    resting.configure(&["ETHUSDT", "BTCUSDT"]);
    let scene = resting.resume();
    scene.step_until("it trades again", || of_first(&scene) > before + 2);
    scene.agrees("back");
    scene.close();
}
