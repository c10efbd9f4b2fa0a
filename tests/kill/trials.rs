//! What happens in which order: starts, faults, kills, and the comparison after them.

use std::time::Duration;

use heikin_core::order::Side;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::comparison::{Agreement, Comparison, await_ready};
use crate::exchange::{Exchange, faults, passing_faults};
use crate::product::{Ending, Product, configure, last_errors, last_records, now, verify};
use crate::tally::Tally;

/// A kill comes within this time, and at a crash point at last then.
const LIFE: Duration = Duration::from_millis(1_500);
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// At most so many processes in a row are killed without being compared.
const MOST_BLIND: u32 = 2;
/// How often what is stored is verified as a whole, in trials.
const VERIFY_EVERY: u64 = 10;

/// Crash points, and how often at most each is passed before it kills.
const CRASH_POINTS: [(&str, u32); 6] = [
    ("recovered", 1),
    ("before-start", 1),
    ("before-sync", 40),
    ("after-sync", 40),
    ("after-send", 8),
    ("after-answer", 60),
];

/// What becomes of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trial {
    /// Killed at a random instant.
    Blind,
    /// Killed at a crash point, or else at a random instant.
    CrashPoint(String),
    /// Compared, and killed amidst faults.
    Compared,
    /// Compared, and ended in good order, or at the crash point on that way.
    Stopped(Option<String>),
}

/// One exchange, one data folder, many kills.
pub(crate) struct World {
    seed: u64,
    chance: ChaCha8Rng,
    exchange: Exchange,
    folder: TempDir,
    number: u64,
    blind: u32,
}

