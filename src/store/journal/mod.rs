//! The journal's files: the one thing that is written before anything can be noticed outside.
//!
//! Records lie one behind the other in segments (`00000001.segment`, …), each checksummed and
//! chained to the one before (`frame.rs`). Writing goes to the end only; the room is allocated before,
//! so that a sync does not have to change the file's length.
//!
//! # Promises
//!
//! - What [`Journal::sync`] has returned for is there after any crash, or opening fails and says what
//!   is missing. It is never silently less.
//! - What opening gives is a prefix of what was written.
//! - A crash can tear only what was not synced; that is cut off, and told.
//! - After one failed write or sync nothing more is written by this process.

mod archive;
mod copy;
mod entry;
mod follow;
mod frame;
mod header;
mod mark;
mod open;
mod read;
mod segments;

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use heikin_core::engine::{Journal, JournalError, Record, Sequence};

pub use archive::{Archived, Outdated, archive, remove_before};
pub use copy::copy;
pub use entry::Entry;
pub use follow::Follower;
pub use open::{Opened, Torn, Verify};
pub use read::{JournalReader, Records};

use self::frame::{Head, Link};
use self::header::{HEADER, Header};
use self::mark::Mark;
use self::segments::Place;
use super::disk::{Disk, DiskFile, RealDisk, TEMPORARY};
use super::error::{DURABLE_MARK, StoreError};

/// A sync that takes longer than this is slow: entries are closed until the disk has recovered.
pub const SLOW_SYNC: Duration = Duration::from_millis(250);

/// Records as JSON: `docs/decisions/0006-journal-encoding.md`.
const JSON: u8 = 1;
/// What is appended is handed to the operating system at the next sync, or when it is this much.
const BUFFERED: usize = 1 << 20;
/// So often a journal in use is looked at before it is called damaged.
const LOOKS: u32 = 3;

fn mark_path(folder: &Path) -> PathBuf {
    folder.join(DURABLE_MARK)
}

