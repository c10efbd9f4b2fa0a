//! The port: what a front end may ask and do, and the data it gets.
//!
//! Five families, so that a backend in process and one behind HTTP are the same to the chat:
//!
//! | family | does |
//! |---|---|
//! | [`Backend::query`] | reads; never changes anything |
//! | [`Backend::command`] | changes, at most once per [`RequestId`], and says how it went |
//! | [`Backend::inbox`] | holds what came in until it is dealt with, over restarts |
//! | [`Backend::outbox`] | holds what goes out until it is acknowledged, over restarts |
//! | [`Backend::put_ticket`] | holds what a button means until it is pressed once |
//!
//! The types are the schema of `/api/v1`: amounts are exact decimals in strings, times are
//! milliseconds since 1970 UTC, shares are hundredths of a percent ([`BasisPoints`]). A backend
//! checks roles itself; the chat's own check comes before, and is not a substitute.

mod actor;
mod alert;
mod answer;
mod billing;
mod chart;
mod command;
mod health;
mod inbox;
mod nonce;
mod notify;
mod orders;
mod outbox;
mod outcome;
pub mod payer;
mod people;
mod query;
mod results;
mod settings;
mod status;
mod why;

use std::future::Future;

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

pub use actor::{Actor, Identity, Pin, RequestId, Role, UserId};
pub use alert::{
    Alert, ConnectionAlert, Digest, FillAlert, OutageSummary, PanicStep, ProtectionAlert,
    RiskAlert, StopRaised, SubscriptionAlert, SystemAlert,
};
pub use answer::Answer;
pub use billing::{
    Access, Bill, BillLine, Paise, PaymentLine, PaymentPhase, Payments, Plan, Plans, RevenueReport,
    SubscriptionView,
};
pub use chart::{Bar, ChartData, ChartLine, EquityPoint, EquitySeries, HeikinAshiBar, Marker};
pub use command::{Change, ClassicForm, Command, Payer, Target};
pub use health::{Check, Health, LogLevel, LogLine, Logs, Verdict};
pub use inbox::{InboxRow, Intake, UpdateId};
pub use nonce::{Nonce, Presser, Take, Ticket};
pub use notify::{AlertKind, Loudness, NotifyPreferences, QuietHours};
pub use orders::{FillLine, OpenOrder, OpenOrders, OrderPhase, OrderWork, Resolving};
pub use outbox::{Cursor, Delivery, Envelope, Lane, Receipt};
pub use outcome::{
    Done, Effectiveness, Leg, LegState, Outcome, Recap, RecapTopic, Refusal, SettingChange,
};
pub use people::{AuditLine, Card, Member, UserLine};
pub use query::{ChartStyle, Page, Paged, Query, Range, Subject};
pub use results::{Balance, BalanceLine, Performance, Profit, SymbolResult, TradeLine};
pub use settings::{Setting, SettingKind, Settings};
pub use status::{
    Control, LiveGateVerdict, Mode, ModeStep, ModeView, Position, Protection, RiskUse, Status,
    Trader, TraderState, TraderStatus,
};
pub use why::{CandleValues, RuleCheck, Why, WhyOrder};

/// A chat by its numeric id, as Telegram counts them: a private chat has the id of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ChatId(pub i64);

/// A message by its number within its chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MessageId(pub i64);

/// Counts the changes that matter to a confirmation: what was confirmed for one version does not
/// hold for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct StateVersion(pub u64);

/// The number of a trade, counted over the whole installation and shown as `#17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct TradeNumber(pub u64);

/// The number of an order, counted over the whole installation and shown as `o214`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct OrderNumber(pub u64);

/// A signed share in hundredths of a percent: 127 is 1.27 %. For display; never money.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct BasisPoints(pub i64);

/// Why the backend gave no answer. What it decided against is not an error but an
/// [`Outcome::Refused`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum BackendError {
    /// It could not be reached, or did not answer in time: whether a command was carried out is
    /// not known, and is found out by sending it again under the same request id.
    #[error("heikin did not answer: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// What was asked for does not exist.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for: `trader BTCUSDT 1h`, `trade #17`.
        what: String,
    },
    /// The question cannot be answered as it was put.
    #[error("{reason}")]
    Invalid {
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// This identity may not ask that.
    #[error("that is not yours to see")]
    Forbidden,
    /// Too much is being asked at once.
    #[error("heikin is busy; try again in a moment")]
    Busy,
    /// A fault of the backend, by the number under which it is in the log.
    #[error("heikin failed to answer; the log has the details under {reference}")]
    Internal {
        /// What to look for in the log.
        reference: String,
    },
}

/// What a front end may ask and do. See the module's page for the five families.
///
/// Every method may be called again after a failure without doing anything twice.
pub trait Backend: Send + Sync {
    /// Reads. The answer to a query is the variant of [`Answer`] by the same name.
    fn query(&self, query: Query) -> impl Future<Output = Result<Answer, BackendError>> + Send;

    /// Carries out a command, or says why not, or what must be confirmed first. The same request
    /// id gives the same outcome again without a second effect.
    ///
    /// `confirmed` is the version that the [`Recap`] named. Where the state has moved on since,
    /// nothing is done and the outcome is [`Outcome::Confirm`] with a new recap.
    fn command(
        &self,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> impl Future<Output = Result<Outcome, BackendError>> + Send;

    /// Stores an update durably before it is acknowledged to whoever delivered it.
    fn inbox(&self, row: InboxRow) -> impl Future<Output = Result<Intake, BackendError>> + Send;

    /// Stored updates that are not dealt with yet, oldest first.
    fn inbox_pending(
        &self,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<InboxRow>, BackendError>> + Send;

    /// The update is dealt with and may be forgotten, but for its id.
    fn inbox_done(&self, update: UpdateId)
    -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Alerts behind `after` that are not acknowledged, in order; the ones before the first call
    /// of a process are reached with [`Cursor::START`]. Returns at once, also with nothing.
    fn outbox(
        &self,
        after: Cursor,
        limit: u16,
    ) -> impl Future<Output = Result<Vec<Envelope>, BackendError>> + Send;

    /// Returns as soon as an alert behind `after` waits, or after about a second without one:
    /// whoever sends looks again then.
    fn outbox_news(&self, after: Cursor) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Notes, durably, that alerts are being sent: each may have arrived from now on, and is
    /// [`Envelope::maybe_repeated`] where it is given again. Those that still wait come back; the
    /// others were taken back meanwhile and are not sent.
    fn outbox_sending(
        &self,
        alerts: Vec<Cursor>,
    ) -> impl Future<Output = Result<Vec<Cursor>, BackendError>> + Send;

    /// Notes what became of alerts; each is given once more after a restart until it is here.
    fn ack(&self, receipts: Vec<Receipt>) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Stores what a pair of buttons means.
    fn put_ticket(
        &self,
        nonce: Nonce,
        ticket: Ticket,
    ) -> impl Future<Output = Result<(), BackendError>> + Send;

    /// Takes a ticket away if it is this presser's, in one step: of two presses one gets it.
    /// Somebody else's press leaves it where it is.
    fn take_ticket(
        &self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> impl Future<Output = Result<Take, BackendError>> + Send;
}
