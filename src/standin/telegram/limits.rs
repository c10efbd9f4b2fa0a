//! How much a bot may send. Telegram publishes no exact limits; these are the ones that its FAQ names
//! (`core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this`).

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};

/// So many in a time, some of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// One more is allowed each time this has passed.
    pub every: Span,
    /// So many may come at once after a rest.
    pub burst: u32,
}

/// What may be sent how often, on the stand-in's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// To everybody together.
    pub overall: Rate,
    /// To one person.
    pub per_chat: Rate,
    /// To one group or channel.
    pub per_group: Rate,
}

impl Default for RateLimits {
    /// 30 a second; one a second per person, three of them at once; 20 a minute per group.
    fn default() -> Self {
        let millis = Span::from_millis;
        Self {
            overall: Rate { every: millis(34), burst: 30 },
            per_chat: Rate { every: millis(1_000), burst: 3 },
            per_group: Rate { every: millis(3_000), burst: 20 },
        }
    }
}

/// When the next is due, if nothing is sent at once (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy, Default)]
struct Cell(Option<Timestamp>);

impl Cell {
    /// How long to wait, or that nothing needs to be waited for.
    fn wait(self, rate: Rate, now: Timestamp) -> Option<Span> {
        let slack = rate.every.times(i64::from(rate.burst.saturating_sub(1)));
        let wait = self.0?.since(now).millis() - slack.millis();
        (wait > 0).then(|| Span::from_millis(wait))
    }

    fn count(&mut self, rate: Rate, now: Timestamp) {
        let due = self.0.filter(|due| *due > now).unwrap_or(now);
        self.0 = Some(due + rate.every);
    }
}

/// What was sent, as far as it counts.
#[derive(Debug, Default)]
pub(super) struct Sent {
    overall: Cell,
    chats: BTreeMap<i64, Cell>,
}

impl Sent {
    /// Counts a message, or says for how many seconds there may be none.
    pub(super) fn count(
        &mut self,
        limits: RateLimits,
        chat: i64,
        now: Timestamp,
    ) -> Result<(), i64> {
        let rate = if chat < 0 { limits.per_group } else { limits.per_chat };
        let cell = self.chats.entry(chat).or_default();
        let waits = [self.overall.wait(limits.overall, now), cell.wait(rate, now)];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err((wait.millis() + 999) / 1_000);
        }
        cell.count(rate, now);
        self.overall.count(limits.overall, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chat_gets_a_burst_and_then_one_a_second() {
        let (mut sent, limits) = (Sent::default(), RateLimits::default());
        let start = Timestamp::from_millis(0);
        for _ in 0..3 {
            sent.count(limits, 7, start).unwrap();
        }
        assert_eq!(sent.count(limits, 7, start), Err(1));
        sent.count(limits, 8, start).unwrap();
        sent.count(limits, 7, start + Span::from_secs(1)).unwrap();
        assert_eq!(sent.count(limits, 7, start + Span::from_secs(1)), Err(1));
    }

    #[test]
    fn all_chats_together_get_thirty_a_second() {
        let (mut sent, limits) = (Sent::default(), RateLimits::default());
        let start = Timestamp::from_millis(0);
        for chat in 1..=30 {
            sent.count(limits, chat, start).unwrap();
        }
        assert_eq!(sent.count(limits, 31, start), Err(1));
        sent.count(limits, 31, start + Span::from_millis(34)).unwrap();
    }
}
