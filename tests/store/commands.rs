//! `heikin store …` as a process: what it prints, how it ends, what it leaves.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use heikin::store::disk::RealDisk;
use heikin::store::journal::{FileJournal, Outdated, Verify, archive};
use heikin::store::{DataLock, Layout, backup};
use heikin_core::engine::{Journal as _, Record};
use heikin_core::time::Timestamp;
use tempfile::TempDir;

use crate::account::trading;
use crate::records::settings;

fn store(arguments: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heikin"))
        .arg("store")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

/// What it prints when it succeeds.
fn printed(arguments: &[&str], data: &Path) -> String {
    let output = store(arguments, data);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains of, with this exit code.
fn refused(code: i32, arguments: &[&str], data: &Path) -> String {
    let output = store(arguments, data);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn written(records: &[Record]) -> (TempDir, FileJournal) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::new(&folder.path().join("data"));
    let opened =
        FileJournal::open_on(RealDisk, &layout.journal(), Verify::Everything, settings(20_000));
    let (mut journal, _) = opened.unwrap();
    for group in records.chunks(20) {
        for record in group {
            journal.append(record).unwrap();
        }
        journal.sync().unwrap();
    }
    (folder, journal)
}

fn exported(text: &str) -> Vec<Record> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_store_is_verified_exported_backed_up_and_restored_while_it_is_written() {
    let records = trading(60);
    let (folder, mut journal) = written(&records[..400]);
    let data = folder.path().join("data");
    for record in &records[400..] {
        journal.append(record).unwrap();
    }
    let text = printed(&["verify"], &data);
    assert!(text.contains("records 1 to 400 in "), "{text}");
    assert_eq!(exported(&printed(&["export"], &data)), records[..400]);
    let backup = folder.path().join("backup");
    let text = printed(&["backup", backup.to_str().unwrap()], &data);
    assert!(text.contains("records 1 to 400"), "{text}");
    journal.sync().unwrap();
    assert_eq!(exported(&printed(&["export"], &data)), records);

    let text = refused(2, &["backup", backup.to_str().unwrap()], &data);
    assert!(text.contains("is not empty"), "{text}");
    let text = refused(2, &["restore", backup.to_str().unwrap()], &data);
    assert!(text.contains("--replace"), "{text}");
    drop(journal);
    let text = printed(&["restore", backup.to_str().unwrap(), "--replace"], &data);
    assert!(text.contains("restored records 1 to 400"), "{text}");
    assert_eq!(exported(&printed(&["export"], &data)), records[..400]);
    assert_eq!(fs::read_dir(data.join("quarantine")).unwrap().count(), 1);
    let elsewhere = folder.path().join("elsewhere");
    printed(&["restore", backup.to_str().unwrap()], &elsewhere);
    assert_eq!(exported(&printed(&["export"], &elsewhere)), records[..400]);
}

#[test]
fn backups_of_a_journal_that_grows_and_is_archived_are_good() {
    let records = trading(1_000);
    let (folder, mut journal) = written(&records[..100]);
    let layout = Layout::new(&folder.path().join("data"));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for (number, record) in records[100..].iter().enumerate() {
                journal.append(record).unwrap();
                if number % 3 == 0 {
                    journal.sync().unwrap();
                }
                if number % 1_000 == 999 {
                    let (through, before) = (record.seq, record.at);
                    archive(&RealDisk, &layout.journal(), Outdated { through, before }).unwrap();
                }
            }
            journal.sync().unwrap();
        });
        let mut copied = 0;
        for number in 0.. {
            let is_over = writer.is_finished();
            let target = folder.path().join(format!("backup-{number}"));
            let backed_up = backup(&layout, &target).unwrap();
            assert!(backed_up.last >= copied);
            copied = backed_up.last;
            fs::remove_dir_all(target).unwrap();
            if is_over {
                assert!(number > 1, "{number}");
                break;
            }
        }
        assert_eq!(copied, 8_000);
    });
    assert!(fs::read_dir(layout.journal().join("archive")).unwrap().count() > 10);
    assert_eq!(exported(&printed(&["export"], layout.data())), records);
}

