use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::future::BoxFuture;
use serde_json::json;
use tokio::time::timeout;

use super::routes::{problem, told};

/// No webhook is larger.
const LARGEST: usize = 64 * 1024;
/// A body that takes longer is somebody's who holds connections open.
const BODY_WITHIN: Duration = Duration::from_secs(5);
/// An event that is not stored within this is told to come again: the sender has an answer within
/// 200 ms whatever the disk does.
const STORED_WITHIN: Duration = Duration::from_millis(150);

const SIGNATURE: HeaderName = HeaderName::from_static("x-razorpay-signature");
const EVENT_ID: HeaderName = HeaderName::from_static("x-razorpay-event-id");

/// Who takes in what the payment provider sends.
pub trait Payments: Send + Sync + 'static {
    /// A webhook came. It is verified over the raw body before it is read, and stored durably before
    /// it is acknowledged. Dropped before its end, it may or may not be stored: it comes again.
    fn webhook(&self, webhook: RawWebhook) -> BoxFuture<'_, Result<(), WebhookRefused>>;
    /// A payer came back, with the query of the page's address. It neither waits nor grants.
    fn returned(&self, query: &str) -> Returned;
}

/// A webhook as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawWebhook {
    /// The header `X-Razorpay-Signature`; empty where there is none.
    pub signature: String,
    /// The header `x-razorpay-event-id`.
    pub event_id: Option<String>,
    /// The body, byte by byte.
    pub body: Vec<u8>,
}

/// Why a webhook is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookRefused {
    /// Its signature is missing or wrong.
    Forged,
    /// It could not be stored: it is to come again.
    NotStored,
}

/// What a payer who comes back is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// The provider signed what the browser brought.
    Signed,
    /// It did not.
    Unsigned,
}

pub(super) fn router(payments: Arc<dyn Payments>) -> Router {
    Router::new()
        .route("/razorpay/webhook", post(webhook))
        .route("/razorpay/callback", get(callback))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "The webhook is for POST, the page for GET.")
        })
        .with_state(payments)
}

async fn webhook(
    State(payments): State<Arc<dyn Payments>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_json = text(&header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if !is_json {
        return problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "A webhook is application/json.");
    }
    let body = match timeout(BODY_WITHIN, to_bytes(body, LARGEST)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_too_large)) => {
            return problem(StatusCode::PAYLOAD_TOO_LARGE, "No webhook is larger than 64 KiB.");
        }
        Err(_late) => return problem(StatusCode::REQUEST_TIMEOUT, "The body did not come."),
    };
    let webhook = RawWebhook {
        signature: text(&SIGNATURE).unwrap_or_default().to_owned(),
        event_id: text(&EVENT_ID).map(str::to_owned),
        body: body.into(),
    };
    match timeout(STORED_WITHIN, payments.webhook(webhook)).await {
        Ok(Ok(())) => told(StatusCode::OK, &json!({ "stored": true })),
        Ok(Err(WebhookRefused::Forged)) => {
            tracing::warn!(target: "api", "a webhook with a wrong signature was refused");
            problem(StatusCode::UNAUTHORIZED, "The signature is missing or wrong.")
        }
        Ok(Err(WebhookRefused::NotStored)) | Err(_) => {
            tracing::warn!(target: "api", "a webhook was not stored in time; it will come again");
            problem(StatusCode::SERVICE_UNAVAILABLE, "Not stored. Send it again.")
        }
    }
}

/// Nothing of what the browser brings is put into the page.
async fn callback(
    State(payments): State<Arc<dyn Payments>>,
    RawQuery(query): RawQuery,
) -> Response {
    let (status, page) = match payments.returned(query.as_deref().unwrap_or_default()) {
        Returned::Signed => (StatusCode::OK, include_str!("assets/returned.html")),
        Returned::Unsigned => (StatusCode::BAD_REQUEST, include_str!("assets/unsigned.html")),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ),
        ),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (status, headers, page).into_response()
}
