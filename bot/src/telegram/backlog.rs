//! Which alert goes next. Pure: time is handed in.
//!
//! Faults go first, each as a message of its own; then what is most urgent, and of that the oldest. Where
//! several come late in a chat, they become the numbered lines of one message, in the order in which
//! they happened. Chats do not wait for each other, and none gets more than Telegram lets through.

use std::collections::{BTreeMap, BTreeSet};

use heikin_core::time::{Span, Timestamp};

use super::intake::Patience;
use crate::backend::{ChatId, Cursor, Envelope, Lane, MessageId};
use crate::message::Message;
use crate::view::{LATE, LINES, Missed, is_line};

/// So many are held in memory; the others wait where they are.
pub(super) const HELD: usize = 5_000;
/// In so many chats a message may be under way at once: one that is slow holds up no other.
const AT_ONCE: usize = 32;
/// From so many late alerts of a chat on they become lines.
const FEW: usize = 4;

/// What Telegram lets through (`core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this`):
/// a message each time this has passed, so many at once after a rest.
#[derive(Debug, Clone, Copy)]
struct Rate {
    every: Span,
    burst: i64,
}

const OVERALL: Rate = Rate { every: Span::from_millis(34), burst: 30 };
const PERSON: Rate = Rate { every: Span::from_millis(1_000), burst: 3 };
const GROUP: Rate = Rate { every: Span::from_millis(3_000), burst: 20 };

impl Rate {
    /// A group's number is below zero.
    const fn of(chat: ChatId) -> Self {
        if chat.0 < 0 { GROUP } else { PERSON }
    }

    /// When the next may go, where the one after all so far is due at `due` (the generic cell rate
    /// algorithm).
    fn free_at(self, due: Timestamp) -> Timestamp {
        due - self.every.times(self.burst - 1)
    }
}

/// One alert, or several as lines, on the way to a chat.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) chat: ChatId,
    /// Never none; more than one are lines.
    pub(super) alerts: Vec<Envelope>,
    /// What was missed altogether, for the first lines of a row.
    pub(super) missed: Option<Missed>,
    /// Its messages, once it has been begun: a text that is stamped with its age stays as it is.
    pub(super) parts: Vec<Message>,
    /// How many of them have arrived, and the first of these.
    pub(super) arrived: usize,
    pub(super) first: Option<MessageId>,
}

impl Parcel {
    fn of(chat: ChatId, alerts: Vec<Envelope>, missed: Option<Missed>) -> Self {
        Self { chat, alerts, missed, parts: Vec::new(), arrived: 0, first: None }
    }

    /// Its alerts.
    pub(super) fn cursors(&self) -> Vec<Cursor> {
        self.alerts.iter().map(|alert| alert.cursor).collect()
    }
}

/// What waits, whose message is under way, and who is to be left alone until when.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    waiting: BTreeMap<Cursor, Envelope>,
    /// Of which some messages have arrived: they are finished first.
    begun: Vec<Parcel>,
    busy: BTreeSet<ChatId>,
    silent: BTreeMap<ChatId, Timestamp>,
    /// Chats from which no answer came, and how long they are left alone after the next.
    patience: BTreeMap<ChatId, Patience>,
    /// Chats that are being told late alerts as lines.
    catching_up: BTreeSet<ChatId>,
    /// When the next message would be due if none went at once.
    due: BTreeMap<ChatId, Timestamp>,
    due_overall: Option<Timestamp>,
}

impl Backlog {
    /// Takes an alert in.
    pub(super) fn hold(&mut self, alert: Envelope) {
        self.waiting.insert(alert.cursor, alert);
    }

