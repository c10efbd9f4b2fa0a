//! Everything that a stand-in knows, and what money does to it.

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::super::clock::Clock;
use super::Settings;
use super::faults::Faults;
use super::link::{Link, Status};
use super::payment::{self, Method, Payment, Progress, Refund};
use super::signature::{Ids, sign};
use super::webhooks::Outbox;

/// What happens by itself, later.
#[derive(Debug, Clone)]
pub(super) enum Later {
    /// A payment that had failed is captured after all.
    Capture(String),
}

/// What a stand-in knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) key_id: String,
    pub(super) key_secret: SecretString,
    pub(super) account: String,
    /// What its addresses begin with.
    pub(super) base: String,
    pub(super) merchant: String,
    pub(super) ids: Ids,
    pub(super) links: BTreeMap<String, Link>,
    /// The links in the order in which they were made.
    pub(super) order: Vec<String>,
    pub(super) payments: BTreeMap<String, Payment>,
    pub(super) refunds: BTreeMap<String, Refund>,
    /// As they are on the wire.
    pub(super) disputes: BTreeMap<String, Value>,
    /// Refunds by `X-Refund-Idempotency`: what was asked, and which it became.
    pub(super) refund_keys: BTreeMap<String, (String, String)>,
    pub(super) later: Vec<(Timestamp, Later)>,
    pub(super) outbox: Outbox,
    pub(super) faults: Faults,
    /// For so long after a payment is captured, its link does not show it.
    pub(super) link_lag: Span,
    pub(super) statuses: BTreeMap<u16, u64>,
    pub(super) requests: BTreeMap<&'static str, u64>,
    pub(super) revision: u64,
}

/// A payment that somebody makes.
#[derive(Debug, Clone)]
pub(super) struct Means {
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) method: Method,
}

