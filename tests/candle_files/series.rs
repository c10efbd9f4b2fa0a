//! Many files as one series: order, overlap, duplicates, gaps.

use heikin::analysis::candle_file::{CandleFiles, Gap, Summary};
use heikin_core::time::{Interval, Span, Timestamp};

use crate::folder::{Folder, gzip};
use crate::rows::{HEADER, MINUTE, START, in_microseconds, lasting, minute, minutes, with};

const DAY: i64 = 86_400_000;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(START + minute * MINUTE)
}

#[test]
fn files_are_read_in_order_of_time_whatever_order_they_are_given_in() {
    let (expected, _) = Folder::with_csv(minutes(0..40)).read(&["candles.csv"]);
    let micros: String = minutes(10..20).lines().map(|row| in_microseconds(row) + "\n").collect();
    let folder = Folder::new()
        .and("a.csv", minutes(30..40))
        .and("b.csv", format!("{HEADER}\n{}", minutes(0..10)))
        .and("c.csv.gz", gzip(minutes(20..30)))
        .and("d.csv", micros);
    for order in [["a.csv", "b.csv", "c.csv.gz", "d.csv"], ["d.csv", "c.csv.gz", "b.csv", "a.csv"]]
    {
        let (candles, summary) = folder.read(&order);
        assert_eq!(candles, expected);
        assert_eq!((summary.candles, summary.gaps, summary.duplicates), (40, 0, 0));
    }
    // The folder itself is all of them.
    assert_eq!(folder.read(&[""]).0, expected);
}

#[test]
fn where_files_overlap_each_candle_is_read_once() {
    let (expected, _) = Folder::with_csv(minutes(0..40)).read(&["candles.csv"]);
    let folder = Folder::new()
        .and("a.csv", minutes(0..25))
        .and("b.csv", minutes(10..30))
        .and("c.csv", minutes(12..13))
        .and("d.csv", minutes(20..40));
    let (candles, summary) = folder.read(&["d.csv", "a.csv", "c.csv", "b.csv", "a.csv"]);
    assert_eq!(candles, expected);
    assert_eq!(summary.duplicates, 25 + 20 + 1 + 20 + 25 - 40);
}

#[test]
fn files_that_alternate_are_merged() {
    let (expected, _) = Folder::with_csv(minutes(0..40)).read(&["candles.csv"]);
    let every = |first: i64| -> String {
        (first..40).step_by(3).map(|number| minute(number) + "\n").collect()
    };
    let folder = Folder::new().and("a.csv", every(0)).and("b.csv", every(2)).and("c.csv", every(1));
    let (candles, summary) = folder.read(&["a.csv", "b.csv", "c.csv"]);
    assert_eq!(candles, expected);
    assert_eq!(summary.gaps, 0);
}

#[test]
fn the_same_row_twice_is_read_once_and_counted() {
    let rows = [minute(0), minute(1), minute(1), minute(1), minute(2)].join("\n");
    let (candles, summary) = Folder::with_csv(rows).read(&["candles.csv"]);
    assert_eq!(candles.len(), 3);
    assert_eq!((summary.candles, summary.duplicates), (3, 2));
}

#[test]
fn what_is_not_kept_may_differ_between_duplicates() {
    let rows = [minute(0), with(&minute(0), "count", "43"), minute(1)].join("\n");
    let (candles, summary) = Folder::with_csv(rows).read(&["candles.csv"]);
    assert_eq!((candles.len(), summary.duplicates), (2, 1));
}

