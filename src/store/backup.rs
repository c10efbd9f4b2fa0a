//! Copies of journal and snapshots, made while heikin runs, and put back.

use std::fs;
use std::path::{Path, PathBuf};

use heikin_core::engine::{Journal as _, Sequence};
use heikin_core::time::Timestamp;

use super::disk::{self, Disk, RealDisk};
use super::error::StoreError;
use super::journal::{FileJournal, JournalReader, Opened, Settings, Verify, verify};
use super::recovery::Layout;
use super::snapshots::Snapshots;
use super::view::set_aside;
use super::{DataLock, journal};

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The first record.
    pub first: Sequence,
    /// The last record.
    pub last: Sequence,
    /// How many snapshots came with them.
    pub snapshots: usize,
    /// What was there before and was set aside.
    pub set_aside: Vec<PathBuf>,
}

/// What is done with a store that is where one is to be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Nothing is restored.
    Refuse,
    /// It is moved into the quarantine.
    SetAside,
}

/// Copies what is durable into a folder that is empty or not there, and verifies the copy. The store
/// may be in use.
pub fn backup(from: &Layout, to: &Path) -> Result<Copied, StoreError> {
    let source = look(from)?;
    refuse_filled(to, "give a new folder for the backup")?;
    let target = Layout::new(to);
    let reader = JournalReader::new(RealDisk, &from.journal());
    // Behind it, a running process may be writing.
    let through = if reader.durable()? == 0 { source.last } else { reader.durable()? };
    copy_all(from, &target, through)
}

/// Complains where a backup and the data directory that it is to be put into are the same, under
/// whatever name: setting aside what is there would take the backup away. One in a folder of its own
/// in the data directory is none of what is set aside.
///
/// # Errors
///
/// See above.
pub fn check_apart(from: &Layout, to: &Layout) -> Result<(), StoreError> {
    let read = [from.data().to_owned(), from.journal(), from.snapshots(), from.front()].map(real);
    let moved =
        [to.journal(), to.snapshots(), to.view(), to.front(), to.data().to_owned()].map(real);
    let [.., target] = &moved;
    let [source, ..] = &read;
    let is_taken = |read: &PathBuf| {
        read == target || moved.iter().any(|moved| moved != target && read.starts_with(moved))
    };
    if read.iter().any(is_taken) || target.starts_with(source) {
        let (backup, data) = (from.data().to_owned(), to.data().to_owned());
        return Err(StoreError::SameFolder { backup, data });
    }
    Ok(())
}

/// A path without links, as far as it is there.
fn real(path: PathBuf) -> PathBuf {
    let path = std::path::absolute(&path).unwrap_or(path);
    let known = path.ancestors().find_map(|known| Some((known, known.canonicalize().ok()?)));
    match known {
        Some((known, real)) => match path.strip_prefix(known) {
            Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
            _ => real,
        },
        None => path,
    }
}

/// Puts a backup where the data directory is. Nothing may be running there.
pub fn restore(
    from: &Layout,
    to: &Layout,
    existing: Existing,
    now: Timestamp,
) -> Result<Copied, StoreError> {
    check_apart(from, to)?;
    let source = look(from)?;
    RealDisk
        .create_folder(to.data())
        .map_err(StoreError::io("the folder cannot be created", to.data()))?;
    let _lock = DataLock::take(to.data(), now)?;
    let parts = [to.journal(), to.snapshots(), to.view()];
    let mut put_aside = Vec::new();
    for part in &parts {
        match existing {
            Existing::Refuse => {
                refuse_filled(part, "give --replace to set what is there aside first")?;
            }
            Existing::SetAside => {
                let aside = set_aside(&to.quarantine(), part, "before-restore", now)?;
                put_aside.extend(aside);
            }
        }
    }
    let copied = copy_all(from, to, source.last)?;
    Ok(Copied { set_aside: put_aside, ..copied })
}

/// A store that is there and good.
fn look(layout: &Layout) -> Result<Opened, StoreError> {
    let opened = verify(&RealDisk, &layout.journal(), Verify::Everything)?;
    if opened.segments == 0 {
        return Err(StoreError::NoStore { path: layout.data().to_owned() });
    }
    Ok(opened)
}

/// Writes the records up to `through` into a new journal, segment by segment as they are, and the
/// snapshots that it goes beyond.
fn copy_all(from: &Layout, to: &Layout, through: Sequence) -> Result<Copied, StoreError> {
    let (source, target) = (from.journal(), to.journal());
    RealDisk
        .create_folder(&target)
        .map_err(StoreError::io("the folder cannot be created", &target))?;
    journal::copy(&RealDisk, &source, &target, through)?;
    let snapshots = copy_snapshots(from, to, through)?;
    copy_identity(from, to)?;
    // Opening verifies, and writes the mark.
    let (journal, opened) =
        FileJournal::open_on(RealDisk, &target, Verify::Everything, Settings::default())?;
    let last = journal.durable();
    journal.close()?;
    if last != through {
        return Err(StoreError::Lost { path: target, found: last, synced: through });
    }
    Ok(Copied { first: opened.first, last, snapshots, set_aside: Vec::new() })
}

fn copy_snapshots(from: &Layout, to: &Layout, through: Sequence) -> Result<usize, StoreError> {
    let source = Snapshots::new(RealDisk, &from.snapshots());
    let target = Snapshots::new(RealDisk, &to.snapshots());
    let mut count = 0;
    for number in source.list()?.into_iter().filter(|number| *number <= through) {
        let (old, new) = (source.path(number), target.path(number));
        let bytes = match fs::read(&old) {
            // The running process has replaced it by a newer one.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            bytes => bytes.map_err(StoreError::io("it cannot be read", &old))?,
        };
        RealDisk
            .create_folder(&to.snapshots())
            .and_then(|()| disk::replace(&RealDisk, &new, &bytes))
            .map_err(StoreError::io("it cannot be written", &new))?;
        count += 1;
    }
    Ok(count)
}

/// Copies the installation's tag and its traders' numbers, where there are any: without them nobody
/// knows whose the orders are.
fn copy_identity(from: &Layout, to: &Layout) -> Result<(), StoreError> {
    for (old, new) in [(from.installation(), to.installation()), (from.traders(), to.traders())] {
        let bytes = match fs::read(&old) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            bytes => bytes.map_err(StoreError::io("it cannot be read", &old))?,
        };
        disk::replace(&RealDisk, &new, &bytes)
            .map_err(StoreError::io("it cannot be written", &new))?;
    }
    Ok(())
}

fn refuse_filled(path: &Path, remedy: &'static str) -> Result<(), StoreError> {
    let is_filled = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => match error.kind() {
            std::io::ErrorKind::NotFound => false,
            std::io::ErrorKind::NotADirectory => true,
            _ => return Err(StoreError::io("it cannot be looked at", path)(error)),
        },
    };
    if is_filled { Err(StoreError::NotEmpty { path: path.to_owned(), remedy }) } else { Ok(()) }
}
