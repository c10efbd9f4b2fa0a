//! Opening is verifying: what is not a good journal is not opened.

use std::path::Path;

use heikin_core::engine::Sequence;

use super::frame::{self, Link};
use super::segments::{self, Place, Scanned};
use super::{mark, mark_path};
use crate::store::disk::Disk;
use crate::store::error::{Damage, StoreError};

/// How much of a journal is read to verify it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Every record, the archived ones too.
    Everything,
    /// Every record from the segment with this one on; of the segments before, that they are there
    /// and follow each other. It is what a start needs: the state up to this record is in a snapshot.
    From(Sequence),
}

/// What was found when a journal was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// The first record that is there; 1 in an empty journal.
    pub first: Sequence,
    /// The last record.
    pub last: Sequence,
    /// How many segments there are, with the archived ones.
    pub segments: usize,
    /// What was cut off the end: the beginning of a write that a crash interrupted. Nothing of it
    /// had been acted on.
    pub torn: Option<Torn>,
    /// The file is missing or unreadable that tells how far the journal was durable. If the machine
    /// lost power too, the loss of the last records would not be noticed.
    pub is_unmarked: bool,
}

/// A torn end that was, or would be, cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The segment's file.
    pub segment: std::path::PathBuf,
    /// Where it begins.
    pub offset: u64,
    /// The record that it would have been.
    pub record: Sequence,
    /// How many bytes.
    pub bytes: u64,
}

/// A journal that was looked at and found good.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) opened: Opened,
    /// The last record.
    pub(super) last: Link,
    /// The segment that goes on, and where its good part ends.
    pub(super) tail: Option<(Place, Scanned)>,
}

/// Looks at a journal and changes nothing.
pub(super) fn verify<D: Disk>(
    disk: &D,
    folder: &Path,
    scope: Verify,
) -> Result<Verified, StoreError> {
    let mark_path = mark_path(folder);
    let marked =
        mark::read(disk, &mark_path).map_err(StoreError::io("it cannot be read", &mark_path))?;
    let places = segments::list(disk, folder)?;
    let synced = marked.map_or(0, |mark| mark.seq);
    let mut found = Verified {
        opened: Opened { first: 1, segments: places.len(), ..Opened::default() },
        last: Link::default(),
        tail: None,
    };
    let from = first_to_scan(disk, &places, scope)?;
    let mut before = None;
    let mut marked_checksum = None;
    for (index, place) in places.iter().enumerate() {
        let bytes = if index < from { place.read_header(disk)? } else { place.read(disk)? };
        if let Some((last, end)) = before {
            ends_where_next_begins(&places, index, &bytes, (last, end))?;
        }
        if index == 0 {
            found.opened.first = segments::follow(place, &bytes, None)?.first();
        }
        if index < from {
            segments::follow(place, &bytes, None)?;
            continue;
        }
        let scanned = segments::scan(place, &bytes, before.map(|(last, _)| last), synced)?;
        marked_checksum = marked_checksum.or(scanned.asked);
        before = Some((scanned.last, scanned.end));
        found.last = scanned.last;
        if index + 1 == places.len() {
            found.opened.torn = torn(place, &bytes, &scanned, synced)?;
            found.tail = Some((place.clone(), scanned));
        } else if let Some(what) = scanned.bad {
            return Err(damage(place, scanned.end, scanned.last, what));
        }
    }
    found.opened.last = found.last.seq;
    found.opened.is_unmarked = marked.is_none() && found.last.seq > 0;
    if synced > found.last.seq {
        let path = folder.to_owned();
        return Err(StoreError::Lost { path, found: found.last.seq, synced });
    }
    if let Some(mark) = marked
        && marked_checksum.is_some_and(|checksum| checksum != mark.checksum)
    {
        return Err(Damage {
            path: mark_path,
            offset: 0,
            record: mark.seq,
            what: "the mark is that of another journal".to_owned(),
        }
        .into());
    }
    Ok(found)
}

/// The first of the segments that is read whole.
fn first_to_scan<D: Disk>(disk: &D, places: &[Place], scope: Verify) -> Result<usize, StoreError> {
    let Verify::From(seq) = scope else { return Ok(0) };
    let mut from = places.len().saturating_sub(1);
    for (index, place) in places.iter().enumerate().rev() {
        from = index;
        let bytes = place.read_header(disk)?;
        if segments::follow(place, &bytes, None)?.first() <= seq {
            break;
        }
    }
    Ok(from)
}

/// A segment that lost its end is told as such, and not as a damaged beginning of the next one.
fn ends_where_next_begins(
    places: &[Place],
    index: usize,
    bytes: &[u8],
    (last, end): (Link, usize),
) -> Result<(), StoreError> {
    let (Some(place), Some(earlier)) = (places.get(index), index.checked_sub(1)) else {
        return Ok(());
    };
    let header = segments::follow(place, bytes, None)?;
    if header.before.seq > last.seq
        && let Some(earlier) = places.get(earlier)
    {
        let first = header.first();
        let what = format!("the segment ends here, but the next one begins with record {first}");
        return Err(damage(earlier, end, last, what));
    }
    Ok(())
}

/// What is to be cut off the last segment. An error where it had been durable: a crash tears only
/// what was not.
fn torn(
    place: &Place,
    bytes: &[u8],
    scanned: &Scanned,
    synced: Sequence,
) -> Result<Option<Torn>, StoreError> {
    let Some(what) = &scanned.bad else { return Ok(None) };
    let rest = bytes.get(scanned.end..).unwrap_or_default();
    let record = scanned.last.seq + 1;
    if record <= synced || record <= frame::durable_by_later(rest, record) {
        return Err(damage(place, scanned.end, scanned.last, what.clone()));
    }
    let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    Ok(Some(Torn {
        segment: place.path.clone(),
        offset: u64::try_from(scanned.end).unwrap_or(u64::MAX),
        record,
        bytes: u64::try_from(written).unwrap_or(u64::MAX),
    }))
}

fn damage(place: &Place, end: usize, last: Link, what: String) -> StoreError {
    Damage {
        path: place.path.clone(),
        offset: u64::try_from(end).unwrap_or(u64::MAX),
        record: last.seq + 1,
        what,
    }
    .into()
}
