//! Messages of the bot that it changes, takes back or pins.

use heikin_core::time::Span;
use serde_json::{Map, Value, json};

use super::error::{ApiError, Result};
use super::keyboard;
use super::markup::Formatted;
use super::message::Content;
use super::params::Params;
use super::send::{CAPTION, NEW_TEXT, text, words};
use super::world::{Draft, World};

/// A message can be taken back for so long (`deleteMessage`).
const DELETABLE: Span = Span::from_secs(48 * 60 * 60);

impl World {
    /// `editMessageText`.
    pub(super) fn edit_text(&mut self, params: &Params) -> Result<Value> {
        let key = self.message_to_edit(params)?;
        if !matches!(self.content(key), Some(Content::Text(_))) {
            return Err(ApiError::bad_request("there is no text in the message to edit"));
        }
        self.change(params, key, text(params, NEW_TEXT)?)
    }

    /// `editMessageCaption`.
    pub(super) fn edit_caption(&mut self, params: &Params) -> Result<Value> {
        let key = self.message_to_edit(params)?;
        let words = words(params, CAPTION)?;
        let content = match self.content(key) {
            Some(Content::Photo(picture, _)) => Content::Photo(picture, words),
            Some(Content::Document(document, _)) => Content::Document(document, words),
            _ => {
                return Err(ApiError::bad_request("there is no caption in the message to edit"));
            }
        };
        self.change(params, key, content)
    }

    /// `editMessageMedia`.
    pub(super) fn edit_media(&mut self, params: &Params) -> Result<Value> {
        let key = self.message_to_edit(params)?;
        let media: Map<String, Value> = params
            .structure("media")?
            .ok_or_else(|| ApiError::bad_request("media must be non-empty"))?;
        let kind = media.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        let inner = params.with_fields(media);
        let words = words(&inner, CAPTION)?;
        let content = match kind.as_str() {
            "photo" => self.photo(&inner, "media", words)?,
            "document" => self.document(&inner, "media", words)?,
            _ => {
                let what = format!("can't parse InputMedia: Media type \"{kind}\" is unsupported");
                return Err(ApiError::bad_request(what));
            }
        };
        self.change(params, key, content)
    }

    /// `editMessageReplyMarkup`.
    pub(super) fn edit_markup(&mut self, params: &Params) -> Result<Value> {
        let key = self.message_to_edit(params)?;
        let content = self.content(key).unwrap_or(Content::Text(Formatted::default()));
        self.change(params, key, content)
    }

    /// The message that is to be changed: one of the bot's own.
    fn message_to_edit(&self, params: &Params) -> Result<(i64, i64)> {
        if params.text("inline_message_id").is_some() {
            return Err(ApiError::bad_request("MESSAGE_ID_INVALID"));
        }
        let chat = self.chat_to_write(params)?.id();
        let id = params
            .integer("message_id")
            .ok_or_else(|| ApiError::bad_request("message identifier is not specified"))?;
        let message = self.message(chat, id);
        let message = message.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
        if !message.author.is_this_bot {
            return Err(ApiError::bad_request("message can't be edited"));
        }
        Ok((chat, id))
    }

    fn content(&self, (chat, id): (i64, i64)) -> Option<Content> {
        self.message(chat, id).map(|it| it.content.clone())
    }

    /// A keyboard that is not given is taken away.
    fn change(&mut self, params: &Params, key: (i64, i64), content: Content) -> Result<Value> {
        let markup = keyboard::checked(params.structure("reply_markup")?)?;
        let is_same = self
            .message(key.0, key.1)
            .is_some_and(|it| it.content == content && it.markup == markup);
        if is_same {
            return Err(ApiError::bad_request(
                "message is not modified: specified new message content and reply markup are \
                 exactly the same as a current content and reply markup of the message",
            ));
        }
        self.count_sent(key.0)?;
        let now = self.now();
        if let Some(message) = self.message_mut(key.0, key.1) {
            message.keep_version(now);
            if message.content != content {
                message.edited = Some(now);
            }
            message.content = content;
            message.markup = markup;
        }
        Ok(self.wire(key.0, key.1))
    }

    /// `deleteMessage` and `deleteMessages`.
    pub(super) fn delete(&mut self, params: &Params) -> Result<Value> {
        let chat = self.chat_to_write(params)?;
        let (chat, is_private) = (chat.id(), chat.id() > 0);
        let several: Option<Vec<i64>> = params.structure("message_ids")?;
        let ids = match (&several, params.integer("message_id")) {
            (Some(several), _) => several.clone(),
            (None, Some(one)) => vec![one],
            (None, None) => {
                return Err(ApiError::bad_request("message identifier is not specified"));
            }
        };
        let now = self.now();
        for id in ids {
            let Some(message) = self.message_mut(chat, id) else {
                // Of several, those that are gone are passed over.
                if several.is_some() {
                    continue;
                }
                return Err(ApiError::bad_request("message to delete not found"));
            };
            let may = message.author.is_this_bot || is_private;
            if !may || now.since(message.sent) > DELETABLE {
                return Err(ApiError::bad_request("message can't be deleted for everyone"));
            }
            message.is_deleted = true;
            if let Some(chat) = self.chats.get_mut(&chat) {
                chat.pinned.retain(|it| *it != id);
            }
        }
        Ok(json!(true))
    }

    /// `pinChatMessage`.
    pub(super) fn pin(&mut self, params: &Params) -> Result<Value> {
        let chat = self.chat_to_write(params)?;
        let (id, author) = (chat.id(), self.bot_author(chat));
        let wanted = params.integer("message_id").unwrap_or_default();
        if self.message(id, wanted).is_none() {
            return Err(ApiError::bad_request("message to pin not found"));
        }
        let is_news = chat.pinned.last() != Some(&wanted);
        if let Some(chat) = self.chats.get_mut(&id) {
            chat.pinned.retain(|it| *it != wanted);
            chat.pinned.push(wanted);
        }
        if is_news {
            let mut pinned = self.wire(id, wanted);
            if let Some(pinned) = pinned.as_object_mut() {
                pinned.remove("reply_to_message");
            }
            let fields = Map::from_iter([("pinned_message".to_owned(), pinned)]);
            self.write(
                id,
                Draft {
                    author,
                    content: Content::Fields(fields),
                    markup: None,
                    reply_to: None,
                    forward_origin: None,
                    is_silent: params.flag("disable_notification"),
                },
            );
        }
        Ok(json!(true))
    }

    /// `unpinChatMessage`: the one that is named, or the newest.
    pub(super) fn unpin(&mut self, params: &Params) -> Result<Value> {
        let id = self.chat_to_write(params)?.id();
        let wanted = params.integer("message_id");
        let Some(chat) = self.chats.get_mut(&id) else { return Ok(json!(true)) };
        let place = match wanted {
            Some(wanted) => chat.pinned.iter().position(|it| *it == wanted),
            None => chat.pinned.len().checked_sub(1),
        };
        let place = place.ok_or_else(|| ApiError::bad_request("message to unpin not found"))?;
        chat.pinned.remove(place);
        self.revision += 1;
        Ok(json!(true))
    }

    /// `unpinAllChatMessages`.
    pub(super) fn unpin_all(&mut self, params: &Params) -> Result<Value> {
        let id = self.chat_to_write(params)?.id();
        if let Some(chat) = self.chats.get_mut(&id) {
            chat.pinned.clear();
        }
        self.revision += 1;
        Ok(json!(true))
    }
}
