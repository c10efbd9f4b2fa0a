//! A client that hides nothing: status and body as they came.

use std::time::Duration;

use heikin::exchange::binance::signing::Credentials;
use reqwest::{Client, Method};
use serde_json::Value;

/// Nothing on the loopback takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A request. None where the connection was cut.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Option<Answer> {
    let response = match request.timeout(PATIENCE).send().await {
        Ok(response) => response,
        Err(error) if error.is_timeout() => panic!("no answer: {error}"),
        Err(_cut) => return None,
    };
    let status = response.status().as_u16();
    Some(Answer { status, text: response.text().await.unwrap() })
}

pub(crate) async fn get(url: &str) -> Answer {
    send(client().get(url)).await.unwrap()
}

/// JSON to this address.
pub(crate) async fn post(url: &str, body: &Value) -> Answer {
    send(json(Method::POST, url, body)).await.unwrap()
}

pub(crate) fn json(method: Method, url: &str, body: &Value) -> reqwest::RequestBuilder {
    let request = client().request(method, url).header("content-type", "application/json");
    request.body(body.to_string())
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// HMAC-SHA256 in hexadecimal digits, by other code than that of the stand-in.
pub(crate) fn hmac(secret: &str, message: &str) -> String {
    Credentials::new("none".into(), secret.into()).unwrap().sign(message.as_bytes())
}
