//! The exchange's errors: code, text and HTTP status (`errors.md`, `rest-api.md`).

use std::borrow::Cow;

use heikin_core::market::FilterName;
use heikin_core::order::Refusal;
use heikin_core::time::Timestamp;
use serde_json::{Value, json};

/// An error, as it is answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: i32,
    pub(super) message: Cow<'static, str>,
    /// What some errors carry besides.
    pub(super) data: Option<Value>,
    /// With 429 and 418: when to come again.
    pub(super) retry_at: Option<Timestamp>,
}

pub(super) type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    /// An error with status 400.
    pub(super) fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: 400, code, message: message.into(), data: None, retry_at: None }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The body, as REST answers it and as the WebSocket API puts it under `error`.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "code": self.code, "msg": self.message });
        if let (Some(data), Some(object)) = (&self.data, body.as_object_mut()) {
            object.insert("data".to_owned(), data.clone());
        }
        body
    }

    pub(super) fn filter(name: FilterName) -> Self {
        Self::new(-1013, format!("Filter failure: {name}"))
    }

    pub(super) fn missing(name: &str) -> Self {
        let text =
            format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed.");
        Self::new(-1102, text)
    }

    pub(super) fn either(one: &str, other: &str) -> Self {
        let text = format!("Param '{one}' or '{other}' must be sent, but both were empty/null!");
        Self::new(-1102, text)
    }

    pub(super) fn illegal(name: &str, legal: &str) -> Self {
        let text =
            format!("Illegal characters found in parameter '{name}'; legal range is '{legal}'.");
        Self::new(-1100, text)
    }

    pub(super) fn not_required(name: &str) -> Self {
        Self::new(-1106, format!("Parameter '{name}' sent when not required."))
    }

    pub(super) fn bad_symbol() -> Self {
        Self::new(-1121, "Invalid symbol.")
    }

    /// The matching engine's no, to a placement.
    pub(super) fn rejected(text: &'static str) -> Self {
        Self::new(-2010, text)
    }

    pub(super) fn no_such_order() -> Self {
        Self::new(-2013, "Order does not exist.")
    }

    pub(super) fn unknown_order() -> Self {
        Self::new(-2011, "Unknown order sent.")
    }

    pub(super) fn timeout() -> Self {
        let text = "Timeout waiting for response from backend server. Send status unknown; \
                    execution status unknown.";
        Self::new(-1007, text).with_status(504)
    }

    pub(super) fn too_many_orders(limit: u32, per: &str) -> Self {
        let text = format!("Too many new orders; current limit is {limit} orders per {per}.");
        Self::new(-1015, text).with_status(429)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Filter(Some(name)) => Self::filter(name),
            Refusal::InsufficientBalance => {
                Self::rejected("Account has insufficient balance for requested action.")
            }
            Refusal::WouldTriggerImmediately => Self::rejected("Order would trigger immediately."),
            Refusal::WouldTakeImmediately => {
                Self::rejected("Order would immediately match and take.")
            }
            Refusal::PriceRelation => {
                Self::rejected("The relationship of the prices for the orders is not correct.")
            }
            Refusal::MarketClosed => Self::new(-1013, "Market is closed."),
            Refusal::NotPermitted => {
                Self::rejected("This order type is not possible in this trading phase.")
            }
            // The model has no others.
            _ => Self::rejected("Unsupported order combination"),
        }
    }
}
