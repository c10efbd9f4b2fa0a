//! What can be wrong with a candle file, and what to do about it.

use std::fmt;
use std::io;
use std::path::Path;

use heikin_core::market::{Candle, CandleError};
use heikin_core::num::NumberError;
use heikin_core::time::{Interval, Timestamp};

use super::MAX_LINE;

/// Why the candles of a run could not be read. Its text is complete: file, line, value, remedy.
#[derive(Debug, thiserror::Error)]
#[error("{}", Located(.0))]
pub struct CandleFileError(Box<Details>);

#[derive(Debug)]
struct Details {
    file: Option<FileName>,
    line: Option<u64>,
    problem: Problem,
}

impl CandleFileError {
    /// A run without any input.
    pub(super) fn nothing_given() -> Self {
        Self(Box::new(Details { file: None, line: None, problem: Problem::NothingGiven }))
    }

    /// Something wrong with a file as a whole.
    pub(super) fn in_file(file: &FileName, problem: Problem) -> Self {
        Self(Box::new(Details { file: Some(file.clone()), line: None, problem }))
    }

    /// Something wrong with one line.
    pub(super) fn in_line(file: &FileName, line: u64, problem: Problem) -> Self {
        Self(Box::new(Details { file: Some(file.clone()), line: Some(line), problem }))
    }

    /// Which file; none only for [`Problem::NothingGiven`].
    pub fn file(&self) -> Option<&FileName> {
        self.0.file.as_ref()
    }

    /// Which line, counted from 1 with the header; none where the file as a whole is wrong.
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
}

struct Located<'a>(&'a Details);

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.0.file {
            write!(f, "{file}")?;
            if let Some(line) = self.0.line {
                write!(f, ", line {line}")?;
            }
            f.write_str(": ")?;
        }
        self.0.problem.fmt(f)
    }
}

/// A candle file as it was given, and the file inside it where it is a zip archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    given: String,
    inside: Option<String>,
}

impl FileName {
    pub(super) fn of_path(path: &Path) -> Self {
        Self { given: path.display().to_string(), inside: None }
    }

    pub(super) fn standard_input() -> Self {
        Self { given: "standard input".to_owned(), inside: None }
    }

    pub(super) fn with_inside(self, inside: String) -> Self {
        Self { inside: Some(inside), ..self }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inside {
            None => f.write_str(&self.given),
            Some(inside) => write!(f, "{} ({inside} inside)", self.given),
        }
    }
}

/// What is wrong, without the place.
///
/// The texts hold the causes they come from (an I/O error, a number's fault), so none is offered
/// again as [`std::error::Error::source`].
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A run without any input.
    #[error("no candle files were given. Name files, folders, or - for standard input.")]
    NothingGiven,
    /// Nothing is there.
    #[error("there is no such file or folder. Check the path.")]
    NotFound,
    /// The operating system refuses.
    #[error("cannot be read: {0}. Check its permissions and the disk it is on.")]
    Unreadable(io::Error),
    /// A folder without any name that a candle file has.
    #[error("this folder holds no candle files{}", folder_remedy(.inside))]
    NoCandleFiles {
        /// Folders in it that do.
        inside: Vec<String>,
    },
    /// Not a single line.
    #[error("the file is empty. Download it again, or leave it out.")]
    Empty,
    /// A header and nothing under it.
    #[error("there is a header but no candle. Download the file again, or leave it out.")]
    HeaderOnly,
    /// Control characters, or bytes that are no UTF-8.
    #[error(
        "this is not text. A candle file is CSV, as it is or as .gz or .zip; if this should be \
         one, it is damaged: download it again."
    )]
    NotText,
    /// More bytes than any candle has.
    #[error(
        "the line is longer than {MAX_LINE} bytes. This is no candle file, or it is damaged: \
         download it again."
    )]
    LineTooLong,
    /// More or fewer columns than Binance writes.
    #[error(
        "the line has {found} column{}, not the 12 of Binance's candles (open_time to ignore). \
         If the file was cut off, download it again; if it comes from another program, export \
         all 12 columns.", if *.found == 1 { "" } else { "s" }
    )]
    Columns {
        /// How many there are.
        found: usize,
    },
    /// A field that is not a number of its kind.
    #[error("{column} {value} {error}. {}", number_remedy(*.error))]
    Number {
        /// The column.
        column: Column,
        /// The field.
        value: Excerpt,
        /// Why it is none.
        error: NumberError,
    },
    /// A field that is not a time.
    #[error(
        "{column} {value} is not a time in milliseconds or microseconds since 1970. Write it \
         as Binance does, for example 1735689600000."
    )]
    Time {
        /// The column.
        column: Column,
        /// The field.
        value: Excerpt,
    },
    /// Prices or times that contradict each other.
    #[error("{0}. Correct the line, or download the file again.")]
    Candle(CandleError),
    /// A length that no candle of Binance has.
    #[error(
        "the candle lasts {millis} ms, which is no interval of Binance. close_time must be the \
         last moment before the next candle."
    )]
    NoInterval {
        /// From the opening to the end of the closing millisecond.
        millis: i64,
    },
    /// Another interval than the first candle's.
    #[error(
        "mixed intervals: the candle lasts {found}, the run's first one {expected}. Give files \
         of one interval only."
    )]
    MixedIntervals {
        /// That of the first candle of the run.
        expected: Interval,
        /// That of this candle.
        found: Interval,
    },
    /// An opening time below that of the line before.
    #[error(
        "times go backwards: the candle opens at {}, the one on line {previous_line} at {}. \
         Sort the file by open_time.", utc(*.open), utc(*.previous_open)
    )]
    Backwards {
        /// When this candle opens.
        open: Timestamp,
        /// When the one before it opens.
        previous_open: Timestamp,
        /// The line of the one before it.
        previous_line: u64,
    },
    /// It opens while the candle before it is still open.
    #[error(
        "the candle opens at {}, within the one of {previous}, which ends at {}. These are \
         two series: give one of them.", utc(*.open), utc(*.previous_end)
    )]
    Overlap {
        /// When this candle opens.
        open: Timestamp,
        /// When the interval of the one before it ends.
        previous_end: Timestamp,
        /// Where that one stands.
        previous: String,
    },
    /// The same opening time with other content.
    #[error("{0}. Give the files of one symbol only, and of each month one correct file.")]
    Conflict(Box<Conflict>),
    /// A gzip file that cannot be unpacked to its end.
    #[error(
        "the gzip file is damaged or cut off after {candles} candles ({error}). Download it again."
    )]
    GzipDamaged {
        /// How many candles were read before.
        candles: u64,
        /// What the decoder says.
        error: io::Error,
    },
    /// A file in a zip archive that cannot be unpacked to its end.
    #[error(
        "the zip file is damaged or cut off after {candles} candles ({error}). Download it again."
    )]
    ZipDamaged {
        /// How many candles were read before.
        candles: u64,
        /// What the decoder says.
        error: io::Error,
    },
    /// An archive whose directory cannot be read.
    #[error("the zip file is damaged or cut off ({0}). Download it again.")]
    ZipUnreadable(zip::result::ZipError),
    /// An archive without a CSV file.
    #[error("no CSV file is in the zip file{}. Give the CSV file itself.", listed(.0))]
    ZipWithoutCsv(Vec<String>),
    /// An archive with more than one CSV file.
    #[error(
        "{} CSV files are in the zip file{}. Unpack it, and give the folder or one of the files.",
        .0.len(), listed(.0)
    )]
    ZipWithSeveral(Vec<String>),
    /// A file that needs a password.
    #[error("the zip file is encrypted. Unpack it with its password, and give the CSV file.")]
    ZipEncrypted,
    /// Packed in a way that is not built in.
    #[error("the zip file is packed with {0}. Unpack it, and give the CSV file.")]
    ZipMethod(zip::CompressionMethod),
    /// An archive where one cannot go back and forth, which its directory needs.
    #[error(
        "a zip file can only be read from disk. Save it and give its path, or pipe what is in it \
         (unzip -p)."
    )]
    ZipStream,
}