    /// Whether more would be too many.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= HELD
    }

    /// What goes now; its chat is busy until [`Backlog::freed`].
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Parcel> {
        self.silent.retain(|_, until| *until > now);
        self.due.retain(|_, due| *due > now);
        self.due_overall = self.due_overall.filter(|due| *due > now);
        if self.busy.len() >= AT_ONCE
            || self.due_overall.is_some_and(|it| OVERALL.free_at(it) > now)
        {
            return None;
        }
        let parcel = self.pick(now)?;
        self.busy.insert(parcel.chat);
        self.count(parcel.chat, now);
        Some(parcel)
    }

    fn pick(&mut self, now: Timestamp) -> Option<Parcel> {
        let is_free = |chat: ChatId| self.free_at(chat, now).is_some_and(|at| at <= now);
        if let Some(place) = self.begun.iter().position(|it| is_free(it.chat)) {
            return Some(self.begun.remove(place));
        }
        let free = self.waiting.values().filter(|it| is_free(it.chat));
        let first = free.min_by_key(|it| (it.lane, it.cursor))?;
        let first = self.before(first);
        let (cursor, chat) = (first.cursor, first.chat);
        if first.lane != Lane::Fault
            && let Some(lines) = self.lines(chat, now)
        {
            return Some(lines);
        }
        let alert = self.waiting.remove(&cursor)?;
        Some(Parcel::of(chat, vec![alert], None))
    }

    /// The oldest of what belongs together: no trade's stop rises after it was closed. Faults do not
    /// wait for anything.
    fn before<'a>(&'a self, alert: &'a Envelope) -> &'a Envelope {
        let is_older = |it: &&Envelope| it.chat == alert.chat && it.thread == alert.thread;
        match alert.thread {
            Some(_) if alert.lane != Lane::Fault => {
                self.waiting.values().find(is_older).unwrap_or(alert)
            }
            _ => alert,
        }
    }

    /// The late alerts of a chat, oldest first, where they are too many to be told one by one.
    fn lines(&mut self, chat: ChatId, now: Timestamp) -> Option<Parcel> {
        let is_late =
            |it: &&Envelope| it.chat == chat && it.lane != Lane::Fault && now.since(it.at) >= LATE;
        let late: Vec<&Envelope> = self.waiting.values().filter(is_late).collect();
        if late.len() < FEW && !self.catching_up.contains(&chat) {
            return None;
        }
        // What a line cannot hold goes alone when its turn comes.
        let run = late.iter().take_while(|it| is_line(&it.alert)).take(LINES);
        let cursors: Vec<Cursor> = run.map(|it| it.cursor).collect();
        let cursors = match (cursors.is_empty(), late.first()) {
            (false, _) => cursors,
            (true, Some(alone)) => vec![alone.cursor],
            (true, None) => {
                self.catching_up.remove(&chat);
                return None;
            }
        };
        let missed = (cursors.len() > 1 && !self.catching_up.contains(&chat))
            .then(|| Missed { is_at_least: self.is_full(), ..overview(&late) });
        if cursors.len() > 1 {
            self.catching_up.insert(chat);
        }
        let alerts = cursors.iter().filter_map(|cursor| self.waiting.remove(cursor)).collect();
        Some(Parcel::of(chat, alerts, missed))
    }

    /// From when on something may be sent to a chat; none while something is under way there.
    fn free_at(&self, chat: ChatId, now: Timestamp) -> Option<Timestamp> {
        let silent = self.silent.get(&chat).copied().unwrap_or(now);
        let paced = self.due.get(&chat).map_or(now, |due| Rate::of(chat).free_at(*due));
        (!self.busy.contains(&chat)).then(|| silent.max(paced).max(now))
    }

    /// When there is something to send again; none where that takes news or an answer.
    pub(super) fn wakes_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.busy.len() >= AT_ONCE {
            return None;
        }
        let begun = self.begun.iter().map(|parcel| parcel.chat);
        let chats: BTreeSet<ChatId> =
            self.waiting.values().map(|alert| alert.chat).chain(begun).collect();
        let free = chats.into_iter().filter_map(|chat| self.free_at(chat, now));
        let overall = self.due_overall.map_or(now, |due| OVERALL.free_at(due));
        free.min().map(|at| at.max(overall))
    }

    /// A message has gone to a chat: it counts towards what Telegram lets through.
    pub(super) fn count(&mut self, chat: ChatId, now: Timestamp) {
        let after = |due: Option<Timestamp>, rate: Rate| due.unwrap_or(now).max(now) + rate.every;
        let due = after(self.due.get(&chat).copied(), Rate::of(chat));
        self.due.insert(chat, due);
        self.due_overall = Some(after(self.due_overall, OVERALL));
    }

    /// The try in a chat is over.
    pub(super) fn freed(&mut self, chat: ChatId) {
        self.busy.remove(&chat);
    }

    /// It answers.
    pub(super) fn answered(&mut self, chat: ChatId) {
        self.patience.remove(&chat);
    }

    /// A chat is to be left alone for so long.
    pub(super) fn silence(&mut self, chat: ChatId, until: Timestamp) {
        self.silent.insert(chat, until);
    }

    /// A chat does not answer: it is left alone, for longer each time.
    pub(super) fn be_patient(&mut self, chat: ChatId, now: Timestamp) {
        let patience = self.patience.entry(chat).or_insert_with(Patience::new);
        self.silent.insert(chat, now + patience.next());
    }

    /// What did not arrive is sent again: what has begun to arrive as it is, the rest as is best then.
    pub(super) fn take_back(&mut self, mut parcel: Parcel) {
        if parcel.arrived > 0 {
            self.begun.push(parcel);
            return;
        }
        if parcel.missed.is_some() {
            // What was missed has not been told.
            self.catching_up.remove(&parcel.chat);
        }
        for mut alert in parcel.alerts.drain(..) {
            alert.chat = parcel.chat;
            self.hold(alert);
        }
    }

    /// Lets go of all that waits for a chat.
    pub(super) fn give_up(&mut self, chat: ChatId) -> Vec<Cursor> {
        self.patience.remove(&chat);
        self.catching_up.remove(&chat);
        let waiting = self.waiting.extract_if(.., |_, alert| alert.chat == chat);
        let mut gone: Vec<Cursor> = waiting.map(|(cursor, _)| cursor).collect();
        let begun = self.begun.extract_if(.., |parcel| parcel.chat == chat);
        gone.extend(begun.flat_map(|parcel| parcel.cursors()));
        gone
    }
}

