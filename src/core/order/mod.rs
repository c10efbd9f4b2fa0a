//! Orders: what is asked of the exchange, what it says of them, and how the two are kept together.
//!
//! *Denied* is ours (the risk gate said no; it never becomes an order), *refused* is the
//! exchange's definite no, and no answer at all is *unresolved*: settled by evidence
//! ([`resolve`]), never by hope.

mod answer;
mod client_id;
mod filters;
mod lifecycle;
mod reason;
mod report;
pub mod resolve;
mod slot;

use serde::{Deserialize, Serialize};

pub use answer::{CancelAnswer, QueryAnswer, SubmitAnswer};
pub use client_id::{
    ClientOrderId, ClientOrderIdError, ClientOrderIdParts, InstallationTag, Origin, Part, Slot,
    TraderId,
};
pub use filters::{FilterContext, OpenCounts, SpecialTerms, check_filters};
pub use lifecycle::{Close, Merged, Order, OrderEvent, Phase, Surprise};
pub use reason::{Denial, Reason, Skip};
pub use report::{
    ExpiryReason, Fill, OrderReport, OrderState, Refusal, TradeId, VenueOrderId, VenueStatus,
};
pub use slot::{Decision, Outcome, SlotState};

pub use crate::market::Side;
use crate::market::{LotQuantity, OrderType, Symbol, SymbolRules, TickPrice};
use crate::num::{Money, Price, Quantity};
use crate::time::Timestamp;

/// The kinds of order that strategies may state, with their prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
// Whole words are copied several times faster than a byte and what is behind it.
#[repr(u64)]
pub enum OrderKind {
    /// At `price` or better.
    Limit {
        /// The worst acceptable price.
        price: TickPrice,
    },
    /// At whatever the market gives.
    Market,
    /// Becomes a limit order at `limit` once a trade reaches `trigger`.
    StopLossLimit {
        /// The stop price.
        trigger: TickPrice,
        /// The worst acceptable price afterwards.
        limit: TickPrice,
    },
    /// Becomes a market order once a trade reaches `trigger`.
    StopLoss {
        /// The stop price.
        trigger: TickPrice,
    },
    /// An order list (OCO) of a limit order at `target` and a stop-limit order: one ends the other.
    Bracket {
        /// The price of the take-profit leg.
        target: TickPrice,
        /// The stop price of the stop leg.
        trigger: TickPrice,
        /// The limit price of the stop leg.
        limit: TickPrice,
    },
}

impl OrderKind {
    /// The order type on the exchange; that of the stop leg for a bracket.
    pub const fn order_type(&self) -> OrderType {
        match self {
            Self::Limit { .. } => OrderType::Limit,
            Self::Market => OrderType::Market,
            Self::StopLoss { .. } => OrderType::StopLoss,
            Self::StopLossLimit { .. } | Self::Bracket { .. } => OrderType::StopLossLimit,
        }
    }

    /// The stop price, where there is one.
    #[inline]
    pub const fn trigger(&self) -> Option<TickPrice> {
        match *self {
            Self::StopLossLimit { trigger, .. }
            | Self::StopLoss { trigger }
            | Self::Bracket { trigger, .. } => Some(trigger),
            Self::Limit { .. } | Self::Market => None,
        }
    }

    /// The worst price at which the order can be worth its quantity: the limit, or the trigger of
    /// a stop that becomes a market order. None for a market order.
    #[inline]
    pub const fn worst_price(&self) -> Option<TickPrice> {
        match *self {
            Self::Limit { price } => Some(price),
            Self::StopLossLimit { limit, .. } | Self::Bracket { limit, .. } => Some(limit),
            Self::StopLoss { trigger } => Some(trigger),
            Self::Market => None,
        }
    }

    /// How many orders count against MAX_NUM_ORDERS.
    pub const fn order_count(&self) -> u32 {
        if matches!(self, Self::Bracket { .. }) { 2 } else { 1 }
    }

    /// How many orders count against MAX_NUM_ALGO_ORDERS.
    pub const fn algo_count(&self) -> u32 {
        self.trigger().is_some() as u32
    }
}

/// What an order asks for, apart from who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Terms {
    /// Buy or sell.
    pub side: Side,
    /// Kind and prices.
    pub kind: OrderKind,
    /// How much of the base asset.
    pub quantity: LotQuantity,
}

impl Terms {
    /// The same order on the grid of `rules`, which may have changed since it was decided: prices
    /// and quantity rounded down to it, a target up. None where too little of it is left.
    pub fn snapped(&self, rules: &SymbolRules) -> Option<Self> {
        let down = |price: TickPrice| rules.floor_tick(price.price());
        let kind = match self.kind {
            OrderKind::Limit { price } => OrderKind::Limit { price: down(price)? },
            OrderKind::Market => OrderKind::Market,
            OrderKind::StopLoss { trigger } => OrderKind::StopLoss { trigger: down(trigger)? },
            OrderKind::StopLossLimit { trigger, limit } => {
                OrderKind::StopLossLimit { trigger: down(trigger)?, limit: down(limit)? }
            }
            OrderKind::Bracket { target, trigger, limit } => OrderKind::Bracket {
                target: rules.ceil_tick(target.price())?,
                trigger: down(trigger)?,
                limit: down(limit)?,
            },
        };
        let quantity = match kind {
            OrderKind::Market => rules.floor_market_lot(self.quantity.quantity())?,
            _ => rules.floor_lot(self.quantity.quantity())?,
        };
        let reaches =
            |price: TickPrice| rules.reaches_min_notional(price.price(), quantity.quantity());
        let snapped = Self { side: self.side, kind, quantity };
        kind.worst_price().is_none_or(reaches).then_some(snapped)
    }

    /// What the exchange locks for `remaining` of the order: quote for a BUY, base for a SELL.
    /// `reference` values a market BUY.
    pub fn locked(&self, remaining: Quantity, reference: Price) -> Money {
        match self.side {
            Side::Sell => remaining.to_money(),
            Side::Buy => {
                self.kind.worst_price().map_or(reference, TickPrice::price).times(remaining)
            }
        }
    }
}

/// An order that leaves for the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NewOrder {
    /// Ours; the key that joins answers and reports to it.
    pub id: ClientOrderId,
    /// The trading pair.
    pub symbol: Symbol,
    /// What is asked for.
    pub terms: Terms,
    /// Why.
    pub reason: Reason,
    /// How many candles of the trader's series had closed when it was decided.
    pub after: u64,
    /// A sender that is later than this does not send, and answers so.
    pub not_after: Timestamp,
}
