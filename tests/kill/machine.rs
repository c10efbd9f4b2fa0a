//! How long the machine has kept processes waiting for a processor.
//!
//! What a busy machine does is not held against heikin: time in which a thread of it, or of the
//! simulated exchange, was ready to run and did not get to does not count towards a limit. Where the
//! kernel does not tell, all time counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::product::now;

/// By thread, how long it has waited for a processor since it began.
type Waits = BTreeMap<PathBuf, Duration>;

/// Time since some moment, without what was lost in waiting for a processor.
#[derive(Debug, Clone)]
pub(crate) struct FairTime {
    process: u32,
    began: Instant,
    waits: (Waits, Waits),
}

impl FairTime {
    /// Begins now, with a process and this one.
    pub(crate) fn of(process: u32) -> Self {
        Self { process, began: now(), waits: waits(process) }
    }

    /// How much has passed.
    pub(crate) fn passed(&self) -> Duration {
        let (process, own) = waits(self.process);
        let lost = growth(&self.waits.0, &process) + growth(&self.waits.1, &own);
        (now() - self.began).saturating_sub(lost)
    }
}

/// By how much the wait has grown, of the thread that waited longest.
fn growth(before: &Waits, after: &Waits) -> Duration {
    let of = |(thread, wait): (&PathBuf, &Duration)| {
        wait.saturating_sub(before.get(thread).copied().unwrap_or_default())
    };
    after.iter().map(of).max().unwrap_or_default()
}

fn waits(process: u32) -> (Waits, Waits) {
    (waits_of(&process.to_string()), waits_of("self"))
}

/// `/proc/<pid>/task/<tid>/schedstat`: nanoseconds on a processor, and waiting for one.
fn waits_of(process: &str) -> Waits {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Waits::new() };
    let wait_of = |thread: std::io::Result<fs::DirEntry>| {
        let thread = thread.ok()?.path();
        let text = fs::read_to_string(thread.join("schedstat")).ok()?;
        let nanos = text.split_whitespace().nth(1)?.parse().ok()?;
        Some((thread, Duration::from_nanos(nanos)))
    };
    threads.filter_map(wait_of).collect()
}
