//! The answers to what was sent, and the settling of what got none.

use super::super::{ANSWER_TIMEOUT, Alert, Bug, Engine, Touched, Trader};
use crate::order::resolve::{Evidence, Resolve};
use crate::order::{
    CancelAnswer, ClientOrderId, Close, ExpiryReason, Order, OrderEvent, Phase, QueryAnswer,
    Refusal, Slot, SlotState, SubmitAnswer,
};
use crate::reconcile::{RETRY_PAUSE, is_settled};
use crate::time::{Span, Timestamp};

/// The exchange puts an order away that ended so long ago with nothing executed (`rest-api.md`).
const ARCHIVED_AFTER: Span = Span::from_millis(90 * 24 * 60 * 60_000);

impl Engine {
    #[inline]
    pub(super) fn take_submitted(&mut self, id: ClientOrderId, answer: &SubmitAnswer) {
        if let SubmitAnswer::Placed(state) = answer {
            self.merge(state, None);
            return;
        }
        let now = self.clock;
        let resends = self.has(Bug::ResendSameId) || self.has(Bug::ResendNewId);
        let mut retry_at = None;
        let Some(order) = self.order_mut(id) else { return };
        // Sent a second time, to settle it: a refusal now does not say what became of the first.
        let fenced = order.phase == Phase::Unresolved;
        match *answer {
            SubmitAnswer::Placed(_) => {}
            SubmitAnswer::Refused {
                refusal: Refusal::RateLimited | Refusal::ClockSkew | Refusal::KeyRejected,
                not_before,
            } if fenced => learn(order, Evidence::NoAnswer(not_before), now),
            // It may be open and hold the very balance that is missing, or it may have fired, or
            // the market has gone through it: the lists will tell.
            SubmitAnswer::Refused { .. } if fenced => {
                learn(order, Evidence::FenceFoundNothing, now);
            }
            SubmitAnswer::Unknown | SubmitAnswer::NotSent if fenced => {
                learn(order, Evidence::NoAnswer(None), now);
            }
            SubmitAnswer::Refused { refusal, not_before } => {
                order.on(OrderEvent::Refused(refusal), now);
                retry_at = not_before;
            }
            SubmitAnswer::Exists => {
                unresolve(order, OrderEvent::NoAnswer, now);
                learn(order, Evidence::FenceFoundIt, now);
            }
            SubmitAnswer::Unknown if !resends => unresolve(order, OrderEvent::NoAnswer, now),
            SubmitAnswer::Unknown | SubmitAnswer::NotSent => {
                order.on(OrderEvent::NotSent, now);
            }
        }
        self.after_end(id, retry_at);
    }

    #[inline]
    pub(super) fn take_canceled(&mut self, id: ClientOrderId, answer: &CancelAnswer) {
        if let CancelAnswer::Canceled(state) = answer {
            self.merge(state, None);
            return;
        }
        let now = self.clock;
        let careless = self.has(Bug::NotOpenIsCanceled);
        let Some(slot) = self.slot_mut(id) else { return };
        let Some(order) = slot.order_mut(id) else { return };
        let fenced = order.phase == Phase::Unresolved;
        match *answer {
            CancelAnswer::Canceled(_) => {}
            CancelAnswer::NotOpen if careless => {
                order.on(OrderEvent::Ended(Close::Canceled), now);
            }
            CancelAnswer::NotOpen if fenced => learn(order, Evidence::FenceFoundNothing, now),
            CancelAnswer::Refused { not_before, .. } if fenced => {
                learn(order, Evidence::NoAnswer(not_before), now);
            }
            CancelAnswer::Unknown | CancelAnswer::NotSent if fenced => {
                learn(order, Evidence::NoAnswer(None), now);
            }
            CancelAnswer::NotOpen => unresolve(order, OrderEvent::NotOpen, now),
            CancelAnswer::Unknown => unresolve(order, OrderEvent::NoAnswer, now),
            CancelAnswer::NotSent => {
                order.on(OrderEvent::CancelRefused, now);
            }
            CancelAnswer::Refused { not_before, .. } => {
                order.on(OrderEvent::CancelRefused, now);
                slot.hold_until = Some(not_before.unwrap_or(now).max(now + RETRY_PAUSE));
            }
        }
        self.after_end(id, None);
    }

