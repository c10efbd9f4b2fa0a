//! Requests to the Bot API, each through teloxide's `Bot`.
//!
//! The payloads are our own, with as little of an answer as is needed: a message that has arrived must
//! not count as failed because Telegram has added something to its answer.

use std::time::Duration;

use heikin_core::time::Span;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use teloxide::Bot;
use teloxide::requests::{JsonRequest, MultipartPayload, MultipartRequest, Payload};
use teloxide::types::InputFile;

use super::failure::Failure;
use super::menus::{Offer, Scope};
use crate::backend::{ChatId, Loudness, MessageId, UpdateId};
use crate::message::{Body, Button, Message, Picture, Press, Text, Toast};

/// A request that has no answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same for a poll, which Telegram holds until there is news. It has a client of its own: teloxide
/// does nothing with a payload's `timeout_hint`.
const POLL_PATIENCE: Duration = Duration::from_secs(45);
/// What is asked for: nothing else is of use.
const KINDS: [&str; 6] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
];

/// The Bot API with one bot's token. It does not show the token.
#[derive(Clone)]
pub struct Api {
    bot: Bot,
    poller: Bot,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Api([hidden])")
    }
}

#[derive(Serialize)]
struct GetUpdates {
    offset: i64,
    limit: u8,
    timeout: u64,
    allowed_updates: [&'static str; 6],
}

impl Payload for GetUpdates {
    type Output = Vec<serde_json::Value>;
    const NAME: &'static str = "getUpdates";
}

#[derive(Serialize)]
struct SendMessage {
    chat_id: i64,
    #[serde(flatten)]
    words: Words,
    disable_notification: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<Replied>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard>,
}

#[derive(Serialize)]
struct Words {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    link_preview_options: NoPreview,
}

#[derive(Serialize)]
struct NoPreview {
    is_disabled: bool,
}

#[derive(Serialize)]
struct Replied {
    message_id: i64,
    allow_sending_without_reply: bool,
}

#[derive(Serialize)]
struct Keyboard {
    inline_keyboard: Vec<Vec<Key>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Key {
    Data { text: String, callback_data: String },
    Url { text: String, url: String },
}

/// All that is needed of a message that was sent.
#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

impl Payload for SendMessage {
    type Output = Sent;
    const NAME: &'static str = "sendMessage";
}

#[derive(Serialize)]
struct SendPhoto {
    chat_id: i64,
    photo: InputFile,
    caption: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    disable_notification: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<Replied>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard>,
}

impl Payload for SendPhoto {
    type Output = Sent;
    const NAME: &'static str = "sendPhoto";
}

impl MultipartPayload for SendPhoto {
    fn copy_files(&self, into: &mut dyn FnMut(InputFile)) {
        into(self.photo.clone());
    }

    fn move_files(&mut self, into: &mut dyn FnMut(InputFile)) {
        self.copy_files(into);
    }
}

#[derive(Serialize)]
struct EditMessageText {
    chat_id: i64,
    message_id: i64,
    #[serde(flatten)]
    words: Words,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard>,
}

impl Payload for EditMessageText {
    type Output = serde::de::IgnoredAny;
    const NAME: &'static str = "editMessageText";
}

/// A message that something is done with, and nothing more is said.
#[derive(Serialize)]
struct At {
    chat_id: i64,
    message_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_notification: Option<bool>,
}

macro_rules! at {
    ($name:ident, $method:literal) => {
        #[derive(Serialize)]
        struct $name(At);

        impl Payload for $name {
            type Output = serde::de::IgnoredAny;
            const NAME: &'static str = $method;
        }
    };
}

at!(EditMessageReplyMarkup, "editMessageReplyMarkup");
at!(DeleteMessage, "deleteMessage");
at!(PinChatMessage, "pinChatMessage");

#[derive(Serialize)]
struct AnswerCallbackQuery {
    callback_query_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    show_alert: bool,
}

impl Payload for AnswerCallbackQuery {
    type Output = serde::de::IgnoredAny;
    const NAME: &'static str = "answerCallbackQuery";
}

#[derive(Serialize)]
struct SetMyCommands {
    commands: Vec<Offer>,
    scope: Scope,
}

impl Payload for SetMyCommands {
    type Output = serde::de::IgnoredAny;
    const NAME: &'static str = "setMyCommands";
}

#[derive(Serialize)]
struct DeleteMyCommands {
    scope: Scope,
}

impl Payload for DeleteMyCommands {
    type Output = serde::de::IgnoredAny;
    const NAME: &'static str = "deleteMyCommands";
}

#[derive(Serialize)]
struct GetMe {}

/// All that is needed of the bot itself.
#[derive(Deserialize)]
struct Myself {
    username: String,
}

impl Payload for GetMe {
    type Output = Myself;
    const NAME: &'static str = "getMe";
}

/// Whether words go with their markup. Without it they say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Markup {
    Html,
    None,
}

impl Markup {
    const fn parse_mode(self) -> Option<&'static str> {
        match self {
            Self::Html => Some("HTML"),
            Self::None => None,
        }
    }
}

