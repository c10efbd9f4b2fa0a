//! One request over HTTP, and what became of it.

use heikin_core::time::Timestamp;
use tokio::time::{Duration, Instant};

use super::super::classify::{Answer, Reply};
use super::super::endpoints::Endpoints;
use super::hosts::Addresses;

/// How long the answer to an order is waited for. The exchange waits up to ten seconds for its matching
/// engine (`-1007`) and seldom needs one: what has no answer by now is asked for, and a stop that may
/// not be there is not waited for idly.
pub(super) const ORDER_TIMEOUT: Duration = Duration::from_secs(3);
/// For questions. One without an answer is asked once more, with more patience.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(3);
pub(super) const SECOND_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// In lockstep nobody waits in vain, however busy the machine is.
pub(super) const LOCKSTEP_TIMEOUT: Duration = Duration::from_mins(1);
/// Shorter than any of them: without a connection nothing has left, and that is then known.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections are closed by us before proxies on the way forget them: a request on a forgotten one
/// has no answer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// `exchangeInfo` over all symbols has several megabytes.
const LARGEST_BODY: usize = 16 << 20;

/// What became of a request.
#[derive(Debug)]
pub enum Delivery {
    /// It was answered.
    Answered(Response),
    /// It left, or may have left, and has no answer that can be used.
    Lost(Lost),
    /// It did not leave.
    NotSent(NotSent),
}

impl Delivery {
    /// What it is for the one table of what answers mean.
    pub fn reply(&self) -> Reply<'_> {
        match self {
            Self::Answered(response) => Reply::Answer(Answer {
                status: response.status,
                body: &response.body,
                not_before: response.not_before,
            }),
            Self::Lost(_) => Reply::Silence,
            Self::NotSent(_) => Reply::NotSent,
        }
    }
}

/// An answer of the exchange, or of what stands before it.
#[derive(Debug)]
pub struct Response {
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Not before this time again, where the exchange said so.
    pub not_before: Option<Timestamp>,
    /// When the request left.
    pub sent: Instant,
    /// When the answer was in.
    pub received: Instant,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Within the time that it had.
    Timeout,
    /// The connection broke.
    Broken,
    /// The answer is larger than any answer of the API.
    TooLarge,
}

/// Why a request did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// No connection: no address, refused, or not encrypted as it must be.
    NoConnection,
    /// It was later than it may leave.
    TooLate,
    /// Too many wait already.
    QueueFull,
    /// It needs a key, and there is none.
    NoCredentials,
}

/// The HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// Its library says why.
    #[error("the HTTP client for {address} cannot be set up: {source}")]
    Client {
        /// The address that it is for.
        address: String,
        /// What the library says.
        source: reqwest::Error,
    },
}

/// A client that goes where it is told, and nowhere else: no redirects, no proxies, nothing in the
/// clear but to loopback, and nothing sent twice. With it the hosts as URLs:
/// to read them anew for each request would be a good part of what an order costs.
pub(super) fn client(endpoints: &Endpoints) -> Result<(reqwest::Client, Addresses), RestError> {
    let fails = |source| RestError::Client { address: endpoints.rest.clone(), source };
    let client = reqwest::Client::builder()
        .user_agent(concat!("heikin/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .https_only(endpoints.rest.starts_with("https://"))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(15))
        .build()
        .map_err(fails)?;
    let url = |address: &String| Ok(client.get(address).build().map_err(fails)?.url().clone());
    let first = url(&endpoints.rest)?;
    let others = endpoints.rest_others.iter().map(url).collect::<Result<_, _>>()?;
    Ok((client, Addresses { first, others }))
}

/// A path below the address.
pub(super) fn at(address: &reqwest::Url, path: &str) -> reqwest::Url {
    let mut url = address.clone();
    url.set_path(&format!("{}{path}", address.path().trim_end_matches('/')));
    url
}

/// What comes back before it is read for limits.
pub(super) struct Raw {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why nothing usable came back.
pub(super) enum Failure {
    NotSent(NotSent),
    Lost(Lost),
}

/// Sends, once, and reads the answer.
pub(super) async fn exchange(request: reqwest::RequestBuilder) -> Result<Raw, Failure> {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Failure::Lost(Lost::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Raw { status, headers, body })
}

/// Only a connection that was never there proves that nothing left.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        return Failure::NotSent(NotSent::NoConnection);
    }
    // The innermost cause says most, and unlike the error itself has no address in it.
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    tracing::debug!(target: "api", %cause, "no answer");
    Failure::Lost(if error.is_timeout() { Lost::Timeout } else { Lost::Broken })
}
