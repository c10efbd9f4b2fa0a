//! Reading what another thread writes, as it becomes durable.
//!
//! A [`Follower`] stands behind a record and reads on from there: what it costs depends on what is
//! new, not on the length of the journal. It never waits for the writer, and the writer does not know
//! of it; it gives nothing that is not durable, since that is what the mark beside the journal says.

use std::path::{Path, PathBuf};

use heikin_core::engine::{Record, Sequence};

use super::frame::{self, Link, Next};
use super::header::HEADER;
use super::segments::{self, Place};
use super::{JournalReader, mark, mark_path, read, to_u64};
use crate::store::disk::{Disk, DiskFile};
use crate::store::error::{Damage, StoreError};

/// Read at once, unless a record is larger.
const CHUNK: usize = 256 << 10;

/// Stands in a journal that another thread writes, and reads on.
#[derive(Debug)]
pub struct Follower<D: Disk> {
    disk: D,
    folder: PathBuf,
    last: Link,
    here: Option<Here<D::File>>,
}

/// The place in a segment.
#[derive(Debug)]
struct Here<F> {
    place: Place,
    file: F,
    at: u64,
}

impl<D: Disk> Follower<D> {
    /// Begins behind this record, which is there; or at the beginning, for 0.
    ///
    /// # Errors
    ///
    /// Where the journal up to there cannot be read.
    pub fn behind(disk: D, folder: &Path, seq: Sequence) -> Result<Self, StoreError> {
        let mut follower =
            Self { disk, folder: folder.to_owned(), last: Link::default(), here: None };
        if seq > 0 {
            // From the beginning of the segment on, since a place is found by reading up to it.
            let reader: JournalReader<D> = JournalReader::of(follower.disk.clone(), folder);
            let mut records = reader.records(seq - 1, seq)?;
            let checksum = records.next_linked()?.map_or(0, |linked| linked.checksum);
            follower.last = Link { seq, checksum };
        }
        Ok(follower)
    }

    /// The last record that was read.
    pub const fn position(&self) -> Sequence {
        self.last.seq
    }

    /// The last record that was read, and its checksum.
    pub const fn link(&self) -> (Sequence, u32) {
        (self.last.seq, self.last.checksum)
    }

    /// The last record that is durable.
    ///
    /// # Errors
    ///
    /// Where the mark cannot be read.
    pub fn durable(&self) -> Result<Sequence, StoreError> {
        let path = mark_path(&self.folder);
        let marked = mark::read(&self.disk, &path);
        Ok(marked.map_err(StoreError::io("it cannot be read", &path))?.map_or(0, |mark| mark.seq))
    }

    /// Reads on, up to `most` records and to the last durable one.
    ///
    /// # Errors
    ///
    /// Where the journal is damaged or cannot be read; the follower stays where it is.
    pub fn read_on(&mut self, most: usize) -> Result<Vec<Record>, StoreError> {
        let durable = self.durable()?;
        let mut records = Vec::new();
        while self.last.seq < durable && records.len() < most {
            let is_there = match &self.here {
                Some(_) => self.read_chunk((durable, most), &mut records)?,
                None => false,
            };
            if !is_there && !self.go_on()? {
                break;
            }
        }
        Ok(records)
    }

    /// Reads from the segment; whether there was anything.
    fn read_chunk(
        &mut self,
        (durable, most): (Sequence, usize),
        records: &mut Vec<Record>,
    ) -> Result<bool, StoreError> {
        let Some(here) = &mut self.here else { return Ok(false) };
        let mut wanted = CHUNK;
        loop {
            let path = &here.place.path;
            let bytes = here.file.read_at(here.at, wanted);
            let bytes = bytes.map_err(StoreError::io("it cannot be read", path))?;
            let mut at = 0;
            let mut found = false;
            while self.last.seq < durable && records.len() < most {
                let rest = bytes.get(at..).unwrap_or_default();
                match frame::parse_after(rest, self.last) {
                    Next::Record(frame) => {
                        let record = read::decode(&frame);
                        let record = record.map_err(|what| damage(here, self.last, what))?;
                        self.last = frame.link;
                        at += frame.size();
                        here.at += to_u64(frame.size());
                        records.push(record);
                        found = true;
                    }
                    Next::End => return Ok(found),
                    // Cut off by the end of what was read: the rest is read from there.
                    Next::Bad(_) if found && bytes.len() == wanted => break,
                    Next::Bad(_) if bytes.len() == wanted && wanted <= frame::MOST => {
                        wanted *= 4;
                        break;
                    }
                    Next::Bad(what) => return Err(damage(here, self.last, what)),
                }
            }
            if found {
                return Ok(true);
            }
        }
    }

