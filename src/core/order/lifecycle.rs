//! One order's life, as one transition table.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::resolve::Resolve;
use super::{
    ClientOrderId, ExpiryReason, Fill, OrderKind, OrderState, Part, Reason, Refusal, Side, Terms,
    TradeId, VenueOrderId, VenueStatus,
};
use crate::num::Quantity;
use crate::time::Timestamp;

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Decided and on its way; no answer yet.
    Submitting,
    /// Open on the exchange: waiting for its trigger, or in the book.
    Working,
    /// Open on the exchange, its cancellation on its way.
    Canceling,
    /// The exchange did not say what became of the placement or of the cancellation. Counts as
    /// live until evidence settles it.
    Unresolved,
    /// Nothing more is expected.
    Closed(Close),
}

/// How an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Close {
    /// Completely filled.
    Filled,
    /// Cancelled; part of it may be filled.
    Canceled,
    /// Ended by the exchange; part of it may be filled.
    Expired(ExpiryReason),
    /// Taken in by the exchange and then refused.
    Rejected,
    /// Refused: it was never placed.
    Refused(Refusal),
    /// The sender was too late and did not send it.
    NotSent,
    /// Proven never to have been placed (`order::resolve`).
    Absent,
}

/// What can happen to an order, in the order of the columns of [`Phase::next`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEvent {
    /// The exchange says it is open.
    Open,
    /// The exchange says it ended, in this way.
    Ended(Close),
    /// The placement got a definite no.
    Refused(Refusal),
    /// The placement was not sent.
    NotSent,
    /// The placement or the cancellation got no usable answer.
    NoAnswer,
    /// The process was down: whatever was known may have changed unseen.
    LostSight,
    /// A cancellation is on its way.
    CancelSent,
    /// The cancellation was refused, the order being as open as before.
    CancelRefused,
    /// The cancellation found nothing open: filled, ended, or unknown.
    NotOpen,
    /// The evidence that it was never placed is complete.
    ProvenAbsent,
}

/// An answer that does not fit what was known. The exchange is believed, and somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Surprise {
    /// An order that was taken for never placed, or refused, is there after all.
    Revived,
    /// More was filled after the order had ended.
    FillAfterClose,
    /// More was filled than the order asked for.
    Overfilled,
}

impl Phase {
    /// The transition table. Every phase names every event that moves it; what is not named leaves
    /// it as it is, because answers, stream and queries repeat each other in any order.
    #[must_use]
    #[inline]
    pub const fn next(self, event: OrderEvent) -> (Self, Option<Surprise>) {
        use OrderEvent as E;
        let phase = match (self, event) {
            // The first answer to a placement, from whichever side it comes.
            (Self::Submitting | Self::Unresolved, E::Open) => Self::Working,
            (Self::Submitting | Self::Unresolved, E::Refused(why)) => {
                Self::Closed(Close::Refused(why))
            }
            (Self::Submitting | Self::Unresolved, E::NotSent) => Self::Closed(Close::NotSent),
            (Self::Unresolved, E::ProvenAbsent) => Self::Closed(Close::Absent),
            (Self::Submitting, E::NoAnswer) => Self::Unresolved,
            (Self::Submitting | Self::Working | Self::Canceling, E::LostSight) => Self::Unresolved,
            // The stream was faster than the answer, and has already proven that it is open.
            (Self::Working, E::NoAnswer | E::Refused(_) | E::NotSent) => Self::Working,

            (Self::Working, E::CancelSent) => Self::Canceling,
            // Still open until the cancellation is confirmed: a partial fill says so too.
            (Self::Canceling, E::Open) => Self::Canceling,
            (Self::Canceling, E::CancelRefused) => Self::Working,
            // "Unknown order": it may just have been filled. Ask, do not assume.
            (Self::Canceling, E::NoAnswer | E::NotOpen) => Self::Unresolved,

            (
                Self::Submitting | Self::Working | Self::Canceling | Self::Unresolved,
                E::Ended(how),
            ) => Self::Closed(how),

            // We believed it was never there. The exchange is right.
            (Self::Closed(Close::Absent | Close::NotSent | Close::Refused(_)), E::Open) => {
                return (Self::Working, Some(Surprise::Revived));
            }
            (Self::Closed(Close::Absent | Close::NotSent | Close::Refused(_)), E::Ended(how)) => {
                return (Self::Closed(how), Some(Surprise::Revived));
            }
            // An ended order stays ended: what still arrives is late or doubled.
            (Self::Closed(how), _) => Self::Closed(how),

            (
                phase @ (Self::Submitting | Self::Working | Self::Canceling | Self::Unresolved),
                _,
            ) => phase,
        };
        (phase, None)
    }

    /// Its place in an order's life. An ended order never changes how it ended, so two phases with
    /// the same number are the same.
    #[inline]
    const fn step(self) -> u8 {
        match self {
            Self::Submitting => 0,
            Self::Working => 1,
            Self::Canceling => 2,
            Self::Unresolved => 3,
            Self::Closed(_) => 4,
        }
    }

    /// Whether the order is, or may be, open on the exchange.
    #[inline]
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Closed(_))
    }
}

