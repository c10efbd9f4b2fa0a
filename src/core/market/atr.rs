use serde::{Deserialize, Serialize};

use super::Candle;
use crate::num::{FinePrice, Price, PriceDelta};

/// Wilder's average true range over 14 raw candles (J. W. Wilder, *New Concepts in Technical
/// Trading Systems*, 1978).
///
/// The true range is `max(h − l, |h − c[k−1]|, |l − c[k−1]|)`, that of the first candle `h − l`. The
/// first average is the mean of the first 14 ranges, then `(13 · ATR + TR) / 14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct AverageTrueRange {
    previous_close: Option<Price>,
    average: Average,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Average {
    Summing { sum: FinePrice, count: u8 },
    Ready(FinePrice),
}

impl Default for Average {
    fn default() -> Self {
        Self::Summing { sum: FinePrice::from_delta(PriceDelta::ZERO), count: 0 }
    }
}

impl AverageTrueRange {
    /// The number of candles averaged.
    pub const PERIOD: u8 = 14;

    /// Takes in the next closed candle.
    #[inline]
    pub fn update(&mut self, candle: &Candle) {
        let mut range = candle.high().distance(candle.low());
        if let Some(previous) = self.previous_close {
            let up = candle.high().distance(previous);
            let down = candle.low().distance(previous);
            range = range.max(up).max(down);
        }
        self.previous_close = Some(candle.close());
        let range = FinePrice::from_delta(range);
        self.average = match self.average {
            Average::Ready(average) => Average::Ready(average.wilder_14(range)),
            Average::Summing { sum, count } if count + 1 == Self::PERIOD => {
                Average::Ready(sum.plus(range).fourteenth())
            }
            Average::Summing { sum, count } => {
                Average::Summing { sum: sum.plus(range), count: count + 1 }
            }
        };
    }

    /// The average; none before 14 candles.
    #[inline]
    pub const fn value(&self) -> Option<FinePrice> {
        match self.average {
            Average::Ready(average) => Some(average),
            Average::Summing { .. } => None,
        }
    }
}
