//! What brings a slot's orders to its decision, and that it comes to rest.

use heikin_core::market::{FilterName, Side};
use heikin_core::num::Quantity;
use heikin_core::order::{
    Close, Decision, ExpiryReason, Order, OrderEvent, OrderState, Outcome, Phase, Reason, Refusal,
    Skip, Slot, SlotState, Terms, VenueStatus,
};
use heikin_core::reconcile::{
    Action, Plan, PlanContext, is_settled, pause_after, plan, satisfies, uncovered,
};
use heikin_core::time::{Span, Timestamp};
use proptest::prelude::*;

use crate::support::*;

/// One slot, and the engine's own way to carry an action out.
struct World {
    slot: SlotState,
    now: Timestamp,
    cancel_replace: bool,
    takes_orders: bool,
}

impl World {
    fn new(slot: Slot) -> Self {
        let (cancel_replace, takes_orders) = (true, true);
        Self { slot: SlotState::new(slot), now: ms(1_000), cancel_replace, takes_orders }
    }

    fn plan(&self) -> Plan {
        let Self { now, cancel_replace, takes_orders, .. } = *self;
        plan(&self.slot, PlanContext { now, cancel_replace, takes_orders })
    }

    fn decide(&mut self, outcome: Outcome) {
        self.slot.decision = Some(Decision { outcome, after: 1, at: self.now });
        let terms = self.slot.decision.as_ref().and_then(Decision::terms).copied();
        let current = self.slot.current();
        self.slot.sent = terms.is_some_and(|terms| {
            current.is_some_and(|order| order.is_live() && satisfies(&terms, order))
        });
    }

    fn place(&mut self, terms: Terms) {
        self.decide(Outcome::Place(terms, Reason::Stop));
    }

    fn take(&mut self, action: Action) {
        if let Action::Cancel(id) | Action::Replace(id) = action {
            self.slot.order_mut(id).unwrap().on(OrderEvent::CancelSent, self.now);
        }
        if matches!(action, Action::Cancel(_)) {
            return;
        }
        if self.slot.sent {
            self.slot.attempt += 1;
        } else {
            (self.slot.generation, self.slot.attempt) = (self.slot.generation + 1, 1);
        }
        (self.slot.sent, self.slot.retry_at) = (true, None);
        let id = id(self.slot.slot, self.slot.generation, self.slot.attempt);
        let terms = *self.slot.decision.as_ref().unwrap().terms().unwrap();
        let order = Order::submitting(id, terms, Reason::Stop, self.now, 1);
        match action {
            Action::Submit => self.slot.push(|| order),
            _ => self.slot.replace(|| order),
        }
    }

    fn act(&mut self) -> Option<Action> {
        let action = self.plan().action;
        if let Some(action) = action {
            self.take(action);
        }
        action
    }

    /// Something happens to one of the remembered orders.
    fn on(&mut self, index: usize, event: OrderEvent) {
        let Some(id) = self.slot.orders().rev().nth(index).map(|order| order.id) else { return };
        self.slot.order_mut(id).unwrap().on(event, self.now);
        self.end(id, event);
    }

    fn end(&mut self, id: heikin_core::order::ClientOrderId, event: OrderEvent) {
        let close = match event {
            OrderEvent::Refused(refusal) => Some(Close::Refused(refusal)),
            OrderEvent::Ended(close) => Some(close),
            _ => None,
        };
        if let Some(close) = close {
            let refused = matches!(close, Close::Refused(_) | Close::Rejected);
            self.slot.refusals = if refused { self.slot.refusals.saturating_add(1) } else { 0 };
            self.slot.retry_at = pause_after(close, self.slot.refusals, self.now);
        }
        if event == OrderEvent::CancelRefused {
            self.slot.hold_until = Some(self.now + Span::from_millis(500));
        }
        self.slot.note_past(id);
        self.slot.settle_replacement();
    }

    fn executed(&mut self, index: usize, units: i64) {
        let Some(id) = self.slot.orders().rev().nth(index).map(|order| order.id) else { return };
        let state = OrderState {
            id,
            venue_id: 1,
            status: VenueStatus::Open,
            executed: Quantity::from_units(units).unwrap(),
            working_since: Some(self.now),
            at: self.now,
        };
        self.slot.order_mut(id).unwrap().merge(&state, None, self.now);
        self.end(id, OrderEvent::Open);
    }

