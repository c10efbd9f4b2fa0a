//! How long reading a candle takes, from a file on disk to the end of the iterator.
//!
//! `cargo bench --bench candle_file`: each run reads two years of one-minute candles, 1,051,200
//! rows, which the first one writes. One item is one row: 1000 divided by Mitem/s is ns per row,
//! which should stay below 90 for plain CSV. `max alloc` must not depend on the number of rows.

#![expect(clippy::expect_used, reason = "without its file, a bench has nothing to measure")]

mod two_years;

use std::path::Path;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use heikin::analysis::candle_file::CandleFiles;

use two_years::{Decimals, ROWS};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = [Decimals::Two, Decimals::Eight], sample_count = 20)]
fn plain(bencher: Bencher<'_, '_>, decimals: Decimals) {
    read(bencher, &two_years::csv(decimals).expect("room for 150 MB"));
}

#[divan::bench(sample_count = 10)]
fn gzip(bencher: Bencher<'_, '_>) {
    read(bencher, &two_years::gzip().expect("room for 150 MB"));
}

#[divan::bench(sample_count = 10)]
fn zip(bencher: Bencher<'_, '_>) {
    read(bencher, &two_years::zip().expect("room for 150 MB"));
}

fn read(bencher: Bencher<'_, '_>, path: &Path) {
    bencher.counter(ItemsCount::new(ROWS)).bench(|| {
        let mut candles = CandleFiles::open(&[path]).expect("a good file");
        for candle in &mut candles {
            black_box(candle.expect("a good row"));
        }
        assert_eq!(candles.summary().candles, u64::from(ROWS));
    });
}
