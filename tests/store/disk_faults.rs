//! Disks that are full, fail, or may not be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use heikin::store::disk::{Disk as _, Fault, MemoryDisk, Survives};
use heikin::store::journal::{FileJournal, Outdated, SLOW_SYNC, Verify, archive, verify};
use heikin_core::engine::{Journal as _, Sequence};
use heikin_core::time::Timestamp;

use crate::records::{FOLDER, open, read, record, records};

#[test]
fn a_full_disk_stops_the_journal_and_loses_nothing_durable() {
    for room in 0..1_500 {
        let disk = MemoryDisk::default();
        let (mut journal, _) = open(&disk, 700).unwrap();
        for seq in 1..=3 {
            journal.append(&record(seq)).unwrap();
        }
        journal.sync().unwrap();
        disk.fail(Fault::FullAfter(room));
        let mut seq = 4;
        let failed = loop {
            let outcome = journal.append(&record(seq)).and_then(|()| journal.sync());
            match outcome {
                Ok(()) => seq += 1,
                Err(error) => break error,
            }
        };
        assert!(failed.to_string().contains("free some space"), "{failed}");
        let durable = journal.durable();
        assert_eq!(durable, seq - 1);
        // Space that comes back does not mend a journal that has failed.
        disk.heal();
        let error = journal.append(&record(seq + 1)).unwrap_err();
        assert!(error.to_string().contains("started again"), "{error}");
        journal.sync().unwrap_err();
        drop(journal);
        let survives = if room % 2 == 0 { Survives::Everything } else { Survives::Nothing };
        let (journal, opened) = open(&disk.crashed(survives), 700).unwrap();
        assert!((durable..=seq).contains(&opened.last), "{opened:?} {durable}");
        assert_eq!(read(&journal), records(opened.last));
    }
}

#[test]
fn a_full_disk_does_not_stop_the_reading() {
    let disk = MemoryDisk::default();
    let (mut journal, _) = open(&disk, 700).unwrap();
    journal.append(&record(1)).unwrap();
    journal.sync().unwrap();
    let disk = disk.crashed(Survives::Everything);
    disk.fail(Fault::FullAfter(16));
    let (journal, _) = open(&disk, 700).unwrap();
    assert_eq!(read(&journal), records(1));
}

#[test]
fn power_failures_at_any_moment() {
    let mut torn = 0;
    for seed in 1..=2_000_u64 {
        let mut disk = MemoryDisk::default();
        let mut bits = seed;
        let mut dice = |sides: u64| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            (bits >> 33) % sides
        };
        for life in 0..4 {
            let (mut journal, opened) = open(&disk, 2_500).unwrap();
            torn += u32::from(opened.torn.is_some());
            assert_eq!(read(&journal), records(opened.last));
            for _ in 0..dice(6) {
                for _ in 0..=dice(8) {
                    journal.append(&record(journal.last() + 1)).unwrap();
                }
                journal.sync().unwrap();
            }
            let durable = journal.durable();
            // The power goes in the midst of a sync.
            for _ in 0..=dice(8) {
                journal.append(&record(journal.last() + 1)).unwrap();
            }
            disk.fail(Fault::HalfSync);
            journal.sync().unwrap_err();
            disk = disk.crashed(Survives::Some(dice(u64::MAX) + 1));
            let opened = verify(&disk, Path::new(FOLDER), Verify::Everything).unwrap();
            assert!(opened.last >= durable, "seed {seed}, life {life}: {opened:?} {durable}");
        }
    }
    assert!(torn > 500, "{torn}");
}

#[test]
fn a_folder_that_may_not_be_written_says_whose_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        // Who may do everything is refused nothing.
        return;
    }
    let error = FileJournal::open(&folder.path().join("journal"), Verify::Everything).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("the user that heikin runs as must own this folder"), "{text}");
    assert!(text.contains("journal"), "{text}");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_where_the_folder_should_be_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    fs::write(&path, "something").unwrap();
    let error = FileJournal::open(&path, Verify::Everything).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn outdated_segments_are_archived_and_read_all_the_same() {
    let disk = MemoryDisk::default();
    let (mut journal, _) = open(&disk, 1_000).unwrap();
    for seq in 1..=40 {
        journal.append(&record(seq)).unwrap();
        journal.sync().unwrap();
    }
    let folder = Path::new(FOLDER);
    let outdated = |through: Sequence, before: Sequence| Outdated {
        through,
        before: Timestamp::from_millis(1_700_000_000_000 + i64::try_from(before).unwrap()),
    };
    assert_eq!(archive(&disk, folder, outdated(40, 1)).unwrap(), []);
    assert_eq!(archive(&disk, folder, outdated(1, 100)).unwrap(), []);
    let some = archive(&disk, folder, outdated(30, 100)).unwrap();
    assert!(!some.is_empty());
    // The one that is written to stays, whatever its age.
    let rest = archive(&disk, folder, outdated(Sequence::MAX, 1_000)).unwrap();
    assert!(!rest.is_empty());
    assert!(rest.iter().chain(&some).all(|done| done.compressed < done.bytes));
    assert_eq!(read(&journal), records(40));
    journal.append(&record(41)).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let (journal, opened) = open(&disk, 1_000).unwrap();
    assert_eq!((opened.first, opened.last), (1, 41));
    assert_eq!(read(&journal), records(41));
    let late: Vec<_> = journal.reader().records(17, 23).unwrap().map(Result::unwrap).collect();
    assert_eq!(late, records(23)[17..]);
    // Stopped between the writing of the one and the removal of the other.
    let both = disk.crashed(Survives::Everything);
    let live = both.read(&folder.join("archive/00000002.segment.gz"));
    assert!(live.is_some());
}

#[test]
fn what_a_stopped_process_left_is_cleared() {
    let disk = MemoryDisk::default();
    drop(disk.create(&Path::new(FOLDER).join("00000001.segment.new")).unwrap());
    let (mut journal, opened) = open(&disk, 1_000).unwrap();
    assert_eq!((opened.first, opened.last, opened.segments), (1, 0, 0));
    journal.append(&record(1)).unwrap();
    journal.sync().unwrap();
    assert_eq!(read(&journal), records(1));
}

#[test]
fn a_slow_sync_is_told() {
    let disk = MemoryDisk::default();
    let (mut journal, _) = open(&disk, 1_000).unwrap();
    journal.append(&record(1)).unwrap();
    journal.sync().unwrap();
    assert!(journal.last_sync() <= SLOW_SYNC, "{:?}", journal.last_sync());
    disk.fail(Fault::SlowSync(SLOW_SYNC + Duration::from_millis(1)));
    journal.append(&record(2)).unwrap();
    journal.sync().unwrap();
    assert!(journal.last_sync() > SLOW_SYNC, "{:?}", journal.last_sync());
}

#[test]
fn records_out_of_order_are_refused() {
    let (mut journal, _) = open(&MemoryDisk::default(), 1_000).unwrap();
    journal.append(&record(1)).unwrap();
    let error = journal.append(&record(3)).unwrap_err();
    assert!(error.to_string().contains("record 3 was to be written where record 2"), "{error}");
    journal.append(&record(2)).unwrap();
    journal.sync().unwrap();
    assert_eq!(read(&journal), records(2));
}
