//! What went wrong, as `application/problem+json` (RFC 9457). The types are described in
//! `docs/api.md`.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use heikin_bot::backend::{self, BackendError, Outcome, Role, StateVersion};
use heikin_bot::commands::Verb;
use heikin_bot::wire::{IDEMPOTENCY_KEY, PIN, PROBLEM_JSON, Problem};

/// A request that is not done, and why. It is as small as what it stands beside in a result.
#[derive(Debug)]
pub(super) struct Refusal(Box<Reason>);

#[derive(Debug)]
struct Reason {
    status: StatusCode,
    /// The last part of the problem's type.
    kind: &'static str,
    title: &'static str,
    detail: String,
    field: Option<String>,
    error: Option<BackendError>,
    outcome: Option<Outcome>,
    header: Option<(HeaderName, &'static str)>,
}

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: String) -> Self {
        let (field, error, outcome, header) = (None, None, None, None);
        Self(Box::new(Reason { status, kind, title, detail, field, error, outcome, header }))
    }

    /// The API is off.
    pub(super) fn switched_off() -> Self {
        let detail = "Nobody has a token. Give one a name and a role in heikin.toml, such as \
                      [http.tokens] and below it ops = \"operator\", put the token itself (at least \
                      32 characters) into .env as HEIKIN_API_TOKEN_OPS, and start heikin again. \
                      Where there are tokens, heikin could not open what the chat keeps: its log \
                      says why.";
        Self::new(StatusCode::NOT_FOUND, "api-off", "The API is switched off", detail.to_owned())
    }

    pub(super) fn no_such_path() -> Self {
        let detail = "There is no such path. /api/v1/openapi.json has all of them.".to_owned();
        Self::new(StatusCode::NOT_FOUND, "no-such-path", "No such path", detail)
    }

    pub(super) fn wrong_method() -> Self {
        let detail = "This path is for another method: the header Allow says which.".to_owned();
        let title = "Method not allowed";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", title, detail)
    }

    /// No token was given.
    pub(super) fn unauthorized() -> Self {
        let detail = "Send a token as the header: Authorization: Bearer …".to_owned();
        let title = "Who asks?";
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "no-token", title, detail);
        refusal.0.header = Some((WWW_AUTHENTICATE, "Bearer realm=\"heikin\""));
        refusal
    }

    /// One was, and it is not known.
    pub(super) fn unknown_token() -> Self {
        let detail = "heikin does not know this token. It is the value of a HEIKIN_API_TOKEN_… \
                      that heikin was started with."
            .to_owned();
        let title = "Unknown token";
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "unknown-token", title, detail);
        let challenge = "Bearer realm=\"heikin\", error=\"invalid_token\"";
        refusal.0.header = Some((WWW_AUTHENTICATE, challenge));
        refusal
    }

    pub(super) fn too_many() -> Self {
        let detail = "Too many requests. Wait a second between them.".to_owned();
        let title = "Too many requests";
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", title, detail);
        refusal.0.header = Some((RETRY_AFTER, "1"));
        refusal
    }

    /// The role has not the right.
    pub(super) fn role(role: Role, verb: Verb) -> Self {
        let (role, what) = (role.as_str(), verb.entry().name);
        let detail = format!("The token's role is {role}, which may not {what}.");
        Self::new(StatusCode::FORBIDDEN, "role", "Not with this role", detail)
    }

    pub(super) fn only_for_front_ends() -> Self {
        let detail = "Only a token with the role front_end speaks in other people's names.";
        Self::new(StatusCode::FORBIDDEN, "role", "Not with this role", detail.to_owned())
    }

    pub(super) fn only_for_chats() -> Self {
        let detail = "A chat elsewhere takes a token with the role front_end, or owner for the chat \
                      in a terminal.";
        Self::new(StatusCode::FORBIDDEN, "role", "Not with this role", detail.to_owned())
    }

    pub(super) fn not_for_front_ends() -> Self {
        let detail = "A token with the role front_end uses the paths under /api/v1/port, and says \
                      in whose name. Give scripts a token of their own.";
        Self::new(StatusCode::FORBIDDEN, "role", "Not with this role", detail.to_owned())
    }

    /// Something that was given cannot be read.
    pub(super) fn field(field: &str, detail: String) -> Self {
        let title = "A field is wrong";
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, "field", title, detail);
        refusal.0.field = Some(field.to_owned());
        refusal
    }

    /// A changing request has no key.
    pub(super) fn no_key(longest: usize) -> Self {
        let detail = format!(
            "Whatever changes something has a header Idempotency-Key: 1 to {longest} visible \
             characters that no other request of yours has, such as a UUID. Sent again with the \
             same key it is done once."
        );
        let title = "No idempotency key";
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, "idempotency-key", title, detail);
        refusal.0.field = Some(IDEMPOTENCY_KEY.to_owned());
        refusal
    }

    pub(super) fn not_json() -> Self {
        let detail = "The body is JSON: say so with Content-Type: application/json.".to_owned();
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Not JSON", detail)
    }

    pub(super) fn too_large(most: usize) -> Self {
        let detail = format!("No body may be larger than {} KiB.", most / 1024);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", detail)
    }

    pub(super) fn late_body() -> Self {
        let detail = "The body did not come in time.".to_owned();
        Self::new(StatusCode::REQUEST_TIMEOUT, "late", "Too slow", detail)
    }

    /// The backend took too long over a question.
    pub(super) fn late_answer() -> Self {
        Self::backend(BackendError::Busy)
    }

    /// The backend gave no answer.
    pub(super) fn backend(error: BackendError) -> Self {
        let (status, kind, title) = match &error {
            BackendError::Unreachable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "unreachable", "heikin cannot be reached")
            }
            BackendError::NotFound { .. } => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            BackendError::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid", "Not as asked"),
            BackendError::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not yours to see"),
            BackendError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy"),
            BackendError::Internal { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "A fault of heikin")
            }
        };
        let mut refusal = Self::new(status, kind, title, error.to_string());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            refusal.0.header = Some((RETRY_AFTER, "1"));
        }
        refusal.0.error = Some(error);
        refusal
    }

    /// A command that was not done. What was confirmed decides between 428 and 412 (RFC 6585,
    /// RFC 9110): the version of a recap is the precondition that the second request states.
    pub(super) fn outcome(outcome: Outcome, confirmed: Option<StateVersion>) -> Self {
        let (status, kind, title, detail) = match &outcome {
            Outcome::Confirm(recap) => {
                let version = recap.version.0;
                let detail = format!(
                    "Look at the recap, and send it again with If-Match: \"{version}\" and another \
                     Idempotency-Key to have it done."
                );
                if confirmed.is_none() {
                    (StatusCode::PRECONDITION_REQUIRED, "confirm", "To be confirmed", detail)
                } else {
                    let title = "The state has moved on";
                    (StatusCode::PRECONDITION_FAILED, "moved-on", title, detail)
                }
            }
            Outcome::PinNeeded => {
                let detail = "Send the PIN as the header Heikin-Pin.".to_owned();
                (StatusCode::FORBIDDEN, "pin-needed", "A PIN is needed", detail)
            }
            Outcome::Refused(refusal) => refused(refusal),
            // It was done: nothing is refused.
            Outcome::Done(_) => (StatusCode::OK, "done", "Done", "It was done.".to_owned()),
        };
        let mut refusal = Self::new(status, kind, title, detail);
        if kind == "pin-needed" {
            refusal.0.field = Some(PIN.to_owned());
        }
        refusal.0.outcome = Some(outcome);
        refusal
    }
}

