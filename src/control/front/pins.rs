//! Wrong PINs: five in a row lock whoever typed them out, over restarts.

use std::collections::BTreeMap;

use heikin_bot::backend::Identity;
use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// So many wrong ones in a row.
pub const TRIES: u8 = 5;
/// For how long nothing that takes a PIN is done for them afterwards.
pub const LOCKED_FOR: Span = Span::from_secs(15 * 60);
/// People who have typed a wrong one: only those who steer are asked.
const MOST: usize = 1_000;

/// How often somebody was wrong since they were right, and when they were last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Misses {
    count: u8,
    last: Timestamp,
}

/// Those who were wrong last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pins(BTreeMap<String, Misses>);

impl Pins {
    /// Until when somebody is locked out; none where they are not.
    pub fn locked_until(&self, by: &Identity, now: Timestamp) -> Option<Timestamp> {
        let misses = self.0.get(&name(by)).filter(|misses| misses.count >= TRIES)?;
        let until = misses.last + LOCKED_FOR;
        (now < until).then_some(until)
    }

    /// How many tries they have.
    pub fn left(&self, by: &Identity) -> u8 {
        self.0.get(&name(by)).map_or(TRIES, |misses| TRIES.saturating_sub(misses.count))
    }

    /// Whether they were wrong since they were right.
    pub fn has_failed(&self, by: &Identity) -> bool {
        self.0.contains_key(&name(by))
    }

    pub(super) fn wrong(&mut self, by: &Identity, at: Timestamp) {
        if self.0.len() >= MOST
            && let Some(oldest) =
                self.0.iter().min_by_key(|(_, misses)| misses.last).map(|(name, _)| name.clone())
        {
            self.0.remove(&oldest);
        }
        let misses = self.0.entry(name(by)).or_insert(Misses { count: 0, last: at });
        // After a lock they begin anew.
        let count = if misses.count >= TRIES { 0 } else { misses.count };
        *misses = Misses { count: count + 1, last: at };
    }

    pub(super) fn right(&mut self, by: &Identity) {
        self.0.remove(&name(by));
    }
}

fn name(by: &Identity) -> String {
    match by {
        Identity::Telegram { user } => format!("user {user}"),
        Identity::Terminal => "terminal".to_owned(),
        Identity::Token { name } => format!("token {name}"),
    }
}
