//! The desk: asked by people, the provider and time, it answers with events to record and with what
//! the provider is to be asked.
//!
//! Pure, as the engine is: whoever drives it makes [`Step::records`] durable, then carries out
//! [`Step::effects`] one after another, and brings each answer back before the next. Nothing that is not recorded leaves. An effect
//! that is lost (a crash, no answer) is made up for by the next look that is due, so starting anew is
//! [`Desk::restore`] and going on.
//!
//! | module | holds |
//! |---|---|
//! | `asked` | what people and operators ask for |
//! | `answered` | what the provider says |
//! | `watch` | what time brings: looks, transitions, reminders |

mod answered;
mod asked;
mod watch;

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};

use super::account::Account;
use super::event::{Cause, Event, Purchase, Recorded};
use super::ids::{DisputeId, LinkId, PaymentId, PersonId, PlanId, Reference};
use super::plan::Plan;
use super::standing::State;

pub use answered::{Answer, Hint};
pub use asked::{AskError, Subscribed};

/// A clock may be this far behind the record: two machines' clocks are never the same.
const CLOCK_TOLERANCE: Span = Span::MINUTE.times(2);

/// The clock was set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock says {} ms and the record of this person ends at {} ms: it was set back. Nothing is \
     granted or changed until it is right again. Set it (NTP), and ask again",
    now.millis(), latest.millis()
)]
pub struct ClockSetBack {
    /// What the clock says.
    pub now: Timestamp,
    /// The last thing recorded.
    pub latest: Timestamp,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Step {
    /// Make these durable.
    pub records: Vec<Recorded>,
    /// Then ask the provider.
    pub effects: Vec<Effect>,
}

/// What the provider is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make a link. Refused for a reference that has one, so it may be asked again.
    Create {
        /// Whose contact may go with it.
        person: PersonId,
        /// For what.
        purchase: Purchase,
    },
    /// Tell how something stands.
    Look {
        /// What.
        at: Look,
        /// What made heikin ask: the cause of all that follows.
        cause: Cause,
    },
    /// Withdraw a link.
    Cancel {
        /// Which.
        link: LinkId,
    },
}

/// What the provider is asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// A link, by our reference.
    Reference(Reference),
    /// A link, by its id.
    Link(LinkId),
    /// The link that a payment was made on.
    LinkOf(PaymentId),
    /// The link that a payment failed on.
    LinkOfFailed(PaymentId),
    /// A payment: what of it went back.
    Payment(PaymentId),
    /// A dispute.
    Dispute(DisputeId),
}

/// How access is sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskSettings {
    /// The installation's tag, part of every reference.
    pub installation: String,
    /// How long a link can be paid.
    pub link_life: Span,
    /// What is on offer.
    pub plans: Vec<Plan>,
}

/// One person at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    account: Account,
    /// The state that was recorded last, and up to when time was followed.
    state: State,
    followed: Timestamp,
    /// When the provider was last asked about what.
    looked: BTreeMap<Look, Timestamp>,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            account: Account::default(),
            state: State::None,
            followed: Timestamp::EPOCH,
            looked: BTreeMap::new(),
        }
    }
}

/// Everybody's accounts, and what is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    settings: DeskSettings,
    people: BTreeMap<PersonId, Person>,
    references: BTreeMap<Reference, PersonId>,
    links: BTreeMap<LinkId, Reference>,
    payments: BTreeMap<PaymentId, PersonId>,
    disputes: BTreeMap<DisputeId, PersonId>,
    /// Who is next, by time.
    agenda: BTreeMap<Timestamp, Vec<PersonId>>,
    booked: BTreeMap<PersonId, Timestamp>,
}

impl Desk {
    /// A desk that knows nobody.
    pub fn new(settings: DeskSettings) -> Self {
        Self {
            settings,
            people: BTreeMap::new(),
            references: BTreeMap::new(),
            links: BTreeMap::new(),
            payments: BTreeMap::new(),
            disputes: BTreeMap::new(),
            agenda: BTreeMap::new(),
            booked: BTreeMap::new(),
        }
    }

