//! The Bot API's stand-in.

mod chats;
mod faults;
mod polling;
mod rules;
mod shapes;

use heikin::standin::telegram::{Hands, Letter, Settings, TelegramStandin};
use serde_json::{Value, json};

use crate::client::{Answer, json as request, post, send};

/// Somebody who has a private chat with the bot once they write.
pub(crate) const ASHA: i64 = 1_001;
pub(crate) const RAVI: i64 = 1_002;
pub(crate) const GROUP: i64 = -2_001;
pub(crate) const CHANNEL: i64 = -1_002_000_000_002;

pub(crate) struct Bot {
    pub(crate) standin: TelegramStandin,
    token: String,
}

impl Bot {
    /// A stand-in, in which Asha has written `/start`, and the bot has heard it.
    pub(crate) async fn started(settings: Settings) -> Self {
        let standin = TelegramStandin::start(&settings).unwrap();
        let bot = Self { standin, token: settings.token };
        bot.write(ASHA, "/start");
        bot.call("getUpdates", &json!({ "offset": -1 })).await;
        let told = bot.call("getUpdates", &json!({ "timeout": 5 })).await;
        let next = told[0]["update_id"].as_i64().unwrap() + 1;
        assert_eq!(bot.call("getUpdates", &json!({ "offset": next })).await, json!([]));
        bot
    }

    pub(crate) async fn new() -> Self {
        Self::started(Settings::default()).await
    }

    pub(crate) fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.standin.api_url(), self.token)
    }

    /// The answer to a method, whatever it is; none where the connection was cut.
    pub(crate) async fn try_call(&self, method: &str, params: &Value) -> Option<Answer> {
        send(request(reqwest::Method::POST, &self.url(method), params)).await
    }

    /// The result of a method that works.
    pub(crate) async fn call(&self, method: &str, params: &Value) -> Value {
        let answer = self.try_call(method, params).await.expect("an answer");
        let body = answer.json();
        assert_eq!((answer.status, &body["ok"]), (200, &json!(true)), "{method}: {body}");
        body["result"].clone()
    }

    /// The error of a method that does not: its code and its description.
    pub(crate) async fn refusal(&self, method: &str, params: &Value) -> (u16, String) {
        let answer = self.try_call(method, params).await.expect("an answer");
        let body = answer.json();
        assert_eq!(body["ok"], false, "{method}: {body}");
        assert_eq!(body["error_code"], answer.status);
        (answer.status, body["description"].as_str().unwrap().to_owned())
    }

    /// What the bot is told, which it confirms at once.
    pub(crate) async fn told(&self) -> Vec<Value> {
        let told = self.call("getUpdates", &json!({})).await;
        if let Some(last) = told.as_array().unwrap().last() {
            let next = last["update_id"].as_i64().unwrap() + 1;
            self.call("getUpdates", &json!({ "offset": next, "limit": 1 })).await;
        }
        told.as_array().unwrap().clone()
    }

    pub(crate) fn write(&self, user: i64, text: &str) -> Value {
        let letter = Letter { user, text: Some(text.to_owned()), ..Default::default() };
        self.standin.act(Hands::Send(letter)).unwrap()
    }

    /// The bot's own message in Asha's chat, with one button.
    pub(crate) async fn message_with_button(&self) -> i64 {
        let keys = json!({ "inline_keyboard": [[{ "text": "Yes", "callback_data": "y" }]] });
        let params = json!({ "chat_id": ASHA, "text": "Sure?", "reply_markup": keys });
        self.call("sendMessage", &params).await["message_id"].as_i64().unwrap()
    }

    pub(crate) async fn order(&self, what: &str, body: &Value) -> Value {
        let answer = post(&format!("{}/standin/{what}", self.standin.api_url()), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}
