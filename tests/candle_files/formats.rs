//! The same candles, however they are written down.

use heikin_core::num::{Money, Price};
use heikin_core::time::{Interval, Timestamp};
use zip::CompressionMethod::{Deflated, Stored};

use crate::folder::{Folder, gzip, zip};
use crate::rows::{HEADER, START, in_microseconds, lasting, minute, minutes, with};

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

#[test]
fn a_row_becomes_the_candle_it_says() {
    let row = "1735689600000,93576.00000000,93702.15000000,93537.50000000,93661.20000000,\
               45.94160000,1735689659999,4301907.48382050,7448,16.87967000,1580504.06031420,0";
    let (candles, summary) = Folder::with_csv(format!("{row}\n")).read(&["candles.csv"]);
    let candle = candles[0];
    assert_eq!(candle.open_time(), Timestamp::from_millis(1_735_689_600_000));
    assert_eq!(candle.close_time(), Timestamp::from_millis(1_735_689_659_999));
    assert_eq!(candle.open(), price("93576"));
    assert_eq!(candle.high(), price("93702.15"));
    assert_eq!(candle.low(), price("93537.5"));
    assert_eq!(candle.close(), price("93661.2"));
    assert_eq!(candle.volume(), "45.9416".parse::<Money>().unwrap());
    assert_eq!((summary.interval, summary.candles), (Interval::M1, 1));
    assert_eq!(
        (summary.first_open, summary.last_open),
        (Some(candle.open_time()), Some(candle.open_time()))
    );
}

#[test]
fn every_form_of_a_file_holds_the_same_candles() {
    let rows = minutes(0..300);
    let (expected, summary) = Folder::with_csv(&rows).read(&["candles.csv"]);
    assert_eq!(summary.candles, 300);
    let half = minutes(0..150);
    let micros: String = rows.lines().map(|row| in_microseconds(row) + "\n").collect();
    let mixed: String = half.clone() + &micros[micros.len() / 2..];
    let csv = "BTCUSDT-1m-2025-01.csv";
    let forms: [(&str, Vec<u8>); 18] = [
        ("with a header", format!("{HEADER}\n{rows}").into()),
        ("in capitals", format!("{}\n{rows}", HEADER.to_uppercase()).into()),
        ("with a byte order mark", format!("\u{feff}{rows}").into()),
        ("with a mark and a header", format!("\u{feff}{HEADER}\n{rows}").into()),
        ("in microseconds", micros.into()),
        ("from milliseconds to microseconds", mixed.into()),
        ("with carriage returns", rows.replace('\n', "\r\n").into()),
        (
            "with a header and carriage returns",
            format!("{HEADER}\n{rows}").replace('\n', "\r\n").into(),
        ),
        ("without a last line end", rows.trim_end().into()),
        ("with a last carriage return", format!("{}\r", rows.trim_end()).into()),
        ("with blank lines at the end", format!("{rows}\n\r\n\n").into()),
        ("with blank lines between", rows.replace('\n', "\n\n").into()),
        ("gzip", gzip(&rows)),
        ("gzip of two members", [gzip(&half), gzip(minutes(150..300))].concat()),
        (
            "gzip of two members, cut within a row",
            [gzip(&rows[..1000]), gzip(&rows[1000..])].concat(),
        ),
        ("zip", zip(&[(csv, &rows)], Deflated)),
        ("zip, not packed", zip(&[(csv, &rows)], Stored)),
        (
            "zip with other files",
            zip(&[("__MACOSX/._a.csv", "x"), ("a.CSV", &rows), ("b.txt", "x")], Deflated),
        ),
    ];
    for (name, content) in forms {
        // The form is in the bytes, whatever the name says.
        let (candles, found) = Folder::with_csv(content).read(&["candles.csv"]);
        assert_eq!(candles, expected, "{name}");
        assert_eq!(found, summary, "{name}");
    }
}

#[test]
fn numbers_may_have_fewer_or_more_decimals() {
    let plain = with(&minute(0), "open", "100.00");
    let (expected, _) = Folder::with_csv(&plain).read(&["candles.csv"]);
    let spellings = [
        ("open", "100"),
        ("open", "100."),
        ("open", "100.0000000000000000000000"),
        ("open", "000000000100.00"),
        ("volume", "7.5000000000000000"),
        ("volume", "0000000000000000000000007.5"),
        ("high", "101.50000000"),
        ("low", "99.500"),
        ("count", "42.0"),
    ];
    for (column, value) in spellings {
        let folder = Folder::with_csv(with(&plain, column, value) + "\n" + &minute(1));
        assert_eq!(folder.read(&["candles.csv"]).0[0], expected[0], "{column} {value}");
    }
    let finest = with(&plain, "volume", "7.0000000000000001");
    let (candles, _) = Folder::with_csv(finest).read(&["candles.csv"]);
    assert_eq!(candles[0].volume(), "7.0000000000000001".parse().unwrap());
}

#[test]
fn every_interval_is_recognized() {
    for interval in Interval::ALL {
        let span = interval.span().millis();
        let rows = lasting(START, START + span) + "\n" + &lasting(START + span, START + 2 * span);
        // February after January; other intervals have one length.
        let rows = match interval {
            Interval::Month1 => {
                lasting(START, START + span)
                    + "\n"
                    + &lasting(START + span, START + span + 28 * 86_400_000)
            }
            _ => rows,
        };
        let (candles, summary) = Folder::with_csv(rows).read(&["candles.csv"]);
        assert_eq!((summary.interval, summary.gaps, candles.len()), (interval, 0, 2));
    }
}
