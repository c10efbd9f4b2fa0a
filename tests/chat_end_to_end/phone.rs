//! A person with a phone: what they write and press, and what they read.

use std::sync::Arc;

use heikin::standin::telegram::{Hands, Letter, Settings, TelegramStandin};
use serde_json::Value;

use crate::product::PATIENCE;

pub(crate) const ASHA: i64 = 1_001;

/// Asha's phone, and the Telegram behind it.
pub(crate) struct Phone {
    pub(crate) standin: Arc<TelegramStandin>,
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
    buttons: Vec<String>,
}

impl Phone {
    pub(crate) fn new() -> Self {
        Self::with(&Settings::default())
    }

    /// On a Telegram of these settings, whose token is the usual one.
    pub(crate) fn with(settings: &Settings) -> Self {
        Self { standin: Arc::new(TelegramStandin::start(settings).unwrap()), read: 0 }
    }

    pub(crate) fn token() -> String {
        Settings::default().token
    }

    pub(crate) fn write(&self, text: &str) {
        let letter = Letter { user: ASHA, text: Some(text.to_owned()), ..Default::default() };
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
        let told = self.standin.messages_when(ASHA, PATIENCE, |it| find(it).is_some()).await;
        let found = told.as_ref().and_then(find)?;
        self.read = found.number;
        Some(found)
    }

    /// Presses a button under a message, and waits until the message says something.
    pub(crate) async fn presses(&self, message: &Read, label: &str, words: &str) {
        let button = message.buttons.iter().find(|it| it.contains(label));
        let button =
            button.unwrap_or_else(|| panic!("no {label:?}: {:?}", message.buttons)).clone();
        let press = Hands::Press { user: ASHA, chat: None, message: message.number, button };
        self.standin.act(press).unwrap();
        let says = |told: &Value| said(told).iter().any(|it| it.text.contains(words));
        let told = self.standin.messages_when(ASHA, PATIENCE, says).await;
        assert!(told.is_some(), "no {words:?} in:\n{}", self.transcript());
    }

    /// The chat, as it is now.
    pub(crate) fn transcript(&self) -> String {
        let told = self.standin.messages(ASHA);
        let messages = told["messages"].as_array().unwrap().iter();
        let lines = messages.map(|it| {
            let who = if it["by_bot"] == true { "heikin" } else { "Asha" };
            let said = read(it);
            let picture = if said.photo.is_some() { "[picture] " } else { "" };
            let buttons: Vec<_> = said.buttons.iter().map(|it| format!(" [{it}]")).collect();
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
    let label = |button: &Value| button["text"].as_str().unwrap_or_default().to_owned();
    Read {
        number: message["message_id"].as_i64().unwrap(),
        text: text.unwrap_or_default().to_owned(),
        photo: message["photo"][0]["file_id"].as_str().map(ToOwned::to_owned),
        buttons: buttons.map(label).collect(),
    }
}
