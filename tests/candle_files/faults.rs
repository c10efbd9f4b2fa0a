//! What is wrong with the text of a file, in one message: file, line, what was found, remedy.

use crate::folder::{Folder, gzip, zip};
use crate::rows::{HEADER, MINUTE, START, lasting, minute, minutes, with};

/// The message for `candles.csv` with this content.
fn refusal(content: impl AsRef<[u8]>) -> String {
    Folder::with_csv(content).refusal(&["candles.csv"])
}

/// The message for a row among good ones; it stands on line 3.
fn row_refusal(row: &str) -> String {
    let between = |row: &str| format!("{HEADER}\n{}\n{row}\n{}\n", minute(0), minute(2));
    let message = refusal(between(row));
    // The last line may lack its end, which takes another way through the reader.
    assert_eq!(refusal(format!("{HEADER}\n{}\n{row}", minute(0))), message);
    message
}

fn field_refusal(column: &str, value: &str) -> String {
    row_refusal(&with(&minute(1), column, value))
}

#[test]
fn a_file_without_candles_is_refused() {
    for content in ["", "\n", "\r\n\r\n", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(
            refusal(content),
            "candles.csv: the file is empty. Download it again, or leave it out."
        );
    }
    for content in [HEADER.to_owned(), format!("{HEADER}\n\n"), format!("\u{feff}\r\n{HEADER}\r\n")]
    {
        assert_eq!(
            refusal(content),
            "candles.csv: there is a header but no candle. Download the file again, or leave it out."
        );
    }
}

#[test]
fn packed_files_without_candles_are_refused() {
    let folder = Folder::new()
        .and("a.csv.gz", gzip(""))
        .and("b.zip", zip(&[("b.csv", "")], zip::CompressionMethod::Deflated));
    assert_eq!(
        folder.refusal(&["a.csv.gz"]),
        "a.csv.gz: the file is empty. Download it again, or leave it out."
    );
    assert_eq!(
        folder.refusal(&["b.zip"]),
        "b.zip (b.csv inside): the file is empty. Download it again, or leave it out."
    );
}

#[test]
fn one_bad_file_among_good_ones_is_named() {
    let folder = Folder::new()
        .and("good.csv", minutes(0..3))
        .and("empty.csv", "")
        .and("bad.csv", minutes(3..5) + "x\n");
    assert_eq!(
        folder.refusal(&["good.csv", "empty.csv"]),
        "empty.csv: the file is empty. Download it again, or leave it out."
    );
    let run = folder.run(&["bad.csv", "good.csv"]).unwrap();
    assert_eq!(run.candles.len(), 5, "what comes before the fault is read");
    assert_eq!(
        run.error.as_deref(),
        Some(
            "bad.csv, line 3: the line has 1 column, not the 12 of Binance's candles (open_time to \
             ignore). If the file was cut off, download it again; if it comes from another \
             program, export all 12 columns."
        )
    );
}

#[test]
fn another_number_of_columns_is_refused() {
    let columns = |found: &str| {
        format!(
            "candles.csv, line 3: the line has {found}, not the 12 of Binance's candles (open_time \
             to ignore). If the file was cut off, download it again; if it comes from another \
             program, export all 12 columns."
        )
    };
    let eleven = minute(1);
    let eleven = eleven.rsplit_once(',').unwrap().0;
    assert_eq!(row_refusal(eleven), columns("11 columns"));
    assert_eq!(row_refusal(&(minute(1) + ",0")), columns("13 columns"));
    assert_eq!(row_refusal(&minute(1)[..30]), columns("4 columns"));
    assert_eq!(row_refusal(&minute(1).replace(',', ";")), columns("1 column"));
    assert_eq!(row_refusal(" "), columns("1 column"));
}

