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
    /// What pressing its confirmation does. A transport hands it to [`crate::chat::Bot::shown`] once it
    /// knows the number of the message, before the next update.
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

    /// The same with another row of buttons; an empty row is none.
    pub fn row(mut self, row: impl Into<Vec<Button>>) -> Self {
        let row = row.into();
        if !row.is_empty() {
            self.buttons.push(row);
        }
        self
    }

    /// Whether [`crate::chat::Bot::shown`] must learn the number that this message got.
    pub const fn needs_number(&self) -> bool {
        self.pending.is_some() || self.is_card
    }

    /// In as many messages as it takes, each within Telegram's limits; the buttons under the last.
    fn fitted(mut self) -> Vec<Self> {
        for row in &mut self.buttons {
            for button in &mut *row {
                button.label = button.label.chars().take(MOST_LABEL).collect();
            }
            row.retain(|button| match &button.press {
                Press::Data(data) => (1..=MOST_DATA).contains(&data.len()),
                Press::Url(_) => true,
            });
        }
        self.buttons.retain(|row| !row.is_empty());
        let parts = match &self.body {
            Body::Picture(picture, caption) => {
                let caption = caption.split(Text::CAPTION_UNITS).into_iter().next();
                self.body = Body::Picture(picture.clone(), caption.unwrap_or_default());
                return vec![self];
            }
            Body::Text(text) => text.split(Text::MESSAGE_UNITS),
        };
        let mut messages: Vec<_> = parts.into_iter().map(Self::text).collect();
        match messages.last_mut() {
            Some(last) => *last = Self { body: last.body.clone(), ..self },
            None => messages.push(self),
        }
        messages
    }
}

/// What a button shows at most, in characters; a phone shows fewer.
const MOST_LABEL: usize = 64;
/// What a button may carry at most, in bytes.
const MOST_DATA: usize = 64;

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

    /// Another text under a number.
    pub fn edit(place: MessageId, message: Message) -> Self {
        Self { steps: vec![Step::Edit(place, message)], toast: None }
    }

    /// The same with everything as new messages.
    pub(crate) fn anew(mut self) -> Self {
        for step in &mut self.steps {
            if let Step::Edit(_, message) = step {
                *step = Step::Send(message.clone());
            }
        }
        self
    }

    /// The same with another step before all others.
    pub(crate) fn after(mut self, step: Step) -> Self {
        self.steps.insert(0, step);
        self
    }

    /// The same within the limits of Telegram. A picture is always a new message: the one that was
    /// pressed on may hold words.
    pub(crate) fn fitted(self) -> Self {
        let mut steps = Vec::new();
        for step in self.steps {
            match step {
                Step::Send(message) => steps.extend(message.fitted().into_iter().map(Step::Send)),
                Step::Edit(_, message) if matches!(message.body, Body::Picture(..)) => {
                    steps.extend(message.fitted().into_iter().map(Step::Send));
                }
                Step::Edit(place, message) => {
                    let mut parts = message.fitted().into_iter();
                    steps.extend(parts.next().map(|first| Step::Edit(place, first)));
                    steps.extend(parts.map(Step::Send));
                }
                other => steps.push(other),
            }
        }
        let toast = self
            .toast
            .map(|toast| Toast { text: toast.text.chars().take(MOST_TOAST).collect(), ..toast });
        Self { steps, toast }
    }
}

/// What a toast may say at most, in characters.
const MOST_TOAST: usize = 200;
