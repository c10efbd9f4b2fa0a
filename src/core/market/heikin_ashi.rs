use serde::{Deserialize, Serialize};

use super::Candle;
use crate::num::{FinePrice, Price};

/// A Heikin-Ashi candle: derived, not tradable prices. Its values are unrounded; what goes into an
/// order or a comparison is rounded half to even at the 8th decimal by the methods below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HaCandle {
    /// `(open[k−1] + close[k−1]) / 2`.
    pub open: FinePrice,
    /// `max(h, open, close)`.
    pub high: FinePrice,
    /// `min(l, open, close)`.
    pub low: FinePrice,
    /// `(o + h + l + c) / 4`.
    pub close: FinePrice,
}

impl HaCandle {
    // Each value lies between the lowest and the highest price seen, so each is a price.

    /// The open at 8 decimals.
    #[inline]
    pub fn open(&self) -> Price {
        rounded(self.open)
    }

    /// The high at 8 decimals.
    #[inline]
    pub fn high(&self) -> Price {
        rounded(self.high)
    }

    /// The low at 8 decimals.
    #[inline]
    pub fn low(&self) -> Price {
        rounded(self.low)
    }

    /// The close at 8 decimals.
    #[inline]
    pub fn close(&self) -> Price {
        rounded(self.close)
    }

    /// Whether the candle fell: `close < open`, both at 8 decimals.
    #[inline]
    pub fn is_red(&self) -> bool {
        self.close() < self.open()
    }

    /// Whether the candle rose: `close > open`, both at 8 decimals.
    pub fn is_green(&self) -> bool {
        self.close() > self.open()
    }
}

#[expect(clippy::expect_used, reason = "a mean of prices lies between two prices")]
fn rounded(value: FinePrice) -> Price {
    value.round().expect("a mean of prices is a price")
}

/// The Heikin-Ashi series of a candle series, one closed candle after the other.
///
/// `close = (o + h + l + c) / 4`, `open = (open[k−1] + close[k−1]) / 2`, and the first candle's
/// `open = o` (SPEC 3; other libraries begin with `(o + c) / 2`: the difference halves with every
/// candle). The recursion is not rounded. A gap in the series changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct HeikinAshi {
    previous: Option<(FinePrice, FinePrice)>,
}

impl HeikinAshi {
    /// A series whose first `open` will be the mean of `open` and `close`: the continuation of a
    /// series that ended with these values, or another library's way to begin.
    pub const fn continuing(open: FinePrice, close: FinePrice) -> Self {
        Self { previous: Some((open, close)) }
    }

    /// The Heikin-Ashi candle of the next closed candle.
    #[inline]
    pub fn update(&mut self, candle: &Candle) -> HaCandle {
        let ha = self.peek(candle);
        self.previous = Some((ha.open, ha.close));
        ha
    }

    /// What [`HeikinAshi::update`] would give, for the display of a candle that is still forming.
    #[inline]
    pub fn peek(&self, candle: &Candle) -> HaCandle {
        let close =
            FinePrice::mean_of_four(candle.open(), candle.high(), candle.low(), candle.close());
        let open = match self.previous {
            Some((open, close)) => FinePrice::mean_of_two(open, close),
            None => FinePrice::from_price(candle.open()),
        };
        HaCandle {
            open,
            high: FinePrice::from_price(candle.high()).max(open).max(close),
            low: FinePrice::from_price(candle.low()).min(open).min(close),
            close,
        }
    }
}
