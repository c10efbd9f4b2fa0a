//! A download from its first question to its last file.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use heikin_core::order::Refusal;
use heikin_core::time::Timestamp;
use jiff::civil::Date;

use super::archive::{Archive, Presence};
use super::error::{DownloadError, time};
use super::exchange_rows::{self, ask};
use super::folder::{self, Folder};
use super::period::{Period, Series, day_of, plan};
use crate::analysis::candle_file::{self, CandleFiles};
use crate::exchange::binance::rest::{ReadError, Rest};

/// The codes of a symbol that the exchange does not know, and of an interval (`errors.md`).
const BAD_SYMBOL: i32 = -1_121;
const BAD_INTERVAL: i32 = -1_120;
/// As many names are offered for one that is unknown.
const MOST_ALIKE: usize = 3;
/// How alike they have to be: one letter in seven, or two exchanged.
const ALIKE: f64 = 0.9;

/// What is to be downloaded, and where to.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which candles.
    pub series: Series,
    /// From this day on, by UTC; from the first candle on where none is given.
    pub from: Option<Date>,
    /// Up to and including this day; up to now where none is given.
    pub to: Option<Date>,
    /// The folder.
    pub into: PathBuf,
}

/// Where candles come from.
#[derive(Debug)]
pub struct Sources {
    /// Most of them.
    pub archive: Archive,
    /// What the archive does not have. Its time has been measured.
    pub rest: Rest,
}

/// Files that are whole in the folder, by how they came there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Files {
    /// They lay there before.
    pub kept: usize,
    /// From the archive.
    pub archive: usize,
    /// From the exchange.
    pub exchange: usize,
}

impl Files {
    /// How many there are in all.
    pub const fn count(&self) -> usize {
        self.kept + self.archive + self.exchange
    }
}

/// How a download goes on, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// So many files are to be got; more where a month falls apart into days.
    Planned(usize),
    /// This one is next.
    Begins(&'a str),
    /// It is done.
    Ends,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The first and the last day that was asked for, as far as there are candles.
    pub span: (Date, Date),
    /// How the files came there.
    pub files: Files,
    /// What people should know of single files.
    pub notes: Vec<String>,
    /// The folder as a backtest reads it, files of other downloads of the series included.
    pub candles: candle_file::Summary,
}

/// A download that runs.
#[derive(Debug)]
pub struct Download {
    series: Series,
    sources: Sources,
    folder: Folder,
    span: (Date, Date),
    waiting: VecDeque<Period>,
    now: Timestamp,
    files: Files,
    notes: Vec<String>,
}

impl Download {
    /// Finds out what there is to get. Nothing is written yet but the folder.
    ///
    /// # Errors
    ///
    /// Where the job makes no sense, the folder cannot be used, or the exchange does not answer.
    pub async fn plan(job: &Job, sources: Sources) -> Result<Self, DownloadError> {
        if let (Some(from), Some(to)) = (job.from, job.to)
            && from > to
        {
            return Err(DownloadError::Backwards { from, to });
        }
        let series = job.series;
        let now = sources.rest.time().now();
        let span = span(job, &sources.rest, now).await?;
        let folder = Folder::open(&job.into, series)?;
        let waiting = plan(series, span, now).into();
        let (files, notes) = (Files::default(), Vec::new());
        Ok(Self { series, sources, folder, span, waiting, now, files, notes })
    }

    /// What is whole in the folder so far.
    pub const fn files(&self) -> Files {
        self.files
    }