/// What is known of one leg of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Leg {
    executed: Quantity,
    ended: Option<VenueStatus>,
}

/// The two orders that a bracket is on the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Legs {
    stop: Leg,
    target: Leg,
}

/// An order of ours and all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Ours.
    pub id: ClientOrderId,
    /// What was asked for.
    pub terms: Terms,
    /// Why.
    pub reason: Reason,
    /// Where it is in its life.
    pub phase: Phase,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// How many candles of its series had closed then.
    pub decided_after: u64,
    /// When the phase was entered.
    pub phase_since: Timestamp,
    /// The exchange's number of it, once known.
    pub venue_id: Option<VenueOrderId>,
    /// Since when it works in the book; none while a stop waits for its trigger.
    pub working_since: Option<Timestamp>,
    /// The settling of an unknown outcome, while it lasts.
    pub resolve: Option<Box<Resolve>>,
    /// More was executed than was told fill by fill: the fills are to be fetched at this time.
    pub fills_due: Option<Timestamp>,
    legs: Option<Box<Legs>>,
    executed: Quantity,
    booked: Quantity,
    /// The fills that were booked, by number; one or two, nearly always.
    trades: SmallVec<[TradeId; 2]>,
}

/// What merging a statement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Merged {
    /// The fill was not known before: it is to be booked, once.
    pub new_fill: bool,
    /// The order has ended.
    pub ended: bool,
    /// What did not fit.
    pub surprise: Option<Surprise>,
}

impl Order {
    /// An order just decided, its intent about to be recorded.
    #[inline]
    pub fn submitting(
        id: ClientOrderId,
        terms: Terms,
        reason: Reason,
        decided_at: Timestamp,
        decided_after: u64,
    ) -> Self {
        let is_list = matches!(terms.kind, OrderKind::Bracket { .. });
        Self {
            id,
            terms,
            reason,
            phase: Phase::Submitting,
            decided_at,
            decided_after,
            phase_since: decided_at,
            venue_id: None,
            working_since: None,
            resolve: None,
            fills_due: None,
            legs: is_list.then(Box::default),
            executed: Quantity::ZERO,
            booked: Quantity::ZERO,
            trades: SmallVec::new(),
        }
    }

    /// How much of it was executed: by the exchange's count, or by our own if that is ahead.
    #[inline]
    pub const fn executed(&self) -> Quantity {
        self.executed
    }

    /// How much of it may still be executed.
    #[inline]
    pub const fn remaining(&self) -> Quantity {
        self.terms.quantity.quantity().saturating_minus(self.executed)
    }

    /// How much of it is booked, fill by fill.
    pub const fn booked(&self) -> Quantity {
        self.booked
    }

    /// How much was executed and is not booked: its fills are on their way.
    #[inline]
    pub const fn unbooked(&self) -> Quantity {
        self.executed.saturating_minus(self.booked)
    }

