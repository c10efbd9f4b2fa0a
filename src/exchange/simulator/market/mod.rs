//! A market made up from a seed, which looks like a real one on a chart.
//!
//! [`Market`] yields one-minute candles without end, each with the points of its path;
//! [`Series`] makes candles of a longer interval of them. The same settings give the same candles on
//! every platform: there is no floating point in here, and chance is ChaCha8.
//!
//! # The model
//!
//! - *Regimes.* The market is in one [`Regime`] at a time, and moves on by a table of weights: a
//!   Markov-switching drift and volatility (Hamilton 1989). Where the price is far from where it
//!   began, the weights lean towards the way back, so that the series goes on for ever.
//! - *Returns.* Within a regime the logarithmic price follows a drift and shocks whose variance is
//!   GARCH(1,1) around the regime's own (Bollerslev 1986): calm and storm come in clusters, and
//!   returns over longer times have fat tails. In a range the price is drawn to where it began.
//! - *Gaps.* A gap begins with one jump at an open (Merton 1976); everything else is continuous, one
//!   candle's close being the next one's open.
//! - *Volume* rises with the size of the return, and is noisy (Cont 2001, "Empirical properties of
//!   asset returns", which lists what a series must show to look real).
//!
//! Left out: the day and the week, an order book, other markets. The usual volatility is that of a
//! large coin (about 55 % a year). What a strategy earns here says nothing about a real market.

mod chance;
mod regime;
mod series;

#[cfg(test)]
mod tests;

use heikin_core::market::{Candle, Ohlc};
use heikin_core::matching::PathPoint;
use heikin_core::num::{Price, Quantity};
use heikin_core::time::{Interval, Span, Timestamp};

use self::chance::Chance;
pub use self::regime::Regime;
use self::regime::{Lean, Next};
pub use self::series::{Series, SeriesCandle, UnsupportedInterval};

/// How many moves a minute has.
pub const MOVES: usize = 8;

/// One, in the unit of returns: 1e-9.
const ONE: i64 = 1_000_000_000;
/// The usual standard deviation of a minute's return: 0.55 / √(minutes of a year).
const MINUTE_DEVIATION: i64 = 760_000;
/// The price never leaves the range from its first one divided by this to that times this. Nearly
/// never reached: the regimes turn back before.
const BOUND: i64 = 16;
/// How strongly a range draws the price to its middle: by this share of the way in a candle of the
/// pace, in percent.
const RANGE_PULL: i64 = 12;

/// What decides every candle of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketSettings {
    /// Where all chance comes from.
    pub seed: u64,
    /// When the first candle opens: the beginning of a minute.
    pub start: Timestamp,
    /// The first price.
    pub price: Price,
    /// The price grid.
    pub tick: Price,
    /// What is traded in a usual minute.
    pub volume: Quantity,
    /// The grid of quantities.
    pub step: Quantity,
    /// The interval on which the regimes are to be seen: they last some tens of its candles, and
    /// their drift is in proportion to its candles.
    pub pace: Interval,
}

/// One minute of the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minute {
    /// The candle.
    pub candle: Candle,
    /// The regime it belongs to.
    pub regime: Regime,
    /// Where the price was at the open and after each move; candle and path agree.
    pub path: [PathPoint; MOVES + 1],
}

/// The market of one symbol: an iterator that does not end.
#[derive(Debug, Clone)]
pub struct Market {
    settings: MarketSettings,
    chance: Chance,
    /// In units of 1e-8 and not on the grid: rounding must not hold small returns back.
    price: i64,
    open_time: Timestamp,
    regime: Regime,
    minutes_left: i64,
    /// The middle of a range.
    middle: i64,
    /// Of a minute's return.
    variance: i64,
    /// The jump at the next open.
    jump: i64,
}

impl Market {
    /// A market at its first open.
    pub fn new(settings: &MarketSettings) -> Self {
        let price = settings.price.units();
        Self {
            settings: *settings,
            chance: Chance::new(settings.seed),
            price,
            open_time: settings.start,
            regime: Regime::Range,
            minutes_left: Regime::Range.candles() * minutes(settings.pace),
            middle: price,
            variance: Regime::Range.variance(),
            jump: 0,
        }
    }

