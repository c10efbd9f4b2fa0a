//! Segments that no start needs any more, compressed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use heikin_core::engine::{Record, Sequence};
use heikin_core::time::Timestamp;

use super::frame::{self, Next};
use super::segments::{self, Place, archive_folder, decompress};
use super::{HEADER, read};
use crate::store::disk::{self, Disk, DiskFile};
use crate::store::error::{Damage, StoreError};

/// Which segments are archived: those of which every record is both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outdated {
    /// Not after this record, which the older of the two snapshots goes up to.
    pub through: Sequence,
    /// Before this time, 90 days ago.
    pub before: Timestamp,
}

/// A segment that was archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// Where it is now.
    pub path: PathBuf,
    /// How large it was.
    pub bytes: usize,
    /// How large it is.
    pub compressed: usize,
}

/// Archives what is outdated. It touches only segments that are not written to any more, so another
/// thread can do it, and should: compressing takes half a second.
pub fn archive<D: Disk>(
    disk: &D,
    folder: &Path,
    outdated: Outdated,
) -> Result<Vec<Archived>, StoreError> {
    let mut places = segments::list(disk, folder)?;
    places.pop();
    let mut done = Vec::new();
    for place in places.iter().filter(|place| !place.is_archived) {
        let bytes = place.read(disk)?;
        if !is_outdated(place, &bytes, outdated)? {
            break;
        }
        let target = Place::archived(folder, place.number).path;
        let compressed = compress(disk, folder, &target, &bytes)
            .map_err(StoreError::io("the archived segment cannot be written", &target))?;
        disk.remove(&place.path)
            .and_then(|()| disk.sync_folder(folder))
            .map_err(StoreError::io("it cannot be removed", &place.path))?;
        done.push(Archived { path: target, bytes: bytes.len(), compressed });
    }
    Ok(done)
}

/// Removes the segments all of whose records are not after `through`, but for the newest: for a
/// journal whose past is of no use once its state is saved.
pub fn remove_before<D: Disk>(
    disk: &D,
    folder: &Path,
    through: Sequence,
) -> Result<(), StoreError> {
    let places = segments::list(disk, folder)?;
    for (place, next) in places.iter().zip(places.iter().skip(1)) {
        let header = segments::follow(next, &next.read_header(disk)?, None)?;
        if header.before.seq > through {
            break;
        }
        disk.remove(&place.path)
            .and_then(|()| disk.sync_folder(folder))
            .map_err(StoreError::io("it cannot be removed", &place.path))?;
    }
    Ok(())
}

fn is_outdated(place: &Place, bytes: &[u8], outdated: Outdated) -> Result<bool, StoreError> {
    let damaged = |record: Sequence, at: usize, what: String| {
        let offset = u64::try_from(at).unwrap_or(u64::MAX);
        StoreError::from(Damage { path: place.path.clone(), offset, record, what })
    };
    let mut last = segments::follow(place, bytes, None)?.before;
    let mut at = HEADER;
    let mut newest = None;
    loop {
        match frame::parse_after(bytes.get(at..).unwrap_or_default(), last) {
            Next::Record(frame) => {
                last = frame.link;
                newest = Some((frame, at));
                at += frame.size();
            }
            Next::End => break,
            Next::Bad(what) => return Err(damaged(last.seq + 1, at, what)),
        }
    }
    let Some((frame, at)) = newest else { return Ok(false) };
    let record: Record = read::decode(&frame).map_err(|what| damaged(last.seq, at, what))?;
    Ok(last.seq <= outdated.through && record.at < outdated.before)
}

/// Writes a compressed copy, and reads it again before anybody relies on it.
fn compress<D: Disk>(disk: &D, folder: &Path, target: &Path, bytes: &[u8]) -> io::Result<usize> {
    disk.create_folder(&archive_folder(folder))?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    let compressed = encoder.finish()?;
    disk::replace(disk, target, &compressed)?;
    if decompress(&disk.open_to_read(target)?.read_all()?)? != bytes {
        return Err(io::Error::other("what was written reads differently"));
    }
    Ok(compressed.len())
}
