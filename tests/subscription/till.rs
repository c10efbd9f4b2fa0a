//! A payment provider in memory: what people do there, and what it answers.

use std::collections::BTreeMap;

use heikin::subscription::desk::{Answer, Effect, Hint, Look};
use heikin::subscription::event::{Cause, Purchase};
use heikin::subscription::provider::{
    DisputeStage, LinkPayment, LinkStatus, ObservedDispute, ObservedLink, ObservedPayment,
    PaymentStatus,
};
use heikin::subscription::{DisputeId, LinkId, Paise, PaymentId, PersonId, Reference};
use heikin_core::time::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct Till {
    pub(crate) links: BTreeMap<LinkId, ObservedLink>,
    pub(crate) owners: BTreeMap<LinkId, PersonId>,
    refunds: BTreeMap<PaymentId, Paise>,
    disputes: BTreeMap<DisputeId, ObservedDispute>,
    failed: BTreeMap<PaymentId, LinkId>,
    references: BTreeMap<String, LinkId>,
    /// On which link each payment was made.
    payments: BTreeMap<PaymentId, LinkId>,
    count: u32,
}

impl Till {
    fn create(&mut self, person: PersonId, purchase: &Purchase) -> Answer {
        if let Some(link) = self.by_reference(&purchase.reference) {
            return Answer::Link(link);
        }
        let link: LinkId = format!("plink_{}", self.links.len() + 1).parse().unwrap();
        let made = ObservedLink {
            link: link.clone(),
            reference: purchase.reference.to_string(),
            amount: purchase.bill.total(),
            currency: "INR".to_owned(),
            status: LinkStatus::Created,
            paid: Paise::ZERO,
            url: format!("https://rzp.io/i/{link}"),
            payments: Vec::new(),
        };
        self.links.insert(link.clone(), made.clone());
        self.references.insert(made.reference.clone(), link.clone());
        self.owners.insert(link, person);
        Answer::Link(made)
    }

    pub(crate) fn by_reference(&self, reference: &Reference) -> Option<ObservedLink> {
        let link = self.links.get(self.references.get(reference.as_str())?)?;
        (link.reference == reference.as_str()).then(|| link.clone())
    }

    fn of_payment(&self, payment: &PaymentId) -> Option<ObservedLink> {
        self.links.get(self.payments.get(payment)?).cloned()
    }

    pub(crate) fn perform(&mut self, effect: &Effect) -> (Answer, Cause) {
        match effect {
            Effect::Create { person, purchase } => (self.create(*person, purchase), Cause::Answer),
            Effect::Cancel { link } => {
                let found = self.links.get_mut(link).unwrap();
                if found.status == LinkStatus::Created {
                    found.status = LinkStatus::Cancelled;
                }
                (Answer::Link(found.clone()), Cause::Answer)
            }
            Effect::Look { at, cause } => (self.look(at), cause.clone()),
        }
    }

    fn look(&self, at: &Look) -> Answer {
        let or_nothing = |link: Option<ObservedLink>| link.map_or(Answer::Nothing, Answer::Link);
        match at {
            Look::Reference(reference) => self
                .by_reference(reference)
                .map_or_else(|| Answer::NoLink(reference.clone()), Answer::Link),
            Look::Link(link) => or_nothing(self.links.get(link).cloned()),
            Look::LinkOf(payment) => or_nothing(self.of_payment(payment)),
            Look::LinkOfFailed(payment) => match self.failed.get(payment) {
                Some(link) => Answer::Failed(payment.clone(), self.links[link].clone()),
                None => Answer::Nothing,
            },
            Look::Payment(payment) => {
                self.payment(payment).map_or(Answer::Nothing, Answer::Payment)
            }
            Look::Dispute(dispute) => {
                self.disputes.get(dispute).cloned().map_or(Answer::Nothing, Answer::Dispute)
            }
        }
    }

    fn payment(&self, payment: &PaymentId) -> Option<ObservedPayment> {
        let link = self.of_payment(payment)?;
        let paid = link.payments.iter().find(|paid| paid.payment == *payment)?;
        Some(ObservedPayment {
            payment: payment.clone(),
            amount: paid.amount,
            currency: link.currency.clone(),
            status: paid.status,
            refunded: self.refunds.get(payment).copied().unwrap_or(Paise::ZERO),
        })
    }

    fn next_payment(&mut self) -> PaymentId {
        self.count += 1;
        format!("pay_{}", self.count).parse().unwrap()
    }

    /// Somebody pays so much on a link.
    pub(crate) fn pay(&mut self, link: &LinkId, amount: Paise, now: Timestamp) -> PaymentId {
        let payment = self.next_payment();
        let paid = LinkPayment {
            payment: payment.clone(),
            amount,
            status: PaymentStatus::Captured,
            made: now,
        };
        self.payments.insert(payment.clone(), link.clone());
        let found = self.links.get_mut(link).unwrap();
        found.payments.push(paid);
        found.paid = found.paid.plus(amount);
        let is_whole = found.paid >= found.amount;
        found.status = if is_whole { LinkStatus::Paid } else { LinkStatus::PartiallyPaid };
        payment
    }

    /// Somebody pays what is asked.
    pub(crate) fn pay_whole(&mut self, link: &LinkId, now: Timestamp) -> PaymentId {
        let amount = self.links[link].amount;
        self.pay(link, amount, now)
    }

    pub(crate) fn fail(&mut self, link: &LinkId) -> PaymentId {
        let payment = self.next_payment();
        self.failed.insert(payment.clone(), link.clone());
        payment
    }

    pub(crate) fn end(&mut self, link: &LinkId, status: LinkStatus) {
        let found = self.links.get_mut(link).unwrap();
        if found.status == LinkStatus::Created {
            found.status = status;
        }
    }

    pub(crate) fn refund(&mut self, payment: &PaymentId, total: Paise) {
        self.refunds.insert(payment.clone(), total);
        let link = self.links.get_mut(&self.payments[payment]).unwrap();
        for paid in link.payments.iter_mut().filter(|paid| paid.payment == *payment) {
            if total >= paid.amount {
                paid.status = PaymentStatus::Refunded;
            }
        }
    }

    pub(crate) fn dispute(&mut self, payment: &PaymentId, stage: DisputeStage) -> Hint {
        let dispute: DisputeId = format!("disp_{payment}").parse().unwrap();
        let amount = self.payment(payment).unwrap().amount;
        let payment = payment.clone();
        let seen =
            ObservedDispute { dispute: dispute.clone(), payment: payment.clone(), amount, stage };
        self.disputes.insert(dispute.clone(), seen);
        Hint::Dispute(dispute, payment)
    }
}