#[test]
fn orders_and_fills_are_exported_as_tables() {
    let (folder, _journal) = written(&trading(3));
    let data = folder.path().join("data");
    let table = |what: &str| -> Vec<BTreeMap<String, String>> {
        let text = printed(&["export", what], &data);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    };
    let column = |rows: &[BTreeMap<String, String>], name: &str| -> Vec<String> {
        rows.iter().map(|row| row[name].clone()).collect()
    };
    let orders = table("orders");
    let ids = ["hk10000-1-E1-1", "hk10000-1-X1-1", "hk10000-1-E2-1"];
    assert_eq!(column(&orders, "order")[..3], ids);
    assert_eq!(column(&orders, "side")[..3], ["BUY", "SELL", "BUY"]);
    let fills = table("fills");
    assert!(!fills.is_empty());
    for fill in &fills {
        let order = orders.iter().find(|order| order["order"] == fill["order"]).unwrap();
        assert_eq!(fill["symbol"], order["symbol"]);
        assert_eq!((fill["price"].as_str(), fill["fee_asset"].as_str()), ("100", "USDT"));
        assert!(fill["time"].ends_with('Z'), "{fill:?}");
    }
    // None of them ends a position.
    assert_eq!(table("trades"), []);
}

#[test]
fn the_view_is_rebuilt() {
    let (folder, journal) = written(&trading(10));
    drop(journal);
    let data = folder.path().join("data");
    let first = printed(&["rebuild"], &data);
    assert!(first.contains("70 rows from 80 records"), "{first}");
    let again = printed(&["rebuild"], &data);
    assert!(again.contains("the old view is now "), "{again}");
    assert!(again.ends_with(&first), "{again}");
}

#[test]
fn damage_is_told_with_its_place_and_exit_code_1() {
    let (folder, journal) = written(&trading(60));
    drop(journal);
    let data = folder.path().join("data");
    let segment = data.join("journal/00000002.segment");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[2_000] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let backup = folder.path().join("backup");
    let backup = backup.to_str().unwrap();
    for arguments in [&["verify"][..], &["export"], &["backup", backup], &["rebuild"]] {
        let text = refused(1, arguments, &data);
        assert!(text.contains("00000002.segment, byte "), "{text}");
        assert!(text.contains("is damaged"), "{text}");
    }
    assert!(!Path::new(backup).exists());
}

/// A store with a chat.
fn golden(data: &Path) {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store/2.zip");
    zip::ZipArchive::new(fs::File::open(archive).unwrap()).unwrap().extract(data).unwrap();
}

fn damage_front(data: &Path) {
    let segment = data.join("front/journal/00000001.segment");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[300] ^= 1;
    fs::write(&segment, bytes).unwrap();
}

#[test]
fn a_damaged_chat_stops_a_restore_before_anything_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    golden(&data);
    let from = backup.to_str().unwrap();
    printed(&["backup", from], &data);
    let good = files(&backup);
    damage_front(&backup);
    let before = files(&data);
    let restore = ["restore", from, "--replace"];
    let text = refused(1, &restore, &data);
    assert!(text.contains("backup/front/journal/00000001.segment, byte "), "{text}");
    assert!(text.contains("move the folder `front` out of "), "{text}");
    assert_eq!(files(&data), before);

    let front = |data: &Path| files(&data.join("front"));
    let kept = front(&data);
    fs::rename(backup.join("front"), folder.path().join("moved")).unwrap();
    let text = printed(&restore, &data);
    assert!(text.contains("restored records 1 to "), "{text}");
    assert_eq!(front(&data), kept);

    for (path, bytes) in good {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    damage_front(&data);
    let before = files(&data);
    let text = refused(1, &restore, &data);
    assert!(text.contains("data/front/journal/00000001.segment, byte "), "{text}");
    assert!(text.contains("Move the folder `journal` out of "), "{text}");
    assert_eq!(files(&data), before);
    fs::remove_dir_all(data.join("front/journal")).unwrap();
    let text = printed(&restore, &data);
    assert!(text.contains("restored what the chat remembers"), "{text}");
    printed(&["verify"], &data);
}

