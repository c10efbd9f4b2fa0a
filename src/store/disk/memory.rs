//! A disk in memory that fails when told to, and at a crash keeps only what a real one must keep.

use std::collections::BTreeMap;
use std::io;
use std::ops::{Bound, Range};
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
    /// After so many more changes nothing works any more: the process died there.
    StopsAfter(usize),
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
    // Shared with the disks of earlier crashes, until they are written to.
    now: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    /// All places where the two may differ are in here.
    changed: Range<usize>,
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

    /// Whether anything is to go wrong, or has, and was not healed.
    pub fn is_failing(&self) -> bool {
        self.state().fault.is_some()
    }

    /// How often a file was synced.
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Process and, but for [`Survives::Everything`], machine die: a new disk, with what survives.
    pub fn crashed(&self, survives: Survives) -> Self {
        let state = self.state();
        if survives == Survives::Everything {
            return Self::of(
                &state.names,
                |file| Content::durable(Arc::clone(&file.now)),
                &state.files,
            );
        }
        let mut bits = match survives {
            Survives::Some(bits) => bits,
            Survives::Everything | Survives::Nothing => 0,
        };
        Self::of(&state.durable_names, |file| file.crashed(&mut bits), &state.files)
    }

    fn of(
        names: &BTreeMap<PathBuf, usize>,
        mut content: impl FnMut(&Content) -> Content,
        files: &[Content],
    ) -> Self {
        // Without those that no name leads to any more.
        let left: Vec<_> = names.iter().filter_map(|it| Some((it.0, files.get(*it.1)?))).collect();
        let names: BTreeMap<_, _> =
            left.iter().enumerate().map(|(number, it)| (it.0.clone(), number)).collect();
        let files = left.into_iter().map(|(_, file)| content(file)).collect();
        let durable_names = names.clone();
        Self(Arc::new(Mutex::new(State { names, durable_names, files, ..State::default() })))
    }

    /// The bytes of a file, to look at or to damage.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.files.get(*state.names.get(path)?).map(|file| file.now.to_vec())
    }

    /// Puts other bytes, durably, in place of a file's.
    pub fn overwrite(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.names.get(path).copied();
        if let Some(file) = number.and_then(|number| state.files.get_mut(number)) {
            *file = Content::durable(Arc::new(bytes.to_vec()));
        }
    }

    fn open_file(&self, path: &Path) -> io::Result<MemoryFile> {
        let number = self.state().names.get(path).copied();
        let number = number.ok_or(io::ErrorKind::NotFound)?;
        Ok(MemoryFile { disk: self.clone(), number })
    }
}

impl State {
    /// Something is about to change.
    fn change(&mut self) -> io::Result<()> {
        if let Some(Fault::StopsAfter(left)) = &mut self.fault {
            let Some(rest) = left.checked_sub(1) else {
                return Err(io::Error::other("the process has died"));
            };
            *left = rest;
        }
        Ok(())
    }
}

impl Content {
    /// All of it is durable.
    fn durable(bytes: Arc<Vec<u8>>) -> Self {
        Self { now: Arc::clone(&bytes), durable: bytes, changed: 0..0 }
    }

    fn note_change(&mut self, place: Range<usize>) {
        self.changed = if self.changed.is_empty() {
            place
        } else {
            self.changed.start.min(place.start)..self.changed.end.max(place.end)
        };
    }

    fn resize(&mut self, length: usize) {
        let before = self.now.len();
        Arc::make_mut(&mut self.now).resize(length, 0);
        self.note_change(before.min(length)..before.max(length));
    }

    fn write(&mut self, bytes: &[u8], start: usize) {
        let end = start.saturating_add(bytes.len());
        if self.now.len() < end {
            self.resize(end);
        }
        if let Some(place) = Arc::make_mut(&mut self.now).get_mut(start..end) {
            place.copy_from_slice(bytes);
        }
        self.note_change(start..end);
    }

