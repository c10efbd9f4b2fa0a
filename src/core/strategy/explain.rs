//! What a strategy sees and how its rules come out, for people: nothing is decided by it.

use crate::market::HaCandle;
use crate::num::Price;

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOutcome {
    /// The rule, in a few words: `close above MA(100)`.
    pub rule: String,
    /// Whether it lets an entry through.
    pub passed: bool,
    /// What it looked at: `69812.4 > 68120.1`.
    pub figures: String,
}

/// What a strategy sees at the last closed candle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// The Heikin-Ashi candle, where it has one.
    pub heikin_ashi: Option<HaCandle>,
    /// The average true range, where it has one.
    pub average_true_range: Option<Price>,
    /// The moving average of its filter, where it has one.
    pub moving_average: Option<Price>,
    /// Below this the open position's stop is not offered by a limit order.
    pub floor: Option<Price>,
    /// The rules of an entry, in the order in which they are checked.
    pub rules: Vec<RuleOutcome>,
}
