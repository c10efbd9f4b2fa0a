//! How often strangers are answered: politely, and not for ever.

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};

use crate::backend::UserId;

/// Answers that one guest gets in a [`WINDOW`].
const MOST: u32 = 20;
const WINDOW: Span = Span::MINUTE;
/// Guests that are remembered; with more of them, the window begins anew for all.
const REMEMBERED: usize = 10_000;

/// Counts the answers to guests.
#[derive(Debug, Default)]
pub(super) struct Courtesy {
    since: Timestamp,
    answered: BTreeMap<UserId, u32>,
}

impl Courtesy {
    /// Whether a guest is answered once more.
    pub(super) fn answers(&mut self, user: UserId, now: Timestamp) -> bool {
        if now.since(self.since) >= WINDOW || self.answered.len() >= REMEMBERED {
            self.since = now;
            self.answered.clear();
        }
        let count = self.answered.entry(user).or_default();
        *count = count.saturating_add(1);
        *count <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_answered_twenty_times_a_minute() {
        let mut courtesy = Courtesy::default();
        let start = Timestamp::from_millis(1_000_000);
        let answered = (0..50).filter(|_| courtesy.answers(UserId(1), start)).count();
        assert_eq!(answered, 20);
        assert!(courtesy.answers(UserId(2), start), "another guest is not held up");
        assert!(courtesy.answers(UserId(1), start + Span::MINUTE));
    }
}
