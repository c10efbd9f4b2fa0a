use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How fast the market goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speed {
    /// So many candles per second.
    PerSecond(NonZeroU32),
    /// As fast as possible.
    Max,
}

/// The speeds that the keys `+` and `-` go through.
const STEPS: [u32; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// Above this a number is taken for a slip; `max` says it better.
const MOST: u32 = 10_000;

impl Speed {
    /// How long a candle takes.
    pub(super) fn period(self) -> Duration {
        match self {
            Self::PerSecond(count) => Duration::from_secs(1) / count.get(),
            Self::Max => Duration::ZERO,
        }
    }

    /// The next step up.
    pub(super) fn faster(self) -> Self {
        let Self::PerSecond(count) = self else { return Self::Max };
        STEPS.into_iter().find(|step| *step > count.get()).map_or(Self::Max, Self::per_second)
    }

    /// The next step down.
    pub(super) fn slower(self) -> Self {
        let count = match self {
            Self::PerSecond(count) => count.get(),
            Self::Max => u32::MAX,
        };
        let slower = STEPS.into_iter().rev().find(|step| *step < count);
        slower.map_or(self, Self::per_second)
    }

    fn per_second(count: u32) -> Self {
        NonZeroU32::new(count).map_or(Self::Max, Self::PerSecond)
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let count: Option<NonZeroU32> =
            text.parse().ok().filter(|count: &NonZeroU32| count.get() <= MOST);
        count.map(Self::PerSecond).ok_or_else(|| {
            format!("give candles per second, a whole number from 1 to {MOST}, or `max`")
        })
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PerSecond(count) => write!(f, "{count}/s"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// Says when the next candle is due. It paces what is shown and decides nothing.
#[derive(Debug)]
pub(super) struct Metronome {
    period: Duration,
    due: Instant,
}

impl Metronome {
    /// The first candle is due at once.
    pub(super) fn new(speed: Speed) -> Self {
        Self { period: speed.period(), due: now() }
    }

    /// Changes the speed; the next candle comes one period from now.
    pub(super) fn set(&mut self, speed: Speed) {
        self.period = speed.period();
        self.due = now() + self.period;
    }

    /// How long to wait for the next candle; nothing when it is due.
    pub(super) fn wait(&self) -> Duration {
        self.due.saturating_duration_since(now())
    }

    /// The candle that was due is out. What was missed by more than a candle is not made up for.
    pub(super) fn tick(&mut self) {
        self.due = (self.due + self.period).max(now());
    }
}

#[expect(clippy::disallowed_methods, reason = "it paces what is shown, and decides nothing")]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_and_stepped_through() {
        let read = |text: &str| text.parse::<Speed>();
        assert_eq!(read("max"), Ok(Speed::Max));
        assert_eq!(read("8").unwrap().to_string(), "8/s");
        for bad in ["", "0", "-1", "1.5", "fast", "10001", "99999999999"] {
            assert!(read(bad).unwrap_err().contains("`max`"), "{bad}");
        }
        let mut speed = read("1").unwrap();
        assert_eq!(speed.slower(), speed);
        for _ in STEPS {
            speed = speed.faster();
        }
        assert_eq!(speed, Speed::Max);
        assert_eq!(speed.faster(), Speed::Max);
        assert_eq!(speed.slower().to_string(), "128/s");
        assert_eq!(read("5").unwrap().slower().to_string(), "4/s");
    }
}
