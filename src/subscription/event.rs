//! What is recorded: every fact about a person's access with its time and its cause, so that a
//! dispute can be settled from the record. Nothing here names a person but by number.

use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::bill::Bill;
use super::ids::{DeliveryId, DisputeId, GrantId, LinkId, PaymentId, PersonId, PlanId, Reference};
use super::paise::Paise;
use super::plan::Terms;
use super::provider::DisputeStage;
use super::standing::State;

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Whose access it is about.
    pub person: PersonId,
    /// When heikin learned of it.
    pub at: Timestamp,
    /// By what.
    pub cause: Cause,
    /// What happened.
    pub event: Event,
}

/// What made heikin learn of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The person asked for it.
    Person,
    /// The person asked whether a payment has come.
    Verify,
    /// A verified webhook; what it said was then read from the provider.
    Webhook(DeliveryId),
    /// The provider was asked, as it is from time to time.
    Poll,
    /// The provider's answer to what heikin asked it to do.
    Answer,
    /// An operator.
    Operator(PersonId),
    /// Time.
    Time,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Somebody wants to buy. Recorded before the provider is asked for a link.
    Requested(Purchase),
    /// There is a link.
    LinkMade {
        /// For which purchase.
        reference: Reference,
        /// Its id.
        link: LinkId,
        /// Where it is paid.
        url: String,
    },
    /// The provider refused to make a link.
    LinkRefused {
        /// For which purchase.
        reference: Reference,
        /// What it said.
        why: String,
    },
    /// A part was paid: nothing is granted for it.
    PartPaid {
        /// For which purchase.
        reference: Reference,
        /// How much so far.
        paid: Paise,
    },
    /// The link's time is over.
    LinkExpired {
        /// For which purchase.
        reference: Reference,
    },
    /// The link was withdrawn.
    LinkCancelled {
        /// For which purchase.
        reference: Reference,
    },
    /// Nothing came until the last look, days after the link's end: it is asked for no more.
    WatchEnded {
        /// For which purchase.
        reference: Reference,
    },
    /// A try to pay failed. Another may follow, and even this one may still be captured.
    PaymentFailed {
        /// For which purchase.
        reference: Reference,
        /// The payment.
        payment: PaymentId,
    },
    /// A payment was captured, and matched what was asked to the paisa.
    Captured {
        /// For which purchase.
        reference: Reference,
        /// On which link.
        link: LinkId,
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount: Paise,
        /// When it was made, by the provider's clock.
        made: Timestamp,
    },
    /// Money came that does not match what was asked: nothing is granted, an operator must look.
    Mismatched {
        /// For which purchase.
        reference: Reference,
        /// The payment, where one is known.
        payment: Option<PaymentId>,
        /// What differs.
        mismatch: Mismatch,
    },
    /// Money went back.
    Refunded {
        /// Of which payment.
        payment: PaymentId,
        /// How much of it in all.
        total: Paise,
    },
    /// A payment is disputed, or the dispute has moved on.
    Disputed {
        /// Which payment.
        payment: PaymentId,
        /// Which dispute.
        dispute: DisputeId,
        /// Over how much.
        amount: Paise,
        /// How it stands.
        stage: DisputeStage,
    },
    /// An operator gave access without payment.
    Granted {
        /// Its id.
        grant: GrantId,
        /// How long it is good for.
        until: Timestamp,
    },
    /// An operator took a grant back.
    Revoked {
        /// Which.
        grant: GrantId,
    },
    /// The person was reminded of an end.
    Reminded {
        /// The end.
        end: Timestamp,
        /// How long before it.
        before: Span,
    },
    /// The state changed, by the event before this one or by time. Access does not rest on this
    /// event: it is for those who read the record.
    Moved {
        /// From.
        from: State,
        /// To.
        to: State,
        /// Since when: by time, that was before it was noticed.
        since: Timestamp,
    },
}

/// What somebody wants to buy: the plan as it was then, and the bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// Its reference, used once and never again.
    pub reference: Reference,
    /// Which plan.
    pub plan: PlanId,
    /// Its name then.
    pub name: String,
    /// What is to be paid.
    pub bill: Bill,
    /// What is got for it.
    pub terms: Terms,
    /// Until when it can be paid.
    pub expires: Timestamp,
}

/// What differs between a payment and what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// The amount of the link or of the payment.
    Amount,
    /// The currency is not INR.
    Currency,
    /// The link has another reference.
    Reference,
    /// It is not the link that was made for this purchase.
    Link,
}