#[test]
fn what_is_no_plain_number_is_refused() {
    let not_a_number = |column: &str, value: &str| {
        format!(
            "candles.csv, line 3: {column} `{value}` is not a plain decimal number. Write plain \
             digits with a decimal point: no exponent, quotes, spaces or thousands separators."
        )
    };
    let numbers = [
        "open",
        "high",
        "low",
        "close",
        "volume",
        "quote_volume",
        "count",
        "taker_buy_volume",
        "taker_buy_quote_volume",
        "ignore",
    ];
    let values = [
        "abc", "NaN", "nan", "inf", "-inf", "1e5", "+1", " 100", "100 ", "\"100\"", "1.2.3", ".",
        "-", "0x10", "1_000", "100é", "--1", "-.",
    ];
    for column in numbers {
        for value in values {
            assert_eq!(field_refusal(column, value), not_a_number(column, value));
        }
    }
}

#[test]
fn a_long_field_is_told_in_part() {
    assert_eq!(
        field_refusal("close", &"x".repeat(200)),
        format!(
            "candles.csv, line 3: close `{}…` is not a plain decimal number. Write plain digits \
             with a decimal point: no exponent, quotes, spaces or thousands separators.",
            "x".repeat(40)
        )
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    let correct = "Correct the line, or remove it: a missing candle is a gap, not an error.";
    for column in ["open", "high", "low", "close"] {
        for zero in ["0", "0.00000000", "00.0"] {
            assert_eq!(
                field_refusal(column, zero),
                format!("candles.csv, line 3: {column} `{zero}` must be above zero. {correct}")
            );
        }
        assert_eq!(
            field_refusal(column, "100.123456789"),
            format!(
                "candles.csv, line 3: {column} `100.123456789` has more than 8 decimals. Export \
                 the numbers with the decimals that Binance writes."
            )
        );
        for large in ["100000000000", "99999999999999999999999999999999999999999999"] {
            let shown: String = large.chars().take(40).collect();
            let cut = if large.len() > 40 { "…" } else { "" };
            assert_eq!(
                field_refusal(column, large),
                format!(
                    "candles.csv, line 3: {column} `{shown}{cut}` is too large. Correct the line, \
                     or download the file again."
                )
            );
        }
    }
    for column in ["open", "high", "low", "close", "volume", "quote_volume", "count", "ignore"] {
        assert_eq!(
            field_refusal(column, "-1.5"),
            format!("candles.csv, line 3: {column} `-1.5` must not be negative. {correct}")
        );
        assert_eq!(
            field_refusal(column, ""),
            format!("candles.csv, line 3: {column} `` is empty. {correct}")
        );
    }
}

#[test]
fn what_is_no_time_is_refused() {
    let values = [
        "",
        "x",
        "-1",
        "+1735689600000",
        "1735689600",
        "1735689600.5",
        "1735689600000000000",
        "2025-01-01",
        "99999999999999999999999",
        "0",
    ];
    for column in ["open_time", "close_time"] {
        for value in values {
            assert_eq!(
                field_refusal(column, value),
                format!(
                    "candles.csv, line 3: {column} `{value}` is not a time in milliseconds or \
                     microseconds since 1970. Write it as Binance does, for example 1735689600000."
                )
            );
        }
    }
}

#[test]
fn prices_that_contradict_each_other_are_refused() {
    let row = |o: &str, h: &str, l: &str, c: &str| {
        let row = with(&with(&minute(1), "open", o), "high", h);
        row_refusal(&with(&with(&row, "low", l), "close", c))
    };
    let told = |what: &str| {
        format!("candles.csv, line 3: the {what}. Correct the line, or download the file again.")
    };
    assert_eq!(row("100", "99", "99", "99"), told("high 99 is below the open 100"));
    assert_eq!(row("99", "99", "99", "100.5"), told("high 99 is below the close 100.5"));
    assert_eq!(row("99", "98", "99", "98"), told("high 98 is below the low 99"));
    assert_eq!(row("98", "101", "99", "100"), told("low 99 is above the open 98"));
    assert_eq!(
        row("100", "101", "99", "98.99999999"),
        told("low 99 is above the close 98.99999999")
    );
}

#[test]
fn times_that_make_no_candle_are_refused() {
    let open = START + MINUTE;
    assert_eq!(
        row_refusal(&lasting(open, open - 5)),
        format!(
            "candles.csv, line 3: it closes at {} ms, not after it opens at {open} ms. Correct the \
             line, or download the file again.",
            open - 6
        )
    );
    assert_eq!(
        row_refusal(&lasting(open, open + 61_000)),
        "candles.csv, line 3: the candle lasts 61000 ms, which is no interval of Binance. \
         close_time must be the last moment before the next candle."
    );
    assert_eq!(
        refusal(lasting(open, open + 60_001)),
        "candles.csv, line 1: the candle lasts 60001 ms, which is no interval of Binance. \
         close_time must be the last moment before the next candle."
    );
}

#[test]
fn a_month_is_not_cut_short() {
    let day = 86_400_000;
    let rows = [lasting(START, START + 31 * day), lasting(START + 31 * day, START + 51 * day)];
    assert_eq!(
        refusal(rows.join("\n")),
        "candles.csv, line 2: the candle lasts 1728000000 ms, which is no interval of Binance. \
         close_time must be the last moment before the next candle."
    );
}

#[test]
fn times_that_go_backwards_are_refused() {
    assert_eq!(
        refusal([minute(5), minute(6), minute(4)].join("\n")),
        "candles.csv, line 3: times go backwards: the candle opens at 2025-01-01T00:04:00Z, the \
         one on line 2 at 2025-01-01T00:06:00Z. Sort the file by open_time."
    );
    // Blank lines count, duplicates do not hide it.
    assert_eq!(
        refusal([minute(5), String::new(), minute(6), minute(6), minute(5)].join("\n")),
        "candles.csv, line 5: times go backwards: the candle opens at 2025-01-01T00:05:00Z, the \
         one on line 4 at 2025-01-01T00:06:00Z. Sort the file by open_time."
    );
}

#[test]
fn mixed_intervals_are_refused() {
    let five = lasting(START + 5 * MINUTE, START + 10 * MINUTE);
    let told = "mixed intervals: the candle lasts 5m, the run's first one 1m. Give files of one \
                interval only.";
    assert_eq!(refusal(minutes(0..5) + &five), format!("candles.csv, line 6: {told}"));
    let folder = Folder::new().and("a.csv", minutes(0..5)).and("b.csv", five);
    assert_eq!(folder.refusal(&["b.csv", "a.csv"]), format!("b.csv, line 1: {told}"));
}

#[test]
fn a_candle_after_one_cut_short_may_not_open_within_its_interval() {
    let hour = 60 * MINUTE;
    let cut = START + hour + 2_381_647;
    let rows = [lasting(START, START + hour), lasting(START + hour, cut), lasting(cut, cut + hour)];
    assert_eq!(
        refusal(rows.join("\n")),
        "candles.csv, line 3: the candle opens at 2025-01-01T01:39:41.647Z, within the one of \
         candles.csv, line 2, which ends at 2025-01-01T02:00:00Z. These are two series: give one \
         of them."
    );
}

#[test]
fn candles_that_overlap_without_being_the_same_are_refused() {
    let shifted = lasting(START + MINUTE / 2, START + MINUTE / 2 + MINUTE);
    let folder = Folder::new().and("a.csv", minutes(0..5)).and("b.csv", shifted);
    assert_eq!(
        folder.refusal(&["a.csv", "b.csv"]),
        "b.csv, line 1: the candle opens at 2025-01-01T00:00:30Z, within the one of a.csv, line 1, \
         which ends at 2025-01-01T00:01:00Z. These are two series: give one of them."
    );
}

#[test]
fn a_candle_with_two_contents_is_refused() {
    let other = with(&minute(1), "close", "100.26");
    let told = |place: &str, other_place: &str| {
        format!(
            "{place}: the candle of 2025-01-01T00:01:00Z differs from {other_place}: here open \
             100.61 high 101.5 low 99.5 close 100.26 volume 7.5, there open 100.61 high 101.5 low \
             99.5 close 100.25 volume 7.5. Give the files of one symbol only, and of each month \
             one correct file."
        )
    };
    let rows = minutes(0..2) + &other;
    assert_eq!(refusal(rows), told("candles.csv, line 3", "candles.csv, line 2"));
    let folder = Folder::new().and("a.csv", minutes(0..5)).and("b.csv", other);
    assert_eq!(folder.refusal(&["a.csv", "b.csv"]), told("b.csv, line 1", "a.csv, line 2"));
    let volume = Folder::with_csv([minute(0), with(&minute(0), "volume", "7.50000001")].join("\n"));
    assert!(volume.refusal(&["candles.csv"]).contains("volume 7.50000001, there"));
}

#[test]
fn a_line_that_is_too_long_is_refused() {
    let told = "the line is longer than 4096 bytes. This is no candle file, or it is damaged: \
                download it again.";
    let long = "1".repeat(5_000);
    assert_eq!(refusal(&long), format!("candles.csv, line 1: {told}"));
    assert_eq!(refusal(minutes(0..2) + &long), format!("candles.csv, line 3: {told}"));
    assert_eq!(refusal(minutes(0..2) + &long + "\n"), format!("candles.csv, line 3: {told}"));
    // A run of any length is not held in memory.
    assert_eq!(refusal(vec![b'1'; 3_000_000]), format!("candles.csv, line 1: {told}"));
    // 4096 bytes are still a line.
    let longest = "1".repeat(4_096 - minute(1).len() + "42".len());
    for line_end in ["\n", ""] {
        let row = with(&minute(1), "count", &longest);
        let (candles, _) = Folder::with_csv(row + line_end).read(&["candles.csv"]);
        assert_eq!(candles.len(), 1);
        let row = with(&minute(1), "count", &format!("{longest}1"));
        assert_eq!(refusal(row + line_end), format!("candles.csv, line 1: {told}"));
    }
}

#[test]
fn what_is_not_text_is_refused() {
    let told = "this is not text. A candle file is CSV, as it is or as .gz or .zip; if this should \
                be one, it is damaged: download it again.";
    let good = minutes(0..2).into_bytes();
    for bad in [&b"\xff\xfe1\x007\x00"[..], b"\xe9\xe9\xe9,", b"\x00\x00\x00", b"PAR1\x15\x04"] {
        assert_eq!(refusal(bad), format!("candles.csv, line 1: {told}"));
        let after = [&good, bad, b"\n"].concat();
        assert_eq!(refusal(after), format!("candles.csv, line 3: {told}"));
    }
    let long = [&good[..], &[0; 10_000]].concat();
    assert_eq!(refusal(long), format!("candles.csv, line 3: {told}"));
}

#[test]
fn a_second_header_is_refused() {
    let number = "is not a time in milliseconds or microseconds since 1970. Write it as Binance \
                  does, for example 1735689600000.";
    assert_eq!(
        refusal(format!("{HEADER}\n{HEADER}\n{}", minute(0))),
        format!("candles.csv, line 2: open_time `open_time` {number}")
    );
    assert_eq!(
        refusal(format!("{}\n{HEADER}\n", minute(0))),
        format!("candles.csv, line 2: open_time `open_time` {number}")
    );
}

#[test]
fn a_first_row_without_values_is_no_header() {
    let row = format!("NaN{}", ",NaN".repeat(11));
    assert_eq!(
        refusal(row + "\n" + &minute(0)),
        "candles.csv, line 1: open_time `NaN` is not a time in milliseconds or microseconds since \
         1970. Write it as Binance does, for example 1735689600000."
    );
}
