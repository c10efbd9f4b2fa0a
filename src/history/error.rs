//! What can go wrong, in words for whoever asked.

use std::io;
use std::path::{Path, PathBuf};

use heikin_core::market::Symbol;
use heikin_core::order::Refusal;
use heikin_core::time::Timestamp;

use super::archive::ArchiveError;
use super::period::Series;
use crate::analysis::candle_file::CandleFileError;
use crate::exchange::binance::rest::ReadError;

/// Why a download did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The span ends before it begins.
    #[error("--from {from} is after --to {to}. Swap them.")]
    Backwards {
        /// The first day.
        from: jiff::civil::Date,
        /// The last day.
        to: jiff::civil::Date,
    },
    /// No such symbol.
    #[error("the exchange has no symbol {symbol}{}", or_like(.like))]
    UnknownSymbol {
        /// What was asked for.
        symbol: Symbol,
        /// Names much like it.
        like: Vec<String>,
    },
    /// No candles of this length.
    #[error(
        "the exchange has no candles of {} for {}. Give another interval, such as 1h.",
        .0.interval, .0.symbol
    )]
    NoSuchInterval(Series),
    /// There is nothing in this span.
    #[error("there are no candles of {} {what}", .series.name())]
    Nothing {
        /// Of what.
        series: Series,
        /// When, and what there is instead.
        what: String,
    },
    /// The folder cannot be used.
    #[error("{}: {}", .path.display(), folder(.source))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The folder has candles of something else.
    #[error(
        "{} holds other candles than {}: {name}. A backtest reads a folder as one series: name another \
         folder with --into.",
        .path.display(), .series.name()
    )]
    OtherCandles {
        /// The folder.
        path: PathBuf,
        /// What was asked for.
        series: Series,
        /// A file in it.
        name: String,
    },
    /// Another heikin downloads into it.
    #[error("another heikin downloads into {}. Wait for it, or name another folder with --into.", .0.display())]
    InUse(PathBuf),
    /// A file cannot be written or read.
    #[error("{}: {}", .path.display(), disk(.source))]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The archive does not give what it should.
    #[error(transparent)]
    Archive(ArchiveError),
    /// A file differs from its checksum, again.
    #[error(
        "{url} does not have the checksum that the archive gives for it, twice in a row. It was \
         deleted. Something on the way changes it, or the archive is just replacing it: try again later."
    )]
    Checksum {
        /// The file's address.
        url: String,
    },
    /// The exchange does not give what it should.
    #[error("{what}: {}", exchange(.source))]
    Exchange {
        /// What it was asked for.
        what: String,
        /// What came of it.
        source: ReadError,
    },
    /// The exchange's rows are no candles.
    #[error("{what}: the exchange's rows cannot be used: {why}")]
    Unusable {
        /// Of which period.
        what: String,
        /// Why.
        why: String,
    },
    /// The exchange has banned this address for longer than anybody waits for.
    #[error(
        "the exchange has banned this address until {} UTC, for too many requests (418). Run this again \
         then.",
        time(*.until)
    )]
    Banned {
        /// Until then.
        until: Timestamp,
    },
    /// The files of the folder together are no series of candles.
    #[error(transparent)]
    Candles(#[from] CandleFileError),
}

impl DownloadError {
    /// Whether what was given cannot be used, so that trying again does not help.
    pub const fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Self::Backwards { .. }
                | Self::UnknownSymbol { .. }
                | Self::NoSuchInterval(_)
                | Self::Nothing { .. }
                | Self::Folder { .. }
                | Self::OtherCandles { .. }
                | Self::InUse(_)
                | Self::Archive(ArchiveError::Address(_))
        )
    }

    /// A file that cannot be written or read.
    pub(super) fn disk(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { path: path.clone(), source }
    }
}

impl From<ArchiveError> for DownloadError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Disk { path, source } => Self::Disk { path, source },
            other => Self::Archive(other),
        }
    }
}

fn folder(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
            "candles cannot be written there ({source}). Change its permissions, or name another folder \
             with --into."
        ),
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "this is no folder. Name another one with --into.".to_owned()
        }
        _ => format!("candles cannot be written there: {source}. Name another folder with --into."),
    }
}

fn disk(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full. Make room.".to_owned()
        }
        io::ErrorKind::FileTooLarge => {
            format!("{source}: this process may not write files of this size (ulimit -f)")
        }
        _ => source.to_string(),
    }
}

fn exchange(source: &ReadError) -> String {
    match source {
        ReadError::Refused(Refusal::NotPermitted, _) => "the exchange refuses: it does not serve this \
             place, or asks for less at a time (403, 451). Another address of it may do: --base-url."
            .to_owned(),
        ReadError::Refused(Refusal::RateLimited, _) => {
            "the exchange asks for fewer requests, again and again (429)".to_owned()
        }
        ReadError::Refused(refusal, _) => format!("the exchange refuses: {refusal}"),
        ReadError::NoAnswer(_) => {
            "the exchange gives no usable answer. Is this machine online?".to_owned()
        }
        ReadError::Unreadable(_) => format!("the exchange's answer cannot be read: {source}"),
    }
}

fn or_like(names: &[String]) -> String {
    match names {
        [] => ". Symbols are written together, such as BTCUSDT.".to_owned(),
        names => format!(". Do you mean {}?", names.join(" or ")),
    }
}

/// `2024-01-06 05:00`
pub(super) fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(
        |_beyond| at.millis().to_string(),
        |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
