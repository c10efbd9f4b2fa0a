//! Where the price of a symbol comes from: candles, each walked along its path, and the longer
//! candles made of them.

use std::vec::IntoIter;

use heikin_core::market::{Candle, Ohlc};
use heikin_core::matching::{PathPoint, path_of};
use heikin_core::num::{Money, Price};
use heikin_core::time::{Interval, Span, Timestamp};
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ToSpan};

use super::market::{MarketSettings, Series};
use super::settings::CandleSource;

/// At most so many closed candles are kept: of one minute, nearly two years.
const MOST_CANDLES: usize = 1_000_000;

/// The candles of one symbol: those that closed, and the one that the price is in.
#[derive(Debug)]
pub(super) struct Feed {
    upcoming: Upcoming,
    /// Of the candles that it is made of.
    pub(super) interval: Interval,
    closed: Vec<Candle>,
    current: Option<Current>,
}

#[derive(Debug)]
enum Upcoming {
    Given(IntoIter<Candle>),
    Generated(Box<Series>),
}

/// A candle that the price is in, or comes to next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Current {
    pub(super) candle: Candle,
    path: [PathPoint; 4],
    /// The next point of the path; all before it are reached.
    next: usize,
    extremes: (Price, Price),
}

impl Current {
    fn new(candle: Candle) -> Self {
        let extremes = (candle.open(), candle.open());
        Self { candle, path: path_of(&candle), next: 0, extremes }
    }

    /// Where the price goes next.
    pub(super) fn target(&self) -> Option<PathPoint> {
        self.path.get(self.next).copied()
    }

    /// Whether the next point is the open, to which the price jumps.
    pub(super) const fn opens(&self) -> bool {
        self.next == 0
    }

    /// Where the price is at `now` on the straight line to the next point; none before the open.
    pub(super) fn price_at(&self, now: Timestamp, tick: Price) -> Option<Price> {
        let from = self.path.get(self.next.checked_sub(1)?)?;
        let to = self.path.get(self.next)?;
        let (whole, part) = (to.at.since(from.at).millis(), now.since(from.at).millis());
        if whole == 0 {
            return None;
        }
        let (a, b) = (i128::from(from.price.units()), i128::from(to.price.units()));
        let units = a + (b - a) * i128::from(part.min(whole)) / i128::from(whole);
        i64::try_from(units).ok().and_then(Price::from_units)?.floor_to(tick)
    }

    /// The price was here.
    pub(super) fn see(&mut self, price: Price) {
        self.extremes = (self.extremes.0.min(price), self.extremes.1.max(price));
    }

    /// The candle as far as it has come; none before its open.
    fn so_far(&self, price: Price) -> Option<Candle> {
        if self.opens() {
            return None;
        }
        let (low, high) = self.extremes;
        let quarter = self.candle.volume().units() / 4;
        let legs = i128::try_from(self.next).unwrap_or(0);
        let prices = Ohlc::new(self.candle.open(), high, low, price).ok()?;
        let (open, close) = (self.candle.open_time(), self.candle.close_time());
        Candle::new(open, close, prices, Money::from_units(quarter * legs)).ok()
    }
}

impl Feed {
    /// The candles of a source; its history has closed.
    pub(super) fn new(source: CandleSource) -> Self {
        let (mut upcoming, history) = match source {
            CandleSource::Given { candles, history } => {
                (Upcoming::Given(candles.into_iter()), history)
            }
            CandleSource::Generated { settings, interval, history } => {
                (Upcoming::generated(&settings, interval), history)
            }
        };
        let closed: Vec<_> = (0..history).map_while(|_| upcoming.next()).collect();
        let current = upcoming.next().map(Current::new);
        let first = closed.first().copied().or(current.map(|it| it.candle));
        let interval = first.and_then(|it| Interval::of_candle(it.open_time(), it.close_time()));
        Self { upcoming, interval: interval.unwrap_or(Interval::M1), closed, current }
    }

    pub(super) const fn current(&self) -> Option<&Current> {
        self.current.as_ref()
    }

    pub(super) const fn current_mut(&mut self) -> Option<&mut Current> {
        self.current.as_mut()
    }

    /// The last candle that closed.
    pub(super) fn last_closed(&self) -> Option<&Candle> {
        self.closed.last()
    }

