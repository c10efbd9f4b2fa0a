//! How things are: mode, traders, positions, protection, risk.

use std::fmt;

use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::time::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

use super::{StateVersion, TradeNumber};

/// Whose money and whose market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A made-up market, made-up money.
    Demo,
    /// Real prices, simulated fills.
    Paper,
    /// An exchange with play money.
    Testnet,
    /// Real money.
    Live,
}

impl Mode {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Paper => "paper",
            Self::Testnet => "testnet",
            Self::Live => "live",
        }
    }

    /// As people see it, so that nobody mistakes it: capitals for real money.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Live => "LIVE",
            other => other.as_str(),
        }
    }
}

/// A trader by what it trades: no other one has the same symbol and interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trader {
    /// The symbol.
    pub symbol: Symbol,
    /// The interval of its candles.
    pub interval: Interval,
}

impl fmt::Display for Trader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.symbol, self.interval)
    }
}

/// Whether entries are placed, for all traders or for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Control {
    /// Entries are placed.
    Running,
    /// No entries until `/resume`; stops work and ratchet.
    Paused,
    /// No entries until `/start_bot`, over restarts; stops work and ratchet.
    Stopped,
    /// Everything cancelled and sold; nothing until `/resume`, over restarts.
    Panicked {
        /// When the latch fell.
        since: Timestamp,
    },
    /// A gate keeps entries closed: it opens by itself when its cause is gone.
    Gated {
        /// Why, and what would open it, in one sentence.
        reason: String,
    },
}

/// What a trader is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TraderState {
    /// No position.
    None,
    /// A position is open.
    Long,
    /// The position was closed; the next entry comes when it is re-armed.
    ClosedLong,
}

/// What protects a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Protection {
    /// A stop rests on the exchange for all of it.
    OnExchange {
        /// The stop price.
        trigger: Price,
        /// The worst acceptable price; none for a stop that sells at market.
        limit: Option<Price>,
    },
    /// The stop has triggered and is being sold down to a floor.
    Leaving {
        /// The price that it is offered at; none for a market order.
        price: Option<Price>,
        /// Since when.
        since: Timestamp,
    },
    /// A stop is on its way: sent, not confirmed.
    Placing {
        /// Since when.
        since: Timestamp,
    },
    /// Nothing protects it.
    Unprotected {
        /// Since when.
        since: Timestamp,
    },
}

/// An open position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// Whose.
    pub trader: Trader,
    /// The trade that it is or will be.
    pub number: TradeNumber,
    /// The base asset.
    pub base: Asset,
    /// The quote asset.
    pub quote: Asset,
    /// How much is held and can be sold, after commissions; dust not included.
    pub quantity: Quantity,
    /// The average entry price.
    pub entry: Price,
    /// Σ price × quantity of the entry fills still held, in quote.
    pub cost: Money,
    /// When the first entry fill happened.
    pub opened_at: Timestamp,
    /// The last price of the market; none while there is none.
    pub price: Option<Price>,
    /// What it would bring now less what it cost, after the fees of both ways, in quote.
    pub unrealized: Option<Money>,
    /// What it brings, after fees, if the stop fills at its limit (or trigger), in quote.
    pub at_stop: Option<Money>,
    /// What protects it.
    pub protection: Protection,
}

/// One trader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraderStatus {
    /// Which.
    pub trader: Trader,
    /// What it is doing.
    pub state: TraderState,
    /// Whether it may enter.
    pub control: Control,
    /// Its position, where it has one.
    pub position: Option<Position>,
    /// The trigger of the entry that works, where one does.
    pub entry: Option<Price>,
    /// The last price of the market.
    pub price: Option<Price>,
    /// When the candle that is forming closes.
    pub next_close: Option<Timestamp>,
}

/// How much of the account's limits is used up today (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RiskUse {
    /// Realized result of today, in quote.
    pub realized_today: Money,
    /// Loss at which entries stop, above zero; none for no limit.
    pub max_daily_loss: Option<Money>,
    /// Trades opened today.
    pub trades_today: u32,
    /// Most of them; none for no limit.
    pub max_trades_per_day: Option<u32>,
    /// How far equity is below its peak.
    pub drawdown: super::BasisPoints,
    /// Drawdown at which entries stop; none for no limit.
    pub max_drawdown: Option<super::BasisPoints>,
}

/// How things are at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {
    /// The version of the state that this is of.
    pub version: StateVersion,
    /// When it was so.
    pub at: Timestamp,
    /// Whose money.
    pub mode: Mode,
    /// Whether entries are placed at all.
    pub control: Control,
    /// Every trader, in the order of the configuration.
    pub traders: Vec<TraderStatus>,
    /// The asset that amounts are in.
    pub quote: Asset,
    /// Everything held, at market, in quote; none while a price is missing.
    pub equity: Option<Money>,
    /// Limits and their use.
    pub risk: RiskUse,
    /// How old the newest market data are, in milliseconds; none before the first.
    pub feed_age_ms: Option<u64>,
    /// Orders of ours that are open.
    pub open_orders: u32,
    /// Orders whose outcome is unknown and being found out.
    pub unknown_orders: u32,
    /// Faults that last, most serious first, one sentence each.
    pub faults: Vec<String>,
}

/// What the live gate found for a trader with its settings of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LiveGateVerdict {
    /// Which trader.
    pub trader: Trader,
    /// When it was looked at.
    pub at: Timestamp,
    /// Why it may not trade live, one sentence each with its figure; empty where it may.
    pub objections: Vec<String>,
    /// Net result of the backtest, in quote.
    pub net: Money,
    /// Trades in the backtest.
    pub trades: u32,
    /// Whether the owner has overridden the objections in the configuration.
    pub overridden: bool,
}

/// A mode that can come after this one. It is chosen in the configuration, and holds from a start on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModeStep {
    /// Which.
    pub mode: Mode,
    /// What has to be written, line by line, each with its file.
    pub lines: Vec<String>,
    /// What is otherwise then, one sentence each.
    pub changes: Vec<String>,
}

/// The mode, and what stands between this one and `live`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModeView {
    /// Whose money now.
    pub mode: Mode,
    /// The mode that the next start begins in, where it is another one.
    pub next: Option<Mode>,
    /// The way from here to `live`, mode by mode; empty there.
    pub steps: Vec<ModeStep>,
    /// The live gate by trader; empty where it was never run.
    pub gate: Vec<LiveGateVerdict>,
}
