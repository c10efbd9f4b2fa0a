use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::num::Price;

/// The simple moving average of the last `n` closes, compared in integers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MovingAverage {
    period: NonZeroU16,
    /// The last closes, the oldest at `next` once there are `period` of them.
    closes: Vec<Price>,
    next: usize,
    sum: i128,
}

impl MovingAverage {
    /// The mean of the last `period` closes, none seen yet.
    pub fn new(period: NonZeroU16) -> Self {
        let closes = Vec::with_capacity(usize::from(period.get()));
        Self { period, closes, next: 0, sum: 0 }
    }

    /// Takes in the next close.
    #[inline]
    pub fn update(&mut self, close: Price) {
        self.sum += i128::from(close.units());
        if self.closes.len() < usize::from(self.period.get()) {
            self.closes.push(close);
            return;
        }
        if let Some(oldest) = self.closes.get_mut(self.next) {
            self.sum -= i128::from(oldest.units());
            *oldest = close;
        }
        self.next = (self.next + 1) % self.closes.len();
    }

    /// Whether the mean is strictly below `close`: `close · n > Σ closes`; none before `period`
    /// closes.
    #[inline]
    pub fn is_below(&self, close: Price) -> Option<bool> {
        let period = usize::from(self.period.get());
        (self.closes.len() == period)
            .then(|| i128::from(close.units()) * i128::from(self.period.get()) > self.sum)
    }

    /// The mean, rounded down at the 8th decimal, for display; none before `period` closes.
    pub fn mean(&self) -> Option<Price> {
        let period = usize::from(self.period.get());
        let mean = self.sum / i128::from(self.period.get());
        (self.closes.len() == period)
            .then(|| i64::try_from(mean).ok().and_then(Price::from_units))
            .flatten()
    }

    /// The closes, oldest first.
    pub fn closes(&self) -> impl Iterator<Item = Price> {
        let is_full = self.closes.len() == usize::from(self.period.get());
        let oldest = if is_full { self.next } else { 0 };
        let (newer, older) = self.closes.split_at(oldest.min(self.closes.len()));
        older.iter().chain(newer).copied()
    }

    /// How many closes are averaged.
    pub const fn period(&self) -> NonZeroU16 {
        self.period
    }
}
