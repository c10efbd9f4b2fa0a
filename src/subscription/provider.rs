//! What a payment provider says, in our words. An adapter makes these; [`super::matching`] decides
//! what they are worth.

use heikin_core::time::Timestamp;

use super::ids::{DisputeId, LinkId, PaymentId};
use super::paise::Paise;

/// How a payment link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// It waits.
    Created,
    /// A part was paid.
    PartiallyPaid,
    /// It was paid.
    Paid,
    /// Its time is over.
    Expired,
    /// It was withdrawn.
    Cancelled,
    /// A word that heikin does not know.
    Unknown,
}

/// A payment link as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedLink {
    /// Its id.
    pub link: LinkId,
    /// Our reference, as it is there; empty where it has none.
    pub reference: String,
    /// What is asked.
    pub amount: Paise,
    /// In which currency.
    pub currency: String,
    /// How it stands.
    pub status: LinkStatus,
    /// What was paid.
    pub paid: Paise,
    /// Where it is paid.
    pub url: String,
    /// The payments on it.
    pub payments: Vec<LinkPayment>,
}

/// A payment as its link tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPayment {
    /// Its id.
    pub payment: PaymentId,
    /// How much.
    pub amount: Paise,
    /// How far it is.
    pub status: PaymentStatus,
    /// When it was made.
    pub made: Timestamp,
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Begun.
    Created,
    /// The bank agreed; nothing was taken yet.
    Authorized,
    /// It was taken.
    Captured,
    /// It was taken and given back.
    Refunded,
    /// Nothing was taken. It may still be, up to three days later.
    Failed,
    /// A word that heikin does not know.
    Unknown,
}

impl PaymentStatus {
    /// Whether the money has been ours, be it for a time.
    pub fn was_captured(self) -> bool {
        matches!(self, Self::Captured | Self::Refunded)
    }
}

/// A payment by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedPayment {
    /// Its id.
    pub payment: PaymentId,
    /// How much.
    pub amount: Paise,
    /// In which currency.
    pub currency: String,
    /// How far it is.
    pub status: PaymentStatus,
    /// How much of it was given back.
    pub refunded: Paise,
}

/// A dispute, or charge-back, over a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedDispute {
    /// Its id.
    pub dispute: DisputeId,
    /// Over which payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: Paise,
    /// How it stands.
    pub stage: DisputeStage,
}

/// How a dispute stands: it only moves forward.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStage {
    /// Nobody has decided.
    Open,
    /// The money stays.
    Won,
    /// The money is gone.
    Lost,
}
