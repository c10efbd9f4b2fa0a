//! `heikin.log` is the current file; what was set aside is `heikin.2026-11-21.1.log`, by the UTC
//! day of what is in it and a number that counts up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use heikin_core::time::Timestamp;

/// When a file is set aside, and how many are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rotation {
    /// It holds at most so many bytes.
    pub(super) max_bytes: u64,
    /// So many files are kept, the current one included.
    pub(super) keep: u16,
}

/// A log file. Writing to it never fails: what cannot be written is counted, and the next line is
/// tried anew.
#[derive(Debug)]
pub(super) struct RotatingFile {
    folder: PathBuf,
    /// The name without `.log`.
    stem: String,
    rotation: Rotation,
    current: Option<Current>,
    lost: Arc<AtomicU64>,
    now: fn() -> Timestamp,
}

#[derive(Debug)]
struct Current {
    file: File,
    bytes: u64,
    day: i64,
    /// The last line was cut off.
    is_torn: bool,
}

impl RotatingFile {
    pub(super) fn open(
        folder: &Path,
        name: &str,
        rotation: Rotation,
        lost: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let stem = name.trim_end_matches(".log").to_owned();
        let folder = folder.to_owned();
        let mut log = Self { folder, stem, rotation, current: None, lost, now: clock };
        log.current = Some(log.open_current()?);
        Ok(log)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.stem))
    }

    fn open_current(&self) -> io::Result<Current> {
        let file = OpenOptions::new().create(true).append(true).mode(0o640).open(self.path())?;
        let found = file.metadata()?;
        let bytes = found.len();
        // What is there already belongs to the day when it was last written to.
        let day = if bytes == 0 {
            (self.now)()
        } else {
            found.modified().map_or_else(|_| (self.now)(), since_epoch)
        };
        Ok(Current { file, bytes, day: day.utc_day(), is_torn: false })
    }

    fn put(&mut self, line: &[u8]) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.open_current()?,
        };
        let is_full =
            current.bytes > 0 && current.bytes.saturating_add(length) > self.rotation.max_bytes;
        if is_full || current.day != (self.now)().utc_day() {
            if current.bytes > 0 {
                self.set_aside(current.day)?;
            }
            current = self.open_current()?;
        }
        let start: &[u8] = if current.is_torn { b"\n" } else { b"" };
        let written = current.file.write_all(start).and_then(|()| current.file.write_all(line));
        current.is_torn = written.is_err();
        if written.is_ok() {
            current.bytes = current.bytes.saturating_add(length);
        }
        self.current = Some(current);
        written
    }

    /// Gives the current file the name of its day, and deletes the oldest.
    fn set_aside(&self, day: i64) -> io::Result<()> {
        let date = date(day);
        let old = self.old()?;
        let next = old.iter().filter(|(of, ..)| *of == date).map(|(_, n, _)| n + 1).max();
        let name = format!("{}.{date}.{}.log", self.stem, next.unwrap_or(1));
        fs::rename(self.path(), self.folder.join(name))?;
        let mut old = self.old()?;
        old.sort();
        let keep = usize::from(self.rotation.keep.saturating_sub(1));
        let many = old.len().saturating_sub(keep);
        for (.., path) in old.into_iter().take(many) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// What was set aside: the day, the number, the file.
    fn old(&self) -> io::Result<Vec<(String, u64, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let parts = name.to_str().and_then(|name| {
                let rest =
                    name.strip_prefix(&self.stem)?.strip_prefix('.')?.strip_suffix(".log")?;
                let (date, number) = rest.split_once('.')?;
                let is_date =
                    date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                Some((is_date.then(|| date.to_owned())?, number.parse().ok()?))
            });
            if let Some((date, number)) = parts {
                found.push((date, number, entry.path()));
            }
        }
        Ok(found)
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.put(line).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn date(day: i64) -> String {
    let second = day.saturating_mul(86_400);
    jiff::Timestamp::from_second(second)
        .map_or_else(|_| day.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}

#[expect(clippy::disallowed_methods, reason = "files are named by the day of what is in them")]
fn clock() -> Timestamp {
    since_epoch(SystemTime::now())
}

fn since_epoch(at: SystemTime) -> Timestamp {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use heikin_core::time::Span;
    use std::cell::Cell;
    use tempfile::TempDir;

    thread_local! {
        static NOW: Cell<i64> = const { Cell::new(0) };
    }

    fn log(folder: &TempDir, max_bytes: u64, keep: u16) -> RotatingFile {
        let rotation = Rotation { max_bytes, keep };
        let mut log =
            RotatingFile::open(folder.path(), "heikin.log", rotation, Arc::default()).unwrap();
        log.now = || Timestamp::from_millis(NOW.get());
        log.current = None;
        log
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let name =
            |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_full_file_is_set_aside_and_the_oldest_is_deleted() {
        let folder = TempDir::new().unwrap();
        let mut log = log(&folder, 10, 3);
        for line in ["one\n", "two\n", "three\n", "four\n", "a long line of its own\n", "six\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let set_aside = ["heikin.1970-01-01.3.log", "heikin.1970-01-01.4.log", "heikin.log"];
        assert_eq!(names(&folder), set_aside);
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(text("heikin.1970-01-01.4.log"), "a long line of its own\n");
        assert_eq!(text("heikin.log"), "six\n");
    }

    #[test]
    fn a_day_has_its_own_file_over_a_restart_too() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("heikin.other.log"), "not ours").unwrap();
        {
            let mut log = log(&folder, 1_000, 10);
            log.write_all(b"first\n").unwrap();
            NOW.set(Span::DAY.millis());
            log.write_all(b"second\n").unwrap();
        }
        assert!(names(&folder).contains(&"heikin.1970-01-01.1.log".to_owned()));
        let file = File::options().append(true).open(folder.path().join("heikin.log")).unwrap();
        file.set_modified(UNIX_EPOCH + std::time::Duration::from_hours(24)).unwrap();
        NOW.set(Span::DAY.times(2).millis());
        log(&folder, 1_000, 10).write_all(b"third\n").unwrap();
        assert!(
            names(&folder).contains(&"heikin.1970-01-02.1.log".to_owned()),
            "{:?}",
            names(&folder)
        );
        assert_eq!(fs::read_to_string(folder.path().join("heikin.log")).unwrap(), "third\n");
    }

    #[test]
    fn a_disk_that_takes_nothing_costs_lines_and_nothing_else() {
        let folder = TempDir::new().unwrap();
        let mut log = log(&folder, 1_000, 3);
        // The kernel's own full disk.
        std::os::unix::fs::symlink("/dev/full", folder.path().join("full.log")).unwrap();
        log.stem = "full".to_owned();
        log.write_all(b"lost\n").unwrap();
        log.write_all(b"lost\n").unwrap();
        assert_eq!(log.lost.load(Ordering::Relaxed), 2);
        log.stem = "heikin".to_owned();
        log.current = None;
        log.write_all(b"kept\n").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("heikin.log")).unwrap(), "kept\n");
    }
}
