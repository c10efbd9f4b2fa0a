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
//! | `tally` | what is counted and measured |
//!
//! `docs/kill.md` tells how many kills there are, and what each may cost.

mod agreement;
mod comparison;
mod exchange;
mod product;
mod tally;
mod told;
mod trials;
mod truth;

use std::fs;
use std::str::FromStr;

use crate::tally::Tally;
use crate::trials::World;

/// So many kills share an exchange and a data folder.
const KILLS_A_WORLD: u64 = 50;

#[expect(clippy::disallowed_methods, reason = "how long it runs, is asked for")]
fn asked<T: FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    let Ok(value) = text.parse() else { panic!("{variable}={text} is no value for it") };
    Some(value)
}

#[test]
fn whatever_the_moment_of_a_kill_heikin_and_the_exchange_agree_afterwards() {
    let kills = asked("HEIKIN_KILLS").unwrap_or(20);
    let mut seed = asked("HEIKIN_KILL_SEED").unwrap_or(1);
    let mut tally = Tally::default();
    while tally.kills() < kills {
        let left = (kills - tally.kills()).min(KILLS_A_WORLD);
        let world = World::open(seed);
        if let Err(failure) = world.run(left, &mut tally) {
            println!("{}", tally.report());
            panic!("{failure}");
        }
        seed += 1;
    }
    let report = tally.report();
    println!("{report}");
    if let Some(path) = asked::<String>("HEIKIN_KILL_REPORT") {
        fs::write(path, report.to_string()).unwrap();
    }
    tally.assert_that_something_happened();
}