impl World {
    pub(super) fn new(settings: &Settings, base: String) -> Self {
        let mut ids = Ids::new(settings.seed);
        Self {
            clock: Clock::new(settings.speed),
            key_id: settings.key_id.clone(),
            key_secret: settings.key_secret.clone(),
            account: ids.next("acc_"),
            base,
            merchant: settings.merchant.clone(),
            ids,
            links: BTreeMap::new(),
            order: Vec::new(),
            payments: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            refund_keys: BTreeMap::new(),
            later: Vec::new(),
            outbox: Outbox::new(settings),
            faults: Faults::new(settings.seed),
            link_lag: Span::ZERO,
            statuses: BTreeMap::new(),
            requests: BTreeMap::new(),
            revision: 1,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next time at which something happens by itself.
    pub(super) fn next_change(&self) -> Option<Timestamp> {
        let open = self.links.values().filter(|it| it.status.is_open()).map(|it| it.expires);
        let later = self.later.iter().map(|(at, _)| *at);
        open.chain(later).chain(self.outbox.next_due()).min()
    }

    /// Lets happen what is due.
    pub(super) fn settle(&mut self) {
        let now = self.now();
        let due: Vec<_> = self.later.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, Later::Capture(payment)) in due {
            self.capture(&payment);
        }
        let expired = self.links.values().filter(|it| it.status.is_open() && it.expires <= now);
        let expired: Vec<_> = expired.map(|it| it.id.clone()).collect();
        for link in expired {
            self.expire(&link);
        }
    }

    /// A link's time is over.
    pub(super) fn expire(&mut self, link: &str) {
        let now = self.now();
        self.close(link, Status::Expired, |it| it.expired = Some(now));
        self.tell_of_link(link, "payment_link.expired");
    }

    /// A link is taken back.
    pub(super) fn cancel(&mut self, link: &str) {
        let now = self.now();
        self.close(link, Status::Cancelled, |it| it.cancelled = Some(now));
        self.tell_of_link(link, "payment_link.cancelled");
    }

    fn close(&mut self, link: &str, status: Status, note: impl FnOnce(&mut Link)) {
        let now = self.now();
        if let Some(link) = self.links.get_mut(link) {
            link.status = status;
            link.updated = now;
            note(link);
        }
        self.revision += 1;
    }

    /// Somebody pays, as far as the bank: what becomes of it is said later.
    pub(super) fn attempt(
        &mut self,
        link: &str,
        means: Means,
        progress: Progress,
    ) -> Option<String> {
        let now = self.now();
        let id = self.ids.next("pay_");
        let order = self.ids.next("order_");
        let rrn = self.ids.digits(12);
        let found = self.links.get_mut(link)?;
        found.attempts += 1;
        let order = found.order.get_or_insert(order).clone();
        let payment = Payment {
            id: id.clone(),
            link: link.to_owned(),
            order,
            amount: means.amount,
            currency: means.currency,
            method: means.method,
            progress,
            refunded: 0,
            created: now,
            rrn,
            email: found.request.customer("email").map(str::to_owned),
            contact: found.request.customer("contact").map(str::to_owned),
        };
        self.payments.insert(id.clone(), payment);
        self.revision += 1;
        self.tell_of_payment(
            &id,
            match progress {
                Progress::Failed => "payment.failed",
                Progress::Authorized | Progress::Captured => "payment.authorized",
            },
        );
        Some(id)
    }

    /// The money of a payment is taken, and its link shows it.
    pub(super) fn capture(&mut self, id: &str) {
        let now = self.now();
        let Some(payment) = self.payments.get_mut(id) else { return };
        payment.progress = Progress::Captured;
        let (shown, amount, link) = (payment.in_link(), payment.amount, payment.link.clone());
        let lag = self.link_lag;
        let Some(link) = self.links.get_mut(&link) else { return };
        if lag > Span::ZERO {
            link.lagging = Some((now + lag, link.entity(now)));
        }
        let before = link.status;
        link.payments.push(shown);
        link.amount_paid += amount;
        link.updated = now;
        // Paid after it has expired, it is paid: late authorisation.
        link.status =
            if link.amount_paid >= link.amount { Status::Paid } else { Status::PartiallyPaid };
        let news = (link.status, before);
        self.revision += 1;
        self.tell_of_payment(id, "payment.captured");
        match news {
            (Status::Paid, Status::Paid) => {}
            (Status::Paid, _) => {
                self.tell_of_order(id);
                self.tell_of_paid_link(id, "payment_link.paid");
            }
            _ => self.tell_of_paid_link(id, "payment_link.partially_paid"),
        }
    }

    /// Money goes back. The amount was checked.
    pub(super) fn refund(&mut self, refund: Refund) -> Value {
        let (id, payment) = (refund.id.clone(), refund.payment.clone());
        if let Some(payment) = self.payments.get_mut(&payment) {
            payment.refunded += refund.amount;
        }
        let entity = refund.entity();
        self.refunds.insert(id, refund);
        self.revision += 1;
        let payment = self.payments.get(&payment).map(Payment::entity).unwrap_or_default();
        for event in ["refund.created", "refund.processed"] {
            let entities = [("refund", entity.clone()), ("payment", payment.clone())];
            self.tell(event, &entities);
        }
        entity
    }

    /// A payer's bank wants money back, or has decided.
    pub(super) fn dispute(&mut self, id: &str, status: &str) -> Option<()> {
        let now = self.now();
        let known = id.replace("pay_", "disp_");
        let payment = self.payments.get(id)?;
        let dispute = payment::dispute(&known, payment, status, now);
        let entities = [("payment", payment.entity()), ("dispute", dispute.clone())];
        self.disputes.insert(known, dispute);
        let event = if status == "open" { "created" } else { status };
        self.tell(&format!("payment.dispute.{event}"), &entities);
        Some(())
    }

    fn tell_of_link(&mut self, link: &str, event: &str) {
        let Some(link) = self.links.get(link) else { return };
        let entities = [("payment_link", link.entity_in_event())];
        self.tell(event, &entities);
    }

    fn tell_of_payment(&mut self, payment: &str, event: &str) {
        let Some(payment) = self.payments.get(payment) else { return };
        let entities = [("payment", payment.entity())];
        self.tell(event, &entities);
    }

    fn tell_of_order(&mut self, payment: &str) {
        let Some((_, order, payment)) = self.entities_of(payment) else { return };
        self.tell("order.paid", &[("payment", payment), ("order", order)]);
    }

    fn tell_of_paid_link(&mut self, payment: &str, event: &str) {
        let Some((link, order, payment)) = self.entities_of(payment) else { return };
        self.tell(event, &[("payment_link", link), ("order", order), ("payment", payment)]);
    }

    fn entities_of(&self, payment: &str) -> Option<(Value, Value, Value)> {
        let payment = self.payments.get(payment)?;
        let link = self.links.get(&payment.link)?;
        let order = payment::order(link, &self.key_id);
        Some((link.entity_in_event(), order, payment.entity()))
    }

    /// Tells whoever listens.
    fn tell(&mut self, event: &str, entities: &[(&str, Value)]) {
        let now = self.now();
        let contains: Vec<_> = entities.iter().map(|(name, _)| *name).collect();
        let payload: serde_json::Map<_, _> = entities
            .iter()
            .map(|(name, entity)| ((*name).to_owned(), json!({ "entity": entity })))
            .collect();
        let body = json!({
            "entity": "event", "account_id": self.account, "event": event, "contains": contains,
            "payload": payload, "created_at": super::super::clock::seconds(now),
        });
        let id = self.ids.next("");
        self.outbox.add(now, id, event, &body);
        self.revision += 1;
    }

    /// Where a payer is sent after a payment, with the signature over what stands in the address.
    pub(super) fn callback(&self, payment: &str) -> Option<String> {
        let payment = self.payments.get(payment)?;
        let link = self.links.get(&payment.link)?;
        let url = link.request.callback_url()?;
        let (reference, status) = (link.request.reference_id(), link.status.as_str());
        let message = format!("{}|{reference}|{status}|{}", link.id, payment.id);
        let signature = sign(self.key_secret.expose_secret(), message.as_bytes());
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("razorpay_payment_id", &payment.id)
            .append_pair("razorpay_payment_link_id", &link.id)
            .append_pair("razorpay_payment_link_reference_id", reference)
            .append_pair("razorpay_payment_link_status", status)
            .append_pair("razorpay_signature", &signature)
            .finish();
        let joint = if url.contains('?') { '&' } else { '?' };
        Some(format!("{url}{joint}{query}"))
    }
}