    /// The newest closed candle closed at its high, or at its low where it did that already.
    pub(super) fn correct_newest(&mut self) -> Result<(), String> {
        let candle = self.closed.last_mut().ok_or("no candle has closed")?;
        let close = if candle.close() == candle.high() { candle.low() } else { candle.high() };
        let prices = Ohlc::new(candle.open(), candle.high(), candle.low(), close);
        let corrected = prices.and_then(|prices| {
            Candle::new(candle.open_time(), candle.close_time(), prices, candle.volume())
        });
        *candle = corrected.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// How many candles are left to walk along; none where there is no end of them.
    pub(super) fn candles_left(&self) -> Option<usize> {
        match &self.upcoming {
            Upcoming::Given(candles) => Some(candles.len() + usize::from(self.current.is_some())),
            Upcoming::Generated(_) => None,
        }
    }

    /// The next point of the path is reached. Returns the candle where that closes it.
    pub(super) fn reach(&mut self) -> Option<Candle> {
        let current = self.current.as_mut()?;
        current.next += 1;
        if current.target().is_some() {
            return None;
        }
        let candle = current.candle;
        if self.closed.len() >= MOST_CANDLES {
            self.closed.drain(..MOST_CANDLES / 2);
        }
        self.closed.push(candle);
        self.current = self.upcoming.next().map(Current::new);
        Some(candle)
    }

    /// Whether candles of `interval` can be made of these.
    pub(super) fn serves(&self, interval: Interval) -> bool {
        interval == self.interval
            || (interval.span() > self.interval.span()
                && (interval == Interval::Month1
                    || interval.span().millis() % self.interval.span().millis() == 0))
    }

    /// Candles of `interval`, the one that is open as the last, in order. From `start` on, or the
    /// newest up to `end`; at most `limit`.
    pub(super) fn klines(
        &self,
        interval: Interval,
        (start, end): (Option<Timestamp>, Option<Timestamp>),
        limit: usize,
        price: Option<Price>,
    ) -> Vec<Candle> {
        let opens = |candle: &Candle| self.bucket(interval, candle).0;
        let closed = self.closed.as_slice();
        let until = end.map_or(closed.len(), |end| closed.partition_point(|it| opens(it) <= end));
        let each = usize::try_from(interval.span().div(self.interval.span())).unwrap_or(1).max(1);
        let from = match start {
            Some(start) => closed.partition_point(|it| opens(it) < start),
            // One more, of which only a part is inside.
            None => until.saturating_sub((limit + 1).saturating_mul(each)),
        };
        let open = self.current.and_then(|current| current.so_far(price?));
        let open = open.filter(|it| {
            end.is_none_or(|end| opens(it) <= end) && start.is_none_or(|start| opens(it) >= start)
        });
        let mut rows: Vec<Candle> = Vec::new();
        for candle in closed.get(from..until).unwrap_or_default().iter().chain(&open) {
            let (open_time, _) = self.bucket(interval, candle);
            let is_next = rows.last().is_none_or(|row| row.open_time() != open_time);
            if is_next && start.is_some() && rows.len() == limit {
                break;
            }
            match rows.last_mut().filter(|row| row.open_time() == open_time) {
                Some(row) => *row = merged(row, candle),
                None => rows.push(self.begun(interval, candle)),
            }
        }
        if start.is_none() {
            rows.drain(..rows.len().saturating_sub(limit));
        }
        rows
    }

    /// The candle of `interval` that the price is in, or that it closed last.
    pub(super) fn newest(&self, interval: Interval, price: Option<Price>) -> Option<Candle> {
        self.klines(interval, (None, None), 1, price).pop()
    }

    /// The opening and the closing time of the candle of `interval` that this one lies in.
    fn bucket(&self, interval: Interval, candle: &Candle) -> (Timestamp, Timestamp) {
        if interval == self.interval {
            return (candle.open_time(), candle.close_time());
        }
        let time = candle.open_time();
        if interval == Interval::Month1 {
            return month_of(time).unwrap_or((time, candle.close_time()));
        }
        let span = interval.span().millis();
        // Weeks begin on Mondays; the epoch was a Thursday.
        let shift = if interval == Interval::W1 { Span::DAY.times(4).millis() } else { 0 };
        let open = (time.millis() - shift).div_euclid(span) * span + shift;
        (Timestamp::from_millis(open), Timestamp::from_millis(open + span - 1))
    }

    /// The first part of a longer candle.
    fn begun(&self, interval: Interval, candle: &Candle) -> Candle {
        let (open_time, close_time) = self.bucket(interval, candle);
        let prices = Ohlc::new(candle.open(), candle.high(), candle.low(), candle.close());
        let whole =
            prices.and_then(|prices| Candle::new(open_time, close_time, prices, candle.volume()));
        whole.unwrap_or(*candle)
    }
}

impl Upcoming {
    fn generated(settings: &MarketSettings, interval: Interval) -> Self {
        let series =
            Series::new(settings, interval).or_else(|_| Series::new(settings, Interval::M1));
        series.map_or_else(
            |_| Self::Given(Vec::new().into_iter()),
            |series| Self::Generated(Box::new(series)),
        )
    }

    fn next(&mut self) -> Option<Candle> {
        match self {
            Self::Given(candles) => candles.next(),
            Self::Generated(series) => Some(series.next_candle().candle),
        }
    }
}

/// A longer candle, with one more that lies in it.
fn merged(row: &Candle, candle: &Candle) -> Candle {
    let (high, low) = (row.high().max(candle.high()), row.low().min(candle.low()));
    Ohlc::new(row.open(), high, low, candle.close())
        .and_then(|prices| {
            let volume = row.volume() + candle.volume();
            Candle::new(row.open_time(), row.close_time(), prices, volume)
        })
        .unwrap_or(*row)
}

/// The calendar month (UTC) that a time lies in.
fn month_of(time: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let zoned = Instant::from_millisecond(time.millis()).ok()?.to_zoned(TimeZone::UTC);
    let first = zoned.first_of_month().ok()?.start_of_day().ok()?;
    let next = first.checked_add(1.month()).ok()?;
    let millis = |zoned: &jiff::Zoned| zoned.timestamp().as_millisecond();
    Some((Timestamp::from_millis(millis(&first)), Timestamp::from_millis(millis(&next) - 1)))
}
