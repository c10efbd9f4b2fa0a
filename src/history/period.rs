//! Months and days of a series, as the archive has them.

use heikin_core::market::Symbol;
use heikin_core::time::{Interval, Span, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A month whose zip the archive does not have is looked for day by day so long after its end: the
/// zip of a month appears on the first Monday of the next one.
const DAYS_OF_A_MISSING_MONTH: Span = Span::DAY.times(15);

/// What is downloaded: candles of one symbol and one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Of which interval.
    pub interval: Interval,
}

impl Series {
    /// What the archive calls the interval: a month is `1mo`, since `1M` and `1m` are the same file on
    /// some disks.
    pub const fn interval_name(&self) -> &'static str {
        match self.interval {
            Interval::Month1 => "1mo",
            other => other.as_str(),
        }
    }

    /// `BTCUSDT-1h`
    pub fn name(&self) -> String {
        format!("{}-{}", self.symbol, self.interval_name())
    }

    /// Whether the archive has days of it, and not months alone.
    pub const fn has_days(&self) -> bool {
        !matches!(self.interval, Interval::D3 | Interval::W1 | Interval::Month1)
    }
}

/// A month or a day, by UTC: the candles that open in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// The month that begins on this day.
    Month(Date),
    /// This day.
    Day(Date),
}

impl Period {
    /// The month that a day is in.
    pub fn month_of(day: Date) -> Self {
        Self::Month(day.first_of_month())
    }

    /// Its first day.
    pub const fn first(self) -> Date {
        match self {
            Self::Month(day) | Self::Day(day) => day,
        }
    }

    /// Its last day.
    pub fn last(self) -> Date {
        match self {
            Self::Month(day) => day.last_of_month(),
            Self::Day(day) => day,
        }
    }

    /// When its first candle opens, at the earliest.
    pub fn opens(self) -> Timestamp {
        midnight(self.first())
    }

    /// When the first candle behind it opens, at the earliest.
    pub fn ends(self) -> Timestamp {
        midnight(self.last()) + Span::DAY
    }

    /// Its days, in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        let last = self.last();
        std::iter::successors(Some(self.first()), |day| day.tomorrow().ok())
            .take_while(move |day| *day <= last)
    }

    /// Whether the archive may have it day by day when it does not have it whole.
    pub(super) fn falls_apart(self, series: Series, now: Timestamp) -> bool {
        matches!(self, Self::Month(_))
            && series.has_days()
            && now < self.ends() + DAYS_OF_A_MISSING_MONTH
    }

    /// `BTCUSDT-1h-2024-01`, `BTCUSDT-1h-2024-01-31`
    pub fn stem(self, series: Series) -> String {
        let date = self.first();
        let (name, year, month) = (series.name(), date.year(), date.month());
        match self {
            Self::Month(_) => format!("{name}-{year:04}-{month:02}"),
            Self::Day(_) => format!("{name}-{year:04}-{month:02}-{:02}", date.day()),
        }
    }

    /// The archive's folder for its kind.
    pub(super) const fn folder(self) -> &'static str {
        match self {
            Self::Month(_) => "monthly",
            Self::Day(_) => "daily",
        }
    }
}

/// What the candles that open from `from` up to and including `to` are made of: whole months where they
/// have ended, days elsewhere. Of series without days, whole months.
pub fn plan(series: Series, (from, to): (Date, Date), now: Timestamp) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut next = Some(from).filter(|from| *from <= to);
    while let Some(day) = next {
        let month = Period::month_of(day);
        let is_whole = day == month.first() && month.last() <= to && month.ends() <= now;
        let period = if is_whole || !series.has_days() { month } else { Period::Day(day) };
        periods.push(period);
        next = period.last().tomorrow().ok().filter(|day| *day <= to);
    }
    periods
}

/// The day, by UTC, that a time is in.
pub fn day_of(at: Timestamp) -> Date {
    jiff::Timestamp::from_millisecond(at.millis())
        .map_or(Date::MAX, |at| at.to_zoned(TimeZone::UTC).date())
}

/// When a day begins, by UTC.
fn midnight(day: Date) -> Timestamp {
    let zoned = day.to_zoned(TimeZone::UTC);
    zoned.map_or(Timestamp::from_millis(i64::MAX), |zoned| {
        Timestamp::from_millis(zoned.timestamp().as_millisecond())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(interval: &str) -> Series {
        Series { symbol: "BTCUSDT".parse().unwrap(), interval: interval.parse().unwrap() }
    }

    fn stems(interval: &str, from: &str, to: &str, now: &str) -> Vec<String> {
        let series = series(interval);
        let now: jiff::Timestamp = now.parse().unwrap();
        let now = Timestamp::from_millis(now.as_millisecond());
        plan(series, (from.parse().unwrap(), to.parse().unwrap()), now)
            .into_iter()
            .map(|period| period.stem(series))
            .collect()
    }

    #[test]
    fn a_span_is_whole_months_and_the_days_at_its_ends() {
        let now = "2024-06-01T00:00:00Z";
        assert_eq!(
            stems("1h", "2024-01-30", "2024-04-02", now),
            [
                "BTCUSDT-1h-2024-01-30",
                "BTCUSDT-1h-2024-01-31",
                "BTCUSDT-1h-2024-02",
                "BTCUSDT-1h-2024-03",
                "BTCUSDT-1h-2024-04-01",
                "BTCUSDT-1h-2024-04-02",
            ]
        );
        assert_eq!(stems("1h", "2024-02-01", "2024-02-29", now), ["BTCUSDT-1h-2024-02"]);
        assert!(stems("1h", "2024-02-02", "2024-02-01", now).is_empty());
    }

    #[test]
    fn a_month_that_has_not_ended_is_its_days_so_far() {
        let now = "2024-02-02T12:00:00Z";
        let days = ["BTCUSDT-1m-2024-02-01", "BTCUSDT-1m-2024-02-02"];
        assert_eq!(stems("1m", "2024-02-01", "2024-02-02", now), days);
        // Its last day is not over either.
        assert_eq!(stems("1d", "2024-02-01", "2024-02-29", "2024-02-29T23:59:59Z").len(), 29);
        assert_eq!(stems("1d", "2024-02-01", "2024-02-29", "2024-03-01T00:00:00Z").len(), 1);
    }

    #[test]
    fn series_without_days_are_whole_months() {
        let found = stems("1w", "2024-01-15", "2024-02-02", "2024-02-02T12:00:00Z");
        assert_eq!(found, ["BTCUSDT-1w-2024-01", "BTCUSDT-1w-2024-02"]);
        let found = stems("1M", "2024-01-15", "2024-01-15", "2024-02-02T12:00:00Z");
        assert_eq!(found, ["BTCUSDT-1mo-2024-01"]);
    }

    #[test]
    fn a_day_ends_where_the_next_one_opens() {
        let leap = Period::Day("2024-02-29".parse().unwrap());
        let month = Period::Month("2024-02-01".parse().unwrap());
        assert_eq!(leap.ends(), Period::Month("2024-03-01".parse().unwrap()).opens());
        assert_eq!((month.last(), month.ends()), (leap.last(), leap.ends()));
        assert_eq!((month.days().count(), leap.days().count()), (29, 1));
        assert_eq!(day_of(leap.ends() - Span::from_millis(1)), leap.first());
        assert_eq!(leap.opens().millis(), 1_709_164_800_000);
    }
}