/// How a journal is written.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A segment is closed before it would be larger than this.
    pub segment_bytes: usize,
    /// What each segment says of who wrote it.
    pub build: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { segment_bytes: 16 << 20, build: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// A journal in files, of records of one type: an account's, unless another one is named.
#[derive(Debug)]
pub struct FileJournal<D: Disk = RealDisk, R = Record> {
    disk: D,
    folder: PathBuf,
    settings: Settings,
    /// The segment that is written to; none before the first record.
    current: Option<Segment<D::File>>,
    mark: Mark<D::File>,
    /// The last record that was appended.
    last: Link,
    durable: Link,
    /// What was appended and is not with the operating system yet, and its last record.
    buffer: Vec<u8>,
    written: Link,
    failure: Option<String>,
    last_sync: Duration,
    records: PhantomData<fn(R)>,
}

#[derive(Debug)]
struct Segment<F> {
    place: Place,
    file: F,
    /// Where the next record goes.
    end: usize,
    /// Whether its room is allocated.
    is_allocated: bool,
    /// Whether it takes more: not one that another build began.
    is_ours: bool,
}

impl FileJournal<RealDisk> {
    /// Opens the journal in a folder, or creates it.
    pub fn open(folder: &Path, scope: Verify) -> Result<(Self, Opened), StoreError> {
        Self::open_on(RealDisk, folder, scope, Settings::default())
    }
}

impl<D: Disk> FileJournal<D> {
    /// Opens the account's journal in a folder of this disk, or creates it.
    pub fn open_on(
        disk: D,
        folder: &Path,
        scope: Verify,
        settings: Settings,
    ) -> Result<(Self, Opened), StoreError> {
        Self::open_of(disk, folder, scope, settings)
    }
}

impl<D: Disk, R: Entry> FileJournal<D, R> {
    /// Opens the journal of such records in a folder of this disk, or creates it.
    pub fn open_of(
        disk: D,
        folder: &Path,
        scope: Verify,
        settings: Settings,
    ) -> Result<(Self, Opened), StoreError> {
        let io = |doing| StoreError::io(doing, folder);
        disk.create_folder(folder).map_err(io("the folder cannot be created"))?;
        let found = open::verify(&disk, folder, scope)?;
        segments::remove_unfinished(&disk, folder)?;
        let current = match found.tail {
            // An archived segment takes nothing more.
            Some((place, scanned)) if !place.is_archived => {
                let io = |doing| StoreError::io(doing, &place.path);
                let mut file = disk.open(&place.path).map_err(io("it cannot be opened"))?;
                if found.opened.torn.is_some() {
                    file.truncate(to_u64(scanned.end)).map_err(io("its end cannot be cut off"))?;
                }
                // What a process wrote that died before its sync.
                file.sync().map_err(io("it cannot be synced"))?;
                let is_ours = scanned.header.is_of(&settings.build);
                Some(Segment { place, file, end: scanned.end, is_allocated: false, is_ours })
            }
            Some(_) | None => None,
        };
        let path = mark_path(folder);
        let mut mark = Mark::open(&disk, &path)
            .map_err(StoreError::io("it cannot be opened or created", &path))?;
        if found.last.seq > 0 {
            mark.set(found.last).map_err(StoreError::io("it cannot be written", &path))?;
        }
        let journal = Self {
            disk,
            folder: folder.to_owned(),
            settings,
            current,
            mark,
            last: found.last,
            durable: found.last,
            buffer: Vec::new(),
            written: found.last,
            failure: None,
            last_sync: Duration::ZERO,
            records: PhantomData,
        };
        Ok((journal, found.opened))
    }

    /// The number of the last record that was appended.
    pub const fn last(&self) -> Sequence {
        self.last.seq
    }

    /// The number and the checksum of the last record that was appended. The checksums are a chain:
    /// who has the same one has the same records up to there.
    pub const fn last_link(&self) -> (Sequence, u32) {
        (self.last.seq, self.last.checksum)
    }

    /// The number and the checksum of the last durable record: what a snapshot says of itself.
    pub const fn durable_link(&self) -> (Sequence, u32) {
        (self.durable.seq, self.durable.checksum)
    }

    /// How long the last sync took: more than [`SLOW_SYNC`] is slow.
    pub const fn last_sync(&self) -> Duration {
        self.last_sync
    }

    /// Reads what is durable, beside the writing.
    pub fn reader(&self) -> JournalReader<D, R> {
        JournalReader::of(self.disk.clone(), &self.folder)
    }

    /// Says that the process ends by its own will: the mark is made durable too.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.commit()?;
        let path = mark_path(&self.folder);
        self.mark.sync().map_err(StoreError::io("it cannot be synced", &path))
    }

    /// Appends a record; it is not durable yet.
    ///
    /// # Errors
    ///
    /// Where it does not follow the last one or is too large, or a write fails now or failed before.
    pub fn append_record(&mut self, record: &R) -> Result<(), StoreError> {
        self.check()?;
        let seq = record.sequence();
        if seq != self.last.seq + 1 {
            let (expected, found) = (self.last.seq + 1, seq);
            return Err(StoreError::OutOfOrder { expected, found });
        }
        let start = frame::begin(&mut self.buffer);
        if let Err(source) = serde_json::to_writer(&mut self.buffer, record) {
            self.buffer.truncate(start);
            return Err(StoreError::Encoding { record: seq, source });
        }
        let head = Head { before: self.last, encoding: JSON, durable: self.durable.seq };
        self.last = frame::finish(&mut self.buffer, start, head)
            .map_err(|bytes| StoreError::TooLarge { record: seq, bytes, most: frame::MOST })?;
        if self.buffer.len() >= BUFFERED {
            self.poison_on_error(Self::write)?;
        }
        Ok(())
    }

    /// Makes durable what was appended so far.
    ///
    /// # Errors
    ///
    /// Where a write or the sync fails: nothing more is written by this process.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.check()?;
        if self.durable == self.last {
            return Ok(());
        }
        let started = now();
        let outcome = self.poison_on_error(|journal| {
            journal.write()?;
            journal.sync_current()
        });
        self.last_sync = started.elapsed();
        outcome
    }

    fn check(&self) -> Result<(), StoreError> {
        match &self.failure {
            None => Ok(()),
            Some(failure) => Err(StoreError::Poisoned(failure.clone())),
        }
    }

    /// What is on the disk after a failure is not known any more, whatever a second try would say.
    fn poison_on_error(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        work(self).inspect_err(|error| self.failure = Some(error.to_string()))
    }

    /// Hands to the operating system what was appended.
    fn write(&mut self) -> Result<(), StoreError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let fits = self.current.as_ref().is_some_and(|segment| {
            let is_empty = segment.end == HEADER;
            let end = segment.end + self.buffer.len();
            segment.is_ours && (is_empty || end <= self.settings.segment_bytes)
        });
        if !fits {
            self.rotate()?;
        }
        let Some(segment) = &mut self.current else { return Ok(()) };
        let io = |doing| StoreError::io(doing, &segment.place.path);
        if !segment.is_allocated {
            let length = to_u64(self.settings.segment_bytes);
            segment.file.preallocate(length).map_err(io("no room can be allocated for it"))?;
            segment.is_allocated = true;
        }
        let offset = to_u64(segment.end);
        segment.file.write_at(&self.buffer, offset).map_err(io("it cannot be written"))?;
        segment.end += self.buffer.len();
        self.buffer.clear();
        self.written = self.last;
        Ok(())
    }

    /// Makes durable what was written.
    fn sync_current(&mut self) -> Result<(), StoreError> {
        if self.durable == self.written {
            return Ok(());
        }
        let Some(segment) = &mut self.current else { return Ok(()) };
        let path = &segment.place.path;
        segment.file.sync().map_err(StoreError::io("it cannot be synced", path))?;
        let path = mark_path(&self.folder);
        self.mark.set(self.written).map_err(StoreError::io("it cannot be written", &path))?;
        self.durable = self.written;
        Ok(())
    }

    /// Closes the segment and begins the next one.
    fn rotate(&mut self) -> Result<(), StoreError> {
        self.sync_current()?;
        if let Some(segment) = &mut self.current {
            let io = |doing| StoreError::io(doing, &segment.place.path);
            segment.file.truncate(to_u64(segment.end)).map_err(io("it cannot be closed"))?;
            segment.file.sync().map_err(io("it cannot be synced"))?;
        }
        let newest = segments::list(&self.disk, &self.folder)?.last().map_or(0, |last| last.number);
        let place = Place::live(&self.folder, newest + 1);
        let header = Header {
            number: place.number,
            before: self.written,
            build: self.settings.build.clone(),
        };
        let file = self
            .create(&place, &header)
            .map_err(StoreError::io("the segment cannot be created", &place.path))?;
        self.current =
            Some(Segment { place, file, end: HEADER, is_allocated: true, is_ours: true });
        Ok(())
    }

    /// A segment has its name only when its header is durable.
    fn create(&self, place: &Place, header: &Header) -> io::Result<D::File> {
        let temporary = place.path.with_added_extension(TEMPORARY);
        let mut file = self.disk.create(&temporary)?;
        file.preallocate(to_u64(self.settings.segment_bytes))?;
        file.write_at(&header.to_bytes(), 0)?;
        file.sync()?;
        self.disk.rename(&temporary, &place.path)?;
        self.disk.sync_folder(&self.folder)?;
        Ok(file)
    }
}

impl<D: Disk> Journal for FileJournal<D> {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        Ok(self.append_record(record)?)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        Ok(self.commit()?)
    }

    fn durable(&self) -> Sequence {
        self.durable.seq
    }
}

/// Looks at a journal, which another process may be writing, and changes nothing.
pub fn verify<D: Disk>(disk: &D, folder: &Path, scope: Verify) -> Result<Opened, StoreError> {
    let look = || open::verify(disk, folder, scope).map(|found| found.opened);
    // A segment that is written to while it is read can look damaged once, but not again and again.
    let mut outcome = look();
    for _ in 1..LOOKS {
        match outcome {
            Err(StoreError::Damaged(_)) => outcome = look(),
            _ => break,
        }
    }
    outcome
}

fn to_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a sync took is told, and decides nothing here"
)]
fn now() -> Instant {
    Instant::now()
}
