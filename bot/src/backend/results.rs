//! What the trading has brought.

use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::Reason;
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BasisPoints, Range, TradeNumber, Trader};

/// A closed trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeLine {
    /// Its number.
    pub number: TradeNumber,
    /// Whose.
    pub trader: Trader,
    /// The quote asset.
    pub quote: Asset,
    /// When the first entry fill happened.
    pub entered_at: Timestamp,
    /// When the last exit fill happened.
    pub exited_at: Timestamp,
    /// How much was sold.
    pub quantity: Quantity,
    /// The average entry price.
    pub entry: Price,
    /// The average exit price.
    pub exit: Price,
    /// All fees, in quote.
    pub fees: Money,
    /// The result after fees, in quote.
    pub net: Money,
    /// The result after fees as a share of the cost.
    pub return_on_cost: BasisPoints,
    /// Why it was closed.
    pub exit_reason: Reason,
}

/// Results of a stretch of time. Amounts are in `quote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profit {
    /// Of which time.
    pub range: Range,
    /// The asset that amounts are in.
    pub quote: Asset,
    /// Closed trades.
    pub trades: u32,
    /// Of them with a result above zero.
    pub wins: u32,
    /// Σ (exit − entry) × quantity of the closed trades, before fees.
    pub gross: Money,
    /// Their fees.
    pub fees: Money,
    /// What is left of it.
    pub net: Money,
    /// What the open positions would bring now, after fees.
    pub unrealized: Money,
    /// Mean net result of the winning trades.
    pub average_win: Option<Money>,
    /// Mean net result of the losing trades, below zero.
    pub average_loss: Option<Money>,
    /// The best trade.
    pub best: Option<TradeLine>,
    /// The worst trade.
    pub worst: Option<TradeLine>,
    /// Equity at the end as a change from the beginning, deposits taken out.
    pub change: Option<BasisPoints>,
    /// Simply holding over the same time.
    pub holding: Option<BasisPoints>,
    /// The deepest fall of equity from a peak.
    pub max_drawdown: BasisPoints,
}

/// One asset of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BalanceLine {
    /// Which.
    pub asset: Asset,
    /// What can be spent.
    pub free: Quantity,
    /// What open orders hold.
    pub locked: Quantity,
    /// What of it is ours but too little to sell.
    pub dust: Quantity,
    /// What it is worth, in the account's quote asset; none without a price.
    pub value: Option<Money>,
}

/// What the account holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Balance {
    /// When it was so.
    pub at: Timestamp,
    /// The asset that values are in.
    pub quote: Asset,
    /// Every asset that is not zero, most valuable first.
    pub lines: Vec<BalanceLine>,
    /// The sum; none where a price is missing.
    pub total: Option<Money>,
    /// For how many more trades the BNB pays the fees; none where fees are not paid in it.
    pub bnb_trades_left: Option<u32>,
}

/// Results of one symbol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SymbolResult {
    /// Which.
    pub symbol: Symbol,
    /// Closed trades.
    pub trades: u32,
    /// Of them with a result above zero.
    pub wins: u32,
    /// The result after fees, in quote.
    pub net: Money,
}

/// Results by symbol, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Performance {
    /// Of which time.
    pub range: Range,
    /// The asset that amounts are in.
    pub quote: Asset,
    /// By symbol.
    pub symbols: Vec<SymbolResult>,
}