    fn later(&mut self, millis: i64) {
        self.now = self.now + Span::from_millis(millis);
    }
}

fn exit() -> World {
    World::new(Slot::Exit)
}

fn stop(trigger: &str) -> Terms {
    sell(stop_limit(trigger, "80"), "1")
}

const NO: OrderEvent = OrderEvent::Refused(Refusal::InsufficientBalance);
const FULL: Refusal = Refusal::Filter(Some(FilterName::MaxNumAlgoOrders));
const CANCELED: OrderEvent = OrderEvent::Ended(Close::Canceled);

#[test]
fn an_order_is_placed_moved_in_one_request_and_cancelled() {
    let mut world = exit();
    assert_eq!(world.act(), None);
    world.place(stop("90"));
    assert_eq!(world.act(), Some(Action::Submit));
    world.on(0, OrderEvent::Open);
    assert_eq!(world.act(), None);
    world.place(stop("91"));
    let first = id(Slot::Exit, 1, 1);
    assert_eq!(world.act(), Some(Action::Replace(first)));
    world.on(1, CANCELED);
    world.on(0, OrderEvent::Open);
    assert_eq!(world.slot.current().unwrap().id, id(Slot::Exit, 2, 1));
    assert!(is_settled(&world.slot));
    world.decide(Outcome::Nothing(Skip::NoSignal));
    assert_eq!(world.act(), Some(Action::Cancel(id(Slot::Exit, 2, 1))));
    world.on(0, CANCELED);
    assert_eq!(world.act(), None);
    assert!(world.slot.is_empty());
}

#[test]
fn what_cannot_be_replaced_is_cancelled_first() {
    for (terms, cancel_replace, executed) in [
        (stop("90"), false, 0),
        (stop("90"), true, 1),
        (sell(bracket("110", "90", "80"), "1"), true, 0),
    ] {
        let mut world = exit();
        world.cancel_replace = cancel_replace;
        world.place(terms);
        world.act();
        world.on(0, OrderEvent::Open);
        if executed > 0 {
            world.executed(0, executed);
        }
        world.place(stop("91"));
        assert_eq!(world.act(), Some(Action::Cancel(id(Slot::Exit, 1, 1))), "{terms:?}");
    }
    let mut world = exit();
    world.place(stop("90"));
    world.act();
    world.on(0, OrderEvent::Open);
    world.place(sell(bracket("110", "91", "80"), "1"));
    assert!(matches!(world.act(), Some(Action::Cancel(_))));
}

#[test]
fn where_there_is_no_room_for_two_the_old_order_goes_first() {
    for (slot, terms, next) in [
        (Slot::Exit, stop("90"), stop("91")),
        (Slot::Entry, buy(stop_limit("110", "112"), "1"), buy(stop_limit("109", "112"), "1")),
    ] {
        let mut world = World::new(slot);
        world.place(terms);
        world.act();
        world.on(0, OrderEvent::Open);
        world.place(next);
        let first = id(slot, 1, 1);
        assert_eq!(world.act(), Some(Action::Replace(first)));
        world.on(1, OrderEvent::CancelRefused);
        world.on(0, OrderEvent::Refused(FULL));
        assert_eq!(world.act(), None, "{slot:?}");
        world.later(500);
        assert_eq!(world.act(), Some(Action::Cancel(first)), "{slot:?}");
        world.on(0, CANCELED);
        assert_eq!(world.act(), Some(Action::Submit), "{slot:?}");
        assert_eq!(world.slot.current().unwrap().terms, next);
        // Without room even so, an entry has had its chance.
        world.on(0, OrderEvent::Refused(FULL));
        world.later(500);
        assert_eq!(world.act().is_some(), slot == Slot::Exit);
    }
}

