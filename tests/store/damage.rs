//! Files that are cut, changed or gone: what was durable is there, or opening says what is not.

use std::path::{Path, PathBuf};

use heikin::store::StoreError;
use heikin::store::disk::{Disk as _, MemoryDisk, Survives};
use heikin::store::journal::{Opened, Verify, verify};
use heikin_core::engine::{Journal as _, Sequence};

use crate::records::{FOLDER, open, read, record, records};

const SEGMENT: usize = 2_000;

/// A journal of which this much is durable and some more is written. Its process is dead.
fn written(durable: Sequence, more: Sequence) -> MemoryDisk {
    let disk = MemoryDisk::default();
    let (mut journal, _) = open(&disk, SEGMENT).unwrap();
    for seq in 1..=durable {
        journal.append(&record(seq)).unwrap();
        journal.sync().unwrap();
    }
    let marked = disk.read(&file("durable"));
    for seq in durable + 1..=durable + more {
        journal.append(&record(seq)).unwrap();
    }
    journal.sync().unwrap();
    let disk = disk.crashed(Survives::Everything);
    // As if the last sync had not returned.
    disk.overwrite(&file("durable"), &marked.unwrap());
    disk
}

fn file(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

fn segments(disk: &MemoryDisk) -> Vec<String> {
    let names = disk.list(Path::new(FOLDER)).unwrap();
    names.into_iter().filter(|name| name.ends_with(".segment")).collect()
}

/// Opens it and holds it to its promise; what was opened, or the error.
fn reopen(disk: &MemoryDisk, durable: Sequence, what: &str) -> Result<Opened, StoreError> {
    // Damage is found before anything is written.
    let looked = verify(disk, Path::new(FOLDER), Verify::Everything);
    let (mut journal, opened) = match open(disk, SEGMENT) {
        Ok(opened) => opened,
        Err(error) => {
            assert_eq!(looked.unwrap_err().to_string(), error.to_string(), "{what}");
            return Err(error);
        }
    };
    assert_eq!(looked.unwrap(), opened, "{what}");
    let found = read(&journal);
    assert_eq!(found, records(opened.last), "{what}");
    assert!(opened.last >= durable, "{what}: {} of {durable}", opened.last);
    // And it goes on.
    journal.append(&record(opened.last + 1)).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let (journal, again) = open(disk, SEGMENT).unwrap();
    assert_eq!(again.torn, None, "{what}");
    assert_eq!(read(&journal), records(opened.last + 1), "{what}");
    Ok(opened)
}

#[test]
fn an_end_that_is_cut_anywhere_is_a_prefix_or_an_error() {
    let disk = written(9, 3);
    let name = segments(&disk).pop().unwrap();
    let whole = disk.read(&file(&name)).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let (mut cut, mut refused) = (0, 0);
    for zeroed in [false, true] {
        for length in 0..=used {
            let disk = disk.crashed(Survives::Everything);
            let mut bytes = whole[..length].to_vec();
            if zeroed {
                bytes.resize(whole.len(), 0);
            }
            disk.overwrite(&file(&name), &bytes);
            match reopen(&disk, 9, &format!("cut at {length}")) {
                Ok(_) => cut += 1,
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("heikin store restore"), "{error}");
                    let is_told = matches!(error, StoreError::Lost { .. } | StoreError::Damaged(_));
                    assert!(is_told, "{error}");
                }
            }
        }
    }
    assert!(cut > 500 && refused > 500, "{cut}, {refused}");
}

#[test]
fn a_changed_byte_anywhere_is_harmless_or_an_error() {
    let disk = written(24, 3);
    let names = segments(&disk);
    assert!(names.len() > 1);
    for name in names.iter().map(String::as_str).chain(["durable"]) {
        let whole = disk.read(&file(name)).unwrap();
        for place in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let disk = disk.crashed(Survives::Everything);
                let mut bytes = whole.clone();
                bytes[place] ^= flip;
                disk.overwrite(&file(name), &bytes);
                let what = format!("{name}, byte {place}, {flip:02x}");
                if let Err(error) = reopen(&disk, 24, &what) {
                    let text = error.to_string();
                    assert!(text.contains(FOLDER), "{what}: {text}");
                    assert!(!matches!(error, StoreError::Newer { .. }), "{what}: {text}");
                }
            }
        }
    }
}

