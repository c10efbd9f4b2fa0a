//! A payment link, and how it is written on the wire
//! (`razorpay.com/docs/api/payments/payment-links/entity`).

use heikin_core::time::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::clock::seconds;
use super::super::object::put;
use super::error::{ApiError, Result};

/// The least amount, in paise.
const LEAST: i64 = 100;
/// `expire_by` is at least so far ahead.
const SOONEST: Span = Span::from_secs(15 * 60);
/// A link lives at most for so long: six months.
const LONGEST: Span = Span::from_secs(183 * 24 * 60 * 60);

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Created,
    PartiallyPaid,
    Paid,
    Expired,
    Cancelled,
}

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::PartiallyPaid => "partially_paid",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it waits for money.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Created | Self::PartiallyPaid)
    }
}

/// What is asked for a link (`POST /v1/payment_links`). Fields that are not named here are passed
/// over, as they are there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct LinkRequest {
    amount: Option<Value>,
    currency: Option<String>,
    accept_partial: bool,
    first_min_partial_amount: i64,
    expire_by: i64,
    reference_id: String,
    description: String,
    customer: Map<String, Value>,
    notify: Map<String, Value>,
    reminder_enable: bool,
    notes: Option<Value>,
    callback_url: Option<String>,
    callback_method: Option<String>,
    upi_link: bool,
}

/// A payment link.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) id: String,
    /// The end of its short address.
    pub(super) code: String,
    pub(super) short_url: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) request: LinkRequest,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) expired: Option<Timestamp>,
    pub(super) cancelled: Option<Timestamp>,
    pub(super) status: Status,
    pub(super) amount_paid: i64,
    /// The order that its payments belong to, from the first try on.
    pub(super) order: Option<String>,
    pub(super) attempts: u32,
    /// The captured payments: as `payments` shows them.
    pub(super) payments: Vec<Value>,
    /// What is told of it until then, whatever has happened since.
    pub(super) lagging: Option<(Timestamp, Value)>,
}

impl LinkRequest {
    /// What is wrong with it, if anything; the amount where nothing is.
    pub(super) fn check(&self, now: Timestamp) -> Result<i64> {
        let amount = match &self.amount {
            None => return Err(ApiError::bad_field("amount", "The amount field is required.")),
            Some(given) => given.as_i64(),
        };
        let amount = amount
            .ok_or_else(|| ApiError::bad_field("amount", "The amount must be an integer."))?;
        if amount < LEAST {
            return Err(ApiError::bad_field("amount", "The amount must be atleast INR 1.00"));
        }
        let currency = self.currency.as_deref().unwrap_or("INR");
        if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
            return Err(ApiError::bad_field("currency", "Currency is not supported"));
        }
        self.check_lengths()?;
        let ahead = self.expire_by - seconds(now);
        if self.expire_by != 0 && ahead < SOONEST.millis() / 1_000 {
            let description = "expire_by: timestamp must be atleast 15 minutes in future";
            return Err(ApiError::bad_field("expire_by", description));
        }
        if ahead > LONGEST.millis() / 1_000 {
            let description = "expire_by: timestamp must be within 6 months";
            return Err(ApiError::bad_field("expire_by", description));
        }
        if let Some(url) = &self.callback_url {
            let has_scheme = url.starts_with("http://") || url.starts_with("https://");
            if !has_scheme || url.bytes().any(|it| it <= b' ') {
                return Err(ApiError::bad_field("callback_url", "The callback_url is invalid"));
            }
            if self.callback_method.as_deref() != Some("get") {
                let description = "callback_method: must be get where callback_url is given";
                return Err(ApiError::bad_field("callback_method", description));
            }
        }
        if self.first_min_partial_amount > amount {
            let description = "first_min_partial_amount must be less than amount";
            return Err(ApiError::bad_field("first_min_partial_amount", description));
        }
        if self.upi_link {
            // As test keys are answered.
            return Err(ApiError::bad_request("UPI Payment Links is not supported in Test Mode"));
        }
        Ok(amount)
    }

    fn check_lengths(&self) -> Result<()> {
        let too_long = |field, most: usize| {
            ApiError::bad_field(field, format!("{field}: the length must be no more than {most}."))
        };
        for (field, text, most) in
            [("reference_id", &self.reference_id, 40), ("description", &self.description, 2_048)]
        {
            if text.chars().count() > most {
                return Err(too_long(field, most));
            }
        }
        let Some(Value::Object(notes)) = &self.notes else { return Ok(()) };
        if notes.len() > 15 {
            return Err(ApiError::bad_field(
                "notes",
                "Number of fields in notes should be less than or equal to 15",
            ));
        }
        let is_long = |it: &Value| it.as_str().is_some_and(|it| it.chars().count() > 255);
        if notes.values().any(is_long) {
            let description = "value: the length must not be greater than 255.";
            return Err(ApiError::bad_field("notes", description));
        }
        Ok(())
    }

    pub(super) fn reference_id(&self) -> &str {
        &self.reference_id
    }

    pub(super) fn description(&self) -> &str {
        &self.description
    }

    pub(super) fn accepts_parts(&self) -> bool {
        self.accept_partial
    }

    pub(super) fn currency(&self) -> String {
        self.currency.clone().unwrap_or_else(|| "INR".to_owned())
    }

    pub(super) fn notes(&self) -> Value {
        self.notes
            .clone()
            .filter(|it| it.as_object().is_some_and(|it| !it.is_empty()))
            .unwrap_or(Value::Null)
    }

    pub(super) fn customer(&self, field: &str) -> Option<&str> {
        self.customer.get(field).and_then(Value::as_str)
    }

    pub(super) fn callback_url(&self) -> Option<&str> {
        self.callback_url.as_deref()
    }

    /// When a link of it expires.
    pub(super) fn expires(&self, now: Timestamp) -> Timestamp {
        if self.expire_by == 0 {
            now + LONGEST
        } else {
            Timestamp::from_millis(self.expire_by.saturating_mul(1_000))
        }
    }
}