fn refused(refusal: &backend::Refusal) -> (StatusCode, &'static str, &'static str, String) {
    use backend::Refusal as No;
    match refusal {
        No::NotAllowed => {
            let detail = "heikin does not let this token do that.".to_owned();
            (StatusCode::FORBIDDEN, "role", "Not with this role", detail)
        }
        No::AlreadySo { how } => (StatusCode::CONFLICT, "already-so", "Already so", how.clone()),
        No::Rule { reason } => (StatusCode::CONFLICT, "rule", "A rule forbids it", reason.clone()),
        No::Invalid { reason } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Not as asked", reason.clone())
        }
        No::WrongPin { left } => {
            let detail = format!("The PIN is wrong; {left} tries are left.");
            (StatusCode::FORBIDDEN, "wrong-pin", "Wrong PIN", detail)
        }
        No::Locked { until } => {
            let detail = format!("Too many wrong PINs: locked until {} ms UTC.", until.millis());
            (StatusCode::FORBIDDEN, "locked", "Locked", detail)
        }
        No::BillingOff => {
            let detail = "Subscriptions are not sold here.".to_owned();
            (StatusCode::CONFLICT, "billing-off", "Billing is off", detail)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Reason { status, kind, title, detail, field, error, outcome, header } = *self.0;
        let problem = Problem {
            kind: format!("/problems/{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail,
            field,
            error,
            outcome,
        };
        // A problem is made of texts and numbers: it always serializes.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let kind = [(CONTENT_TYPE, PROBLEM_JSON)];
        let mut response = (status, kind, body).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
