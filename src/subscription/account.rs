//! Everything that is known of one person, folded from events.
//!
//! The fold does not depend on the order of events, nor on how often each comes: facts are kept
//! under their own names, and of a fact that comes twice the earlier time counts. What follows from
//! the facts (periods, standing, access) is worked out from all of them, never from the one before.

use std::collections::{BTreeMap, BTreeSet};

use heikin_core::time::{Span, Timestamp};

use super::event::{Cause, Event, Mismatch, Purchase, Recorded};
use super::ids::{DisputeId, GrantId, LinkId, PaymentId, Reference};
use super::paise::Paise;
use super::provider::DisputeStage;

/// What is known of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    purchases: BTreeMap<Reference, Bought>,
    payments: BTreeMap<PaymentId, Payment>,
    refunds: BTreeMap<PaymentId, BTreeMap<Paise, Timestamp>>,
    disputes: BTreeMap<DisputeId, Dispute>,
    grants: BTreeMap<GrantId, Grant>,
    failed: BTreeSet<PaymentId>,
    mismatched: BTreeSet<(Reference, Option<PaymentId>, Mismatch)>,
    reminded: BTreeSet<(Timestamp, Span)>,
    latest: Option<Timestamp>,
    /// What follows from payments, refunds and disputes; kept because it is asked for often.
    periods: Vec<Period>,
}

/// A purchase, and what became of its link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bought {
    pub(super) asked: Option<(Timestamp, Purchase)>,
    pub(super) links: BTreeMap<LinkId, String>,
    pub(super) ended: Option<(Timestamp, LinkEnd)>,
    pub(super) part_paid: Paise,
    pub(super) is_unwatched: bool,
    pub(super) is_paid: bool,
}

/// How a link ended without a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LinkEnd {
    Refused,
    Expired,
    Cancelled,
}

/// A payment that was captured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payment {
    /// When heikin learned of it: from then on it is good for something.
    pub at: Timestamp,
    /// For which purchase.
    pub reference: Reference,
    /// On which link.
    pub link: LinkId,
    /// How much.
    pub amount: Paise,
    /// When it was made, by the provider's clock.
    pub made: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Dispute {
    payment: PaymentId,
    amount: Paise,
    stages: BTreeMap<DisputeStage, Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Grant {
    given: Option<(Timestamp, Timestamp)>,
    revoked: Option<Timestamp>,
}

/// A stretch of time that one payment is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Which payment.
    pub payment: PaymentId,
    /// For which purchase.
    pub reference: Reference,
    /// From when.
    pub from: Timestamp,
    /// Until when, that moment not included.
    pub until: Timestamp,
    /// How long access stays after that; none where the payment went back.
    pub grace: Span,
    /// Why it is good for less than was bought.
    pub cut: Option<Cut>,
}

/// Why a payment is good for less than was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// It is disputed, and nobody has decided.
    Disputed,
    /// It went back, by a refund or a dispute that was lost.
    Returned,
}

/// Notes the earlier of two times.
fn earliest<K: Ord>(times: &mut BTreeMap<K, Timestamp>, key: K, at: Timestamp) {
    let known = times.entry(key).or_insert(at);
    *known = at.min(*known);
}

fn keep_least<T: Ord>(place: &mut Option<T>, new: T) {
    if place.as_ref().is_none_or(|known| new < *known) {
        *place = Some(new);
    }
}

impl Account {
    /// Takes in an event.
    pub fn apply(&mut self, recorded: &Recorded) {
        let at = recorded.at;
        // What time alone brings says nothing of the clock's right.
        if recorded.cause != Cause::Time {
            self.latest = self.latest.max(Some(at));
        }
        match &recorded.event {
            Event::Requested(purchase) => {
                let bought = self.bought(&purchase.reference);
                if bought.asked.as_ref().is_none_or(|(known, _)| at < *known) {
                    bought.asked = Some((at, purchase.clone()));
                }
            }
            Event::LinkMade { reference, link, url } => {
                self.bought(reference).links.insert(link.clone(), url.clone());
            }
            Event::LinkRefused { reference, .. } => self.end(reference, at, LinkEnd::Refused),
            Event::LinkExpired { reference } => self.end(reference, at, LinkEnd::Expired),
            Event::LinkCancelled { reference } => self.end(reference, at, LinkEnd::Cancelled),
            Event::WatchEnded { reference } => self.bought(reference).is_unwatched = true,
            Event::PartPaid { reference, paid } => {
                let bought = self.bought(reference);
                bought.part_paid = bought.part_paid.max(*paid);
            }
            Event::PaymentFailed { payment, .. } => {
                self.failed.insert(payment.clone());
            }
            Event::Captured { reference, link, payment, amount, made } => {
                let (reference, link) = (reference.clone(), link.clone());
                let new = Payment { at, reference, link, amount: *amount, made: *made };
                let known = self.payments.entry(payment.clone()).or_insert_with(|| new.clone());
                if new < *known {
                    *known = new;
                }
            }
            Event::Mismatched { reference, payment, mismatch } => {
                self.mismatched.insert((reference.clone(), payment.clone(), *mismatch));
            }
            Event::Refunded { payment, total } => {
                earliest(self.refunds.entry(payment.clone()).or_default(), *total, at);
            }
            Event::Disputed { payment, dispute, amount, stage } => {
                let known = self.disputes.entry(dispute.clone()).or_insert_with(|| Dispute {
                    payment: payment.clone(),
                    amount: *amount,
                    stages: BTreeMap::new(),
                });
                known.amount = known.amount.max(*amount);
                earliest(&mut known.stages, *stage, at);
            }
            Event::Granted { grant, until } => {
                keep_least(&mut self.grants.entry(grant.clone()).or_default().given, (at, *until));
            }
            Event::Revoked { grant } => {
                keep_least(&mut self.grants.entry(grant.clone()).or_default().revoked, at);
            }
            Event::Reminded { end, before } => {
                self.reminded.insert((*end, *before));
            }
            Event::Moved { .. } => {}
        }
        if matches!(
            recorded.event,
            Event::Requested(_)
                | Event::Captured { .. }
                | Event::Refunded { .. }
                | Event::Disputed { .. }
        ) {
            self.lay_out();
        }
    }