    fn sync(&mut self) {
        if self.changed.is_empty() && self.durable.len() == self.now.len() {
            return;
        }
        let durable = Arc::make_mut(&mut self.durable);
        durable.resize(self.now.len(), 0);
        let place = self.changed.start..self.changed.end.min(self.now.len());
        if let Some((old, new)) = durable.get_mut(place.clone()).zip(self.now.get(place)) {
            old.copy_from_slice(new);
        }
        self.changed = 0..0;
    }

    /// The durable bytes, with some of the pieces written since.
    fn crashed(&self, bits: &mut u64) -> Self {
        if self.changed.is_empty() && self.durable.len() == self.now.len() {
            return Self::durable(Arc::clone(&self.durable));
        }
        let mut left = self.durable.to_vec();
        let next = |bits: &mut u64| {
            // Enough of a mixture for bits that are few or regular.
            *bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(*bits >> 33);
            *bits >> 63 == 1
        };
        if next(bits) {
            left.resize(self.now.len(), 0);
        }
        let unchanged = self.changed.start / SECTOR;
        let pieces = left.chunks_mut(SECTOR).zip(self.now.chunks(SECTOR));
        for (old, new) in pieces.take(self.changed.end.div_ceil(SECTOR)).skip(unchanged) {
            if next(bits) {
                old.iter_mut().zip(new).for_each(|(old, new)| *old = *new);
            }
        }
        Self::durable(Arc::new(left))
    }
}

impl Disk for MemoryDisk {
    type File = MemoryFile;

    fn create(&self, path: &Path) -> io::Result<MemoryFile> {
        let mut state = self.state();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.change()?;
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
        let behind = (Bound::Excluded(folder), Bound::Unbounded);
        let inside = state.names.range::<Path, _>(behind).map(|(path, _)| path);
        let inside = inside.take_while(|path| path.starts_with(folder));
        let here = inside.filter(|path| path.parent() == Some(folder));
        Ok(here.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
        let number = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), number);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change()?;
        state.names.remove(path);
        Ok(())
    }

    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.change()?;
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

    fn change_with<T>(&self, work: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        self.disk.state().change()?;
        self.with(work)
    }
}

impl DiskFile for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        self.with(|file| u64::try_from(file.now.len()).unwrap_or(u64::MAX))
    }

    fn read_all(&self) -> io::Result<Vec<u8>> {
        self.with(|file| file.now.to_vec())
    }

    fn read_first(&self, most: usize) -> io::Result<Vec<u8>> {
        self.with(|file| file.now.iter().take(most).copied().collect())
    }

    fn read_at(&self, offset: u64, most: usize) -> io::Result<Vec<u8>> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.with(|file| file.now.iter().skip(offset).take(most).copied().collect())
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.change()?;
        let taken = match &mut state.fault {
            Some(Fault::Write) => return Err(io::Error::other("the disk does not answer")),
            Some(Fault::FullAfter(room)) => {
                let taken = bytes.get(..*room).unwrap_or(bytes);
                *room -= taken.len();
                taken
            }
            Some(Fault::Sync | Fault::HalfSync | Fault::SlowSync(_) | Fault::StopsAfter(_))
            | None => bytes,
        };
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let file = state.files.get_mut(self.number).ok_or(io::ErrorKind::NotFound)?;
        file.write(taken, start);
        if taken.len() == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn preallocate(&mut self, length: u64) -> io::Result<()> {
        if let Some(Fault::FullAfter(_)) = self.disk.state().fault {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.change_with(|file| file.resize(file.now.len().max(length)))
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.change_with(|file| file.resize(length))
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.change()?;
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
                file.now = Arc::clone(&file.durable);
                file.changed = 0..0;
            }
            if failing.is_some() {
                return Err(io::Error::other("the disk does not answer"));
            }
            file.sync();
            Ok(())
        })?
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow disk is one that is waited for")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}
