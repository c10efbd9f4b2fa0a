use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::event::{Cause, Event};
use super::super::ids::{DeliveryId, DisputeId, LinkId, PaymentId, PersonId, Reference};
use super::super::matching;
use super::super::provider::{ObservedDispute, ObservedLink, ObservedPayment, PaymentStatus};
use super::{ClockSetBack, Desk, Effect, Look, Step};

/// What the provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A link, made or looked at.
    Link(ObservedLink),
    /// There is no link with this reference.
    NoLink(Reference),
    /// It will make no link for this reference.
    Refused(Reference, String),
    /// The link on which a payment failed.
    Failed(PaymentId, ObservedLink),
    /// A payment.
    Payment(ObservedPayment),
    /// A dispute.
    Dispute(ObservedDispute),
    /// It knows nothing of what it was asked about.
    Nothing,
}

/// What a webhook is about. It is a reason to look, and never more: what it says of money is not
/// believed before the provider has said it itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// A link.
    Link(LinkId),
    /// A payment that was taken.
    Paid(PaymentId),
    /// A payment that failed.
    Failed(PaymentId),
    /// A payment of which something went back.
    Refund(PaymentId),
    /// A dispute, and the payment that it is over.
    Dispute(DisputeId, PaymentId),
    /// Nothing of ours.
    Nothing,
}

impl Desk {
    /// A verified webhook came.
    pub fn hint(&mut self, hint: Hint, delivery: DeliveryId) -> Step {
        let is_known = |payment: &PaymentId| self.payments.contains_key(payment);
        let looks = match hint {
            Hint::Link(link) => vec![Look::Link(link)],
            Hint::Paid(payment) if is_known(&payment) => vec![Look::Payment(payment)],
            Hint::Paid(payment) => vec![Look::LinkOf(payment)],
            Hint::Failed(payment) => vec![Look::LinkOfFailed(payment)],
            Hint::Refund(payment) if is_known(&payment) => vec![Look::Payment(payment)],
            Hint::Dispute(dispute, payment) if is_known(&payment) => vec![Look::Dispute(dispute)],
            // The news that it was paid is still on its way, or was lost.
            Hint::Refund(payment) => vec![Look::LinkOf(payment.clone()), Look::Payment(payment)],
            Hint::Dispute(dispute, payment) => vec![Look::LinkOf(payment), Look::Dispute(dispute)],
            Hint::Nothing => Vec::new(),
        };
        let cause = Cause::Webhook(delivery);
        let effect = |at| Effect::Look { at, cause: cause.clone() };
        Step { records: Vec::new(), effects: looks.into_iter().map(effect).collect() }
    }

    /// The provider answered. An answer about what is not ours changes nothing.
    ///
    /// # Errors
    ///
    /// Where the clock was set back: the answer is as if it had never come, and asked for again.
    pub fn answered(
        &mut self,
        answer: Answer,
        cause: &Cause,
        now: Timestamp,
    ) -> Result<Step, ClockSetBack> {
        match answer {
            Answer::Link(link) => self.link(&link, cause, now),
            Answer::NoLink(reference) => self.no_link(&reference, cause, now),
            Answer::Refused(reference, why) => {
                let Some(person) = self.references.get(&reference).copied() else {
                    return Ok(Step::default());
                };
                let refused = Event::LinkRefused { reference, why };
                self.conclude(person, cause, now, vec![refused])
            }
            Answer::Failed(payment, link) => self.failed(payment, &link, cause, now),
            Answer::Payment(seen) => {
                let Some(person) = self.payments.get(&seen.payment).copied() else {
                    return Ok(Step::default());
                };
                let event = self.account(person).and_then(|known| matching::payment(known, &seen));
                self.looked(person, Look::Payment(seen.payment), now);
                self.conclude(person, cause, now, event.into_iter().collect())
            }
            Answer::Dispute(seen) => {
                let Some(person) = self.payments.get(&seen.payment).copied() else {
                    return Ok(Step::default());
                };
                let event = self.account(person).and_then(|known| matching::dispute(known, &seen));
                self.looked(person, Look::Dispute(seen.dispute), now);
                self.conclude(person, cause, now, event.into_iter().collect())
            }
            Answer::Nothing => Ok(Step::default()),
        }
    }