    /// Goes to the segment that the next record is in; whether there is one.
    fn go_on(&mut self) -> Result<bool, StoreError> {
        let places = segments::list(&self.disk, &self.folder)?;
        let before = self.here.as_ref().map(|here| here.place.number);
        let candidates = places.into_iter().rev();
        for place in candidates.filter(|place| before.is_none_or(|before| place.number > before)) {
            let header = segments::follow(&place, &place.read_header(&self.disk)?, None)?;
            if header.before.seq > self.last.seq {
                continue;
            }
            let opened = self.disk.open_to_read(&place.path);
            let file = opened.map_err(StoreError::io("it cannot be opened", &place.path))?;
            let at = self.place_of_next(&place, header.before)?;
            self.here = Some(Here { place, file, at });
            return Ok(true);
        }
        Ok(false)
    }

    /// Where in a segment the record behind the last one begins.
    fn place_of_next(&self, place: &Place, before: Link) -> Result<u64, StoreError> {
        if before.seq == self.last.seq {
            return Ok(to_u64(HEADER));
        }
        let bytes = place.read(&self.disk)?;
        let (mut last, mut at) = (before, HEADER);
        while last.seq < self.last.seq {
            match frame::parse_after(bytes.get(at..).unwrap_or_default(), last) {
                Next::Record(frame) => {
                    last = frame.link;
                    at += frame.size();
                }
                Next::End | Next::Bad(_) => break,
            }
        }
        Ok(to_u64(at))
    }
}

fn damage<F>(here: &Here<F>, last: Link, what: String) -> StoreError {
    let (path, offset, record) = (here.place.path.clone(), here.at, last.seq + 1);
    Damage { path, offset, record, what }.into()
}

#[cfg(test)]
mod tests {
    use heikin_core::engine::{Body, Input, Journal as _};
    use heikin_core::time::Timestamp;

    use super::*;
    use crate::store::disk::MemoryDisk;
    use crate::store::journal::{FileJournal, Settings, Verify};

    fn record(seq: Sequence) -> Record {
        Record {
            seq,
            cause: seq,
            at: Timestamp::from_millis(1_000),
            body: Body::Input(Input::Time),
        }
    }

    fn open(disk: &MemoryDisk, bytes: usize) -> FileJournal<MemoryDisk> {
        let settings = Settings { segment_bytes: bytes, build: "test".to_owned() };
        let folder = Path::new("journal");
        FileJournal::open_on(disk.clone(), folder, Verify::Everything, settings).unwrap().0
    }

    /// Over the ends of segments, from any place, in any portions: every durable record once.
    #[test]
    fn it_reads_what_is_durable_once_and_in_order() {
        for bytes in [700, 1_000, 1 << 20] {
            let disk = MemoryDisk::default();
            let mut journal = open(&disk, bytes);
            let mut follower = Follower::behind(disk.clone(), Path::new("journal"), 0).unwrap();
            let mut seen = Vec::new();
            for seq in 1..=60 {
                journal.append(&record(seq)).unwrap();
                if seq % 3 == 0 {
                    journal.sync().unwrap();
                }
                seen.extend(follower.read_on(2).unwrap());
                assert!(follower.position() <= journal.durable());
            }
            seen.extend(follower.read_on(100).unwrap());
            assert_eq!(seen, (1..=60).map(record).collect::<Vec<_>>());
            for seq in 0..=60 {
                let mut later = Follower::behind(disk.clone(), Path::new("journal"), seq).unwrap();
                let rest = later.read_on(100).unwrap();
                assert_eq!(rest, (seq + 1..=60).map(record).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_was_written_and_not_synced_is_not_given() {
        let disk = MemoryDisk::default();
        let mut journal = open(&disk, 1 << 20);
        journal.append(&record(1)).unwrap();
        journal.sync().unwrap();
        journal.append(&record(2)).unwrap();
        let mut follower = Follower::behind(disk, Path::new("journal"), 0).unwrap();
        assert_eq!(follower.read_on(10).unwrap(), [record(1)]);
        assert!(follower.read_on(10).unwrap().is_empty());
        journal.sync().unwrap();
        assert_eq!(follower.read_on(10).unwrap(), [record(2)]);
    }
}
