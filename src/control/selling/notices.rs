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

#[cfg(test)]
mod tests {
    use heikin_bot::backend::{Cursor, UserId};
    use heikin_core::time::Span;

    use super::*;
    use crate::control::front::ledger::Rooms;
    use crate::control::selling::commit;
    use crate::store::disk::RealDisk;
    use crate::subscription::desk::{Answer, DeskSettings, Effect, Step};
    use crate::subscription::event::Cause;
    use crate::subscription::provider::{LinkPayment, LinkStatus, ObservedLink, PaymentStatus};
    use crate::subscription::{Item, Paise, Plan, PlanTerms};

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
    const ASHA: PersonId = PersonId(42);

    type Change = fn(&mut ObservedLink);

    /// A desk whose provider says something else than was asked, twice; what the operator is told.
    fn told_of(changed: Change) -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(RealDisk, &Rooms::below(folder.path())).unwrap();
        ledger.configure(std::iter::once(UserId(11)));
        let prices = vec![(Item::Server, "499".parse().unwrap())];
        let plan = Plan::new(PlanTerms::new("monthly".parse().unwrap(), "Alerts", prices)).unwrap();
        let installation = "ab12".to_owned();
        let settings = DeskSettings { installation, link_life: Span::DAY, plans: vec![plan] };
        ledger.open_desk(settings);
        let (_, step) = ledger.desk().subscribe(ASHA, &"monthly".parse().unwrap(), NOW).unwrap();
        let [Effect::Create { purchase, .. }] = &step.effects[..] else { panic!("{step:?}") };
        let asked = ObservedLink {
            link: "plink_1".parse().unwrap(),
            reference: purchase.reference.to_string(),
            amount: purchase.bill.total(),
            currency: "INR".to_owned(),
            status: LinkStatus::Created,
            paid: Paise::ZERO,
            url: "https://rzp.io/i/1".to_owned(),
            payments: Vec::new(),
        };
        let paid = LinkPayment {
            payment: "pay_1".parse().unwrap(),
            amount: asked.amount,
            status: PaymentStatus::Captured,
            made: NOW,
        };
        let mut differs = ObservedLink {
            status: LinkStatus::Paid,
            paid: asked.amount,
            payments: vec![paid],
            ..asked.clone()
        };
        changed(&mut differs);
        let take = |ledger: &mut Ledger<RealDisk>, step: Step| {
            drop(commit(ledger, step, None, NOW).unwrap());
        };
        take(&mut ledger, step);
        for seen in [asked, differs.clone(), differs] {
            let step = ledger.desk().answered(Answer::Link(seen), &Cause::Poll, NOW).unwrap();
            take(&mut ledger, step);
        }
        let account = ledger.state().sales().account(UserId(42)).unwrap();
        assert!(!account.standing(NOW).state.is_entitled(), "nothing is granted for it");
        let told = ledger.hand_out(Cursor::START, 10).into_iter();
        told.filter_map(|(envelope, _)| match envelope.alert {
            Alert::System(SystemAlert::Fault { what, doing, remedy }) => {
                assert_eq!(envelope.chat.0, 11);
                Some((what, format!("{doing}. {remedy}")))
            }
            _ => None,
        })
        .collect()
    }

    #[test]
    fn whatever_does_not_match_is_told_once_with_what_differs() {
        let payment = "payment pay_1 on hk-ab12-42-1 of person 42 does not match: ";
        let nothing_paid = "the link of hk-ab12-42-1 of person 42 does not match: ";
        let cases: [(Change, &str, &str); 6] = [
            (|it| it.currency = "USD".to_owned(), payment, "the currency is not INR"),
            (
                |it| it.reference = "hk-ab12-42-9".to_owned(),
                payment,
                "the link bears another reference",
            ),
            (
                |it| it.link = "plink_2".parse().unwrap(),
                payment,
                "it is not the link that was made for this",
            ),
            (|it| it.amount = Paise::new(1), payment, "the amount is not what was asked"),
            (
                |it| it.payments[0].amount = Paise::new(1),
                payment,
                "the amount is not what was asked",
            ),
            (
                |it| {
                    it.payments.clear();
                    it.currency = "USD".to_owned();
                },
                nothing_paid,
                "the currency is not INR",
            ),
        ];
        for (changed, which, differs) in cases {
            let told = told_of(changed);
            let [(what, rest)] = &told[..] else { panic!("{differs}: {told:?}") };
            assert_eq!(*what, format!("{which}{differs}"));
            assert_eq!(
                rest,
                "nothing is granted for it. look at it in Razorpay's dashboard: pay it back, or \
                 /grant the access"
            );
        }
    }
}