#[test]
fn without_the_mark_later_records_show_what_was_durable() {
    // A power failure may take the mark; each record knows what was durable before it.
    let disk = written(6, 1);
    let name = segments(&disk).pop().unwrap();
    let whole = disk.read(&file(&name)).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let (mut torn, mut refused) = (0, 0);
    for place in 128..used {
        let disk = disk.crashed(Survives::Everything);
        disk.remove(&file("durable")).unwrap();
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        disk.overwrite(&file(&name), &bytes);
        // What the last record says covers all but itself, and but the last it says is durable.
        match reopen(&disk, 6, &format!("byte {place}")) {
            Ok(opened) => {
                assert!(opened.is_unmarked);
                assert_eq!(opened.torn.unwrap().record, 7);
                torn += 1;
            }
            Err(error) => {
                assert!(matches!(error, StoreError::Damaged(_)), "{error}");
                refused += 1;
            }
        }
    }
    assert!(torn > 50 && refused > 300, "{torn}, {refused}");
}

#[test]
fn damage_names_segment_place_record_and_remedy() {
    let disk = written(24, 0);
    let mut bytes = disk.read(&file("00000002.segment")).unwrap();
    bytes[128 + 40] ^= 1;
    disk.overwrite(&file("00000002.segment"), &bytes);
    let error = open(&disk, SEGMENT).unwrap_err();
    let StoreError::Damaged(damage) = &error else { panic!("{error}") };
    assert_eq!(damage.offset, 128);
    assert_eq!(damage.path, file("00000002.segment"));
    let text = error.to_string();
    for part in
        ["00000002.segment, byte 128", "record ", "heikin store restore", "Nothing was changed"]
    {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_segment_that_is_gone_is_missed() {
    let disk = written(80, 0);
    let names = segments(&disk);
    assert!(names.len() > 3);
    for name in &names[1..] {
        let disk = disk.crashed(Survives::Everything);
        disk.remove(&file(name)).unwrap();
        let error = open(&disk, SEGMENT).unwrap_err();
        let is_last = Some(name) == names.last();
        match error {
            StoreError::MissingSegment { .. } => assert!(!is_last),
            StoreError::Lost { synced: 80, .. } => assert!(is_last),
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn a_segment_of_another_journal_is_refused() {
    let disk = written(24, 0);
    let other = MemoryDisk::default();
    let (mut journal, _) = open(&other, SEGMENT).unwrap();
    for seq in 1..=24 {
        let mut record = record(seq);
        record.cause = 1;
        journal.append(&record).unwrap();
        journal.sync().unwrap();
    }
    let foreign = other.read(&file("00000002.segment")).unwrap();
    disk.overwrite(&file("00000002.segment"), &foreign);
    let error = open(&disk, SEGMENT).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

#[test]
fn a_newer_format_is_refused() {
    let disk = written(3, 0);
    let name = segments(&disk).pop().unwrap();
    let mut bytes = disk.read(&file(&name)).unwrap();
    bytes[8..12].copy_from_slice(&2_u32.to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[..12]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    disk.overwrite(&file(&name), &bytes);
    let error = open(&disk, SEGMENT).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("start that version"), "{error}");
}

#[test]
fn another_build_begins_a_segment_of_its_own() {
    let disk = written(3, 0);
    let folder = Path::new(FOLDER);
    let settings = heikin::store::journal::Settings {
        build: "another".to_owned(),
        ..crate::records::settings(SEGMENT)
    };
    let opened = heikin::store::journal::FileJournal::open_on(
        disk.clone(),
        folder,
        Verify::Everything,
        settings,
    );
    let (mut journal, _) = opened.unwrap();
    journal.append(&record(4)).unwrap();
    journal.sync().unwrap();
    assert_eq!(segments(&disk).len(), 2);
    assert_eq!(read(&journal), records(4));
}

#[test]
fn a_start_reads_only_what_it_needs() {
    let disk = written(90, 0);
    assert!(segments(&disk).len() > 4);
    let folder = Path::new(FOLDER);
    let opened = verify(&disk, folder, Verify::From(85)).unwrap();
    assert_eq!((opened.first, opened.last), (1, 90));
    // Damage before it does not stop a start, and is found by who asks for everything.
    let mut bytes = disk.read(&file("00000001.segment")).unwrap();
    bytes[200] ^= 1;
    disk.overwrite(&file("00000001.segment"), &bytes);
    verify(&disk, folder, Verify::From(85)).unwrap();
    verify(&disk, folder, Verify::From(1)).unwrap_err();
    verify(&disk, folder, Verify::Everything).unwrap_err();
}
