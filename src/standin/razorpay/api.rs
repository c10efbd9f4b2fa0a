//! The API as a merchant's side asks for it: one table of operations, and what each does.

use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::server::Received;
use super::error::{ApiError, Result};
use super::link::{Link, LinkRequest, Status};
use super::payment::{Payment, Progress, Refund};
use super::world::World;

/// The most links of an answer.
const PAGE: usize = 100;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    Create,
    Find,
    Fetch(&'a str),
    Cancel(&'a str),
    Notify(&'a str, &'a str),
    Payment(&'a str),
    Refund(&'a str),
    RefundsOf(&'a str),
    FetchRefund(&'a str),
    Dispute(&'a str),
}

impl<'a> Operation<'a> {
    /// The operation of a path below `/v1`.
    pub(super) fn of(method: &Method, path: &'a str) -> Option<Self> {
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        Some(match (method.as_str(), parts.as_slice()) {
            ("POST", ["payment_links"]) => Self::Create,
            ("GET", ["payment_links"]) => Self::Find,
            ("GET", ["payment_links", id]) => Self::Fetch(id),
            ("POST", ["payment_links", id, "cancel"]) => Self::Cancel(id),
            ("POST", ["payment_links", id, "notify_by", medium]) => Self::Notify(id, medium),
            ("GET", ["payments", id]) => Self::Payment(id),
            ("POST", ["payments", id, "refund"]) => Self::Refund(id),
            ("GET", ["payments", id, "refunds"]) => Self::RefundsOf(id),
            ("GET", ["refunds", id]) => Self::FetchRefund(id),
            ("GET", ["disputes", id]) => Self::Dispute(id),
            _ => return None,
        })
    }

    /// As faults name it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Find => "find",
            Self::Fetch(_) => "fetch",
            Self::Cancel(_) => "cancel",
            Self::Notify(..) => "notify",
            Self::Payment(_) => "payment",
            Self::Refund(_) | Self::RefundsOf(_) | Self::FetchRefund(_) => "refund",
            Self::Dispute(_) => "dispute",
        }
    }
}

/// What is asked for a refund.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RefundRequest {
    amount: Option<i64>,
    speed: Option<String>,
    notes: Value,
    receipt: Option<String>,
}

impl World {
    /// Carries out a request.
    pub(super) fn perform(
        &mut self,
        operation: &Operation<'_>,
        received: &Received,
    ) -> Result<Value> {
        match operation {
            Operation::Create => self.create_link(&body(received)?),
            Operation::Find => Ok(self.find_links(received)),
            Operation::Fetch(id) => Ok(self.link(id)?.entity(self.now())),
            Operation::Cancel(id) => self.cancel_link(id),
            Operation::Notify(id, medium) => {
                self.link(id)?;
                if !matches!(*medium, "sms" | "email") {
                    return Err(ApiError::bad_request("not a valid notification medium"));
                }
                Ok(json!({ "success": true }))
            }
            Operation::Payment(id) => self.payment(id).map(Payment::entity),
            Operation::Refund(id) => self.refund_payment(id, received),
            Operation::RefundsOf(id) => {
                self.payment(id)?;
                let refunds = self.refunds.values().filter(|it| it.payment == *id);
                let items: Vec<_> = refunds.map(Refund::entity).collect();
                Ok(json!({ "entity": "collection", "count": items.len(), "items": items }))
            }
            Operation::FetchRefund(id) => {
                self.refunds.get(*id).map(Refund::entity).ok_or_else(ApiError::no_such_id)
            }
            Operation::Dispute(id) => {
                self.disputes.get(*id).cloned().ok_or_else(ApiError::no_such_id)
            }
        }
    }

    fn link(&self, id: &str) -> Result<&Link> {
        self.links.get(id).ok_or_else(ApiError::no_such_id)
    }

    fn payment(&self, id: &str) -> Result<&Payment> {
        self.payments.get(id).ok_or_else(ApiError::no_such_id)
    }

    fn create_link(&mut self, request: &LinkRequest) -> Result<Value> {
        let now = self.now();
        let amount = request.check(now)?;
        let reference = request.reference_id();
        let is_taken = self.links.values().any(|it| it.request.reference_id() == reference);
        if !reference.is_empty() && is_taken {
            let description = "payment link creation with reference ID already attempted";
            return Err(ApiError::bad_field("reference_id", description));
        }
        let id = self.ids.next("plink_");
        let code = self.ids.next("").split_at(8).0.to_owned();
        let link = Link {
            id: id.clone(),
            short_url: format!("{}/i/{code}", self.base),
            code,
            amount,
            currency: request.currency(),
            request: request.clone(),
            created: now,
            updated: now,
            expires: request.expires(now),
            expired: None,
            cancelled: None,
            status: Status::Created,
            amount_paid: 0,
            order: None,
            attempts: 0,
            payments: Vec::new(),
            lagging: None,
        };
        let entity = link.entity(now);
        self.order.push(id.clone());
        self.links.insert(id, link);
        Ok(entity)
    }

    /// The newest first.
    fn find_links(&self, received: &Received) -> Value {
        let (reference, payment) = (received.asked("reference_id"), received.asked("payment_id"));
        let number = |name: &str| received.asked(name).and_then(|it| it.parse::<usize>().ok());
        let now = self.now();
        let of_payment = payment.map(|id| self.payments.get(&id).map(|it| it.link.clone()));
        let links = self.order.iter().rev().filter_map(|id| self.links.get(id));
        let found: Vec<_> = links
            .filter(|it| {
                reference.as_deref().is_none_or(|asked| it.request.reference_id() == asked)
            })
            .filter(|it| of_payment.as_ref().is_none_or(|link| link.as_ref() == Some(&it.id)))
            .skip(number("skip").unwrap_or(0))
            .take(number("count").unwrap_or(PAGE).min(PAGE))
            .map(|it| it.entity(now))
            .collect();
        json!({ "payment_links": found })
    }

    fn cancel_link(&mut self, id: &str) -> Result<Value> {
        match self.link(id)?.status {
            Status::Created => {}
            Status::Paid | Status::PartiallyPaid => {
                let description = "cannot cancel or expire an already paid/partially paid link";
                return Err(ApiError::bad_request(description));
            }
            Status::Expired | Status::Cancelled => {
                return Err(ApiError::bad_request("cannot cancel or expire an expired link"));
            }
        }
        self.cancel(id);
        Ok(self.link(id)?.entity(self.now()))
    }

    fn refund_payment(&mut self, id: &str, received: &Received) -> Result<Value> {
        let payment = self.payment(id)?.clone();
        let asked = format!("{id} {}", String::from_utf8_lossy(&received.body));
        let key = received.header("x-refund-idempotency").map(str::to_owned);
        if let Some(key) = &key {
            if key.len() < 10 {
                let description = "The idempotency key must be at least 10 characters.";
                return Err(ApiError::bad_request(description));
            }
            match self.refund_keys.get(key) {
                Some((before, refund)) if *before == asked => {
                    let made = self.refunds.get(refund).map(Refund::entity);
                    return made.ok_or_else(ApiError::no_such_id);
                }
                Some(_) => {
                    let description = "Different request body sent for the same Idempotency Header";
                    return Err(ApiError::bad_request(description));
                }
                None => {}
            }
        }
        let request: RefundRequest = body(received)?;
        if payment.progress != Progress::Captured {
            let description = "The payment status should be captured for action to be taken";
            return Err(ApiError::bad_request(description));
        }
        let left = payment.amount - payment.refunded;
        let amount = request.amount.unwrap_or(left);
        if left == 0 {
            return Err(ApiError::bad_request("The payment has been fully refunded already"));
        }
        if amount < 100.min(left) {
            return Err(ApiError::bad_field("amount", "The amount must be atleast INR 1.00"));
        }
        if amount > left {
            let description = "The total refund amount is greater than the refund payment amount";
            return Err(ApiError::bad_field("amount", description));
        }
        let refund = Refund {
            id: self.ids.next("rfnd_"),
            payment: payment.id,
            amount,
            currency: payment.currency,
            notes: request.notes,
            receipt: request.receipt,
            speed: request.speed.unwrap_or_else(|| "normal".to_owned()),
            created: self.now(),
            rrn: self.ids.digits(12),
        };
        if let Some(key) = key {
            self.refund_keys.insert(key, (asked, refund.id.clone()));
        }
        Ok(self.refund(refund))
    }
}

/// Reads a body: JSON, whatever its header says, as clients forget it.
fn body<T: Default + serde::de::DeserializeOwned>(received: &Received) -> Result<T> {
    if received.body.is_empty() {
        return Ok(T::default());
    }
    let object: serde_json::Result<serde_json::Map<String, Value>> =
        serde_json::from_slice(&received.body);
    object
        .and_then(|object| serde_json::from_value(Value::Object(object)))
        .map_err(|error| ApiError::bad_request(format!("The request body is invalid: {error}")))
}