    /// Records, and says nothing where there is nothing to record.
    fn conclude(
        &mut self,
        person: PersonId,
        cause: &Cause,
        now: Timestamp,
        events: Vec<Event>,
    ) -> Result<Step, ClockSetBack> {
        self.check_clock(person, now)?;
        let records = match events[..] {
            [] => Vec::new(),
            _ => self.commit(person, now, cause, events),
        };
        Ok(Step { records, effects: Vec::new() })
    }

    /// Whose link it is, and for which purchase: by its own reference, or as it was recorded.
    fn owner(&self, link: &ObservedLink) -> Option<(PersonId, Reference)> {
        let recorded = self.links.get(&link.link).cloned();
        let reference = recorded.or_else(|| link.reference.parse().ok())?;
        let person = self.references.get(&reference)?;
        Some((*person, reference))
    }

    fn link(
        &mut self,
        seen: &ObservedLink,
        cause: &Cause,
        now: Timestamp,
    ) -> Result<Step, ClockSetBack> {
        let Some((person, reference)) = self.owner(seen) else { return Ok(Step::default()) };
        self.check_clock(person, now)?;
        let account = self.account(person);
        let found = account.and_then(|known| Some((known, known.purchase(&reference)?)));
        let mut events =
            found.map_or_else(Vec::new, |(known, purchase)| matching::link(known, purchase, seen));
        // A payment stands for one purchase of one person, whatever a link says.
        events.retain(|event| match event {
            Event::Captured { payment, .. } => !self.payments.contains_key(payment),
            _ => true,
        });
        let refunded: Vec<_> = seen
            .payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Refunded)
            .map(|payment| payment.payment.clone())
            .collect();
        self.looked(person, Look::Reference(reference.clone()), now);
        if events.is_empty() {
            events.extend(self.watch_end(person, &reference, now));
        }
        let mut step = self.conclude(person, cause, now, events)?;
        let is_known = |payment: &PaymentId| self.payments.get(payment) == Some(&person);
        step.effects = refunded
            .into_iter()
            .filter(is_known)
            .map(|payment| Effect::Look { at: Look::Payment(payment), cause: cause.clone() })
            .collect();
        Ok(step)
    }

    fn failed(
        &mut self,
        payment: PaymentId,
        seen: &ObservedLink,
        cause: &Cause,
        now: Timestamp,
    ) -> Result<Step, ClockSetBack> {
        let mut step = self.link(seen, cause, now)?;
        let Some((person, reference)) = self.owner(seen) else { return Ok(step) };
        let is_known = self.account(person).is_some_and(|known| known.has_failed(&payment));
        // What failed at first may have been captured since.
        if !is_known && !self.payments.contains_key(&payment) {
            let failed = Event::PaymentFailed { reference, payment };
            step.records.extend(self.conclude(person, cause, now, vec![failed])?.records);
        }
        Ok(step)
    }

    /// The provider has no link for a purchase: the request for it was lost, and is made again.
    fn no_link(
        &mut self,
        reference: &Reference,
        cause: &Cause,
        now: Timestamp,
    ) -> Result<Step, ClockSetBack> {
        let Some(person) = self.references.get(reference).copied() else {
            return Ok(Step::default());
        };
        self.looked(person, Look::Reference(reference.clone()), now);
        let over = self.watch_end(person, reference, now);
        let mut step = self.conclude(person, cause, now, over.into_iter().collect())?;
        let open = self.account(person).and_then(|known| known.open(now));
        let lost = open
            .filter(|(asked, bought)| asked.reference == *reference && bought.links.is_empty())
            .map(|(purchase, _)| Effect::Create { person, purchase: purchase.clone() });
        step.effects.extend(lost);
        Ok(step)
    }
}
