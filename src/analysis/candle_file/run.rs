//! One run over all candle files, merged by time.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use heikin_core::market::Candle;
use heikin_core::time::{Interval, Timestamp};

use super::content::Opened;
use super::error::{CandleFileError, FileName};
use super::file::{CandleFile, Row};
use super::input::{self, Input};
use super::series::{Series, Summary, Verdict};

/// Text held at a time of each file that is being read: beyond this size, reading more at once
/// gains nothing.
const BUFFER: usize = 256 * 1024;
/// Enough for the first candle.
const FIRST_LOOK: usize = 8 * 1024;
const END_OF_TIME: Timestamp = Timestamp::from_millis(i64::MAX);

/// The candles of some files, in order of time, each once.
///
/// A file is read when the run gets to its first candle. Where files overlap they are read side by
/// side, so that any overlap is checked candle by candle while a few buffers are held, not the
/// files.
///
/// ```no_run
/// use heikin::analysis::candle_file::CandleFiles;
///
/// let mut candles = CandleFiles::open(&["BTCUSDT-1h-2024-01.zip", "BTCUSDT-1h-2024-02.zip"])?;
/// for candle in &mut candles {
///     let candle = candle?;
/// }
/// let summary = candles.summary();
/// println!("{} candles of {}, {} missing", summary.candles, summary.interval, summary.missing);
/// # Ok::<(), heikin::analysis::candle_file::CandleFileError>(())
/// ```
pub struct CandleFiles {
    /// By number of file.
    names: Vec<FileName>,
    /// Files not yet begun, the earliest last.
    waiting: Vec<Waiting>,
    /// Files being read; the candles come from the last one until [`CandleFiles::switch`].
    reading: Vec<Reading>,
    /// The first opening time that concerns another file than the one being read.
    until: Timestamp,
    series: Series,
    total_bytes: Option<u64>,
    /// Of files read to their end.
    bytes_done: u64,
    ended: bool,
}

/// A file that is not being read yet.
struct Waiting {
    first_open: Timestamp,
    number: usize,
    source: Source,
}

enum Source {
    /// Looked into and closed again, so that a run over thousands of files holds few open.
    Closed(PathBuf),
    /// A stream can be read only once.
    Open(Box<Reading>),
}

/// A file being read, and its next candle where another file's comes first.
struct Reading {
    number: usize,
    file: CandleFile,
    next: Option<Row>,
}

/// How far a run is, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read, as they are on disk.
    pub bytes_read: u64,
    /// Bytes of all files on disk; unknown where one is a stream.
    pub bytes_total: Option<u64>,
}

