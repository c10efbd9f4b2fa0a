//! What Razorpay sends, as far as heikin needs it. Unknown fields are passed over, unknown words are
//! [`LinkStatus::Unknown`] and the like; a field that is missing, or of another type, is an error.

use heikin_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::contact::{Contact, Email, Name, Phone};
use super::super::event::Purchase;
use super::super::ids::{DisputeId, LinkId, PaymentId};
use super::super::matching::CURRENCY;
use super::super::paise::Paise;
use super::super::provider::{
    DisputeStage, LinkPayment, LinkStatus, ObservedDispute, ObservedLink, ObservedPayment,
    PaymentStatus,
};

/// A body that is not what the API's pages say. What is wrong is told by its path, never by value.
#[derive(Debug, thiserror::Error)]
#[error("Razorpay's answer is not what its pages say (at {path})")]
pub struct WireError {
    path: String,
}

/// Reads a body.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    let json = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(json)
        .map_err(|error| WireError { path: error.path().to_string() })
}

/// A payment link: the answer to create, fetch and cancel.
///
/// # Errors
///
/// Where the body is none.
pub fn link(body: &[u8]) -> Result<ObservedLink, WireError> {
    read::<Link>(body).map(Into::into)
}

/// A list of payment links.
///
/// # Errors
///
/// Where the body is none.
pub fn links(body: &[u8]) -> Result<Vec<ObservedLink>, WireError> {
    #[derive(Deserialize)]
    struct List {
        payment_links: Vec<Link>,
    }
    read::<List>(body).map(|list| list.payment_links.into_iter().map(Into::into).collect())
}

/// A payment.
///
/// # Errors
///
/// Where the body is none.
pub fn payment(body: &[u8]) -> Result<ObservedPayment, WireError> {
    #[derive(Deserialize)]
    struct Payment {
        id: PaymentId,
        amount: Paise,
        currency: String,
        status: WirePaymentStatus,
        amount_refunded: Option<Paise>,
    }
    let Payment { id, amount, currency, status, amount_refunded } = read(body)?;
    let refunded = amount_refunded.unwrap_or(Paise::ZERO);
    Ok(ObservedPayment { payment: id, amount, currency, status: status.into(), refunded })
}

/// A dispute.
///
/// # Errors
///
/// Where the body is none.
pub fn dispute(body: &[u8]) -> Result<ObservedDispute, WireError> {
    #[derive(Deserialize)]
    struct Dispute {
        id: DisputeId,
        payment_id: PaymentId,
        amount: Paise,
        amount_deducted: Option<Paise>,
        status: String,
    }
    let dispute: Dispute = read(body)?;
    let stage = match dispute.status.as_str() {
        "won" => DisputeStage::Won,
        "lost" => DisputeStage::Lost,
        // Closed without a verdict: what was deducted says whose the money is.
        "closed" if dispute.amount_deducted.is_none_or(Paise::is_zero) => DisputeStage::Won,
        "closed" => DisputeStage::Lost,
        _ => DisputeStage::Open,
    };
    let Dispute { id, payment_id, amount, .. } = dispute;
    Ok(ObservedDispute { dispute: id, payment: payment_id, amount, stage })
}

#[derive(Deserialize)]
struct Link {
    id: LinkId,
    reference_id: Option<String>,
    amount: Paise,
    amount_paid: Option<Paise>,
    currency: String,
    status: WireLinkStatus,
    short_url: Option<String>,
    /// Null until something was captured.
    payments: Option<Vec<WirePayment>>,
}

