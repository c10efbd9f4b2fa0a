//! What was paid and what went back, line by line: every statement adds up to the paisa.

use heikin_core::time::{Span, Timestamp};

use super::account::Account;
use super::bill::{Bill, Item};
use super::ids::{DisputeId, PaymentId, Reference};
use super::paise::Paise;
use super::provider::DisputeStage;

/// A second payment so soon after another one was hardly meant.
const SECOND_WITHIN: Span = Span::DAY;

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When heikin learned of it.
    pub at: Timestamp,
    /// What happened.
    pub entry: Entry,
    /// How much.
    pub amount: Paise,
    /// What is with the operator after it.
    pub balance: Paise,
}

/// What moved money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Somebody paid. This line is the receipt.
    Paid {
        /// The payment.
        payment: PaymentId,
        /// For which purchase.
        reference: Reference,
        /// The plan's name then.
        plan: String,
        /// What for; its total is the line's amount.
        bill: Bill,
        /// Whether it was hardly meant: the second on one link, or within a day. It was added to the
        /// end all the same; the operator can refund it.
        is_second: bool,
    },
    /// Money went back by a refund.
    Refunded {
        /// Of which payment.
        payment: PaymentId,
    },
    /// Money went back by a dispute that was lost.
    ChargedBack {
        /// Of which payment.
        payment: PaymentId,
        /// By which dispute.
        dispute: DisputeId,
    },
}

impl Entry {
    /// Whether money came, rather than went.
    pub fn is_income(&self) -> bool {
        matches!(self, Self::Paid { .. })
    }
}

/// A statement over a stretch of time: `closing = opening + received − returned`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was there before.
    pub opening: Paise,
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// What came.
    pub received: Paise,
    /// What went back.
    pub returned: Paise,
    /// What is there after it.
    pub closing: Paise,
}

/// An account's statement from a moment until another, the latter not included.
pub fn statement(account: &Account, from: Timestamp, until: Timestamp) -> Statement {
    let mut all = entries(account);
    all.sort_by_key(|(at, entry, _)| (*at, !entry.is_income()));
    let mut balance = Paise::ZERO;
    let mut out = Statement {
        opening: Paise::ZERO,
        lines: Vec::new(),
        received: Paise::ZERO,
        returned: Paise::ZERO,
        closing: Paise::ZERO,
    };
    for (at, entry, amount) in all.into_iter().filter(|(at, _, _)| *at < until) {
        let is_income = entry.is_income();
        balance = if is_income { balance.plus(amount) } else { balance.less(amount) };
        if at < from {
            out.opening = balance;
            continue;
        }
        let sum = if is_income { &mut out.received } else { &mut out.returned };
        *sum = sum.plus(amount);
        out.lines.push(Line { at, entry, amount, balance });
    }
    out.closing = balance;
    out
}

fn entries(account: &Account) -> Vec<(Timestamp, Entry, Paise)> {
    let mut all = Vec::new();
    let mut before: Vec<(Timestamp, Reference)> = Vec::new();
    for (id, payment, purchase) in account.payments() {
        let is_second = before.iter().any(|(at, reference)| {
            *reference == payment.reference || payment.at.since(*at) < SECOND_WITHIN
        });
        before.push((payment.at, payment.reference.clone()));
        let paid = Entry::Paid {
            payment: id.clone(),
            reference: purchase.reference.clone(),
            plan: purchase.name.clone(),
            bill: purchase.bill.clone(),
            is_second,
        };
        all.push((payment.at, paid, payment.amount));
        all.extend(returns(account, id, payment.amount));
    }
    all
}

/// What went back of a payment: never more than it was.
fn returns(
    account: &Account,
    payment: &PaymentId,
    amount: Paise,
) -> Vec<(Timestamp, Entry, Paise)> {
    // How much in all, as it was learned; a total that came late and is lower says nothing.
    let mut steps: Vec<_> = account.refunds(payment).into_iter().flatten().collect();
    steps.sort_by_key(|(total, at)| (**at, **total));
    let mut moves: Vec<_> = Vec::new();
    let mut refunded = Paise::ZERO;
    for (total, at) in steps {
        let more = total.less(refunded);
        refunded = refunded.plus(more);
        moves.push((*at, Entry::Refunded { payment: payment.clone() }, more));
    }
    for (dispute, disputed, stages) in account.disputes(payment) {
        let lost = stages.get(&DisputeStage::Lost).copied();
        let entry = Entry::ChargedBack { payment: payment.clone(), dispute: dispute.clone() };
        moves.extend(lost.map(|at| (at, entry, disputed)));
    }
    moves.sort_by_key(|(at, _, _)| *at);
    let mut left = amount;
    for (_, _, part) in &mut moves {
        *part = (*part).min(left);
        left = left.less(*part);
    }
    moves.retain(|(_, _, part)| !part.is_zero());
    moves
}

/// What an operator took in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revenue {
    /// How many payments.
    pub payments: usize,
    /// What came.
    pub received: Paise,
    /// What went back.
    pub returned: Paise,
    /// Of what came: processing fees.
    pub processing: Paise,
    /// Of what came: tax.
    pub gst: Paise,
}

impl Revenue {
    /// What stayed.
    pub fn net(&self) -> Paise {
        self.received.less(self.returned)
    }

    /// Adds a statement.
    pub fn add(&mut self, statement: &Statement) {
        self.received = self.received.plus(statement.received);
        self.returned = self.returned.plus(statement.returned);
        for line in &statement.lines {
            let Entry::Paid { bill, .. } = &line.entry else { continue };
            self.payments += 1;
            for line in bill.lines() {
                match line.item {
                    Item::Processing(_) => self.processing = self.processing.plus(line.amount),
                    Item::Gst(_) => self.gst = self.gst.plus(line.amount),
                    Item::Server | Item::Messages | Item::Support | Item::Other => {}
                }
            }
        }
    }
}
