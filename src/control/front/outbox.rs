//! What goes out, until it has arrived.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use heikin_bot::backend::{
    Alert, ChatId, Cursor, Delivery, Envelope, Identity, Lane, MessageId, Receipt, Role,
};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::{Addressee, Queued};
use super::state::Bounds;

/// Alerts that are not acknowledged, and what a thread's messages answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outbox {
    /// The last number that was given.
    last: u64,
    rows: BTreeMap<Cursor, Row>,
    /// By chat and thread, the first message that arrived.
    threads: VecDeque<(ChatId, String, MessageId)>,
    /// Chats whose owner has blocked the bot.
    blocked: BTreeSet<ChatId>,
    /// Alerts that can never arrive, and why: the newest ones.
    dead: VecDeque<(Cursor, String)>,
    /// Faults, whether anybody was told or not: the newest ones.
    #[serde(default)]
    faults: VecDeque<(Timestamp, Alert)>,
    /// Messages to everybody that somebody has not got yet, by their last row.
    #[serde(default)]
    broadcasts: BTreeMap<Cursor, Broadcast>,
}

/// A message to everybody, while it is being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Broadcast {
    /// Its first row: all from it to the last are its own.
    first: Cursor,
    /// How many have got it.
    arrived: u32,
}

/// How far messages to everybody have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// So many have got it.
    pub arrived: u32,
    /// To so many it is being sent: they get it, or have it and it is not known.
    pub under_way: u32,
    /// So many wait for it.
    pub waiting: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    at: Timestamp,
    lane: Lane,
    thread: Option<String>,
    by: Option<Identity>,
    to: Addressee,
    alert: Alert,
    /// Whether it was being sent: it may have arrived.
    #[serde(alias = "is_handed")]
    is_sending: bool,
}

