//! Records to write, and ways to open a journal.

use std::path::Path;

use heikin::store::StoreError;
use heikin::store::disk::MemoryDisk;
use heikin::store::journal::{FileJournal, Opened, Settings, Verify};
use heikin_core::engine::{Body, Command, Input, Record, Sequence};
use heikin_core::order::TraderId;
use heikin_core::time::Timestamp;

pub(crate) const FOLDER: &str = "data/journal";

/// A record that is a function of its number, of varying length.
pub(crate) fn record(seq: Sequence) -> Record {
    let trader = TraderId(u16::try_from(seq * 7919 % 60_000).unwrap());
    let input = match seq % 3 {
        0 => Input::Time,
        1 => Input::Command(Command::Pause(Some(trader))),
        _ => Input::StreamRestored,
    };
    let at = Timestamp::from_millis(1_700_000_000_000 + i64::try_from(seq).unwrap());
    Record { seq, cause: seq, at, body: Body::Input(input) }
}

pub(crate) fn records(through: Sequence) -> Vec<Record> {
    (1..=through).map(record).collect()
}

pub(crate) fn settings(segment_bytes: usize) -> Settings {
    Settings { segment_bytes, build: "test".to_owned() }
}

pub(crate) fn open(
    disk: &MemoryDisk,
    segment_bytes: usize,
) -> Result<(FileJournal<MemoryDisk>, Opened), StoreError> {
    let folder = Path::new(FOLDER);
    FileJournal::open_on(disk.clone(), folder, Verify::Everything, settings(segment_bytes))
}

/// All that can be read.
pub(crate) fn read(journal: &FileJournal<MemoryDisk>) -> Vec<Record> {
    let records = journal.reader().records(0, Sequence::MAX).unwrap();
    records.collect::<Result<_, _>>().unwrap()
}
