//! Equity at the ends of days, months and years.

use heikin_core::time::{Interval, Span, Timestamp};
use jiff::tz::TimeZone;

use super::returns::Returns;
use crate::analysis::report::YearRow;

/// A year, as everything here is annualised: 365 days, for a market that never closes.
pub const YEAR: Span = Span::DAY.times(365);

/// Cuts the equity curve into days (UTC), or into candles where those are longer, and into months.
/// A day without candles repeats the equity before it.
#[derive(Debug, Clone)]
pub struct Calendar {
    period: Span,
    /// The end of the running period.
    until: Timestamp,
    /// At the end of the period before.
    period_start: f64,
    last: f64,
    returns: Returns,
    month: (i32, i8),
    month_start: f64,
    year_start: f64,
    years: Vec<YearRow>,
}

impl Calendar {
    /// Starts with the first candle.
    pub fn starting_at(equity: f64, opened: Timestamp, interval: Interval) -> Self {
        let period = interval.span().max(Span::DAY);
        let mut calendar = Self {
            period,
            until: opened + period,
            period_start: equity,
            last: equity,
            returns: Returns::default(),
            month: year_and_month(opened),
            month_start: equity,
            year_start: equity,
            years: Vec::new(),
        };
        if period == Span::DAY {
            calendar.until = end_of_day(opened);
        }
        calendar
    }

    /// The equity at the close of a candle.
    #[inline]
    pub fn push(&mut self, equity: f64, closed: Timestamp) {
        if closed >= self.until {
            self.turn(closed);
        }
        self.last = equity;
    }

    /// A candle closes after the running period.
    #[cold]
    fn turn(&mut self, closed: Timestamp) {
        while closed >= self.until {
            self.end_period();
            self.until = self.until + self.period;
        }
        let month = year_and_month(closed);
        if month != self.month {
            self.end_month();
            self.month = month;
        }
    }

    fn end_period(&mut self) {
        if self.period_start > 0.0 {
            self.returns.push(self.last / self.period_start - 1.0);
        }
        self.period_start = self.last;
    }

    fn end_month(&mut self) {
        let (year, month) = self.month;
        if self.years.last().is_none_or(|row| row.year != year) {
            self.year_start = self.month_start;
            self.years.push(YearRow { year, months: [None; 12], total: 0.0 });
        }
        let since = |start: f64| 100.0 * (self.last / start - 1.0);
        if let Some(row) = self.years.last_mut() {
            row.total = since(self.year_start);
            let place = usize::from(month.unsigned_abs().saturating_sub(1));
            if let Some(cell) = row.months.get_mut(place) {
                *cell = Some(since(self.month_start));
            }
        }
        self.month_start = self.last;
    }

    /// How many periods are in a year.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a year")]
    pub fn periods_a_year(&self) -> f64 {
        YEAR.millis() as f64 / self.period.millis() as f64
    }

    /// The returns of all periods, the last one as far as it went, and the months.
    pub fn result(mut self) -> (Returns, Vec<YearRow>) {
        self.end_period();
        self.end_month();
        (self.returns, self.years)
    }
}

fn end_of_day(time: Timestamp) -> Timestamp {
    Timestamp::EPOCH + Span::DAY.times(time.utc_day() + 1)
}

/// Year and month, counted from 1. A time beyond the calendar is in no month.
fn year_and_month(time: Timestamp) -> (i32, i8) {
    jiff::Timestamp::from_millisecond(time.millis()).map_or((0, 1), |time| {
        let date = time.to_zoned(TimeZone::UTC).date();
        (i32::from(date.year()), date.month())
    })
}
