//! How long reading a candle takes, from a file on disk to the end of the iterator.
//!
//! `cargo bench --bench candle_file`; one item is one candle.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use heikin::analysis::candle_file::CandleFiles;

const CANDLES: u32 = 100_000;

fn main() {
    divan::main();
}

/// The decimals that files of the same content are written with.
#[derive(Debug, Clone, Copy)]
enum Decimals {
    /// As other programs write them: `30000.12`.
    Few,
    /// As the archive writes them: `30000.12000000`.
    Eight,
}

#[divan::bench(args = [Decimals::Few, Decimals::Eight])]
fn plain(bencher: Bencher<'_, '_>, decimals: Decimals) {
    read(bencher, "candles.csv", csv(decimals).as_bytes());
}

#[divan::bench]
fn gzip(bencher: Bencher<'_, '_>) {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(csv(Decimals::Eight).as_bytes()).expect("memory takes it");
    read(bencher, "candles.csv.gz", &packed.finish().expect("memory takes it"));
}

#[divan::bench]
fn zip(bencher: Bencher<'_, '_>) {
    let mut packed = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default();
    packed.start_file("candles.csv", options).expect("memory takes it");
    packed.write_all(csv(Decimals::Eight).as_bytes()).expect("memory takes it");
    let packed = packed.finish().expect("memory takes it");
    read(bencher, "candles.zip", packed.get_ref());
}

fn read(bencher: Bencher<'_, '_>, name: &str, content: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path: PathBuf = folder.path().join(name);
    fs::write(&path, content).expect("room for a small file");
    bencher.counter(ItemsCount::new(CANDLES)).bench(|| {
        let mut candles = CandleFiles::open(&[&path]).expect("a good file");
        let read = candles.by_ref().inspect(|candle| drop(black_box(candle))).count();
        assert_eq!(candles.summary().candles, u64::from(CANDLES), "{read} items");
    });
}

/// A walk of prices with a fixed seed, in the columns of Binance.
fn csv(decimals: Decimals) -> String {
    let mut text = String::new();
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let places = match decimals {
        Decimals::Few => 2,
        Decimals::Eight => 8,
    };
    let amount =
        |cents: u64| format!("{}.{:0<places$}", cents / 100, format!("{:02}", cents % 100));
    let mut open = 3_000_000;
    for minute in 0..u64::from(CANDLES) {
        let time = 1_672_531_200_000 + minute * 60_000;
        let close = open + random(2_001) - 1_000;
        let high = open.max(close) + random(500);
        let low = open.min(close) - random(500);
        let volume = 1 + random(50_000);
        let [o, h, l, c, v] = [open, high, low, close, volume].map(amount);
        let [quote, taker, taker_quote] = [volume * 300, volume / 2, volume * 150].map(amount);
        let (until, trades) = (time + 59_999, random(3_000));
        writeln!(
            text,
            "{time},{o},{h},{l},{c},{v},{until},{quote},{trades},{taker},{taker_quote},0"
        )
        .expect("memory takes it");
        open = close.clamp(1_000_000, 9_000_000);
    }
    text
}