    fn bought(&mut self, reference: &Reference) -> &mut Bought {
        self.purchases.entry(reference.clone()).or_default()
    }

    fn end(&mut self, reference: &Reference, at: Timestamp, how: LinkEnd) {
        keep_least(&mut self.bought(reference).ended, (at, how));
    }

    /// The time of the last event that did not come of time itself: no clock before it is right.
    pub fn latest(&self) -> Option<Timestamp> {
        self.latest
    }

    /// The purchases by reference.
    pub(super) fn purchases(&self) -> &BTreeMap<Reference, Bought> {
        &self.purchases
    }

    /// A purchase as it was asked for.
    pub fn purchase(&self, reference: &Reference) -> Option<&Purchase> {
        self.purchases.get(reference)?.asked.as_ref().map(|(_, purchase)| purchase)
    }

    /// The payments that match what was asked, oldest first. One that was recorded without its
    /// purchase, or for another amount, is worth nothing, whoever wrote it.
    pub fn payments(&self) -> impl Iterator<Item = (&PaymentId, &Payment, &Purchase)> {
        self.periods.iter().filter_map(|period| {
            let (id, payment) = self.payments.get_key_value(&period.payment)?;
            Some((id, payment, self.purchase(&payment.reference)?))
        })
    }

    /// A payment that was captured.
    pub fn payment(&self, payment: &PaymentId) -> Option<&Payment> {
        self.payments.get(payment)
    }

    /// Whether a purchase was paid.
    pub(super) fn is_paid(&self, reference: &Reference) -> bool {
        self.purchases.get(reference).is_some_and(|bought| bought.is_paid)
    }

    /// Whether a payment is known.
    pub fn has_payment(&self, payment: &PaymentId) -> bool {
        self.payments.contains_key(payment)
    }

    /// Whether a try to pay is known to have failed.
    pub(super) fn has_failed(&self, payment: &PaymentId) -> bool {
        self.failed.contains(payment)
    }

    pub(super) fn has_mismatch(
        &self,
        reference: &Reference,
        payment: Option<&PaymentId>,
        mismatch: Mismatch,
    ) -> bool {
        self.mismatched.contains(&(reference.clone(), payment.cloned(), mismatch))
    }

    /// How much of a payment went back, and when heikin learned of each step.
    pub(super) fn refunds(&self, payment: &PaymentId) -> Option<&BTreeMap<Paise, Timestamp>> {
        self.refunds.get(payment)
    }

    /// How much of a payment went back by refunds.
    pub fn refunded(&self, payment: &PaymentId) -> Paise {
        let steps = self.refunds.get(payment);
        steps.and_then(|steps| steps.keys().next_back()).copied().unwrap_or(Paise::ZERO)
    }

    /// The disputes over a payment: how much, and when heikin learned of each stage.
    pub(super) fn disputes(
        &self,
        payment: &PaymentId,
    ) -> impl Iterator<Item = (&DisputeId, Paise, &BTreeMap<DisputeStage, Timestamp>)> {
        let over = payment.clone();
        self.disputes
            .iter()
            .filter(move |(_, dispute)| dispute.payment == over)
            .map(|(id, dispute)| (id, dispute.amount, &dispute.stages))
    }

    /// The disputes that nobody has decided, and since when they are known.
    pub(super) fn open_disputes(&self) -> impl Iterator<Item = (&DisputeId, Timestamp)> {
        self.disputes.iter().filter_map(|(id, dispute)| {
            let (last, since) = dispute.stages.last_key_value()?;
            (*last == DisputeStage::Open).then_some((id, *since))
        })
    }

