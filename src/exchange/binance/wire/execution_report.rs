use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{Fill, InstallationTag, OrderReport, OrderState, Origin, TradeId};
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::decimal::{exact, exact_option, price_option};
use super::order::{Owner, leg_of, since};
use super::{ExecutionName, ExpiryReasonName, OrderSideName, OrderStatusName, OrderTypeName};

/// An order changed (`user-data-stream.md`, Order Update).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ExecutionReport {
    /// When the event was sent.
    #[serde(rename = "E")]
    pub event_time: Timestamp,
    /// Of which symbol.
    #[serde(rename = "s", deserialize_with = "exact")]
    pub symbol: Symbol,
    /// The client's id; of a cancelled order, the id of its cancellation.
    #[serde(rename = "c")]
    pub client_order_id: String,
    /// The id that a cancelled order had; empty otherwise.
    #[serde(rename = "C", default)]
    pub orig_client_order_id: Option<String>,
    /// Which way it trades.
    #[serde(rename = "S", default)]
    pub side: OrderSideName,
    /// Its type.
    #[serde(rename = "o", default)]
    pub order_type: OrderTypeName,
    /// How much was asked for.
    #[serde(rename = "q", default, deserialize_with = "exact_option")]
    pub quantity: Option<Quantity>,
    /// The exchange's number of its list; below zero where there is none.
    #[serde(rename = "g", default)]
    pub order_list_id: Option<i64>,
    /// What the report tells of.
    #[serde(rename = "x")]
    pub execution: ExecutionName,
    /// Its state.
    #[serde(rename = "X")]
    pub status: OrderStatusName,
    /// Why the exchange ended it; only when it did.
    #[serde(rename = "eR", default)]
    pub expiry_reason: Option<ExpiryReasonName>,
    /// Why it was refused, or `NONE`.
    #[serde(rename = "r", default)]
    pub reject_reason: Option<String>,
    /// The exchange's number of it; below zero for one that was never taken in.
    #[serde(rename = "i")]
    pub order_id: i64,
    /// How much this execution was.
    #[serde(rename = "l", deserialize_with = "exact")]
    pub last_quantity: Quantity,
    /// How much was executed so far.
    #[serde(rename = "z", deserialize_with = "exact")]
    pub executed: Quantity,
    /// At what price this execution was; none where there was none.
    #[serde(rename = "L", default, deserialize_with = "price_option")]
    pub last_price: Option<Price>,
    /// The fee of this execution.
    #[serde(rename = "n", default, deserialize_with = "exact_option")]
    pub commission: Option<Quantity>,
    /// In which asset the fee was charged.
    #[serde(rename = "N", default, deserialize_with = "exact_option")]
    pub commission_asset: Option<Asset>,
    /// The exchange's number of this report: one that comes twice has the same.
    #[serde(rename = "I", default)]
    pub execution_id: Option<i64>,
    /// When it happened.
    #[serde(rename = "T")]
    pub transaction_time: Timestamp,
    /// The exchange's number of this execution; below zero where there is none.
    #[serde(rename = "t", default)]
    pub trade_id: Option<i64>,
    /// Whether the order was resting in the book.
    #[serde(rename = "m", default)]
    pub maker: bool,
    /// Since when it works in the book; absent while it does not.
    #[serde(rename = "W", default)]
    pub working_time: Option<i64>,
}

/// What a report tells the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Of an order of ours.
    Ours(OrderReport),
    /// Of somebody else's.
    Foreign(Origin),
    /// Of an order of ours that was refused before it got a number: the answer to its placement says
    /// why.
    NeverTakenIn,
}

impl ExecutionReport {
    /// What it tells the engine.
    pub fn told(&self, ours: InstallationTag) -> Told {
        // Reports of 2019 have the word `null` where there is no such id.
        let original = self.orig_client_order_id.as_deref();
        let id = original.filter(|id| !id.is_empty() && *id != "null");
        let leg = leg_of(self.order_list_id.unwrap_or(-1), Some(&self.order_type));
        let id = match Owner::of(id.unwrap_or(&self.client_order_id), ours, leg) {
            Owner::Ours(id) => id,
            Owner::Foreign(origin) => return Told::Foreign(origin),
        };
        let Ok(venue_id) = u64::try_from(self.order_id) else { return Told::NeverTakenIn };
        let state = OrderState {
            id,
            venue_id,
            status: self.status.venue_status(self.expiry_reason.as_ref()),
            executed: self.executed,
            working_since: since(self.working_time),
            at: self.transaction_time,
        };
        Told::Ours(OrderReport { state, fill: self.fill() })
    }

    /// The execution that it tells of. One without a price or a fee asset is none: the cumulative
    /// quantity is told all the same, and what is missing is fetched.
    pub fn fill(&self) -> Option<Fill> {
        if self.execution != ExecutionName::Trade || self.last_quantity.is_zero() {
            return None;
        }
        Some(Fill {
            trade_id: TradeId::try_from(self.trade_id?).ok()?,
            price: self.last_price?,
            quantity: self.last_quantity,
            commission: self.commission?,
            commission_asset: self.commission_asset?,
            maker: self.maker,
            at: self.transaction_time,
        })
    }
}
