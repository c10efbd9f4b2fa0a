//! A slot: the standing decision of a strategy about one order, and the orders made for it.

use std::iter;
use std::mem::discriminant;

use serde::{Deserialize, Serialize};

use super::{
    ClientOrderId, Close, Order, OrderEvent, OrderState, Phase, Reason, Refusal, Side, Skip, Slot,
    Terms, VenueStatus,
};
use crate::num::{Money, Price, Quantity};
use crate::time::{Span, Timestamp};

/// Ended orders kept for reports that come late; older ones are settled, and a report of theirs
/// can only be a repetition.
const PAST_ORDERS: usize = 8;
/// When there are so many, all but [`PAST_ORDERS`] are forgotten at once: what costs is moving those
/// that stay.
const MOST_ORDERS: usize = 4 * PAST_ORDERS;
/// An order that could not leave for the second time in a row waits this long: twice as long after
/// each that follows, and at most...
const UNSENT_PAUSE: Span = Span::from_millis(1_000);
/// ... this long.
const MOST_UNSENT_PAUSE: Span = Span::from_millis(30_000);

/// What was decided about a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// This order should be open.
    Place(Terms, Reason),
    /// Nothing should be open, for this reason.
    Nothing(Skip),
}

/// A standing decision about a slot: it holds until the strategy states another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// What should be open.
    pub outcome: Outcome,
    /// How many candles of the series had closed when it was made.
    pub after: u64,
    /// When it was made.
    pub at: Timestamp,
}

impl Decision {
    /// What should be open, if anything.
    #[inline]
    pub const fn terms(&self) -> Option<&Terms> {
        match &self.outcome {
            Outcome::Place(terms, _) => Some(terms),
            Outcome::Nothing(_) => None,
        }
    }

    /// Why it should be open, if anything should.
    #[inline]
    pub const fn reason(&self) -> Option<Reason> {
        match self.outcome {
            Outcome::Place(_, reason) => Some(reason),
            Outcome::Nothing(_) => None,
        }
    }
}

/// A slot with its decision and its orders.
///
/// At most one order is live, apart from a successor on its way in a replacement (which exists only
/// if the cancellation before it succeeded), and from strays that came back from the dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// Which slot.
    pub slot: Slot,
    /// The standing decision.
    pub decision: Option<Decision>,
    /// How many decisions were sent so far: the generation of the last one's ids.
    pub generation: u32,
    /// How often the last one was sent.
    pub attempt: u16,
    /// Whether the standing decision was sent at all.
    pub sent: bool,
    /// The order ended without reaching what was decided: not to be sent again before this time.
    pub retry_at: Option<Timestamp>,
    /// The exchange refused a cancellation: none is asked for again before this time.
    pub hold_until: Option<Timestamp>,
    /// The order was placed twice, and the exchange may take the other one in until this time, unless
    /// this one is open or there is nothing left to sell: nothing is cancelled or bought before.
    #[serde(default)]
    pub doubled_until: Option<Timestamp>,
    /// How often in a row the exchange refused an order of the same kind and reason.
    pub refusals: u8,
    /// How often in a row an order could not leave.
    #[serde(default)]
    pub unsent: u8,
    /// Oldest first; the last is the current one, or, while a replacement is on its way, its
    /// successor.
    orders: Vec<Order>,
    /// Whether the last order is a successor.
    replacing: bool,
    /// Whether any order before the current one is live again, or not settled yet: nearly never.
    past_is_open: bool,
}

impl SlotState {
    /// An empty slot.
    pub const fn new(slot: Slot) -> Self {
        Self {
            slot,
            decision: None,
            generation: 0,
            attempt: 0,
            sent: false,
            retry_at: None,
            hold_until: None,
            doubled_until: None,
            refusals: 0,
            unsent: 0,
            orders: Vec::new(),
            replacing: false,
            past_is_open: false,
        }
    }

    /// Whether the standing decision is this order, for this candle.
    #[inline]
    pub fn stands(&self, terms: &Terms, reason: Reason, after: u64) -> bool {
        match &self.decision {
            Some(Decision { outcome: Outcome::Place(standing, why), after: since, .. }) => {
                *since == after && *why == reason && standing == terms
            }
            _ => false,
        }
    }

    /// How many orders are past.
    #[inline]
    fn past(&self) -> usize {
        self.orders.len().saturating_sub(1 + usize::from(self.replacing))
    }

    /// The last order: live, or the last to end.
    #[inline]
    pub fn current(&self) -> Option<&Order> {
        match self.orders.as_slice() {
            [.., current, _] if self.replacing => Some(current),
            [.., current] => Some(current),
            [] => None,
        }
    }

    /// The order that replaces the current one, while the exchange has not said how that went.
    #[inline]
    pub fn successor(&self) -> Option<&Order> {
        if self.replacing { self.orders.last() } else { None }
    }