impl Api {
    /// The Bot API at an address, such as `https://api.telegram.org`.
    ///
    /// # Errors
    ///
    /// Where there can be no client, which is a fault of the machine's TLS.
    pub fn new(address: &Url, token: &SecretString) -> Result<Self, reqwest::Error> {
        let bot = |patience: Duration| {
            let client = Client::builder()
                .connect_timeout(Duration::from_secs(5))
                .timeout(patience)
                .redirect(reqwest::redirect::Policy::none())
                .build()?;
            let bot = Bot::with_client(token.expose_secret(), client);
            Ok(bot.set_api_url(address.clone()))
        };
        Ok(Self { bot: bot(PATIENCE)?, poller: bot(POLL_PATIENCE)? })
    }

    async fn ask<P>(&self, payload: P) -> Result<P::Output, Failure>
    where
        P: Payload + Serialize + Send + 'static,
        P::Output: serde::de::DeserializeOwned,
    {
        JsonRequest::new(self.bot.clone(), payload).await.map_err(Failure::from)
    }

    /// The bot's name, as in `t.me/name`.
    pub async fn name(&self) -> Result<String, Failure> {
        self.ask(GetMe {}).await.map(|myself| myself.username)
    }

    /// Offers commands to whoever types.
    pub(super) async fn offer_commands(
        &self,
        scope: Scope,
        commands: Vec<Offer>,
    ) -> Result<(), Failure> {
        self.ask(SetMyCommands { commands, scope }).await.map(|_| ())
    }

    /// Offers somebody what everybody is offered.
    pub(super) async fn forget_commands(&self, scope: Scope) -> Result<(), Failure> {
        self.ask(DeleteMyCommands { scope }).await.map(|_| ())
    }

    /// Updates after one, which this confirms together with all before it.
    pub(super) async fn updates(
        &self,
        after: Option<UpdateId>,
        wait: Span,
    ) -> Result<Vec<serde_json::Value>, Failure> {
        let offset = after.map_or(0, |it| i64::try_from(it.0).unwrap_or(0) + 1);
        let timeout = u64::try_from(wait.millis() / 1_000).unwrap_or(0);
        let payload = GetUpdates { offset, limit: 100, timeout, allowed_updates: KINDS };
        JsonRequest::new(self.poller.clone(), payload).await.map_err(Failure::from)
    }

    /// Sends a message; as plain words where Telegram cannot read their markup.
    pub(super) async fn send(&self, chat: ChatId, message: &Message) -> Result<MessageId, Failure> {
        match self.send_as(chat, message, Markup::Html).await {
            Err(Failure::Markup(_)) => self.send_as(chat, message, Markup::None).await,
            done => done,
        }
    }

    async fn send_as(
        &self,
        chat: ChatId,
        message: &Message,
        markup: Markup,
    ) -> Result<MessageId, Failure> {
        let text = match &message.body {
            Body::Text(text) => text,
            Body::Picture(picture, caption) => {
                return self.send_photo(chat, message, (picture, caption), markup).await;
            }
        };
        let payload = SendMessage {
            chat_id: chat.0,
            words: words(text, markup),
            disable_notification: message.loudness != Loudness::Loud,
            reply_parameters: replied(message),
            reply_markup: keyboard(&message.buttons),
        };
        self.ask(payload).await.map(|sent| MessageId(sent.message_id))
    }

