//! Why something was done, or not.

use heikin_core::market::Side;
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{Denial, Reason, Skip};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{HeikinAshiBar, OrderNumber, OrderWork, Subject, Trader, TraderState};

/// What the strategy saw at the close of a candle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CandleValues {
    /// When it opened.
    pub opened_at: Timestamp,
    /// When it closed.
    pub closed_at: Timestamp,
    /// The close as it was traded.
    pub close: Price,
    /// The Heikin-Ashi candle.
    pub heikin_ashi: HeikinAshiBar,
    /// The average true range, once there is one.
    pub average_true_range: Option<Price>,
    /// The moving average of the filter, once there is one, where there is a filter.
    pub moving_average: Option<Price>,
}

/// One rule of the strategy, and how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RuleCheck {
    /// The rule: `close above MA(100)`.
    pub rule: String,
    /// Whether it let the entry through.
    pub passed: bool,
    /// What it looked at: `69 812.40 > 68 120.10`.
    pub figures: String,
}

/// An order that was decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WhyOrder {
    /// Its number.
    pub number: OrderNumber,
    /// Buy or sell.
    pub side: Side,
    /// What it waits for.
    pub work: OrderWork,
    /// How much.
    pub quantity: Quantity,
    /// Why it was placed.
    pub reason: Reason,
}

/// Why something was done, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Why {
    /// What was asked about.
    pub subject: Subject,
    /// Whose decision.
    pub trader: Trader,
    /// The record in the journal that caused it, to look up with `heikin replay`.
    pub cause: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The state that it was decided in.
    pub state: TraderState,
    /// What the strategy saw; none before the first candle.
    pub candle: Option<CandleValues>,
    /// Rule by rule, in the order in which they are checked.
    pub rules: Vec<RuleCheck>,
    /// Why the strategy wanted no order, where it wanted none.
    pub skipped: Option<Skip>,
    /// Why the risk gate said no, where it did.
    pub denied: Option<Denial>,
    /// The risk gate's figures, in one sentence; empty where it was not asked.
    pub risk: String,
    /// What works now.
    pub orders: Vec<WhyOrder>,
    /// What happens next, and when, in one sentence.
    pub next: String,
}
