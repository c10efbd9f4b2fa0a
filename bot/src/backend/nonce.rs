//! What a pair of buttons means: stored here, while the button carries only a number.

use std::fmt;

use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ChatId, Command, MessageId, StateVersion, UserId};

/// 128 random bits in hexadecimal: nobody guesses it, and it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "std::borrow::Cow<'_, str>", into = "String")]
pub struct Nonce(u128);

impl Nonce {
    /// From random bits.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Reads the text of [`Nonce`]'s `Display`; none for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours =
            text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_ours { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Nonce {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Nonce".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.to_string()
    }
}

impl TryFrom<std::borrow::Cow<'_, str>> for Nonce {
    type Error = &'static str;

    fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not 32 hexadecimal digits")
    }
}

/// Who presses, where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presser {
    /// Who.
    pub user: UserId,
    /// In which chat.
    pub chat: ChatId,
    /// On which message.
    pub message: MessageId,
}

/// What is done when a confirmation is pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ticket {
    /// Who may press, and where.
    pub presser: Presser,
    /// What is done.
    pub command: Command,
    /// The state that its recap was computed from.
    pub version: StateVersion,
    /// Until when it may be pressed.
    pub expires_at: Timestamp,
}

impl Ticket {
    /// How long a confirmation may be pressed.
    pub const LIFE: Span = Span::MINUTE;

    /// What a press of `presser` at `now` comes to: the rule that every backend follows in
    /// [`super::Backend::take_ticket`].
    pub fn pressed(self, presser: Presser, now: Timestamp) -> Take {
        if self.presser != presser {
            Take::NotYours
        } else if now >= self.expires_at {
            Take::Expired
        } else {
            Take::Taken(Box::new(self))
        }
    }
}

/// What came of taking a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "take", content = "ticket", rename_all = "snake_case")]
pub enum Take {
    /// Here it is; it is gone from the store.
    Taken(Box<Ticket>),
    /// Somebody else's, or of another message: it stays.
    NotYours,
    /// Too late; it is gone from the store.
    Expired,
    /// Never there, or used already.
    Unknown,
}