/// Two candles with the same opening time that differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the candle of {} differs from {other_place}: here {}, there {}",
    utc(.here.open_time()), Values(.here), Values(.there)
)]
pub struct Conflict {
    /// The candle on the line of the error.
    pub here: Candle,
    /// The one read before.
    pub there: Candle,
    /// File and line of the one read before.
    pub other_place: String,
}

struct Values<'a>(&'a Candle);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(candle) = self;
        let (open, high, low) = (candle.open(), candle.high(), candle.low());
        let (close, volume) = (candle.close(), candle.volume());
        write!(f, "open {open} high {high} low {low} close {close} volume {volume}")
    }
}

/// A column of a candle file, named as Binance does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// When the candle opens.
    OpenTime,
    /// The first price.
    Open,
    /// The highest price.
    High,
    /// The lowest price.
    Low,
    /// The last price.
    Close,
    /// How much of the base asset was traded.
    Volume,
    /// The last moment of the candle.
    CloseTime,
    /// How much of the quote asset was traded.
    QuoteVolume,
    /// The number of trades.
    Count,
    /// How much of the base asset takers bought.
    TakerBuyVolume,
    /// How much of the quote asset takers paid.
    TakerBuyQuoteVolume,
    /// Nothing of use.
    Ignore,
}

impl Column {
    /// The columns that are checked and not kept, in their order.
    pub(super) const NOT_KEPT: [Self; 5] = [
        Self::QuoteVolume,
        Self::Count,
        Self::TakerBuyVolume,
        Self::TakerBuyQuoteVolume,
        Self::Ignore,
    ];
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenTime => "open_time",
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::CloseTime => "close_time",
            Self::QuoteVolume => "quote_volume",
            Self::Count => "count",
            Self::TakerBuyVolume => "taker_buy_volume",
            Self::TakerBuyQuoteVolume => "taker_buy_quote_volume",
            Self::Ignore => "ignore",
        })
    }
}

/// A field as it stands in the file, in quotes, cut where it is long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    const MAX_CHARS: usize = 40;

    pub(super) fn of(field: &[u8]) -> Self {
        let text = String::from_utf8_lossy(field);
        match text.char_indices().nth(Self::MAX_CHARS) {
            Some((end, _)) => Self(format!("{}…", text.get(..end).unwrap_or_default())),
            None => Self(text.into_owned()),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

fn number_remedy(error: NumberError) -> &'static str {
    match error {
        NumberError::NotADecimal => {
            "Write plain digits with a decimal point: no exponent, quotes, spaces or thousands \
             separators."
        }
        NumberError::TooPrecise(_) => "Export the numbers with the decimals that Binance writes.",
        NumberError::Empty | NumberError::NotPositive | NumberError::Negative => {
            "Correct the line, or remove it: a missing candle is a gap, not an error."
        }
        NumberError::TooLarge => "Correct the line, or download the file again.",
    }
}

fn folder_remedy(inside: &[String]) -> String {
    if inside.is_empty() {
        return ". Name files, or a folder with files that end in .csv, .gz or .zip.".to_owned();
    }
    format!(" itself; these in it do{}. Name one of them.", listed(inside))
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return String::new();
    }
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { format!(": {shown}") } else { format!(": {shown} and {more} more") }
}

fn utc(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.millis()) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{} ms", time.millis()),
    }
}
