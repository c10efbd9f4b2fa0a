//! The process: how it starts, ends, and whom it finds beside it.

use std::fs;
use std::process;

use heikin::exchange::simulator::Distance;
use heikin_core::engine::{Alert, Body, Command, Effect, Input, Record};
use serde_json::json;

use crate::scene::{Clock, Scene, Stage, open_orders};

#[test]
fn told_to_end_it_leaves_the_stop_and_withdraws_the_entry() {
    let (scene, stop) = Scene::long();
    let simulator = scene.stop();
    assert_eq!(open_orders(&simulator, "SELL"), [stop]);
    let scene = Scene::open(Clock::Lockstep, 400);
    scene.step_until("an entry", || !scene.open_orders("BUY").is_empty());
    let simulator = scene.stop();
    assert!(open_orders(&simulator, "BUY").is_empty());
}

/// The exchange ends the stop, and the next one gets lost, as does every question about it.
#[test]
fn told_to_end_it_does_not_say_of_a_stop_in_question_that_it_stays() {
    let (scene, stop) = Scene::long();
    let lost =
        |operation: &str| json!({ "kind": "lost_before", "operation": operation, "times": 1_000 });
    let questions =
        ["order.place", "order.status", "openOrders.status", "account.status"].map(lost);
    scene.fault(&json!(questions));
    let order = stop["orderId"].clone();
    scene.fault(&json!({ "kind": "expire", "order_id": order, "reason": "EXCHANGE_CANCELED" }));
    let struck = || scene.state()["counters"]["faults_struck"].as_u64().unwrap();
    scene.until("the next stop is lost", || struck() > 0);
    let told = scene.product.stop();
    assert!(told.contains("what became of its stop is not known yet"), "{told}");
    let (scene, _) = Scene::long();
    let told = scene.product.stop();
    assert!(told.contains("its stop stays on the exchange"), "{told}");
}

/// What the process before knew of its orders may be old: somebody may have closed everything.
#[test]
fn a_panic_that_waits_for_a_start_sends_nothing_before_the_account_is_seen() {
    let (scene, _) = Scene::long();
    let resting = scene.kill();
    fs::write(resting.layout().panic(), "").unwrap();
    let scene = resting.start();
    scene.until("the position is sold", || scene.trader()["state"] != "LONG");
    scene.agrees("after the panic");
    let records = scene.end();
    let started = |it: &Record| it.body == Body::Input(Input::Started);
    let start = records.iter().rposition(started).unwrap();
    let seen = |it: &&Record| matches!(it.body, Body::Input(Input::Account(_)));
    let before = records[start..].iter().take_while(|it| !seen(it));
    let is_panic = |it: &Record| it.body == Body::Input(Input::Command(Command::Panic));
    assert!(before.clone().any(is_panic));
    for record in before {
        let asks = matches!(
            record.body,
            Body::Input(_)
                | Body::Effect(
                    Effect::FetchAccount { .. }
                        | Effect::FetchRules { .. }
                        | Effect::Query { .. }
                        | Effect::Notify(_)
                )
        );
        assert!(asks, "{record:?}");
    }
}

#[test]
fn a_second_one_on_the_same_data_ends_at_once() {
    let scene = Scene::open(Clock::Lockstep, 10);
    let mut second = process::Command::new(env!("CARGO_BIN_EXE_heikin"));
    second.arg("run").current_dir(scene.folder.path()).env_clear();
    second.env("BINANCE_TESTNET_API_KEY", "key").env("BINANCE_TESTNET_API_SECRET", "secret");
    let output = second.output().unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("another instance"), "{told}");
    assert!(scene.product.is_ready());
    scene.close();
}

/// What ended it five times would do so again: it protects and waits, until somebody has looked.
#[test]
fn a_start_after_four_that_ended_by_themselves_enters_nothing() {
    let (mut scene, stop) = Scene::long();
    for _ in 0..3 {
        scene = scene.kill_and_start();
        scene.until("it may enter", || scene.product.is_ready());
    }
    let scene = scene.kill_and_start();
    scene.until("entries wait", || scene.is_off("crash_loop"));
    scene.until("it is told", || scene.alerted("ended by itself again and again"));
    scene.agrees_in_time("after five starts");
    assert_eq!(scene.open_orders("SELL"), [stop]);
    scene.step_until("the stop is filled", || scene.open_orders("SELL").is_empty());
    scene.step(Distance::Candles(5));
    assert!(scene.open_orders("BUY").is_empty());
    assert!(scene.is_off("crash_loop"));
    let scene = scene.restart();
    scene.step_until("it enters", || !scene.open_orders("BUY").is_empty());
    scene.close();
}

/// Both would sell what the other one bought.
#[test]
fn another_heikin_on_the_account_keeps_entries_off() {
    let (scene, _) = Scene::long();
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000\
                 &newClientOrderId=hk1zzzz-0-E1-1";
    scene.hands("place", order);
    scene.step_until("no entries", || scene.is_off("other_installation"));
    scene.until("it is told", || scene.alerted("another heikin trades on this account"));
    scene.hands("cancel", "symbol=BTCUSDT&origClientOrderId=hk1zzzz-0-E1-1");
    scene.step(Distance::Candles(3));
    assert!(!scene.product.is_ready());
    scene.agrees("the other one's order was left alone");
    scene.close();
}

/// The exchange answers nothing of use when it starts: it waits, and starts when it does.
#[test]
fn without_an_exchange_it_waits() {
    let down = json!({ "kind": "html_before", "status": 503, "per_10000": 10_000 });
    let scene = Scene::begun_under(&Stage::usual(Clock::Lockstep, 400), &down);
    scene.step_until("it trades", || scene.fills() > 0);
    scene.agrees("after the start");
    scene.close();
}

/// An older copy of the store is put back: what was ordered and bought since is taken back, and told.
#[test]
fn on_an_older_copy_of_its_data_it_takes_back_what_it_bought_since() {
    let resting = Scene::open(Clock::Lockstep, 400).rest();
    let before_all = resting.copy();
    let scene = resting.resume();
    scene.step_until("a position with a stop", || scene.is_protected_long());
    scene.step(Distance::Candles(1));
    let held = scene.trader()["held"].take();
    let scene = scene.set_back(&before_all);
    scene.until("the position is its own", || scene.is_protected_long());
    assert_eq!(scene.trader()["held"], held);
    assert_eq!(scene.open_orders("SELL").len(), 1);
    assert!(scene.open_orders("BUY").is_empty());
    scene.agrees("after the older copy");
    scene.step_until("the stop is filled", || scene.open_orders("SELL").is_empty());
    scene.agrees("after the position");
    scene.step_until("it enters again", || !scene.open_orders("BUY").is_empty());
    assert!(scene.close().iter().any(is_recovered), "it is told");
}

/// The same, with an entry that is open.
#[test]
fn on_an_older_copy_of_its_data_it_withdraws_the_entry_that_it_does_not_know() {
    let resting = Scene::open(Clock::Lockstep, 400).rest();
    let before_all = resting.copy();
    let scene = resting.resume();
    scene.step_until("an entry", || !scene.open_orders("BUY").is_empty());
    let unknown = scene.open_orders("BUY").remove(0);
    let scene = scene.set_back(&before_all);
    scene.until("it is gone", || !scene.open_orders("BUY").contains(&unknown));
    scene.step_until("it trades on", || scene.fills() > 0);
    scene.agrees("later");
    assert!(scene.close().iter().any(is_recovered), "it is told");
}

const fn is_recovered(alert: &Alert) -> bool {
    matches!(alert, Alert::Recovered { .. })
}
