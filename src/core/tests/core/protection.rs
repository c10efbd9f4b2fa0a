//! A position whose stop the exchange refuses, ends, or lets the market jump over.

use heikin_core::engine::{Command, Effect, Engine, Input};
use heikin_core::market::{FilterName, Quote};
use heikin_core::num::Quantity;
use heikin_core::order::{
    CancelAnswer, ClientOrderId, ExpiryReason, Fill, NewOrder, OrderReport, OrderState, Part,
    Reason, Refusal, Slot, SlotState, SubmitAnswer, VenueStatus,
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

    fn is_bare(&self) -> bool {
        let position = self.engine.traders()[0].position();
        position.open.as_ref().unwrap().unprotected_since.is_some()
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

/// What is told of one leg of the bracket at 125.21 that stands after the entry.
fn of_leg(desk: &mut Desk, part: Part, (status, executed): (VenueStatus, &str)) -> Vec<Effect> {
    let id = desk.exit().current().unwrap().id.with_part(part);
    let mut state = OrderState { working_since: Some(ms(1)), ..desk.state(id, status) };
    let mut fill = None;
    if part == Part::StopLeg {
        state.working_since = None;
    } else {
        state.executed = quantity(executed);
        fill = Some(Fill {
            trade_id: 77,
            price: price("125.21"),
            quantity: quantity(executed),
            commission: quantity("0.01"),
            commission_asset: usdt(),
            maker: true,
            at: desk.engine.now(),
        });
    }
    let quote = Some(desk.quote("125.2"));
    desk.step(&Input::Report { report: OrderReport { state, fill }, quote }).to_vec()
}

fn with_target() -> Desk {
    let mut settings = settings();
    settings.exit.take_profit = rate("0.05");
    settings.exit.rescue_after = Patience::For(Span::from_secs(5));
    let desk = Desk::with(settings);
    let kind = desk.exit().current().unwrap().terms.kind;
    assert_eq!(kind, bracket("125.21", "106.31", "105.31"));
    desk
}

/// The target of 0.999 has sold 0.4, and the rest of it was cancelled.
fn rest_of_target() -> (Desk, Vec<Effect>) {
    let mut desk = with_target();
    let expired = VenueStatus::Expired(ExpiryReason::OcoTrigger);
    let effects = of_leg(&mut desk, Part::StopLeg, (expired, "0"));
    assert!(effects.is_empty(), "a target that fills whole says it next: {effects:?}");
    assert!(!desk.is_bare());
    let id = desk.exit().current().unwrap().id;
    let effects = of_leg(&mut desk, Part::TargetLeg, (VenueStatus::Open, "0.4"));
    let cancels = |it: &Effect| matches!(it, Effect::Cancel { id: which, .. } if *which == id);
    assert!(effects.iter().any(cancels), "{effects:?}");
    assert!(desk.is_bare() && desk.engine.wants_quotes(symbol()));
    let state = OrderState { executed: quantity("0.4"), ..desk.state(id, VenueStatus::Canceled) };
    let answer = CancelAnswer::Canceled(state);
    let effects = desk.step(&Input::Canceled { id, answer }).to_vec();
    (desk, effects)
}

#[test]
fn the_rest_of_a_target_that_filled_in_part_gets_a_stop_again() {
    let (_, effects) = rest_of_target();
    assert_eq!(placed(&effects), [(bracket("125.21", "106.31", "105.31"), Reason::Stop)]);
    let rest = effects.iter().find_map(|effect| match effect {
        Effect::Submit(order) => Some(order.terms.quantity),
        _ => None,
    });
    assert_eq!(rest, Some(lot("0.599")));
}

#[test]
fn a_bracket_whose_stop_the_exchange_ended_is_placed_anew() {
    let mut desk = with_target();
    let expired = VenueStatus::Expired(ExpiryReason::ExchangeCanceled);
    let effects = of_leg(&mut desk, Part::StopLeg, (expired, "0"));
    assert!(matches!(effects.as_slice(), [Effect::Cancel { .. }]), "{effects:?}");
    assert!(desk.is_bare());
}

#[test]
fn a_stop_stands_alone_until_the_next_candle_where_the_market_is_at_the_target() {
    let (mut desk, effects) = rest_of_target();
    let id = submitted(&effects).unwrap();
    let effects = desk.refused(id, Refusal::PriceRelation);
    assert_eq!(placed(effects), [(stop_limit("106.31", "105.31"), Reason::Stop)]);
    let id = submitted(effects).unwrap();
    let answer = SubmitAnswer::Placed(desk.state(id, VenueStatus::Open));
    assert!(desk.step(&Input::Submitted { id, answer }).is_empty());
    assert!(!desk.is_bare());
    let quote = desk.quote("124");
    assert!(desk.step(&Input::Quote { symbol: symbol(), quote }).is_empty());
    let candle = candle(5, ["124", "125", "108", "124"]);
    let late = candle.close_time().since(desk.engine.now()).millis();
    let quote = Some(Quote::point(candle.close(), candle.close_time()));
    let (symbol, interval) = (symbol(), Interval::H1);
    let effects = desk.after(late, &Input::Candle { symbol, interval, candle, quote });
    assert!(matches!(effects, [.., Effect::Cancel { .. }]), "{effects:?}");
}

#[test]
fn a_limit_order_above_the_market_protects_nothing() {
    let (mut desk, effects) = rest_of_target();
    let id = submitted(&effects).unwrap();
    // The market is at the target: no bracket any more.
    let quote = desk.quote("125.21");
    desk.step(&Input::Quote { symbol: symbol(), quote });
    let effects = desk.refused(id, Refusal::PriceRelation);
    assert_eq!(placed(effects), [(limit("125.21"), Reason::TakeProfit)]);
    let id = submitted(effects).unwrap();
    let answer = SubmitAnswer::Placed(desk.state(id, VenueStatus::Open));
    desk.step(&Input::Submitted { id, answer });
    assert!(desk.is_bare() && desk.engine.wants_quotes(symbol()));
    let quote = desk.quote("120");
    let effects = desk.step(&Input::Quote { symbol: symbol(), quote });
    assert!(matches!(effects, [Effect::Decide { .. }, Effect::Cancel { .. }]), "{effects:?}");
}

#[test]
fn a_stop_that_is_refused_for_whatever_reason_is_an_exit_once_the_market_reaches_it() {
    let full = Refusal::Filter(Some(FilterName::MaxNumAlgoOrders));
    for refusal in [full, Refusal::InsufficientBalance, Refusal::Other(-1)] {
        let mut desk = Desk::new();
        assert!(!desk.engine.wants_quotes(symbol()));
        desk.half_replaced(refusal);
        assert!(desk.engine.wants_quotes(symbol()));
        let quote = desk.quote("110.66");
        assert!(desk.step(&Input::Quote { symbol: symbol(), quote }).is_empty());
        let quote = desk.quote("110.65");
        let effects = desk.step(&Input::Quote { symbol: symbol(), quote });
        assert_eq!(placed(effects), [(limit("109.65"), Reason::StopAlreadyThrough)]);
    }
}

#[test]
fn a_bracket_that_is_refused_is_an_exit_once_the_market_reaches_its_stop() {
    for refusal in [Refusal::Filter(Some(FilterName::MaxNumAlgoOrders)), Refusal::PriceRelation] {
        let (mut desk, effects) = rest_of_target();
        let quote = desk.quote("101");
        desk.step(&Input::Quote { symbol: symbol(), quote });
        let effects = desk.refused(submitted(&effects).unwrap(), refusal);
        assert_eq!(placed(effects), [(limit("100"), Reason::StopAlreadyThrough)]);
    }
}

#[test]
fn a_stop_for_which_there_is_no_room_beside_the_old_one_is_raised_all_the_same() {
    let mut desk = Desk::new();
    let (old, new) = desk.raise();
    let full = Refusal::Filter(Some(FilterName::ExchangeMaxNumAlgoOrders));
    let (canceled, submitted) = (old, new.id);
    let cancel = CancelAnswer::refused(full);
    desk.step(&Input::Replaced { canceled, cancel, submitted, submit: None });
    assert!(!desk.is_bare());
    let effects = desk.after(500, &Input::Time);
    assert!(matches!(effects, [Effect::Cancel { id, .. }] if *id == old), "{effects:?}");
    let answer = CancelAnswer::Canceled(desk.state(old, VenueStatus::Canceled));
    let effects = desk.step(&Input::Canceled { id: old, answer });
    assert_eq!(placed(effects), [(stop_limit("110.65", "109.65"), Reason::Stop)]);
}