impl CandleFiles {
    /// Looks into each of the paths: a file, a folder (all `.csv`, `.gz` and `.zip` files right in
    /// it), or `-` for standard input. A file is plain, gzip or zip by its first bytes.
    ///
    /// Fails where a file cannot be opened or its first candle not be read; faults behind that come
    /// from the iterator.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self, CandleFileError> {
        let mut files = Vec::new();
        for (number, input) in input::resolve(paths)?.into_iter().enumerate() {
            files.push(match input {
                Input::StandardInput => {
                    FirstLook::at_stream(number, Opened::stream(std::io::stdin())?)?
                }
                Input::File(path) => FirstLook::at_path(number, path)?,
            });
        }
        Self::of(files)
    }

    /// Reads a stream in place of standard input, and calls it that in errors.
    pub fn from_reader(stream: impl Read + Send + 'static) -> Result<Self, CandleFileError> {
        Self::of(vec![FirstLook::at_stream(0, Opened::stream(stream)?)?])
    }

    fn of(files: Vec<FirstLook>) -> Result<Self, CandleFileError> {
        let Some(first) = files.iter().min_by_key(|file| file.waiting.first_open) else {
            return Err(CandleFileError::nothing_given());
        };
        let series = Series::starting_with(&first.row.candle)
            .map_err(|problem| CandleFileError::in_line(&first.name, first.row.line, problem))?;
        let total_bytes = files.iter().map(|file| file.size).sum();
        let (names, mut waiting): (_, Vec<_>) =
            files.into_iter().map(|file| (file.name, file.waiting)).unzip();
        waiting.sort_by_key(|file| std::cmp::Reverse((file.first_open, file.number)));
        Ok(Self {
            names,
            waiting,
            reading: Vec::new(),
            until: Timestamp::EPOCH,
            series,
            total_bytes,
            bytes_done: 0,
            ended: false,
        })
    }

    /// The interval of the first candle, which all must have.
    pub fn interval(&self) -> Interval {
        self.series.summary().interval
    }

    /// What was read so far; of the whole run once the iterator has ended.
    pub fn summary(&self) -> &Summary {
        self.series.summary()
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress {
        let being_read = self.reading.iter().map(|reading| reading.file.bytes_read());
        let bytes_read = self.bytes_done + being_read.sum::<u64>();
        Progress { bytes_read, bytes_total: self.total_bytes }
    }

    /// The next candle that is not a duplicate.
    #[inline]
    fn advance(&mut self) -> Result<Option<Candle>, CandleFileError> {
        loop {
            let Some(reading) = self.reading.last_mut() else {
                if self.waiting.is_empty() {
                    return Ok(None);
                }
                self.switch(None)?;
                continue;
            };
            let row = match reading.next.take() {
                Some(row) => Some(row),
                None => reading.file.next_row()?,
            };
            let Some(row) = row.filter(|row| row.candle.open_time() <= self.until) else {
                self.switch(row)?;
                continue;
            };
            match self.series.accept(&row, reading.number, &self.names) {
                Ok(Verdict::New) => return Ok(Some(row.candle)),
                Ok(Verdict::Duplicate) => {}
                Err(problem) => {
                    return Err(CandleFileError::in_line(reading.file.name(), row.line, problem));
                }
            }
        }
    }

    /// Turns to the file whose candle is next; `row` is the one that the present file has come to,
    /// none at its end.
    #[cold]
    fn switch(&mut self, row: Option<Row>) -> Result<(), CandleFileError> {
        if let Some(reading) = self.reading.last_mut() {
            reading.next = row;
        }
        if row.is_none()
            && let Some(done) = self.reading.pop()
        {
            self.bytes_done += done.file.size().unwrap_or_else(|| done.file.bytes_read());
        }
        let opens = |reading: &Reading| reading.next.map(|row| row.candle.open_time());
        while let Some(file) = self.waiting.pop_if(|file| {
            self.reading.iter().filter_map(opens).all(|other| file.first_open <= other)
        }) {
            self.reading.push(file.begin()?);
        }
        // The earliest goes last, so the one before it is the next in time.
        self.reading.sort_by_key(|reading| std::cmp::Reverse((opens(reading), reading.number)));
        let others = self.reading.iter().rev().skip(1).filter_map(opens);
        let waiting = self.waiting.last().map(|file| file.first_open);
        self.until = others.chain(waiting).min().unwrap_or(END_OF_TIME);
        Ok(())
    }
}

impl Iterator for CandleFiles {
    type Item = Result<Candle, CandleFileError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance();
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl std::iter::FusedIterator for CandleFiles {}

impl fmt::Debug for CandleFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { names, series, .. } = self;
        let summary = series.summary();
        f.debug_struct("CandleFiles")
            .field("names", names)
            .field("summary", summary)
            .finish_non_exhaustive()
    }
}

impl Waiting {
    fn begin(self) -> Result<Reading, CandleFileError> {
        match self.source {
            Source::Open(reading) => Ok(*reading),
            Source::Closed(path) => {
                let mut file = CandleFile::new(Opened::path(&path)?, BUFFER);
                let next = Some(file.first_row()?);
                Ok(Reading { number: self.number, file, next })
            }
        }
    }
}

/// What the beginning of a file tells.
struct FirstLook {
    name: FileName,
    size: Option<u64>,
    row: Row,
    waiting: Waiting,
}

impl FirstLook {
    fn at_path(number: usize, path: PathBuf) -> Result<Self, CandleFileError> {
        let opened = Opened::path(&path)?;
        if opened.size.is_none() {
            return Self::at_stream(number, opened);
        }
        let mut file = CandleFile::new(opened, FIRST_LOOK);
        let row = file.first_row()?;
        let first_open = row.candle.open_time();
        let waiting = Waiting { first_open, number, source: Source::Closed(path) };
        Ok(Self { name: file.name().clone(), size: file.size(), row, waiting })
    }

    fn at_stream(number: usize, opened: Opened) -> Result<Self, CandleFileError> {
        let mut file = CandleFile::new(opened, BUFFER);
        let row = file.first_row()?;
        let (name, size) = (file.name().clone(), file.size());
        let first_open = row.candle.open_time();
        let reading = Reading { number, file, next: Some(row) };
        let waiting = Waiting { first_open, number, source: Source::Open(Box::new(reading)) };
        Ok(Self { name, size, row, waiting })
    }
}