    pub(super) fn take_queried(&mut self, id: ClientOrderId, answer: &QueryAnswer) {
        let now = self.clock;
        let trusting = self.has(Bug::TrustOneNotFound);
        let hasty = self.has(Bug::AbsentBeforeDeadline);
        match answer {
            QueryAnswer::Found(state) => self.merge(state, None),
            QueryAnswer::NotFound => {
                let Some(order) = self.order_mut(id) else { return };
                let asked = order.resolve.as_ref().map_or(0, |resolve| resolve.queries());
                if trusting || (hasty && asked >= 3) {
                    order.on(OrderEvent::ProvenAbsent, now);
                }
                learn(order, Evidence::NotFound, now);
            }
            QueryAnswer::Archived => self.take_archived(id),
            QueryAnswer::Failed(not_before) => {
                let Some(order) = self.order_mut(id) else { return };
                learn(order, Evidence::NoAnswer(*not_before), now);
            }
        }
    }

    /// The exchange has put an order away that ended long ago with nothing executed.
    fn take_archived(&mut self, id: ClientOrderId) {
        let now = self.clock;
        let Some(order) = self.order_mut(id) else { return };
        let is_old = now.since(order.decided_at) >= ARCHIVED_AFTER;
        if !is_old || !order.executed().is_zero() {
            // An order of ours that is younger, or was executed, is not the one that was put away:
            // an id is unique among open orders only.
            return learn(order, Evidence::NotFound, now);
        }
        order.on(OrderEvent::Ended(Close::Expired(ExpiryReason::Unknown)), now);
        self.after_end(id, None);
    }

    /// A replacement that went through as it was asked for, which is nearly every one. None where
    /// it is anything else: then nothing has been taken in.
    #[inline]
    pub(super) fn take_replaced(
        &mut self,
        cancel: &CancelAnswer,
        submit: Option<&SubmitAnswer>,
    ) -> Option<Touched> {
        let (CancelAnswer::Canceled(ended), Some(SubmitAnswer::Placed(placed))) = (cancel, submit)
        else {
            return None;
        };
        self.take_usual(placed.id, |slot, now| slot.take_replacement(ended, placed, now))
    }

    /// Like [`Engine::take_replaced`], for an order that was placed and not filled at once.
    #[inline]
    pub(super) fn take_placed(&mut self, answer: &SubmitAnswer) -> Option<Touched> {
        let SubmitAnswer::Placed(placed) = answer else { return None };
        self.take_usual(placed.id, |slot, now| slot.take_placement(placed, now))
    }

    /// Takes in what `take` says is the usual answer about an order, and who it moves.
    #[inline]
    fn take_usual(
        &mut self,
        id: ClientOrderId,
        take: impl FnOnce(&mut SlotState, Timestamp) -> bool,
    ) -> Option<Touched> {
        let now = self.clock;
        let index = usize::from(id.trader().0);
        let trader = self.traders.get(index)?;
        let in_position = trader.position.is_open();
        // Once a position is open, which entry is the rest of it matters to a strategy.
        if trader.has_questions || (in_position && id.slot() != Slot::Exit) {
            return None;
        }
        let slot = self.slot_mut(id)?;
        if !take(slot, now) {
            return None;
        }
        let done = is_settled(slot);
        if in_position {
            self.note_protection(index);
        }
        Some(if done { Touched::None } else { Touched::Acknowledged(index) })
    }

    /// Answers or reports of a slot are in: which of a replacement's two orders stands now, and who
    /// has to be asked. `booked` is how many fills had been booked before.
    #[inline]
    pub(super) fn settled(&mut self, id: ClientOrderId, booked: u64) -> Touched {
        let fills = self.booked != booked;
        let index = usize::from(id.trader().0);
        let Some(slot) = self.slot_mut(id) else { return Touched::None };
        slot.note_past(id);
        slot.settle_replacement();
        let asks = slot.open_orders().any(Order::has_questions);
        let (quiet, at_rest) = (is_quiet(slot), is_settled(slot));
        let Some(trader) = self.traders.get_mut(index) else { return Touched::None };
        // Once a position is open, which entry is the rest of it matters to a strategy.
        let quiet = quiet && (id.slot() == Slot::Exit || !trader.position.is_open());
        let done = quiet && at_rest;
        let in_question = asks || trader.has_questions;
        if asks {
            trader.has_questions = true;
        } else if trader.has_questions {
            trader.note_questions();
        }
        if trader.position.is_open() {
            self.note_protection(index);
        }
        if fills || in_question {
            // A fill, or an order whose fate is open or was, changes what every trader of the
            // account may spend and do.
            Touched::All
        } else if done {
            Touched::None
        } else if quiet {
            Touched::Acknowledged(index)
        } else {
            Touched::One(index)
        }
    }