#[test]
fn where_no_order_is_taken_a_stop_stays_until_another_can_take_its_place() {
    for (first, then, cancel_replace) in [
        (stop("90"), stop("91"), true),
        (stop("90"), stop("91"), false),
        (sell(bracket("110", "90", "80"), "1"), stop("91"), true),
    ] {
        let mut world = exit();
        world.cancel_replace = cancel_replace;
        world.place(first);
        world.act();
        world.on(0, OrderEvent::Open);
        world.takes_orders = false;
        world.place(then);
        assert_eq!(world.plan(), Plan::default(), "{first:?}");
        world.takes_orders = true;
        assert!(world.act().is_some(), "{first:?}");
    }
    // What is wanted no more goes all the same: an entry, or the stop of what is sold.
    for mut world in [exit(), World::new(Slot::Entry)] {
        world.place(stop("90"));
        world.act();
        world.on(0, OrderEvent::Open);
        world.takes_orders = false;
        world.decide(Outcome::Nothing(Skip::NoSignal));
        assert!(matches!(world.act(), Some(Action::Cancel(_))));
    }
}

#[test]
fn an_order_in_flight_blocks_its_slot() {
    for event in [None, Some(OrderEvent::NoAnswer)] {
        let mut world = exit();
        world.place(stop("90"));
        world.act();
        event.into_iter().for_each(|event| world.on(0, event));
        world.place(stop("91"));
        assert_eq!(world.plan(), Plan::default());
        world.decide(Outcome::Nothing(Skip::NoSignal));
        assert_eq!(world.plan(), Plan::default());
    }
}

#[test]
fn an_exit_is_put_back_after_a_pause_and_an_entry_has_had_its_chance() {
    let mut world = exit();
    world.place(stop("90"));
    for (refusal, pause) in [(1, 500), (2, 500), (3, 60_000), (4, 60_000)] {
        assert_eq!(world.act(), Some(Action::Submit), "attempt {refusal}");
        world.on(0, NO);
        let due = world.now + Span::from_millis(pause);
        assert_eq!(world.plan(), Plan { action: None, wake_at: Some(due) });
        world.later(pause - 1);
        assert_eq!(world.plan().action, None);
        world.later(1);
    }
    world.act();
    world.on(0, OrderEvent::Open);
    world.on(0, CANCELED);
    assert_eq!(world.act(), Some(Action::Submit), "put back at once");
    for (event, again) in [
        (NO, false),
        (CANCELED, false),
        (OrderEvent::Ended(Close::Expired(ExpiryReason::SelfTradePrevention)), false),
        (OrderEvent::NotSent, true),
        (OrderEvent::Refused(Refusal::RateLimited), true),
        (OrderEvent::Refused(Refusal::ClockSkew), true),
    ] {
        let mut world = World::new(Slot::Entry);
        world.place(buy(stop_limit("110", "112"), "1"));
        world.act();
        world.on(0, event);
        world.later(60_000);
        assert_eq!(world.act().is_some(), again, "{event:?}");
    }
}

#[test]
fn an_entry_waits_for_fills_that_were_counted_and_not_told() {
    let mut world = World::new(Slot::Entry);
    world.place(buy(stop_limit("110", "112"), "1"));
    world.act();
    world.on(0, OrderEvent::Open);
    world.executed(0, 1);
    world.on(0, CANCELED);
    world.place(buy(stop_limit("109", "112"), "1"));
    assert_eq!(world.act(), None);
}

#[test]
fn a_stray_that_came_back_is_cancelled_before_anything_else() {
    let mut world = exit();
    world.place(stop("90"));
    world.act();
    world.on(0, OrderEvent::NotSent);
    world.act();
    world.on(0, OrderEvent::Open);
    assert!(is_settled(&world.slot));
    // The first one was there after all.
    world.on(1, OrderEvent::Open);
    assert!(!is_settled(&world.slot));
    assert_eq!(world.act(), Some(Action::Cancel(id(Slot::Exit, 1, 1))));
    world.place(stop("91"));
    assert_eq!(world.act(), None);
    world.on(1, CANCELED);
    assert_eq!(world.act(), Some(Action::Replace(id(Slot::Exit, 1, 2))));
}

#[test]
fn a_refused_cancellation_is_held_back() {
    let mut world = exit();
    world.place(stop("90"));
    world.act();
    world.on(0, OrderEvent::Open);
    world.decide(Outcome::Nothing(Skip::NoSignal));
    assert!(world.act().is_some());
    world.on(0, OrderEvent::CancelRefused);
    assert_eq!(world.plan().action, None);
    world.later(500);
    assert!(matches!(world.plan().action, Some(Action::Cancel(_))));
}

