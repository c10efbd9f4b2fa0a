//! What goes out, until it has arrived.

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Alert, ChatId, Loudness, MessageId, Role};

/// The place of an alert in the outbox. Each is larger than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Cursor(pub u64);

impl Cursor {
    /// Before the first alert.
    pub const START: Self = Self(0);
}

/// What goes first when there is more than can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Faults: first, never part of a digest.
    Fault,
    /// Fills and trades.
    Trade,
    /// All else.
    Info,
}

/// An alert for one chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Envelope {
    /// Its place.
    pub cursor: Cursor,
    /// Where it goes.
    pub chat: ChatId,
    /// What goes first.
    pub lane: Lane,
    /// Whether the phone makes a sound; settled from the person's preferences when it was queued.
    pub loudness: Loudness,
    /// What belongs together: alerts with the same thread answer the first of them.
    pub thread: Option<String>,
    /// The message that this one answers, once the thread's first has arrived in this chat.
    pub reply_to: Option<MessageId>,
    /// What whoever reads it may do: they get no button that they may not press.
    pub role: Role,
    /// The IANA name of their time zone.
    pub zone: String,
    /// When it happened.
    pub at: Timestamp,
    /// Whether it may have arrived already: it was being sent before, and nobody said what became
    /// of it.
    pub maybe_repeated: bool,
    /// What.
    pub alert: Alert,
}

/// What became of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "delivery", rename_all = "snake_case")]
pub enum Delivery {
    /// It arrived.
    Delivered {
        /// As this message.
        message: MessageId,
    },
    /// It arrived as a line of another message.
    Folded {
        /// Of this one.
        message: MessageId,
    },
    /// The person has blocked the bot: nothing more is queued for this chat until they are back.
    Blocked,
    /// It can never be delivered.
    Undeliverable {
        /// What the transport said.
        reason: String,
    },
}

/// What became of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// Which.
    pub cursor: Cursor,
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub delivery: Delivery,
}