#[test]
fn damage_in_what_the_chat_remembers_is_found_apart_from_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    golden(&data);
    let text = printed(&["verify"], &data);
    assert!(text.contains("chat       records up to "), "{text}");
    damage_front(&data);
    let output = store(&["verify"], &data);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("journal    records 1 to "), "{text}");
    assert!(text.contains("put its folder `front` in the place of this one"), "{text}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("front/journal/00000001.segment, byte "), "{text}");
}

#[test]
fn what_is_no_backup_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, data) = (folder.path().join("empty"), folder.path().join("data"));
    fs::create_dir(&empty).unwrap();
    let text = refused(2, &["restore", empty.to_str().unwrap()], &data);
    assert!(text.contains("empty holds no backup"), "{text}");
    assert!(!data.exists());
}

#[test]
fn nothing_there_and_somebody_there_are_bad_input() {
    let (folder, journal) = written(&trading(1));
    let nowhere = folder.path().join("nowhere");
    for arguments in [&["verify"][..], &["export"], &["backup", "x"], &["rebuild"]] {
        let text = refused(2, arguments, &nowhere);
        assert!(text.contains("holds no journal"), "{text}");
    }
    assert!(!nowhere.exists());
    drop(journal);
    let data = folder.path().join("data");
    let backup = folder.path().join("backup");
    printed(&["backup", backup.to_str().unwrap()], &data);
    let _lock = DataLock::take(&data, Timestamp::from_millis(1_700_000_000_000)).unwrap();
    for arguments in [&["rebuild"][..], &["restore", backup.to_str().unwrap(), "--replace"]] {
        let text = refused(2, arguments, &data);
        let pid = std::process::id();
        assert!(text.contains(&format!("another instance (pid {pid}, since 2023-")), "{text}");
        assert!(text.contains("stop it or choose another data directory"), "{text}");
    }
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_store_is_not_restored_over_itself() {
    let (folder, journal) = written(&trading(20));
    drop(journal);
    let at = |name: &str| folder.path().join(name);
    let data = at("data");
    let before = files(&data);
    symlink(&data, at("link")).unwrap();
    fs::create_dir(at("parts")).unwrap();
    symlink(data.join("journal"), at("parts/journal")).unwrap();
    for (from, to) in [
        ("data", "data"),
        ("./data/.", "data"),
        ("data/../data", "data"),
        ("link", "data"),
        ("data", "link"),
        ("parts", "data"),
        ("data", "data/restored"),
    ] {
        for replace in [&["--replace"][..], &[]] {
            let from = at(from);
            let arguments = [&["restore", from.to_str().unwrap()], replace].concat();
            let text = refused(2, &arguments, &at(to));
            assert!(text.contains("one and the same"), "{from:?} to {to}: {text}");
            assert_eq!(files(&data), before, "{from:?} to {to}");
        }
    }
}

/// The container has no other place that it may write to.
#[test]
fn a_backup_in_a_folder_of_its_own_in_the_data_directory_is_restored() {
    let records = trading(20);
    let (folder, journal) = written(&records);
    drop(journal);
    let data = folder.path().join("data");
    let backup = data.join("backup-1");
    printed(&["backup", backup.to_str().unwrap()], &data);
    printed(&["restore", backup.to_str().unwrap(), "--replace"], &data);
    assert_eq!(exported(&printed(&["export"], &data)), records);
    assert_eq!(exported(&printed(&["export"], &backup)), records);
}
