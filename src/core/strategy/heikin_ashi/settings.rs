use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::num::Rate;
use crate::strategy::{Offset, Sizing};
use crate::time::Span;

/// What an entry does when the market has reached its trigger already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlreadyThroughRule {
    /// A plain limit order at the entry's limit.
    Limit,
    /// No entry for this candle.
    Skip,
}

/// What the protective stop becomes when it triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitOrder {
    /// A limit order.
    StopLimit,
    /// A market order, where the symbol allows it; a limit order elsewhere.
    StopMarket,
}

/// What happens when leaving has come down to its floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastResort {
    /// Sell at market.
    Market,
    /// Rest at the floor.
    Hold,
}

/// How long to wait for an order that should have filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Patience {
    /// Until the candle closes.
    CandleClose,
    /// For this long.
    For(Span),
}

/// How a position is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EntrySettings {
    /// The trigger is this far above the Heikin-Ashi high.
    pub trigger_offset: Offset,
    /// The limit is this far above the trigger.
    pub limit_offset: Offset,
    /// What to do when the market is at or above the trigger already.
    pub on_already_through: AlreadyThroughRule,
    /// Only after a green Heikin-Ashi candle.
    pub green_only: bool,
    /// Only after a candle whose body `|close − open| / open` is at least this.
    pub min_body: Rate,
    /// Only when the close is strictly above the mean of this many closes.
    pub ma_filter: Option<NonZeroU16>,
    /// Only after a Heikin-Ashi candle without a lower wick.
    pub no_lower_wick: bool,
}

/// How a position is protected and closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExitSettings {
    /// The trigger is this far below the Heikin-Ashi low.
    pub trigger_offset: Offset,
    /// The limit is this far below the trigger, or below the bid when selling at once.
    pub limit_offset: Offset,
    /// Stop-limit or stop-market.
    pub order: ExitOrder,
    /// Sell when the Heikin-Ashi candle turns red.
    pub on_red: bool,
    /// Take profit at this much, net of both fees; none for no target.
    pub take_profit: Rate,
    /// A triggered stop that is unfilled for this long is priced anew.
    pub rescue_after: Patience,
    /// How far below the bid.
    pub rescue_offset: Offset,
    /// The floor of that: this far below the stop's trigger.
    pub max_slippage: Rate,
    /// What happens at the floor.
    pub last_resort: LastResort,
    /// How long the order rests at the floor first.
    pub last_resort_after: Patience,
    /// A stop is not moved for less than this many ticks.
    pub replace_min_ticks: u32,
}

/// All settings of the strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeikinAshiSettings {
    /// How a position is opened.
    pub entry: EntrySettings,
    /// How it is protected and closed.
    pub exit: ExitSettings,
    /// How much is bought.
    pub sizing: Sizing,
    /// How many full candles close after an exit before the next entry is placed.
    pub rearm_after: u64,
    /// The number of the candle, counting from 1, at whose close the first entry may be placed.
    pub warmup: u64,
}

impl HeikinAshiSettings {
    /// No offset, no filter, no optional exit; the stop waits for closes, and holds at its floor. What
    /// settings begin from that are complete in themselves.
    pub const OFF: Self = Self {
        entry: EntrySettings {
            trigger_offset: Offset::ZERO,
            limit_offset: Offset::ZERO,
            on_already_through: AlreadyThroughRule::Limit,
            green_only: false,
            min_body: Rate::ZERO,
            ma_filter: None,
            no_lower_wick: false,
        },
        exit: ExitSettings {
            trigger_offset: Offset::ZERO,
            limit_offset: Offset::ZERO,
            order: ExitOrder::StopLimit,
            on_red: false,
            take_profit: Rate::ZERO,
            rescue_after: Patience::CandleClose,
            rescue_offset: Offset::ZERO,
            max_slippage: Rate::ZERO,
            last_resort: LastResort::Hold,
            last_resort_after: Patience::CandleClose,
            replace_min_ticks: 1,
        },
        sizing: Sizing::Percent(Rate::ONE),
        rearm_after: 0,
        warmup: 0,
    };

    /// Whether a distance among them is in average true ranges.
    pub fn needs_atr(&self) -> bool {
        let (entry, exit) = (&self.entry, &self.exit);
        [
            entry.trigger_offset,
            entry.limit_offset,
            exit.trigger_offset,
            exit.limit_offset,
            exit.rescue_offset,
        ]
        .iter()
        .any(Offset::needs_atr)
    }
}
