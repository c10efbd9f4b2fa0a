//! A server on the loopback, and requests to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use heikin::config::{ApiToken, Http, TokenRole};
use heikin::http::api::Api;
use heikin::http::metrics::Family;
use heikin::http::{Beat, Readiness, Server, Source};
use heikin_bot::backend::*;
use heikin_bot::remote::Remote;
use heikin_bot::wire::Problem;
use heikin_core::time::Timestamp;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::memory::Memory;

/// The tokens, by name: as long as the shortest may be.
pub(crate) const TOKENS: [(&str, TokenRole, &str); 5] = [
    ("reader", TokenRole::Subscriber, "reader-reader-reader-reader-0001"),
    ("viewer", TokenRole::Viewer, "viewer-viewer-viewer-viewer-0002"),
    ("ops", TokenRole::Operator, "operator-operator-operator-00003"),
    ("owner", TokenRole::Owner, "owner-owner-owner-owner-owner-04"),
    ("chat", TokenRole::FrontEnd, "front-end-front-end-front-end-05"),
];

/// Nothing to tell.
struct Silent;

impl Source for Silent {
    fn health(&self) -> Vec<Beat> {
        Vec::new()
    }

    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }

    fn status(&self) -> Value {
        Value::Null
    }

    fn metrics(&self) -> Vec<Family> {
        Vec::new()
    }
}

/// The backend, shared between the server and the test.
#[derive(Debug, Clone)]
pub(crate) struct Shared(pub(crate) Arc<Memory>);

impl Backend for Shared {
    async fn query(&self, query: Query) -> Result<Answer, BackendError> {
        self.0.query(query).await
    }

    async fn command(
        &self,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        self.0.command(request, actor, command, confirmed).await
    }

    async fn inbox(&self, row: InboxRow) -> Result<Intake, BackendError> {
        self.0.inbox(row).await
    }

    async fn inbox_pending(&self, limit: u16) -> Result<Vec<InboxRow>, BackendError> {
        self.0.inbox_pending(limit).await
    }

    async fn inbox_done(&self, update: UpdateId) -> Result<(), BackendError> {
        self.0.inbox_done(update).await
    }

    async fn outbox(&self, after: Cursor, limit: u16) -> Result<Vec<Envelope>, BackendError> {
        self.0.outbox(after, limit).await
    }

    async fn outbox_news(&self, after: Cursor) -> Result<(), BackendError> {
        self.0.outbox_news(after).await
    }

    async fn outbox_sending(&self, alerts: Vec<Cursor>) -> Result<Vec<Cursor>, BackendError> {
        self.0.outbox_sending(alerts).await
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BackendError> {
        self.0.ack(receipts).await
    }

    async fn put_ticket(&self, nonce: Nonce, ticket: Ticket) -> Result<(), BackendError> {
        self.0.put_ticket(nonce, ticket).await
    }

    async fn take_ticket(
        &self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> Result<Take, BackendError> {
        self.0.take_ticket(nonce, presser, now).await
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) memory: Arc<Memory>,
    pub(crate) port: u16,
    client: Client,
    _stop: oneshot::Sender<()>,
    _ended: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with(Memory::new(), &TOKENS).await
    }

    pub(crate) async fn with(memory: Memory, tokens: &[(&str, TokenRole, &str)]) -> Self {
        let memory = Arc::new(memory);
        let settings = Http {
            listen: "127.0.0.1:0".parse().unwrap(),
            hosts: Vec::new(),
            tokens: BTreeMap::new(),
        };
        let tokens: Vec<_> = tokens
            .iter()
            .map(|(name, role, secret)| ApiToken {
                name: (*name).to_owned(),
                role: *role,
                secret: (*secret).to_owned().into(),
            })
            .collect();
        let api = Api::new(Shared(Arc::clone(&memory)), &tokens);
        let server = Server::bind(&settings, Arc::new(Silent)).await.unwrap().with_api(api);
        let port = server.local_addr().unwrap().port();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.run(async { drop(stopped.await) }));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { memory, port, client, _stop: stop, _ended: ended }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port over HTTP.
    pub(crate) fn remote(&self) -> Remote {
        Remote::new(&self.address(), &secret("chat").into()).unwrap()
    }

    /// A request without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.address()))
    }

    /// A request with the token of this name.
    pub(crate) fn request(&self, name: &str, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(secret(name))
    }

    pub(crate) async fn get(&self, name: &str, path: &str) -> Response {
        self.request(name, Method::GET, path).send().await.unwrap()
    }

    /// A command without a body.
    pub(crate) fn post(&self, name: &str, path: &str, key: &str) -> RequestBuilder {
        self.request(name, Method::POST, path).header("Idempotency-Key", key)
    }
}

pub(crate) fn secret(name: &str) -> String {
    let (_, _, secret) = TOKENS.iter().find(|(known, ..)| *known == name).unwrap();
    (*secret).to_owned()
}

/// A JSON body with its media type.
pub(crate) fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("Content-Type", "application/json").body(body.to_string())
}

/// What a problem is, after the media type, the status in it and the headers were looked at.
pub(crate) async fn problem(response: Response, status: StatusCode) -> Problem {
    assert_eq!(response.status(), status, "{response:?}");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let problem: Problem = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(problem.status, status.as_u16());
    assert!(problem.kind.starts_with("/problems/") && problem.detail.len() > 5, "{problem:?}");
    problem
}

pub(crate) async fn value(response: Response) -> Value {
    assert_eq!(response.status(), StatusCode::OK, "{response:?}");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}
