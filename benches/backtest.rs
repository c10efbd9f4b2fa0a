//! How long a candle takes in a backtest; one item is one candle.
//!
//! `cargo bench --bench backtest`. The orders are priced anew at every candle, and risk gate,
//! reconciler and ledger are on the path: this is the loop that `heikin backtest` runs, and before
//! it is measured its effects are compared with those of a run over the file.
//!
//! The whole process, with reading the file, after the bench has written it once:
//!
//! ```sh
//! cargo build --release
//! /usr/bin/time -v target/release/heikin backtest --params benches/two_years/params.json \
//!     --candles target/tmp/two-years-*-2.csv --json > /dev/null
//! ```

#![expect(clippy::expect_used, reason = "a bench has nobody to tell of a failure")]

#[expect(dead_code, reason = "another bench reads the packed files")]
mod two_years;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use heikin::analysis::backtest::{Backtest, EffectsHash, MarketName, Observer, Params, Statistics};
use heikin::analysis::candle_file::CandleFiles;
use heikin_core::market::{Candle, HeikinAshi, Ohlc};
use heikin_core::time::{Interval, Span};
use two_years::Decimals;

/// The two years, read once.
static CANDLES: LazyLock<Vec<Candle>> = LazyLock::new(|| {
    let path = two_years::csv(Decimals::Two).expect("room for the file");
    let candles = CandleFiles::open(&[path]).expect("a good file");
    candles.collect::<Result<_, _>>().expect("good candles")
});

fn main() {
    assert_same_as_a_plain_run();
    divan::main();
}

/// When the orders are priced anew, and whether they fill.
#[derive(Debug, Clone, Copy)]
enum Orders {
    /// Entries and stops follow the price closely: a trade every few candles.
    Trading,
    /// The entry follows the price at a distance that is never reached.
    Waiting,
}

fn params(orders: Orders) -> Params {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/two_years/params.json");
    let text = fs::read_to_string(path).expect("the parameters");
    let text = match orders {
        Orders::Trading => text,
        Orders::Waiting => {
            text.replace("\"entry_trigger_offset\": \"1\"", "\"entry_trigger_offset\": \"20000\"")
        }
    };
    Params::parse(&text).expect("good parameters")
}

fn backtest(orders: Orders) -> Backtest {
    let market = MarketName::unknown().expect("a name");
    Backtest::new(&params(orders), market, Interval::M1)
}

/// So many candles: the two years again and again, each time later.
fn candles(count: usize) -> impl Iterator<Item = Candle> {
    let years = (0..).map(|round| Span::DAY.times(730 * round));
    years
        .flat_map(|shift| {
            CANDLES.iter().map(move |candle| {
                let prices = Ohlc::new(candle.open(), candle.high(), candle.low(), candle.close());
                Candle::new(
                    candle.open_time() + shift,
                    candle.close_time() + shift,
                    prices.expect("prices of a candle"),
                    candle.volume(),
                )
                .expect("a candle")
            })
        })
        .take(count)
}

fn run(orders: Orders, count: usize, observer: &mut impl Observer) -> Backtest {
    let mut backtest = backtest(orders);
    for candle in candles(count) {
        backtest.candle(&candle, &[], observer);
    }
    backtest
}

/// The measured loop does what a run over the file does, and prices an order at every candle.
fn assert_same_as_a_plain_run() {
    for orders in [Orders::Trading, Orders::Waiting] {
        let mut measured = EffectsHash::default();
        run(orders, CANDLES.len(), &mut measured);
        let mut plain = EffectsHash::default();
        let path = two_years::csv(Decimals::Two).expect("room for the file");
        let mut files = CandleFiles::open(&[path]).expect("a good file");
        backtest(orders).run(&mut files, None, &mut plain).expect("a whole run");
        assert_eq!(measured.value(), plain.value(), "{orders:?}");
        let mut figures = Statistics::new(&backtest(orders));
        run(orders, CANDLES.len(), &mut figures);
        let figures = figures.result().expect("candles");
        let without: u64 = figures.skips.iter().map(|(_, times)| times).sum();
        assert!(without < figures.candles / 100, "{without} closes without an entry: {figures:?}");
    }
}

/// The loop alone.
#[divan::bench(sample_count = 5, sample_size = 1, consts = [1_000_000, 5_000_000], args = [Orders::Trading, Orders::Waiting])]
fn engine<const COUNT: usize>(bencher: Bencher<'_, '_>, orders: Orders) {
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| {
        black_box(run(orders, COUNT, &mut ()));
    });
}

/// The loop with everything that `heikin backtest` computes beside it.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn engine_and_statistics(bencher: Bencher<'_, '_>) {
    const COUNT: usize = 1_000_000;
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| {
        let mut statistics = Statistics::new(&backtest(Orders::Trading));
        let backtest = run(Orders::Trading, COUNT, &mut statistics);
        black_box((backtest, statistics.result()));
    });
}

/// What making the candles costs, which is part of the figures above.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn candles_alone(bencher: Bencher<'_, '_>) {
    const COUNT: usize = 1_000_000;
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| {
        for candle in candles(COUNT) {
            black_box(&candle);
        }
    });
}

/// Heikin-Ashi alone.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn heikin_ashi(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(CANDLES.len())).bench_local(|| {
        let mut series = HeikinAshi::default();
        for candle in CANDLES.iter() {
            black_box(series.update(candle));
        }
    });
}
