//! When the provider is asked, for those whom no webhook reaches.

use heikin_core::time::{Span, Timestamp};

/// A payment may still be captured so long after its link's end (late authorisation).
pub const LATE: Span = Span::DAY.times(3);

/// When a link is looked at next: 1, 5 and 15 minutes after it was asked for, then hourly until
/// [`LATE`] after its end. `looked` is the last look. What was missed is made up for by one look.
/// None once it was looked at after all that.
pub fn next_look(
    asked: Timestamp,
    expires: Timestamp,
    looked: Option<Timestamp>,
) -> Option<Timestamp> {
    let last = expires + LATE;
    let looked = looked.unwrap_or(asked).max(asked);
    if looked >= last {
        return None;
    }
    let first = [1, 5, 15].map(|minutes| asked + Span::MINUTE.times(minutes));
    let early = first.into_iter().find(|moment| *moment > looked);
    let next = early.unwrap_or_else(|| {
        let [.., hourly_from] = first;
        let hours = looked.since(hourly_from).div(Span::HOUR) + 1;
        hourly_from + Span::HOUR.times(hours)
    });
    Some(next.min(last))
}

/// When payments are looked at next, for refunds and disputes that no webhook told of: daily, all of
/// a person's at the time of day of the first one. `looked` is the last look, or the payment itself.
pub fn next_payment_look(first: Timestamp, looked: Timestamp) -> Timestamp {
    first + Span::DAY.times(looked.since(first).div(Span::DAY) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_looked_at_often_at_first_then_hourly_and_not_for_ever() {
        let asked = Timestamp::from_millis(1_700_000_000_000);
        let expires = asked + Span::DAY;
        let mut minutes = Vec::new();
        let mut looked = None;
        while let Some(next) = next_look(asked, expires, looked) {
            assert!(looked.is_none_or(|looked| next > looked));
            minutes.push(next.since(asked).div(Span::MINUTE));
            looked = Some(next);
        }
        assert_eq!(minutes[..5], [1, 5, 15, 75, 135]);
        assert_eq!(minutes.last(), Some(&(4 * 1_440)));
        assert!(minutes.windows(2).all(|pair| pair[1] - pair[0] <= 60));
        // After a month away one look is due, and it is the last.
        let month = asked + Span::DAY.times(30);
        assert!(next_look(asked, expires, Some(asked + Span::HOUR)).unwrap() < month);
        assert_eq!(next_look(asked, expires, Some(month)), None);
        // A clock set back asks no more often.
        assert_eq!(next_look(asked, expires, Some(asked - Span::DAY)), Some(asked + Span::MINUTE));
    }
}
