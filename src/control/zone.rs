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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_minute_there() {
        // 2026-01-05 22:45 UTC.
        let at = Timestamp::from_millis(1_767_653_100_000);
        assert_eq!(minute_of_day(at, "UTC"), 22 * 60 + 45);
        assert_eq!(minute_of_day(at, "Asia/Kolkata"), 4 * 60 + 15);
        assert_eq!(minute_of_day(at, "Nowhere/Atall"), 22 * 60 + 45);
    }
}