#[derive(Deserialize)]
struct WirePayment {
    payment_id: PaymentId,
    amount: Paise,
    status: WirePaymentStatus,
    /// Seconds.
    created_at: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WireLinkStatus {
    Created,
    PartiallyPaid,
    Paid,
    Expired,
    Cancelled,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WirePaymentStatus {
    Created,
    Authorized,
    Captured,
    Refunded,
    Failed,
    #[serde(other)]
    Unknown,
}

impl From<WirePaymentStatus> for PaymentStatus {
    fn from(status: WirePaymentStatus) -> Self {
        match status {
            WirePaymentStatus::Created => Self::Created,
            WirePaymentStatus::Authorized => Self::Authorized,
            WirePaymentStatus::Captured => Self::Captured,
            WirePaymentStatus::Refunded => Self::Refunded,
            WirePaymentStatus::Failed => Self::Failed,
            WirePaymentStatus::Unknown => Self::Unknown,
        }
    }
}

impl From<Link> for ObservedLink {
    fn from(link: Link) -> Self {
        let status = match link.status {
            WireLinkStatus::Created => LinkStatus::Created,
            WireLinkStatus::PartiallyPaid => LinkStatus::PartiallyPaid,
            WireLinkStatus::Paid => LinkStatus::Paid,
            WireLinkStatus::Expired => LinkStatus::Expired,
            WireLinkStatus::Cancelled => LinkStatus::Cancelled,
            WireLinkStatus::Unknown => LinkStatus::Unknown,
        };
        let made = |seconds: Option<i64>| seconds.unwrap_or(0).saturating_mul(1_000);
        let payments = link.payments.unwrap_or_default().into_iter().map(|payment| LinkPayment {
            payment: payment.payment_id,
            amount: payment.amount,
            status: payment.status.into(),
            made: Timestamp::from_millis(made(payment.created_at)),
        });
        Self {
            link: link.id,
            reference: link.reference_id.unwrap_or_default(),
            amount: link.amount,
            currency: link.currency,
            status,
            paid: link.amount_paid.unwrap_or(Paise::ZERO),
            url: link.short_url.unwrap_or_default(),
            payments: payments.collect(),
        }
    }
}

/// The body of a request for a link.
#[derive(Serialize)]
pub(super) struct CreateLink<'a> {
    amount: Paise,
    currency: &'static str,
    /// A part of the price buys nothing.
    accept_partial: bool,
    reference_id: &'a str,
    description: String,
    /// Seconds.
    expire_by: i64,
    #[serde(skip_serializing_if = "Customer::is_empty")]
    customer: Customer<'a>,
    /// The link is sent in the chat.
    notify: Notify,
    reminder_enable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_method: Option<&'static str>,
}

#[derive(Serialize)]
struct Customer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
}

impl Customer<'_> {
    fn is_empty(&self) -> bool {
        self.name.is_none() && self.email.is_none() && self.contact.is_none()
    }
}

#[derive(Serialize)]
struct Notify {
    sms: bool,
    email: bool,
}

impl<'a> CreateLink<'a> {
    pub(super) fn new(
        purchase: &'a Purchase,
        contact: &'a Contact,
        callback: Option<&'a str>,
    ) -> Self {
        Self {
            amount: purchase.bill.total(),
            currency: CURRENCY,
            accept_partial: false,
            reference_id: purchase.reference.as_str(),
            description: purchase.name.clone(),
            expire_by: purchase.expires.millis().div_euclid(1_000),
            customer: Customer {
                name: contact.name.as_ref().map(Name::expose),
                email: contact.email.as_ref().map(Email::expose),
                contact: contact.phone.as_ref().map(Phone::expose),
            },
            notify: Notify { sms: false, email: false },
            reminder_enable: false,
            callback_url: callback,
            callback_method: callback.map(|_| "get"),
        }
    }
}

/// The body of an error.
#[derive(Debug, Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: ErrorDetail,
}

#[derive(Debug, Deserialize)]
pub(super) struct ErrorDetail {
    pub(super) code: Option<String>,
    pub(super) description: Option<String>,
}

impl ErrorBody {
    pub(super) fn read(body: &[u8]) -> Option<ErrorDetail> {
        read::<Self>(body).ok().map(|body| body.error)
    }
}

/// A webhook's event, as far as it says what it is about.
#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) event: String,
    #[serde(default)]
    pub(super) payload: EventPayload,
}

#[derive(Deserialize, Default)]
pub(super) struct EventPayload {
    pub(super) payment_link: Option<Entity<Named<LinkId>>>,
    pub(super) payment: Option<Entity<Named<PaymentId>>>,
    pub(super) refund: Option<Entity<OfPayment>>,
    pub(super) dispute: Option<Entity<DisputeOf>>,
}

#[derive(Deserialize)]
pub(super) struct Entity<T> {
    pub(super) entity: T,
}

#[derive(Deserialize)]
pub(super) struct Named<T> {
    pub(super) id: T,
}

#[derive(Deserialize)]
pub(super) struct DisputeOf {
    pub(super) id: DisputeId,
    pub(super) payment_id: PaymentId,
}

#[derive(Deserialize)]
pub(super) struct OfPayment {
    pub(super) payment_id: PaymentId,
}

impl Event {
    pub(super) fn read(body: &[u8]) -> Result<Self, WireError> {
        read(body)
    }
}
