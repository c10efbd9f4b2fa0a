//! How far the journal is durable, as told to whoever opens it next.
//!
//! The mark is written after each sync of the journal and is not synced itself, so it costs a
//! microsecond, and is never ahead of the truth. A process that dies leaves it exact: then a missing
//! or damaged end of the journal is told from a write that was torn. A machine that loses power may
//! leave an older one. It has two places, written in turns, of which a torn write can spoil one.

use std::io;
use std::path::Path;

use super::frame::{Link, put, u32_at, u64_at};
use crate::store::disk::{Disk, DiskFile};

const PLACE: usize = 512;
const SIZE: usize = 16;

#[derive(Debug)]
pub(super) struct Mark<F> {
    file: F,
    place: usize,
}

impl<F: DiskFile> Mark<F> {
    /// Opens the file of the mark, or creates it.
    pub(super) fn open<D: Disk<File = F>>(disk: &D, path: &Path) -> io::Result<Self> {
        let file = match disk.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut file = disk.create(path)?;
                file.write_at(&[0; 2 * PLACE], 0)?;
                file.sync()?;
                disk.sync_folder(path.parent().unwrap_or_else(|| Path::new(".")))?;
                file
            }
            file => file?,
        };
        let place = places(&file.read_all()?).into_iter().max_by_key(|place| place.1.seq);
        Ok(Self { file, place: place.map_or(0, |(place, _)| 1 - place) })
    }

    /// Everything up to this record is durable.
    pub(super) fn set(&mut self, link: Link) -> io::Result<()> {
        let mut bytes = [0; SIZE];
        put(&mut bytes, 0, &link.seq.to_le_bytes());
        put(&mut bytes, 8, &link.checksum.to_le_bytes());
        let checksum = crc32c::crc32c(bytes.get(..12).unwrap_or_default());
        put(&mut bytes, 12, &checksum.to_le_bytes());
        let offset = if self.place == 0 { 0 } else { PLACE as u64 };
        self.place = 1 - self.place;
        self.file.write_at(&bytes, offset)
    }

    /// Makes the mark itself durable.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }
}

/// The newest mark in a journal's folder; none where none is readable.
pub(super) fn read<D: Disk>(disk: &D, path: &Path) -> io::Result<Option<Link>> {
    match disk.open_to_read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => {
            let found = places(&file?.read_all()?).into_iter().map(|(_, link)| link);
            Ok(found.max_by_key(|link| link.seq))
        }
    }
}

fn places(bytes: &[u8]) -> Vec<(usize, Link)> {
    let read = |place: usize| {
        let bytes = bytes.get(place * PLACE..)?.get(..SIZE)?;
        let right = crc32c::crc32c(bytes.get(..12)?) == u32_at(bytes, 12);
        let link = Link { seq: u64_at(bytes, 0), checksum: u32_at(bytes, 8) };
        (right && link.seq > 0).then_some((place, link))
    };
    [0, 1].into_iter().filter_map(read).collect()
}
