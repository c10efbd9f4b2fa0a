//! What every journal promises, whatever it writes to.

use heikin::store::disk::{MemoryDisk, Survives};
use heikin::store::journal::FileJournal;
use heikin_core::engine::{Journal, MemoryJournal, Record, Sequence};

use crate::records::{open, read, record, records};

/// A journal that a test can crash and open again.
trait Subject {
    fn begin() -> Self;
    fn journal(&mut self) -> &mut dyn Journal;
    /// The process dies with this much luck, and the journal is opened again.
    fn crash(self, luck: u64) -> Self;
    fn fail_next_sync(&mut self);
    fn records(&self) -> Vec<Record>;
}

struct Memory(MemoryJournal);

impl Subject for Memory {
    fn begin() -> Self {
        Self(MemoryJournal::default())
    }

    fn journal(&mut self) -> &mut dyn Journal {
        &mut self.0
    }

    fn crash(mut self, luck: u64) -> Self {
        self.0.crash(usize::try_from(luck % 5).unwrap());
        self
    }

    fn fail_next_sync(&mut self) {
        self.0.fail_next_sync();
    }

    fn records(&self) -> Vec<Record> {
        self.0.records().to_vec()
    }
}

/// Files, in segments of so many bytes.
struct Files<const SEGMENT: usize> {
    disk: MemoryDisk,
    journal: FileJournal<MemoryDisk>,
}

impl<const SEGMENT: usize> Subject for Files<SEGMENT> {
    fn begin() -> Self {
        let disk = MemoryDisk::default();
        let (journal, _) = open(&disk, SEGMENT).unwrap();
        Self { disk, journal }
    }

    fn journal(&mut self) -> &mut dyn Journal {
        &mut self.journal
    }

    fn crash(self, luck: u64) -> Self {
        let disk = self.disk.crashed(match luck % 4 {
            0 => Survives::Everything,
            1 => Survives::Nothing,
            _ => Survives::Some(luck),
        });
        let (journal, _) = open(&disk, SEGMENT).unwrap();
        Self { disk, journal }
    }

    fn fail_next_sync(&mut self) {
        self.disk.fail(heikin::store::disk::Fault::Sync);
    }

    fn records(&self) -> Vec<Record> {
        read(&self.journal)
    }
}

fn append(subject: &mut impl Subject, numbers: std::ops::RangeInclusive<Sequence>) {
    for seq in numbers {
        subject.journal().append(&record(seq)).unwrap();
    }
}

fn nothing_is_durable_before_sync_returns<S: Subject>() {
    let mut subject = S::begin();
    assert_eq!(subject.journal().durable(), 0);
    append(&mut subject, 1..=3);
    assert_eq!(subject.journal().durable(), 0);
    subject.journal().sync().unwrap();
    assert_eq!(subject.journal().durable(), 3);
    append(&mut subject, 4..=4);
    assert_eq!(subject.journal().durable(), 3);
    // Again without anything new.
    subject.journal().sync().unwrap();
    subject.journal().sync().unwrap();
    assert_eq!(subject.journal().durable(), 4);
}

fn after_a_crash_there_is_a_prefix_with_all_that_was_durable<S: Subject>() {
    for luck in 0..200 {
        let mut subject = S::begin();
        let mut last = 0;
        // Several lives.
        for life in 0..4 {
            let durable = last + luck % 7;
            append(&mut subject, last + 1..=durable);
            subject.journal().sync().unwrap();
            let appended = durable + (luck + life) % 4;
            append(&mut subject, durable + 1..=appended);
            subject = subject.crash(luck * 31 + life);
            let found = subject.records();
            last = found.last().map_or(0, |record| record.seq);
            assert!((durable..=appended).contains(&last), "{last} of {durable} to {appended}");
            assert_eq!(found, records(last));
            assert_eq!(subject.journal().durable(), last);
        }
    }
}

fn after_a_failed_sync_nothing_more_is_written<S: Subject>() {
    let mut subject = S::begin();
    append(&mut subject, 1..=2);
    subject.journal().sync().unwrap();
    append(&mut subject, 3..=3);
    subject.fail_next_sync();
    subject.journal().sync().unwrap_err();
    assert_eq!(subject.journal().durable(), 2);
    // A second try would succeed, and prove nothing.
    subject.journal().sync().unwrap_err();
    subject.journal().append(&record(4)).unwrap_err();
    assert_eq!(subject.journal().durable(), 2);
    let mut subject = subject.crash(1);
    let found = subject.records();
    assert_eq!(found, records(u64::try_from(found.len()).unwrap()));
    assert!(found.len() >= 2);
    let next = u64::try_from(found.len()).unwrap() + 1;
    append(&mut subject, next..=next);
    subject.journal().sync().unwrap();
    assert_eq!(subject.journal().durable(), next);
}

macro_rules! conform {
    ($($name:ident: $subject:ty),*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn nothing_is_durable_before_sync_returns() {
                super::nothing_is_durable_before_sync_returns::<$subject>();
            }

            #[test]
            fn after_a_crash_there_is_a_prefix_with_all_that_was_durable() {
                super::after_a_crash_there_is_a_prefix_with_all_that_was_durable::<$subject>();
            }

            #[test]
            fn after_a_failed_sync_nothing_more_is_written() {
                super::after_a_failed_sync_nothing_more_is_written::<$subject>();
            }
        }
    )*};
}

conform! {
    memory: Memory,
    files: Files<{ 64 << 10 }>,
    files_in_short_segments: Files<600>
}

/// A reader takes a segment in by and by: what it reads at first holds some 2,000 of these.
#[test]
fn a_long_segment_is_read_to_its_end() {
    let disk = MemoryDisk::default();
    let (mut journal, _) = open(&disk, 16 << 20).unwrap();
    let all = records(12_000);
    for record in &all {
        journal.append(record).unwrap();
    }
    journal.sync().unwrap();
    assert_eq!(read(&journal), all);
}
