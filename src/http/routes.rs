use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use heikin_bot::wire::PROBLEM_JSON;
use serde_json::{Value, json};

use super::payments;
use super::{Payments, Readiness, Source, metrics};

/// Nothing that is read has a body; a client may still send a little one.
const BODY_BYTES: u64 = 64 * 1024;

/// Under which names heikin may be asked.
#[derive(Debug, Clone)]
pub(super) struct Names(pub(super) Vec<String>);

impl Names {
    /// The address that it listens on, those of this machine, and what the configuration adds.
    pub(super) fn new(listen: IpAddr, configured: &[String]) -> Self {
        let own = match listen {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let usual = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Self(usual.into_iter().chain([own]).chain(configured.iter().cloned()).collect())
    }

    /// Whether a request is for one of them, whatever the port.
    fn include(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut given = headers.get_all(header::HOST).iter();
        let host = match (uri.authority(), given.next(), given.next()) {
            (_, _, Some(_twice)) => return false,
            (Some(authority), _, None) => authority.as_str(),
            (None, Some(host), None) => host.to_str().unwrap_or_default(),
            (None, None, None) => return false,
        };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

pub(super) fn router(source: Arc<dyn Source>, names: Names) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/status", get(status))
        .route("/metrics", get(all_metrics))
        .fallback(async || problem(StatusCode::NOT_FOUND, "There is no such path."))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "This path is only for GET.")
        })
        .with_state(source)
        .layer(middleware::from_fn(no_body))
        .layer(middleware::from_fn_with_state(Arc::new(names), guard))
}

/// The API, as guarded as the rest.
pub(super) fn api_router(api: Router, names: Names) -> Router {
    Router::new().nest("/api/v1", api).layer(middleware::from_fn_with_state(Arc::new(names), guard))
}

/// The door of the payment provider, as guarded as the rest.
pub(super) fn payment_router(payments: Arc<dyn Payments>, names: Names) -> Router {
    payments::router(payments).layer(middleware::from_fn_with_state(Arc::new(names), guard))
}

/// Refuses what brings a body where none is read.
async fn no_body(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH);
    let length =
        length.map(|length| length.to_str().ok().and_then(|text| text.parse::<u64>().ok()));
    let has_unknown_length = headers.contains_key(header::TRANSFER_ENCODING);
    if has_unknown_length || length.is_some_and(|bytes| bytes.is_none_or(|n| n > BODY_BYTES)) {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "Nothing here takes a body.");
    }
    next.run(request).await
}

/// What is refused whatever the path, and what every answer says.
async fn guard(State(names): State<Arc<Names>>, request: Request, next: Next) -> Response {
    let mut response = if names.include(request.headers(), request.uri()) {
        next.run(request).await
    } else {
        problem(
            StatusCode::MISDIRECTED_REQUEST,
            "heikin is not asked under this name. Add it to http.hosts if it should be.",
        )
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        // A page says for itself what it may load.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn health(State(source): State<Arc<dyn Source>>) -> Response {
    let beats = source.health();
    let is_alive = beats.iter().all(super::Beat::is_alive);
    let status = if is_alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    told(status, &json!({ "alive": is_alive, "loops": beats }))
}

async fn ready(State(source): State<Arc<dyn Source>>) -> Response {
    match source.readiness() {
        Readiness::Ready => told(StatusCode::OK, &json!({ "ready": true, "reasons": [] })),
        Readiness::NotReady(reasons) => {
            let told_of = json!({ "ready": false, "reasons": reasons });
            told(StatusCode::SERVICE_UNAVAILABLE, &told_of)
        }
    }
}

async fn status(State(source): State<Arc<dyn Source>>) -> Response {
    told(StatusCode::OK, &source.status())
}

async fn all_metrics(State(source): State<Arc<dyn Source>>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, metrics::text(&source.metrics())).into_response()
}

pub(super) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason();
    let value = json!({ "title": title, "status": status.as_u16(), "detail": detail });
    let kind = [(header::CONTENT_TYPE, PROBLEM_JSON)];
    (status, kind, value.to_string()).into_response()
}

pub(super) fn told(status: StatusCode, value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, value.to_string()).into_response()
}
