//! A copy of a journal that may be in use.

use std::path::Path;

use heikin_core::engine::Sequence;

use super::frame::{self, Link, Next};
use super::segments::{self, Place};
use super::{HEADER, to_u64};
use crate::store::disk::{self, Disk};
use crate::store::error::{Damage, StoreError};

/// Copies the records up to `through`, which must be durable, into an empty folder, in the same
/// segments.
pub fn copy<D: Disk>(
    disk: &D,
    from: &Path,
    to: &Path,
    through: Sequence,
) -> Result<(), StoreError> {
    let mut before: Option<Link> = None;
    for place in segments::list(disk, from)? {
        // The records behind `through` may have gone on in segments that are there by now.
        if before.is_some_and(|before| before.seq >= through) {
            break;
        }
        let bytes = place.read(disk)?;
        let mut last = segments::follow(&place, &bytes, before)?.before;
        let mut end = HEADER;
        while last.seq < through {
            match frame::parse_after(bytes.get(end..).unwrap_or_default(), last) {
                Next::Record(frame) => {
                    last = frame.link;
                    end += frame.size();
                }
                Next::End => break,
                Next::Bad(what) => {
                    let (path, offset, record) = (place.path, to_u64(end), last.seq + 1);
                    return Err(Damage { path, offset, record, what }.into());
                }
            }
        }
        before = Some(last);
        write(disk, to, &place, bytes.get(..end).unwrap_or_default())?;
    }
    Ok(())
}

/// Writes a segment; archived ones become live again, and are archived anew in time.
fn write<D: Disk>(disk: &D, to: &Path, place: &Place, bytes: &[u8]) -> Result<(), StoreError> {
    let target = Place::live(to, place.number).path;
    disk::replace(disk, &target, bytes).map_err(StoreError::io("it cannot be written", &target))
}

#[cfg(test)]
mod tests {
    use heikin_core::engine::{Body, Input, Journal as _, Record};
    use heikin_core::time::Timestamp;

    use super::*;
    use crate::store::disk::MemoryDisk;
    use crate::store::journal::{FileJournal, Settings, Verify};

    /// A process that goes on writing leaves records, and whole segments, behind what was durable
    /// when a backup began.
    #[test]
    fn it_ends_within_a_segment_that_others_follow() {
        let disk = MemoryDisk::default();
        let open = |folder: &Path| {
            let settings = Settings { segment_bytes: 1_000, build: "test".to_owned() };
            FileJournal::open_on(disk.clone(), folder, Verify::Everything, settings).unwrap().0
        };
        let (from, to) = (Path::new("from"), Path::new("to"));
        let mut journal = open(from);
        for seq in 1..=40 {
            let (at, body) = (Timestamp::from_millis(1_000), Body::Input(Input::Time));
            journal.append(&Record { seq, cause: seq, at, body }).unwrap();
            journal.sync().unwrap();
        }
        assert!(segments::list(&disk, from).unwrap().len() > 2);
        for through in 1..=40 {
            let target = to.join(through.to_string());
            disk.create_folder(&target).unwrap();
            copy(&disk, from, &target, through).unwrap();
            assert_eq!(open(&target).last(), through);
        }
    }
}
