//! What is kept of the desk's record, and for how long.
//!
//! | what | kept |
//! |---|---|
//! | purchases that money came for, with their links; payments, what did not match, refunds, disputes; grants and what took them back | for good: access and statements rest on them |
//! | purchases that no money came for | 90 days after the last moment at which some could, and a person's newest ten |
//! | transitions, reminders, tries to pay that failed | two years, and a person's newest 200: they follow from the rest, and are for those who read the record |
//!
//! # Invariants
//!
//! - An account folded from what is kept stands as the whole one does, from then on: access, periods,
//!   statements, reminders that are due.
//! - A reference is used once and never again: a person's newest purchase stays, and the next is counted
//!   from it.
//! - No clock is right before what was recorded: a person's last record that time did not bring stays.

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};

use super::event::{Cause, Event, Recorded};
use super::ids::{PersonId, Reference};
use super::schedule::LATE;

/// A purchase that no money came for stays so long after the last moment at which some could.
const UNPAID_FOR: Span = Span::DAY.times(90);
/// Of a person's purchases that no money came for, so many stay.
const UNPAID: usize = 10;
/// So long stays what follows from the rest: longer than any bank takes for a dispute.
const NOTES_FOR: Span = Span::DAY.times(730);
/// So much of it stays of a person.
const NOTES: usize = 200;

/// What stays at `now`, in the same order.
pub fn kept(records: &[Recorded], now: Timestamp) -> Vec<Recorded> {
    let mut people: BTreeMap<PersonId, Vec<&Recorded>> = BTreeMap::new();
    for record in records {
        people.entry(record.person).or_default().push(record);
    }
    let mut pages: BTreeMap<_, _> =
        people.iter().map(|(person, own)| (*person, Page::of(own, now))).collect();
    let stays = |record: &&Recorded| {
        pages.get_mut(&record.person).is_some_and(|page| page.stays(record, now))
    };
    records.iter().filter(stays).cloned().collect()
}

/// What came of a purchase, as far as that decides whether it stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bought {
    /// When the last money could come; none where it was never asked for.
    open_until: Option<Timestamp>,
    has_money: bool,
    is_looked_at: bool,
}

/// One person's records.
struct Page<'a> {
    /// Purchases that go.
    gone: Vec<&'a Reference>,
    /// So many notes go, for there are too many.
    surplus: usize,
    last_move: Option<&'a Recorded>,
    /// The last record that time did not bring.
    last_deed: Option<&'a Recorded>,
}

impl<'a> Page<'a> {
    fn of(own: &[&'a Recorded], now: Timestamp) -> Self {
        let last = |is_it: fn(&Recorded) -> bool| own.iter().rfind(|it| is_it(it)).copied();
        let notes = own.iter().filter(|record| is_note(&record.event)).count();
        Self {
            gone: gone(own, now),
            surplus: notes.saturating_sub(NOTES),
            last_move: last(|it| matches!(it.event, Event::Moved { .. })),
            last_deed: last(|it| it.cause != Cause::Time),
        }
    }

    /// Whether a record stays; they are asked about in order.
    fn stays(&mut self, record: &Recorded, now: Timestamp) -> bool {
        let is_of_the_gone =
            purchase_of(&record.event).is_some_and(|reference| self.gone.contains(&reference));
        let is_surplus = is_note(&record.event) && self.surplus > 0;
        self.surplus -= usize::from(is_surplus);
        let is_old = is_note(&record.event) && record.at + NOTES_FOR <= now;
        let is_due = matches!(record.event, Event::Reminded { end, .. } if now < end);
        let is_last = |last: Option<&Recorded>| last.is_some_and(|it| std::ptr::eq(it, record));
        let may_go = is_of_the_gone || is_surplus || is_old;
        !may_go || is_due || is_last(self.last_move) || is_last(self.last_deed)
    }
}

/// The purchases that no money came for, and whose time is over.
fn gone<'a>(own: &[&'a Recorded], now: Timestamp) -> Vec<&'a Reference> {
    let mut purchases: BTreeMap<&Reference, Bought> = BTreeMap::new();
    let mut newest = None;
    for record in own {
        let Some(reference) = purchase_of(&record.event) else { continue };
        let bought = purchases.entry(reference).or_default();
        match &record.event {
            Event::Requested(purchase) => {
                bought.open_until = Some(purchase.expires + LATE);
                newest = Some(reference);
            }
            // To what was refused no money can come.
            Event::WatchEnded { .. } | Event::LinkRefused { .. } => bought.is_looked_at = true,
            Event::Captured { .. } | Event::PartPaid { .. } | Event::Mismatched { .. } => {
                bought.has_money = true;
            }
            _ => {}
        }
    }
    let mut unpaid: Vec<_> = purchases
        .into_iter()
        .filter(|(reference, bought)| {
            !bought.has_money && bought.is_looked_at && Some(*reference) != newest
        })
        .filter_map(|(reference, bought)| Some((bought.open_until?, reference)))
        .filter(|(open_until, _)| *open_until <= now)
        .collect();
    unpaid.sort_unstable();
    let surplus = unpaid.len().saturating_sub(UNPAID);
    let is_over = |(place, (open_until, _)): &(usize, (Timestamp, &Reference))| {
        *place < surplus || *open_until + UNPAID_FOR <= now
    };
    unpaid.into_iter().enumerate().filter(is_over).map(|(_, (_, reference))| reference).collect()
}

/// The purchase that an event is about.
const fn purchase_of(event: &Event) -> Option<&Reference> {
    match event {
        Event::Requested(purchase) => Some(&purchase.reference),
        Event::LinkMade { reference, .. }
        | Event::LinkRefused { reference, .. }
        | Event::PartPaid { reference, .. }
        | Event::LinkExpired { reference }
        | Event::LinkCancelled { reference }
        | Event::WatchEnded { reference }
        | Event::PaymentFailed { reference, .. }
        | Event::Captured { reference, .. }
        | Event::Mismatched { reference, .. } => Some(reference),
        Event::Refunded { .. }
        | Event::Disputed { .. }
        | Event::Granted { .. }
        | Event::Revoked { .. }
        | Event::Reminded { .. }
        | Event::Moved { .. } => None,
    }
}

/// Whether something follows from the rest.
const fn is_note(event: &Event) -> bool {
    matches!(event, Event::Moved { .. } | Event::Reminded { .. } | Event::PaymentFailed { .. })
}