#[test]
fn pauses_follow_from_how_an_order_ended() {
    let pause = |close, refusals| pause_after(close, refusals, ms(0)).map_or(0, Timestamp::millis);
    let range = ExpiryReason::ExecutionRulePriceRangeExceeded;
    assert_eq!(pause(Close::Refused(Refusal::MarketClosed), 2), 500);
    assert_eq!(pause(Close::Rejected, 2), 500);
    assert_eq!(pause(Close::Rejected, 3), 60_000);
    assert_eq!(pause(Close::Expired(range), 0), 2_000);
    assert_eq!(pause(Close::Expired(ExpiryReason::InsufficientLiquidity), 9), 2_000);
    for close in [Close::Filled, Close::Canceled, Close::NotSent, Close::Absent] {
        assert_eq!(pause(close, 9), 0);
    }
}

#[test]
fn only_orders_known_to_be_open_cover_a_position() {
    let mut world = exit();
    let bare = |world: &World| uncovered(quantity("1.5"), &world.slot);
    world.place(stop("90"));
    world.act();
    assert_eq!(bare(&world), quantity("1.5"));
    world.on(0, OrderEvent::Open);
    assert_eq!(bare(&world), quantity("0.5"));
    world.executed(0, 40_000_000);
    assert_eq!(bare(&world), quantity("0.9"));
    world.on(0, OrderEvent::LostSight);
    assert_eq!(bare(&world), quantity("1.5"));
}

#[test]
fn a_replacement_on_its_way_locks_for_whichever_order_needs_more() {
    for (before, after) in [("112", "110"), ("110", "112")] {
        let mut world = World::new(Slot::Entry);
        world.place(buy(limit(before), "1"));
        world.act();
        world.on(0, OrderEvent::Open);
        world.place(buy(limit(after), "1"));
        assert!(matches!(world.act(), Some(Action::Replace(_))));
        assert_eq!(world.slot.locked(Side::Buy, price("100")), money("112"));
        assert!(world.slot.locked(Side::Sell, price("100")).is_zero());
    }
}

#[test]
fn what_was_to_replace_a_filled_order_was_not_placed_and_will_not_be() {
    let after = |end| {
        let mut world = World::new(Slot::Exit);
        world.place(sell(stop_limit("90", "89"), "1"));
        world.act();
        world.on(0, OrderEvent::Open);
        world.place(sell(stop_limit("91", "90"), "1"));
        assert!(matches!(world.act(), Some(Action::Replace(_))));
        world.on(0, OrderEvent::LostSight);
        world.on(1, OrderEvent::LostSight);
        world.on(1, OrderEvent::Ended(end));
        world.slot.current().unwrap().phase
    };
    assert_eq!(after(Close::Filled), Phase::Closed(Close::Absent));
    assert_eq!(after(Close::Canceled), Phase::Unresolved);
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Place(u8),
    Nothing,
    Happens(usize, u8),
    Executed(usize, i64),
    Later(i64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => (0..6_u8).prop_map(Op::Place),
        1 => Just(Op::Nothing),
        6 => (0..3_usize, 0..16_u8).prop_map(|(index, event)| Op::Happens(index, event)),
        1 => (0..3_usize, 0..100_000_000_i64).prop_map(|(index, units)| Op::Executed(index, units)),
        1 => (1..70_000_i64).prop_map(Op::Later),
    ]
}

fn event(number: u8) -> OrderEvent {
    match number {
        0..=3 => OrderEvent::Open,
        4 => OrderEvent::Ended(Close::Filled),
        5 => CANCELED,
        6 => OrderEvent::Ended(Close::Expired(ExpiryReason::InsufficientLiquidity)),
        7 => OrderEvent::Ended(Close::Rejected),
        8 => NO,
        9 => OrderEvent::NotSent,
        10 => OrderEvent::NoAnswer,
        11 => OrderEvent::LostSight,
        12 => OrderEvent::CancelRefused,
        13 => OrderEvent::NotOpen,
        15 => OrderEvent::Refused(FULL),
        _ => OrderEvent::ProvenAbsent,
    }
}