    /// Whether every execution that the exchange counts is booked.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.booked == self.executed
    }

    /// Whether it is, or may be, open on the exchange.
    #[inline]
    pub const fn is_live(&self) -> bool {
        self.phase.is_live()
    }

    /// Whether the exchange has ever acknowledged it.
    pub const fn is_known(&self) -> bool {
        self.venue_id.is_some()
    }

    /// Whether its outcome, or one of its fills, is not known.
    #[inline]
    pub fn has_questions(&self) -> bool {
        self.phase == Phase::Unresolved || self.fills_due.is_some()
    }

    /// Whether the stop of a bracket has ended while its target is still open: what is left of it has
    /// no stop. A target that has traded says how much next; it may be all.
    #[inline]
    pub fn has_lost_stop(&self) -> bool {
        self.legs.as_ref().is_some_and(|legs| {
            let Legs { stop, target } = **legs;
            let told = !target.executed.is_zero()
                || stop.ended != Some(VenueStatus::Expired(ExpiryReason::OcoTrigger));
            stop.ended.is_some() && target.ended.is_none() && told
        })
    }

    /// Whether it sells when the price falls, or is on its way out: an order that only waits for a
    /// better price protects nothing.
    #[inline]
    pub fn protects(&self) -> bool {
        let has_stop = self.terms.kind.trigger().is_some() && !self.has_lost_stop();
        self.terms.side == Side::Sell && (has_stop || self.reason.is_leaving())
    }

    /// Moves it along the transition table.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "most callers know the event: little remains")]
    pub fn on(&mut self, event: OrderEvent, now: Timestamp) -> Option<Surprise> {
        let (phase, surprise) = self.phase.next(event);
        if phase.step() != self.phase.step() {
            self.phase = phase;
            self.phase_since = now;
            if phase.step() != Phase::Unresolved.step() {
                self.resolve = None;
            }
        }
        surprise
    }

    /// A cancellation of it leaves.
    #[inline]
    pub fn cancel_sent(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Working) {
            self.phase = Phase::Canceling;
            self.phase_since = now;
        } else {
            self.on(OrderEvent::CancelSent, now);
        }
    }

    /// Whether nothing has happened to it but that it entered `phase`, and `state` tells of nothing
    /// else: no execution, no trigger.
    #[inline]
    pub(super) fn is_untouched(&self, phase: Phase, state: &OrderState) -> bool {
        self.phase.step() == phase.step()
            && self.id == state.id
            && self.resolve.is_none()
            && self.fills_due.is_none()
            && self.legs.is_none()
            && self.executed.is_zero()
            && self.booked.is_zero()
            && state.executed.is_zero()
            && state.working_since.is_none()
    }

    /// The exchange says that it entered this phase, and nothing else.
    #[inline]
    pub(super) const fn enter(&mut self, phase: Phase, state: &OrderState, now: Timestamp) {
        self.phase = phase;
        self.phase_since = now;
        self.venue_id = Some(state.venue_id);
    }

    /// Takes in one statement of the exchange about it. Doing so twice, or in another order with
    /// other statements, ends in the same state.
    #[inline]
    pub fn merge(&mut self, state: &OrderState, fill: Option<&Fill>, now: Timestamp) -> Merged {
        let was_live = self.is_live();
        self.venue_id = Some(state.venue_id);
        // The target of a bracket works from the start: what is asked here is whether the stop does.
        if let Some(told) = state.working_since.filter(|_| state.id.part() != Part::TargetLeg) {
            self.working_since = Some(self.working_since.map_or(told, |known| known.min(told)));
        }
        if fill.is_none() && state.executed <= self.executed && self.legs.is_none() {
            // Nothing was executed: only the phase can change.
            let surprise = self.on(event_of(state.status), now);
            return Merged { new_fill: false, ended: was_live && !self.is_live(), surprise };
        }
        let (new_fill, surprise) = self.merge_execution(state, fill, now);
        Merged { new_fill, ended: was_live && !self.is_live(), surprise }
    }

    /// Takes in a statement by which something may have been executed, or one about a bracket.
    fn merge_execution(
        &mut self,
        state: &OrderState,
        fill: Option<&Fill>,
        now: Timestamp,
    ) -> (bool, Option<Surprise>) {
        let was_live = self.is_live();
        let new_fill = fill.is_some_and(|fill| self.book(fill));
        let before = self.executed;
        let event = if self.legs.is_some() {
            self.merge_leg(state)
        } else {
            self.executed = self.executed.max(state.executed);
            event_of(state.status)
        };
        self.executed = self.executed.max(self.booked);
        let surprise = self.on(event, now);
        if self.executed > self.terms.quantity.quantity() {
            (new_fill, Some(Surprise::Overfilled))
        } else if !was_live && surprise.is_none() && new_fill && self.executed > before {
            (new_fill, Some(Surprise::FillAfterClose))
        } else {
            (new_fill, surprise)
        }
    }

    /// Notes a fill; false if it was known.
    fn book(&mut self, fill: &Fill) -> bool {
        let Err(place) = self.trades.binary_search(&fill.trade_id) else { return false };
        self.trades.insert(place, fill.trade_id);
        self.booked = self.booked.plus(fill.quantity).unwrap_or(self.booked);
        true
    }

    /// Takes in a statement about a bracket. About the whole list it is like one about an order.
    /// About one leg: a list ends when it is filled or when both legs ended; one leg's end alone
    /// says nothing, since the exchange tells of one after the other.
    fn merge_leg(&mut self, state: &OrderState) -> OrderEvent {
        if state.id.part() == Part::Order {
            self.executed = self.executed.max(state.executed);
            return event_of(state.status);
        }
        let Some(legs) = &mut self.legs else { return OrderEvent::Open };
        let leg =
            if state.id.part() == Part::TargetLeg { &mut legs.target } else { &mut legs.stop };
        leg.executed = leg.executed.max(state.executed);
        if state.status.is_final() {
            leg.ended = leg.ended.or(Some(state.status));
        }
        let Legs { stop, target } = **legs;
        let sum = stop.executed.plus(target.executed).unwrap_or(stop.executed);
        self.executed = self.executed.max(sum);
        match (stop.ended, target.ended) {
            (Some(VenueStatus::Filled), _) | (_, Some(VenueStatus::Filled)) => {
                OrderEvent::Ended(Close::Filled)
            }
            (Some(stop), Some(VenueStatus::Expired(ExpiryReason::OcoTrigger))) => {
                OrderEvent::Ended(close_of(stop))
            }
            (Some(_), Some(target)) => OrderEvent::Ended(close_of(target)),
            _ => OrderEvent::Open,
        }
    }
}

#[inline]
const fn event_of(status: VenueStatus) -> OrderEvent {
    match status {
        VenueStatus::Open => OrderEvent::Open,
        status => OrderEvent::Ended(close_of(status)),
    }
}

const fn close_of(status: VenueStatus) -> Close {
    match status {
        VenueStatus::Filled => Close::Filled,
        // An open order has no close: asked only of ended ones.
        VenueStatus::Canceled | VenueStatus::Open => Close::Canceled,
        VenueStatus::Expired(reason) => Close::Expired(reason),
        VenueStatus::Rejected => Close::Rejected,
    }
}
