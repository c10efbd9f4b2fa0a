//! The time of day where somebody is.

use heikin_core::time::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The minute of the day, 0–1439, in the zone of this name; in UTC where there is none.
pub(super) fn minute_of_day(at: Timestamp, zone: &str) -> u16 {
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap_or(TimeZone::UTC);
    let local = jiff::Timestamp::from_millisecond(at.millis())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(zone);
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    u16::try_from(minute).unwrap_or(0)
}

/// The last day that ended at this minute of the day in the zone of this name: from when, until when.
pub(super) fn last_day(now: Timestamp, zone: &str, minute: u16) -> (Timestamp, Timestamp) {
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap_or(TimeZone::UTC);
    let here = jiff::Timestamp::from_millisecond(now.millis())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(zone.clone());
    let on = |date: jiff::civil::Date| {
        let (hour, minute) = (i8::try_from(minute / 60), i8::try_from(minute % 60));
        let at = date.at(hour.unwrap_or(0).min(23), minute.unwrap_or(0), 0, 0);
        // A clock that is put forward over that minute shows the next one.
        let at =
            at.to_zoned(zone.clone()).map_or(now.millis(), |at| at.timestamp().as_millisecond());
        Timestamp::from_millis(at)
    };
    let day = jiff::Span::new().days(1);
    let today = here.date();
    let last = if on(today) <= now { today } else { today.saturating_sub(day) };
    (on(last.saturating_sub(day)), on(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_the_same_hour_whatever_the_clocks_do() {
        let at = |text: &str| {
            let at: jiff::Timestamp = text.parse().unwrap();
            Timestamp::from_millis(at.as_millisecond())
        };
        for (now, zone, from, to) in [
            ("2026-01-05T07:59:59Z", "UTC", "2026-01-03T08:00:00Z", "2026-01-04T08:00:00Z"),
            ("2026-01-05T08:00:00Z", "UTC", "2026-01-04T08:00:00Z", "2026-01-05T08:00:00Z"),
            (
                "2026-01-05T02:30:00Z",
                "Asia/Kolkata",
                "2026-01-04T02:30:00Z",
                "2026-01-05T02:30:00Z",
            ),
            // The clocks go forward on the 29th: that day has 23 hours.
            (
                "2026-03-29T12:00:00Z",
                "Europe/Berlin",
                "2026-03-28T07:00:00Z",
                "2026-03-29T06:00:00Z",
            ),
        ] {
            assert_eq!(last_day(at(now), zone, 8 * 60), (at(from), at(to)), "{now} {zone}");
        }
    }

    #[test]
    fn it_is_the_minute_there() {
        // 2026-01-05 22:45 UTC.
        let at = Timestamp::from_millis(1_767_653_100_000);
        assert_eq!(minute_of_day(at, "UTC"), 22 * 60 + 45);
        assert_eq!(minute_of_day(at, "Asia/Kolkata"), 4 * 60 + 15);
        assert_eq!(minute_of_day(at, "Nowhere/Atall"), 22 * 60 + 45);
    }
}
