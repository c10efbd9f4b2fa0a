//! What the Bot API says when it refuses (`core.telegram.org/bots/api#making-requests`).

use super::super::object::put;
use serde_json::{Value, json};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// The code; also the HTTP status.
    pub(super) code: u16,
    /// What it says.
    pub(super) description: String,
    retry_after: Option<i64>,
    migrate_to_chat_id: Option<i64>,
}

/// What a request comes to.
pub(super) type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    fn new(code: u16, description: impl Into<String>) -> Self {
        let description = description.into();
        Self { code, description, retry_after: None, migrate_to_chat_id: None }
    }

    /// 400, with `Bad Request: ` before what is given.
    pub(super) fn bad_request(what: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }

    /// 401: the token is of no bot, or was revoked.
    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    /// 403, with `Forbidden: ` before what is given.
    pub(super) fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    /// 404: there is no such method.
    pub(super) fn no_such_method() -> Self {
        Self::new(404, "Not Found: method not found")
    }

    /// 404: that is no bot's address.
    pub(super) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 409: another one has begun to poll.
    pub(super) fn conflict() -> Self {
        let text = "Conflict: terminated by other getUpdates request; make sure that only one bot \
            instance is running";
        Self::new(409, text)
    }

    /// 429: nothing more for so many seconds.
    pub(super) fn too_many_requests(seconds: i64) -> Self {
        let error = Self::new(429, format!("Too Many Requests: retry after {seconds}"));
        Self { retry_after: Some(seconds), ..error }
    }

    /// The group has become a supergroup, with another id.
    pub(super) fn migrated(to: i64) -> Self {
        let error = Self::bad_request("group chat was upgraded to a supergroup chat");
        Self { migrate_to_chat_id: Some(to), ..error }
    }

    /// Any status, as faults ask for it.
    pub(super) fn of_status(status: u16) -> Self {
        let text = match status {
            // The one that a bot can do something about.
            400 => {
                "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\""
            }
            401 => return Self::unauthorized(),
            403 => "Forbidden: bot was blocked by the user",
            404 => return Self::not_found(),
            409 => return Self::conflict(),
            502 => "Bad Gateway",
            504 => "Gateway Timeout",
            _ => "Internal Server Error",
        };
        Self::new(status, text)
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({
            "ok": false, "error_code": self.code, "description": self.description,
        });
        if let Some(seconds) = self.retry_after {
            put(&mut body, "parameters", json!({ "retry_after": seconds }));
        }
        if let Some(chat) = self.migrate_to_chat_id {
            put(&mut body, "parameters", json!({ "migrate_to_chat_id": chat }));
        }
        body
    }
}
