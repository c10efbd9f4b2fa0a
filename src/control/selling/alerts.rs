//! What people are told of their subscription: each event of the desk that concerns them, once.

use heikin_bot::backend::{Alert, Loudness, SubscriptionAlert, UserId};
use heikin_core::time::{Span, Timestamp};

use super::shown;
use crate::control::front::record::{Addressee, Event, Queued};
use crate::control::front::sales;
use crate::control::front::state::{State, private_chat};
use crate::subscription::account::Account;
use crate::subscription::event::{self, Cause, Recorded};
use crate::subscription::history::{self, Stage};
use crate::subscription::provider::DisputeStage;
use crate::subscription::standing;

/// The row of the outbox that a record becomes; none where there is nothing to tell.
pub(super) fn queued(state: &State, record: &Recorded, now: Timestamp) -> Option<Event> {
    let user = sales::user(record.person);
    let alert = Alert::Subscription(told(state, user, record, now)?);
    let zone = state.people().get(user).map(|person| person.notify.zone.clone());
    let to = Addressee {
        chat: private_chat(user),
        loudness: Loudness::Loud,
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
    };
    Some(Event::Queued(Box::new(Queued {
        at: record.at,
        lane: alert.lane(),
        thread: None,
        by: None,
        replaces: Vec::new(),
        to: vec![to],
        alert,
    })))
}

fn told(
    state: &State,
    user: UserId,
    record: &Recorded,
    now: Timestamp,
) -> Option<SubscriptionAlert> {
    let account = state.sales().account(user)?;
    let standing = account.standing(now);
    Some(match &record.event {
        event::Event::Captured { reference, .. } => {
            let purchase = account.purchase(reference)?;
            let is_this = |it: &&history::Dealing| it.purchase.reference == *reference;
            let is_again = history::history(account, now)
                .iter()
                .find(is_this)
                .is_some_and(|dealing| dealing.stage == Stage::PaidAgain);
            SubscriptionAlert::Paid {
                bill: shown::bill_of(purchase),
                reference: reference.to_string(),
                until: account.receipt_until(now)?,
                is_again,
            }
        }
        event::Event::PartPaid { reference, paid } => {
            let purchase = account.purchase(reference)?;
            let link = standing.open_link.and_then(|open| open.link);
            SubscriptionAlert::PartPaid {
                paid: shown::paise(*paid),
                missing: shown::paise(purchase.bill.total().less(*paid)),
                url: link.map(|(_, url)| url)?,
            }
        }
        event::Event::Reminded { end, before } => SubscriptionAlert::EndsSoon {
            until: *end,
            days: u32::try_from(before.div(Span::DAY)).unwrap_or(u32::MAX),
            total: shown::paise(last_price(account)?),
        },
        event::Event::LinkExpired { .. } => SubscriptionAlert::LinkExpired,
        event::Event::PaymentFailed { .. } => SubscriptionAlert::PaymentFailed {
            reason: "the bank or the payer's app refused it".to_owned(),
        },
        event::Event::Refunded { total, .. } => SubscriptionAlert::Refunded {
            amount: shown::paise(*total),
            access: state.sales().access(user, now),
        },
        event::Event::Disputed { amount, stage, .. } => {
            let (amount, access) = (shown::paise(*amount), state.sales().access(user, now));
            match stage {
                DisputeStage::Open => SubscriptionAlert::Disputed { amount, access },
                DisputeStage::Won => SubscriptionAlert::DisputeOver { amount, access },
                DisputeStage::Lost => SubscriptionAlert::ChargedBack { amount },
            }
        }
        event::Event::Granted { until, .. } => SubscriptionAlert::Granted { until: Some(*until) },
        event::Event::Revoked { .. } => {
            SubscriptionAlert::Revoked { keeps: state.sales().paid_access(user, now) }
        }
        // The dispute that it comes from has been told.
        event::Event::Moved { to: standing::State::Suspended, .. }
            if standing.is_disputed && record.cause != Cause::Time =>
        {
            return None;
        }
        event::Event::Moved { from, to, .. } => moved(*from, *to, &record.cause, standing.until)?,
        _ => return None,
    })
}

/// What a transition is to the person. One that an event of its own tells of is told by that.
fn moved(
    from: standing::State,
    to: standing::State,
    cause: &Cause,
    until: Option<Timestamp>,
) -> Option<SubscriptionAlert> {
    match to {
        standing::State::Grace => Some(SubscriptionAlert::Grace { until: until? }),
        standing::State::Suspended
            if from.is_entitled() && !matches!(cause, Cause::Operator(_)) =>
        {
            Some(SubscriptionAlert::Ended)
        }
        _ => None,
    }
}

/// What the last payment was: what a renewal costs, as far as is known.
fn last_price(account: &Account) -> Option<crate::subscription::Paise> {
    account.payments().last().map(|(_, _, purchase)| purchase.bill.total())
}