fn terms(side: Side, number: u8) -> Terms {
    let kind = match number {
        0 | 1 => stop_limit("90", "80"),
        2 => stop_limit("91", "80"),
        3 => limit("95"),
        4 => bracket("110", "90", "80"),
        _ => heikin_core::order::OrderKind::Market,
    };
    Terms { side, kind, quantity: lot(if number == 1 { "0.5" } else { "1" }) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// From any state that a slot can be in: once what is planned is taken, nothing is planned.
    #[test]
    fn planning_comes_to_rest(
        ops in prop::collection::vec(op(), 1..60), buys in any::<bool>(), replaces in any::<bool>(),
    ) {
        let side = if buys { Side::Buy } else { Side::Sell };
        let mut world = World::new(if buys { Slot::Entry } else { Slot::Exit });
        world.cancel_replace = replaces;
        for op in ops {
            match op {
                Op::Place(number) => world.place(terms(side, number)),
                Op::Nothing => world.decide(Outcome::Nothing(Skip::NoSignal)),
                Op::Happens(index, number) => world.on(index, event(number)),
                Op::Executed(index, units) => world.executed(index, units),
                Op::Later(millis) => world.later(millis),
            }
            let settled = is_settled(&world.slot);
            let live = world.slot.live().count();
            let action = world.act();
            prop_assert!(!settled || action.is_none(), "{action:?} of what is settled");
            if action == Some(Action::Submit) {
                // A stray or an order of unknown outcome may be anywhere: nothing is put beside it.
                prop_assert_eq!(live, 0);
            }
            // Several orders may have come back: each is cancelled, then nothing is planned.
            for _ in 0..live {
                if world.slot.strays().any(|order| order.phase == Phase::Working) {
                    let next = world.act();
                    prop_assert!(matches!(next, Some(Action::Cancel(_)) | None), "{next:?}");
                }
            }
            prop_assert_eq!(world.plan().action, None, "after {:?}", action);
            let wake = world.plan().wake_at;
            prop_assert!(wake.is_none_or(|at| at > world.now), "a time that has come");
            let in_flight = world.slot.live().filter(|it| it.phase == Phase::Submitting).count();
            prop_assert!(in_flight <= 1);
        }
    }
}

/// How the exchange tells of a stop that was just taken in.
fn taken_in(order: &Order, at: Timestamp) -> OrderState {
    OrderState {
        id: order.id,
        venue_id: 7,
        status: VenueStatus::Open,
        executed: Quantity::ZERO,
        working_since: None,
        at,
    }
}

#[test]
fn an_order_taken_in_as_usual_is_as_if_its_statement_were_merged() {
    let mut short = World::new(Slot::Exit);
    short.place(sell(stop_limit("90", "89"), "2"));
    assert_eq!(short.act(), Some(Action::Submit));
    short.slot.refusals = 2;
    let mut long = short.slot.clone();
    let placed = taken_in(short.slot.current().unwrap(), short.now);

    assert!(short.slot.take_placement(&placed, ms(1_500)));
    let merged = long.order_mut(placed.id).unwrap().merge(&placed, None, ms(1_500));
    assert!(!merged.new_fill && !merged.ended && merged.surprise.is_none());
    (long.refusals, long.retry_at) = (0, None);
    assert_eq!(short.slot, long);
    assert_eq!(short.slot.current().unwrap().phase, Phase::Working);
}

#[test]
fn what_is_unusual_about_a_placement_is_left_to_the_whole_table() {
    let mut world = World::new(Slot::Exit);
    world.place(sell(stop_limit("90", "89"), "2"));
    world.act();
    let usual = taken_in(world.slot.current().unwrap(), world.now);
    let before = world.slot.clone();
    for unusual in [
        OrderState { executed: quantity("1"), ..usual },
        OrderState { working_since: Some(ms(1_200)), ..usual },
        OrderState { status: VenueStatus::Filled, ..usual },
        OrderState { id: id(Slot::Exit, 99, 1), ..usual },
    ] {
        assert!(!world.slot.take_placement(&unusual, ms(1_500)), "{unusual:?}");
        assert_eq!(world.slot, before, "{unusual:?}");
    }
    assert!(world.slot.take_placement(&usual, ms(1_500)));
    assert!(!world.slot.take_placement(&usual, ms(1_600)), "told once more");
}
