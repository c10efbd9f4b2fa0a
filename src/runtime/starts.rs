//! How often heikin started lately and did not end in good order. What starts again and again would
//! do again and again what ended it: recovery and protection go on, entries wait.
//!
//! The times are kept in `starts.json` of the data folder. A file that cannot be read counts as none:
//! it guards against one's own faults, and must not become one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use heikin_core::time::{Span, Timestamp};

const NAME: &str = "starts.json";
/// So many starts…
const TOO_MANY: usize = 5;
/// …within so long are a loop.
const WITHIN: Span = Span::from_secs(600);

/// The starts that were not followed by an end in good order, this one among them.
#[derive(Debug)]
pub struct Starts {
    path: PathBuf,
    /// Oldest first, at most [`TOO_MANY`].
    unfinished: Vec<Timestamp>,
}

impl Starts {
    /// Records that heikin starts `now`, durably.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written.
    pub fn record(data: &Path, now: Timestamp) -> io::Result<Self> {
        let path = data.join(NAME);
        let known = fs::read_to_string(&path).unwrap_or_default();
        let mut unfinished: Vec<Timestamp> = serde_json::from_str(&known).unwrap_or_default();
        // A clock that was set back leaves starts behind that are still to come.
        unfinished.retain(|at| *at <= now && now.since(*at) < WITHIN);
        unfinished.push(now);
        let surplus = unfinished.len().saturating_sub(TOO_MANY);
        unfinished.drain(..surplus);
        let starts = Self { path, unfinished };
        starts.write(data)?;
        Ok(starts)
    }

    /// How long from `now` on entries wait; none where this is no loop.
    pub fn wait(&self, now: Timestamp) -> Option<Span> {
        let first = self.unfinished.first().filter(|_| self.unfinished.len() >= TOO_MANY)?;
        let rest = (*first + WITHIN).since(now);
        (rest > Span::ZERO).then_some(rest)
    }

    /// This one ended in good order: what was before is over.
    ///
    /// # Errors
    ///
    /// Where the file cannot be removed.
    pub fn end_well(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    fn write(&self, data: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(data)?;
        writeln!(file, "{}", serde_json::to_string(&self.unfinished)?)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        File::open(data)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u32) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000) + Span::from_secs(secs)
    }

    #[test]
    fn five_starts_within_ten_minutes_make_entries_wait_for_the_rest_of_these() {
        let data = tempfile::TempDir::new().unwrap();
        for secs in [0, 100, 200, 300] {
            assert_eq!(Starts::record(data.path(), at(secs)).unwrap().wait(at(secs)), None);
        }
        let fifth = Starts::record(data.path(), at(400)).unwrap();
        assert_eq!(fifth.wait(at(400)), Some(Span::from_secs(200)));
        assert_eq!(fifth.wait(at(600)), None);
        // By now the first one is too long ago.
        let later = Starts::record(data.path(), at(601)).unwrap();
        assert_eq!(later.wait(at(601)), Some(Span::from_secs(99)));
        let much_later = Starts::record(data.path(), at(1_300)).unwrap();
        assert_eq!(much_later.wait(at(1_300)), None);
    }

    #[test]
    fn an_end_in_good_order_ends_the_count() {
        let data = tempfile::TempDir::new().unwrap();
        for secs in 0..4 {
            Starts::record(data.path(), at(secs)).unwrap();
        }
        Starts::record(data.path(), at(4)).unwrap().end_well().unwrap();
        assert_eq!(Starts::record(data.path(), at(5)).unwrap().wait(at(5)), None);
    }

    #[test]
    fn what_cannot_be_read_or_is_still_to_come_counts_as_nothing() {
        let data = tempfile::TempDir::new().unwrap();
        for secs in 0..4 {
            Starts::record(data.path(), at(3_600 + secs)).unwrap();
        }
        assert_eq!(Starts::record(data.path(), at(0)).unwrap().wait(at(0)), None);
        fs::write(data.path().join(NAME), "no list").unwrap();
        assert_eq!(Starts::record(data.path(), at(1)).unwrap().unfinished, [at(1)]);
    }
}