    /// A placement or cancellation that nobody answered is unresolved.
    pub(super) fn expire_answers(&mut self) -> Touched {
        let now = self.clock;
        let expired = |order: &&mut Order| {
            matches!(order.phase, Phase::Submitting | Phase::Canceling)
                && now >= order.phase_since + ANSWER_TIMEOUT
        };
        for trader in &mut self.traders {
            for order in trader.slots.iter_mut().flat_map(SlotState::orders_mut).filter(expired) {
                unresolve(order, OrderEvent::NoAnswer, now);
            }
            trader.note_questions();
        }
        Touched::All
    }

    /// What was learnt from a snapshot (or from its not coming), for every order that waits for one:
    /// a snapshot asked for before that proves nothing.
    pub(super) fn learn_audit(&mut self, snapshot: Result<(), Option<Timestamp>>) {
        let now = self.clock;
        let waiting = |order: &&Order| order.resolve.as_ref().is_some_and(|it| it.awaits_audit());
        let slots = || self.traders.iter().flat_map(|trader| &trader.slots);
        let ids: Vec<_> =
            slots().flat_map(SlotState::orders).filter(waiting).map(|it| it.id).collect();
        for id in ids {
            let slot =
                self.traders.get(usize::from(id.trader().0)).and_then(|it| it.slot(id.slot()));
            let Some(order) = slot.and_then(|slot| slot.order(id)) else { continue };
            let evidence = match snapshot {
                Err(not_before) => Evidence::NoAnswer(not_before),
                Ok(()) if self.seems_executed(order) => Evidence::AuditMismatch,
                Ok(()) if self.suffices_for_one(order) => Evidence::AuditClean,
                Ok(()) => Evidence::AuditAmple,
            };
            let mismatched =
                |order: &Order| order.resolve.as_ref().is_some_and(|it| it.is_mismatched());
            let before = mismatched(order);
            let Some(order) = self.order_mut(id) else { continue };
            learn(order, evidence, now);
            if !before && mismatched(order) {
                self.pending.push_back(Alert::Unexplained { id });
            }
        }
        self.traders.iter_mut().for_each(Trader::note_questions);
    }

    /// The process has started: what was on its way has no answer any more.
    pub(super) fn lose_sight(&mut self) {
        let now = self.clock;
        for trader in &mut self.traders {
            for order in trader.slots.iter_mut().flat_map(SlotState::orders_mut) {
                if let Some(resolve) = &mut order.resolve {
                    resolve.restarted(now);
                }
                unresolve(order, OrderEvent::LostSight, now);
                order.fills_due = order.fills_due.map(|_| now);
            }
            trader.note_questions();
        }
    }
}

/// Whether a slot's only order is open and unfilled, as it was asked for: a strategy, which stated
/// it, has nothing to add. (An exit that works in the book is on its way out: it has.)
fn is_quiet(slot: &SlotState) -> bool {
    !slot.is_unusual()
        && slot.current().is_some_and(|order| {
            order.phase == Phase::Working
                && order.executed().is_zero()
                && (slot.slot == Slot::Entry || order.working_since.is_none())
        })
}

/// Takes evidence in where an order is being settled; a proof of absence ends it.
fn learn(order: &mut Order, evidence: Evidence, now: Timestamp) {
    if let Some(resolve) = &mut order.resolve
        && resolve.learn(evidence, now)
    {
        order.on(OrderEvent::ProvenAbsent, now);
    }
}

/// What the exchange made of an order is not known, or not known any more.
pub(super) fn unresolve(order: &mut Order, event: OrderEvent, now: Timestamp) {
    let was = order.phase;
    order.on(event, now);
    if order.phase == Phase::Unresolved && was != Phase::Unresolved {
        order.resolve = Some(Box::new(if order.is_known() {
            Resolve::of_known_order(now)
        } else {
            Resolve::of_placement(order.terms.side, order.decided_at, now)
        }));
    }
}
