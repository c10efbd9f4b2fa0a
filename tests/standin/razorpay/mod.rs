//! Razorpay's stand-in.

mod api;
mod events;
mod payers;
mod shapes;

use heikin::standin::razorpay::{Hands, Pay, RazorpayStandin, Settings};
use serde_json::{Value, json};

use crate::client::{Answer, client, json as request, post, send};

pub(crate) const KEY_ID: &str = "rzp_test_Standin00000001";
pub(crate) const KEY_SECRET: &str = "heikin_key_secret_v1";

pub(crate) struct Merchant {
    pub(crate) standin: RazorpayStandin,
}

impl Merchant {
    /// A stand-in whose clock stands still.
    pub(crate) fn new() -> Self {
        Self::started(Settings::default())
    }

    pub(crate) fn started(settings: Settings) -> Self {
        let settings = Settings { key_secret: KEY_SECRET.into(), speed: 0, ..settings };
        Self { standin: RazorpayStandin::start(&settings).unwrap() }
    }

    /// The answer to a request below `/v1`, whatever it is; none where the connection was cut.
    pub(crate) async fn try_ask(&self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        let url = format!("{}/v1/{path}", self.standin.api_url());
        let method = method.parse().unwrap();
        let asked = request(method, &url, body).basic_auth(KEY_ID, Some(KEY_SECRET));
        send(asked).await
    }

    /// The answer to a request that works.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.try_ask(method, path, body).await.expect("an answer");
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        answer.json()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}/v1/{path}", self.standin.api_url());
        let asked = client().get(url).basic_auth(KEY_ID, Some(KEY_SECRET));
        let answer = send(asked).await.expect("an answer");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// What a request that is refused is told.
    pub(crate) async fn refusal(&self, method: &str, path: &str, body: &Value) -> String {
        let answer = self.try_ask(method, path, body).await.expect("an answer");
        assert_eq!(answer.status, 400, "{method} {path}: {}", answer.text);
        let error = answer.json()["error"].clone();
        assert_eq!(error["code"], "BAD_REQUEST_ERROR");
        error["description"].as_str().unwrap().to_owned()
    }

    /// A link over 499 rupees, and its id.
    pub(crate) async fn link(&self, reference: &str) -> String {
        let link = json!({ "amount": 49_900, "currency": "INR", "reference_id": reference });
        let link = self.ask("POST", "payment_links", &link).await;
        link["id"].as_str().unwrap().to_owned()
    }

    /// Somebody pays all of a link; the payment's id.
    pub(crate) fn paid(&self, link: &str) -> String {
        let pay = Pay { link: link.to_owned(), ..Pay::default() };
        let done = self.standin.act(Hands::Pay(pay)).unwrap();
        done["payment"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn order(&self, what: &str, body: &Value) -> Value {
        let answer = post(&format!("{}/standin/{what}", self.standin.api_url()), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}
