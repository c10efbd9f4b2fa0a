//! What Razorpay says when it refuses (`razorpay.com/docs/errors`).

use serde_json::{Value, json};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    /// The HTTP status.
    pub(super) status: u16,
    code: &'static str,
    description: String,
    field: Option<&'static str>,
}

/// What a request comes to.
pub(super) type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// 400, of the request as a whole.
    pub(super) fn bad_request(description: impl Into<String>) -> Self {
        let (code, description) = ("BAD_REQUEST_ERROR", description.into());
        Self { status: 400, code, description, field: None }
    }

    /// 400, of one field.
    pub(super) fn bad_field(field: &'static str, description: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::bad_request(description) }
    }

    /// 401: no key, or not this one.
    pub(super) fn unauthorized() -> Self {
        Self { status: 401, ..Self::bad_request("The api key provided is invalid") }
    }

    /// 400: there is nothing of this id.
    pub(super) fn no_such_id() -> Self {
        Self::bad_request("The id provided does not exist")
    }

    /// Any status, as faults ask for it.
    pub(super) fn of_status(status: u16) -> Self {
        let (code, description) = match status {
            401 => return Self::unauthorized(),
            429 => ("BAD_REQUEST_ERROR", "Too many requests"),
            400..500 => ("BAD_REQUEST_ERROR", "The request failed"),
            502 | 504 => (
                "GATEWAY_ERROR",
                "Payment processing failed due to error at bank or wallet gateway",
            ),
            _ => (
                "SERVER_ERROR",
                "We are facing some trouble completing your request at the moment. Please try \
                 again shortly.",
            ),
        };
        Self { status, code, description: description.to_owned(), field: None }
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        let Self { code, description, field, .. } = self;
        match field {
            Some(field) => json!({
                "error": { "code": code, "description": description, "field": field },
            }),
            None => json!({
                "error": {
                    "code": code, "description": description, "source": "NA", "step": "NA",
                    "reason": "NA", "metadata": {},
                },
            }),
        }
    }
}
