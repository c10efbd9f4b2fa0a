//! What can be asked.

use heikin_core::market::Symbol;
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LogLevel, OrderNumber, TradeNumber, Trader, UserId};

/// A stretch of time: `from` is in it, `to` is not. The front end counts days in its user's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Range {
    /// From when; none for the beginning.
    pub from: Option<Timestamp>,
    /// To when; none for now.
    pub to: Option<Timestamp>,
}

impl Range {
    /// From the beginning until now.
    pub const ALL: Self = Self { from: None, to: None };
}

/// Which part of a long list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page {
    /// How many entries stand before it.
    pub skip: u32,
    /// How many it holds at most; a backend gives no more than 200.
    pub take: u16,
}

/// One page of a long list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PageOf{T}"))]
pub struct Paged<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many entries stand before it.
    pub skip: u32,
    /// How many there are in all.
    pub total: u32,
}

/// Which candles a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChartStyle {
    /// What the strategy sees.
    HeikinAshi,
    /// What was traded.
    Candles,
}

/// What `/why` is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Subject {
    /// The last closed candle of a trader.
    Trader {
        /// Which.
        trader: Trader,
    },
    /// A past or open order.
    Order {
        /// Which.
        order: OrderNumber,
    },
    /// A past or open trade.
    Trade {
        /// Which.
        trade: TradeNumber,
    },
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// How things are at a glance.
    Status,
    /// Open positions.
    Positions,
    /// Open orders, those of unknown outcome included.
    Orders,
    /// Fills, newest first.
    Fills {
        /// Of which symbol; none for all.
        symbol: Option<Symbol>,
        /// Which part.
        page: Page,
    },
    /// Closed trades, newest first.
    Trades {
        /// Of which symbol; none for all.
        symbol: Option<Symbol>,
        /// Which part.
        page: Page,
    },
    /// Realized and unrealized results.
    Profit {
        /// Of which time.
        range: Range,
    },
    /// What the account holds.
    Balance,
    /// Candles with what was done on them.
    Chart {
        /// Whose.
        trader: Trader,
        /// How many candles; a backend gives no more than 500.
        candles: u16,
    },
    /// Equity over time.
    Equity {
        /// Of which time.
        range: Range,
    },
    /// Results by symbol.
    Performance {
        /// Of which time.
        range: Range,
    },
    /// Why something was done, or not.
    Why {
        /// What is asked about.
        subject: Subject,
    },
    /// The settings that can be shown, secrets never among them.
    Settings,
    /// The mode, and what stands between this one and `live`.
    Mode,
    /// How heikin itself is.
    Health,
    /// The last lines of the log, without secrets.
    Logs {
        /// How many; a backend gives no more than 200.
        lines: u16,
        /// Of this level and above.
        level: LogLevel,
    },
    /// Everybody who is known.
    Users {
        /// Which part.
        page: Page,
    },
    /// Who did what.
    Audit {
        /// Which part.
        page: Page,
    },
    /// What one person may do; also of somebody never seen.
    Member {
        /// Who.
        user: UserId,
    },
    /// What one person is told.
    Notify {
        /// Who.
        user: UserId,
    },
    /// The status cards that are kept up to date.
    Cards,
    /// What is on offer; empty where billing is off.
    Plans,
    /// What a plan costs, line by line.
    Bill {
        /// The id of the plan.
        plan: String,
    },
    /// One person's subscription.
    Subscription {
        /// Who.
        user: UserId,
    },
    /// One person's payments.
    Payments {
        /// Who.
        user: UserId,
        /// Which part.
        page: Page,
    },
    /// What subscriptions brought in.
    Revenue {
        /// Of which time.
        range: Range,
    },
}

impl Query {
    /// Its name, as it is on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Positions => "positions",
            Self::Orders => "orders",
            Self::Fills { .. } => "fills",
            Self::Trades { .. } => "trades",
            Self::Profit { .. } => "profit",
            Self::Balance => "balance",
            Self::Chart { .. } => "chart",
            Self::Equity { .. } => "equity",
            Self::Performance { .. } => "performance",
            Self::Why { .. } => "why",
            Self::Settings => "settings",
            Self::Mode => "mode",
            Self::Health => "health",
            Self::Logs { .. } => "logs",
            Self::Users { .. } => "users",
            Self::Cards => "cards",
            Self::Audit { .. } => "audit",
            Self::Member { .. } => "member",
            Self::Notify { .. } => "notify",
            Self::Plans => "plans",
            Self::Bill { .. } => "bill",
            Self::Subscription { .. } => "subscription",
            Self::Payments { .. } => "payments",
            Self::Revenue { .. } => "revenue",
        }
    }
}
