//! Closed candles are looked at once more: the exchange may correct what its stream told.
//!
//! What was decided on a candle stays decided, and the series goes on with what was told; but people
//! hear of a difference, and it is counted.

use std::collections::VecDeque;

use heikin_core::market::Candle;
use heikin_core::time::{Span, Timestamp};

use super::connection::Key;

/// So long after its close a candle is asked for by REST.
const AFTER: Span = Span::MINUTE;
/// Candles of less are not: that would be as many questions as candles.
const SHORTEST: Span = Span::MINUTE;
/// How often it is asked where no answer comes.
const ATTEMPTS: u8 = 3;
/// So many wait at most; of more, the oldest are let go.
const MOST: usize = 2_048;

/// A candle that is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) key: Key,
    pub(super) told: Candle,
    due: Timestamp,
    attempt: u8,
}

/// Those that wait.
#[derive(Debug, Default)]
pub(super) struct SecondLook(VecDeque<Look>);

impl SecondLook {
    /// A candle came from the stream.
    pub(super) fn add(&mut self, key: Key, told: Candle) {
        if key.1.span() >= SHORTEST {
            self.push(Look { key, told, due: told.close_time() + AFTER, attempt: 1 });
        }
    }

    /// No answer came.
    pub(super) fn again(&mut self, look: Look, now: Timestamp) {
        if look.attempt < ATTEMPTS {
            self.push(Look { due: now + AFTER, attempt: look.attempt + 1, ..look });
        }
    }

    fn push(&mut self, look: Look) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(look);
    }

    /// When the next one is to be asked for.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.0.iter().map(|look| look.due).min()
    }

    /// Takes out what is due.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Vec<Look> {
        let (due, later): (Vec<_>, Vec<_>) = self.0.iter().partition(|look| look.due <= now);
        self.0 = later.into();
        due
    }
}

/// Whether two tellings of a candle have the same prices. Volumes decide nothing.
pub(super) fn has_same_prices(one: &Candle, other: &Candle) -> bool {
    let prices = |it: &Candle| (it.open_time(), it.open(), it.high(), it.low(), it.close());
    prices(one) == prices(other)
}

#[cfg(test)]
mod tests {
    use heikin_core::market::Ohlc;
    use heikin_core::num::Money;
    use heikin_core::time::Interval;

    use super::*;

    fn candle(interval: Interval) -> Candle {
        let price = |text: &str| text.parse().unwrap();
        let prices = Ohlc::new(price("1"), price("2"), price("1"), price("2")).unwrap();
        let close = Timestamp::from_millis(interval.span().millis() - 1);
        Candle::new(Timestamp::EPOCH, close, prices, Money::ZERO).unwrap()
    }

    #[test]
    fn a_candle_is_looked_at_three_times_at_most_and_a_short_one_never() {
        let mut looks = SecondLook::default();
        let key = |interval| ("BTCUSDT".parse().unwrap(), interval);
        looks.add(key(Interval::S1), candle(Interval::S1));
        assert_eq!(looks.due(), None);
        looks.add(key(Interval::M1), candle(Interval::M1));
        let mut now = Timestamp::EPOCH;
        for attempt in 1..=3 {
            assert_eq!(looks.take_due(now), [], "not before its time");
            now = looks.due().unwrap();
            let due = looks.take_due(now);
            assert_eq!(due.iter().map(|look| look.attempt).collect::<Vec<_>>(), [attempt]);
            looks.again(due[0], now);
        }
        assert_eq!(looks.due(), None);
    }
}
