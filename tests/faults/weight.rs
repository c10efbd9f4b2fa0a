//! The product never meets 429 by its own doing.

use heikin::exchange::simulator::Distance;

use crate::scene::{Clock, Scene, Stage};

/// Half of the exchange's limit is for what is not urgent (6,000 in a minute).
const HALF: u64 = 3_000;
const BOTH: &[&str] = &["BTC", "ETH"];

fn weight(scene: &Scene) -> u64 {
    let counters = scene.state()["counters"].take();
    assert_eq!(counters["rate_limited"], 0, "{counters}");
    assert!(counters["requests"]["418"].is_null(), "{counters}");
    counters["weight_peak"].as_u64().unwrap()
}

/// A week of two symbols, every order priced anew at every close. In lockstep the account is not
/// looked through every five minutes: [`five_minutes_come_and_go`] measures that.
#[test]
fn a_week_of_two_symbols() {
    let candles = 7 * 24;
    let scene = Scene::on(&Stage { bases: BOTH, ..Stage::usual(Clock::Lockstep, candles + 1) });
    scene.step(Distance::Candles(2 * 7 * 24));
    let peak = weight(&scene);
    assert!(peak > 0 && peak < HALF / 4, "{peak}");
    assert!(scene.fills() > 20, "{}", scene.fills());
    scene.close();
}

/// With a running clock, as in production: the start, and the account looked through twice.
#[test]
fn five_minutes_come_and_go() {
    let scene = Scene::on(&Stage { bases: BOTH, ..Stage::usual(Clock::quick(), 60) });
    let minute = |scene: &Scene| scene.state()["clock"].as_i64().unwrap() / 60_000;
    let begun = minute(&scene);
    scene.until("eleven minutes pass", || minute(&scene) > begun + 11);
    let peak = weight(&scene);
    assert!(peak > 0 && peak < HALF / 4, "{peak}");
    scene.close();
}
