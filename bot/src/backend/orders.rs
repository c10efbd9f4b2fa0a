//! Open orders, those of unknown outcome, and fills.

use heikin_core::market::{Asset, Side};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::Reason;
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{OrderNumber, TradeNumber, Trader};

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderPhase {
    /// Sent, not answered.
    Submitting,
    /// Open on the exchange; a stop waits for its trigger.
    Working,
    /// A stop whose trigger was reached: it is a limit order now.
    Triggered,
    /// Filled in part, the rest is open.
    PartiallyFilled,
    /// A cancel is on its way.
    Canceling,
    /// Its outcome is not known: counted as live until it is.
    Unknown,
}

/// What an order waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OrderWork {
    /// For a price or better.
    Limit {
        /// The worst acceptable price.
        price: Price,
    },
    /// For nothing.
    Market,
    /// For a trigger; then for a price, or for nothing where there is none.
    Stop {
        /// The stop price.
        trigger: Price,
        /// The worst acceptable price afterwards.
        limit: Option<Price>,
    },
    /// A target and a stop, of which one ends the other.
    Bracket {
        /// The price of the target.
        target: Price,
        /// The stop price.
        trigger: Price,
        /// The worst acceptable price afterwards.
        limit: Price,
    },
}

/// What is being done about an order of unknown outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resolving {
    /// Since when nothing is known of it.
    pub since: Timestamp,
    /// How often the exchange was asked.
    pub asked: u32,
    /// When it is asked next; none while a question is on its way.
    pub next_at: Option<Timestamp>,
}

/// An open order of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenOrder {
    /// Its number.
    pub number: OrderNumber,
    /// Whose.
    pub trader: Trader,
    /// The id that the exchange knows it by.
    pub client_id: String,
    /// Buy or sell.
    pub side: Side,
    /// What it waits for.
    pub work: OrderWork,
    /// How much in all.
    pub quantity: Quantity,
    /// How much has filled.
    pub filled: Quantity,
    /// How far it has come.
    pub phase: OrderPhase,
    /// Why it was placed.
    pub reason: Reason,
    /// When it was decided.
    pub placed_at: Timestamp,
    /// What is being done, where its outcome is unknown.
    pub resolving: Option<Resolving>,
}

/// All open orders of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenOrders {
    /// Ours, newest first, unknown ones before all others.
    pub orders: Vec<OpenOrder>,
    /// How many on our symbols are not ours; heikin leaves them alone.
    pub foreign: u32,
    /// The market's last price by trader, to tell how far an order is from it.
    pub prices: Vec<(Trader, Price)>,
}

/// One fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FillLine {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub trader: Trader,
    /// Of which order.
    pub order: OrderNumber,
    /// Of which trade.
    pub trade: TradeNumber,
    /// Buy or sell.
    pub side: Side,
    /// At what price.
    pub price: Price,
    /// How much.
    pub quantity: Quantity,
    /// The commission.
    pub fee: Quantity,
    /// The asset that it was charged in.
    pub fee_asset: Asset,
    /// Why the order was placed.
    pub reason: Reason,
}