impl Link {
    /// As the API shows it.
    pub(super) fn entity(&self, now: Timestamp) -> Value {
        if let Some((until, was)) = &self.lagging
            && now < *until
        {
            return was.clone();
        }
        let mut entity = self.fields();
        // Null until a payment is captured.
        let payments = &self.payments;
        let payments = if payments.is_empty() { Value::Null } else { json!(payments) };
        put(&mut entity, "payments", payments);
        entity
    }

    /// As events show it.
    pub(super) fn entity_in_event(&self) -> Value {
        let mut entity = self.fields();
        put(&mut entity, "whatsapp_link", false);
        if let Some(notify) = entity.get_mut("notify") {
            put(notify, "whatsapp", false);
        }
        entity
    }

    fn fields(&self) -> Value {
        let request = &self.request;
        let asked = |name: &str| request.notify.get(name).and_then(Value::as_bool).unwrap_or(false);
        let at = |it: Option<Timestamp>| it.map_or(0, seconds);
        let mut entity = json!({
            "id": self.id, "amount": self.amount, "amount_paid": self.amount_paid,
            "currency": self.currency, "status": self.status.as_str(),
            "accept_partial": request.accept_partial,
            "first_min_partial_amount": request.first_min_partial_amount,
            "reference_id": request.reference_id, "description": request.description,
            "customer": request.customer, "notes": request.notes(),
            "notify": { "email": asked("email"), "sms": asked("sms") },
            "reminder_enable": request.reminder_enable, "reminders": [],
            "short_url": self.short_url, "upi_link": false, "user_id": "",
            "expire_by": request.expire_by, "expired_at": at(self.expired),
            "cancelled_at": at(self.cancelled), "created_at": seconds(self.created),
            "updated_at": seconds(self.updated),
        });
        if request.reminder_enable {
            let status = if self.status.is_open() { "in_progress" } else { "failed" };
            put(&mut entity, "reminders", json!({ "status": status }));
        }
        if let Some(url) = &request.callback_url {
            put(&mut entity, "callback_url", url.as_str());
            put(&mut entity, "callback_method", "get");
        }
        if let Some(order) = &self.order {
            put(&mut entity, "order_id", order.as_str());
        }
        entity
    }
}