    /// Every order still remembered, oldest first.
    pub fn orders(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.orders.iter()
    }

    /// Every order still remembered.
    pub fn orders_mut(&mut self) -> impl Iterator<Item = &mut Order> {
        self.orders.iter_mut()
    }

    /// The current order and its successor, and the past ones where something of them is still to
    /// come.
    #[inline]
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        let first = if self.past_is_open { 0 } else { self.past() };
        self.orders.get(first..).unwrap_or_default().iter()
    }

    /// Every order that is or may be open on the exchange.
    #[inline]
    pub fn live(&self) -> impl Iterator<Item = &Order> {
        self.open_orders().filter(|order| order.is_live())
    }

    /// What of the slot's orders on one side was executed and is not booked.
    #[inline]
    pub fn unbooked(&self, side: Side) -> Quantity {
        let of_side = self.open_orders().filter(|order| order.terms.side == side);
        of_side.fold(Quantity::ZERO, |sum, it| sum.plus(it.unbooked()).unwrap_or(sum))
    }

    /// Whether nothing is, or may be, open.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.live().next().is_none()
    }

    /// Whether there is no order of which anything is still to come.
    #[inline]
    pub fn is_idle(&self) -> bool {
        !self.is_unusual() && !self.orders.last().is_some_and(Order::is_live)
    }

    /// Whether a replacement is on its way, and nothing else is unusual.
    #[inline]
    pub const fn is_replacing(&self) -> bool {
        self.replacing && !self.past_is_open
    }

    /// Whether anything is open besides the current order: a successor, or a stray.
    #[inline]
    pub const fn is_unusual(&self) -> bool {
        self.replacing || self.past_is_open
    }

    /// Live orders among the past ones: they came back from the dead while the slot moved on.
    #[inline]
    pub fn strays(&self) -> impl Iterator<Item = &Order> {
        let past = if self.past_is_open { self.past() } else { 0 };
        self.orders.get(..past).unwrap_or_default().iter().filter(|order| order.is_live())
    }

    /// The remembered order with this id.
    pub fn order(&self, id: ClientOrderId) -> Option<&Order> {
        self.orders.iter().rev().find(|order| order.id.is_same_send(id))
    }

    /// Like [`SlotState::order`], for changing it; [`SlotState::note_past`] must follow.
    #[inline]
    pub fn order_mut(&mut self, id: ClientOrderId) -> Option<&mut Order> {
        self.orders.iter_mut().rev().find(|order| order.id.is_same_send(id))
    }

    /// To be called after an order may have changed.
    #[inline]
    pub fn note_past(&mut self, id: ClientOrderId) {
        if self.orders.last().is_some_and(|order| order.id.is_same_send(id)) {
            return;
        }
        let (past, recent) = self.orders.split_at(self.past());
        if !recent.iter().any(|order| order.id.is_same_send(id)) {
            self.past_is_open = past.iter().any(|order| order.is_live() || !order.is_settled());
        }
    }

    /// To be called after any orders may have changed.
    pub fn note_all_past(&mut self) {
        let past = self.orders.get(..self.past()).unwrap_or_default();
        self.past_is_open = past.iter().any(|order| order.is_live() || !order.is_settled());
    }

    /// The exchange's definite no to the last send of the standing decision.
    #[inline]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.current()?.phase {
            Phase::Closed(Close::Refused(refusal)) if self.sent => Some(refusal),
            _ => None,
        }
    }

    /// Whether the last send of the standing decision was to replace the current order and found no room
    /// beside it: the exchange counts what is open before it cancels.
    #[inline]
    pub fn found_no_room(&self) -> bool {
        let is_last_send = |order: &&Order| {
            (order.id.generation(), order.id.attempt()) == (self.generation, self.attempt)
        };
        let Some(current) = self.current().filter(|_| self.sent) else { return false };
        let last = self.orders.iter().rev().find(is_last_send);
        last.is_some_and(|last| match last.phase {
            Phase::Closed(Close::Refused(refusal)) => refusal.is_full() && last.id != current.id,
            _ => false,
        })
    }

    /// Whether what the exchange last refused was an order of this kind, for this reason.
    pub fn refused_alike(&self, terms: &Terms, reason: Reason) -> bool {
        let refused = |order: &&Order| {
            matches!(order.phase, Phase::Closed(Close::Refused(_) | Close::Rejected))
        };
        self.orders.iter().rev().find(refused).is_some_and(|last| {
            last.reason == reason && discriminant(&last.terms.kind) == discriminant(&terms.kind)
        })
    }

    /// What the exchange has, or may have, locked for the slot's orders on one side. A replacement
    /// locks for one of its two orders, whichever needs more. `reference` values a market BUY.
    #[inline]
    pub fn locked(&self, side: Side, reference: Price) -> Money {
        let of = |order: &Order| {
            if order.is_live() && order.terms.side == side {
                order.terms.locked(order.remaining(), reference)
            } else {
                Money::ZERO
            }
        };
        if !self.is_unusual() {
            return self.orders.last().map_or(Money::ZERO, of);
        }
        let current = self.current().map_or(Money::ZERO, of);
        let successor = self.successor().map_or(Money::ZERO, of);
        current.max(successor) + self.strays().map(of).sum()
    }

    /// Makes `order` the current one; the one before it becomes past. It is given as a function so that
    /// it is made in place: a copy of what was just written word by word waits for every word.
    pub fn push(&mut self, order: impl FnOnce() -> Order) {
        self.settle_replacement();
        self.forget_oldest();
        let before = self.current();
        self.past_is_open |= before.is_some_and(|order| order.is_live() || !order.is_settled());
        self.orders.extend(iter::once_with(order));
    }

    /// Makes `order`, given as for [`SlotState::push`], the successor of the current one.
    #[inline]
    pub fn replace(&mut self, order: impl FnOnce() -> Order) {
        self.forget_oldest();
        self.orders.extend(iter::once_with(order));
        self.replacing = true;
    }

    fn forget_oldest(&mut self) {
        if self.orders.len() >= MOST_ORDERS && !self.past_is_open {
            self.orders.drain(..MOST_ORDERS - PAST_ORDERS);
        }
    }

    /// Takes in that a replacement went through before anything of either order was executed, as
    /// nearly every one does: the same as merging both statements, in one step. False, and nothing
    /// has changed, where anything is unusual.
    #[inline]
    pub fn take_replacement(
        &mut self,
        ended: &OrderState,
        placed: &OrderState,
        now: Timestamp,
    ) -> bool {
        let usual = self.is_replacing()
            && ended.status == VenueStatus::Canceled
            && placed.status == VenueStatus::Open;
        let [.., current, successor] = self.orders.as_mut_slice() else { return false };
        if !usual
            || !current.is_untouched(Phase::Canceling, ended)
            || !successor.is_untouched(Phase::Submitting, placed)
        {
            return false;
        }
        current.enter(Phase::Closed(Close::Canceled), ended, now);
        successor.enter(Phase::Working, placed, now);
        self.replacing = false;
        self.went_well();
        true
    }

    /// Takes in that the current order was placed before anything of it was executed, as nearly every
    /// one is: the same as merging the statement, in one step. False, and nothing has changed, where
    /// anything is unusual.
    #[inline]
    pub fn take_placement(&mut self, placed: &OrderState, now: Timestamp) -> bool {
        if self.is_unusual() || placed.status != VenueStatus::Open {
            return false;
        }
        let Some(order) = self.orders.last_mut() else { return false };
        if !order.is_untouched(Phase::Submitting, placed) {
            return false;
        }
        order.enter(Phase::Working, placed, now);
        self.went_well();
        true
    }

    /// An order did what was asked for: nothing that went wrong before makes the next one wait.
    #[inline]
    pub const fn went_well(&mut self) {
        self.refusals = 0;
        self.unsent = 0;
        self.retry_at = None;
    }

    /// An order could not leave: too late, or for want of a connection. The next one leaves at once,
    /// but the longer that goes on the more it waits: each is recorded, and has an id of its own.
    pub fn could_not_send(&mut self, now: Timestamp) {
        let waits = self.unsent.checked_sub(1);
        let pause = waits.map(|it| UNSENT_PAUSE.times(1 << it.min(5)).min(MOST_UNSENT_PAUSE));
        self.unsent = self.unsent.saturating_add(1);
        self.refusals = 0;
        self.retry_at = pause.map(|pause| now + pause);
    }

    /// The exchange is within reach: what could not leave need not wait any longer.
    pub const fn in_reach(&mut self) {
        if self.unsent > 0 {
            self.unsent = 0;
            self.retry_at = None;
        }
    }

    /// After the answers of a replacement: once the first order has ended, the second one takes its
    /// place; if the second one ended without having been placed, it is only remembered.
    ///
    /// Where the first one was filled, its cancellation has failed, or will fail: then the exchange does
    /// not attempt the second half, whatever became of the request.
    pub fn settle_replacement(&mut self) {
        if !self.replacing {
            return;
        }
        let live = |order: Option<&Order>| order.is_some_and(Order::is_live);
        let (current, successor) = (live(self.current()), live(self.successor()));
        if current && successor {
            return;
        }
        let last = self.orders.len() - 1;
        if current {
            self.orders.swap(last, last - 1);
        } else if let [.., first, second] = self.orders.as_mut_slice()
            && first.phase == Phase::Closed(Close::Filled)
            && second.phase == Phase::Unresolved
            && !second.is_known()
        {
            second.on(OrderEvent::ProvenAbsent, first.phase_since);
        }
        self.replacing = false;
        let before = self.orders.get(last.wrapping_sub(1));
        self.past_is_open |= before.is_some_and(|order| order.is_live() || !order.is_settled());
    }
}
