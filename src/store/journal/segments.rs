//! Which segments a journal has, and what is in them.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use heikin_core::engine::Sequence;

use super::frame::{self, Link, Next};
use super::header::{HEADER, Header};
use crate::store::disk::{Disk, DiskFile, TEMPORARY};
use crate::store::error::{Damage, StoreError};

const ENDING: &str = ".segment";
const ARCHIVED: &str = ".segment.gz";

/// The folder, within the journal's, with the segments that are compressed.
pub(super) fn archive_folder(folder: &Path) -> PathBuf {
    folder.join("archive")
}

/// A segment by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) is_archived: bool,
}

impl Place {
    pub(super) fn live(folder: &Path, number: u64) -> Self {
        let path = folder.join(format!("{number:08}{ENDING}"));
        Self { number, path, is_archived: false }
    }

    pub(super) fn archived(folder: &Path, number: u64) -> Self {
        let path = archive_folder(folder).join(format!("{number:08}{ARCHIVED}"));
        Self { number, path, is_archived: true }
    }

    /// Its bytes, as they were written.
    pub(super) fn read<D: Disk>(&self, disk: &D) -> Result<Vec<u8>, StoreError> {
        self.read_with(
            || disk.open_to_read(&self.path)?.read_all(),
            |archived| decompress(&disk.open_to_read(archived)?.read_all()?),
        )
    }

    /// Up to so many of its first bytes, or more; fewer where it has no more.
    pub(super) fn read_first<D: Disk>(&self, disk: &D, most: usize) -> Result<Vec<u8>, StoreError> {
        self.read_with(
            || disk.open_to_read(&self.path)?.read_first(most),
            |archived| decompress(&disk.open_to_read(archived)?.read_all()?),
        )
    }

    /// Its first bytes: the header, at least.
    pub(super) fn read_header<D: Disk>(&self, disk: &D) -> Result<Vec<u8>, StoreError> {
        self.read_with(
            || disk.open_to_read(&self.path)?.read_first(HEADER),
            |archived| {
                let bytes = disk.open_to_read(archived)?.read_all()?;
                let mut first = vec![0; HEADER];
                GzDecoder::new(bytes.as_slice()).read_exact(&mut first)?;
                Ok(first)
            },
        )
    }

    /// Reads a segment where it is, or where it has been archived to since it was listed.
    fn read_with(
        &self,
        live: impl FnOnce() -> io::Result<Vec<u8>>,
        archived: impl FnOnce(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<Vec<u8>, StoreError> {
        let found = if self.is_archived {
            archived(&self.path)
        } else {
            live().or_else(|error| match (error.kind(), self.path.parent()) {
                (io::ErrorKind::NotFound, Some(folder)) => {
                    archived(&Self::archived(folder, self.number).path).map_err(|_missing| error)
                }
                _ => Err(error),
            })
        };
        found.map_err(StoreError::io("it cannot be read", &self.path))
    }
}

pub(super) fn decompress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut whole)?;
    Ok(whole)
}

/// The segments of a journal in their order, none missing between them. One that is both live and
/// archived (heikin stopped between the two) counts as live.
pub(super) fn list<D: Disk>(disk: &D, folder: &Path) -> Result<Vec<Place>, StoreError> {
    let archive = archive_folder(folder);
    let names = |folder: &Path| {
        disk.list(folder).map_err(StoreError::io("the folder cannot be read", folder))
    };
    let number = |name: &str, ending: &str| name.strip_suffix(ending)?.parse::<u64>().ok();
    // The live ones first: one that is archived meanwhile is then seen twice, and not missed.
    let live = names(folder)?;
    let mut places: Vec<_> = names(&archive)?
        .iter()
        .filter_map(|name| Some(Place::archived(folder, number(name, ARCHIVED)?)))
        .collect();
    for live in live.iter().filter_map(|name| number(name, ENDING)) {
        places.retain(|place| place.number != live);
        places.push(Place::live(folder, live));
    }
    places.sort_unstable_by_key(|place| place.number);
    for (before, after) in places.iter().zip(places.iter().skip(1)) {
        if after.number != before.number + 1 {
            let number = before.number + 1;
            return Err(StoreError::MissingSegment { path: folder.to_owned(), number });
        }
    }
    Ok(places)
}

/// Removes what a process left that stopped while it made a segment.
pub(super) fn remove_unfinished<D: Disk>(disk: &D, folder: &Path) -> Result<(), StoreError> {
    for folder in [folder.to_owned(), archive_folder(folder)] {
        let names =
            disk.list(&folder).map_err(StoreError::io("the folder cannot be read", &folder))?;
        let ending = format!(".{TEMPORARY}");
        for name in names.iter().filter(|name| name.ends_with(&ending)) {
            let path = folder.join(name);
            disk.remove(&path).map_err(StoreError::io("it cannot be removed", &path))?;
        }
    }
    Ok(())
}

/// What a segment holds, as far as it is good.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) header: Header,
    /// The last good record, or the one before the segment.
    pub(super) last: Link,
    /// Where the good part ends.
    pub(super) end: usize,
    /// What stands there that is no record; none where nothing was written.
    pub(super) bad: Option<String>,
    /// The checksum of the record that was asked for, where it is here.
    pub(super) asked: Option<u32>,
}

/// Reads a segment to the first place that is no record. `before` is the last record of the segment
/// before, where it is known; `ask` is the record whose checksum is wanted.
pub(super) fn scan(
    place: &Place,
    bytes: &[u8],
    before: Option<Link>,
    ask: Sequence,
) -> Result<Scanned, StoreError> {
    let header = follow(place, bytes, before)?;
    let mut last = header.before;
    let mut end = HEADER;
    let mut asked = (ask == last.seq).then_some(last.checksum);
    loop {
        let rest = bytes.get(end..).unwrap_or_default();
        match frame::parse_after(rest, last) {
            Next::Record(frame) => {
                last = frame.link;
                end += frame.size();
                if last.seq == ask {
                    asked = Some(last.checksum);
                }
            }
            Next::End => {
                let bad = (!frame::is_zero(rest)).then(|| "its beginning is missing".to_owned());
                return Ok(Scanned { header, last, end, bad, asked });
            }
            Next::Bad(what) => {
                return Ok(Scanned { header, last, end, bad: Some(what), asked });
            }
        }
    }
}

/// The header of a segment that must follow the record `before`.
pub(super) fn follow(
    place: &Place,
    bytes: &[u8],
    before: Option<Link>,
) -> Result<Header, StoreError> {
    let expected = before.map_or(1, |before| before.seq + 1);
    let header = Header::read(&place.path, bytes, expected)?;
    let wrong = if header.number != place.number {
        Some(format!("the segment calls itself number {}", header.number))
    } else if before.is_some_and(|before| before != header.before) {
        let first = header.first();
        Some(format!(
            "the segment before ends with record {}, this one begins with record {first}, \
                      or refers to another record before it",
            expected - 1
        ))
    } else {
        None
    };
    match wrong {
        None => Ok(header),
        Some(what) => {
            let path = place.path.clone();
            Err(Damage { path, offset: 16, record: expected, what }.into())
        }
    }
}
