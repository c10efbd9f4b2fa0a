#![cfg(test)]
//! The process is killed as by `kill -9`, again and again, and each time the exchange has the last
//! word: orders, fills, position and balances must be what heikin says of them once it is back.
//!
//! | module | holds |
//! |---|---|
//! | `trials` | what happens in which order, drawn from a seed |
//! | `exchange` | one simulated exchange for many trials, and its faults |
//! | `product` | heikin as a process |
//! | `truth`, `told` | what the exchange knows; what heikin says |
//! | `agreement` | how the two differ |
//! | `comparison` | looks at both until they agree |
//! | `machine` | how busy the machine is |
//! | `tally` | what is counted and measured |
//!
//! `docs/kill.md` tells how many kills there are, and what each may cost.

mod agreement;
mod comparison;
mod exchange;
mod machine;
mod product;
mod tally;
mod told;
mod trials;
mod truth;

use std::fs;
use std::str::FromStr;
use std::sync::Mutex;
use std::thread;

use crate::tally::{Tally, tell};
use crate::trials::World;

/// So many kills share an exchange and a data folder, at most.
const KILLS_A_WORLD: u64 = 50;
/// So many worlds go on at once: most of the time each waits.
const WORLDS_AT_ONCE: u64 = 4;

#[expect(clippy::disallowed_methods, reason = "how long it runs, is asked for")]
fn asked<T: FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    let Ok(value) = text.parse() else { panic!("{variable}={text} is no value for it") };
    Some(value)
}

/// Runs worlds, from those that wait, until none is left or one fails.
fn run(waiting: &Mutex<Vec<(u64, u64)>>) -> (Tally, Result<(), String>) {
    let mut tally = Tally::default();
    loop {
        let Some((seed, kills)) = waiting.lock().unwrap().pop() else { return (tally, Ok(())) };
        if let Err(failure) = World::open(seed).run(kills, &mut tally) {
            waiting.lock().unwrap().clear();
            return (tally, Err(failure));
        }
    }
}

#[test]
fn whatever_the_moment_of_a_kill_heikin_and_the_exchange_agree_afterwards() {
    let mut left: u64 = asked("HEIKIN_KILLS").unwrap_or(20);
    let seed: u64 = asked("HEIKIN_KILL_SEED").unwrap_or(1);
    let in_a_world = KILLS_A_WORLD.min(left.div_ceil(WORLDS_AT_ONCE));
    let mut worlds = Vec::new();
    for seed in seed.. {
        let kills = in_a_world.min(left);
        if kills == 0 {
            break;
        }
        worlds.push((seed, kills));
        left -= kills;
    }
    worlds.reverse();
    let waiting = Mutex::new(worlds);
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    thread::scope(|scope| {
        let start = |_| scope.spawn(|| run(&waiting));
        let runs: Vec<_> = (0..WORLDS_AT_ONCE).map(start).collect();
        for run in runs {
            let (part, done) = run.join().unwrap();
            tally.add(part);
            failures.extend(done.err());
        }
    });
    let report = tally.report();
    tell(&report);
    if let Some(path) = asked::<String>("HEIKIN_KILL_REPORT") {
        fs::write(path, report.to_string()).unwrap();
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    tally.assert_that_something_happened();
}