#[test]
fn gaps_are_counted_with_their_places() {
    let rows = minutes(0..3) + &minutes(5..8) + &minutes(9..10);
    let folder = Folder::with_csv(rows).and("later.csv", minutes(20..21));
    let (candles, summary) = folder.read(&["later.csv", "candles.csv"]);
    assert_eq!(candles.len(), 8);
    let expected = Summary {
        interval: Interval::M1,
        candles: 8,
        duplicates: 0,
        gaps: 3,
        missing: 13,
        first_gaps: vec![
            Gap { from: at(3), to: at(5), missing: 2 },
            Gap { from: at(8), to: at(9), missing: 1 },
            Gap { from: at(10), to: at(20), missing: 10 },
        ],
        cut_short: 0,
        first_open: Some(at(0)),
        last_open: Some(at(20)),
    };
    assert_eq!(summary, expected);
}

#[test]
fn only_the_first_gaps_are_kept_but_all_are_counted() {
    let rows: String = (0..200).step_by(2).map(|number| minute(number) + "\n").collect();
    let (_, summary) = Folder::with_csv(rows).read(&["candles.csv"]);
    assert_eq!((summary.gaps, summary.missing), (99, 99));
    assert_eq!(summary.first_gaps.len(), Summary::GAPS_KEPT);
    assert_eq!(summary.first_gaps.last(), Some(&Gap { from: at(39), to: at(40), missing: 1 }));
}

#[test]
fn a_candle_cut_short_by_an_outage_is_no_fault() {
    const HOUR: i64 = 60 * MINUTE;
    let hour = |number: i64| lasting(START + number * HOUR, START + (number + 1) * HOUR);
    let cut = |number: i64| lasting(START + number * HOUR, START + number * HOUR + 2_381_647);
    // With the next candle there, with one missing, and twice.
    let rows = [hour(0), cut(1), hour(2), cut(3), cut(3), hour(5)].join("\n");
    let (candles, summary) = Folder::with_csv(rows).read(&["candles.csv"]);
    assert_eq!((candles.len(), summary.duplicates, summary.cut_short), (5, 1, 2));
    assert_eq!(summary.interval, Interval::H1);
    assert_eq!(summary.first_gaps, [Gap { from: at(240), to: at(300), missing: 1 }]);
    assert_eq!(candles[1].close_time(), Timestamp::from_millis(START + HOUR + 2_381_646));
}

#[test]
fn months_of_any_length_follow_each_other() {
    let mut open = START;
    let months: Vec<_> = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        .map(|days| {
            let month = lasting(open, open + days * DAY);
            open += days * DAY;
            month + "\n"
        })
        .into();
    let (_, summary) = Folder::with_csv(months.concat()).read(&["candles.csv"]);
    assert_eq!((summary.interval, summary.candles, summary.gaps), (Interval::Month1, 12, 0));
    // From February on: the first length is not the only one.
    let (_, summary) = Folder::with_csv(months[1..].concat()).read(&["candles.csv"]);
    assert_eq!((summary.interval, summary.candles, summary.gaps), (Interval::Month1, 11, 0));
    for missing in 1..=10 {
        let rows = months[..1].concat() + &months[1 + missing..].concat();
        let (_, summary) = Folder::with_csv(rows).read(&["candles.csv"]);
        assert_eq!((summary.gaps, summary.missing), (1, missing as u64));
    }
}

#[test]
fn progress_ends_at_the_size_of_the_files() {
    let packed = gzip(minutes(0..5_000));
    let plain = minutes(4_000..9_000);
    let size = (packed.len() + plain.len()) as u64;
    let folder = Folder::with_csv(plain).and("a.csv.gz", packed);
    let mut candles = CandleFiles::open(&[folder.path("")]).unwrap();
    let mut before = candles.progress();
    assert_eq!((before.bytes_read, before.bytes_total), (0, Some(size)));
    while let Some(candle) = candles.next() {
        candle.unwrap();
        let now = candles.progress();
        assert!(before.bytes_read <= now.bytes_read && now.bytes_read <= size, "{now:?}");
        before = now;
    }
    assert_eq!(candles.progress().bytes_read, size);
    assert_eq!(candles.summary().last_open, Some(at(8_999)));
    assert_eq!(at(1).since(at(0)), Span::from_millis(MINUTE));
}
