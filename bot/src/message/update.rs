//! What somebody typed or pressed.

use heikin_core::time::Timestamp;

use crate::backend::{ChatId, MessageId, UpdateId, UserId};

/// What somebody typed or pressed, as the transport read it off its wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its number; the same update has the same number however often it comes.
    pub id: UpdateId,
    /// When it was typed; for a press, which carries no time, when it was received.
    pub sent_at: Timestamp,
    /// Who.
    pub sender: Sender,
    /// Where.
    pub chat: Chat,
    /// What.
    pub event: Event,
}

/// A person on Telegram, or at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their numeric id: the only thing that rights hang on.
    pub id: UserId,
    /// How they call themselves.
    pub name: String,
}

/// Who an update comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A person, with their own id.
    User(User),
    /// Another bot.
    Bot(UserId),
    /// Nobody in particular: a channel, a group's anonymous admin, a message in a chat's name.
    Anonymous,
}

impl Sender {
    /// The id that stands for the anonymous admins of all groups (`GroupAnonymousBot`).
    pub const ANONYMOUS_ADMIN: UserId = UserId(1_087_968_824);
    /// The id that stands for posts of a channel in its group (`Channel_Bot`).
    pub const CHANNEL_POST: UserId = UserId(136_817_688);
    /// The id that stands for Telegram itself, which forwards a channel's posts.
    pub const TELEGRAM: UserId = UserId(777_000);

    /// The sender that a wire names as a person.
    pub fn person(user: User) -> Self {
        if Self::is_nobody(user.id) { Self::Anonymous } else { Self::User(user) }
    }

    /// The sender that a wire names as a bot.
    pub fn bot(id: UserId) -> Self {
        if Self::is_nobody(id) { Self::Anonymous } else { Self::Bot(id) }
    }

    /// Whether an id stands for many people.
    fn is_nobody(id: UserId) -> bool {
        matches!(id, Self::ANONYMOUS_ADMIN | Self::CHANNEL_POST | Self::TELEGRAM)
    }
}

/// What kind of chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatKind {
    /// One person and the bot.
    Private,
    /// Several people; a supergroup too.
    Group,
    /// One voice, many listeners.
    Channel,
    /// At this machine.
    Terminal,
}

/// Where an update comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chat {
    /// Its numeric id.
    pub id: ChatId,
    /// What kind.
    pub kind: ChatKind,
}

/// How a message came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Typed for this chat.
    Typed,
    /// Somebody's earlier words, forwarded.
    Forwarded,
    /// An earlier message with another text.
    Edited,
    /// Written by another bot in the person's name.
    ViaBot,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Words.
    Text(String),
    /// Anything else, by its name: `a sticker`, `a photo`, `a voice message`.
    Other(&'static str),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message {
        /// Its number in the chat.
        id: MessageId,
        /// What it holds.
        content: Content,
        /// How it came to be there.
        origin: Origin,
    },
    /// A button was pressed.
    Press {
        /// What the press is answered under.
        callback: String,
        /// The message that the button is under; none where it is too old to be named.
        message: Option<MessageId>,
        /// What the button carries.
        data: String,
    },
    /// The person blocked the bot, or the group threw it out.
    Blocked,
    /// The person is back.
    Unblocked,
}
