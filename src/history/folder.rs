//! The folder that candles are downloaded into: what lies in it, and how something comes to lie there.
//!
//! | name | is |
//! |---|---|
//! | `BTCUSDT-1h-2024-01.zip` | from the archive, whole and verified |
//! | `BTCUSDT-1h-2024-01.zip.CHECKSUM` | what it was verified by; `sha256sum -c` reads it |
//! | `BTCUSDT-1h-2024-02-03.csv` | from the exchange, where the archive has nothing |
//! | `….part` | half a file |

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use heikin_core::time::{Span, Timestamp};
use sha2::{Digest as _, Sha256};

use super::archive::Checksum;
use super::error::DownloadError;
use super::period::{Period, Series};
use crate::analysis::candle_file::{CandleFiles, Problem};

/// Held while a download runs.
const LOCK: &str = ".heikin-download.lock";
/// Bytes hashed at a time.
const CHUNK: usize = 64 * 1024;

/// A folder with the candles of one series, held by this process alone.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    series: Series,
    /// Which periods were found to lie there whole: each is looked into once.
    whole: BTreeMap<Period, bool>,
    /// Folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
    _lock: File,
}

/// What is in a file of candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content {
    /// When the candle behind the last one opens.
    until: Timestamp,
}

impl Folder {
    /// Takes a folder, which is made where there is none.
    ///
    /// # Errors
    ///
    /// Where it cannot be written to, has candles of another series, or is in use.
    pub fn open(path: &Path, series: Series) -> Result<Self, DownloadError> {
        let fails = |source| DownloadError::Folder { path: path.to_owned(), source };
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let made = path.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        fs::create_dir_all(path).map_err(fails)?;
        let lock = Self::lock(path)?;
        let folder =
            Self { path: path.to_owned(), series, whole: BTreeMap::new(), made, _lock: lock };
        match folder.other_candles().map_err(fails)? {
            Some(name) => Err(DownloadError::OtherCandles { path: path.to_owned(), series, name }),
            None => Ok(folder),
        }
    }

    fn lock(path: &Path) -> Result<File, DownloadError> {
        let fails = |source| DownloadError::Folder { path: path.to_owned(), source };
        let name = path.join(LOCK);
        loop {
            let lock = File::create(&name).map_err(fails)?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(DownloadError::InUse(path.to_owned())),
                Err(TryLockError::Error(source)) => return Err(fails(source)),
            }
            // Whoever had it may have removed it in between: this one is then nobody's any more.
            let held = lock.metadata().map_err(fails)?;
            if fs::metadata(&name).is_ok_and(|named| named.ino() == held.ino()) {
                return Ok(lock);
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file that the candle reader would take, and that is not one of ours.
    fn other_candles(&self) -> io::Result<Option<String>> {
        let mut others = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let is_candles = [".csv", ".gz", ".zip"].iter().any(|end| name.ends_with(end));
            if is_candles && !name.starts_with('.') && !self.is_own(&name) {
                others.push(name);
            }
        }
        Ok(others.into_iter().min())
    }

    fn is_own(&self, name: &str) -> bool {
        let stem = name.strip_suffix(".zip").or_else(|| name.strip_suffix(".csv"));
        let date = stem.and_then(|stem| stem.strip_prefix(&self.series.name())?.strip_prefix('-'));
        date.is_some_and(|date| {
            let is_date = |date: &str| date.parse::<jiff::civil::Date>().is_ok();
            matches!(date.len(), 7) && is_date(&format!("{date}-01"))
                || matches!(date.len(), 10) && is_date(date)
        })
    }

    fn named(&self, period: Period, end: &str) -> PathBuf {
        self.path.join(format!("{}{end}", period.stem(self.series)))
    }

    /// Where a zip grows until it is whole.
    pub fn half_zip(&self, period: Period) -> PathBuf {
        self.named(period, ".zip.part")
    }

    /// Where rows of the exchange go until they are all there.
    pub fn half_csv(&self, period: Period) -> PathBuf {
        self.named(period, ".csv.part")
    }

    /// Whether the candles of a period lie there whole: its own file, or that of its month.
    ///
    /// # Errors
    ///
    /// Where a file that is there cannot be read.
    pub fn holds(&mut self, period: Period) -> Result<bool, DownloadError> {
        let month = Period::month_of(period.first());
        Ok(self.has_file_of(month)? || self.has_file_of(period)?)
    }

    fn has_file_of(&mut self, period: Period) -> Result<bool, DownloadError> {
        if let Some(known) = self.whole.get(&period) {
            return Ok(*known);
        }
        let is_whole = self.has_verified_zip(period)? || self.has_all_rows(period);
        self.whole.insert(period, is_whole);
        Ok(is_whole)
    }

    fn has_verified_zip(&self, period: Period) -> Result<bool, DownloadError> {
        let zip = self.named(period, ".zip");
        let checksum = match fs::read_to_string(self.named(period, ".zip.CHECKSUM")) {
            Ok(text) => Checksum::read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(DownloadError::disk(&zip)(error)),
        };
        match sha256(&zip) {
            Ok(found) => Ok(checksum.is_some_and(|checksum| checksum.hex() == found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(DownloadError::disk(&zip)(error)),
        }
    }

    /// Rows of the exchange are all there when they reach to the end of the period.
    fn has_all_rows(&self, period: Period) -> bool {
        let path = self.named(period, ".csv");
        let content = path.is_file().then(|| look_into(&path, self.series, period));
        // Whatever is not as it should be is asked for again.
        content.is_some_and(|content| content.is_ok_and(|content| content.until >= period.ends()))
    }

    /// Gives a half zip that has the right checksum its name, if the candle reader takes it. Says why
    /// not, and removes it, where it does not.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    pub fn take_zip(
        &mut self,
        period: Period,
        checksum: &Checksum,
    ) -> Result<Result<(), String>, DownloadError> {
        let half = self.half_zip(period);
        if let Err(why) = look_into(&half, self.series, period) {
            remove(&half)?;
            return Ok(Err(why));
        }
        let beside = self.named(period, ".zip.CHECKSUM");
        let half_beside = self.named(period, ".zip.CHECKSUM.part");
        let mut file = File::create(&half_beside).map_err(DownloadError::disk(&half_beside))?;
        file.write_all(checksum.text().as_bytes()).map_err(DownloadError::disk(&half_beside))?;
        self.name(&half_beside, &beside)?;
        self.name(&half, &self.named(period, ".zip"))?;
        self.clear(period)?;
        Ok(Ok(()))
    }

    /// Gives rows of the exchange their name.
    ///
    /// # Errors
    ///
    /// Where the disk fails; in words, where the rows are no candles of this period.
    pub fn take_csv(&mut self, period: Period) -> Result<Result<(), String>, DownloadError> {
        let half = self.half_csv(period);
        if let Err(why) = look_into(&half, self.series, period) {
            remove(&half)?;
            return Ok(Err(why));
        }
        self.name(&half, &self.named(period, ".csv"))?;
        self.clear(period)?;
        Ok(Ok(()))
    }

    /// Syncs a file, and lets it have its name: from then on it is there whatever happens.
    fn name(&self, half: &Path, whole: &Path) -> Result<(), DownloadError> {
        let file = File::open(half).and_then(|file| file.sync_all());
        file.map_err(DownloadError::disk(half))?;
        fs::rename(half, whole).map_err(DownloadError::disk(whole))?;
        let folder = File::open(&self.path).and_then(|folder| folder.sync_all());
        folder.map_err(DownloadError::disk(&self.path))
    }

    /// Removes what the file of a period, which is whole, makes superfluous: the rows where there is a
    /// zip, the days of a month, and halves of either.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    pub fn clear(&self, period: Period) -> Result<(), DownloadError> {
        let mut superfluous = vec![self.half_zip(period), self.half_csv(period)];
        if self.named(period, ".zip").is_file() {
            superfluous.push(self.named(period, ".csv"));
        }
        if matches!(period, Period::Month(_)) {
            for day in period.days() {
                let ends = [".zip", ".zip.CHECKSUM", ".csv", ".zip.part", ".csv.part"];
                superfluous.extend(ends.map(|end| self.named(Period::Day(day), end)));
            }
        }
        superfluous.iter().try_for_each(|path| remove(path))
    }
}

/// Whoever looks into the folder finds candles there, or no folder where nothing came of it.
impl Drop for Folder {
    fn drop(&mut self) {
        let mut left = fs::remove_file(self.path.join(LOCK));
        for made in &self.made {
            // Not where something is in it.
            left = left.and_then(|()| fs::remove_dir(made));
        }
        drop(left);
    }
}

/// Removes a file, where there is one.
pub(super) fn remove(path: &Path) -> Result<(), DownloadError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DownloadError::disk(path)(error))
        }
        _ => Ok(()),
    }
}

