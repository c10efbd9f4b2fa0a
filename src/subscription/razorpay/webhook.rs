use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::super::desk::Hint;
use super::super::hex::hex;
use super::super::ids::DeliveryId;
use super::signature::{Forged, WebhookSecrets};
use super::wire::Event;

/// No webhook is larger.
pub const LARGEST_WEBHOOK: usize = 64 * 1024;

/// A verified webhook: which event, and what it is about. Of its body nothing is kept: that holds the
/// payer's address, phone number and more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id, the same at each delivery.
    pub id: DeliveryId,
    /// When it came.
    pub at: Timestamp,
    /// What it is about.
    pub hint: Hint,
}

/// Where deliveries are put before they are acknowledged.
pub trait Inbox: Send + Sync {
    /// Stores a delivery durably. One that is there already is as good as stored.
    fn put(&self, delivery: Delivery) -> impl Future<Output = Result<(), InboxError>> + Send;
}

/// A delivery was not stored: it will be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event was not stored ({0})")]
pub struct InboxError(pub String);

/// Verifies a webhook over its raw body, and only then reads it. An event that is genuine and says
/// nothing to heikin is a delivery too: refused, it would be sent again for a day, and the hook be
/// switched off after that.
///
/// # Errors
///
/// Where the signature is missing or wrong.
pub fn receive(
    secrets: &WebhookSecrets,
    signature: &str,
    event_id: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<Delivery, Forged> {
    secrets.verify(body, signature, now)?;
    // The id is outside the signature: what it says may only save a second look.
    let given = event_id.and_then(|id| id.parse().ok());
    let by_body = || hex(&Sha256::digest(body)).parse::<DeliveryId>();
    let id = given.map_or_else(by_body, Ok).map_err(|_never| Forged)?;
    let hint = Event::read(body).map_or_else(
        |error| {
            tracing::warn!(target: "api", %error, "a genuine webhook cannot be read");
            Hint::Nothing
        },
        |event| hint(&event),
    );
    Ok(Delivery { id, at: now, hint })
}

fn hint(event: &Event) -> Hint {
    let payload = &event.payload;
    let link = payload.payment_link.as_ref().map(|link| link.entity.id.clone());
    let payment = payload.payment.as_ref().map(|payment| payment.entity.id.clone());
    let refunded = payload.refund.as_ref().map(|refund| refund.entity.payment_id.clone());
    let dispute = payload.dispute.as_ref().map(|dispute| &dispute.entity);
    let kind = event.event.as_str();
    if let Some(link) = link.filter(|_| kind.starts_with("payment_link.")) {
        Hint::Link(link)
    } else if let Some(dispute) = dispute.filter(|_| kind.starts_with("payment.dispute.")) {
        Hint::Dispute(dispute.id.clone(), dispute.payment_id.clone())
    } else if let Some(payment) = refunded.filter(|_| kind.starts_with("refund.")) {
        Hint::Refund(payment)
    } else {
        match (kind, payment) {
            ("payment.captured" | "order.paid", Some(payment)) => Hint::Paid(payment),
            ("payment.failed", Some(payment)) => Hint::Failed(payment),
            _ => Hint::Nothing,
        }
    }
}

/// Events that have come, so that each is looked into once. That is thrift: looking twice changes
/// nothing, so what is too old or too much may be forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deliveries {
    seen: BTreeMap<DeliveryId, Timestamp>,
}

/// An event can be sent again for seven days.
const REPLAYABLE: Span = Span::DAY.times(8);
/// More than any shop of this kind gets in a week.
const MOST: usize = 100_000;

impl Deliveries {
    /// Whether an event has come before.
    pub fn contains(&self, id: &DeliveryId) -> bool {
        self.seen.contains_key(id)
    }

    /// Notes an event. Whether it is new.
    pub fn note(&mut self, id: &DeliveryId, at: Timestamp) -> bool {
        if self.seen.contains_key(id) {
            return false;
        }
        if self.seen.len() >= MOST {
            self.seen.retain(|_, seen| at.since(*seen) < REPLAYABLE);
        }
        if self.seen.len() >= MOST {
            self.seen.clear();
        }
        self.seen.insert(id.clone(), at);
        true
    }
}
