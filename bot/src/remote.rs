//! The port over HTTP: a [`Backend`] that is served under `/api/v1` of another process.
//!
//! A question that gets no answer is asked again, and so is whatever can be repeated without doing
//! anything twice: a command goes out under the same request id. Only taking a ticket is tried once,
//! for what was taken is gone. An answer is bounded in time and in size.

use std::time::Duration;

use heikin_core::time::Timestamp;
use reqwest::{Client, Method, StatusCode, Url, header, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::{
    Actor, Answer, Backend, BackendError, Command, Cursor, Envelope, InboxRow, Intake, Nonce,
    Outcome, Presser, Query, Receipt, RequestId, StateVersion, Take, Ticket, UpdateId,
};
use crate::wire::{CommandRequest, IDEMPOTENCY_KEY, Problem};

/// A connection is there within this.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// An answer is, within this: longer than a backend takes over a question.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Before each further try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// A larger answer is none of heikin's.
const LARGEST: usize = 16 * 1024 * 1024;
/// So many receipts fit into a body.
const RECEIPTS: usize = 100;

/// Why an address is not talked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It is no address.
    #[error(
        "{0} is no address. Give one such as http://127.0.0.1:8080 or https://trader.example.org"
    )]
    Unreadable(String),
    /// The token would go over the network in clear.
    #[error(
        "{0} is another machine, and without https everybody on the way reads the token. Give an \
         address with https, or one of this machine"
    )]
    InClear(String),
    /// There is no TLS, or the token has a character that no header may have.
    #[error("no HTTP client can be made for it: {0}")]
    NoClient(String),
}

/// A backend elsewhere.
#[derive(Debug)]
pub struct Remote {
    client: Client,
    base: Url,
}

/// What a request is, apart from where it goes.
struct Sent<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, String)],
    body: Option<Vec<u8>>,
    request: Option<&'a RequestId>,
    tries: usize,
}

impl<'a> Sent<'a> {
    /// Something that may be sent again.
    const fn again(method: Method, path: &'a [&'a str]) -> Self {
        Self { method, path, query: &[], body: None, request: None, tries: PAUSES.len() + 1 }
    }

    fn with_body(mut self, body: &impl Serialize) -> Result<Self, BackendError> {
        let body = serde_json::to_vec(body).map_err(|error| invalid(error.to_string()))?;
        self.body = Some(body);
        Ok(self)
    }
}

/// An answer: its status, and its body.
struct Received {
    status: StatusCode,
    body: Vec<u8>,
}

impl Remote {
    /// A backend at an address such as `http://127.0.0.1:8080`, by a token with the role
    /// `front_end`, or by an owner's, who speaks in their own name alone.
    ///
    /// # Errors
    ///
    /// Where the address is none, or the token would go to another machine in clear.
    pub fn new(address: &str, token: &SecretString) -> Result<Self, BadAddress> {
        let mut base = Url::parse(address)
            .ok()
            .filter(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
            .ok_or_else(|| BadAddress::Unreadable(address.to_owned()))?;
        match base.scheme() {
            "https" => {}
            "http" if is_this_machine(&base) => {}
            "http" => return Err(BadAddress::InClear(address.to_owned())),
            _ => return Err(BadAddress::Unreadable(address.to_owned())),
        }
        let path = format!("{}/api/v1/port/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let no_client = |error: &dyn std::fmt::Display| BadAddress::NoClient(error.to_string());
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut bearer =
            header::HeaderValue::from_str(&bearer).map_err(|error| no_client(&error))?;
        bearer.set_sensitive(true);
        let client = Client::builder()
            .default_headers([(header::AUTHORIZATION, bearer)].into_iter().collect())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| no_client(&error))?;
        Ok(Self { client, base })
    }

    /// Sends, as often as may be, until there is an answer.
    async fn send(&self, sent: Sent<'_>) -> Result<Received, BackendError> {
        let mut pauses = PAUSES.iter().take(sent.tries.saturating_sub(1));
        loop {
            let failed = match self.try_once(&sent).await {
                Ok(received) if received.status.is_success() => return Ok(received),
                Ok(received) => read_problem(&received),
                Err(failed) => failed,
            };
            let may_pass = matches!(failed, BackendError::Unreachable { .. } | BackendError::Busy);
            match pauses.next() {
                Some(pause) if may_pass => wait(*pause).await,
                _ => return Err(failed),
            }
        }
    }

    async fn try_once(&self, sent: &Sent<'_>) -> Result<Received, BackendError> {
        let mut url = self.base.clone();
        // The base has a path: it was given one.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(sent.path);
        }
        if !sent.query.is_empty() {
            url.query_pairs_mut().extend_pairs(sent.query);
        }
        let mut request = self.client.request(sent.method.clone(), url);
        if let Some(id) = sent.request {
            request = request.header(IDEMPOTENCY_KEY, &id.0);
        }
        if let Some(body) = &sent.body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
        }
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(invalid("the answer is larger than any of heikin's".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Received { status, body })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, BackendError> {
        let sent = Sent { query, ..Sent::again(Method::GET, path) };
        read(&self.send(sent).await?)
    }
}

impl Backend for Remote {
    async fn query(&self, query: Query) -> Result<Answer, BackendError> {
        let name = query.name();
        let text = serde_json::to_string(&query).map_err(|error| invalid(error.to_string()))?;
        let answer: Answer = self.get(&["answer"], &[("query", text)]).await?;
        if answer.name() == name { Ok(answer) } else { Err(not_heikin()) }
    }

