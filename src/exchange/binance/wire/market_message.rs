use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::kline::KlineMessage;
use super::user_event::Barrier;
use super::websocket_api::request_id;
use super::{BookTicker, DecodeError, KlineEvent, decode};

/// A frame of a market stream (`web-socket-streams.md`), combined or raw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarketMessage {
    /// A candle as it stands.
    Kline(KlineEvent),
    /// The best bid and ask.
    BookTicker(BookTicker),
    /// The connection will be cut; open another one at once.
    ServerShutdown,
    /// The answer to a control message: which, and the streams where they were asked for. It says
    /// nothing of whether a stream exists.
    Reply(Option<u64>, Vec<String>),
    /// A control message was refused.
    Refused {
        /// Which.
        id: Option<u64>,
        /// The code, from 0 to 3.
        code: i64,
        /// Why.
        msg: String,
    },
    /// The point that a simulator in lockstep has reached: no message of the exchange's.
    Barrier(u64),
    /// An event that this version does not use.
    Other(String),
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, default)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    e: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    b: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    msg: Option<String>,
}

impl MarketMessage {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// Where it is not JSON, or not what its type says.
    pub fn decode(json: &[u8]) -> Result<Self, DecodeError> {
        let frame: Frame<'_> = decode(json)?;
        let Some(data) = frame.data else { return Self::payload(json, &frame) };
        let data = data.get().as_bytes();
        let stream = frame.stream.as_deref().unwrap_or_default();
        // The name spares a look into the payload, which for a quote has no type.
        if stream.ends_with("@bookTicker") {
            decode(data).map(Self::BookTicker)
        } else if stream.contains("@kline_") {
            kline(data)
        } else if stream == "!serverShutdown" {
            Ok(Self::ServerShutdown)
        } else {
            Self::payload(data, &decode(data)?)
        }
    }

    fn payload(json: &[u8], frame: &Frame<'_>) -> Result<Self, DecodeError> {
        match frame.e.as_deref() {
            Some("kline") => return kline(json),
            Some("lockstep") => return Ok(Self::Barrier(decode::<Barrier>(json)?.n)),
            Some("serverShutdown") => return Ok(Self::ServerShutdown),
            Some(other) => return Ok(Self::Other(other.to_owned())),
            None => {}
        }
        let id = request_id(frame.id);
        if let (Some(code), Some(msg)) = (frame.code, frame.msg.clone()) {
            return Ok(Self::Refused { id, code, msg });
        }
        if frame.b.is_some() {
            return decode(json).map(Self::BookTicker);
        }
        if frame.id.is_some() {
            let streams = frame.result.and_then(|result| serde_json::from_str(result.get()).ok());
            return Ok(Self::Reply(id, streams.unwrap_or_default()));
        }
        Ok(Self::Other(String::new()))
    }
}

fn kline(json: &[u8]) -> Result<MarketMessage, DecodeError> {
    let message: KlineMessage = decode(json)?;
    KlineEvent::try_from(message)
        .map(MarketMessage::Kline)
        .map_err(|error| DecodeError { path: "k".to_owned(), message: error.to_string() })
}
