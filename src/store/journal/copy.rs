//! A copy of a journal that may be in use.

use std::path::Path;

use heikin_core::engine::Sequence;

use super::frame::{self, Next};
use super::segments::{self, Place};
use super::{HEADER, to_u64};
use crate::store::disk::{self, Disk};
use crate::store::error::{Damage, StoreError};

/// Copies the records up to `through`, which must be durable, into an empty folder, in the same
/// segments.
pub(in crate::store) fn copy<D: Disk>(
    disk: &D,
    from: &Path,
    to: &Path,
    through: Sequence,
) -> Result<(), StoreError> {
    let mut before = None;
    for place in segments::list(disk, from)? {
        let bytes = place.read(disk)?;
        let mut last = segments::follow(&place, &bytes, before)?.before;
        if last.seq >= through && before.is_some() {
            break;
        }
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
