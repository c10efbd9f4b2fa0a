use heikin_core::time::{Span, Timestamp};

use super::super::account::LinkEnd;
use super::super::event::{Cause, Event, Recorded};
use super::super::ids::{PersonId, Reference};
use super::super::schedule::{LATE, next_look, next_payment_look};
use super::{Desk, Effect, Look, Person, Step};

impl Desk {
    /// When [`Desk::time`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.agenda.keys().next().copied()
    }

    /// Time has come to `now`: transitions and reminders are recorded, and what is due is looked at.
    pub fn time(&mut self, now: Timestamp) -> Step {
        let mut step = Step::default();
        while let Some(entry) = self.agenda.first_entry().filter(|entry| *entry.key() <= now) {
            for person in entry.remove() {
                self.booked.remove(&person);
                step.records.extend(self.follow(person, now));
                let looks = self.due_looks(person, now);
                for at in looks {
                    self.looked(person, at.clone(), now);
                    step.effects.push(Effect::Look { at, cause: Cause::Poll });
                }
                self.book_after(person, now);
            }
        }
        step
    }

    /// Records what time has brought a person up to `now`: each transition, and the reminder.
    pub(super) fn follow(&mut self, person: PersonId, now: Timestamp) -> Vec<Recorded> {
        let mut records = Vec::new();
        while let Some(known) = self.people.get_mut(&person) {
            let Some(since) = known.account.next_deadline(known.followed).filter(|at| *at <= now)
            else {
                break;
            };
            known.followed = since;
            let (from, to) = (known.state, known.account.at(since).state);
            if from != to {
                let event = Event::Moved { from, to, since };
                records.push(self.by_time(person, now, event));
            }
        }
        let due = self.account(person).and_then(|account| account.due_reminder(now));
        if let Some(due) = due {
            let event = Event::Reminded { end: due.end, before: due.before };
            records.push(self.by_time(person, now, event));
        }
        records
    }

    fn by_time(&mut self, person: PersonId, at: Timestamp, event: Event) -> Recorded {
        let recorded = Recorded { person, at, cause: Cause::Time, event };
        self.take_in(&recorded);
        recorded
    }

    /// Notes that the provider was asked about something.
    pub(super) fn looked(&mut self, person: PersonId, at: Look, now: Timestamp) {
        if let Some(known) = self.people.get_mut(&person) {
            known.looked.insert(at, now);
        }
    }

    /// The event that ends the watch over a purchase, after the last moment at which money could
    /// come.
    pub(super) fn watch_end(
        &self,
        person: PersonId,
        reference: &Reference,
        now: Timestamp,
    ) -> Option<Event> {
        let account = self.account(person)?;
        let bought = account.purchases().get(reference)?;
        let (_, purchase) = bought.asked.as_ref()?;
        let is_over = !bought.is_paid && !bought.is_unwatched && now >= purchase.expires + LATE;
        is_over.then(|| Event::WatchEnded { reference: reference.clone() })
    }

    /// Everything of a person that the provider may have news of.
    pub(super) fn looks_of(&self, person: PersonId, now: Timestamp) -> Vec<Look> {
        let Some(known) = self.people.get(&person) else { return Vec::new() };
        watched(known, now).map(|(look, _)| look).collect()
    }

    fn due_looks(&self, person: PersonId, now: Timestamp) -> Vec<Look> {
        let Some(known) = self.people.get(&person) else { return Vec::new() };
        watched(known, now).filter(|(_, next)| *next <= now).map(|(look, _)| look).collect()
    }

    /// Puts a person on the agenda.
    pub(super) fn book(&mut self, person: PersonId) {
        let Some(known) = self.people.get(&person) else { return };
        self.book_after(person, known.followed);
    }

    fn book_after(&mut self, person: PersonId, after: Timestamp) {
        let Some(known) = self.people.get(&person) else { return };
        let change = known.account.next_deadline(after);
        let look = watched(known, after).map(|(_, next)| next).min();
        // What was asked a moment ago is not asked again at once, whatever the schedule.
        let next =
            change.into_iter().chain(look.map(|at| at.max(after + Span::from_millis(1)))).min();
        if let Some(before) = self.booked.remove(&person)
            && let Some(people) = self.agenda.get_mut(&before)
        {
            people.retain(|other| *other != person);
            if people.is_empty() {
                self.agenda.remove(&before);
            }
        }
        if let Some(next) = next {
            self.booked.insert(person, next);
            self.agenda.entry(next).or_default().push(person);
        }
    }
}

/// What is looked at from time to time, and when next.
fn watched(known: &Person, now: Timestamp) -> impl Iterator<Item = (Look, Timestamp)> {
    let account = &known.account;
    let looked = |look: &Look| known.looked.get(look).copied();
    let first = account.periods().first().map_or(now, |period| period.from);
    let links = account.purchases().iter().filter_map(|(reference, bought)| {
        let (asked, purchase) = bought.asked.as_ref()?;
        let was_refused = matches!(bought.ended, Some((_, LinkEnd::Refused)));
        if was_refused || bought.is_unwatched || bought.is_paid {
            return None;
        }
        let look = Look::Reference(reference.clone());
        let next = next_look(*asked, purchase.expires, looked(&look));
        // The last look may have had no answer.
        let next = next.or_else(|| looked(&look).map(|at| at + Span::HOUR))?;
        Some((look, next))
    });
    let good = account.periods().iter().filter(|period| now < period.until).filter_map(|period| {
        let look = Look::Payment(period.payment.clone());
        let paid = account.payment(&period.payment)?.at;
        let next = next_payment_look(first, looked(&look).unwrap_or(paid));
        Some((look, next))
    });
    let disputes = account.open_disputes().map(|(dispute, opened)| {
        let look = Look::Dispute(dispute.clone());
        let next = next_payment_look(first, looked(&look).unwrap_or(opened));
        (look, next)
    });
    links.chain(good).chain(disputes).collect::<Vec<_>>().into_iter()
}
