//! A person with a phone: what they write and press, and what they read.

use std::sync::Arc;

use heikin::standin::telegram::{Hands, Letter, Settings, TelegramStandin};
use serde_json::Value;

use crate::product::PATIENCE;

pub(crate) const ASHA: i64 = 1_001;
pub(crate) const RAVI: i64 = 1_002;

/// Somebody's phone, and the Telegram behind it.
pub(crate) struct Phone {
    pub(crate) standin: Arc<TelegramStandin>,
    user: i64,
    /// The last message that has been read: each is read once.
    read: i64,
}

/// A message of the bot.
pub(crate) struct Read {
    number: i64,
    /// Its words, or those below its picture.
    pub(crate) text: String,
    /// The picture's file.
    photo: Option<String>,
    buttons: Vec<Button>,
}

/// A button under a message: its label, and the page that it opens, if it opens one.
pub(crate) struct Button {
    label: String,
    address: Option<String>,
}

impl Read {
    /// The page that a button opens.
    pub(crate) fn address(&self, label: &str) -> &str {
        let button = self.buttons.iter().find(|it| it.label.contains(label));
        let address = button.and_then(|it| it.address.as_deref());
        address.unwrap_or_else(|| panic!("no page behind {label:?}: {}", self.text))
    }
}

impl Phone {
    /// Asha's.
    pub(crate) fn new() -> Self {
        Self::with(&Settings::default())
    }

    /// On a Telegram of these settings, whose token is the usual one.
    pub(crate) fn with(settings: &Settings) -> Self {
        Self { standin: Arc::new(TelegramStandin::start(settings).unwrap()), user: ASHA, read: 0 }
    }

    /// Somebody else's, on the same Telegram.
    pub(crate) fn of(&self, user: i64) -> Self {
        Self { standin: Arc::clone(&self.standin), user, read: 0 }
    }

    /// What a configuration says of this Telegram.
    pub(crate) fn on_telegram(&self) -> String {
        format!("[telegram]\napi_url = \"{}\"\n", self.standin.api_url())
    }

    pub(crate) fn token() -> String {
        Settings::default().token
    }

    pub(crate) fn write(&self, text: &str) {
        let letter = Letter { user: self.user, text: Some(text.to_owned()), ..Default::default() };
        self.standin.act(Hands::Send(letter)).unwrap();
    }

    /// The bot's next message that holds some words; what comes before it is passed over.
    pub(crate) async fn reads(&mut self, words: &str) -> Read {
        let found = self.next(|it| it.text.contains(words)).await;
        found.unwrap_or_else(|| panic!("no {words:?} in:\n{}", self.transcript()))
    }

    /// The bytes of the bot's next picture.
    pub(crate) async fn sees(&mut self) -> Vec<u8> {
        let found = self.next(|it| it.photo.is_some()).await.and_then(|it| it.photo);
        let found = found.unwrap_or_else(|| panic!("no picture in:\n{}", self.transcript()));
        self.standin.file(&found).unwrap()
    }

    async fn next(&mut self, wanted: impl Fn(&Read) -> bool) -> Option<Read> {
        let after = self.read;
        let find = |told: &Value| said(told).into_iter().find(|it| it.number > after && wanted(it));
        let told = self.standin.messages_when(self.user, PATIENCE, |it| find(it).is_some()).await;
        let found = told.as_ref().and_then(find)?;
        self.read = found.number;
        Some(found)
    }

    /// Presses a button under a message, and waits until a message says something.
    pub(crate) async fn presses(&self, message: &Read, label: &str, words: &str) -> Read {
        self.touches(message, label);
        self.shows(words).await
    }

    /// Waits until a message says something, be it an old one that was changed.
    pub(crate) async fn shows(&self, words: &str) -> Read {
        let says = |it: &Read| it.text.contains(words);
        let told = |told: &Value| said(told).iter().any(says);
        let told = self.standin.messages_when(self.user, PATIENCE, told).await;
        let told = told.unwrap_or_else(|| panic!("no {words:?} in:\n{}", self.transcript()));
        said(&told).into_iter().rfind(says).unwrap()
    }

    /// Presses a button under a message.
    pub(crate) fn touches(&self, message: &Read, label: &str) {
        let button = message.buttons.iter().find(|it| it.label.contains(label));
        let button = button.unwrap_or_else(|| panic!("no {label:?} under {}", message.text));
        let (user, button) = (self.user, button.label.clone());
        let press = Hands::Press { user, chat: None, message: message.number, button };
        self.standin.act(press).unwrap();
    }

    /// How many messages of the bot hold some words.
    pub(crate) fn count(&self, words: &str) -> usize {
        let told = said(&self.standin.messages(self.user));
        told.iter().filter(|it| it.text.contains(words)).count()
    }

    /// The words of all messages that nobody has deleted.
    pub(crate) fn shown(&self) -> Vec<String> {
        let told = self.standin.messages(ASHA);
        let messages = told["messages"].as_array().unwrap().iter();
        messages.filter(|it| it["deleted"] == false).map(|it| read(it).text).collect()
    }

    /// The chat, as it is now.
    pub(crate) fn transcript(&self) -> String {
        let told = self.standin.messages(self.user);
        let messages = told["messages"].as_array().unwrap().iter();
        let name = if self.user == ASHA { "Asha" } else { "Ravi" };
        let lines = messages.map(|it| {
            let who = if it["by_bot"] == true { "heikin" } else { name };
            let said = read(it);
            let picture = if said.photo.is_some() { "[picture] " } else { "" };
            let buttons: Vec<_> =
                said.buttons.iter().map(|it| format!(" [{}]", it.label)).collect();
            let buttons = buttons.concat();
            format!("{who}: {picture}{}\n{buttons}\n", said.text)
        });
        lines.collect()
    }
}

fn said(told: &Value) -> Vec<Read> {
    let messages = told["messages"].as_array().unwrap().iter();
    messages.filter(|it| it["by_bot"] == true).map(read).collect()
}

fn read(told: &Value) -> Read {
    let message = &told["message"];
    let text = message["text"].as_str().or(message["caption"].as_str());
    let rows = message["reply_markup"]["inline_keyboard"].as_array().into_iter().flatten();
    let buttons = rows.flat_map(|row| row.as_array().into_iter().flatten());
    let button = |button: &Value| Button {
        label: button["text"].as_str().unwrap_or_default().to_owned(),
        address: button["url"].as_str().map(ToOwned::to_owned),
    };
    Read {
        number: message["message_id"].as_i64().unwrap(),
        text: text.unwrap_or_default().to_owned(),
        photo: message["photo"][0]["file_id"].as_str().map(ToOwned::to_owned),
        buttons: buttons.map(button).collect(),
    }
}