fn overview(late: &[&Envelope]) -> Missed {
    let mut kinds = BTreeMap::new();
    for alert in late {
        *kinds.entry(alert.alert.kind()).or_insert(0) += 1;
    }
    let since = late.iter().map(|alert| alert.at).min().unwrap_or(Timestamp::EPOCH);
    Missed { kinds, since, is_at_least: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Alert, Loudness, Role, SystemAlert};

    const NOW: Timestamp = Timestamp::from_millis(1_767_653_100_000);
    const FRESH: Span = Span::ZERO;
    const OLD: Span = Span::HOUR;

    fn envelope(cursor: u64, chat: i64, age: Span, alert: Alert) -> Envelope {
        Envelope {
            cursor: Cursor(cursor),
            chat: ChatId(chat),
            lane: alert.lane(),
            loudness: Loudness::Loud,
            thread: None,
            reply_to: None,
            role: Role::Owner,
            zone: "UTC".to_owned(),
            at: NOW - age,
            maybe_repeated: false,
            alert,
        }
    }

    fn info(cursor: u64, chat: i64, age: Span) -> Envelope {
        envelope(cursor, chat, age, Alert::Broadcast { text: format!("alert {cursor}") })
    }

    fn fault(cursor: u64, chat: i64, age: Span) -> Envelope {
        let (what, doing, remedy) = ("a fault".to_owned(), String::new(), String::new());
        let alert = Alert::System(SystemAlert::Fault { what, doing, remedy });
        envelope(cursor, chat, age, alert)
    }

    fn holding(alerts: impl IntoIterator<Item = Envelope>) -> Backlog {
        let mut backlog = Backlog::default();
        alerts.into_iter().for_each(|alert| backlog.hold(alert));
        backlog
    }

    /// What goes, parcel by parcel, where each arrives and there is all the time in the world.
    fn sent(backlog: &mut Backlog) -> Vec<Vec<u64>> {
        let mut now = NOW;
        let mut sent = Vec::new();
        loop {
            while let Some(parcel) = backlog.next(now) {
                sent.push(parcel.cursors().iter().map(|it| it.0).collect());
                backlog.freed(parcel.chat);
            }
            let Some(wakes) = backlog.wakes_at(now) else { return sent };
            assert!(wakes > now, "it would spin");
            now = wakes;
        }
    }

    #[test]
    fn a_few_late_alerts_are_told_one_by_one_and_faults_first() {
        let mut backlog = holding([info(1, 7, OLD), info(2, 7, OLD), fault(3, 7, OLD)]);
        assert_eq!(sent(&mut backlog), [vec![3], vec![1], vec![2]]);
    }

    #[test]
    fn many_late_alerts_become_lines_in_order_and_no_fault_does() {
        let late = (1..=70).map(|number| info(number, 7, OLD));
        let mut backlog = holding(late.chain([fault(71, 7, OLD), info(72, 7, FRESH)]));
        assert_eq!(backlog.next(NOW).unwrap().cursors(), [Cursor(71)]);
        backlog.freed(ChatId(7));
        let first = backlog.next(NOW).unwrap();
        assert_eq!(first.cursors(), (1..=34).map(Cursor).collect::<Vec<_>>());
        let missed = first.missed.clone().expect("the first says what was missed");
        assert_eq!((missed.kinds.values().sum::<usize>(), missed.since), (70, NOW - OLD));
        backlog.freed(ChatId(7));
        let rest = sent(&mut backlog);
        assert_eq!(rest, [(35..=68).collect(), vec![69, 70], vec![72]]);
    }

    #[test]
    fn what_a_line_cannot_hold_goes_alone_in_its_turn() {
        let long = Alert::Broadcast { text: "two\nlines".to_owned() };
        let mut alerts: Vec<Envelope> = (1..=6).map(|number| info(number, 7, OLD)).collect();
        alerts[3] = envelope(4, 7, OLD, long);
        assert_eq!(sent(&mut holding(alerts)), [vec![1, 2, 3], vec![4], vec![5, 6]]);
    }

    #[test]
    fn no_stop_rises_after_its_trade_was_closed() {
        let of_the_trade = |mut envelope: Envelope, lane| {
            envelope.thread = Some("trade-17".to_owned());
            envelope.lane = lane;
            envelope
        };
        let raised = of_the_trade(info(1, 7, FRESH), Lane::Info);
        let closed = of_the_trade(info(3, 7, FRESH), Lane::Trade);
        let mut backlog = holding([raised, info(2, 7, FRESH), closed]);
        assert_eq!(sent(&mut backlog), [vec![1], vec![3], vec![2]]);
    }

    #[test]
    fn a_chat_gets_no_more_than_telegram_lets_through() {
        let mut backlog = holding((1..=10).map(|number| info(number, 7, FRESH)));
        let mut at_once = 0;
        while let Some(parcel) = backlog.next(NOW) {
            backlog.freed(parcel.chat);
            at_once += 1;
        }
        assert_eq!(at_once, 3);
        let next = backlog.wakes_at(NOW).unwrap();
        assert_eq!(next, NOW + Span::from_secs(1));
        assert!(backlog.next(next).is_some() && backlog.next(next).is_none());
        // Another chat does not wait for it.
        backlog.hold(info(11, 8, FRESH));
        assert_eq!(backlog.next(next).unwrap().chat, ChatId(8));
    }

    #[test]
    fn what_did_not_arrive_is_told_again_with_what_was_missed() {
        let mut backlog = holding((1..=5).map(|number| info(number, 7, OLD)));
        let parcel = backlog.next(NOW).unwrap();
        assert!(backlog.next(NOW).is_none(), "one at a time");
        backlog.freed(ChatId(7));
        backlog.take_back(parcel);
        backlog.hold(info(6, 7, OLD));
        let again = backlog.next(NOW).unwrap();
        assert_eq!(again.alerts.len(), 6);
        assert!(again.missed.is_some());
    }

    #[test]
    fn whoever_cannot_be_reached_gets_nothing_more() {
        let mut backlog = holding([info(1, 7, FRESH), info(2, 8, FRESH), info(3, 7, FRESH)]);
        assert_eq!(backlog.give_up(ChatId(7)), [Cursor(1), Cursor(3)]);
        assert_eq!(sent(&mut backlog), [vec![2]]);
    }
}
