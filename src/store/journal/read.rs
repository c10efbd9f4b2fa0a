//! Reading records, beside the writing if need be.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use heikin_core::engine::{Record, Sequence};

use super::frame::{self, Frame, HEAD, Link, Next};
use super::header::HEADER;
use super::segments::{self, Place};
use super::{Entry, JSON, mark, mark_path};
use crate::store::disk::Disk;
use crate::store::error::{Damage, StoreError};

/// So much of a segment is read at first, and four times as much whenever that was not enough.
const AT_FIRST: usize = 256 << 10;

/// Reads a journal that this or another process may be writing.
#[derive(Debug, Clone)]
pub struct JournalReader<D: Disk, R = Record> {
    disk: D,
    folder: PathBuf,
    of: PhantomData<fn() -> R>,
}

impl<D: Disk> JournalReader<D> {
    /// Of the account's journal in this folder.
    pub fn new(disk: D, folder: &Path) -> Self {
        Self::of(disk, folder)
    }
}

impl<D: Disk, R: Entry> JournalReader<D, R> {
    /// Of the journal of such records in this folder.
    pub fn of(disk: D, folder: &Path) -> Self {
        Self { disk, folder: folder.to_owned(), of: PhantomData }
    }

    /// The last record that is known to be durable.
    pub fn durable(&self) -> Result<Sequence, StoreError> {
        let path = mark_path(&self.folder);
        let mark = mark::read(&self.disk, &path);
        Ok(mark.map_err(StoreError::io("it cannot be read", &path))?.map_or(0, |mark| mark.seq))
    }

    /// The first record that is there; none in an empty journal.
    pub fn first(&self) -> Result<Option<Sequence>, StoreError> {
        let places = segments::list(&self.disk, &self.folder)?;
        let Some(place) = places.first() else { return Ok(None) };
        let header = segments::follow(place, &place.read_header(&self.disk)?, None)?;
        Ok(Some(header.first()))
    }

    /// The records after this one, up to and including `through`.
    pub fn records(&self, after: Sequence, through: Sequence) -> Result<Records<D, R>, StoreError> {
        let mut places = segments::list(&self.disk, &self.folder)?;
        let mut skipped = places.len().saturating_sub(1);
        while let Some(place) = places.get(skipped).filter(|_| skipped > 0) {
            let header = segments::follow(place, &place.read_header(&self.disk)?, None)?;
            if header.first() <= after.saturating_add(1) {
                break;
            }
            skipped -= 1;
        }
        let rest = places.split_off(skipped.min(places.len()));
        Ok(Records {
            disk: self.disk.clone(),
            places: rest.into_iter(),
            current: None,
            last: None,
            after,
            through,
            of: PhantomData,
        })
    }
}

/// Records in their order, each verified as it is read.
#[derive(Debug)]
pub struct Records<D: Disk, R = Record> {
    disk: D,
    places: std::vec::IntoIter<Place>,
    current: Option<Current>,
    last: Option<Link>,
    after: Sequence,
    through: Sequence,
    of: PhantomData<fn() -> R>,
}

#[derive(Debug)]
struct Current {
    place: Place,
    /// Its beginning: most of a segment that is being written is room.
    bytes: Vec<u8>,
    is_whole: bool,
    at: usize,
    last: Link,
}

/// A record, and the checksum that says which journal it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Linked<R = Record> {
    pub(in crate::store) record: R,
    pub(in crate::store) checksum: u32,
}

impl<D: Disk, R: Entry> Records<D, R> {
    /// The next record with its checksum.
    pub(in crate::store) fn next_linked(&mut self) -> Result<Option<Linked<R>>, StoreError> {
        loop {
            let Some(current) = &mut self.current else {
                let Some(place) = self.places.next() else { return Ok(None) };
                self.current = Some(Current::open(&self.disk, place, self.last)?);
                continue;
            };
            // Behind it, another process may be writing.
            if current.last.seq >= self.through {
                return Ok(None);
            }
            let rest = current.bytes.get(current.at..).unwrap_or_default();
            let is_cut = rest.len() < HEAD && !current.is_whole;
            match frame::parse_after(rest, current.last) {
                Next::Record(frame) => {
                    let record = (frame.link.seq > self.after).then(|| decode(&frame)).transpose();
                    let record = record.map_err(|what| current.damage(what))?;
                    current.last = frame.link;
                    current.at += frame.size();
                    if let Some(record) = record {
                        return Ok(Some(Linked { record, checksum: current.last.checksum }));
                    }
                }
                // What is missing may stand behind what was read so far.
                Next::End if is_cut => current.read_on(&self.disk)?,
                Next::Bad(_) if !current.is_whole => current.read_on(&self.disk)?,
                Next::End => {
                    self.last = Some(current.last);
                    self.current = None;
                }
                Next::Bad(what) => return Err(current.damage(what)),
            }
        }
    }
}

impl Current {
    fn open<D: Disk>(disk: &D, place: Place, before: Option<Link>) -> Result<Self, StoreError> {
        let bytes = place.read_first(disk, AT_FIRST)?;
        let header = segments::follow(&place, &bytes, before)?;
        let is_whole = bytes.len() < AT_FIRST;
        Ok(Self { place, bytes, is_whole, at: HEADER, last: header.before })
    }

    /// Reads more of it; what was read already stays as it is.
    fn read_on<D: Disk>(&mut self, disk: &D) -> Result<(), StoreError> {
        let most = self.bytes.len().saturating_mul(4);
        self.bytes = self.place.read_first(disk, most)?;
        self.is_whole = self.bytes.len() < most;
        Ok(())
    }

    fn damage(&self, what: String) -> StoreError {
        let (record, offset) = (self.last.seq + 1, super::to_u64(self.at));
        Damage { path: self.place.path.clone(), offset, record, what }.into()
    }
}

/// The record in a frame.
pub(super) fn decode<R: Entry>(frame: &Frame<'_>) -> Result<R, String> {
    if frame.encoding != JSON {
        return Err(format!(
            "its encoding is number {}, of a newer version of heikin; this one knows {JSON}",
            frame.encoding
        ));
    }
    let record: R = serde_json::from_slice(frame.content)
        .map_err(|error| format!("it is whole, but not a record that this build knows: {error}"))?;
    if record.sequence() != frame.link.seq {
        return Err(format!("it says that it is record {}", record.sequence()));
    }
    Ok(record)
}

impl<D: Disk, R: Entry> Iterator for Records<D, R> {
    type Item = Result<R, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_linked().transpose()?;
        if next.is_err() {
            // What follows a damaged record is not looked at.
            self.current = None;
            self.places = Vec::new().into_iter();
        }
        Some(next.map(|linked| linked.record))
    }
}
