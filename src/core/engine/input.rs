//! All that can reach the engine.

use serde::{Deserialize, Serialize};

use super::Configuration;
use crate::ledger::ReportedBalance;
use crate::market::{Candle, Quote, Symbol, SymbolRules};
use crate::num::Quantity;
use crate::order::{
    CancelAnswer, ClientOrderId, OrderReport, OrderState, QueryAnswer, SubmitAnswer, TraderId,
};
use crate::strategy::FeeRates;
use crate::time::{Interval, Timestamp};

/// What the exchange says of the whole account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// When the balances were true, by the exchange's clock.
    pub at: Timestamp,
    /// Every asset of the account.
    pub balances: Vec<ReportedBalance>,
    /// Orders of ours, open or ended, that were placed or changed at or after `since`.
    pub orders: Vec<OrderState>,
    /// Fills of ours at or after `since`.
    pub fills: Vec<OrderReport>,
    /// From when `orders` and `fills` are complete.
    pub since: Timestamp,
    /// Open stops and take-profits that are not ours, by symbol: they share MAX_NUM_ALGO_ORDERS.
    pub foreign_algo_orders: Vec<(Symbol, u32)>,
}

/// What people, or the programs around the engine, may tell it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Command {
    /// Entries off for one trader, or for all: stops work and ratchet.
    Pause(Option<TraderId>),
    /// Entries on again for one trader, or for all; ends a panic too.
    Resume(Option<TraderId>),
    /// Entries off for all, over restarts, until [`Command::Start`].
    Stop,
    /// Ends [`Command::Stop`].
    Start,
    /// Leave the position of one trader, or all, and pause.
    Close(Option<TraderId>),
    /// Latch; cancel and leave everything; stay stopped, over restarts, until [`Command::Resume`].
    Panic,
    /// A trader takes this much of the account's own base into its position.
    Adopt(TraderId, Quantity),
    /// A gate closes entries, or opens them again.
    SetGate(Gate, GateState),
    /// Settings change.
    Configure(Box<Configuration>),
}

/// A reason outside the engine to take no entries. Recovery, protection, `/panic` and alerts go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// The settings did not pass on the symbol's history.
    LiveGate,
    /// The key may do too much or too little.
    KeyRights,
    /// The disk is slow.
    SlowDisk,
    /// Another installation trades on the account.
    OtherInstallation,
    /// Market data are stale.
    StaleMarketData,
    /// User events do not arrive.
    UserStreamDown,
    /// The clock is off.
    ClockOff,
    /// Entries are withdrawn for a shutdown.
    ShuttingDown,
    /// The exchange answers nothing that comes from this address.
    Banned,
    /// There is hardly any room left for the journal.
    DiskFull,
    /// The process has started again and again.
    CrashLoop,
}

/// Whether a gate lets entries through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Entries pass.
    Open,
    /// Entries are denied.
    Closed,
}

/// One input. Its time is given beside it, and is never before that of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Input {
    /// The process has started: answers to what was sent before will not come.
    Started,
    /// A deadline is reached.
    Time,
    /// A candle closed.
    Candle {
        /// Of which symbol.
        symbol: Symbol,
        /// Of which interval.
        interval: Interval,
        /// The candle.
        candle: Candle,
        /// The market's last quote.
        quote: Option<Quote>,
    },
    /// The market's quote, delivered while an order is on its way out of a position.
    Quote {
        /// Of which symbol.
        symbol: Symbol,
        /// The quote.
        quote: Quote,
    },
    /// The exchange says something of an order of ours.
    Report {
        /// What it says.
        report: OrderReport,
        /// The market's last quote.
        quote: Option<Quote>,
    },
    /// The answer to [`super::Effect::Submit`].
    Submitted {
        /// Which order.
        id: ClientOrderId,
        /// The answer.
        answer: SubmitAnswer,
    },
    /// The answer to [`super::Effect::Cancel`].
    Canceled {
        /// Which order.
        id: ClientOrderId,
        /// The answer.
        answer: CancelAnswer,
    },
    /// The answer to [`super::Effect::Replace`]: both halves.
    Replaced {
        /// The order that was to be cancelled.
        canceled: ClientOrderId,
        /// How that went.
        cancel: CancelAnswer,
        /// The order that was to be placed.
        submitted: ClientOrderId,
        /// How that went; none where it was not attempted.
        submit: Option<SubmitAnswer>,
    },
    /// The answer to [`super::Effect::Query`].
    Queried {
        /// Which order.
        id: ClientOrderId,
        /// The answer.
        answer: QueryAnswer,
    },
    /// The answer to [`super::Effect::FetchAccount`]: a snapshot, or none before this time.
    Account(Result<Box<AccountSnapshot>, Option<Timestamp>>),
    /// The exchange pushed balances that changed.
    Balances {
        /// The assets that changed.
        balances: Vec<ReportedBalance>,
        /// When they were true.
        at: Timestamp,
    },
    /// User events were missed: from now on they arrive again.
    StreamRestored,
    /// A symbol's trading rules: at the start, or changed.
    Rules(Box<SymbolRules>),
    /// What the exchange charges on a symbol.
    Fees {
        /// On which.
        symbol: Symbol,
        /// What.
        fees: FeeRates,
    },
    /// Somebody commands.
    Command(Command),
}
