//! What operators are told of other people's money: what does not match, went back, or is disputed.
//!
//! Whoever paid is named by number alone. A fault cannot be turned off; what an operator did themselves
//! at the provider is told as a deed.

use heikin_bot::backend::{Alert, SystemAlert};
use heikin_core::time::Timestamp;

use crate::control::addressees::{News, queue_for_operators};
use crate::control::front::Ledger;
use crate::control::front::record::Event;
use crate::store::disk::Disk;
use crate::subscription::event::{self, Mismatch, Recorded};
use crate::subscription::provider::DisputeStage;
use crate::subscription::{PaymentId, PersonId, Reference};

/// Who did what nobody here did.
const PROVIDER: &str = "Razorpay";

/// The row of the outbox that a record becomes; none where there is nothing to tell, or nobody.
pub(super) fn queued<D: Disk>(
    ledger: &Ledger<D>,
    record: &Recorded,
    now: Timestamp,
) -> Option<Event> {
    let alert = Alert::System(told(record)?);
    let news = News { at: record.at, thread: None, by: None, alert };
    queue_for_operators(ledger, news, now)
}

fn told(record: &Recorded) -> Option<SystemAlert> {
    let person = record.person;
    match &record.event {
        event::Event::Mismatched { reference, payment, mismatch } => {
            Some(mismatched(person, (reference, payment.as_ref()), *mismatch))
        }
        event::Event::Refunded { payment, total } => Some(SystemAlert::Acted {
            name: PROVIDER.to_owned(),
            what: format!("has paid {total} of payment {payment} back to person {person}"),
        }),
        event::Event::Disputed { payment, dispute, amount, stage } => Some(match stage {
            DisputeStage::Open => SystemAlert::Fault {
                what: format!(
                    "the bank of person {person} claims {amount} of payment {payment} back \
                     (dispute {dispute})"
                ),
                doing: "what it paid for is suspended until that is decided".to_owned(),
                remedy:
                    "accept or contest it in Razorpay's dashboard, in the time shown there: who \
                         does not answer loses"
                        .to_owned(),
            },
            DisputeStage::Lost => SystemAlert::Fault {
                what: format!("dispute {dispute} is lost: {amount} went back to person {person}"),
                doing: "what it paid for has ended".to_owned(),
                remedy: "nothing more is to be done here; /grant gives access without payment"
                    .to_owned(),
            },
            DisputeStage::Won => SystemAlert::Acted {
                name: PROVIDER.to_owned(),
                what: format!(
                    "has decided dispute {dispute} for you: {amount} of person {person} stays, and \
                     so does what it paid for"
                ),
            },
        }),
        _ => None,
    }
}

fn mismatched(
    person: PersonId,
    (reference, payment): (&Reference, Option<&PaymentId>),
    mismatch: Mismatch,
) -> SystemAlert {
    let differs = match mismatch {
        Mismatch::Amount => "the amount is not what was asked",
        Mismatch::Currency => "the currency is not INR",
        Mismatch::Reference => "the link bears another reference",
        Mismatch::Link => "it is not the link that was made for this",
    };
    let payment = payment.map_or_else(
        || format!("the link of {reference}"),
        |payment| format!("payment {payment} on {reference}"),
    );
    SystemAlert::Fault {
        what: format!("{payment} of person {person} does not match: {differs}"),
        doing: "nothing is granted for it".to_owned(),
        remedy: "look at it in Razorpay's dashboard: pay it back, or /grant the access".to_owned(),
    }
}
