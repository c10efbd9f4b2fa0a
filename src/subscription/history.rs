//! A person's purchases, and how far each has come.

use heikin_core::time::Timestamp;

use super::account::{Account, LinkEnd};
use super::event::Purchase;
use super::ids::PaymentId;
use super::statement::{Entry, statement};

/// How far a purchase has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its link can be paid.
    Open,
    /// A part of it was paid.
    PartPaid,
    /// It was paid.
    Paid,
    /// It was hardly meant: the second payment on one link, or within a day. It counts all the same.
    PaidAgain,
    /// Its link ended unpaid.
    Expired,
    /// Its link was withdrawn, or never made.
    Cancelled,
    /// All of it was paid back.
    Refunded,
    /// The payer's bank took it back.
    ChargedBack,
}

/// A purchase, or one payment of it where there are several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dealing {
    /// What was asked.
    pub purchase: Purchase,
    /// When.
    pub asked: Timestamp,
    /// How far it has come.
    pub stage: Stage,
    /// When it came there.
    pub at: Timestamp,
}

/// A person's purchases, newest first.
pub fn history(account: &Account, now: Timestamp) -> Vec<Dealing> {
    let mut all = paid(account);
    for (reference, bought) in account.purchases() {
        let Some((asked, purchase)) = &bought.asked else { continue };
        if account.is_paid(reference) {
            continue;
        }
        let (stage, at) = match bought.ended {
            Some((at, LinkEnd::Expired)) => (Stage::Expired, at),
            Some((at, LinkEnd::Cancelled | LinkEnd::Refused)) => (Stage::Cancelled, at),
            None if now >= purchase.expires => (Stage::Expired, purchase.expires),
            None if !bought.part_paid.is_zero() => (Stage::PartPaid, *asked),
            None => (Stage::Open, *asked),
        };
        all.push(Dealing { purchase: purchase.clone(), asked: *asked, stage, at });
    }
    all.sort_by_key(|dealing| std::cmp::Reverse((dealing.asked, dealing.at)));
    all
}

/// What was paid, and what became of it.
fn paid(account: &Account) -> Vec<Dealing> {
    let mut all: Vec<(PaymentId, Dealing)> = Vec::new();
    let lines = statement(account, Timestamp::EPOCH, Timestamp::from_millis(i64::MAX)).lines;
    for line in lines {
        let (payment, stage) = match line.entry {
            Entry::Paid { payment, reference, is_second, .. } => {
                let bought = account.purchases().get(&reference);
                let Some((asked, purchase)) = bought.and_then(|it| it.asked.clone()) else {
                    continue;
                };
                let stage = if is_second { Stage::PaidAgain } else { Stage::Paid };
                all.push((payment, Dealing { purchase, asked, stage, at: line.at }));
                continue;
            }
            Entry::Refunded { payment } => (payment, Stage::Refunded),
            Entry::ChargedBack { payment, .. } => (payment, Stage::ChargedBack),
        };
        let Some((_, dealing)) = all.iter_mut().find(|(id, _)| *id == payment) else { continue };
        // What goes back in part leaves the rest paid.
        if stage == Stage::ChargedBack
            || account.refunded(&payment) >= dealing.purchase.bill.total()
        {
            (dealing.stage, dealing.at) = (stage, line.at);
        }
    }
    all.into_iter().map(|(_, dealing)| dealing).collect()
}
