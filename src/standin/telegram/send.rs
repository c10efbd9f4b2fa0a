//! Messages that the bot sends.

use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::keyboard;
use super::markup::{Entity, Formatted, length};
use super::message::Content;
use super::params::{Params, Upload};
use super::world::{Draft, World};

/// The longest text, after its markup is read.
const LONGEST_TEXT: usize = 4_096;
/// The longest words under a picture or a file.
const LONGEST_CAPTION: usize = 1_024;

/// The words of a request, where they stand, and what Telegram says when they are too many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    text: &'static str,
    entities: &'static str,
    longest: usize,
    too_long: &'static str,
}

/// Of `sendMessage`.
pub(super) const TEXT: Words = Words {
    text: "text",
    entities: "entities",
    longest: LONGEST_TEXT,
    too_long: "message is too long",
};
/// Of `editMessageText`.
pub(super) const NEW_TEXT: Words = Words { too_long: "MESSAGE_TOO_LONG", ..TEXT };
/// Of everything that has a caption.
pub(super) const CAPTION: Words = Words {
    text: "caption",
    entities: "caption_entities",
    longest: LONGEST_CAPTION,
    too_long: "message caption is too long",
};

/// Reads the words of a request.
pub(super) fn words(params: &Params, place: Words) -> Result<Formatted> {
    let text = params.text(place.text).unwrap_or_default();
    let mode = params.text("parse_mode").map(|it| it.to_ascii_lowercase());
    let words = match mode.as_deref() {
        Some("html") => Formatted::html(&text)?,
        Some(_) => return Err(ApiError::bad_request("unsupported parse_mode")),
        None => match params.structure::<Vec<Entity>>(place.entities)? {
            Some(entities) => Formatted::with_entities(&text, entities),
            None => Formatted::plain(&text),
        },
    };
    if length(&words.text) > place.longest {
        return Err(ApiError::bad_request(place.too_long));
    }
    Ok(words)
}

/// Words that must be there.
pub(super) fn text(params: &Params, place: Words) -> Result<Content> {
    let words = words(params, place)?;
    if words.text.is_empty() {
        return Err(ApiError::bad_request("message text is empty"));
    }
    Ok(Content::Text(words))
}

impl World {
    /// `sendMessage`.
    pub(super) fn send_message(&mut self, params: &Params) -> Result<Value> {
        self.chat_to_write(params)?;
        let content = text(params, TEXT)?;
        self.send(params, content)
    }

    /// `sendPhoto`.
    pub(super) fn send_photo(&mut self, params: &Params) -> Result<Value> {
        self.chat_to_write(params)?;
        let words = words(params, CAPTION)?;
        let content = self.photo(params, "photo", words)?;
        self.send(params, content)
    }

    /// `sendDocument`.
    pub(super) fn send_document(&mut self, params: &Params) -> Result<Value> {
        self.chat_to_write(params)?;
        let words = words(params, CAPTION)?;
        let content = self.document(params, "document", words)?;
        self.send(params, content)
    }

    /// A picture that comes with the request, or came with an earlier one.
    pub(super) fn photo(
        &mut self,
        params: &Params,
        field: &str,
        words: Formatted,
    ) -> Result<Content> {
        if let Some(upload) = attached(params, field) {
            return Ok(Content::Photo(self.files.photo(&upload)?, words));
        }
        let id = params.text(field).ok_or_else(|| missing(field))?;
        let picture = self.files.photo_again(&id).ok_or_else(wrong_id)?;
        Ok(Content::Photo(picture, words))
    }

    /// A file that comes with the request, or came with an earlier one.
    pub(super) fn document(
        &mut self,
        params: &Params,
        field: &str,
        words: Formatted,
    ) -> Result<Content> {
        if let Some(upload) = attached(params, field) {
            return Ok(Content::Document(self.files.document(&upload)?, words));
        }
        let id = params.text(field).ok_or_else(|| missing(field))?;
        let upload = self.files.find(&id).cloned().ok_or_else(wrong_id)?;
        Ok(Content::Document(self.files.document(&upload)?, words))
    }

    fn send(&mut self, params: &Params, content: Content) -> Result<Value> {
        let chat = self.chat_to_write(params)?;
        let (id, author) = (chat.id(), self.bot_author(chat));
        let reply_to = self.replied(params, id)?;
        let markup = keyboard::checked(params.structure("reply_markup")?)?;
        self.count_sent(id)?;
        let is_silent = params.flag("disable_notification");
        let forward_origin = None;
        let draft = Draft { author, content, markup, reply_to, forward_origin, is_silent };
        let message = self.write(id, draft);
        Ok(self.wire(id, message))
    }

    /// The message that is answered.
    fn replied(&self, params: &Params, chat: i64) -> Result<Option<i64>> {
        let given: Option<Value> = params.structure("reply_parameters")?;
        let (id, may_be_gone) = match &given {
            Some(given) => (
                given.get("message_id").and_then(Value::as_i64),
                given.get("allow_sending_without_reply") == Some(&json!(true)),
            ),
            None => {
                (params.integer("reply_to_message_id"), params.flag("allow_sending_without_reply"))
            }
        };
        match id {
            Some(id) if self.message(chat, id).is_some() => Ok(Some(id)),
            None => Ok(None),
            Some(_) if may_be_gone => Ok(None),
            Some(_) => Err(ApiError::bad_request("message to be replied not found")),
        }
    }
}

/// A file in the part of its own name, or in the one that `attach://` names.
fn attached(params: &Params, field: &str) -> Option<Upload> {
    let elsewhere =
        params.text(field).and_then(|it| it.strip_prefix("attach://").map(str::to_owned));
    params.file(field).or_else(|| params.file(&elsewhere?)).cloned()
}

fn missing(field: &str) -> ApiError {
    ApiError::bad_request(format!("there is no {field} in the request"))
}

fn wrong_id() -> ApiError {
    ApiError::bad_request("wrong file identifier/HTTP URL specified")
}
