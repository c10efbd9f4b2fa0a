//! How a record lies in a segment: a head of 32 bytes, and its content.
//!
//! ```text
//! 0  length of the content          u32
//! 4  checksum of all but itself     u32, CRC-32C
//! 8  checksum of the record before  u32: the chain
//! 12 encoding of the content        u8, and three zeros
//! 16 number                         u64
//! 24 durable when it was written    u64: the last record that was
//! 32 content
//! ```
//!
//! All numbers are little-endian. A head of zeros is the end: preallocated room reads as zeros. What
//! was durable stands in each record because it tells damage from a torn write: no record that a
//! later one calls durable can have been torn.

use heikin_core::engine::Sequence;

pub(super) const HEAD: usize = 32;
/// The most that a record's content may have.
pub(super) const MOST: usize = 32 << 20;

/// A record's number and checksum: what the next one refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Link {
    pub(super) seq: Sequence,
    pub(super) checksum: u32,
}

/// What stands in a head, besides what follows from the content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) before: Link,
    pub(super) encoding: u8,
    pub(super) durable: Sequence,
}

/// A record as it lies in a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) link: Link,
    pub(super) previous: u32,
    pub(super) durable: Sequence,
    pub(super) encoding: u8,
    pub(super) content: &'a [u8],
}

impl Frame<'_> {
    pub(super) const fn size(&self) -> usize {
        HEAD + self.content.len()
    }
}

/// What stands at a place in a segment.
#[derive(Debug)]
pub(super) enum Next<'a> {
    Record(Frame<'a>),
    /// Nothing was written here.
    End,
    /// Something that is no record, and why.
    Bad(String),
}

/// Makes room for a head at the end of `buffer`; the content is written behind it.
pub(super) fn begin(buffer: &mut Vec<u8>) -> usize {
    let start = buffer.len();
    buffer.resize(start + HEAD, 0);
    start
}

/// Writes the head of the record that begins at `start` and goes to the end of `buffer`. None, and
/// the record is taken out again, where its content is too large: its size is given.
pub(super) fn finish(buffer: &mut Vec<u8>, start: usize, head: Head) -> Result<Link, usize> {
    let size = buffer.len().saturating_sub(start + HEAD);
    let fits = u32::try_from(size).ok().filter(|_| size > 0 && size <= MOST);
    let (Some(length), Some(frame)) = (fits, buffer.get_mut(start..)) else {
        buffer.truncate(start);
        return Err(size);
    };
    let seq = head.before.seq + 1;
    put(frame, 0, &length.to_le_bytes());
    put(frame, 8, &head.before.checksum.to_le_bytes());
    put(frame, 12, &[head.encoding, 0, 0, 0]);
    put(frame, 16, &seq.to_le_bytes());
    put(frame, 24, &head.durable.to_le_bytes());
    let checksum = checksum(frame);
    put(frame, 4, &checksum.to_le_bytes());
    Ok(Link { seq, checksum })
}

/// Reads what stands at the beginning of `bytes`, which go to the end of the segment. Only the
/// record itself is looked at, not whether it follows the one before.
pub(super) fn parse(bytes: &[u8]) -> Next<'_> {
    let Some(head) = bytes.get(..HEAD) else {
        return if is_zero(bytes) { Next::End } else { Next::Bad("it is cut off".to_owned()) };
    };
    let length = u32_at(head, 0);
    if length == 0 {
        return if is_zero(head) {
            Next::End
        } else {
            Next::Bad("its length is missing".to_owned())
        };
    }
    let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(HEAD);
    let Some((frame, content)) = bytes.get(..end).zip(bytes.get(HEAD..end)) else {
        return Next::Bad(format!("its length, {length}, goes past the end of the segment"));
    };
    let found = u32_at(head, 4);
    let right = checksum(frame);
    if found != right {
        return Next::Bad(format!("its checksum is {found:08x}, its bytes give {right:08x}"));
    }
    Next::Record(Frame {
        link: Link { seq: u64_at(head, 16), checksum: found },
        previous: u32_at(head, 8),
        durable: u64_at(head, 24),
        encoding: head.get(12).copied().unwrap_or(0),
        content,
    })
}

/// Reads what stands at the beginning of `bytes`, which must follow the record `before`.
pub(super) fn parse_after(bytes: &[u8], before: Link) -> Next<'_> {
    match parse(bytes) {
        Next::Record(frame) if frame.link.seq != before.seq + 1 => {
            Next::Bad(format!("record {} stands in its place", frame.link.seq))
        }
        Next::Record(frame) if frame.previous != before.checksum => {
            Next::Bad(format!("it does not refer to record {} as it is", before.seq))
        }
        next => next,
    }
}

/// The number of the last record that must have been durable, by what stands anywhere in `bytes`
/// behind a bad place: the records there are whole, and know what was durable when they were written.
pub(super) fn durable_by_later(bytes: &[u8], expected: Sequence) -> Sequence {
    let mut durable = 0;
    for place in 0..bytes.len().saturating_sub(HEAD) {
        let Some(rest) = bytes.get(place..) else { break };
        let (seq, known) = (u64_at(rest, 16), u64_at(rest, 24));
        // Cheap, and rules out nearly all places, before the checksum.
        if seq < expected || known < expected || known >= seq || known <= durable {
            continue;
        }
        if let Next::Record(frame) = parse(rest) {
            durable = frame.durable;
        }
    }
    durable
}

pub(super) fn is_zero(bytes: &[u8]) -> bool {
    // In words, since preallocated room is long.
    let (words, rest) = bytes.as_chunks::<16>();
    words.iter().all(|word| *word == [0; 16]) && rest.iter().all(|byte| *byte == 0)
}

fn checksum(frame: &[u8]) -> u32 {
    let (before, behind) = (frame.get(..4).unwrap_or_default(), frame.get(8..).unwrap_or_default());
    crc32c::crc32c_append(crc32c::crc32c(before), behind)
}

pub(super) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u64::from_le_bytes)
}
