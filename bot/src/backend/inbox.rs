//! What came in, until it is dealt with.

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An update by the number that Telegram gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct UpdateId(pub u64);

/// An update as it was delivered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InboxRow {
    /// Its number.
    pub update: UpdateId,
    /// When it came.
    pub received_at: Timestamp,
    /// Its JSON, as it was delivered. Personal: a backend seals it or keeps it only until it is
    /// dealt with.
    pub raw: String,
}

/// Personal: it does not print.
impl std::fmt::Debug for InboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InboxRow({}, {} bytes)", self.update.0, self.raw.len())
    }
}

/// What became of an update that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// It is new, and stored: deal with it.
    Fresh,
    /// It has been here before: leave it.
    Seen,
}
