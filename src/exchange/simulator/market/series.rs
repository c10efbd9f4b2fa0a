use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::Money;
use heikin_core::time::{Interval, Span};

use super::{Market, MarketSettings, Regime, minutes};

/// The candles of one interval, made of a market's minutes. The first opens where the market starts.
#[derive(Debug, Clone)]
pub struct Series {
    market: Market,
    interval: Interval,
    /// The minutes of the present candle, and no others.
    minutes: Vec<Candle>,
}

/// A candle of a series.
#[derive(Debug, Clone, Copy)]
pub struct SeriesCandle<'a> {
    /// The candle.
    pub candle: Candle,
    /// The minutes it is made of.
    pub minutes: &'a [Candle],
    /// The regime of its last minute.
    pub regime: Regime,
}

/// An interval that is not a fixed number of minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the simulated market has no candles of {0}: use one from 1m to 1w")]
pub struct UnsupportedInterval(pub Interval);

impl Series {
    /// The candles of `interval` of a new market.
    pub fn new(settings: &MarketSettings, interval: Interval) -> Result<Self, UnsupportedInterval> {
        match interval {
            Interval::S1 | Interval::Month1 => Err(UnsupportedInterval(interval)),
            _ => Ok(Self { market: Market::new(settings), interval, minutes: Vec::new() }),
        }
    }

    /// Their interval.
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The next candle.
    pub fn next_candle(&mut self) -> SeriesCandle<'_> {
        self.minutes.clear();
        let first = self.market.next_minute();
        self.minutes.push(first.candle);
        let mut regime = first.regime;
        for _ in 1..minutes(self.interval) {
            let minute = self.market.next_minute();
            self.minutes.push(minute.candle);
            regime = minute.regime;
        }
        let candle = merge(first.candle, &self.minutes, self.interval);
        SeriesCandle { candle, minutes: &self.minutes, regime }
    }
}

#[expect(clippy::expect_used, reason = "the extremes of the parts contain every part")]
fn merge(first: Candle, minutes: &[Candle], interval: Interval) -> Candle {
    let last = minutes.last().unwrap_or(&first);
    let high = minutes.iter().map(Candle::high).max().unwrap_or(first.high());
    let low = minutes.iter().map(Candle::low).min().unwrap_or(first.low());
    let volume: Money = minutes.iter().map(Candle::volume).sum();
    let close_time = first.open_time() + interval.span() - Span::from_millis(1);
    Ohlc::new(first.open(), high, low, last.close())
        .and_then(|prices| Candle::new(first.open_time(), close_time, prices, volume))
        .expect("candles in a row make a candle")
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    /// A market keeps a number of fields, a series one candle's minutes: neither grows.
    #[test]
    fn a_series_keeps_one_candle_only() {
        let mut series = Series::new(&settings(7, Interval::M1), Interval::M5).unwrap();
        for _ in 0..10_000 {
            series.next_candle();
        }
        assert_eq!(series.minutes.len(), 5);
        assert!(series.minutes.capacity() <= 8);
    }
}
