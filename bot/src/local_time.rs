//! Times as a person reads and writes them: in their zone, with the zone named.

use heikin_core::time::{Span, Timestamp};
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::backend::Range;

/// Now, and the zone of whoever reads.
#[derive(Debug, Clone)]
pub struct LocalTime {
    now: Timestamp,
    zone: TimeZone,
}

/// The zone by its IANA name, from the data in this program: the machine's are not asked.
fn zone_named(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// How the zone of this name is written properly; none where there is no such zone.
pub fn known_zone(name: &str) -> Option<String> {
    zone_named(name)?.iana_name().map(str::to_owned)
}

/// A time as an axis shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxisTime {
    /// `14:05`
    pub clock: String,
    /// `20 Nov`
    pub day: String,
}

impl LocalTime {
    /// In the zone of this name; in UTC where there is none.
    pub fn new(now: Timestamp, zone: &str) -> Self {
        Self { now, zone: zone_named(zone).unwrap_or(TimeZone::UTC) }
    }

    /// Now.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    fn at(&self, time: Timestamp) -> Zoned {
        jiff::Timestamp::from_millisecond(time.millis())
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(self.zone.clone())
    }

    /// `14:05:12 IST`
    pub fn clock(&self, time: Timestamp) -> String {
        self.at(time).strftime("%H:%M:%S %Z").to_string()
    }

    /// `14:05` today, `20 Nov 14:05` this year, `20 Nov 2025 14:05` before.
    pub fn moment(&self, time: Timestamp) -> String {
        let (then, now) = (self.at(time), self.at(self.now));
        let format = if then.date() == now.date() {
            "%H:%M"
        } else if then.year() == now.year() {
            "%-d %b %H:%M"
        } else {
            "%-d %b %Y %H:%M"
        };
        then.strftime(format).to_string()
    }

    /// [`LocalTime::moment`] with the zone named.
    pub fn moment_in_zone(&self, time: Timestamp) -> String {
        format!("{} {}", self.moment(time), self.at(time).strftime("%Z"))
    }

    /// `14 Mar 2026`
    pub fn date(&self, time: Timestamp) -> String {
        self.at(time).strftime("%-d %b %Y").to_string()
    }

    /// How many minutes of the day have passed.
    pub fn minute_of_day(&self, time: Timestamp) -> u16 {
        let then = self.at(time);
        u16::try_from(i32::from(then.hour()) * 60 + i32::from(then.minute())).unwrap_or(0)
    }

    /// The last `days` days, today the last of them.
    pub fn last_days(&self, days: u16) -> Range {
        let first =
            self.at(self.now).date().saturating_sub(jiff::Span::new().days(days.max(1) - 1));
        Range { from: self.midnight(first), to: None }
    }

    /// From the beginning of one day to the end of another.
    pub fn days(&self, first: Date, last: Date) -> Range {
        let after = last.saturating_add(jiff::Span::new().days(1));
        Range { from: self.midnight(first), to: self.midnight(after) }
    }

    /// Whether a day lies after today.
    pub fn is_future(&self, day: Date) -> bool {
        day > self.at(self.now).date()
    }

    fn midnight(&self, day: Date) -> Option<Timestamp> {
        let start = day.to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp::from_millis(start.timestamp().as_millisecond()))
    }

    /// `all time`, `since 14 Nov`, `14 Nov – 20 Nov 2026`
    pub fn range(&self, range: Range) -> String {
        match (range.from, range.to) {
            (None, None) => "all time".to_owned(),
            (Some(from), None) => format!("since {}", self.date(from)),
            (None, Some(to)) => format!("until {}", self.date(to - Span::from_millis(1))),
            (Some(from), Some(to)) => {
                let last = to - Span::from_millis(1);
                format!("{} – {}", self.date(from), self.date(last))
            }
        }
    }

    /// For the axis of a chart: `14:05` and `20 Nov`, and when the day begins.
    pub fn axis(&self, time: Timestamp) -> AxisTime {
        let then = self.at(time);
        AxisTime {
            clock: then.strftime("%H:%M").to_string(),
            day: then.strftime("%-d %b").to_string(),
        }
    }

    /// How long before now: `12 s`, `5 min`, `3 h`, `2 d`.
    pub fn ago(&self, time: Timestamp) -> String {
        rough(self.now.since(time))
    }
}

/// `12 s`, `5 min`, `3 h`, `2 d`: rounded down.
pub fn rough(span: Span) -> String {
    let seconds = span.millis() / 1_000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// `40 s`, `12 min`, `5 h 39 min`, `2 d 3 h`
pub fn length(span: Span) -> String {
    let seconds = span.millis() / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) if minutes % 60 == 0 => format!("{hours} h"),
        (0, ..) => format!("{hours} h {} min", minutes % 60),
        _ if hours % 24 == 0 => format!("{days} d"),
        _ => format!("{days} d {} h", hours % 24),
    }
}
