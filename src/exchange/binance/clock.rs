//! How far the exchange's clock is from ours, from round trips of `GET /api/v3/time`.
//!
//! The exchange takes a request only while its stamp is less than one second ahead of its clock and
//! at most `recvWindow` behind it (`rest-api.md`, Timing security), and the deadline after which an
//! unanswered order cannot be taken in any more is counted on its clock. A wrong offset is worse
//! than none, so an uncertain one is refused.

use heikin_core::time::{Span, Timestamp};

/// More uncertain than this, and orders are not sent.
pub const MOST_UNCERTAIN: Span = Span::from_millis(250);

/// An offset older than this has to be measured anew.
pub const OLDEST: Span = Span::from_millis(60_000);

/// One request for the exchange's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrip {
    /// When it was sent, by our clock.
    pub sent: Timestamp,
    /// What the exchange's clock showed.
    pub server: Timestamp,
    /// When the answer was in, by our clock.
    pub received: Timestamp,
}

impl RoundTrip {
    /// How long it took. None where our clock went back meanwhile.
    fn length(self) -> Option<i64> {
        Some(self.received.millis().checked_sub(self.sent.millis())?).filter(|length| *length >= 0)
    }

    /// Exchange less ours, on the assumption that the exchange's clock was read halfway.
    fn offset(self) -> i64 {
        let halfway = self.sent.millis().midpoint(self.received.millis());
        self.server.millis().saturating_sub(halfway)
    }
}

/// How far the exchange's clock is from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// Exchange less ours, in milliseconds.
    millis: i64,
    /// How much that may be off, either way.
    uncertainty: Span,
    /// When it was measured, by our clock.
    measured: Timestamp,
}

/// Why no offset is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Nothing to estimate from.
    #[error("no round trip to the exchange's clock")]
    NoRoundTrip,
    /// Even the shortest round trip was too long.
    #[error("the exchange's clock is known to {} ms only, {} ms are needed", uncertainty.millis(), MOST_UNCERTAIN.millis())]
    TooUncertain {
        /// How much the offset may be off.
        uncertainty: Span,
    },
    /// The round trips contradict each other: one of the clocks jumped between them.
    #[error("the exchange's clock or ours jumped by {jump} ms while it was measured")]
    Jumped {
        /// By how much the shortest differs from the median, in milliseconds.
        jump: i64,
    },
}

impl ClockOffset {
    /// The offset by the shortest of the round trips, checked against their median.
    ///
    /// The exchange's clock was read at some moment of the round trip, so the offset is off by half
    /// of it at most: the shortest one says most. The median notices a clock that was set meanwhile.
    ///
    /// # Errors
    ///
    /// Where it is less certain than [`MOST_UNCERTAIN`].
    pub fn estimate(round_trips: &[RoundTrip]) -> Result<Self, ClockError> {
        let timed = |trip: &RoundTrip| Some((trip.length()?, *trip));
        let mut timed: Vec<_> = round_trips.iter().filter_map(timed).collect();
        timed.sort_by_key(|(length, trip)| (*length, trip.sent));
        let (length, best) = *timed.first().ok_or(ClockError::NoRoundTrip)?;
        // Half a round trip, and one millisecond for the exchange's rounding.
        let uncertainty = Span::from_millis(length / 2 + length % 2 + 1);
        if uncertainty > MOST_UNCERTAIN {
            return Err(ClockError::TooUncertain { uncertainty });
        }
        let mut offsets: Vec<_> =
            timed.iter().map(|(length, trip)| (trip.offset(), *length)).collect();
        offsets.sort_unstable();
        let (median, spread) = offsets.get(offsets.len() / 2).copied().unwrap_or_default();
        let jump = median.saturating_sub(best.offset());
        if jump.abs() > uncertainty.millis() + spread / 2 + 1 {
            return Err(ClockError::Jumped { jump });
        }
        Ok(Self { millis: best.offset(), uncertainty, measured: best.received })
    }

    /// The exchange's time when our clock shows `local`.
    pub fn server_time(&self, local: Timestamp) -> Timestamp {
        Timestamp::from_millis(local.millis().saturating_add(self.millis))
    }

    /// Our time when the exchange's clock shows `server`.
    pub fn local_time(&self, server: Timestamp) -> Timestamp {
        Timestamp::from_millis(server.millis().saturating_sub(self.millis))
    }

    /// Exchange less ours, in milliseconds.
    pub const fn millis(&self) -> i64 {
        self.millis
    }

    /// How much the offset may be off, either way.
    pub const fn uncertainty(&self) -> Span {
        self.uncertainty
    }

    /// Whether it is so old at `local` that orders must wait for a new one.
    pub fn is_stale(&self, local: Timestamp) -> bool {
        local < self.measured || local.since(self.measured) > OLDEST
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trip(sent: i64, server: i64, received: i64) -> RoundTrip {
        let [sent, server, received] = [sent, server, received].map(Timestamp::from_millis);
        RoundTrip { sent, server, received }
    }

    #[test]
    fn the_shortest_round_trip_says_most() {
        let trips = [trip(0, 1_100, 300), trip(1_000, 2_010, 1_020), trip(2_000, 3_080, 2_100)];
        let offset = ClockOffset::estimate(&trips).unwrap();
        assert_eq!((offset.millis(), offset.uncertainty().millis()), (1_000, 11));
        assert_eq!(offset.server_time(Timestamp::from_millis(5)).millis(), 1_005);
        assert_eq!(offset.local_time(Timestamp::from_millis(1_005)).millis(), 5);
        assert!(!offset.is_stale(Timestamp::from_millis(61_020)));
        assert!(offset.is_stale(Timestamp::from_millis(61_021)));
        assert!(offset.is_stale(Timestamp::from_millis(1_019)), "our clock was set back");
    }

    #[test]
    fn what_is_uncertain_is_refused() {
        assert_eq!(ClockOffset::estimate(&[]), Err(ClockError::NoRoundTrip));
        assert_eq!(ClockOffset::estimate(&[trip(10, 0, 0)]), Err(ClockError::NoRoundTrip));
        let uncertainty = Span::from_millis(251);
        let slow = ClockOffset::estimate(&[trip(0, 250, 500)]);
        assert_eq!(slow, Err(ClockError::TooUncertain { uncertainty }));
        let set = [trip(0, 10, 20), trip(100, 5_110, 121), trip(200, 5_210, 222)];
        assert_eq!(ClockOffset::estimate(&set), Err(ClockError::Jumped { jump: 4_999 }));
    }

    proptest! {
        #[test]
        fn the_true_offset_is_within_the_uncertainty(
            offset in -100_000_i64..100_000,
            ways in prop::collection::vec((0_i64..400, 0_i64..400), 1..12),
        ) {
            let trips: Vec<_> = ways
                .iter()
                .zip((0_i64..).step_by(1_000))
                .map(|((to, back), sent)| trip(sent, sent + to + offset, sent + to + back))
                .collect();
            match ClockOffset::estimate(&trips) {
                Ok(estimate) => {
                    let error = (estimate.millis() - offset).abs();
                    prop_assert!(error <= estimate.uncertainty().millis(), "{error}");
                }
                Err(error) => {
                    let is_uncertain = matches!(error, ClockError::TooUncertain { .. });
                    prop_assert!(is_uncertain, "{error}");
                }
            }
        }

        #[test]
        fn no_time_is_too_strange(times in prop::collection::vec(any::<[i64; 3]>(), 0..4)) {
            let trips: Vec<_> = times.iter().map(|[a, b, c]| trip(*a, *b, *c)).collect();
            let _estimate = ClockOffset::estimate(&trips);
        }
    }
}
