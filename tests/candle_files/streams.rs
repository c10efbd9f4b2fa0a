//! Streams: standard input, and that it does not matter in which pieces the bytes arrive.

use std::io::{self, Read};
use std::path::Path;

use heikin::analysis::candle_file::CandleFiles;
use proptest::prelude::*;

use crate::folder::{Folder, Run, gzip, run, zip};
use crate::rows::{HEADER, in_microseconds, minute, minutes, with};

/// Gives its bytes in pieces, with an interruption before each.
struct Pieces {
    bytes: io::Cursor<Vec<u8>>,
    lengths: std::iter::Cycle<std::vec::IntoIter<usize>>,
    interrupted: bool,
}

impl Pieces {
    fn new(bytes: Vec<u8>, lengths: Vec<usize>) -> Self {
        let lengths = lengths.into_iter().cycle();
        Self { bytes: io::Cursor::new(bytes), lengths, interrupted: false }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = self.lengths.next().unwrap_or(1).clamp(1, buffer.len());
        self.bytes.read(&mut buffer[..length])
    }
}

fn read(stream: impl Read + Send + 'static) -> Result<Run, String> {
    match CandleFiles::from_reader(stream) {
        Ok(candles) => Ok(run(candles, Path::new(""))),
        Err(error) => Err(error.to_string()),
    }
}

/// Bytes in one piece.
fn read_whole(bytes: &[u8]) -> Result<Run, String> {
    read(io::Cursor::new(bytes.to_vec()))
}

#[test]
fn a_stream_holds_the_same_candles_as_a_file() {
    let rows = minutes(0..5_000);
    let (expected, summary) = Folder::with_csv(&rows).read(&["candles.csv"]);
    for bytes in [rows.clone().into_bytes(), gzip(&rows)] {
        let run = read_whole(&bytes).unwrap();
        assert_eq!(
            (run.candles, run.summary, run.error),
            (expected.clone(), summary.clone(), None)
        );
    }
}

#[test]
fn faults_of_a_stream_are_told_of_standard_input() {
    assert_eq!(
        read_whole(b"").unwrap_err(),
        "standard input: the file is empty. Download it again, or leave it out."
    );
    let run = read_whole((minutes(0..2) + "x").as_bytes()).unwrap();
    assert!(run.error.unwrap().starts_with("standard input, line 3: the line has 1 column, "));
    let archive = zip(&[("a.csv", &minutes(0..2))], zip::CompressionMethod::Deflated);
    assert_eq!(
        read_whole(&archive).unwrap_err(),
        "standard input: a zip file can only be read from disk. Save it and give its path, or pipe \
         what is in it (unzip -p)."
    );
}

#[test]
fn a_stream_that_fails_is_told_after_its_last_complete_line() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the network is down"))
        }
    }
    let text = minutes(0..4);
    let run = read(io::Cursor::new(text.into_bytes()).chain(Broken)).unwrap();
    assert_eq!(run.candles.len(), 4);
    let told = "standard input: cannot be read: the network is down. Check its permissions and the \
                disk it is on.";
    assert_eq!(run.error.as_deref(), Some(told));
    let cut = minutes(0..4).trim_end().to_owned();
    let run = read(io::Cursor::new(cut.into_bytes()).chain(Broken)).unwrap();
    assert_eq!((run.candles.len(), run.error.as_deref()), (3, Some(told)));
}

#[test]
fn rows_may_lie_anyhow_across_the_buffer() {
    // Each blank line moves all that follows by a byte, so every byte of a row is once the first
    // that no longer fits.
    let rows = minutes(0..3_000);
    let expected = read_whole(rows.as_bytes()).unwrap().candles;
    for blank in 0..=minute(0).len() + 2 {
        let run = read_whole(("\n".repeat(blank) + &rows).as_bytes()).unwrap();
        assert_eq!(run.error, None, "{blank}");
        assert!(run.candles == expected, "{blank} blank lines");
    }
}

/// Rows in all spellings that are read, and some that are not.
fn any_text() -> impl Strategy<Value = String> {
    let spelling = prop_oneof![
        20 => Just(0),
        1 => 1..8_u32,
    ];
    let line = (spelling, prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n")]);
    let start = prop_oneof![
        Just(String::new()),
        Just("\u{feff}".to_owned()),
        Just(format!("{HEADER}\n")),
        Just(format!("\u{feff}{HEADER}\r\n")),
    ];
    let end = prop_oneof![4 => Just(""), 1 => Just("x"), 1 => Just("\n\n"), 1 => Just("1,2\n")];
    (start, proptest::collection::vec(line, 0..200), end).prop_map(|(start, lines, end)| {
        let rows = lines.iter().zip(0..).map(|((spelling, line_end), number)| {
            let row = minute(number);
            let row = match spelling {
                1 => in_microseconds(&row),
                2 => with(&row, "volume", "7.5000000000000000"),
                3 => with(&row, "close", "100.25000000000"),
                4 => with(&row, "high", "0000000000000101.5"),
                5 => with(&row, "count", &"9".repeat(300)),
                6 => with(&row, "quote_volume", "1."),
                7 => with(&row, "ignore", "x"),
                _ => row,
            };
            row + line_end
        });
        start + &rows.collect::<String>() + end
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_pieces_of_a_stream_do_not_matter(
        text in any_text(),
        lengths in proptest::collection::vec(1..400_usize, 1..20),
        packed in any::<bool>(),
    ) {
        let bytes = if packed { gzip(&text) } else { text.into_bytes() };
        prop_assert_eq!(read(Pieces::new(bytes.clone(), lengths)), read_whole(&bytes));
    }

    #[test]
    fn a_file_and_a_stream_say_the_same(text in any_text(), cut in 0..20_000_usize) {
        let bytes = &text.as_bytes()[..cut.min(text.len())];
        let file = Folder::with_csv(bytes).run(&["candles.csv"]);
        let stream = read_whole(bytes);
        let name = |text: String| text.replace("standard input", "candles.csv");
        let stream = stream
            .map(|run| Run { error: run.error.map(name), ..run })
            .map_err(name);
        prop_assert_eq!(file, stream);
    }
}

/// Two strides and a bit, and a row that is none.
const ROWS: i64 = 20_000;

fn rows_and_a_fault() -> CandleFiles {
    let mut text = minutes(0..ROWS);
    text.push_str("not a candle\n");
    CandleFiles::from_reader(io::Cursor::new(text.into_bytes())).expect("a first row")
}

#[test]
fn what_is_read_ahead_is_the_same_and_the_fault_comes_behind_it() {
    let mut here = rows_and_a_fault();
    let expected: Vec<_> = here.by_ref().map_while(Result::ok).collect();
    let mut files = rows_and_a_fault();
    let mut read = Vec::new();
    let fault = files.read_ahead(|stride| {
        stride.into_candles().try_for_each(|candle| candle.map(|candle| read.push(candle)))
    });
    assert_eq!(i64::try_from(expected.len()), Ok(ROWS));
    assert!(read == expected, "the candles differ");
    let fault = fault.expect_err("the last row is no candle").to_string();
    assert!(fault.contains(&format!("line {}", ROWS + 1)), "{fault}");
    assert_eq!(files.summary(), here.summary());
}

#[test]
fn a_run_that_fails_ends_the_reading_ahead() {
    let mut strides = 0;
    let failed = rows_and_a_fault().read_ahead(|_| {
        strides += 1;
        Err("enough")
    });
    assert_eq!((failed, strides), (Err("enough"), 1));
}