impl World {
    pub(crate) fn open(seed: u64) -> Self {
        let exchange = Exchange::open(seed);
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), &exchange.configuration());
        let chance = ChaCha8Rng::seed_from_u64(seed);
        Self { seed, chance, exchange, folder, number: 0, blind: 0 }
    }

    /// Kills so many processes. In the end nothing may be unknown.
    ///
    /// # Errors
    ///
    /// What is wrong, with all that helps to find out why.
    pub(crate) fn run(mut self, kills: u64, tally: &mut Tally) -> Result<(), String> {
        let until = tally.kills() + kills;
        let mut done = Ok(());
        while done.is_ok() && tally.kills() < until {
            done = self.next(tally);
        }
        if done.is_ok() {
            done = self.settle(tally);
        }
        let (truth, _) = self.exchange.truth();
        tally.orders += truth.orders.len();
        tally.fills += truth.fills;
        done.map_err(|failure| self.explain(&failure))
    }

    fn next(&mut self, tally: &mut Tally) -> Result<(), String> {
        self.number += 1;
        let trial = self.draw();
        let done = self.perform(&trial, tally).and_then(|()| {
            if self.number.is_multiple_of(VERIFY_EVERY) {
                verify(self.folder.path())
            } else {
                Ok(())
            }
        });
        done.map_err(|failure| format!("{trial:?}: {failure}"))
    }

    fn draw(&mut self) -> Trial {
        let is_compared = self.blind == MOST_BLIND;
        self.blind += 1;
        match self.chance.random_range(if is_compared { 60 } else { 0 }..100) {
            0..30 => Trial::Blind,
            30..60 if cfg!(feature = "crash-points") => {
                let (name, most) = CRASH_POINTS[self.chance.random_range(0..CRASH_POINTS.len())];
                Trial::CrashPoint(format!("{name}:{}", self.chance.random_range(1..=most)))
            }
            30..60 => Trial::Blind,
            60..92 => {
                self.blind = 0;
                Trial::Compared
            }
            _ => {
                self.blind = 0;
                let at_stop = cfg!(feature = "crash-points") && self.chance.random();
                Trial::Stopped(at_stop.then(|| "stopping:1".to_owned()))
            }
        }
    }

    fn perform(&mut self, trial: &Trial, tally: &mut Tally) -> Result<(), String> {
        self.exchange.heal();
        let life = LIFE.mul_f64(self.chance.random());
        match trial {
            Trial::Blind => {
                let faults = self.rough(faults);
                self.exchange.strike(&faults);
                let mut product = Product::start(self.folder.path(), None);
                let ending = product.kill_after(life);
                self.cut(product, ending, "a random instant", tally)
            }
            Trial::CrashPoint(place) => {
                let faults = self.rough(faults);
                self.exchange.strike(&faults);
                let mut product = Product::start(self.folder.path(), Some(place));
                let ending = product.kill_after(LIFE);
                let took = now() - product.started;
                let by = if took < LIFE { "a crash point" } else { "a random instant" };
                self.cut(product, ending, by, tally)
            }
            Trial::Compared => {
                let mut product = self.compared(None, Agreement::Known, tally)?;
                self.make_trouble();
                let ending = product.kill_after(life);
                self.cut(product, ending, "a random instant in traffic", tally)
            }
            Trial::Stopped(place) => {
                let mut product = self.compared(place.as_deref(), Agreement::Known, tally)?;
                product.ask_to_end();
                match product.end_within(STOP_WITHIN) {
                    Some(Ending::Exited(status)) if status.success() && place.is_none() => {
                        tally.stops += 1;
                        Ok(())
                    }
                    Some(Ending::Killed) if place.is_some() => {
                        tally.killed("a crash point");
                        Ok(())
                    }
                    other => Err(format!("asked to end, and {other:?}")),
                }
            }
        }
    }

    /// Faults in some trials; none in the others.
    fn rough<T>(&mut self, draw: impl Fn(&mut ChaCha8Rng) -> Vec<T>) -> Vec<T> {
        if self.chance.random_ratio(6, 10) { draw(&mut self.chance) } else { Vec::new() }
    }

    fn make_trouble(&mut self) {
        let faults = self.rough(faults);
        self.exchange.strike(&faults);
        if self.chance.random_ratio(1, 3) {
            let side = if self.chance.random() { Side::Buy } else { Side::Sell };
            self.exchange.fill_in_part(side);
        }
    }

    fn cut(
        &self,
        mut product: Product,
        ending: Ending,
        by: &'static str,
        tally: &mut Tally,
    ) -> Result<(), String> {
        match ending {
            Ending::Killed => {
                tally.killed(by);
                tally.starts_cut += u64::from(!product.has_started());
                let violations = self.exchange.truth().0.violations();
                if violations.is_empty() { Ok(()) } else { Err(violations.join("; ")) }
            }
            Ending::Exited(status) => Err(format!("it ended by itself: {status}")),
        }
    }

    /// A process that is ready and agrees with the exchange.
    fn compared(
        &mut self,
        crash_at: Option<&str>,
        how: Agreement,
        tally: &mut Tally,
    ) -> Result<Product, String> {
        let faults = self.rough(passing_faults);
        self.exchange.strike(&faults);
        let has_history = self.number > 1;
        let mut product = Product::start(self.folder.path(), crash_at);
        let ready = await_ready(&mut product)?;
        self.exchange.heal();
        if has_history {
            let times =
                if faults.is_empty() { &mut tally.ready } else { &mut tally.ready_with_faults };
            times.add(ready);
        }
        tally.compared(Comparison::new(&self.exchange, &mut product).until(how)?);
        let took = now() - product.started;
        match how {
            Agreement::Known if !has_history => {}
            Agreement::Known if faults.is_empty() => tally.protected.add(took),
            Agreement::Known => tally.protected_with_faults.add(took),
            Agreement::Settled => tally.settled.add(took),
        }
        Ok(product)
    }

    /// The last process of a world lives until nothing is unknown, and ends in good order.
    fn settle(&mut self, tally: &mut Tally) -> Result<(), String> {
        self.exchange.heal();
        let mut product = self.compared(None, Agreement::Settled, tally)?;
        product.ask_to_end();
        match product.end_within(STOP_WITHIN) {
            Some(Ending::Exited(status)) if status.success() => tally.stops += 1,
            other => return Err(format!("asked to end, and {other:?}")),
        }
        verify(self.folder.path())
    }

    /// A failure with where it happened and what led to it. The folder stays.
    fn explain(self, failure: &str) -> String {
        let (seed, number) = (self.seed, self.number);
        let folder = self.folder.keep();
        format!(
            "HEIKIN_KILL_SEED={seed}, trial {number}, in {}: {failure}\n-- stderr\n{}\n-- the last \
             records\n{}",
            folder.display(),
            last_errors(&folder),
            last_records(&folder, 40),
        )
    }
}
