//! What a request gives: parameters, headers and a body, read strictly. What is not known is refused
//! by name, so that a slip is not taken for a wish.

use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::{HeaderMap, header, request};
use heikin_bot::backend::{Page, Pin, Range, RequestId, StateVersion, Trader};
use heikin_bot::wire::{IDEMPOTENCY_KEY, PIN};
use heikin_core::time::Timestamp;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::problem::Refusal;
use super::tokens::{Caller, Grade};

/// No body is larger.
const LARGEST: usize = 64 * 1024;
/// A body that takes longer is somebody's who holds connections open.
const BODY_WITHIN: Duration = Duration::from_secs(5);
/// So many entries on a page where nothing is said.
const PAGE: u16 = 50;
/// The longest key of a token: with its name before it, it is a request id of at most 64 bytes.
const LONGEST_KEY: usize = 40;
/// The longest key of a front end: it is the request id.
const LONGEST_REQUEST: usize = 64;

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path: `/users/{user}`.
    Path,
    /// Behind the `?`.
    Query,
}

/// A parameter of a path.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// Whether it may be left out.
    pub is_optional: bool,
    /// The schema of its value: a name in the components of the document, or a JSON type.
    pub schema: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

impl Parameter {
    /// One that may be left out.
    pub(super) const fn optional(
        name: &'static str,
        schema: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, place: Place::Query, is_optional: true, schema, meaning }
    }

    /// One that must be there.
    pub(super) const fn needed(
        name: &'static str,
        schema: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, place: Place::Query, is_optional: false, schema, meaning }
    }

    /// One in the path.
    pub(super) const fn path(
        name: &'static str,
        schema: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, place: Place::Path, is_optional: false, schema, meaning }
    }
}

/// What a request gives.
#[derive(Debug)]
pub(super) struct Given {
    values: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Body>,
}

impl Given {
    /// Takes a request apart, and checks the names of its parameters.
    pub(super) async fn of(
        request: Request,
        known: &[Parameter],
    ) -> (Option<Caller>, Result<Self, Refusal>) {
        let (mut parts, body) = request.into_parts();
        let caller = parts.extensions.get::<Caller>().cloned();
        let values = values(&mut parts, known).await;
        let headers = parts.headers;
        (caller, values.map(|values| Self { values, headers, body: Some(body) }))
    }

    fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.values.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// A value, where it is given.
    pub(super) fn optional<T: FromStr>(&self, name: &str) -> Result<Option<T>, Refusal>
    where
        T::Err: std::fmt::Display,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        let read = text.parse().map_err(|error| Refusal::field(name, format!("{name}: {error}.")));
        read.map(Some)
    }

    /// A value that must be given.
    pub(super) fn needed<T: FromStr>(&self, name: &str) -> Result<T, Refusal>
    where
        T::Err: std::fmt::Display,
    {
        let missing = || Refusal::field(name, format!("The parameter {name} is missing."));
        self.optional(name)?.ok_or_else(missing)
    }

    /// A value written as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Refusal> {
        let text: String = self.needed(name)?;
        read_json(text.as_bytes())
    }

    /// A word, as the port writes it in JSON.
    pub(super) fn word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let read = serde_json::from_value(text.into());
        read.map(Some).map_err(|error| Refusal::field(name, format!("{name}: {error}.")))
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        Ok(self.optional(name)?.map(Timestamp::from_millis))
    }

    /// `from` and `to`.
    pub(super) fn range(&self) -> Result<Range, Refusal> {
        let range = Range { from: self.time("from")?, to: self.time("to")? };
        match (range.from, range.to) {
            (Some(from), Some(to)) if to <= from => {
                Err(Refusal::field("to", "to: it is not after from.".to_owned()))
            }
            _ => Ok(range),
        }
    }

    /// `skip` and `take`.
    pub(super) fn page(&self) -> Result<Page, Refusal> {
        let skip = self.optional("skip")?.unwrap_or(0);
        let take = self.optional("take")?.unwrap_or(PAGE);
        Ok(Page { skip, take })
    }

    /// `symbol` and `interval`.
    pub(super) fn trader(&self) -> Result<Trader, Refusal> {
        Ok(Trader { symbol: self.needed("symbol")?, interval: self.needed("interval")? })
    }

    /// The request id of what a caller changes.
    pub(super) fn request(&self, caller: &Caller) -> Result<RequestId, Refusal> {
        let longest = match caller.grade {
            Grade::Person(_) => LONGEST_KEY,
            Grade::FrontEnd => LONGEST_REQUEST,
        };
        let key = self.header(IDEMPOTENCY_KEY).unwrap_or_default();
        // The draft of the header has it as a quoted string; most send it bare.
        let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
        let is_plain = bare.bytes().all(|byte| byte.is_ascii_graphic());
        if bare.is_empty() || bare.len() > longest || !is_plain {
            return Err(Refusal::no_key(longest));
        }
        Ok(RequestId(match caller.grade {
            // Two tokens with the same key are two requests.
            Grade::Person(_) => format!("{}:{bare}", caller.name),
            Grade::FrontEnd => bare.to_owned(),
        }))
    }

    /// The version that was confirmed: `If-Match: "41"`.
    pub(super) fn confirmed(&self) -> Result<Option<StateVersion>, Refusal> {
        let name = header::IF_MATCH;
        let Some(tag) = self.header(name.as_str()) else { return Ok(None) };
        let number = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        let version = number.and_then(|number| number.parse().ok()).map(StateVersion);
        let wrong = || {
            let detail = "If-Match is the version of the recap, in quotes: \"41\".".to_owned();
            Refusal::field(name.as_str(), detail)
        };
        version.ok_or_else(wrong).map(Some)
    }

    /// The PIN, where it is given.
    pub(super) fn pin(&self) -> Option<Pin> {
        self.header(PIN).map(|pin| Pin::new(pin.to_owned()))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub(super) async fn body<T: DeserializeOwned>(&mut self) -> Result<T, Refusal> {
        let kind = self.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::not_json());
        }
        let body = self.body.take().unwrap_or_default();
        match timeout(BODY_WITHIN, to_bytes(body, LARGEST)).await {
            Ok(Ok(bytes)) => read_json(&bytes),
            Ok(Err(_too_large)) => Err(Refusal::too_large(LARGEST)),
            Err(_late) => Err(Refusal::late_body()),
        }
    }
}

/// The parameters, each known and there once.
async fn values(
    parts: &mut request::Parts,
    known: &[Parameter],
) -> Result<Vec<(String, String)>, Refusal> {
    let mut values: Vec<(String, String)> = Vec::new();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let is_known = known.iter().any(|it| it.place == Place::Query && it.name == name);
        if !is_known {
            let names: Vec<_> = known.iter().map(|parameter| parameter.name).collect();
            let detail = match names.as_slice() {
                [] => format!("{name} is no parameter: there are none here."),
                names => format!("{name} is no parameter. There are: {}.", names.join(", ")),
            };
            return Err(Refusal::field(&name, detail));
        }
        if values.iter().any(|(before, _)| *before == name) {
            return Err(Refusal::field(&name, format!("{name} is there twice.")));
        }
        values.push((name.into_owned(), value.into_owned()));
    }
    if let Ok(path) = RawPathParams::from_request_parts(parts, &()).await {
        values.extend(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    Ok(values)
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { path.as_str() };
        Refusal::field(field, format!("{field}: {}.", error.inner()))
    })?;
    json.end().map_err(|error| Refusal::field("body", format!("body: {error}.")))?;
    Ok(read)
}
