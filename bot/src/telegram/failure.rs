//! What Telegram refuses, as far as it makes a difference.

use heikin_core::time::Span;
use teloxide::{ApiError, RequestError};

use crate::backend::ChatId;

/// Why a request was not carried out, or may not have been. It never holds the address that was asked:
/// the token is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Too many: nothing more for so long (429).
    #[error("Telegram asks for {} s of silence", .0.millis() / 1_000)]
    TooMany(Span),
    /// The person has blocked the bot, or is gone; the group has thrown it out (403).
    #[error("the bot may not write there: {0}")]
    Unreachable(String),
    /// The group is another chat now.
    #[error("the group has become the supergroup {}", .0.0)]
    Moved(ChatId),
    /// The markup cannot be read.
    #[error("Telegram cannot read the markup: {0}")]
    Markup(String),
    /// The message says that already.
    #[error("the message says that already")]
    NotModified,
    /// Somebody else polls with the same token (409).
    #[error(
        "another process polls with this bot's token: stop it, or revoke the token at @BotFather"
    )]
    Conflict,
    /// The token is not valid, or not any more (401, 404).
    #[error("Telegram does not know this bot token: copy it again from @BotFather")]
    BadToken,
    /// It was refused, and will be again.
    #[error("Telegram refused: {0}")]
    Refused(String),
    /// There was no connection: it was not carried out.
    #[error("Telegram cannot be reached")]
    NotSent,
    /// No answer that can be read: whether it was carried out is not known.
    #[error("no answer from Telegram: {0}")]
    NoAnswer(&'static str),
}

impl Failure {
    /// Whether the same request may work later.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::TooMany(_) | Self::NotSent | Self::NoAnswer(_) | Self::Conflict)
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::RetryAfter(wait) => Self::TooMany(Span::from_secs(wait.seconds())),
            RequestError::MigrateToChatId(chat) => Self::Moved(ChatId(chat.0)),
            RequestError::Network(error) if error.is_connect() => Self::NotSent,
            RequestError::Network(error) if error.is_timeout() => {
                Self::NoAnswer("it took too long")
            }
            RequestError::Network(_) => Self::NoAnswer("the connection broke"),
            RequestError::InvalidJson { .. } => Self::NoAnswer("what came is not its API's"),
            RequestError::Io(_) => Self::NoAnswer("a file could not be read"),
            RequestError::Api(error) => Self::of_api(&error),
        }
    }
}

impl Failure {
    fn of_api(error: &ApiError) -> Self {
        match error {
            ApiError::BotBlocked
            | ApiError::BotKicked
            | ApiError::BotKickedFromSupergroup
            | ApiError::UserDeactivated
            | ApiError::CantInitiateConversation
            | ApiError::ChatNotFound => Self::Unreachable(error.to_string()),
            ApiError::CantParseEntities(what) => Self::Markup(what.clone()),
            ApiError::MessageNotModified => Self::NotModified,
            ApiError::TerminatedByOtherGetUpdates => Self::Conflict,
            ApiError::InvalidToken => Self::BadToken,
            other => {
                let words = other.to_string();
                // What teloxide has no name for, it keeps as it came.
                if words.contains("Forbidden: ") {
                    Self::Unreachable(words)
                } else if words.contains("Internal Server Error") || words.contains("Bad Gateway") {
                    Self::NoAnswer("it has a fault of its own")
                } else {
                    Self::Refused(words)
                }
            }
        }
    }
}
