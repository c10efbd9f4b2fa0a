//! The first 128 bytes of a segment.
//!
//! ```text
//! 0   magic                             8 bytes
//! 8   format version                    u32
//! 12  checksum of the 12 bytes before   u32: so that a damaged version is not taken for a newer one
//! 16  number of the segment             u64
//! 24  number of its first record        u64
//! 32  checksum of the record before it  u32
//! 36  checksum of bytes 16..36, 40..128 u32
//! 40  the build that wrote it           text, filled up with zeros
//! ```

use std::path::Path;

use heikin_core::engine::Sequence;

use super::frame::{Link, put, u32_at, u64_at};
use crate::store::error::{Damage, StoreError};

pub(super) const HEADER: usize = 128;
/// The format that this build writes.
pub(super) const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"heikinJ\n";
const BUILD: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    /// The last record of the segment before.
    pub(super) before: Link,
    /// The build that wrote it.
    pub(super) build: String,
}

impl Header {
    pub(super) const fn first(&self) -> Sequence {
        self.before.seq + 1
    }

    pub(super) fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        put(&mut bytes, 0, MAGIC);
        put(&mut bytes, 8, &FORMAT.to_le_bytes());
        put(&mut bytes, 16, &self.number.to_le_bytes());
        put(&mut bytes, 24, &self.first().to_le_bytes());
        put(&mut bytes, 32, &self.before.checksum.to_le_bytes());
        put(&mut bytes, BUILD, cut(&self.build).as_bytes());
        let (prelude, rest) = checksums(&bytes);
        put(&mut bytes, 12, &prelude.to_le_bytes());
        put(&mut bytes, 36, &rest.to_le_bytes());
        bytes
    }

    /// Reads the header of a segment. `expected` is the record that the segment should begin with,
    /// for the message.
    pub(super) fn read(path: &Path, bytes: &[u8], expected: Sequence) -> Result<Self, StoreError> {
        let damaged = |offset: u64, what: &str| {
            let what = what.to_owned();
            StoreError::Damaged(Damage { path: path.to_owned(), offset, record: expected, what })
        };
        let Some(bytes) = bytes.first_chunk::<HEADER>() else {
            return Err(damaged(0, "the segment is shorter than its header"));
        };
        let (prelude, rest) = checksums(bytes);
        if !bytes.starts_with(MAGIC) || u32_at(bytes, 12) != prelude {
            return Err(damaged(0, "the segment does not begin as one of heikin's journal"));
        }
        let found = u32_at(bytes, 8);
        if found > FORMAT {
            return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT });
        }
        if u32_at(bytes, 36) != rest {
            return Err(damaged(16, "the checksum of the segment's header is wrong"));
        }
        let build = bytes.get(BUILD..).unwrap_or_default();
        let build = String::from_utf8_lossy(build).trim_end_matches('\0').to_owned();
        let seq = u64_at(bytes, 24).saturating_sub(1);
        let before = Link { seq, checksum: u32_at(bytes, 32) };
        Ok(Self { number: u64_at(bytes, 16), before, build })
    }

    /// Whether this build of this name wrote the segment.
    pub(super) fn is_of(&self, build: &str) -> bool {
        self.build == cut(build)
    }
}

/// As much of a build's name as fits.
fn cut(build: &str) -> &str {
    build.get(..build.floor_char_boundary(HEADER - BUILD)).unwrap_or_default()
}

fn checksums(bytes: &[u8; HEADER]) -> (u32, u32) {
    let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let rest = crc32c::crc32c_append(crc32c::crc32c(part(16, 36)), part(BUILD, HEADER));
    (crc32c::crc32c(part(0, 12)), rest)
}
