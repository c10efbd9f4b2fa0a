//! What a provider's answer is worth: which events follow from it, beside what is known.
//!
//! Money opens access only where reference, link, currency and amount are what was asked. Whatever
//! differs is recorded for an operator to look at, and nothing is granted. What is known already
//! gives no event, so it does not matter how often, by whom or in which order the provider is asked.

use super::account::Account;
use super::event::{Event, Mismatch, Purchase};
use super::paise::Paise;
use super::provider::{
    DisputeStage, LinkStatus, ObservedDispute, ObservedLink, ObservedPayment, PaymentStatus,
};

/// The one currency.
pub const CURRENCY: &str = "INR";

/// What follows from a link that was asked for by the reference or the id of a purchase.
pub(super) fn link(account: &Account, purchase: &Purchase, seen: &ObservedLink) -> Vec<Event> {
    let reference = &purchase.reference;
    let Some(bought) = account.purchases().get(reference) else { return Vec::new() };
    if let Some(mismatch) = mismatch(purchase, bought.links.keys(), seen) {
        return report(account, purchase, seen, mismatch);
    }
    let mut events = Vec::new();
    if bought.links.is_empty() {
        let (link, url) = (seen.link.clone(), seen.url.clone());
        events.push(Event::LinkMade { reference: reference.clone(), link, url });
    }
    let total = purchase.bill.total();
    let mut has_payment = false;
    for paid in seen.payments.iter().filter(|payment| payment.status.was_captured()) {
        let payment = paid.payment.clone();
        if paid.amount != total {
            // A part of what was asked is told as such below.
            if seen.status != LinkStatus::PartiallyPaid {
                let payment = Some(&payment);
                events.extend(told_once(account, purchase, payment, Mismatch::Amount));
            }
            continue;
        }
        has_payment = true;
        if !account.has_payment(&payment) {
            events.push(Event::Captured {
                reference: reference.clone(),
                link: seen.link.clone(),
                payment,
                amount: paid.amount,
                made: paid.made,
            });
        }
    }
    let is_paid = has_payment || account.is_paid(reference);
    let reference = reference.clone();
    match seen.status {
        LinkStatus::PartiallyPaid if seen.paid > bought.part_paid => {
            events.push(Event::PartPaid { reference, paid: seen.paid });
        }
        // Forward only: what was paid is never undone by an end that comes late.
        LinkStatus::Expired if !is_paid && bought.ended.is_none() => {
            events.push(Event::LinkExpired { reference });
        }
        LinkStatus::Cancelled if !is_paid && bought.ended.is_none() => {
            events.push(Event::LinkCancelled { reference });
        }
        // Paid, but its payment is not listed yet: the next look will see it.
        _ => {}
    }
    events
}

fn mismatch<'a>(
    purchase: &Purchase,
    mut known: impl ExactSizeIterator<Item = &'a super::ids::LinkId>,
    seen: &ObservedLink,
) -> Option<Mismatch> {
    if seen.reference != purchase.reference.as_str() {
        Some(Mismatch::Reference)
    } else if known.len() > 0 && !known.any(|link| *link == seen.link) {
        Some(Mismatch::Link)
    } else if seen.currency != CURRENCY {
        Some(Mismatch::Currency)
    } else if seen.amount != purchase.bill.total() {
        Some(Mismatch::Amount)
    } else {
        None
    }
}

/// The payments on a link that is not what was asked, each once; the link, where there are none.
fn report(
    account: &Account,
    purchase: &Purchase,
    seen: &ObservedLink,
    mismatch: Mismatch,
) -> Vec<Event> {
    let captured: Vec<_> =
        seen.payments.iter().filter(|payment| payment.status.was_captured()).collect();
    if captured.is_empty() {
        return told_once(account, purchase, None, mismatch).into_iter().collect();
    }
    captured
        .into_iter()
        .filter_map(|payment| told_once(account, purchase, Some(&payment.payment), mismatch))
        .collect()
}

fn told_once(
    account: &Account,
    purchase: &Purchase,
    payment: Option<&super::ids::PaymentId>,
    mismatch: Mismatch,
) -> Option<Event> {
    let reference = &purchase.reference;
    (!account.has_mismatch(reference, payment, mismatch)).then(|| Event::Mismatched {
        reference: reference.clone(),
        payment: payment.cloned(),
        mismatch,
    })
}

/// What follows from a payment that is known.
pub(super) fn payment(account: &Account, seen: &ObservedPayment) -> Option<Event> {
    let (_, known, _) = account.payments().find(|(id, _, _)| **id == seen.payment)?;
    if seen.currency != CURRENCY || seen.amount != known.amount {
        return None;
    }
    let total = match seen.status {
        PaymentStatus::Refunded => known.amount,
        _ => seen.refunded.min(known.amount),
    };
    (total > account.refunded(&seen.payment) && total > Paise::ZERO)
        .then(|| Event::Refunded { payment: seen.payment.clone(), total })
}

/// What follows from a dispute over a payment that is known.
pub(super) fn dispute(account: &Account, seen: &ObservedDispute) -> Option<Event> {
    let is_known = account.has_payment(&seen.payment);
    let stage = account.dispute_stage(&seen.dispute);
    let is_forward = stage.is_none_or(|stage| stage < seen.stage && stage == DisputeStage::Open);
    (is_known && is_forward).then(|| Event::Disputed {
        payment: seen.payment.clone(),
        dispute: seen.dispute.clone(),
        amount: seen.amount,
        stage: seen.stage,
    })
}
