//! What the exchange says of an order, in whichever message it comes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ClientOrderId;
use crate::market::{Asset, FilterName};
use crate::num::{Price, Quantity};
use crate::time::Timestamp;

/// The exchange's number of an order; unique per symbol.
pub type VenueOrderId = u64;

/// The exchange's number of one execution; unique per symbol.
pub type TradeId = u64;

/// One execution of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fill {
    /// The exchange's number; a fill is booked once however often it is told.
    pub trade_id: TradeId,
    /// At what price.
    pub price: Price,
    /// How much of the base asset.
    pub quantity: Quantity,
    /// The fee charged.
    pub commission: Quantity,
    /// In which asset the fee was charged.
    pub commission_asset: Asset,
    /// Whether the order was resting in the book.
    pub maker: bool,
    /// When it happened, by the exchange's clock.
    pub at: Timestamp,
}

/// Why the exchange ended an order by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExpiryReason {
    /// Not said, or not known to this version.
    Unknown,
    /// It could not enter the book when it triggered: no funds, or a filter.
    Rejected,
    /// Maintenance, liquidation.
    ExchangeCanceled,
    /// The other leg of the list traded or triggered.
    OcoTrigger,
    /// The order that it waited for ended first.
    OtoPhaseOneExpired,
    /// What an immediate-or-cancel order did not find at once.
    UnfilledIocQuantityExpired,
    /// A fill-or-kill order that could not be filled whole at once.
    UnfilledFokOrderExpired,
    /// Not enough on the other side of the book.
    InsufficientLiquidity,
    /// The price-range rule stopped it.
    ExecutionRulePriceRangeExceeded,
    /// Self-trade prevention (`EXPIRED_IN_MATCH`).
    SelfTradePrevention,
}

/// The state of an order on the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VenueStatus {
    /// Accepted and open: waiting for its trigger, or working in the book, part-filled or not.
    Open,
    /// Completely filled.
    Filled,
    /// Cancelled on request, by us or by the user; part of it may be filled.
    Canceled,
    /// Ended by the exchange; part of it may be filled.
    Expired(ExpiryReason),
    /// Refused after it had been taken in.
    Rejected,
}

impl VenueStatus {
    /// Whether nothing more can happen to the order.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Open)
    }
}

/// The state of an order as the exchange tells it; `I` is how it is called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderState<I = ClientOrderId> {
    /// Which order (or leg of a bracket).
    pub id: I,
    /// The exchange's number of it.
    pub venue_id: VenueOrderId,
    /// Its state.
    pub status: VenueStatus,
    /// How much of it was executed so far, all fills together.
    pub executed: Quantity,
    /// Since when it works in the book; none while a stop waits for its trigger.
    pub working_since: Option<Timestamp>,
    /// When the exchange made the change.
    pub at: Timestamp,
}

/// One statement of the exchange about one order: an event of the user stream, a row of a list of
/// orders or trades. They may come late, twice, and in any order; all are merged in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderReport<I = ClientOrderId> {
    /// The order's state.
    pub state: OrderState<I>,
    /// The execution that it tells of.
    pub fill: Option<Fill>,
}

/// A definite no of the exchange: the order was not placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// A filter of the symbol; none where the exchange named one that is not known here.
    Filter(Option<FilterName>),
    /// Not enough of the asset that the order would lock.
    InsufficientBalance,
    /// The stop price was already reached.
    WouldTriggerImmediately,
    /// A maker-only order would have taken.
    WouldTakeImmediately,
    /// The prices of a list do not stand in the right relation.
    PriceRelation,
    /// The order that was to be replaced has been filled in part since
    /// (`cancelRestrictions=ONLY_NEW`): nothing was done.
    PartlyFilled,
    /// Trading on the symbol is off.
    MarketClosed,
    /// Too many requests or orders. When to come again is in the answer.
    RateLimited,
    /// The request's time was off by too much.
    ClockSkew,
    /// The key or the signature was not accepted.
    KeyRejected,
    /// The account or symbol does not allow this.
    NotPermitted,
    /// Another code of the exchange.
    Other(i32),
}

impl Refusal {
    /// Whether as many orders are open as may be.
    pub const fn is_full(self) -> bool {
        matches!(
            self,
            Self::Filter(Some(
                FilterName::MaxNumOrders
                    | FilterName::MaxNumAlgoOrders
                    | FilterName::MaxNumOrderLists
                    | FilterName::ExchangeMaxNumOrders
                    | FilterName::ExchangeMaxNumAlgoOrders
                    | FilterName::ExchangeMaxNumOrderLists
            ))
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filter(Some(filter)) => {
                return write!(f, "its filter {} says no", filter.as_str());
            }
            Self::Filter(None) => "a filter that this version does not know says no",
            Self::InsufficientBalance => "the balance is too small",
            Self::WouldTriggerImmediately => "the stop price was already reached",
            Self::WouldTakeImmediately => "it would have taken from the book",
            Self::PriceRelation => "its prices do not stand in the right relation",
            Self::PartlyFilled => "it was partly filled meanwhile",
            Self::MarketClosed => "trading on the symbol is off",
            Self::RateLimited => "too many requests or orders",
            Self::ClockSkew => "this machine's clock is off",
            Self::KeyRejected => "it does not accept key or signature",
            Self::NotPermitted => "account or symbol do not allow it",
            Self::Other(code) => return write!(f, "code {code}"),
        })
    }
}