    /// The next minute.
    pub fn next_minute(&mut self) -> Minute {
        if self.minutes_left == 0 {
            self.turn();
        }
        self.minutes_left -= 1;
        let jump = std::mem::take(&mut self.jump);
        self.go(jump);
        let before = self.price;
        let drift = self.drift();
        let deviation = (self.variance / PARTS).isqrt();
        let open_time = self.open_time;
        let close_time = open_time + Span::from_millis(Interval::M1.span().millis() - 1);
        let mut path = [PathPoint { price: self.on_grid(), at: open_time }; MOVES + 1];
        for (moves, point) in (1..).zip(path.iter_mut().skip(1)) {
            let shock = self.chance.shock(deviation);
            self.go(drift / PARTS + shock);
            let at = open_time + Span::from_millis(Interval::M1.span().millis() * moves / PARTS);
            *point = PathPoint { price: self.on_grid(), at: at.min(close_time) };
        }
        let total = ratio(self.price - before, before);
        self.stir(total - drift);
        self.open_time = open_time + Interval::M1.span();
        Minute { candle: self.candle(&path, total), regime: self.regime, path }
    }

    /// The next regime begins.
    fn turn(&mut self) {
        let lean = Lean::of(self.price, self.settings.price.units());
        let Next { regime, candles, gap } = self.regime.next(lean, &mut self.chance);
        self.regime = regime;
        self.minutes_left = candles * minutes(self.settings.pace);
        self.middle = self.price;
        self.variance = regime.variance();
        self.jump = gap * self.candle_deviation() / 100;
    }

    /// The usual standard deviation of the return of a candle of the pace.
    fn candle_deviation(&self) -> i64 {
        MINUTE_DEVIATION * root(minutes(self.settings.pace)) / 1_000
    }

    /// What a minute's return is expected to be.
    fn drift(&self) -> i64 {
        if self.regime == Regime::Range {
            let away = ratio(self.price - self.middle, self.middle);
            return -away * RANGE_PULL / 100 / minutes(self.settings.pace);
        }
        // A candle's drift is a share of its deviation, which grows with the root of its length.
        self.regime.drift() * self.candle_deviation() / minutes(self.settings.pace) / 100
    }

    /// GARCH(1,1): the next minute's variance, from this one's shock.
    fn stir(&mut self, shock: i64) {
        let usual = self.regime.variance();
        let square = shock.saturating_mul(shock).min(usual.saturating_mul(64));
        self.variance = (usual / 100 * 2) + (self.variance / 100 * 90) + (square / 100 * 8);
    }

    fn go(&mut self, change: i64) {
        let first = self.settings.price.units();
        let moved = i128::from(self.price) * i128::from(ONE + change) / i128::from(ONE);
        let bounds = (first / BOUND, first.saturating_mul(BOUND));
        self.price = i64::try_from(moved).unwrap_or(bounds.1).clamp(bounds.0, bounds.1);
    }

    fn on_grid(&self) -> Price {
        let tick = self.settings.tick;
        Price::from_units(self.price).and_then(|price| price.floor_to(tick)).unwrap_or(tick)
    }

    #[expect(clippy::expect_used, reason = "the extremes of a path contain its ends")]
    fn candle(&mut self, path: &[PathPoint; MOVES + 1], change: i64) -> Candle {
        let [first, .., last] = path;
        let high = path.iter().map(|point| point.price).max().unwrap_or(first.price);
        let low = path.iter().map(|point| point.price).min().unwrap_or(first.price);
        let volume = self.volume(change).to_money();
        Ohlc::new(first.price, high, low, last.price)
            .and_then(|prices| Candle::new(first.at, last.at, prices, volume))
            .expect("the prices of a path make a candle")
    }

    fn volume(&mut self, change: i64) -> Quantity {
        let agitation = 50 + 60 * change.abs() / MINUTE_DEVIATION;
        let noise = self.chance.between(25, 175);
        let units = i128::from(self.settings.volume.units()) * i128::from(agitation * noise);
        let units = i64::try_from(units / 10_000).unwrap_or(i64::MAX);
        Quantity::from_units(units).unwrap_or_default().floor_to(self.settings.step)
    }
}

impl Iterator for Market {
    type Item = Minute;

    fn next(&mut self) -> Option<Minute> {
        Some(self.next_minute())
    }
}

/// [`MOVES`], to reckon with.
#[expect(clippy::cast_possible_wrap, reason = "a small number")]
const PARTS: i64 = MOVES as i64;

/// How many minutes an interval has; a second counts as one.
const fn minutes(interval: Interval) -> i64 {
    let minutes = interval.span().div(Interval::M1.span());
    if minutes > 0 { minutes } else { 1 }
}

/// The square root in thousandths.
const fn root(number: i64) -> i64 {
    (number * 1_000_000).isqrt()
}

/// `part / whole` in the unit of returns.
fn ratio(part: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(part) * i128::from(ONE) / i128::from(whole.max(1))).unwrap_or(0)
}
