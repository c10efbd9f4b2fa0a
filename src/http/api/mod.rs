//! `/api/v1`: the chat's port over HTTP.
//!
//! | family | for | is |
//! |---|---|---|
//! | [`READS`] | people and their scripts | a path for each question of the port |
//! | [`ACTS`] | people and their scripts | a path for each command that a token can give |
//! | [`PORT`] | a front end elsewhere | the five families of the port as they are, in anybody's name |
//! | [`EXPORTS`] | spreadsheets | whole lists as CSV |
//!
//! The tables are the one description of it: the router is built from them, parameters are checked
//! against them, and `docs/api/openapi.json` is written from them and the port's types.
//!
//! | module | holds |
//! |---|---|
//! | `tokens` | who asks: bearer tokens, and how often each may ask |
//! | `given` | parameters, headers and bodies, read strictly |
//! | `problem` | what went wrong, as `application/problem+json` |
//! | `reads`, `acts`, `port`, `export` | the families |
//!
//! Invariants: nothing is answered without a token; a right is that of the chat's table of commands
//! ([`heikin_bot::commands::Verb`]), and the backend checks it again; a command that was begun is not
//! dropped because its sender went away.

mod acts;
mod export;
mod given;
mod port;
mod problem;
mod reads;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use heikin_bot::backend::{
    Actor, Backend, BackendError, Command, Outcome, RequestId, StateVersion,
};

pub use acts::{ACTS, Act};
pub use export::{EXPORTS, Export};
pub use given::{Parameter, Place};
pub use port::{PORT, PortPath};
pub use reads::{READS, Read};

use crate::config::ApiToken;
use given::Given;
use problem::Refusal;
use tokens::{Caller, Tokens};

/// The description of all of it, as OpenAPI 3.1. A test writes it from the tables and the types.
pub const OPENAPI: &str = include_str!("../../../docs/api/openapi.json");

/// A backend, and who may ask it.
#[derive(Debug)]
pub struct Api<B> {
    backend: B,
    tokens: Tokens,
}

impl<B: Backend + 'static> Api<B> {
    /// Serves `backend` to whoever has one of the tokens.
    pub fn new(backend: B, tokens: &[ApiToken]) -> Self {
        Self { backend, tokens: Tokens::new(tokens) }
    }

    /// The paths, to be nested under `/api/v1`.
    pub(super) fn router(self) -> Router {
        if self.tokens.is_empty() {
            return switched_off();
        }
        let api = Arc::new(self);
        let guarded = Router::new()
            .merge(reads::router())
            .merge(acts::router())
            .merge(port::router())
            .merge(export::router())
            .fallback(async || Refusal::no_such_path())
            .method_not_allowed_fallback(async || Refusal::wrong_method())
            .layer(middleware::from_fn_with_state(Arc::clone(&api), authenticate))
            .with_state(api);
        Router::new().route("/openapi.json", get(openapi)).fallback_service(guarded)
    }

    /// Carries a command out to its end, also where the sender does not wait for it.
    async fn carry_out(
        self: &Arc<Self>,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        let api = Arc::clone(self);
        let reference = request.0.clone();
        let carried =
            tokio::spawn(
                async move { api.backend.command(request, actor, command, confirmed).await },
            );
        carried.await.unwrap_or_else(|error| {
            tracing::error!(target: "api", %error, %reference, "a command ended in a fault");
            Err(BackendError::Internal { reference })
        })
    }
}

/// What stands under `/api/v1` where nobody was given a token.
pub(super) fn switched_off() -> Router {
    Router::new().fallback(async || Refusal::switched_off())
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// Finds out who asks, and whether too often.
async fn authenticate<B: Backend + 'static>(
    State(api): State<Arc<Api<B>>>,
    mut request: Request,
    next: Next,
) -> Response {
    match api.tokens.caller(request.method(), request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Who asks, and what they gave: the beginning of every handler.
fn asked(
    caller: Option<&Caller>,
    given: Result<Given, Refusal>,
) -> Result<(Caller, Given), Refusal> {
    // The layer above lets nothing through without a caller.
    let caller = caller.cloned().ok_or_else(Refusal::unauthorized)?;
    Ok((caller, given?))
}

/// JSON of a status.
fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
