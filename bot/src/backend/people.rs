//! Who there is, what they may, and what they did.

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Access, ChatId, Identity, MessageId, Role, UserId};

/// What one person may do; a guest where nothing is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What they may do now. A subscription that has lapsed makes nobody more than a guest.
    pub role: Role,
    /// How their subscription stands.
    pub access: Access,
    /// Whether subscriptions are sold here.
    pub billing: bool,
    /// Whether heikin has an owner yet.
    pub is_claimed: bool,
    /// Whether people of the list may look in groups. heikin says no: groups are off.
    pub groups: bool,
}

impl Member {
    /// Whether they had access once.
    pub const fn has_lapsed(&self) -> bool {
        matches!(self.access, Access::Suspended { .. } | Access::Refunded { .. })
    }
}

/// A message that is kept up to date as somebody's status card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Card {
    /// Whose.
    pub user: UserId,
    /// In which chat.
    pub chat: ChatId,
    /// Which message.
    pub message: MessageId,
}

/// One person on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserLine {
    /// Who.
    pub user: UserId,
    /// How they called themselves last, for recognition only.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// How their subscription stands.
    pub access: Access,
    /// When they were seen last.
    pub seen_at: Option<Timestamp>,
    /// Whether they have blocked the bot.
    pub has_blocked: bool,
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Identity,
    /// What they were called then.
    pub name: String,
    /// What, in words: `paused BTCUSDT 12h`.
    pub what: String,
    /// How it ended: `done`, or the reason of a refusal.
    pub result: String,
}
