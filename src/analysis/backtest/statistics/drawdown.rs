//! How far a value falls below its highest so far, and for how long.

use heikin_core::time::{Span, Timestamp};

/// A fall below a high, until the high is reached again or the series ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawdown {
    /// How far: `1 − lowest / high`.
    pub depth: f64,
    /// When the high was.
    pub from: Timestamp,
    /// When it was reached again; the end of the series where it was not.
    pub to: Timestamp,
    /// Whether it was reached again.
    pub recovered: bool,
}

impl Drawdown {
    /// How long it took.
    pub fn length(&self) -> Span {
        self.to.since(self.from)
    }
}

/// Follows a value; holds one fall at a time.
#[derive(Debug, Clone)]
pub struct DrawdownTracker {
    high: f64,
    high_at: Timestamp,
    low: f64,
    last_at: Timestamp,
    deepest: Option<Drawdown>,
    longest: Option<Drawdown>,
}

impl DrawdownTracker {
    /// Starts at a value.
    pub const fn starting_at(value: f64, at: Timestamp) -> Self {
        Self { high: value, high_at: at, low: value, last_at: at, deepest: None, longest: None }
    }

    /// The next value.
    #[inline]
    pub fn push(&mut self, value: f64, at: Timestamp) {
        self.last_at = at;
        if value >= self.high {
            if self.low < self.high {
                self.note(Drawdown { recovered: true, ..self.fall() });
            }
            self.high = value;
            self.low = value;
            self.high_at = at;
        } else if value < self.low {
            self.low = value;
        }
    }

    /// How far the last value is below the high.
    pub fn depth_of(&self, value: f64) -> f64 {
        if self.high > 0.0 { 1.0 - value / self.high } else { 0.0 }
    }

    /// The fall so far.
    fn fall(&self) -> Drawdown {
        let depth = self.depth_of(self.low);
        Drawdown { depth, from: self.high_at, to: self.last_at, recovered: false }
    }

    fn note(&mut self, fall: Drawdown) {
        if self.deepest.is_none_or(|other| fall.depth > other.depth) {
            self.deepest = Some(fall);
        }
        if self.longest.is_none_or(|other| fall.length() > other.length()) {
            self.longest = Some(fall);
        }
    }

    /// The deepest and the longest fall; the one that is not over counts up to the last value.
    pub fn result(mut self) -> (Option<Drawdown>, Option<Drawdown>) {
        if self.low < self.high {
            self.note(self.fall());
        }
        (self.deepest, self.longest)
    }
}
