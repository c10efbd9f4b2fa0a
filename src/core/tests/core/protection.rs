//! A position whose stop the exchange refuses, ends, or lets the market jump over.

use heikin_core::engine::{Command, Effect, Engine, Input};
use heikin_core::market::{FilterName, Quote};
use heikin_core::num::Quantity;
use heikin_core::order::{
    CancelAnswer, ClientOrderId, NewOrder, OrderReport, OrderState, Reason, Refusal, Slot,
    SlotState, SubmitAnswer, VenueStatus,
};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{HeikinAshiSettings, Patience};
use heikin_core::time::{Interval, Span};

use crate::support::*;

const ENTRY_CANDLE: [&str; 4] = ["110", "125", "109", "124"];

/// An engine whose exchange is the test: in position at 119, its stop at 106.31.
struct Desk {
    engine: Engine,
    effects: Vec<Effect>,
}

impl Desk {
    fn new() -> Self {
        let mut settings = settings();
        settings.exit.rescue_after = Patience::For(Span::from_secs(5));
        Self::with(settings)
    }

    fn with(settings: HeikinAshiSettings) -> Self {
        let mut session = Session::worked(settings);
        session.candle(ENTRY_CANDLE);
        assert_eq!(session.fills(), ["BUY 1 @ 119 Breakout"]);
        let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings]);
        engine.restore(session.engine().snapshot()).unwrap();
        Self { engine, effects: Vec::new() }
    }

    /// What follows from `input`, so long after the one before.
    fn after(&mut self, millis: i64, input: &Input) -> &[Effect] {
        self.effects.clear();
        let at = self.engine.now() + Span::from_millis(millis);
        self.engine.step(at, input, &mut self.effects);
        &self.effects
    }

    fn step(&mut self, input: &Input) -> &[Effect] {
        self.after(1, input)
    }

    /// A candle closes that raises the stop from 106.31 to 110.65.
    fn raise(&mut self) -> (ClientOrderId, NewOrder) {
        let candle = candle(5, ["124", "126", "120", "125"]);
        let quote = Some(Quote::point(candle.close(), candle.close_time()));
        let (symbol, interval) = (symbol(), Interval::H1);
        let late = candle.close_time().since(self.engine.now()).millis();
        match self.after(late, &Input::Candle { symbol, interval, candle, quote }) {
            [Effect::Replace { cancel, submit, .. }] => (*cancel, *submit),
            other => panic!("{other:?}"),
        }
    }

    fn exit(&self) -> &SlotState {
        self.engine.traders()[0].slot(Slot::Exit).unwrap()
    }

    fn quote(&self, bid: &str) -> Quote {
        Quote::point(price(bid), self.engine.now())
    }

    fn state(&self, id: ClientOrderId, status: VenueStatus) -> OrderState {
        let (executed, at) = (Quantity::ZERO, self.engine.now());
        OrderState { id, venue_id: 9, status, executed, working_since: None, at }
    }

    fn triggered(&mut self, id: ClientOrderId, bid: &str) {
        let state = OrderState {
            working_since: Some(self.engine.now()),
            ..self.state(id, VenueStatus::Open)
        };
        let report = OrderReport { state, fill: None };
        let quote = Some(self.quote(bid));
        self.step(&Input::Report { report, quote });
    }

    fn refused(&mut self, id: ClientOrderId, refusal: Refusal) -> &[Effect] {
        self.step(&Input::Submitted { id, answer: SubmitAnswer::refused(refusal) })
    }

    /// The old stop is gone, and the new one was refused.
    fn half_replaced(&mut self, refusal: Refusal) -> &[Effect] {
        let (canceled, new) = self.raise();
        self.answer_half(canceled, new.id, refusal)
    }

    fn answer_half(
        &mut self,
        canceled: ClientOrderId,
        submitted: ClientOrderId,
        refusal: Refusal,
    ) -> &[Effect] {
        let cancel = CancelAnswer::Canceled(self.state(canceled, VenueStatus::Canceled));
        let submit = Some(SubmitAnswer::refused(refusal));
        self.step(&Input::Replaced { canceled, cancel, submitted, submit })
    }
}

fn placed(effects: &[Effect]) -> Vec<(heikin_core::order::OrderKind, Reason)> {
    let placed = |effect: &Effect| match effect {
        Effect::Submit(order) => Some((order.terms.kind, order.reason)),
        _ => None,
    };
    effects.iter().filter_map(placed).collect()
}

fn submitted(effects: &[Effect]) -> Option<ClientOrderId> {
    effects.iter().find_map(|effect| match effect {
        Effect::Submit(order) => Some(order.id),
        _ => None,
    })
}

#[test]
fn a_stop_that_triggers_while_it_is_raised_and_is_gone_leaves_at_once() {
    let mut desk = Desk::new();
    let (old, new) = desk.raise();
    desk.triggered(old, "90");
    let effects = desk.answer_half(old, new.id, Refusal::WouldTriggerImmediately);
    assert_eq!(placed(effects), [(limit("89"), Reason::StopAlreadyThrough)]);
}

#[test]
fn a_triggered_stop_that_is_gone_leaves_at_once_whatever_the_refusal() {
    let mut desk = Desk::new();
    let (old, new) = desk.raise();
    desk.triggered(old, "90");
    let effects = desk.answer_half(old, new.id, Refusal::Filter(Some(FilterName::MaxPosition)));
    assert_eq!(placed(effects), [(limit("89"), Reason::StopAlreadyThrough)]);
}

#[test]
fn what_refuses_a_stop_does_not_hold_up_another_kind_of_exit() {
    let mut desk = Desk::new();
    let refusal = Refusal::Filter(Some(FilterName::MaxNumAlgoOrders));
    desk.half_replaced(refusal);
    while let Some(id) = submitted(desk.after(500, &Input::Time)) {
        desk.refused(id, refusal);
    }
    assert_eq!(desk.exit().refusals, 3);
    let effects = desk.step(&Input::Command(Command::Panic));
    assert_eq!(placed(effects), [(limit("124"), Reason::Panic)]);
    // Refused for the first time, it is not paused for what was refused before it.
    let id = submitted(effects).unwrap();
    desk.refused(id, refusal);
    assert_eq!(desk.exit().refusals, 1);
    assert_eq!(placed(desk.after(500, &Input::Time)), [(limit("124"), Reason::Panic)]);
}
