//! What somebody is shown.

use super::Text;
use crate::backend::{Command, Loudness, MessageId, Nonce, StateVersion};

/// What is shown in answer to an update, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// In this order. Nothing where an update is nobody's business.
    pub steps: Vec<Step>,
    /// What answers a press; a press without one is answered with nothing.
    pub toast: Option<Toast>,
}

/// One thing to do in the chat that the update came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new message.
    Send(Message),
    /// Another text under the same number; as a new message where the old one cannot be edited.
    Edit(MessageId, Message),
    /// Takes the buttons off a message.
    Disarm(MessageId),
    /// Takes a message away: a PIN, a claim code.
    Delete(MessageId),
}

/// The short answer to a press, at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Whether it must be tapped away.
    pub is_alert: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it says or shows.
    pub body: Body,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// Whether the phone makes a sound.
    pub loudness: Loudness,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Whether it is pinned, without a sound, and kept up to date as the status card.
    pub is_card: bool,
    /// What pressing its confirmation does. A transport stores it with
    /// [`super::Bot::shown`] once it knows the number of the message, before the next update.
    pub pending: Option<Pending>,
}

/// A confirmation that waits to be bound to its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What the buttons carry.
    pub nonce: Nonce,
    /// What is done.
    pub command: Command,
    /// The state that its recap was computed from.
    pub version: StateVersion,
}

/// What a message says or shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Words; at most 4,096 UTF-16 units once parsed.
    Text(Text),
    /// A picture with words under it; at most 1,024 units.
    Picture(Picture, Text),
}

/// A picture as a PNG file.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// The bytes of the file.
    pub png: Vec<u8>,
    /// Its name, with `.png`.
    pub name: String,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.name, self.png.len())
    }
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What pressing it does.
    pub press: Press,
}

/// What pressing a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    /// Comes back as [`super::Event::Press`]; at most 64 bytes.
    Data(String),
    /// Opens an address.
    Url(String),
}

impl Message {
    /// Words without buttons, with a sound.
    pub fn text(text: Text) -> Self {
        Self::of(Body::Text(text))
    }

    /// A body without buttons, with a sound.
    pub fn of(body: Body) -> Self {
        Self {
            body,
            buttons: Vec::new(),
            loudness: Loudness::Loud,
            reply_to: None,
            is_card: false,
            pending: None,
        }
    }

    /// The same with another row of buttons.
    pub fn row(mut self, row: impl Into<Vec<Button>>) -> Self {
        self.buttons.push(row.into());
        self
    }
}

impl Reply {
    /// Nothing at all.
    pub fn silence() -> Self {
        Self::default()
    }

    /// One new message.
    pub fn send(message: Message) -> Self {
        Self { steps: vec![Step::Send(message)], toast: None }
    }

    /// Only the answer to a press.
    pub fn toast(text: impl Into<String>) -> Self {
        Self { steps: Vec::new(), toast: Some(Toast { text: text.into(), is_alert: false }) }
    }
}
