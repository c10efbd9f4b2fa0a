//! The exchange cannot be reached: nothing is asked for, or sent, without a pause.

use heikin_core::engine::{AccountSnapshot, Command, Effect, Engine, EngineConfig, Input};
use heikin_core::ledger::ReportedBalance;
use heikin_core::market::Quote;
use heikin_core::num::Quantity;
use heikin_core::order::{CancelAnswer, ClientOrderId, Slot, SubmitAnswer};
use heikin_core::risk::RiskLimits;
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

/// An engine with a position, its stop open, that was told to leave at once.
fn leaving() -> (Engine, Vec<Effect>) {
    let mut session = Session::worked(settings());
    session.candle(["110", "125", "109", "124"]);
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.restore(session.engine().snapshot()).unwrap();
    let (at, mut effects) = (engine.now(), Vec::new());
    let quote = Quote::point(price("124"), at);
    engine.step(at, &Input::Quote { symbol: symbol(), quote }, &mut effects);
    effects.clear();
    engine.step(at, &Input::Command(Command::Panic), &mut effects);
    (engine, effects)
}

/// What a sender without a connection says of this.
fn not_sent(effect: &Effect) -> Option<Input> {
    match effect {
        Effect::Submit(order) => {
            Some(Input::Submitted { id: order.id, answer: SubmitAnswer::NotSent })
        }
        Effect::Replace { cancel, submit, .. } => Some(Input::Replaced {
            canceled: *cancel,
            cancel: CancelAnswer::NotSent,
            submitted: submit.id,
            submit: Some(SubmitAnswer::NotSent),
        }),
        _ => None,
    }
}

fn sent(effects: &[Effect]) -> Option<ClientOrderId> {
    effects.iter().find_map(|it| match it {
        Effect::Submit(order) | Effect::Replace { submit: order, .. } => Some(order.id),
        _ => None,
    })
}

#[test]
fn a_day_without_a_connection_costs_a_position_two_attempts_a_minute() {
    let (mut engine, mut effects) = leaving();
    let begin = engine.now();
    let mut tries: Vec<Timestamp> = Vec::new();
    let mut last = None;
    while engine.now() < begin + Span::DAY {
        let now = engine.now();
        if let Some(id) = sent(&effects) {
            assert!(last.replace(id).is_none_or(|before| before < id), "{id} was given before");
            tries.push(now);
        }
        let answer = effects.iter().find_map(not_sent);
        effects.clear();
        let (at, input) = match answer {
            Some(answer) => (now, answer),
            None => (engine.next_deadline().expect("it is tried again"), Input::Time),
        };
        engine.step(at, &input, &mut effects);
        assert!(tries.len() < 5_000, "no pause");
    }
    let pauses: Vec<_> = tries.windows(2).map(|two| two[1].since(two[0]).millis()).collect();
    assert_eq!(pauses[..7], [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    assert!(pauses[7..].iter().all(|pause| *pause == 30_000));
    // The connection is there again: at once.
    if let Some(answer) = effects.iter().find_map(not_sent) {
        engine.step(engine.now(), &answer, &mut effects);
    }
    effects.clear();
    engine.step(engine.now(), &Input::StreamRestored, &mut effects);
    assert!(sent(&effects).is_some(), "{effects:?}");
}

#[test]
fn after_the_last_attempt_there_is_another_generation() {
    let (engine, effects) = leaving();
    let id = sent(&effects).expect("it leaves");
    let mut state = serde_json::to_value(engine.snapshot()).unwrap();
    state["traders"][0]["slots"][Slot::Exit.index()]["attempt"] = u16::MAX.into();
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.restore(serde_json::from_value(state).unwrap()).unwrap();
    let mut again = Vec::new();
    let answer = effects.iter().find_map(not_sent).unwrap();
    engine.step(engine.now(), &answer, &mut again);
    let next = sent(&again).expect("it is tried again");
    assert_eq!((next.generation(), next.attempt()), (id.generation() + 1, 1));
}
