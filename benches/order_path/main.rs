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
//! `Busy` has a candle after a tenth of a millisecond of quiet, `Rested` after milliseconds: then code and
//! data come from further away, and all takes twice to three times as long, the echo too.
//!
//! `Echo` sends the same frame back and does nothing else: the difference to it is heikin's. `Memory`
//! writes no journal; `Files` appends and syncs the order's record before it leaves, below the
//! temporary folder, so point `TMPDIR` at the disk that is of interest. On a machine that does other
//! work as well, the best of the runs is the one that says most: it is told last.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::disallowed_methods, reason = "time is what is measured")]

mod exchange;
#[path = "../loopback/mod.rs"]
mod loopback;
mod product;
mod wake;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::sync::oneshot;

use exchange::{Exchange, Pace, Round};
use product::Product;
use wake::Wake;

/// Any error at all ends it.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Where records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Journal {
    Memory,
    Files,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A frame that is sent back: what sockets and the runtime cost by themselves.
    Echo,
    /// A candle that becomes an order.
    Order(Journal),
}

/// Of some durations, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Spread {
    p50: u128,
    p90: u128,
    p99: u128,
    most: u128,
}

fn main() -> Result<(), Failed> {
    let mut counts = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (rounds, runs) = (counts.next().unwrap_or(2_000), counts.next().unwrap_or(5));
    for pace in [Pace::Busy, Pace::Rested] {
        for way in [Way::Echo, Way::Order(Journal::Memory), Way::Order(Journal::Files)] {
            let mut best: Option<[Spread; 2]> = None;
            for _ in 0..runs {
                let spreads = spreads(&measure(way, pace, rounds)?);
                tell(&format!("{pace:?} {way:?}"), spreads);
                if best.is_none_or(|[best, _]| spreads[0].p50 < best.p50) {
                    best = Some(spreads);
                }
            }
            if let Some(best) = best {
                tell(&format!("best {pace:?} {way:?}"), best);
            }
        }
    }
    Ok(())
}

fn measure(way: Way, pace: Pace, rounds: usize) -> Result<Vec<Round>, Failed> {
    let exchange = Exchange::listen(pace)?;
    let addresses = exchange.addresses()?;
    let wake = Arc::new(Wake::default());
    let noted = Arc::clone(&wake);
    let (seen, enough) = oneshot::channel();
    let exchange = named("exchange").spawn(move || -> io::Result<_> {
        pin(1)?;
        let rounds = match way {
            Way::Echo => exchange.play_echo(rounds, &noted),
            Way::Order(_) => exchange.play(rounds, &noted),
        };
        // Who only echoes hears it by the connection's end.
        seen.send(()).ok();
        rounds
    })?;
    let orders = named("orders").spawn(move || match way {
        Way::Echo => product::echo(&addresses.1, wake),
        Way::Order(journal) => Product { addresses, journal, wake }.trade(enough),
    })?;
    orders.join().map_err(|_panic| "the order thread has failed")??;
    Ok(exchange.join().map_err(|_panic| "the exchange has failed")??)
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

/// That on the order thread, and the whole way.
fn spreads(rounds: &[Round]) -> [Spread; 2] {
    [Spread::of(rounds.iter().map(|it| it.awake)), Spread::of(rounds.iter().map(|it| it.whole))]
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

fn tell(which: &str, [own, whole]: [Spread; 2]) {
    let of = |it: Spread| {
        format!("p50 {:4}  p90 {:4}  p99 {:5}  max {:6}", it.p50, it.p90, it.p99, it.most)
    };
    println!("{which}: order thread {}  |  whole {}", of(own), of(whole));
}