    /// Gets all that is not there yet.
    ///
    /// # Errors
    ///
    /// At the first file that cannot be got. What is whole stays, and what is half is continued by the
    /// next download into the folder.
    pub async fn run(&mut self, told: &mut dyn FnMut(Step<'_>)) -> Result<Outcome, DownloadError> {
        told(Step::Planned(self.waiting.len()));
        while let Some(period) = self.waiting.pop_front() {
            told(Step::Begins(&period.stem(self.series)));
            let before = self.waiting.len();
            self.get(period).await?;
            told(Step::Planned(self.waiting.len().saturating_sub(before)));
            told(Step::Ends);
        }
        if self.files.count() == 0 {
            let (from, to) = self.span;
            let what = format!("from {from} to {to}");
            return Err(DownloadError::Nothing { series: self.series, what });
        }
        let candles = read_all(self.folder.path())?;
        let notes = std::mem::take(&mut self.notes);
        Ok(Outcome { span: self.span, files: self.files, notes, candles })
    }

    async fn get(&mut self, period: Period) -> Result<(), DownloadError> {
        if self.folder.holds(period)? {
            self.files.kept += 1;
            return self.folder.clear(period);
        }
        if period.ends() <= self.now && self.get_from_archive(period).await? == Presence::Present {
            self.files.archive += 1;
            return Ok(());
        }
        if period.falls_apart(self.series, self.now) {
            for day in period.days().collect::<Vec<_>>().into_iter().rev() {
                self.waiting.push_front(Period::Day(day));
            }
            return Ok(());
        }
        self.get_from_exchange(period).await
    }

    /// A file whose content cannot be used counts as one that is not there: the exchange has the candles.
    async fn get_from_archive(&mut self, period: Period) -> Result<Presence, DownloadError> {
        let Sources { archive, .. } = &self.sources;
        let half = self.folder.half_zip(period);
        // Once more where the checksum is wrong: a half file may be of one that was replaced since.
        for _try in 0..2 {
            let Some(checksum) = archive.checksum(self.series, period).await? else {
                return Ok(Presence::Absent);
            };
            if archive.fetch(self.series, period, &half).await? == Presence::Absent {
                folder::remove(&half)?;
                return Ok(Presence::Absent);
            }
            if folder::sha256(&half).map_err(DownloadError::disk(&half))? != checksum.hex() {
                folder::remove(&half)?;
                continue;
            }
            return Ok(match self.folder.take_zip(period, &checksum)? {
                Ok(()) => Presence::Present,
                Err(why) => {
                    let url = archive.url(self.series, period);
                    self.notes.push(format!(
                        "the archive's file cannot be used, so its candles were asked of the exchange: \
                         {url}: {why}"
                    ));
                    Presence::Absent
                }
            });
        }
        Err(DownloadError::Checksum { url: archive.url(self.series, period) })
    }

    async fn get_from_exchange(&mut self, period: Period) -> Result<(), DownloadError> {
        let Sources { rest, .. } = &self.sources;
        let half = self.folder.half_csv(period);
        if exchange_rows::write(rest, self.series, period, &half).await? == 0 {
            return folder::remove(&half);
        }
        match self.folder.take_csv(period)? {
            Ok(()) => {
                self.files.exchange += 1;
                Ok(())
            }
            Err(why) => Err(DownloadError::Unusable { what: period.stem(self.series), why }),
        }
    }
}

/// The days to get: those asked for, as far as there are candles.
async fn span(job: &Job, rest: &Rest, now: Timestamp) -> Result<(Date, Date), DownloadError> {
    let Series { symbol, interval } = job.series;
    let what = format!("{symbol}'s first candle");
    let first = match ask(rest, &what, async || rest.first_open(symbol, interval).await).await {
        Err(DownloadError::Exchange {
            source: ReadError::Refused(Refusal::Other(BAD_SYMBOL), _),
            ..
        }) => {
            return Err(DownloadError::UnknownSymbol { symbol, like: like(job, rest).await });
        }
        Err(DownloadError::Exchange {
            source: ReadError::Refused(Refusal::Other(BAD_INTERVAL), _),
            ..
        }) => return Err(DownloadError::NoSuchInterval(job.series)),
        first => first?,
    };
    let nothing = |what| DownloadError::Nothing { series: job.series, what };
    let first = first.ok_or_else(|| nothing("at the exchange".to_owned()))?;
    let (first_day, today) = (day_of(first), day_of(now));
    let from = job.from.unwrap_or(first_day).max(first_day);
    let to = job.to.unwrap_or(today).min(today);
    if from > to {
        let (first, now) = (time(first), time(now));
        return Err(nothing(format!(
            "in that span: the first one opens at {first} UTC, and it is now {now} UTC"
        )));
    }
    Ok((from, to))
}

/// Symbols whose names are much like the one asked for. Without an answer there are none.
async fn like(job: &Job, rest: &Rest) -> Vec<String> {
    let Ok(info) = rest.exchange_info(&[]).await else { return Vec::new() };
    let wanted = job.series.symbol.as_str();
    let names = info.symbols.into_iter().map(|row| row.symbol);
    let mut alike: Vec<_> = names
        .map(|name| (strsim::jaro_winkler(wanted, &name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.into_iter().take(MOST_ALIKE).map(|(_, name)| name).collect()
}

/// The whole folder, as a backtest reads it.
fn read_all(folder: &Path) -> Result<candle_file::Summary, DownloadError> {
    let mut candles = CandleFiles::open(&[folder])?;
    for candle in &mut candles {
        candle?;
    }
    Ok(candles.summary().clone())
}