/// The SHA-256 of a file, in hexadecimal digits.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(chunk.get(..count).unwrap_or_default());
    }
    let mut hex = String::new();
    for byte in hash.finalize() {
        let _infallible = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

/// Reads a file as the backtest will: all of it, and whether it is of this series and period.
fn look_into(path: &Path, series: Series, period: Period) -> Result<Content, String> {
    let mut candles = match CandleFiles::open(&[path]) {
        Ok(candles) => candles,
        // The first candle was cut short, as where the exchange stopped: alone it does not tell its
        // interval. Among the other files it does.
        Err(error) if matches!(error.problem(), Problem::NoInterval { .. }) => {
            return Ok(Content { until: period.opens() });
        }
        Err(error) => return Err(error.to_string()),
    };
    if candles.interval() != series.interval {
        let (found, wanted) = (candles.interval(), series.interval);
        return Err(format!("its candles are of {found}, not of {wanted}"));
    }
    let mut until = period.opens();
    for candle in &mut candles {
        let candle = candle.map_err(|error| error.to_string())?;
        let open = candle.open_time();
        if open < period.opens() || open >= period.ends() {
            return Err(format!("it has a candle that opens at {} ms, outside", open.millis()));
        }
        until = candle.close_time() + Span::from_millis(1);
    }
    Ok(Content { until })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nothing_came_into_is_gone_again() {
        let around = tempfile::tempdir().unwrap();
        let path = around.path().join("candles/BTCUSDT-1h");
        let series = Series {
            symbol: "BTCUSDT".parse().unwrap(),
            interval: heikin_core::time::Interval::H1,
        };
        let folder = Folder::open(&path, series).unwrap();
        assert!(matches!(Folder::open(&path, series), Err(DownloadError::InUse(_))));
        assert!(path.join(LOCK).exists());
        drop(folder);
        assert!(!around.path().join("candles").exists());

        let folder = Folder::open(&path, series).unwrap();
        fs::write(path.join("BTCUSDT-1h-2024-01.csv"), "").unwrap();
        drop(folder);
        assert!(path.join("BTCUSDT-1h-2024-01.csv").exists() && !path.join(LOCK).exists());
        drop(Folder::open(&path, series).unwrap());
        assert!(path.is_dir());
    }
}