    async fn send_photo(
        &self,
        chat: ChatId,
        message: &Message,
        (picture, caption): (&Picture, &Text),
        markup: Markup,
    ) -> Result<MessageId, Failure> {
        let payload = SendPhoto {
            chat_id: chat.0,
            photo: InputFile::memory(picture.png.clone()).file_name(picture.name.clone()),
            caption: written(caption, markup),
            parse_mode: markup.parse_mode(),
            disable_notification: message.loudness != Loudness::Loud,
            reply_parameters: replied(message),
            reply_markup: keyboard(&message.buttons),
        };
        let sent = MultipartRequest::new(self.bot.clone(), payload).await.map_err(Failure::from)?;
        Ok(MessageId(sent.message_id))
    }

    /// Puts other words and buttons under a number.
    pub(super) async fn edit(
        &self,
        chat: ChatId,
        place: MessageId,
        message: &Message,
    ) -> Result<(), Failure> {
        let Body::Text(text) = &message.body else {
            return Err(Failure::Refused("words cannot become a picture".to_owned()));
        };
        let mut done = Err(Failure::NotModified);
        for markup in [Markup::Html, Markup::None] {
            let payload = EditMessageText {
                chat_id: chat.0,
                message_id: place.0,
                words: words(text, markup),
                reply_markup: keyboard(&message.buttons),
            };
            done = self.ask(payload).await.map(|_| ());
            if !matches!(done, Err(Failure::Markup(_))) {
                break;
            }
        }
        // It is as it should be.
        if done == Err(Failure::NotModified) { Ok(()) } else { done }
    }

    /// Takes the buttons off a message.
    pub(super) async fn disarm(&self, chat: ChatId, place: MessageId) -> Result<(), Failure> {
        match self.ask(EditMessageReplyMarkup(at(chat, place))).await {
            Ok(_) | Err(Failure::NotModified) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Takes a message away.
    pub(super) async fn delete(&self, chat: ChatId, place: MessageId) -> Result<(), Failure> {
        self.ask(DeleteMessage(at(chat, place))).await.map(|_| ())
    }

    /// Pins a message, without a sound.
    pub(super) async fn pin(&self, chat: ChatId, place: MessageId) -> Result<(), Failure> {
        let at = At { disable_notification: Some(true), ..at(chat, place) };
        self.ask(PinChatMessage(at)).await.map(|_| ())
    }

    /// Answers a press.
    pub(super) async fn answer(
        &self,
        callback: &str,
        toast: Option<&Toast>,
    ) -> Result<(), Failure> {
        let payload = AnswerCallbackQuery {
            callback_query_id: callback.to_owned(),
            text: toast.map(|toast| toast.text.clone()),
            show_alert: toast.is_some_and(|toast| toast.is_alert),
        };
        self.ask(payload).await.map(|_| ())
    }
}

fn words(text: &Text, markup: Markup) -> Words {
    let link_preview_options = NoPreview { is_disabled: true };
    Words { text: written(text, markup), parse_mode: markup.parse_mode(), link_preview_options }
}

fn written(text: &Text, markup: Markup) -> String {
    match markup {
        Markup::Html => text.to_html(),
        Markup::None => text.to_plain(),
    }
}

fn replied(message: &Message) -> Option<Replied> {
    message.reply_to.map(|id| Replied { message_id: id.0, allow_sending_without_reply: true })
}

fn at(chat: ChatId, place: MessageId) -> At {
    At { chat_id: chat.0, message_id: place.0, disable_notification: None }
}

/// A button whose address is none is left out: Telegram would refuse the whole.
fn keyboard(rows: &[Vec<Button>]) -> Option<Keyboard> {
    let key = |button: &Button| {
        let text = button.label.clone();
        match &button.press {
            Press::Data(data) => Some(Key::Data { text, callback_data: data.clone() }),
            Press::Url(url) => Url::parse(url).is_ok().then(|| Key::Url { text, url: url.clone() }),
        }
    };
    let inline_keyboard: Vec<Vec<Key>> =
        rows.iter().map(|row| row.iter().filter_map(key).collect()).collect();
    (!inline_keyboard.is_empty()).then_some(Keyboard { inline_keyboard })
}
