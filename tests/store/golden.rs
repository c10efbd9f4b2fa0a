//! Stores of every format that there has been, as the program wrote them: this build opens each and
//! finds in it what the exchange knew then, and leaves alone what a newer build wrote.
//!
//! `tests/golden/store` has an archive of the data folder for each, and beside it what was true. When a
//! format changes (of segments, of snapshots' first lines, of the engine's state), the next one is
//! made by
//!
//! ```sh
//! HEIKIN_GOLDEN_STORE=3 cargo test --test store golden
//! ```
//!
//! and committed with the change; those that are there are never made anew.
//! `HEIKIN_GOLDEN_PROGRAM` names another build that is to write it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use heikin::config::installation_tag;
use heikin::runtime::roster::Roster;
use heikin::runtime::start::{Recovered, TraderPlan, recovered};
use heikin::store::Layout;
use heikin::store::disk::RealDisk;
use heikin::store::journal::JournalReader;
use heikin::store::view::{FillRow, OrderRow, View};
use heikin_core::engine::{EngineConfig, Standing};
use heikin_core::time::Timestamp;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::golden_maker::{Known, is_refused_by_a_run, make};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// So much may one take in the repository.
const MOST_BYTES: u64 = 100_000;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store")
}

/// The formats of which there is a store.
fn formats() -> Vec<String> {
    let names = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut formats: Vec<_> =
        names.filter_map(|name| Some(name.strip_suffix(".zip")?.to_owned())).collect();
    formats.sort_unstable();
    formats
}

/// A copy of a golden store, and what is known of it.
fn unpacked(format: &str) -> (TempDir, Known) {
    let folder = tempfile::tempdir().unwrap();
    let archive = fs::read(golden().join(format!("{format}.zip"))).unwrap();
    assert!(archive.len() as u64 <= MOST_BYTES, "{format}: {} bytes", archive.len());
    ZipArchive::new(Cursor::new(archive)).unwrap().extract(folder.path().join("data")).unwrap();
    let known = fs::read_to_string(golden().join(format!("{format}.json"))).unwrap();
    (folder, serde_json::from_str(&known).unwrap())
}

/// The state that a start of this build comes to.
fn start(layout: &Layout) -> Recovered {
    let roster = Roster::read(layout).unwrap();
    let active = |plan| TraderPlan { standing: Standing::Active, ..plan };
    let plans: Vec<_> = roster.plans(&[]).into_iter().map(active).collect();
    let tag = installation_tag(layout.data()).unwrap();
    let config = EngineConfig { tag, ..EngineConfig::UNLIMITED };
    recovered(config, &roster.markets(&[]), &plans, Some(layout)).unwrap()
}

/// Whether this build finds in a store what was true, by the snapshot and without it, and makes the
/// same view of it.
fn check(data: &Path, known: &Known) {
    let layout = Layout::new(data);
    let saved = start(&layout);
    assert!(saved.snapshot() > 0 && saved.journal.1 == known.records, "{saved:?}");
    assert_eq!(&Known::of(&saved.engine, known), known);
    let state = saved.engine.snapshot();
    drop(saved);
    fs::remove_dir_all(layout.snapshots()).unwrap();
    let folded = start(&layout);
    assert_eq!((folded.snapshot(), folded.engine.snapshot()), (0, state));
    drop(folded);

    let reader = JournalReader::new(RealDisk, &layout.journal());
    let rows = || {
        let (view, opened) = View::open(&layout, &reader, known.records, NOW).unwrap();
        let orders: Vec<OrderRow> = view.rows().collect::<Result<_, _>>().unwrap();
        let fills: Vec<FillRow> = view.rows().collect::<Result<_, _>>().unwrap();
        (opened, orders, fills)
    };
    let (_, orders, fills) = rows();
    assert_eq!((orders.len(), fills.len()), (known.orders, known.fills));
    fs::remove_dir_all(layout.view()).unwrap();
    let (opened, again, fills_again) = rows();
    assert!(opened.rebuilt.is_some());
    assert_eq!((orders, fills), (again, fills_again));
}

