//! A copy of what the front office remembers, without what only its keys open.
//!
//! The journal is copied as it is: names and messages are sealed in it, and the keys stay behind. A
//! snapshot has them open, so that of the copy is made anew without them. Whoever is forgotten after a
//! backup is so in the backup too. The copy of the account is not taken: it is made anew from the
//! account's own journal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use heikin_core::engine::Sequence;
use heikin_core::time::Timestamp;

use super::ledger::Rooms;
use super::record::FrontRecord;
use super::state::State;
use crate::store::disk::RealDisk;
use crate::store::journal::{self, FileJournal, JournalReader, Settings, Verify, verify};
use crate::store::snapshots::Snapshots;
use crate::store::{DataLock, Existing, Layout, StoreError};

/// What mends damage here and leaves the account as it is.
pub const REMEDY: &str = "Restore a backup into another folder, and put its folder `front` in the place of \
                          this one.";

/// The last record that is durable in a data directory; none where there is no front office.
///
/// # Errors
///
/// Where what is there is damaged or cannot be read.
pub fn durable(data: &Path) -> Result<Option<Sequence>, StoreError> {
    let folder = Rooms::below(data).journal();
    if !is_filled(&folder)? {
        return Ok(None);
    }
    let opened = verify(&RealDisk, &folder, Verify::Everything)?;
    let marked = JournalReader::<_, FrontRecord>::of(RealDisk, &folder).durable()?;
    let last = if marked == 0 { opened.last } else { marked };
    Ok((last > 0).then_some(last))
}

/// Copies the records up to `through`, which must be durable, from one data directory to another, and
/// verifies the copy. The store may be in use.
///
/// # Errors
///
/// Where what is there is damaged, the disk fails, or the records are gone by now.
pub fn copy(from: &Path, to: &Path, through: Sequence) -> Result<(), StoreError> {
    let (source, target) = (Rooms::below(from), Rooms::below(to));
    let snapshots: Snapshots<_, State> = Snapshots::of(RealDisk, &source.snapshots());
    let saved = snapshots.newest_through(through)?.newest;
    let folder = target.journal();
    fs::create_dir_all(&folder).map_err(StoreError::io("the folder cannot be created", &folder))?;
    journal::copy(&RealDisk, &source.journal(), &folder, through)?;
    let begin = saved.as_ref().map_or(0, |saved| saved.through);
    if let Some(saved) = saved {
        let link = (saved.through, saved.checksum);
        let snapshots = Snapshots::<_, State>::of(RealDisk, &target.snapshots());
        snapshots.save(link, &saved.state.without_texts(), env!("CARGO_PKG_VERSION"))?;
    }
    // Opening verifies, and writes the mark.
    let (journal, opened) = FileJournal::<_, FrontRecord>::open_of(
        RealDisk,
        &folder,
        Verify::Everything,
        Settings::default(),
    )?;
    let last = journal.last();
    journal.close()?;
    if opened.first > begin + 1 {
        return Err(StoreError::NoBeginning { path: folder, first: opened.first });
    }
    if last != through {
        return Err(StoreError::Lost { path: folder, found: last, synced: through });
    }
    Ok(())
}

/// Puts what a backup has of the front office where a data directory is, and what was there into the
/// quarantine, copied in the same way. The keys that are there stay: of whoever was forgotten, there is
/// none.
///
/// # Errors
///
/// As [`copy`]; and where something is there that may not be replaced, or somebody uses it.
pub fn restore(
    from: &Path,
    to: &Layout,
    existing: Existing,
    now: Timestamp,
) -> Result<Option<Sequence>, StoreError> {
    let Some(through) = durable(from)? else { return Ok(None) };
    let _lock = DataLock::take(to.data(), now)?;
    set_aside(to, existing, now)?;
    copy(from, to.data(), through)?;
    Ok(Some(through))
}

/// Complains where what a data directory has of the front office cannot be copied.
///
/// # Errors
///
/// Where it is damaged, its beginning is gone, or it cannot be read.
pub fn check_copyable(data: &Path) -> Result<(), StoreError> {
    let Some(through) = durable(data)? else { return Ok(()) };
    let rooms = Rooms::below(data);
    let snapshots: Snapshots<_, State> = Snapshots::of(RealDisk, &rooms.snapshots());
    let begin = snapshots.newest_through(through)?.newest.map_or(0, |saved| saved.through);
    let path = rooms.journal();
    let opened = verify(&RealDisk, &path, Verify::Everything)?;
    if opened.first > begin + 1 {
        return Err(StoreError::NoBeginning { path, first: opened.first });
    }
    if opened.last < through {
        return Err(StoreError::Lost { path, found: opened.last, synced: through });
    }
    Ok(())
}

/// Complains where something is there and may not be replaced.
///
/// # Errors
///
/// See above.
pub fn check_room(to: &Layout, existing: Existing) -> Result<(), StoreError> {
    let path = Rooms::below(to.data()).journal();
    if existing == Existing::Refuse && is_filled(&path)? {
        let remedy = "give --replace to set what is there aside first";
        return Err(StoreError::NotEmpty { path, remedy });
    }
    Ok(())
}

fn set_aside(to: &Layout, existing: Existing, now: Timestamp) -> Result<(), StoreError> {
    check_room(to, existing)?;
    let rooms = Rooms::below(to.data());
    if let Some(through) = durable(to.data())? {
        let aside = to.quarantine().join(format!("{}-front-before-restore", now.millis()));
        copy(to.data(), &aside, through)?;
    }
    for folder in [rooms.journal(), rooms.snapshots(), rooms.account()] {
        remove(&folder)?;
    }
    Ok(())
}

fn remove(folder: &PathBuf) -> Result<(), StoreError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("it cannot be removed", folder)(error))
        }
        _ => Ok(()),
    }
}

fn is_filled(folder: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io("it cannot be looked at", folder)(error)),
    }
}
