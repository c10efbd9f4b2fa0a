//! A disk in memory that fails when told to, and at a crash keeps only what a real one must keep.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Disk, DiskFile};

/// What a disk writes at once: a crash keeps all of such a piece or nothing.
const SECTOR: usize = 512;

/// What survives a crash of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survives {
    /// All: the process died, the machine did not.
    Everything,
    /// Nothing: power was lost at once.
    Nothing,
    /// Some pieces and others not, in any order, as these bits say.
    Some(u64),
}

/// What goes wrong next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full after so many more bytes; of the write that hits it, the beginning is there.
    FullAfter(usize),
    /// The next write fails.
    Write,
    /// The next sync of a file fails, and what it should have made durable is lost.
    Sync,
    /// The next sync of a file fails half-way: a crash then decides what it has made durable.
    HalfSync,
    /// The next sync of a file takes this long.
    SlowSync(Duration),
}

/// A disk in memory. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The names as programs see them, and as they are durable.
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    files: Vec<Content>,
    fault: Option<Fault>,
    syncs: u64,
}

#[derive(Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

impl MemoryDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This goes wrong next.
    pub fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// The disk works again.
    pub fn heal(&self) {
        self.state().fault = None;
    }

    /// How often a file was synced.
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Process and, but for [`Survives::Everything`], machine die: a new disk, with what survives.
    pub fn crashed(&self, survives: Survives) -> Self {
        let state = self.state();
        if survives == Survives::Everything {
            let durable = |now: &Vec<u8>| Content { now: now.clone(), durable: now.clone() };
            return Self::of(&state.names, |file| durable(&file.now), &state.files);
        }
        let mut bits = match survives {
            Survives::Some(bits) => bits,
            Survives::Everything | Survives::Nothing => 0,
        };
        Self::of(&state.durable_names, |file| file.crashed(&mut bits), &state.files)
    }

    fn of(
        names: &BTreeMap<PathBuf, usize>,
        content: impl FnMut(&Content) -> Content,
        files: &[Content],
    ) -> Self {
        let files = files.iter().map(content).collect();
        let (names, durable_names) = (names.clone(), names.clone());
        Self(Arc::new(Mutex::new(State { names, durable_names, files, ..State::default() })))
    }

    /// The bytes of a file, to look at or to damage.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.files.get(*state.names.get(path)?).map(|file| file.now.clone())
    }

    /// Puts other bytes, durably, in place of a file's.
    pub fn overwrite(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.names.get(path).copied();
        if let Some(file) = number.and_then(|number| state.files.get_mut(number)) {
            *file = Content { now: bytes.to_vec(), durable: bytes.to_vec() };
        }
    }

    fn open_file(&self, path: &Path) -> io::Result<MemoryFile> {
        let number = self.state().names.get(path).copied();
        let number = number.ok_or(io::ErrorKind::NotFound)?;
        Ok(MemoryFile { disk: self.clone(), number })
    }
}

impl Content {
    /// The durable bytes, with some of the pieces written since.
    fn crashed(&self, bits: &mut u64) -> Self {
        let mut left = self.durable.clone();
        let next = |bits: &mut u64| {
            // Enough of a mixture for bits that are few or regular.
            *bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(*bits >> 33);
            *bits >> 63 == 1
        };
        if next(bits) {
            left.resize(self.now.len(), 0);
        }
        for (old, new) in left.chunks_mut(SECTOR).zip(self.now.chunks(SECTOR)) {
            if next(bits) {
                old.iter_mut().zip(new).for_each(|(old, new)| *old = *new);
            }
        }
        Self { now: left.clone(), durable: left }
    }
}

impl Disk for MemoryDisk {
    type File = MemoryFile;

    fn create(&self, path: &Path) -> io::Result<MemoryFile> {
        let mut state = self.state();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let number = state.files.len();
        state.files.push(Content::default());
        state.names.insert(path.to_owned(), number);
        drop(state);
        Ok(MemoryFile { disk: self.clone(), number })
    }

    fn open(&self, path: &Path) -> io::Result<MemoryFile> {
        self.open_file(path)
    }

    fn open_to_read(&self, path: &Path) -> io::Result<MemoryFile> {
        self.open_file(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let here = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(here.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let number = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), number);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().names.remove(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(())
    }

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let State { names, durable_names, .. } = &mut *state;
        durable_names.retain(|name, _| name.parent() != Some(path));
        let here = names.iter().filter(|(name, _)| name.parent() == Some(path));
        durable_names.extend(here.map(|(name, number)| (name.clone(), *number)));
        Ok(())
    }
}

/// An open file of a [`MemoryDisk`].
#[derive(Debug)]
pub struct MemoryFile {
    disk: MemoryDisk,
    number: usize,
}

impl MemoryFile {
    fn with<T>(&self, work: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut state = self.disk.state();
        Ok(work(state.files.get_mut(self.number).ok_or(io::ErrorKind::NotFound)?))
    }
}

impl DiskFile for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        self.with(|file| u64::try_from(file.now.len()).unwrap_or(u64::MAX))
    }

    fn read_all(&self) -> io::Result<Vec<u8>> {
        self.with(|file| file.now.clone())
    }

    fn read_first(&self, most: usize) -> io::Result<Vec<u8>> {
        self.with(|file| file.now.iter().take(most).copied().collect())
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let fault = self.disk.state().fault;
        let taken = match fault {
            Some(Fault::Write) => return Err(io::Error::other("the disk does not answer")),
            Some(Fault::FullAfter(room)) => bytes.get(..room.min(bytes.len())).unwrap_or_default(),
            Some(Fault::Sync | Fault::HalfSync | Fault::SlowSync(_)) | None => bytes,
        };
        if let Some(Fault::FullAfter(room)) = fault {
            self.disk.state().fault = Some(Fault::FullAfter(room.saturating_sub(taken.len())));
        }
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        self.with(|file| {
            let end = start.saturating_add(taken.len());
            if file.now.len() < end {
                file.now.resize(end, 0);
            }
            if let Some(place) = file.now.get_mut(start..end) {
                place.copy_from_slice(taken);
            }
        })?;
        if taken.len() == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn preallocate(&mut self, length: u64) -> io::Result<()> {
        if let Some(Fault::FullAfter(_)) = self.disk.state().fault {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.with(|file| {
            let length = file.now.len().max(length);
            file.now.resize(length, 0);
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.with(|file| file.now.resize(length, 0))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.syncs += 1;
        if let Some(Fault::SlowSync(time)) = state.fault {
            state.fault = None;
            wait(time);
        }
        let failing = state.fault.filter(|fault| matches!(fault, Fault::Sync | Fault::HalfSync));
        if failing.is_some() {
            state.fault = None;
        }
        drop(state);
        self.with(|file| {
            if failing == Some(Fault::Sync) {
                file.now.clone_from(&file.durable);
            }
            if failing.is_some() {
                return Err(io::Error::other("the disk does not answer"));
            }
            file.durable.clone_from(&file.now);
            Ok(())
        })?
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow disk is one that is waited for")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}
