//! A desk, a till and a clock: every effect is carried out and every answer brought back at once.

use std::collections::VecDeque;

use heikin::subscription::access::{Access, access};
use heikin::subscription::desk::{Desk, DeskSettings, Effect, Hint, Step, Subscribed};
use heikin::subscription::event::{Event, Recorded};
use heikin::subscription::standing::{Standing, State};
use heikin::subscription::{
    DeliveryId, Item, LinkId, PaymentId, PersonId, Plan, PlanId, PlanTerms,
};
use heikin_core::time::{Span, Timestamp};

use crate::till::Till;

pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const ASHA: PersonId = PersonId(42);
pub(crate) const OWNER: PersonId = PersonId(1);
/// ₹499 and ₹9.98 processing and ₹1.80 GST on it.
pub(crate) const PRICE: u64 = 51_078;

pub(crate) fn plan_id(name: &str) -> PlanId {
    name.parse().unwrap()
}

pub(crate) fn settings() -> DeskSettings {
    let plan = |id: &str, rupees: &str| {
        let prices = vec![(Item::Server, rupees.parse().unwrap())];
        Plan::new(PlanTerms::new(plan_id(id), "Alerts", prices)).unwrap()
    };
    DeskSettings {
        installation: "ab12".to_owned(),
        link_life: Span::DAY,
        plans: vec![plan("monthly", "499"), plan("more", "999")],
    }
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) till: Till,
    pub(crate) now: Timestamp,
    pub(crate) records: Vec<Recorded>,
    deliveries: u32,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            desk: Desk::new(settings()),
            till: Till::default(),
            now: START,
            records: Vec::new(),
            deliveries: 0,
        }
    }

    pub(crate) fn drive(&mut self, step: Step) {
        let mut steps = VecDeque::from([step]);
        while let Some(Step { records, effects }) = steps.pop_front() {
            self.records.extend(records);
            for effect in effects {
                let (answer, cause) = self.till.perform(&effect);
                steps.push_back(self.desk.answered(answer, &cause, self.now).unwrap());
            }
        }
    }

    /// Time goes on; at each deadline the desk has its turn.
    pub(crate) fn wait(&mut self, span: Span) {
        let until = self.now + span;
        while let Some(next) = self.desk.next_deadline().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            let step = self.desk.time(self.now);
            self.drive(step);
        }
        self.now = until;
    }

    /// Time goes on and nobody notices: heikin is off.
    pub(crate) fn sleep(&mut self, span: Span) {
        self.now = self.now + span;
    }

    /// A restart: all that is known is what was recorded.
    pub(crate) fn restart(&mut self) {
        self.desk = Desk::restore(settings(), &self.records);
    }

    /// Asks for a link.
    pub(crate) fn subscribe(&mut self, person: PersonId, plan: &str) -> LinkId {
        let (_, step) = self.desk.subscribe(person, &plan_id(plan), self.now).unwrap();
        self.drive(step);
        self.standing(person).open_link.unwrap().link.unwrap().0
    }

    /// Asks for a link, and the request is lost before it leaves.
    pub(crate) fn subscribe_and_crash(&mut self, person: PersonId) {
        let (subscribed, step) =
            self.desk.subscribe(person, &plan_id("monthly"), self.now).unwrap();
        assert!(matches!(subscribed, Subscribed::Asked(_)));
        assert!(matches!(step.effects[..], [Effect::Create { .. }]));
        self.records.extend(step.records);
        self.restart();
    }

    pub(crate) fn hook(&mut self, hint: Hint) {
        self.deliveries += 1;
        let delivery: DeliveryId = format!("evt_{}", self.deliveries).parse().unwrap();
        let step = self.desk.hint(hint, delivery);
        self.drive(step);
    }

    /// Asks for a link, pays it, and the webhook comes.
    pub(crate) fn buy(&mut self, person: PersonId) -> PaymentId {
        let link = self.subscribe(person, "monthly");
        let payment = self.till.pay_whole(&link, self.now);
        self.hook(Hint::Link(link));
        payment
    }

    pub(crate) fn verify(&mut self, person: PersonId) {
        let step = self.desk.verify(person, self.now);
        self.drive(step);
    }

    pub(crate) fn standing(&self, person: PersonId) -> Standing {
        self.desk.account(person).unwrap().standing(self.now)
    }

    pub(crate) fn state(&self, person: PersonId) -> State {
        self.desk.account(person).map_or(State::None, |account| account.standing(self.now).state)
    }

    pub(crate) fn access(&self, person: PersonId) -> Access {
        access(self.desk.account(person).unwrap(), self.now)
    }

    /// The transitions on record, in order.
    pub(crate) fn path(&self, person: PersonId) -> Vec<State> {
        let own = self.records.iter().filter(|record| record.person == person);
        own.filter_map(|record| match record.event {
            Event::Moved { to, .. } => Some(to),
            _ => None,
        })
        .collect()
    }

    pub(crate) fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.records.iter().filter(|record| is(&record.event)).count()
    }
}

pub(crate) fn is_captured(event: &Event) -> bool {
    matches!(event, Event::Captured { .. })
}
