//! Time as data. The engine has no clock: every input carries its time.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, as Binance counts them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The beginning of the epoch.
    pub const EPOCH: Self = Self(0);

    /// The time of `millis` since the epoch.
    #[inline]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[inline]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; nothing where it is not after.
    #[inline]
    pub const fn since(self, earlier: Self) -> Span {
        let millis = self.0.saturating_sub(earlier.0);
        Span(if millis > 0 { millis } else { 0 })
    }

    /// The number of whole UTC days since the epoch.
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(Span::DAY.0)
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;

    #[inline]
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;

    #[inline]
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

/// A length of time in milliseconds, never negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(i64);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// A second.
    pub const SECOND: Self = Self(1_000);
    /// A minute.
    pub const MINUTE: Self = Self(60_000);
    /// An hour.
    pub const HOUR: Self = Self(3_600_000);
    /// A day.
    pub const DAY: Self = Self(86_400_000);

    /// The span of `millis`; a negative one is none.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis > 0 { millis } else { 0 })
    }

    /// The span of `seconds`.
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds as i64 * Self::SECOND.0)
    }

    /// Milliseconds.
    #[inline]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This span `count` times.
    pub const fn times(self, count: i64) -> Self {
        Self::from_millis(self.0.saturating_mul(count))
    }

    /// How often `part` fits into this span.
    pub const fn div(self, part: Self) -> i64 {
        if part.0 == 0 { 0 } else { self.0 / part.0 }
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A candle interval of Binance Spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "std::borrow::Cow<'_, str>", into = "&'static str")]
pub enum Interval {
    /// One second.
    S1,
    /// One minute.
    M1,
    /// Three minutes.
    M3,
    /// Five minutes.
    M5,
    /// Fifteen minutes.
    M15,
    /// Thirty minutes.
    M30,
    /// One hour.
    H1,
    /// Two hours.
    H2,
    /// Four hours.
    H4,
    /// Six hours.
    H6,
    /// Eight hours.
    H8,
    /// Twelve hours.
    H12,
    /// One day.
    D1,
    /// Three days.
    D3,
    /// One week.
    W1,
    /// One calendar month.
    Month1,
}

impl Interval {
    /// Every interval, shortest first.
    pub const ALL: [Self; 16] = [
        Self::S1,
        Self::M1,
        Self::M3,
        Self::M5,
        Self::M15,
        Self::M30,
        Self::H1,
        Self::H2,
        Self::H4,
        Self::H6,
        Self::H8,
        Self::H12,
        Self::D1,
        Self::D3,
        Self::W1,
        Self::Month1,
    ];

    /// Binance's name; case matters (`1m` is a minute, `1M` a month).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "1s",
            Self::M1 => "1m",
            Self::M3 => "3m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::M30 => "30m",
            Self::H1 => "1h",
            Self::H2 => "2h",
            Self::H4 => "4h",
            Self::H6 => "6h",
            Self::H8 => "8h",
            Self::H12 => "12h",
            Self::D1 => "1d",
            Self::D3 => "3d",
            Self::W1 => "1w",
            Self::Month1 => "1M",
        }
    }

    /// How long a candle lasts; the longest month for [`Interval::Month1`].
    pub const fn span(self) -> Span {
        match self {
            Self::S1 => Span::SECOND,
            Self::M1 => Span::MINUTE,
            Self::M3 => Span::MINUTE.times(3),
            Self::M5 => Span::MINUTE.times(5),
            Self::M15 => Span::MINUTE.times(15),
            Self::M30 => Span::MINUTE.times(30),
            Self::H1 => Span::HOUR,
            Self::H2 => Span::HOUR.times(2),
            Self::H4 => Span::HOUR.times(4),
            Self::H6 => Span::HOUR.times(6),
            Self::H8 => Span::HOUR.times(8),
            Self::H12 => Span::HOUR.times(12),
            Self::D1 => Span::DAY,
            Self::D3 => Span::DAY.times(3),
            Self::W1 => Span::DAY.times(7),
            Self::Month1 => Span::DAY.times(31),
        }
    }

    /// The interval of a candle that is open from `open` up to and including `close`.
    pub fn of_candle(open: Timestamp, close: Timestamp) -> Option<Self> {
        let length = close.since(open).millis().saturating_add(1);
        let month = Span::DAY.times(28).millis()..=Span::DAY.times(31).millis();
        Self::ALL
            .into_iter()
            .find(|interval| interval.span().millis() == length)
            .or_else(|| month.contains(&length).then_some(Self::Month1))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no candle interval: use one of 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M"
)]
pub struct UnknownInterval(String);

impl FromStr for Interval {
    type Err = UnknownInterval;

    fn from_str(text: &str) -> Result<Self, UnknownInterval> {
        Self::ALL
            .into_iter()
            .find(|interval| interval.as_str() == text)
            .ok_or_else(|| UnknownInterval(text.to_owned()))
    }
}

impl TryFrom<std::borrow::Cow<'_, str>> for Interval {
    type Error = UnknownInterval;

    fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, UnknownInterval> {
        text.parse()
    }
}

impl From<Interval> for &'static str {
    fn from(interval: Interval) -> Self {
        interval.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interval_is_found_by_its_name_and_by_its_length() {
        for interval in Interval::ALL {
            assert_eq!(interval.as_str().parse(), Ok(interval));
            let open = Timestamp::from_millis(1_700_000_000_000);
            let close = open + interval.span() - Span::from_millis(1);
            assert_eq!(Interval::of_candle(open, close), Some(interval));
        }
        assert!("1H".parse::<Interval>().is_err());
        let february = Timestamp::from_millis(28 * 86_400_000 - 1);
        assert_eq!(Interval::of_candle(Timestamp::EPOCH, february), Some(Interval::Month1));
        assert_eq!(Interval::of_candle(Timestamp::EPOCH, Timestamp::from_millis(1)), None);
    }
}
