//! A message of a chat, what it was before it was edited, and how it is written on the wire.

use heikin_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::super::clock::seconds;
use super::files::Picture;
use super::markup::Formatted;

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Author {
    /// As `User`; none for posts of a channel.
    pub(super) from: Option<Value>,
    /// As `Chat`: a group or channel in whose name it was written.
    pub(super) sender_chat: Option<Value>,
    pub(super) is_this_bot: bool,
}

/// What a message holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Words.
    Text(Formatted),
    /// A picture and words.
    Photo(Picture, Formatted),
    /// A file, as `Document`, and words.
    Document(Value, Formatted),
    /// Fields as they are on the wire: stickers, service messages.
    Fields(Map<String, Value>),
}

impl Content {
    /// The words of it.
    pub(super) fn words(&self) -> Option<&Formatted> {
        match self {
            Self::Text(words) | Self::Photo(_, words) | Self::Document(_, words) => Some(words),
            Self::Fields(_) => None,
        }
    }

    fn write(&self, message: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| message.insert(name.to_owned(), value);
        match self {
            Self::Text(_) => {}
            Self::Photo(picture, _) => {
                put("photo", picture.sizes());
            }
            Self::Document(document, _) => {
                put("document", document.clone());
            }
            Self::Fields(fields) => message.extend(fields.clone()),
        }
        let Some(words) = self.words() else { return };
        let is_text = matches!(self, Self::Text(_));
        let (text, entities) =
            if is_text { ("text", "entities") } else { ("caption", "caption_entities") };
        if is_text || !words.text.is_empty() {
            message.insert(text.to_owned(), words.text.as_str().into());
        }
        if !words.entities.is_empty() {
            message.insert(entities.to_owned(), json!(words.entities));
        }
    }
}

/// What a message was.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) until: Timestamp,
    pub(super) content: Content,
    pub(super) markup: Option<Value>,
}

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) author: Author,
    pub(super) sent: Timestamp,
    pub(super) edited: Option<Timestamp>,
    pub(super) content: Content,
    /// The inline keyboard.
    pub(super) markup: Option<Value>,
    pub(super) reply_to: Option<i64>,
    /// As `MessageOrigin`.
    pub(super) forward_origin: Option<Value>,
    pub(super) is_silent: bool,
    pub(super) is_deleted: bool,
    pub(super) history: Vec<Version>,
}

/// So many versions of a message are kept.
const VERSIONS: usize = 1_000;

impl Message {
    /// Keeps what it was, before it is changed.
    pub(super) fn keep_version(&mut self, until: Timestamp) {
        if self.history.len() == VERSIONS {
            self.history.remove(0);
        }
        let (content, markup) = (self.content.clone(), self.markup.clone());
        self.history.push(Version { until, content, markup });
    }

    /// As `Message`, in this chat, with the message that it answers.
    pub(super) fn wire(&self, chat: &Value, replied: Option<&Self>) -> Value {
        let mut message = Map::new();
        let mut put = |name: &str, value: Value| message.insert(name.to_owned(), value);
        put("message_id", self.id.into());
        if let Some(from) = &self.author.from {
            put("from", from.clone());
        }
        if let Some(sender) = &self.author.sender_chat {
            put("sender_chat", sender.clone());
        }
        put("chat", chat.clone());
        put("date", seconds(self.sent).into());
        if let Some(origin) = &self.forward_origin {
            put("forward_origin", origin.clone());
        }
        if let Some(replied) = replied {
            put("reply_to_message", replied.wire(chat, None));
        }
        if let Some(edited) = self.edited {
            put("edit_date", seconds(edited).into());
        }
        if let Some(markup) = &self.markup {
            put("reply_markup", markup.clone());
        }
        self.content.write(&mut message);
        Value::Object(message)
    }

    /// As whoever tests a client wants it: with what it was before, and what the wire does not tell.
    pub(super) fn told(&self, wire: &Value) -> Value {
        let versions: Vec<_> = self
            .history
            .iter()
            .map(|it| {
                let mut version = Map::new();
                it.content.write(&mut version);
                version.insert("until".to_owned(), it.until.millis().into());
                if let Some(markup) = &it.markup {
                    version.insert("reply_markup".to_owned(), markup.clone());
                }
                Value::Object(version)
            })
            .collect();
        json!({
            "message": wire, "by_bot": self.author.is_this_bot, "silent": self.is_silent,
            "deleted": self.is_deleted, "sent": self.sent.millis(), "versions": versions,
        })
    }
}
