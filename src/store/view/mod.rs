//! The indexed view: what is read, in sled, made from the journal and from nothing else.
//!
//! It may lag, and it may be deleted at any time. sled 0.34 has traps; each is met here:
//!
//! | trap | met by |
//! |---|---|
//! | an insert is not durable before a flush, nor a flush on the disk | the journal is the truth; [`View::flush`] syncs sled's file through a descriptor of its own |
//! | a background flusher hides its errors | there is none |
//! | a flipped byte can lose rows without an error | count and sum of the rows are kept with them, and every row is checked when opened |
//! | a flipped byte can empty it without an error | how far it had come stands in a file beside sled's |
//! | half-written snapshots stop the opening | they are set aside before |
//! | it panics on some damage | opening and checking are guarded, and end in a view built anew |
//! | after a failed write it fails until it is opened again | so does the view: the trading goes on |
//! | large values lie in files that are never synced | rows of at most 4 KiB |
//! | it grows | a view of more than 256 MiB and fifty times its rows is built anew |

mod project;
mod quarantine;
mod row;
mod tables;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use heikin_core::engine::{Record, Sequence};
use heikin_core::time::Timestamp;

pub(in crate::store) use quarantine::set_aside;
pub use row::{AlertRow, Answer, FillRow, OrderRow, Row, TradeRow};
pub use tables::Tables;

use self::project::Rows;
use self::row::Meta;
use super::disk::Disk;
use super::error::StoreError;
use super::journal::{Follower, JournalReader};
use super::recovery::Layout;

/// Written at once.
const BATCH: usize = 500;
/// Little: what is asked for is near the end, and a cache as large as the view would grow with it.
const CACHE_BYTES: u64 = 1 << 20;
/// sled writes a segment from a buffer of its size. At sled's own 512 KiB the C library cannot give such
/// a buffer's place to the next one, since it is aligned, and a store that runs for weeks would hold some
/// MiB of them. sled leaves the setting out of its documentation; that rows stay what they are with it is
/// tested on a view many times as large as its cache.
const SEGMENT_BYTES: usize = 64 << 10;
const LARGE_BYTES: u64 = 256 << 20;
const LARGE_RATIO: u64 = 50;
const BUSY_TRIES: u32 = 20;
const BUSY_WAIT: Duration = Duration::from_millis(25);
/// The name of sled's file of rows in its folder.
const ROWS_FILE: &str = "db";
const META: &[u8] = b"m";
/// The file, in sled's folder, that says how far the view had come.
const MARK_FILE: &str = "applied";

/// The view. There is one, and it alone writes.
#[derive(Debug)]
pub struct View {
    path: PathBuf,
    db: sled::Db,
    /// sled's own file, to sync it.
    file: File,
    mark: File,
    meta: Meta,
    staged: BTreeMap<Vec<u8>, Vec<u8>>,
    failure: Option<String>,
}

/// What opening the view came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewOpened {
    /// Why it was built anew, and where the old one was put, where there was one.
    pub rebuilt: Option<(String, Option<PathBuf>)>,
    /// How many records were taken in.
    pub applied: u64,
}

impl View {
    /// Opens the view of a data directory and brings it to what the journal holds. A damaged one is
    /// set aside and built anew.
    pub fn open<D: Disk>(
        layout: &Layout,
        journal: &JournalReader<D>,
        through: Sequence,
        now: Timestamp,
    ) -> Result<(Self, ViewOpened), StoreError> {
        let path = layout.view();
        set_half_snapshots_aside(layout, &path, now)?;
        let is_new = !path.try_exists().map_err(StoreError::io("it cannot be looked at", &path))?;
        let opened = match Self::open_patiently(&path) {
            Ok(view) => view.fits(journal, through)?.map_or(Ok(view), Err),
            Err(what) => Err(what),
        };
        let mut report = ViewOpened::default();
        let mut view = match opened {
            Ok(view) => view,
            Err(what) if is_busy(&what) => return Err(StoreError::View { path, what }),
            Err(what) => {
                let aside = set_aside(&layout.quarantine(), &path, "view", now)?;
                report.rebuilt = Some((what, aside));
                Self::open_patiently(&path)
                    .map_err(|what| StoreError::View { path: path.clone(), what })?
            }
        };
        if is_new {
            report.rebuilt = Some(("there was none".to_owned(), None));
        }
        report.applied = view.catch_up(journal, through)?;
        Ok((view, report))
    }

    /// The last record that is in it.
    pub const fn applied(&self) -> Sequence {
        self.meta.applied
    }

