//! The exchange cannot be reached: nothing is asked for, or sent, without a pause.

use heikin_core::engine::{AccountSnapshot, Effect, Engine, EngineConfig, Input};
use heikin_core::ledger::ReportedBalance;
use heikin_core::num::Quantity;
use heikin_core::time::{Span, Timestamp};

use crate::support::*;

const MINUTE: Span = Span::from_secs(60);

/// An engine whose last look at the account succeeded at `last`.
fn seen_at(last: Timestamp) -> Engine {
    let resync_every = Some(MINUTE.times(5));
    let mut engine = Engine::new(EngineConfig { resync_every, ..EngineConfig::UNLIMITED });
    engine.add_market(rules(), fees());
    engine.step(last, &Input::Started, &mut Vec::new());
    engine.step(last, &account(last), &mut Vec::new());
    engine
}

fn account(at: Timestamp) -> Input {
    let usdt = ReportedBalance { asset: usdt(), free: quantity("10000"), locked: Quantity::ZERO };
    Input::Account(Ok(Box::new(AccountSnapshot {
        at,
        balances: vec![usdt],
        orders: Vec::new(),
        fills: Vec::new(),
        since: Timestamp::EPOCH,
        foreign_algo_orders: Vec::new(),
    })))
}

/// Lets time go by, and every look at the account fail at once; when they were.
fn fetches(engine: &mut Engine, until: Timestamp, not_before: Option<Timestamp>) -> Vec<Timestamp> {
    let mut fetches = Vec::new();
    while let Some(due) = engine.next_deadline().filter(|due| *due <= until) {
        let mut inputs = vec![Input::Time];
        while let Some(input) = inputs.pop() {
            let mut effects = Vec::new();
            engine.step(due, &input, &mut effects);
            let asked = |it: &Effect| matches!(it, Effect::FetchAccount { .. });
            if effects.iter().any(asked) {
                fetches.push(due);
                inputs.push(Input::Account(Err(not_before)));
            }
            assert!(fetches.len() < 1_000, "no pause at {due:?}");
        }
    }
    fetches
}

#[test]
fn an_hour_without_the_account_costs_two_requests_a_minute() {
    let begin = ms(1_000_000);
    let mut engine = seen_at(begin);
    let looks = fetches(&mut engine, begin + MINUTE.times(60), None);
    let first = begin + MINUTE.times(5);
    let pauses: Vec<_> = looks.windows(2).map(|two| two[1].since(two[0]).millis()).collect();
    assert_eq!(looks[0], first);
    assert_eq!(pauses[..6], [1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    assert!(pauses[6..].iter().all(|pause| *pause == 30_000));
    assert!((110..=120).contains(&looks.len()), "{}", looks.len());
    // A success ends it: the next failure is the first again.
    let now = engine.now();
    engine.step(now, &account(now), &mut Vec::new());
    let looks = fetches(&mut engine, now + MINUTE.times(6), None);
    assert_eq!(looks[0], now + MINUTE.times(5));
    assert_eq!(looks[1].since(looks[0]).millis(), 1_000);
}

#[test]
fn a_time_that_the_exchange_named_is_waited_for() {
    let begin = ms(1_000_000);
    let named = begin + MINUTE.times(40);
    let mut engine = seen_at(begin);
    let looks = fetches(&mut engine, begin + MINUTE.times(39), Some(named));
    assert_eq!(looks, [begin + MINUTE.times(5)]);
    // Whoever else wants it waits too, and so does the next process.
    for input in [Input::StreamRestored, Input::Started] {
        engine.step(begin + MINUTE.times(39), &input, &mut Vec::new());
        assert_eq!(engine.next_deadline(), Some(named));
    }
}
