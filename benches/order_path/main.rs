//! How long a closed candle takes to become an order: from the frame of a WebSocket to the first bytes
//! of the request.
//!
//! `cargo bench --bench order_path [-- ROUNDS RUNS]`, by default 2,000 rounds, five times. The order
//! thread is pinned to the first core and an exchange to the second; every candle has another high, so
//! the entry is priced anew (`cancelReplace`). Figures in microseconds:
//!
//! - `whole`: from before the frame is written to the first bytes of the order at the other end;
//! - `order thread`: the part of it after the order thread woke up. What is before is the machine's
//!   matter: a core that sleeps takes tens of microseconds to wake, on a virtual machine more.
//!
//! `memory` writes no journal; `files` appends and syncs the order's record before it leaves, below the
//! temporary folder, so point `TMPDIR` at the disk that is of interest. On a machine that does other
//! work as well, the best of the runs is the one that says most: it is told last.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

mod exchange;
mod product;
mod wake;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::sync::oneshot;

use exchange::{Exchange, Round};
use product::Product;
use wake::Wake;

/// Where records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    Files,
}

/// Of some durations, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Spread {
    p50: u128,
    p90: u128,
    p99: u128,
    most: u128,
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut counts = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (rounds, runs) = (counts.next().unwrap_or(2_000), counts.next().unwrap_or(5));
    for place in [Place::Memory, Place::Files] {
        let mut best: Option<[Spread; 2]> = None;
        for _ in 0..runs {
            let spreads = spreads(&measure(place, rounds)?);
            tell(place, "", spreads);
            if best.is_none_or(|[_, best]| spreads[1].p50 < best.p50) {
                best = Some(spreads);
            }
        }
        if let Some(best) = best {
            tell(place, "best ", best);
        }
    }
    Ok(())
}

fn measure(
    journal: Place,
    rounds: usize,
) -> Result<Vec<Round>, Box<dyn std::error::Error + Send + Sync>> {
    let exchange = Exchange::listen()?;
    let wake = Arc::new(Wake::default());
    let product = Product { addresses: exchange.addresses()?, journal, wake: Arc::clone(&wake) };
    let (seen, enough) = oneshot::channel();
    let exchange = move || -> io::Result<_> {
        pin(1)?;
        let rounds = exchange.play(rounds, &wake);
        // The product is gone only where it has failed, which it tells itself.
        seen.send(()).ok();
        rounds
    };
    let other_side = named("exchange").spawn(exchange)?;
    let trading = named("orders").spawn(move || product.trade(enough))?.join();
    trading.map_err(|_panic| "the order thread has failed")??;
    Ok(other_side.join().map_err(|_panic| "the exchange has failed")??)
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

/// Holds this thread on one core.
fn pin(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores)
        .map_err(|error| io::Error::other(format!("core {core} cannot be had: {error}")))
}

/// The whole way, and that on the order thread.
fn spreads(rounds: &[Round]) -> [Spread; 2] {
    [Spread::of(rounds.iter().map(|it| it.whole)), Spread::of(rounds.iter().map(|it| it.awake))]
}

impl Spread {
    fn of(durations: impl Iterator<Item = Duration>) -> Self {
        let mut micros: Vec<_> = durations.map(|it| it.as_micros()).collect();
        micros.sort_unstable();
        let at = |percent: usize| {
            micros.get((micros.len() * percent / 100).min(micros.len() - 1)).copied().unwrap_or(0)
        };
        Self { p50: at(50), p90: at(90), p99: at(99), most: at(100) }
    }
}

fn tell(place: Place, which: &str, [whole, own]: [Spread; 2]) {
    let of = |it: Spread| {
        format!("p50 {:4}  p90 {:4}  p99 {:5}  max {:6}", it.p50, it.p90, it.p99, it.most)
    };
    println!("{which}{place:?}: order thread {}  |  whole {}", of(own), of(whole));
}