    /// How many rows it has.
    pub const fn row_count(&self) -> u64 {
        self.meta.rows
    }

    /// Takes in what the journal holds beyond it, up to `through`; how many records that was.
    pub fn catch_up<D: Disk>(
        &mut self,
        journal: &JournalReader<D>,
        through: Sequence,
    ) -> Result<u64, StoreError> {
        if let Some(what) = self.failure.clone() {
            return Err(StoreError::View { path: self.path.clone(), what });
        }
        if through <= self.meta.applied {
            return Ok(0);
        }
        let mut records = journal.records(self.meta.applied, through)?;
        let mut count = 0;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let next = records.next_linked()?;
            let is_over = next.is_none();
            batch.extend(next);
            if is_over || batch.len() == BATCH {
                if let Some(last) = batch.last() {
                    let link = (last.record.seq, last.checksum);
                    let records = batch.iter().map(|linked| &linked.record);
                    self.apply(records, link).map_err(|what| self.fail(what))?;
                }
                count += batch.len() as u64;
                batch.clear();
            }
            if is_over {
                break;
            }
        }
        self.flush()?;
        Ok(count)
    }

    /// Takes in what is new and durable, read on by a follower that stands where the view does; how
    /// many records that was. What it costs does not grow with the journal, as [`Self::catch_up`]'s
    /// does, which reads a segment from its beginning.
    pub fn follow<D: Disk>(&mut self, follower: &mut Follower<D>) -> Result<u64, StoreError> {
        if let Some(what) = self.failure.clone() {
            return Err(StoreError::View { path: self.path.clone(), what });
        }
        if follower.position() != self.meta.applied {
            let what = "it is read on from another record than its last".to_owned();
            return Err(StoreError::View { path: self.path.clone(), what });
        }
        let mut count = 0;
        loop {
            let records = follower.read_on(BATCH)?;
            if records.is_empty() {
                break;
            }
            self.apply(&records, follower.link()).map_err(|what| self.fail(what))?;
            count += records.len() as u64;
        }
        if count > 0 {
            self.flush()?;
        }
        Ok(count)
    }

    /// Makes durable what was taken in.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        let flushed = guarded(|| {
            self.db.flush().map_err(|error| error.to_string())?;
            self.file.sync_data().map_err(|error| error.to_string())?;
            let text = mark_text(self.meta.applied);
            self.mark.write_all_at(text.as_bytes(), 0).map_err(|error| error.to_string())
        });
        flushed.map_err(|what| self.fail(what))
    }

    /// The rows of a kind, in the order of their keys: for all but fills, of their records.
    pub fn rows<R: Row>(&self) -> impl Iterator<Item = Result<R, StoreError>> {
        self.db.scan_prefix([R::FAMILY]).map(|entry| {
            let read = || {
                let (key, value) = entry.map_err(|error| error.to_string())?;
                row::decode(&key, &value)
            };
            read().map_err(|what| StoreError::View { path: self.path.clone(), what })
        })
    }

    fn fail(&mut self, what: String) -> StoreError {
        self.failure = Some(what.clone());
        StoreError::View { path: self.path.clone(), what }
    }

    /// Writes what some records change, and that they are taken in, at once.
    fn apply<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a Record>,
        (applied, checksum): (Sequence, u32),
    ) -> Result<(), String> {
        guarded(|| {
            for record in records {
                project::project(self, record)?;
            }
            self.meta.applied = applied;
            self.meta.checksum = checksum;
            let mut batch = sled::Batch::default();
            for (key, value) in std::mem::take(&mut self.staged) {
                batch.insert(key, value);
            }
            batch.insert(META, row::encode(META, &self.meta)?);
            self.db.apply_batch(batch).map_err(|error| error.to_string())
        })
    }

    /// sled may still be held for a moment by what has just let go of it.
    fn open_patiently(path: &Path) -> Result<Self, String> {
        for _ in 0..BUSY_TRIES {
            match guarded(|| Self::open_checked(path)) {
                Err(what) if is_busy(&what) => wait(BUSY_WAIT),
                opened => return opened,
            }
        }
        guarded(|| Self::open_checked(path))
    }

    /// Opens sled's files and looks at every row.
    fn open_checked(path: &Path) -> Result<Self, String> {
        let text = |error: sled::Error| error.to_string();
        let db = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .segment_size(SEGMENT_BYTES)
            .flush_every_ms(None)
            .open()
            .map_err(text)?;
        let file = File::open(path.join(ROWS_FILE)).map_err(|error| error.to_string())?;
        let meta = db.get(META).map_err(text)?;
        let meta: Meta =
            meta.map(|bytes| row::decode(META, &bytes)).transpose()?.unwrap_or_default();
        let mark = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(MARK_FILE))
            .map_err(|error| error.to_string())?;
        let marked = read_mark(&mark);
        if meta.applied < marked {
            return Err(format!("it holds record {}, but had come to {marked}", meta.applied));
        }
        let mut found = Meta { rows: 0, sum: 0, ..meta };
        let mut bytes = 0_u64;
        for entry in &*db {
            let (key, value) = entry.map_err(text)?;
            if *key != *META {
                found.rows += 1;
                found.sum = found.sum.wrapping_add(u64::from(row::check(&key, &value)?));
                bytes += (key.len() + value.len()) as u64;
            }
        }
        if found != meta {
            return Err(format!(
                "it has {} rows, but should have {}, or others",
                found.rows, meta.rows
            ));
        }
        let size = db.size_on_disk().map_err(text)?;
        if size > LARGE_BYTES && size / LARGE_RATIO > bytes {
            return Err(format!("it has grown to {size} bytes for {bytes} bytes of rows"));
        }
        let staged = BTreeMap::new();
        Ok(Self { path: path.to_owned(), db, file, mark, meta, staged, failure: None })
    }

    /// Whether it is a view of this journal; otherwise, why not.
    fn fits<D: Disk>(
        &self,
        journal: &JournalReader<D>,
        through: Sequence,
    ) -> Result<Option<String>, StoreError> {
        let Meta { applied, checksum, .. } = self.meta;
        if applied == 0 {
            let is_empty = self.meta.rows == 0;
            return Ok((!is_empty).then(|| "it does not say what it holds".to_owned()));
        }
        if applied > through {
            return Ok(Some(format!("it holds record {applied}, the journal ends with {through}")));
        }
        let found = journal.records(applied - 1, applied)?.next_linked()?;
        let is_same = found.is_some_and(|linked| linked.checksum == checksum);
        Ok((!is_same).then(|| "it is the view of another journal".to_owned()))
    }
}

