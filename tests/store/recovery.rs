//! A start: the snapshot, what came after, and the lock.

use std::fs;
use std::path::Path;

use heikin::store::disk::{Disk, Fault, MemoryDisk, RealDisk};
use heikin::store::journal::{FileJournal, Verify};
use heikin::store::snapshots::Snapshots;
use heikin::store::{DataLock, Layout, Recovery, StoreError, recover};
use heikin_core::engine::{Engine, EngineConfig, Journal as _, Snapshot};
use heikin_core::time::Timestamp;

use crate::records::{open, record, settings};

const SEGMENT: usize = 2_000;

fn engine() -> Engine {
    Engine::new(EngineConfig::UNLIMITED)
}

fn folded(through: u64) -> Snapshot {
    let mut engine = engine();
    for seq in 1..=through {
        engine.fold(&record(seq));
    }
    engine.snapshot()
}

fn layout() -> Layout {
    Layout::new(Path::new("data"))
}

fn start(disk: &MemoryDisk) -> Result<(Snapshot, Recovery), StoreError> {
    let mut engine = engine();
    let (_, recovery) = recover(disk, &layout(), settings(SEGMENT), &mut engine)?;
    Ok((engine.snapshot(), recovery))
}

/// A journal of 50 records, with snapshots after some of them.
fn written(snapshots: &[u64]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    let (mut journal, _) = open(&disk, SEGMENT).unwrap();
    let store = Snapshots::new(disk.clone(), &layout().snapshots());
    for seq in 1..=50 {
        journal.append(&record(seq)).unwrap();
        journal.sync().unwrap();
        if snapshots.contains(&seq) {
            store.save(journal.durable_link(), &folded(seq), "test").unwrap();
        }
    }
    disk
}

#[test]
fn the_state_is_the_fold_of_the_journal_with_and_without_snapshots() {
    for (snapshots, from) in [(&[][..], 0), (&[20], 20), (&[10, 20, 30], 30), (&[50], 50)] {
        let (state, recovery) = start(&written(snapshots)).unwrap();
        assert_eq!(state, folded(50));
        assert_eq!((recovery.snapshot, recovery.folded), (from, 50 - from));
    }
}

#[test]
fn the_newest_two_are_kept() {
    let disk = written(&[10, 20, 30, 40]);
    assert_eq!(disk.list(&layout().snapshots()).unwrap().len(), 2);
    let snapshots = Snapshots::new(disk, &layout().snapshots());
    assert_eq!(snapshots.oldest().unwrap(), Some(30));
}

#[test]
fn a_snapshot_that_is_damaged_anywhere_costs_only_a_longer_replay() {
    let disk = written(&[20, 40]);
    let folder = layout().snapshots();
    let name = disk.list(&folder).unwrap().pop().unwrap();
    let path = folder.join(name);
    let whole = disk.read(&path).unwrap();
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        disk.overwrite(&path, &bytes);
        let (state, recovery) = start(&disk).unwrap();
        assert_eq!(state, folded(50), "byte {place}");
        if recovery.snapshot != 40 {
            assert_eq!((recovery.snapshot, recovery.damaged.len()), (20, 1), "byte {place}");
        }
        disk.overwrite(&path, &whole[..place]);
        let (state, recovery) = start(&disk).unwrap();
        assert_eq!((state, recovery.snapshot), (folded(50), 20), "cut at {place}");
    }
}

#[test]
fn a_state_larger_than_what_is_written_at_once_is_whole() {
    let disk = MemoryDisk::default();
    let folder = layout().snapshots();
    let snapshots = Snapshots::<_, Vec<u32>>::of(disk.clone(), &folder);
    let state: Vec<u32> = (0..100_000).collect();
    // Parts that are lent, as long as they read the same.
    let path = snapshots.save((7, 1), &state.as_slice(), "test").unwrap();
    let bytes = disk.read(&path).unwrap();
    assert!(bytes.len() > 500_000);
    assert_eq!(bytes[..8], *format!("{:08x}", crc32c::crc32c(&bytes[8..])).as_bytes());
    assert_eq!(snapshots.newest().unwrap().newest.unwrap().state, state);
    // Where the disk fills up half-way, the older one stays.
    disk.fail(Fault::FullAfter(300_000));
    snapshots.save((9, 1), &state, "test").unwrap_err();
    assert_eq!(snapshots.newest().unwrap().newest.unwrap().through, 7);
}

#[test]
fn a_snapshot_of_another_journal_is_refused() {
    let disk = written(&[]);
    let snapshots = Snapshots::new(disk.clone(), &layout().snapshots());
    snapshots.save((20, 12_345), &folded(20), "test").unwrap();
    let error = start(&disk).unwrap_err();
    assert!(error.to_string().contains("has another record there"), "{error}");
    snapshots.save((99, 12_345), &folded(20), "test").unwrap();
    let error = start(&disk).unwrap_err();
    assert!(error.to_string().contains("ends with record 50"), "{error}");
}

#[test]
fn a_newer_snapshot_is_refused_and_not_passed_over() {
    let disk = written(&[20, 40]);
    let folder = layout().snapshots();
    let path = folder.join(disk.list(&folder).unwrap().pop().unwrap());
    let text = String::from_utf8(disk.read(&path).unwrap()).unwrap();
    let rest = text[8..].replacen("\"format\":1", "\"format\":2", 1);
    let newer = format!("{:08x}{rest}", crc32c::crc32c(rest.as_bytes()));
    disk.overwrite(&path, newer.as_bytes());
    let error = start(&disk).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn a_journal_that_lost_its_beginning_needs_a_snapshot() {
    for (snapshots, is_enough) in [(&[][..], false), (&[40], true)] {
        let disk = written(snapshots);
        disk.remove(&layout().journal().join("00000001.segment")).unwrap();
        match start(&disk) {
            Ok((state, _)) => {
                assert!(is_enough);
                assert_eq!(state, folded(50));
            }
            Err(error) => {
                assert!(!is_enough);
                assert!(matches!(error, StoreError::NoBeginning { .. }), "{error}");
            }
        }
    }
}

#[test]
fn a_second_instance_is_told_who_has_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let since = Timestamp::from_millis(1_700_000_000_000);
    let lock = DataLock::take(folder.path(), since).unwrap();
    let error = DataLock::take(folder.path(), since).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "another instance (pid {}, since 2023-11-14 22:13:20 UTC) uses {}: stop it or choose \
             another data directory",
            std::process::id(),
            folder.path().display()
        )
    );
    drop(lock);
    // A child that another test begins has a copy of the file for a moment.
    let free = || DataLock::take(folder.path(), since).is_ok();
    assert!((0..1_000).any(|_| free() || {
        std::thread::yield_now();
        false
    }));
}

#[test]
fn it_works_on_a_real_disk() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(folder.path());
    let (mut journal, _) = FileJournal::open(&layout.journal(), Verify::Everything).unwrap();
    for seq in 1..=100 {
        journal.append(&record(seq)).unwrap();
    }
    journal.sync().unwrap();
    Snapshots::new(RealDisk, &layout.snapshots())
        .save(journal.durable_link(), &folded(100), "test")
        .unwrap();
    for seq in 101..=150 {
        journal.append(&record(seq)).unwrap();
    }
    journal.close().unwrap();
    let mut engine = engine();
    let (_, recovery) = recover(&RealDisk, &layout, settings(SEGMENT), &mut engine).unwrap();
    assert_eq!((recovery.snapshot, recovery.folded), (100, 50));
    assert_eq!(engine.snapshot(), folded(150));
    assert!(fs::read_dir(layout.snapshots()).unwrap().count() == 1);
}
