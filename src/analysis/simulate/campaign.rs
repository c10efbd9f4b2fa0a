//! Many schedules on all cores, and what came of them.

use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use super::{Bug, FaultCounts, Ground, Runs, Schedule, run};

/// Which schedules to run.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The seeds.
    pub seeds: Range<u64>,
    /// On so many threads.
    pub threads: NonZeroUsize,
    /// With this bug planted in the engine.
    pub bug: Option<Bug>,
    /// Of so many seeds one is run twice.
    pub twice_every: NonZeroU64,
}

/// How far a campaign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Schedules done.
    pub done: u64,
    /// Violations found.
    pub violations: u64,
}

/// What came of the schedules, whatever the number of threads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many schedules were run.
    pub schedules: u64,
    /// How many of them were run twice.
    pub twice: u64,
    /// How many inputs their engines took, in one run of each.
    pub inputs: u64,
    /// The faults that were injected, in one run of each.
    pub faults: FaultCounts,
    /// The fewest inputs and the fewest faults that any schedule had.
    pub least: Option<(u64, u64)>,
    /// The hashes of all schedules, one over another.
    pub hash: u64,
    /// The first schedules that broke a rule, at most [`Report::KEPT`], by seed.
    pub failed: Vec<Schedule>,
    /// How many schedules broke a rule.
    pub violations: u64,
}

impl Report {
    /// So many failed schedules are told one by one.
    pub const KEPT: usize = 100;

    /// Counts one schedule.
    pub fn add(&mut self, schedule: Schedule) {
        let (inputs, faults) = (schedule.inputs, schedule.faults.total());
        self.schedules += 1;
        self.twice += u64::from(schedule.runs == Runs::Twice);
        self.inputs += inputs;
        self.faults.add(&schedule.faults);
        let least = self.least.unwrap_or((inputs, faults));
        self.least = Some((least.0.min(inputs), least.1.min(faults)));
        // Independent of the order in which schedules end.
        self.hash = self.hash.wrapping_add(schedule.hash);
        if schedule.violation.is_some() {
            self.violations += 1;
            let at = self.failed.partition_point(|failed| failed.seed < schedule.seed);
            self.failed.insert(at, schedule);
            self.failed.truncate(Self::KEPT);
        }
    }
}

impl Campaign {
    /// Runs all schedules and reports; `progress` is told after each.
    pub fn run(&self, mut progress: impl FnMut(Progress)) -> Report {
        let next = AtomicU64::new(self.seeds.start);
        let mut report = Report::default();
        thread::scope(|scope| {
            let (done, schedules) = mpsc::sync_channel(self.threads.get() * 4);
            for _ in 0..self.threads.get() {
                let (done, next) = (done.clone(), &next);
                scope.spawn(move || {
                    while let Some(seed) = self.take(next) {
                        if done.send(run(seed, Ground::Disk, self.bug, self.runs_of(seed))).is_err()
                        {
                            return;
                        }
                    }
                });
            }
            drop(done);
            for schedule in schedules {
                report.add(schedule);
                progress(Progress { done: report.schedules, violations: report.violations });
            }
        });
        report
    }

    fn runs_of(&self, seed: u64) -> Runs {
        if seed.is_multiple_of(self.twice_every.get()) { Runs::Twice } else { Runs::Once }
    }

    /// The next seed that nobody has taken.
    fn take(&self, next: &AtomicU64) -> Option<u64> {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        self.seeds.contains(&seed).then_some(seed)
    }
}