impl Rows for View {
    fn get<R: Row>(&self, key: &[u8]) -> Result<Option<R>, String> {
        if let Some(bytes) = self.staged.get(key) {
            return row::decode(key, bytes).map(Some);
        }
        let stored = self.db.get(key).map_err(|error| error.to_string())?;
        stored.map(|bytes| row::decode(key, &bytes)).transpose()
    }

    fn put<R: Row>(&mut self, key: &[u8], row: &R) -> Result<(), String> {
        let bytes = row::encode(key, row)?;
        let new = row::check(key, &bytes)?;
        let old = if let Some(old) = self.staged.get(key) {
            Some(row::check(key, old)?)
        } else {
            let stored = self.db.get(key).map_err(|error| error.to_string())?;
            stored.map(|old| row::check(key, &old)).transpose()?
        };
        self.meta.rows += u64::from(old.is_none());
        let sum = self.meta.sum.wrapping_sub(u64::from(old.unwrap_or(0)));
        self.meta.sum = sum.wrapping_add(u64::from(new));
        self.staged.insert(key.to_owned(), bytes);
        Ok(())
    }
}

/// sled takes a leftover of a killed start for a snapshot, and then does not open.
fn set_half_snapshots_aside(
    layout: &Layout,
    path: &Path,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Ok(entries) = fs::read_dir(path) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(StoreError::io("the folder cannot be read", path))?;
        let name = entry.file_name();
        if name.to_string_lossy().ends_with(".generating") {
            set_aside(&layout.quarantine(), &entry.path(), "half-written-snapshot", now)?;
        }
    }
    Ok(())
}

/// A number, and its checksum: a text of one length, so that it is written over.
fn mark_text(applied: Sequence) -> String {
    let number = format!("{applied:020}");
    format!("{number} {:08x}\n", crc32c::crc32c(number.as_bytes()))
}

/// What a mark says; nothing where it is not whole.
fn read_mark(mut mark: &File) -> Sequence {
    let mut text = String::new();
    if mark.read_to_string(&mut text).is_err() {
        return 0;
    }
    let number = text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    if mark_text(number) == text { number } else { 0 }
}

/// Another process has it open: nothing is wrong with it.
fn is_busy(what: &str) -> bool {
    what.contains("could not acquire lock")
}

#[expect(clippy::disallowed_methods, reason = "the view is opened beside the trading, not in it")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// Runs work that may panic in sled.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("sled gave up: {}", said.unwrap_or("it did not say why")))
    })
}