    /// A desk that knows what was recorded.
    pub fn restore<'a>(
        settings: DeskSettings,
        records: impl IntoIterator<Item = &'a Recorded>,
    ) -> Self {
        let mut desk = Self::new(settings);
        for record in records {
            desk.take_in(record);
        }
        let people: Vec<_> = desk.people.keys().copied().collect();
        for person in people {
            desk.book(person);
        }
        desk
    }

    /// The same desk where this is all that is still recorded: when the provider was asked about what
    /// stays known.
    pub fn shortened<'a>(&self, records: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut desk = Self::restore(self.settings.clone(), records);
        for (person, before) in &self.people {
            let Some(known) = desk.people.get_mut(person) else { continue };
            known.followed = known.followed.max(before.followed);
            let purchases = known.account.purchases();
            let is_known = |look: &Look| match look {
                Look::Reference(reference) => purchases.contains_key(reference),
                _ => true,
            };
            let looked = before.looked.iter().filter(|(look, _)| is_known(look));
            known.looked = looked.map(|(look, at)| (look.clone(), *at)).collect();
            desk.book(*person);
        }
        desk
    }

    /// A person's account; none where nothing was ever recorded.
    pub fn account(&self, person: PersonId) -> Option<&Account> {
        self.people.get(&person).map(|known| &known.account)
    }

    /// Everybody of whom something is recorded.
    pub fn people(&self) -> impl Iterator<Item = (PersonId, &Account)> {
        self.people.iter().map(|(id, known)| (*id, &known.account))
    }

    /// What is on offer.
    pub fn plans(&self) -> &[Plan] {
        &self.settings.plans
    }

    fn plan(&self, id: &PlanId) -> Option<&Plan> {
        self.settings.plans.iter().find(|plan| plan.id() == id)
    }

    /// Takes in a record, new or from the store.
    fn take_in(&mut self, record: &Recorded) {
        let whose = record.person;
        match &record.event {
            Event::Requested(purchase) => {
                self.references.insert(purchase.reference.clone(), whose);
            }
            Event::LinkMade { reference, link, .. } => {
                self.links.insert(link.clone(), reference.clone());
            }
            Event::Captured { payment, .. } => {
                self.payments.insert(payment.clone(), whose);
            }
            Event::Disputed { dispute, .. } => {
                self.disputes.insert(dispute.clone(), whose);
            }
            _ => {}
        }
        let person = self.people.entry(whose).or_default();
        person.account.apply(record);
        // Before anything but time is recorded, time was followed up to then. Without a transition
        // no record says so, and a start must not go through it again with what came afterwards.
        if record.cause != Cause::Time {
            person.followed = person.followed.max(record.at);
        }
        if let Event::Moved { to, since, .. } = record.event {
            person.state = to;
            person.followed = person.followed.max(since);
        }
    }

    /// Stops whatever would be recorded by a clock that was set back.
    fn check_clock(&self, person: PersonId, now: Timestamp) -> Result<(), ClockSetBack> {
        let latest = self.account(person).and_then(Account::latest);
        match latest {
            Some(latest) if now + CLOCK_TOLERANCE < latest => Err(ClockSetBack { now, latest }),
            _ => Ok(()),
        }
    }

    /// Records events of a person with one cause, and the transitions that they bring.
    fn commit(
        &mut self,
        person: PersonId,
        now: Timestamp,
        cause: &Cause,
        events: Vec<Event>,
    ) -> Vec<Recorded> {
        let latest = self.account(person).and_then(Account::latest);
        let at = latest.map_or(now, |latest| now.max(latest));
        let mut records = self.follow(person, at);
        for event in events {
            let recorded = Recorded { person, at, cause: cause.clone(), event };
            self.take_in(&recorded);
            records.push(recorded);
            records.extend(self.moved(person, at, cause.clone()));
        }
        self.book(person);
        records
    }

    /// The transition to the state of `at`, where that is another than the one recorded last.
    fn moved(&mut self, person: PersonId, at: Timestamp, cause: Cause) -> Option<Recorded> {
        let known = self.people.get_mut(&person)?;
        known.followed = known.followed.max(at);
        let (from, to) = (known.state, known.account.standing(at).state);
        if from == to {
            return None;
        }
        let event = Event::Moved { from, to, since: at };
        let recorded = Recorded { person, at, cause, event };
        self.take_in(&recorded);
        Some(recorded)
    }
}