impl Outbox {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Since when the oldest waits.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.rows.values().map(|row| row.at).min()
    }

    /// Whether the owner of a chat has blocked the bot.
    pub fn is_blocked(&self, chat: ChatId) -> bool {
        self.blocked.contains(&chat)
    }

    /// The newest alert that waits; [`Cursor::START`] for none.
    pub fn newest(&self) -> Cursor {
        self.rows.last_key_value().map_or(Cursor::START, |(cursor, _)| *cursor)
    }

    /// The alerts behind a place, in order, as they are handed out.
    pub fn behind(&self, after: Cursor, limit: usize) -> Vec<(Envelope, Option<Identity>)> {
        let behind = (std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded);
        let rows = self.rows.range(behind).take(limit);
        rows.map(|(cursor, row)| {
            let envelope = Envelope {
                cursor: *cursor,
                chat: row.to.chat,
                lane: row.lane,
                loudness: row.to.loudness,
                thread: row.thread.clone(),
                // Filled in by whoever knows.
                role: Role::Guest,
                reply_to: row.thread.as_deref().and_then(|it| self.first_of(row.to.chat, it)),
                zone: row.to.zone.clone(),
                at: row.at,
                maybe_repeated: row.is_sending,
                alert: row.alert.clone(),
            };
            (envelope, row.by.clone())
        })
        .collect()
    }

    /// Which of these still wait: the others were taken back, or have arrived.
    pub fn still_waiting(&self, cursors: &[Cursor]) -> Vec<Cursor> {
        cursors.iter().filter(|it| self.rows.contains_key(it)).copied().collect()
    }

    /// Which of these wait and were not being sent before.
    pub fn unsent(&self, cursors: &[Cursor]) -> Vec<Cursor> {
        let is_unsent = |it: &&Cursor| self.rows.get(it).is_some_and(|row| !row.is_sending);
        cursors.iter().filter(is_unsent).copied().collect()
    }

    /// How far the messages to everybody have come that are still being sent; none where none is.
    pub fn reach(&self) -> Option<Reach> {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let rows = self.broadcasts.iter().flat_map(|(last, it)| self.rows.range(it.first..=*last));
        let (sending, waiting): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| row.is_sending);
        (!self.broadcasts.is_empty()).then(|| Reach {
            arrived: self.broadcasts.values().map(|it| it.arrived).sum(),
            under_way: count(sending.len()),
            waiting: count(waiting.len()),
        })
    }

    /// Alerts of a thread that satisfy `is_it`.
    pub fn of_thread(&self, thread: &str, is_it: impl Fn(&Alert) -> bool) -> Vec<(Cursor, &Alert)> {
        let of_it = self
            .rows
            .iter()
            .filter(|(_, row)| row.thread.as_deref() == Some(thread) && is_it(&row.alert));
        of_it.map(|(cursor, row)| (*cursor, &row.alert)).collect()
    }

    /// The newest faults, oldest first.
    pub fn faults(&self) -> impl Iterator<Item = &(Timestamp, Alert)> {
        self.faults.iter()
    }

    pub(super) fn queue(&mut self, queued: &Queued) {
        if queued.lane == Lane::Fault {
            self.faults.push_back((queued.at, queued.alert.clone()));
            if self.faults.len() > Bounds::FAULTS {
                self.faults.pop_front();
            }
        }
        for cursor in &queued.replaces {
            self.rows.remove(cursor);
        }
        let before = self.last;
        for to in &queued.to {
            if self.blocked.contains(&to.chat) {
                continue;
            }
            self.last += 1;
            let row = Row {
                at: queued.at,
                lane: queued.lane,
                thread: queued.thread.clone(),
                by: queued.by.clone(),
                to: to.clone(),
                alert: queued.alert.clone(),
                is_sending: false,
            };
            self.rows.insert(Cursor(self.last), row);
        }
        if matches!(queued.alert, Alert::Broadcast { .. }) && self.last > before {
            let (first, last) = (Cursor(before + 1), Cursor(self.last));
            self.broadcasts.insert(last, Broadcast { first, arrived: 0 });
        }
    }

    /// What is being sent to everybody is taken back, also where it may have arrived: it is not tried
    /// again.
    pub(super) fn end_broadcasts(&mut self) {
        for (last, Broadcast { first, .. }) in std::mem::take(&mut self.broadcasts) {
            self.rows.extract_if(first..=last, |_, _| true).for_each(drop);
        }
    }

    /// Forgets messages to everybody that nobody waits for any more.
    fn tidy_broadcasts(&mut self) {
        let rows = &self.rows;
        self.broadcasts.retain(|last, it| rows.range(it.first..=*last).next().is_some());
    }

    pub(super) fn sending(&mut self, cursors: &[Cursor]) {
        for cursor in cursors {
            if let Some(row) = self.rows.get_mut(cursor) {
                row.is_sending = true;
            }
        }
    }

    pub(super) fn acknowledge(&mut self, receipt: &Receipt) {
        // Told twice, or by a transport that has seen another store: nothing to do.
        let Some(row) = self.rows.remove(&receipt.cursor) else { return };
        let chat = row.to.chat;
        self.count(receipt);
        self.settle(chat, row.thread, receipt);
    }

    /// Counts one who has got a message to everybody, or never will.
    fn count(&mut self, receipt: &Receipt) {
        let Some((last, broadcast)) = self.broadcasts.range_mut(receipt.cursor..).next() else {
            return;
        };
        if receipt.cursor < broadcast.first {
            return;
        }
        let has_arrived =
            matches!(receipt.delivery, Delivery::Delivered { .. } | Delivery::Folded { .. });
        broadcast.arrived += u32::from(has_arrived);
        let last = *last;
        if self.rows.range(broadcast.first..=last).next().is_none() {
            self.broadcasts.remove(&last);
        }
    }

    fn settle(&mut self, chat: ChatId, thread: Option<String>, receipt: &Receipt) {
        match &receipt.delivery {
            Delivery::Delivered { message } | Delivery::Folded { message } => {
                let Some(thread) = thread else { return };
                if self.first_of(chat, &thread).is_none() {
                    self.threads.push_back((chat, thread, *message));
                    if self.threads.len() > Bounds::THREADS {
                        self.threads.pop_front();
                    }
                }
            }
            Delivery::Blocked => {
                self.blocked.insert(chat);
                self.rows.retain(|_, row| row.to.chat != chat);
                self.tidy_broadcasts();
            }
            Delivery::Undeliverable { reason } => {
                self.dead.push_back((receipt.cursor, reason.clone()));
                if self.dead.len() > Bounds::DEAD {
                    self.dead.pop_front();
                }
            }
        }
    }

    /// Whoever writes has not blocked the bot.
    pub(super) fn unblock(&mut self, chat: ChatId) {
        self.blocked.remove(&chat);
    }

    /// Takes back what is queued for a chat, or of one kind everywhere.
    pub(super) fn withdraw(&mut self, is_it: impl Fn(ChatId, &Alert) -> bool) {
        self.rows.retain(|_, row| row.is_sending || !is_it(row.to.chat, &row.alert));
        self.tidy_broadcasts();
    }

    fn first_of(&self, chat: ChatId, thread: &str) -> Option<MessageId> {
        let mut of_it = self.threads.iter().filter(|(at, name, _)| *at == chat && name == thread);
        of_it.next().map(|(_, _, message)| *message)
    }
}
