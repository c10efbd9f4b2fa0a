//! Files that Binance wrote: each has the candles and the gaps that its manifest lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use heikin::analysis::candle_file::{CandleFiles, Summary};
use heikin_core::num::Money;
use heikin_core::time::Timestamp;

use crate::folder;

/// The folder with the shared data.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this variable")]
fn shared_data() -> PathBuf {
    std::env::var_os("HEIKIN_SHARED_DATA").expect("the build has seen it").into()
}

/// A line of the manifest's table of candle files.
#[derive(Debug)]
struct Entry {
    file: String,
    interval: String,
    first: String,
    last: String,
    rows: u64,
    gaps: Gaps,
    without_volume: usize,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Gaps {
    count: u64,
    missing: u64,
    /// The first few, as time and number of missing candles.
    listed: Vec<(String, u64)>,
}

fn entries(root: &Path) -> Vec<Entry> {
    let manifest = fs::read_to_string(root.join("MANIFEST.md")).expect("a manifest");
    manifest.lines().filter(|line| line.starts_with("| klines/")).map(entry).collect()
}

fn entry(line: &str) -> Entry {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    Entry {
        file: cells[1].to_owned(),
        interval: cells[3].to_owned(),
        first: cells[4].to_owned(),
        last: cells[5].to_owned(),
        rows: cells[6].parse().expect("a number of rows"),
        gaps: gaps(cells[7]),
        without_volume: cells[8].parse().expect("a number of candles"),
    }
}

/// `none`, or like `2 gap(s), 434 candles missing (2021-04-20T02:00Z x150; … …)`.
fn gaps(cell: &str) -> Gaps {
    if cell == "none" {
        return Gaps::default();
    }
    let (counts, listed) = cell.split_once(" candles missing (").expect("a list of gaps");
    let (count, missing) = counts.split_once(" gap(s), ").expect("two numbers");
    let listed = listed.trim_end_matches([')', '…', ' ']).split("; ").map(|gap| {
        let (from, missing) = gap.split_once(" x").expect("time and number");
        (from.to_owned(), missing.parse().expect("a number of candles"))
    });
    Gaps {
        count: count.parse().expect("a number of gaps"),
        missing: missing.parse().expect("a number of candles"),
        listed: listed.collect(),
    }
}

/// A time as the manifest writes it.
fn to_the_minute(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.millis()).expect("a time of our days");
    time.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

fn check(root: &Path, entry: &Entry) {
    let candles = CandleFiles::open(&[root.join(&entry.file)]).expect("a good file");
    let run = folder::run(candles, root);
    assert_eq!(run.error, None);
    let Summary { interval, candles, duplicates, gaps, missing, first_gaps, .. } = &run.summary;
    assert_eq!(interval.as_str(), entry.interval, "{entry:?}");
    assert_eq!((*candles, *duplicates), (entry.rows, 0), "{entry:?}");
    assert_eq!(run.candles.len() as u64, entry.rows, "{entry:?}");
    assert_eq!(run.summary.first_open.map(to_the_minute).as_deref(), Some(&*entry.first));
    assert_eq!(run.summary.last_open.map(to_the_minute).as_deref(), Some(&*entry.last));
    let listed = first_gaps.iter().map(|gap| (to_the_minute(gap.from), gap.missing));
    let found = Gaps {
        count: *gaps,
        missing: *missing,
        listed: listed.take(entry.gaps.listed.len()).collect(),
    };
    assert_eq!(found, entry.gaps, "{entry:?}");
    let without_volume = run.candles.iter().filter(|candle| candle.volume() == Money::ZERO);
    assert_eq!(without_volume.count(), entry.without_volume, "{entry:?}");
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_file_holds_what_its_manifest_says() {
    let root = shared_data();
    let entries = entries(&root);
    assert!(entries.len() >= 20, "{} files in the manifest", entries.len());
    for entry in &entries {
        check(&root, entry);
    }
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_file_is_in_the_manifest() {
    let root = shared_data();
    let mut found = BTreeSet::new();
    for folder in fs::read_dir(root.join("klines")).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            found.insert(path.strip_prefix(&root).unwrap().display().to_string());
        }
    }
    let listed: BTreeSet<_> = entries(&root).into_iter().map(|entry| entry.file).collect();
    assert_eq!(found, listed);
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn months_of_one_symbol_are_one_series() {
    let root = shared_data();
    let months = ["2024-07", "2024-08", "2024-09", "2024-10", "2025-01"];
    let paths = months.map(|month| root.join(format!("klines/vision/BTCUSDT-5m-{month}.csv.gz")));
    let run = folder::run(CandleFiles::open(&paths).unwrap(), &root);
    assert_eq!(run.error, None);
    // November and December are not there.
    assert_eq!((run.summary.gaps, run.summary.missing), (1, 61 * 288));
    assert_eq!(run.summary.candles, 8928 + 8928 + 8640 + 8928 + 8928);
}
