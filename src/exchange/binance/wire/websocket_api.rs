use heikin_core::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{DecodeError, ErrorBody, RateLimitRow, UserEvent, decode};

/// A frame of the WebSocket API (`web-socket-api.md`): the answer to a request, or an event.
#[derive(Debug)]
pub enum ApiMessage<'a> {
    /// An answer.
    Response(ApiResponse<'a>),
    /// An event of the account, and the subscription that it came by.
    Event(Option<u64>, UserEvent),
}

/// The answer to a request. Status and body mean what they mean over HTTP.
#[derive(Debug)]
pub struct ApiResponse<'a> {
    /// Which request; none where the exchange could not tell, or speaks of the whole session.
    pub id: Option<u64>,
    /// The status of HTTP.
    pub status: u16,
    /// `result` of a success, `error` of a failure: what the body is over HTTP.
    pub body: &'a [u8],
    /// How much of each limit is used up.
    pub rate_limits: Vec<RateLimitRow>,
}

impl ApiResponse<'_> {
    /// Not before this time again: with 429 and 418. Over HTTP `Retry-After` is in seconds; here it is
    /// a time.
    pub fn not_before(&self) -> Option<Timestamp> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Pushback {
            retry_after: Timestamp,
        }
        let error: ErrorBody<'_> = decode(self.body).ok()?;
        let pushback: Pushback = decode(error.data?.get().as_bytes()).ok()?;
        Some(pushback.retry_after)
    }
}

/// The answer to `userDataStream.subscribe.signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscribed {
    /// By which the events come.
    pub subscription_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(default)]
    rate_limits: Option<Vec<RateLimitRow>>,
    #[serde(default)]
    subscription_id: Option<u64>,
    #[serde(borrow, default)]
    event: Option<&'a RawValue>,
}

/// The number of a request: ours are integers, and come back as they went.
pub(super) fn request_id(id: Option<&RawValue>) -> Option<u64> {
    id?.get().trim_matches('"').parse().ok()
}

impl<'a> ApiMessage<'a> {
    /// Reads a frame.
    ///
    /// # Errors
    ///
    /// Where it is not JSON, or neither an answer nor an event.
    pub fn decode(json: &'a [u8]) -> Result<Self, DecodeError> {
        let frame: Frame<'a> = decode(json)?;
        if let Some(event) = frame.event {
            let event = UserEvent::decode(event.get().as_bytes())?;
            return Ok(Self::Event(frame.subscription_id, event));
        }
        let missing = |what: &str| DecodeError {
            path: ".".to_owned(),
            message: format!("neither an event nor an answer: no `{what}`"),
        };
        let status = frame.status.ok_or_else(|| missing("status"))?;
        let body = frame.error.or(frame.result).ok_or_else(|| missing("result"))?;
        Ok(Self::Response(ApiResponse {
            id: request_id(frame.id),
            status,
            body: body.get().as_bytes(),
            rate_limits: frame.rate_limits.unwrap_or_default(),
        }))
    }
}
