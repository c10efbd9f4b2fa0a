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

    /// Which of these wait and were not being sent before.
    pub fn unsent(&self, cursors: &[Cursor]) -> Vec<Cursor> {
        let is_unsent = |it: &&Cursor| self.rows.get(it).is_some_and(|row| !row.is_sending);
        cursors.iter().filter(is_unsent).copied().collect()
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
        match &receipt.delivery {
            Delivery::Delivered { message } | Delivery::Folded { message } => {
                let Some(thread) = row.thread else { return };
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

    /// Takes back what is queued for a chat, or of one kind everywhere; how much that was.
    pub(super) fn withdraw(&mut self, is_it: impl Fn(ChatId, &Alert) -> bool) {
        self.rows.retain(|_, row| row.is_sending || !is_it(row.to.chat, &row.alert));
    }

    fn first_of(&self, chat: ChatId, thread: &str) -> Option<MessageId> {
        let mut of_it = self.threads.iter().filter(|(at, name, _)| *at == chat && name == thread);
        of_it.next().map(|(_, _, message)| *message)
    }
}