    /// How far a dispute is, as far as is known.
    pub fn dispute_stage(&self, dispute: &DisputeId) -> Option<DisputeStage> {
        self.disputes.get(dispute)?.stages.keys().next_back().copied()
    }

    /// Since when a payment is good for nothing more, and why.
    fn cut(&self, payment: &PaymentId, amount: Paise) -> Option<(Timestamp, Cut)> {
        let refunded = self.refunds(payment).into_iter().flatten();
        let refund = refunded.filter(|(total, _)| **total >= amount).map(|(_, at)| *at).min();
        // What goes back while it is disputed was good for nothing since the dispute began, however
        // that ends.
        let refund = refund.map(|at| self.disputed_since(payment, at).unwrap_or(at));
        let dispute = |(_, _, stages): (_, _, &BTreeMap<DisputeStage, Timestamp>)| {
            let (last, _) = stages.last_key_value()?;
            let since = *stages.values().min()?;
            match last {
                DisputeStage::Open => Some((since, Cut::Disputed)),
                DisputeStage::Lost => Some((since, Cut::Returned)),
                DisputeStage::Won => None,
            }
        };
        let cuts =
            self.disputes(payment).filter_map(dispute).chain(refund.map(|at| (at, Cut::Returned)));
        let (times, reasons): (Vec<_>, Vec<_>) = cuts.unzip();
        Some((times.into_iter().min()?, reasons.into_iter().max()?))
    }

    /// Since when a payment was disputed at a time; none where it was not, by what was known then.
    fn disputed_since(&self, payment: &PaymentId, at: Timestamp) -> Option<Timestamp> {
        let since = |(_, _, stages): (_, _, &BTreeMap<DisputeStage, Timestamp>)| {
            let since = *stages.values().min()?;
            let is_over = stages.get(&DisputeStage::Won).is_some_and(|won| *won < at);
            (since <= at && !is_over).then_some(since)
        };
        self.disputes(payment).filter_map(since).min()
    }

    /// What each payment is good for, one after another: a period begins when heikin learns of its
    /// payment, or at the end of the one before, whichever is later. So who renews early, or pays
    /// twice, loses nothing; and each payment is good for one cycle at most.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// Works the periods out anew, after a fact that they rest on.
    fn lay_out(&mut self) {
        let matching = |(id, payment): (&'_ PaymentId, &'_ Payment)| {
            let purchase = self.purchase(&payment.reference)?;
            let is_whole = purchase.bill.total() == payment.amount;
            is_whole.then(|| (payment.at, id.clone(), purchase.terms.clone()))
        };
        let mut order: Vec<_> = self.payments.iter().filter_map(matching).collect();
        order.sort_by(|(a_at, a, _), (b_at, b, _)| (a_at, a).cmp(&(b_at, b)));
        let mut free = None;
        let mut periods = Vec::new();
        for (at, id, terms) in order {
            let Some(payment) = self.payments.get(&id) else { continue };
            let from = free.map_or(at, |free| at.max(free));
            let whole = from + terms.cycle;
            let cut = self.cut(&id, payment.amount);
            let until = cut.map_or(whole, |(at, _)| at.clamp(from, whole));
            // A payment that goes back after its time was used up is past all that.
            let cut = cut.filter(|(at, _)| *at < whole).map(|(_, why)| why);
            free = Some(until);
            periods.push(Period {
                reference: payment.reference.clone(),
                payment: id,
                from,
                until,
                grace: if cut.is_none() { terms.grace } else { Span::ZERO },
                cut,
            });
        }
        for period in &periods {
            if let Some(bought) = self.purchases.get_mut(&period.reference) {
                bought.is_paid = true;
            }
        }
        self.periods = periods;
    }

    /// The stretches of time that were granted.
    pub(super) fn granted(&self) -> impl Iterator<Item = (&GrantId, Timestamp, Timestamp)> {
        self.grants.iter().filter_map(|(id, grant)| {
            let (from, until) = grant.given?;
            let until = grant.revoked.map_or(until, |revoked| until.min(revoked));
            Some((id, from, until.max(from)))
        })
    }

    /// Whether something that was granted is good at `now`, or will be.
    pub fn has_grant(&self, now: Timestamp) -> bool {
        self.granted().any(|(_, _, until)| until > now)
    }

    /// The account as it is by payments alone.
    pub fn without_grants(&self) -> Self {
        Self { grants: BTreeMap::new(), ..self.clone() }
    }

    /// How many grants there are.
    pub(super) fn grant_count(&self) -> usize {
        self.grants.len()
    }

    pub(super) fn was_reminded(&self, end: Timestamp, before: Span) -> bool {
        self.reminded.contains(&(end, before))
    }
}
