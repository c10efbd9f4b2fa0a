//! What the engine asks for, as requests: method, path, parameters, and what they cost.
//!
//! A request is built once and holds no time: stamp and signature are put on when it leaves, since a
//! stamp that has waited in a queue is worth less. The same request goes over HTTP and over the
//! WebSocket API, which take the same parameters but sign different texts (see [`super::signing`]).

mod account;
mod market;
mod orders;
mod streams;

use heikin_core::time::{Span, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use account::{
    account, all_orders, commission_rates, day_windows, key_permissions, my_filters, my_trades,
    open_orders, subscribe_user_events, trades_after, trades_of,
};
pub use market::{KlineRange, MOST_KLINES, book_ticker, exchange_info, klines, server_time};
pub use orders::{
    OrderRef, Shape, cancel, emergency_sale, legs, query, query_legs, replace, submit,
};
pub use streams::{StreamControl, book_ticker_stream, combined_path, control, kline_stream};

use super::limits::{Cost, Lane};
use super::signing::{Credentials, percent_encode};

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the method of that name")]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// The value of a parameter. In the frames of the WebSocket API, numbers are numbers and decimals
/// are strings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Text, or a decimal.
    Text(String),
    /// A number.
    Number(i64),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_i64(*number),
        }
    }
}

impl Value {
    fn append_to(&self, text: &mut String) {
        match self {
            Self::Text(value) => text.push_str(value),
            Self::Number(number) => text.push_str(&number.to_string()),
        }
    }
}

/// Whether a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// Anybody may ask.
    Public,
    /// It carries key, stamp and signature.
    Signed,
}

/// When a request leaves, and how long the exchange may take it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Now, by the exchange's clock.
    pub timestamp: Timestamp,
    /// For how long after it.
    pub recv_window: Span,
}

/// A request that is not stamped yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The method of HTTP.
    pub method: Method,
    /// The path, below the base address.
    pub path: &'static str,
    /// The method of the WebSocket API; none where there is none.
    pub websocket_method: Option<&'static str>,
    /// Whether it is signed.
    pub security: Security,
    /// What it may push aside.
    pub lane: Lane,
    /// What it costs.
    pub cost: Cost,
    params: Vec<(&'static str, Value)>,
}

impl Request {
    fn public(path: &'static str, weight: u32) -> Self {
        Self {
            method: Method::Get,
            path,
            websocket_method: None,
            security: Security::Public,
            lane: Lane::MarketData,
            cost: Cost::always(weight),
            params: Vec::new(),
        }
    }

    /// A signed question.
    fn read(path: &'static str, websocket_method: &'static str, weight: u32) -> Self {
        Self {
            websocket_method: Some(websocket_method),
            security: Security::Signed,
            lane: Lane::Queries,
            ..Self::public(path, weight)
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "whatever has a text, by value or not")]
    fn text(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, Value::Text(value.to_string())));
        self
    }

    fn number(mut self, name: &'static str, value: i64) -> Self {
        self.params.push((name, Value::Number(value)));
        self
    }

    /// A number of the exchange's: they count up from one, and stay far below 2^63.
    fn id(self, name: &'static str, value: u64) -> Self {
        self.number(name, i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// The parameters, in their order, without stamp and signature.
    pub fn params(&self) -> &[(&'static str, Value)] {
        &self.params
    }

    /// The value of a parameter, as text.
    pub fn param(&self, name: &str) -> Option<String> {
        let (_, value) = self.params.iter().find(|(own, _)| *own == name)?;
        let mut text = String::new();
        value.append_to(&mut text);
        Some(text)
    }

    /// The query of a public request, encoded; empty where it has no parameters.
    pub fn query(&self) -> String {
        let mut query = String::new();
        append_query(&mut query, &self.params);
        query
    }

    /// The query with stamp and signature: to be sent as it is, byte by byte. Whoever encodes it
    /// again breaks the signature.
    pub fn signed_query(&self, stamp: Stamp, credentials: &Credentials) -> String {
        let mut query = String::with_capacity(384);
        append_query(&mut query, &self.params);
        append_query(&mut query, &stamped(stamp));
        let signature = credentials.sign(query.as_bytes());
        query.push_str("&signature=");
        query.push_str(&signature);
        query
    }

    /// The frame for the WebSocket API, with stamp and signature where it is signed; none where
    /// there is no such method.
    pub fn frame(&self, id: u64, stamp: Stamp, credentials: &Credentials) -> Option<String> {
        let mut params = self.params.clone();
        if self.security == Security::Signed {
            params.extend(stamped(stamp));
            params.push(("apiKey", Value::Text(credentials.expose_key().to_owned())));
            params.sort_by_key(|(name, _)| *name);
            let mut payload = String::with_capacity(384);
            for (name, value) in &params {
                if !payload.is_empty() {
                    payload.push('&');
                }
                payload.push_str(name);
                payload.push('=');
                value.append_to(&mut payload);
            }
            params.push(("signature", Value::Text(credentials.sign(payload.as_bytes()))));
        }
        let frame = Frame { id, method: self.websocket_method?, params: &Params(&params) };
        // Strings and numbers under names always serialize.
        serde_json::to_string(&frame).ok()
    }
}

fn stamped(stamp: Stamp) -> [(&'static str, Value); 2] {
    [
        ("recvWindow", Value::Number(stamp.recv_window.millis())),
        ("timestamp", Value::Number(stamp.timestamp.millis())),
    ]
}

fn append_query(query: &mut String, params: &[(&'static str, Value)]) {
    for (name, value) in params {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        match value {
            Value::Text(text) => percent_encode(text, query),
            Value::Number(_) => value.append_to(query),
        }
    }
}

#[derive(Serialize)]
struct Frame<'a> {
    id: u64,
    method: &'static str,
    params: &'a Params<'a>,
}

struct Params<'a>(&'a [(&'static str, Value)]);

impl Serialize for Params<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
