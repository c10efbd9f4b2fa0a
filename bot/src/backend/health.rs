//! How heikin itself is.

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Worth a look; trading goes on.
    Degraded,
    /// Entries are closed because of it.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What: `market data`, `disk`, `clock`.
    pub name: String,
    /// How it is.
    pub verdict: Verdict,
    /// The figure, and the remedy where one is due.
    pub figure: String,
}

/// How heikin itself is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Health {
    /// When it was looked at.
    pub at: Timestamp,
    /// Version and build.
    pub version: String,
    /// When the process started.
    pub started_at: Timestamp,
    /// What was looked at, in a fixed order.
    pub checks: Vec<Check>,
}

/// How serious a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// What happened.
    Info,
    /// What is noteworthy.
    Warn,
    /// What failed.
    Error,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How serious.
    pub level: LogLevel,
    /// What, without secrets.
    pub message: String,
}

/// The end of the log, oldest line first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Logs {
    /// The lines.
    pub lines: Vec<LogLine>,
}
