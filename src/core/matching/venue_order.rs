use super::AccountIndex;
use crate::market::Side;
use crate::num::{Money, Price, Quantity};
use crate::order::{OrderKind, OrderState, VenueOrderId, VenueStatus};
use crate::time::Timestamp;

/// The kind of one order in the book: a list is two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LegKind {
    Limit { price: Price },
    Market,
    Stop { trigger: Price, limit: Option<Price> },
}

impl LegKind {
    /// The one or two orders that a placement puts into the book.
    pub(super) const fn of(kind: &OrderKind) -> (Self, Option<Self>) {
        match *kind {
            OrderKind::Limit { price } => (Self::Limit { price: price.price() }, None),
            OrderKind::Market => (Self::Market, None),
            OrderKind::StopLoss { trigger } => {
                (Self::Stop { trigger: trigger.price(), limit: None }, None)
            }
            OrderKind::StopLossLimit { trigger, limit } => {
                (Self::Stop { trigger: trigger.price(), limit: Some(limit.price()) }, None)
            }
            OrderKind::Bracket { target, trigger, limit } => (
                Self::Stop { trigger: trigger.price(), limit: Some(limit.price()) },
                Some(Self::Limit { price: target.price() }),
            ),
        }
    }
}

/// An order in the book of the simulated exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueOrder<I> {
    /// The exchange's number.
    pub venue_id: VenueOrderId,
    /// The client's id.
    pub client_id: I,
    /// Whose.
    pub account: AccountIndex,
    /// Buy or sell.
    pub side: Side,
    pub(super) kind: LegKind,
    /// How much was asked for.
    pub quantity: Quantity,
    /// How much was executed.
    pub executed: Quantity,
    /// Since when it works; none while a stop waits for its trigger.
    pub working_since: Option<Timestamp>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The list that it is a leg of.
    pub list: Option<u64>,
    /// What it has locked.
    pub locked: Money,
}

impl<I: Clone> VenueOrder<I> {
    /// How much is still open.
    #[inline]
    pub fn remaining(&self) -> Quantity {
        self.quantity.saturating_minus(self.executed)
    }

    /// The limit price, of an order that has one.
    #[inline]
    pub const fn limit(&self) -> Option<Price> {
        match self.kind {
            LegKind::Limit { price } => Some(price),
            LegKind::Stop { limit, .. } => limit,
            LegKind::Market => None,
        }
    }

    /// The stop price, of a stop.
    pub const fn trigger(&self) -> Option<Price> {
        match self.kind {
            LegKind::Stop { trigger, .. } => Some(trigger),
            LegKind::Limit { .. } | LegKind::Market => None,
        }
    }

    /// Whether it counts as an algorithmic order.
    pub const fn is_stop(&self) -> bool {
        matches!(self.kind, LegKind::Stop { .. })
    }

    /// The price at which it does something next, and whether that is above the market: a stop's
    /// trigger, a resting order's limit. None for a market order, which waits for any price.
    #[inline]
    pub(super) fn next_act(&self) -> Option<(Price, bool)> {
        // A buyer's stop and a seller's limit are above the market; the other two below it.
        match (self.kind, self.working_since) {
            (LegKind::Stop { trigger, .. }, None) => Some((trigger, self.side == Side::Buy)),
            _ => Some((self.limit()?, self.side == Side::Sell)),
        }
    }

    /// Whether it does something at this very price.
    pub(super) fn acts_when_at(&self, price: Price) -> bool {
        match (self.kind, self.working_since, self.side) {
            (LegKind::Market, ..) => true,
            (LegKind::Stop { trigger, .. }, None, Side::Buy) => price >= trigger,
            (LegKind::Stop { trigger, .. }, None, Side::Sell) => price <= trigger,
            (_, _, Side::Buy) => self.limit().is_none_or(|limit| price <= limit),
            (_, _, Side::Sell) => self.limit().is_none_or(|limit| price >= limit),
        }
    }

    /// Its state while it is open.
    pub fn open_state(&self, at: Timestamp) -> OrderState<I> {
        self.state(VenueStatus::Open, at)
    }

    /// Its state, as it is told.
    #[inline]
    pub(super) fn state(&self, status: VenueStatus, at: Timestamp) -> OrderState<I> {
        OrderState {
            id: self.client_id.clone(),
            venue_id: self.venue_id,
            status,
            executed: self.executed,
            working_since: self.working_since,
            at,
        }
    }
}
