//! The day in one message, at the hour that each has chosen in their own zone.

use std::collections::BTreeMap;

use heikin_bot::backend::{Alert, AlertKind, BackendError, Digest, Range, UserId};
use heikin_bot::view;
use heikin_core::num::Money;
use heikin_core::time::{Span, Timestamp};

use super::account::Replica;
use super::addressees::{addressee, concerns};
use super::front::people::Person;
use super::front::record::{Event, Queued};
use super::front::state::State;
use super::zone::last_day;
use super::{Control, query};

/// So often it is looked whether one is due.
const LOOK_EVERY: Span = Span::from_secs(10);

/// So often it is noted that heikin runs: what a digest says of that is as exact.
const MARK_EVERY: Span = Span::from_secs(300);

/// When it was looked last, and when it was noted that heikin runs.
#[derive(Debug, Default)]
pub(super) struct Digested {
    at: Option<Timestamp>,
    marked: Option<Timestamp>,
}

/// One who is to be told now, and of which day.
struct Due {
    user: UserId,
    day: Range,
    /// Candles that had been missed when their last digest was told; none before the first.
    missed_before: Option<u32>,
}

/// What one of them is told.
struct Told {
    user: UserId,
    missed_candles: u32,
    /// None is told for the first day.
    digest: Option<Digest>,
}

/// Puts the digests that are due into the outbox, each with the mark that says so.
pub(super) async fn tell(control: &Control, last: &mut Digested) -> Result<(), BackendError> {
    let now = control.now();
    if last.at.is_some_and(|at| now.since(at) < LOOK_EVERY) {
        return Ok(());
    }
    last.at = Some(now);
    let since = control.shared.started_at;
    if last.marked.is_none_or(|at| now.since(at) >= MARK_EVERY) {
        let running = vec![Event::Running { since }];
        control.front(move |ledger| ledger.record(now, running)).await?;
        last.marked = Some(now);
    }
    let (due, faults, uptime) = control
        .front(move |ledger| {
            let state = ledger.state();
            let due: Vec<Due> =
                state.people().iter().filter_map(|(user, it)| due(user, it, now)).collect();
            let days = due.iter().map(|due| (faults(state, due.day), state.uptime().of(due.day)));
            let (faults, uptime): (Vec<_>, Vec<_>) = days.unzip();
            Ok((due, faults, uptime))
        })
        .await?;
    if due.is_empty() {
        return Ok(());
    }
    let told: Vec<Told> = {
        let replica = control.replica();
        let missed = replica.model().missed_candles();
        let days = due.into_iter().zip(faults).zip(uptime);
        days.map(|((due, faults), uptime)| {
            let digest = due.missed_before.and_then(|before| {
                let missed_candles = missed.saturating_sub(before);
                let of_the_day =
                    Digest { faults, uptime, missed_candles, ..blank(&replica, due.day)? };
                Some(of_the_day)
            });
            Told { user: due.user, missed_candles: missed, digest }
        })
        .collect()
    };
    control
        .front(move |ledger| {
            let events = told_events(ledger.state(), told, now);
            ledger.record(now, events)
        })
        .await
}

/// Whether somebody's day is over that was not told. The first digest of somebody new is that of the
/// next day: of the one before they were not there.
fn due(user: UserId, person: &Person, now: Timestamp) -> Option<Due> {
    let minute = person.notify.digest_at?;
    if !concerns(AlertKind::Digest, person.role_at(now)) {
        return None;
    }
    let (from, to) = last_day(now, &person.notify.zone, minute);
    let day = Range { from: Some(from), to: Some(to) };
    match person.digested {
        Some((at, _)) if at >= to => None,
        before => Some(Due { user, day, missed_before: before.map(|(_, missed)| missed) }),
    }
}

/// The digests and their marks. Who had themselves forgotten while they were put together stays so: a mark
/// would make them known again.
fn told_events(state: &State, told: Vec<Told>, now: Timestamp) -> Vec<Event> {
    let known = told.into_iter().filter(|told| state.people().get(told.user).is_some());
    let events = known.flat_map(|Told { user, missed_candles, digest }| {
        let queued = digest.and_then(|digest| queued(state, user, digest, now));
        let mark = Event::Digested { user, missed_candles };
        queued.into_iter().chain(std::iter::once(mark))
    });
    events.collect()
}

/// Each fault of a day by what it says first, and how often.
fn faults(state: &State, day: Range) -> Vec<(String, u32)> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for (_, alert) in state.outbox().faults().filter(|(at, _)| query::holds(day, *at)) {
        *counts.entry(view::heading(alert)).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// What the account says of a day.
fn blank(replica: &Replica, day: Range) -> Option<Digest> {
    let open = query::positions(replica);
    Some(Digest {
        mode: replica.mode(),
        profit: query::profit(replica, day).ok()?,
        open_positions: u32::try_from(open.len()).unwrap_or(u32::MAX),
        open_risk: open.iter().filter_map(|position| position.at_stop).sum::<Money>(),
        faults: Vec::new(),
        missed_candles: 0,
        uptime: heikin_bot::backend::BasisPoints(0),
        bnb_trades_left: None,
    })
}

fn queued(state: &State, user: UserId, digest: Digest, now: Timestamp) -> Option<Event> {
    let alert = Alert::Digest(Box::new(digest));
    let to = addressee(state, user, &alert, now)?;
    let lane = alert.lane();
    let (thread, by, replaces, to) = (None, None, Vec::new(), vec![to]);
    Some(Event::Queued(Box::new(Queued { at: now, lane, thread, by, replaces, to, alert })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_known_again_by_a_digest() {
        let told = Told { user: UserId(7), missed_candles: 0, digest: None };
        assert_eq!(told_events(&State::default(), vec![told], Timestamp::from_millis(1)), []);
    }
}
