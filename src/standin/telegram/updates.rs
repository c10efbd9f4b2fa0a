//! Updates that wait for the bot, and the polling that fetches them (`getUpdates`).

use std::collections::{BTreeMap, BTreeSet};

use super::super::object::put;
use heikin_core::time::{Span, Timestamp};
use serde_json::{Value, json};

/// An update that nobody fetches is dropped after this.
const KEPT: Span = Span::from_secs(24 * 60 * 60);
/// The most updates that wait; the oldest go first.
const MOST: usize = 200_000;
/// What is told only to those who ask for it (`getUpdates`, `allowed_updates`).
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// The updates of the bot.
#[derive(Debug)]
pub(super) struct Updates {
    waiting: BTreeMap<i64, (Timestamp, Value)>,
    /// Updates that were confirmed, and are told once more nevertheless.
    again: Vec<Value>,
    next: i64,
    allowed: Option<BTreeSet<String>>,
    /// The number of the newest poll: an older one that still waits has lost.
    pub(super) poll: u64,
}

impl Updates {
    pub(super) fn new(first: i64) -> Self {
        Self { waiting: BTreeMap::new(), again: Vec::new(), next: first, allowed: None, poll: 0 }
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Tells something; none where the bot does not want to hear it.
    pub(super) fn tell(&mut self, now: Timestamp, kind: &str, what: &Value) -> Option<i64> {
        let is_wanted = match &self.allowed {
            Some(allowed) => allowed.contains(kind),
            None => !ON_REQUEST.contains(&kind),
        };
        is_wanted.then(|| self.tell_raw(now, json!({ kind: what })))
    }

    /// Tells an update as it is; it gets a number if it has none.
    pub(super) fn tell_raw(&mut self, now: Timestamp, mut update: Value) -> i64 {
        let given = update.get("update_id").and_then(Value::as_i64);
        let id = given.unwrap_or(self.next);
        self.next = self.next.max(id + 1);
        put(&mut update, "update_id", id);
        self.waiting.retain(|_, (at, _)| now.since(*at) < KEPT);
        if self.waiting.len() == MOST {
            self.waiting.pop_first();
        }
        self.waiting.insert(id, (now, update));
        id
    }

    /// What a poll confirms: all below a positive offset, all but the last ones for a negative one.
    /// `is_told_again` is asked for each update that was fetched before.
    pub(super) fn confirm(&mut self, offset: i64, mut is_told_again: impl FnMut() -> bool) {
        let first = if offset >= 0 {
            offset
        } else {
            let place = usize::try_from(-offset).unwrap_or(usize::MAX);
            let skipped = self.waiting.len().saturating_sub(place);
            self.waiting.keys().nth(skipped).copied().unwrap_or(self.next)
        };
        let left = self.waiting.split_off(&first);
        for (_, (_, update)) in std::mem::replace(&mut self.waiting, left) {
            if is_told_again() {
                self.again.push(update);
            }
        }
    }

    /// Which kinds are wanted from now on; all the usual ones for an empty list.
    pub(super) fn allow(&mut self, kinds: Vec<String>) {
        self.allowed = (!kinds.is_empty()).then(|| kinds.into_iter().collect());
    }

    pub(super) fn allowed(&self) -> Option<&BTreeSet<String>> {
        self.allowed.as_ref()
    }

    /// What is told now. What is told again comes first, with its old number.
    pub(super) fn batch(&mut self, now: Timestamp, limit: usize) -> Vec<Value> {
        self.waiting.retain(|_, (at, _)| now.since(*at) < KEPT);
        let mut batch: Vec<_> = self.again.drain(..self.again.len().min(limit)).collect();
        let room = limit - batch.len();
        batch.extend(self.waiting.values().take(room).map(|(_, update)| update.clone()));
        batch
    }

    /// Forgets all that waits.
    pub(super) fn drop_waiting(&mut self) {
        self.waiting.clear();
        self.again.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn ids(batch: &[Value]) -> Vec<i64> {
        batch.iter().map(|it| it["update_id"].as_i64().unwrap()).collect()
    }

    #[test]
    fn an_update_is_told_until_it_is_confirmed() {
        let mut updates = Updates::new(10);
        for _ in 0..3 {
            updates.tell(NOW, "message", &json!({}));
        }
        assert_eq!(ids(&updates.batch(NOW, 2)), [10, 11]);
        assert_eq!(ids(&updates.batch(NOW, 2)), [10, 11]);
        updates.confirm(12, || false);
        assert_eq!(ids(&updates.batch(NOW, 2)), [12]);
        updates.tell(NOW, "message", &json!({}));
        updates.confirm(-1, || false);
        assert_eq!(ids(&updates.batch(NOW, 9)), [13]);
    }

    #[test]
    fn a_confirmed_update_comes_again_when_that_is_asked_for() {
        let mut updates = Updates::new(1);
        updates.tell(NOW, "message", &json!({}));
        updates.confirm(2, || true);
        updates.tell(NOW, "message", &json!({}));
        assert_eq!(ids(&updates.batch(NOW, 9)), [1, 2]);
        assert_eq!(ids(&updates.batch(NOW, 9)), [2]);
    }

    #[test]
    fn only_what_is_wanted_is_told_and_for_a_day() {
        let mut updates = Updates::new(1);
        assert_eq!(updates.tell(NOW, "chat_member", &json!({})), None);
        updates.allow(vec!["callback_query".to_owned()]);
        assert_eq!(updates.tell(NOW, "message", &json!({})), None);
        assert_eq!(updates.tell(NOW, "callback_query", &json!({})), Some(1));
        updates.allow(Vec::new());
        assert_eq!(updates.tell(NOW, "message", &json!({})), Some(2));
        assert_eq!(updates.batch(NOW + Span::from_secs(86_399), 9).len(), 2);
        assert_eq!(updates.batch(NOW + KEPT, 9).len(), 0);
        assert_eq!(updates.tell_raw(NOW, json!({ "update_id": 50, "x": {} })), 50);
        assert_eq!(updates.tell(NOW, "message", &json!({})), Some(51));
    }
}