    async fn command(
        &self,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        let body = CommandRequest { actor, command, confirmed };
        let sent = Sent {
            request: Some(&request),
            ..Sent::again(Method::POST, &["commands"]).with_body(&body)?
        };
        read(&self.send(sent).await?)
    }

    async fn inbox(&self, row: InboxRow) -> Result<Intake, BackendError> {
        let update = row.update.0.to_string();
        let path = ["inbox", update.as_str()];
        let sent = Sent::again(Method::PUT, &path).with_body(&row)?;
        read(&self.send(sent).await?)
    }

    async fn inbox_pending(&self, limit: u16) -> Result<Vec<InboxRow>, BackendError> {
        self.get(&["inbox"], &[("limit", limit.to_string())]).await
    }

    async fn inbox_done(&self, update: UpdateId) -> Result<(), BackendError> {
        let update = update.0.to_string();
        self.send(Sent::again(Method::DELETE, &["inbox", &update])).await.map(drop)
    }

    async fn outbox(&self, after: Cursor, limit: u16) -> Result<Vec<Envelope>, BackendError> {
        let query = [("after", after.0.to_string()), ("limit", limit.to_string())];
        self.get(&["outbox"], &query).await
    }

    async fn outbox_news(&self, after: Cursor) -> Result<(), BackendError> {
        let query = [("after", after.0.to_string())];
        let path = ["outbox", "news"];
        self.send(Sent { query: &query, ..Sent::again(Method::GET, &path) }).await.map(drop)
    }

    async fn outbox_sending(&self, alerts: Vec<Cursor>) -> Result<Vec<Cursor>, BackendError> {
        let sent = Sent::again(Method::PUT, &["outbox", "sending"]).with_body(&alerts)?;
        read(&self.send(sent).await?)
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BackendError> {
        for receipts in receipts.chunks(RECEIPTS) {
            let sent = Sent::again(Method::PUT, &["receipts"]).with_body(&receipts)?;
            self.send(sent).await?;
        }
        Ok(())
    }

    async fn put_ticket(&self, nonce: Nonce, ticket: Ticket) -> Result<(), BackendError> {
        let nonce = nonce.to_string();
        let path = ["tickets", nonce.as_str()];
        let sent = Sent::again(Method::PUT, &path).with_body(&ticket)?;
        self.send(sent).await.map(drop)
    }

    async fn take_ticket(
        &self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> Result<Take, BackendError> {
        let nonce = nonce.to_string();
        let query = [
            ("user", presser.user.0.to_string()),
            ("chat", presser.chat.0.to_string()),
            ("message", presser.message.0.to_string()),
            ("now", now.millis().to_string()),
        ];
        let path = ["tickets", nonce.as_str()];
        let sent = Sent { query: &query, tries: 1, ..Sent::again(Method::DELETE, &path) };
        read(&self.send(sent).await?)
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[expect(clippy::disallowed_methods, reason = "between two tries there is nothing else to do")]
async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// A message of the client without the address: parameters may be personal.
fn unreachable(error: reqwest::Error) -> BackendError {
    let error = error.without_url();
    let reason = if error.is_timeout() {
        format!("it took longer than {} s", ANSWER_WITHIN.as_secs())
    } else if error.is_connect() {
        "nothing answers at its address; is it running, with this http.listen?".to_owned()
    } else {
        error.to_string()
    };
    BackendError::Unreachable { reason }
}

const fn invalid(reason: String) -> BackendError {
    BackendError::Invalid { reason }
}

fn not_heikin() -> BackendError {
    invalid("what answers there is not heikin's API, or that of another version".to_owned())
}

fn read<T: DeserializeOwned>(received: &Received) -> Result<T, BackendError> {
    serde_json::from_slice(&received.body).map_err(|_not_ours| not_heikin())
}

/// What the backend said, where it said it; else what the status means.
fn read_problem(received: &Received) -> BackendError {
    let problem = serde_json::from_slice::<Problem>(&received.body).ok();
    if let Some(error) = problem.as_ref().and_then(|problem| problem.error.clone()) {
        return error;
    }
    let detail = problem.map_or_else(|| format!("it answered {}", received.status), |it| it.detail);
    match received.status {
        StatusCode::TOO_MANY_REQUESTS => BackendError::Busy,
        status if status.is_server_error() => BackendError::Unreachable { reason: detail },
        _ => invalid(detail),
    }
}