#[expect(clippy::disallowed_methods, reason = "what is to be made is asked for")]
fn asked(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

#[test]
fn golden_stores_of_every_format_are_opened_and_understood() {
    let formats = formats();
    assert!(!formats.is_empty());
    for format in formats {
        let (folder, known) = unpacked(&format);
        assert!(known.fills > 4 && !known.open.is_empty() && known.balances.len() > 1, "{format}");
        check(&folder.path().join("data"), &known);
    }
}

/// The maker of golden stores, and the newest format.
#[test]
fn golden_stores_are_what_this_build_writes_and_reads() {
    let folder = tempfile::tempdir().unwrap();
    let other = asked("HEIKIN_GOLDEN_PROGRAM");
    let program = other.as_deref().unwrap_or(env!("CARGO_BIN_EXE_heikin"));
    let known = make(Path::new(program), folder.path());
    let data = folder.path().join("data");
    if let Some(format) = asked("HEIKIN_GOLDEN_STORE") {
        fs::create_dir_all(golden()).unwrap();
        pack(&data, &golden().join(format!("{format}.zip")));
        let json = serde_json::to_string_pretty(&known).unwrap();
        fs::write(golden().join(format!("{format}.json")), json + "\n").unwrap();
    }
    check(&data, &known);
}

/// All files of a folder by their path, but for those that say which process uses it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name != Path::new("LOCK") {
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// Archives a data folder without the chat's copy of the account, which is large and may be deleted.
fn pack(data: &Path, archive: &Path) {
    let mut writer = ZipWriter::new(File::create(archive).unwrap());
    for (name, bytes) in files(data) {
        if name.starts_with("front/account") {
            continue;
        }
        writer.start_file(name.to_str().unwrap(), SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap();
}

/// Makes the newest store one of a newer heikin.
type Upgrade = fn(&Layout);

fn newer_segments(layout: &Layout) {
    for (name, mut bytes) in files(&layout.journal()) {
        if name.extension().is_none_or(|ending| ending != "segment") {
            continue;
        }
        let format = u32::from_le_bytes(bytes[8..12].try_into().unwrap()) + 1;
        bytes[8..12].copy_from_slice(&format.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..12]);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        fs::write(layout.journal().join(name), bytes).unwrap();
    }
}

/// Rewrites what is behind the checksum of each snapshot.
fn rewrite_snapshots(layout: &Layout, change: impl Fn(&str) -> String) {
    for (name, bytes) in files(&layout.snapshots()) {
        let text = String::from_utf8(bytes).unwrap();
        let changed = change(&text[8..]);
        assert_ne!(changed, text[8..]);
        let bytes = format!("{:08x}{changed}", crc32c::crc32c(changed.as_bytes()));
        fs::write(layout.snapshots().join(name), bytes).unwrap();
    }
}

fn newer_snapshots(layout: &Layout) {
    rewrite_snapshots(layout, |text| text.replacen("\"format\":1", "\"format\":2", 1));
}

fn newer_state(layout: &Layout) {
    rewrite_snapshots(layout, |text| text.replacen("\n{\"version\":2", "\n{\"version\":3", 1));
}

#[test]
fn golden_stores_of_a_newer_heikin_are_refused_and_not_touched() {
    let newest = formats().pop().unwrap();
    let upgrades: [Upgrade; 3] = [newer_segments, newer_snapshots, newer_state];
    for upgrade in upgrades {
        let (folder, _) = unpacked(&newest);
        let layout = Layout::new(&folder.path().join("data"));
        upgrade(&layout);
        let before = files(layout.data());
        let told = is_refused_by_a_run(folder.path());
        assert!(told.contains("newer version of heikin"), "{told}");
        assert!(told.contains("start that version"), "{told}");
        let after = files(layout.data());
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&before), names(&after));
        for (name, bytes) in before {
            assert!(after[&name] == bytes, "{} was changed", name.display());
        }
    }
}
