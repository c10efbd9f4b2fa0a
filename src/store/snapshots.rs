//! The state as it was at a record, so that a start need not fold everything since the beginning.
//!
//! A snapshot is one line about itself (the checksum of all behind it, and JSON), and the state as
//! JSON behind it. It is written beside the journal, whole or not at all; the newest two are kept, so that a damaged one costs only
//! a longer replay.

use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use heikin_core::engine::{Sequence, Snapshot};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::disk::{self, Disk, DiskFile};
use super::error::StoreError;

/// A snapshot is due when so many records were written since the last one.
pub const SNAPSHOT_EVERY: Sequence = 10_000;

const FORMAT: u32 = 1;
const KEPT: usize = 2;
const ENDING: &str = ".snapshot";
/// A checksum as text.
const CHECKSUM: usize = 8;
/// Written at once: a state of some megabytes is never in memory as text.
const PORTION: usize = 64 << 10;

/// What a snapshot says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Label {
    format: u32,
    /// The last record that is in it.
    through: Sequence,
    /// That record's checksum: of which journal it is.
    checksum: u32,
    build: String,
}

/// A snapshot, and where in which journal it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved<S = Snapshot> {
    /// The last record that is in it.
    pub through: Sequence,
    /// The checksum of that record.
    pub checksum: u32,
    /// The state.
    pub state: S,
    /// Its file.
    pub path: PathBuf,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<S = Snapshot> {
    /// The newest good one.
    pub newest: Option<Saved<S>>,
    /// Newer ones that are damaged, and how. They were left where they are.
    pub damaged: Vec<(PathBuf, String)>,
}

/// The snapshots in a folder: of an account's engine, unless another state is named.
#[derive(Debug, Clone)]
pub struct Snapshots<D: Disk, S = Snapshot> {
    disk: D,
    folder: PathBuf,
    states: PhantomData<fn() -> S>,
}

impl<D: Disk> Snapshots<D> {
    /// Those of an account's engine in this folder, which need not exist.
    pub fn new(disk: D, folder: &Path) -> Self {
        Self::of(disk, folder)
    }
}

impl<D: Disk, S: Serialize + DeserializeOwned> Snapshots<D, S> {
    /// Those of such a state in this folder, which need not exist.
    pub fn of(disk: D, folder: &Path) -> Self {
        Self { disk, folder: folder.to_owned(), states: PhantomData }
    }

    /// Writes the state as it is after the record `through`, whose checksum is given, and removes
    /// what is older than the newest two. The record must be durable.
    ///
    /// `state` is an `S`, or what lends its parts and reads the same.
    pub fn save(
        &self,
        (through, checksum): (Sequence, u32),
        state: &impl Serialize,
        build: &str,
    ) -> Result<PathBuf, StoreError> {
        let path = self.path(through);
        let label = Label { format: FORMAT, through, checksum, build: build.to_owned() };
        self.disk
            .create_folder(&self.folder)
            .and_then(|()| disk::replace_with(&self.disk, &path, |file| write(file, &label, state)))
            .map_err(StoreError::io("the snapshot cannot be written", &path))?;
        self.remove_old()?;
        Ok(path)
    }

    /// The newest good one.
    pub fn newest(&self) -> Result<Found<S>, StoreError> {
        self.newest_through(Sequence::MAX)
    }

    /// The newest good one of those that go up to this record at most.
    pub fn newest_through(&self, most: Sequence) -> Result<Found<S>, StoreError> {
        let mut found = Found { newest: None, damaged: Vec::new() };
        for through in self.list()?.into_iter().rev().filter(|through| *through <= most) {
            let path = self.path(through);
            let file = self.disk.open_to_read(&path);
            let bytes = file
                .and_then(|file| file.read_all())
                .map_err(StoreError::io("it cannot be read", &path))?;
            match decode(&path, &bytes)? {
                Ok(saved) => {
                    found.newest = Some(saved);
                    break;
                }
                Err(what) => found.damaged.push((path, what)),
            }
        }
        Ok(found)
    }

    /// The record that the older of the kept snapshots goes up to: no start needs those before.
    pub fn oldest(&self) -> Result<Option<Sequence>, StoreError> {
        let kept = self.list()?;
        Ok(kept.first().copied().filter(|_| kept.len() >= KEPT))
    }

    /// The records that snapshots go up to, in order.
    pub(super) fn list(&self) -> Result<Vec<Sequence>, StoreError> {
        let names = self
            .disk
            .list(&self.folder)
            .map_err(StoreError::io("the folder cannot be read", &self.folder))?;
        let number = |name: &String| name.strip_suffix(ENDING)?.parse().ok();
        let mut numbers: Vec<Sequence> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) fn path(&self, through: Sequence) -> PathBuf {
        self.folder.join(format!("{through:020}{ENDING}"))
    }

    fn remove_old(&self) -> Result<(), StoreError> {
        let numbers = self.list()?;
        for through in numbers.iter().take(numbers.len().saturating_sub(KEPT)) {
            let path = self.path(*through);
            self.disk
                .remove(&path)
                .map_err(StoreError::io("an old snapshot cannot be removed", &path))?;
        }
        Ok(())
    }
}

/// A file behind the room for the checksum of what is written.
struct Sealing<'a, F> {
    file: &'a mut F,
    offset: u64,
    checksum: u32,
}

impl<F: DiskFile> Write for Sealing<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.offset)?;
        self.checksum = crc32c::crc32c_append(self.checksum, bytes);
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write<F: DiskFile>(file: &mut F, label: &Label, state: &impl Serialize) -> io::Result<()> {
    file.write_at(&[b'0'; CHECKSUM], 0)?;
    let sealing = Sealing { file, offset: CHECKSUM as u64, checksum: 0 };
    let mut out = BufWriter::with_capacity(PORTION, sealing);
    // Not known as what it is: else all that is in a state would be compiled once more for it.
    let text: &mut dyn Write = &mut out;
    text.write_all(b" ")?;
    serde_json::to_writer(&mut *text, label)?;
    text.write_all(b"\n")?;
    serde_json::to_writer(text, state)?;
    let Sealing { file, checksum, .. } =
        out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.write_at(format!("{checksum:08x}").as_bytes(), 0)
}

/// Reads a snapshot. What is damaged can be done without; what is newer cannot.
fn decode<S: DeserializeOwned>(
    path: &Path,
    bytes: &[u8],
) -> Result<Result<Saved<S>, String>, StoreError> {
    let (checksum, rest) = bytes.split_at(CHECKSUM.min(bytes.len()));
    if checksum != format!("{:08x}", crc32c::crc32c(rest)).as_bytes() {
        return Ok(Err("its checksum is wrong".to_owned()));
    }
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (label, content) = rest.split_at(end);
    let label: Label = match serde_json::from_slice(label) {
        Ok(label) => label,
        Err(error) => return Ok(Err(format!("this build cannot read its first line: {error}"))),
    };
    if label.format > FORMAT {
        let (path, found, known) = (path.to_owned(), label.format, FORMAT);
        return Err(StoreError::Newer { path, found, known });
    }
    if !path.ends_with(format!("{:020}{ENDING}", label.through)) {
        return Ok(Err(format!("it is that of record {}", label.through)));
    }
    Ok(match serde_json::from_slice(content) {
        Ok(state) => Ok(Saved {
            through: label.through,
            checksum: label.checksum,
            state,
            path: path.to_owned(),
        }),
        Err(error) => Err(format!("this build cannot read it: {error}")),
    })
}
