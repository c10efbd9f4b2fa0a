//! `heikin emergency-close`: what is named besides, and what it says.

use heikin::exchange::simulator::Simulator;
use heikin_core::num::Money;
use heikin_core::time::Interval;
use serde_json::json;

use crate::agreement::money;
use crate::control::emergency_close;
use crate::scene::{Clock, Resting, Scene};

/// Bitcoin of the user's own, and nothing of heikin's.
fn with_coins() -> Resting {
    let scene = Scene::open(Clock::Runs(Interval::H1, 1), 50);
    scene.hand(&json!({ "do": "deposit", "asset": "BTC", "amount": "0.1" }));
    scene.rest()
}

fn bitcoin(simulator: &Simulator) -> Money {
    let state = simulator.state();
    let balances = state["accounts"][0]["balances"].as_array().unwrap();
    let balance = balances.iter().find(|balance| balance["asset"] == "BTC").unwrap();
    money(&balance["free"]) + money(&balance["locked"])
}

fn amount(text: &str) -> Money {
    Money::parse(text).unwrap()
}

#[test]
fn a_symbol_that_is_none_is_told_before_anything_is_done() {
    let resting = with_coins();
    let before = bitcoin(&resting.simulator);
    for (named, words) in [
        ("btcusdt=0.01", "did you mean BTCUSDT=0.01?"),
        ("DOGEUSDT=0.01", "--also-sell DOGEUSDT=0.01: the exchange has no symbol DOGEUSDT"),
        ("BTCUSDT=0", "there is nothing to sell"),
    ] {
        for how in ["--yes", "--dry-run"] {
            let options = format!("{how} --also-sell BTCUSDT=0.01 --also-sell {named}");
            let (code, told) = emergency_close(resting.folder.path(), &options);
            assert_eq!(code, 2, "{options}: {told}");
            assert!(told.contains("--also-sell"), "{options}: {told}");
            assert!(told.contains(words), "{options}: {told}");
        }
    }
    assert!(!resting.folder.path().join("data/PANIC").exists());
    assert_eq!(bitcoin(&resting.simulator), before);
}

#[test]
fn what_is_named_besides_is_added_up_and_planned_as_it_is_sold() {
    let resting = with_coins();
    let before = bitcoin(&resting.simulator);
    let options = "--yes --also-sell BTCUSDT=0.01 --also-sell BTCUSDT=0.020001";
    let (code, told) = emergency_close(resting.folder.path(), options);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("sell    0.03 of BTCUSDT at market\n"), "{told}");
    assert!(told.contains("leave   0.000001 of BTCUSDT"), "{told}");
    assert!(told.contains("done    sell 0.03 of BTCUSDT at market: 0.03 sold"), "{told}");
    assert_eq!(bitcoin(&resting.simulator) + amount("0.03"), before);
}

#[test]
fn what_is_not_sold_is_told_in_words() {
    let resting = with_coins();
    let before = bitcoin(&resting.simulator);
    let at = resting.folder.path();
    let (code, told) = emergency_close(at, "--yes --also-sell BTCUSDT=0.000001");
    assert_eq!(code, 1, "{told}");
    assert!(!told.contains("sell    "), "{told}");
    let words = "FAILED  sell 0.000001 of BTCUSDT: not sold: it is less than the least quantity";
    assert!(told.contains(words), "{told}");

    let (code, told) = emergency_close(at, "--yes --also-sell BTCUSDT=5");
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("of BTCUSDT at market: the exchange refuses: the balance is too small"),
        "{told}"
    );
    assert!(!told.contains("code"), "{told}");
    assert_eq!(bitcoin(&resting.simulator), before);
}

/// Of what is named besides, the one that runs knows nothing: it is not waited for.
#[test]
fn what_is_named_besides_is_sold_beside_a_running_heikin() {
    let scene = Scene::open(Clock::quick(), 400);
    scene.hand(&json!({ "do": "deposit", "asset": "BTC", "amount": "0.05" }));
    let (code, told) = emergency_close(scene.folder.path(), "--yes --also-sell BTCUSDT=0.02");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("a heikin is running"), "{told}");
    assert!(told.contains("done    sell 0.02 of BTCUSDT at market: 0.02 sold"), "{told}");
    scene.close();
}
