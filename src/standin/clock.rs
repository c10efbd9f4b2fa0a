//! A stand-in's clock: that of the wall, or faster, or standing still, or moved on.

use std::time::Instant;

use heikin_core::time::{Span, Timestamp};
use serde::Deserialize;

/// No faster than this: a year in five minutes.
const FASTEST: u32 = 100_000;

/// What `POST /standin/clock` asks for. What is absent stays as it is.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockRequest {
    /// So many seconds pass in a real one; 0 holds the clock.
    pub speed: Option<u32>,
    /// It moves on by so many seconds at once.
    pub advance_seconds: Option<u32>,
    /// It is set to this time, in milliseconds since 1970; backwards too.
    pub set_millis: Option<i64>,
}

/// Time as a stand-in has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    anchor: Instant,
    at: Timestamp,
    speed: u32,
}

impl Clock {
    /// A clock that begins at the time on the wall.
    #[expect(clippy::disallowed_methods, reason = "a service is a clock; its clients read it")]
    pub(super) fn new(speed: u32) -> Self {
        let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = passed.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX));
        let at = Timestamp::from_millis(millis);
        Self { anchor: Instant::now(), at, speed: speed.min(FASTEST) }
    }

    pub(super) fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.anchor.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.at + Span::from_millis(passed).times(i64::from(self.speed))
    }

    /// How many seconds of it pass in a real one.
    pub(super) fn speed(&self) -> u32 {
        self.speed
    }

    /// In how much real time this clock shows `at`; none where it stands still.
    pub(super) fn until(&self, at: Timestamp) -> Option<std::time::Duration> {
        let left = u64::try_from(at.since(self.now()).millis()).unwrap_or(0);
        // Rounded up: whoever wakes then must not be early.
        let speed = u64::from(self.speed);
        (speed > 0).then(|| std::time::Duration::from_millis(left.div_ceil(speed)))
    }

    #[expect(clippy::disallowed_methods, reason = "a service is a clock; its clients read it")]
    pub(super) fn change(&mut self, request: ClockRequest) -> Result<(), String> {
        if request.speed.is_some_and(|speed| speed > FASTEST) {
            return Err(format!("speed is {FASTEST} at most"));
        }
        let now = request.set_millis.map_or_else(|| self.now(), Timestamp::from_millis);
        self.at = now + Span::from_secs(request.advance_seconds.unwrap_or(0));
        self.anchor = Instant::now();
        self.speed = request.speed.unwrap_or(self.speed);
        Ok(())
    }
}

/// Whole seconds since 1970, as both services write their times.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_stands_and_is_moved() {
        let mut clock = Clock::new(0);
        let before = clock.now();
        assert_eq!(clock.now(), before);
        assert_eq!(clock.until(before + Span::from_secs(1)), None);
        clock.change(ClockRequest { advance_seconds: Some(90), ..Default::default() }).unwrap();
        assert_eq!(clock.now().since(before), Span::from_secs(90));
        clock.change(ClockRequest { set_millis: Some(5), ..Default::default() }).unwrap();
        assert_eq!(clock.now(), Timestamp::from_millis(5));
    }

    #[test]
    fn a_hurried_clock_tells_how_long_a_wait_really_is() {
        let clock = Clock::new(1_000);
        let wait = clock.until(clock.now() + Span::from_secs(60)).unwrap();
        assert!(wait <= std::time::Duration::from_millis(60), "{wait:?}");
        let mut clock = clock;
        let too_fast = ClockRequest { speed: Some(FASTEST + 1), ..Default::default() };
        assert!(clock.change(too_fast).is_err());
    }
}
