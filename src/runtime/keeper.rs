//! What the store needs done beside the order thread: snapshots, the view, old segments.
//!
//! The order thread hands over work through a queue of one and never waits for it: what does not fit
//! is done the next time. A failure here harms no order: the journal is the truth, and what is
//! derived from it can be made again.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use heikin_core::engine::{Sequence, Snapshot};
use heikin_core::time::{Span, Timestamp};

use crate::store::disk::RealDisk;
use crate::store::journal::{Follower, JournalReader, Outdated, archive};
use crate::store::snapshots::Snapshots;
use crate::store::view::View;
use crate::store::{Layout, StoreError};

/// A snapshot is saved when so many records have come since the last one.
const SNAPSHOT_EVERY: Sequence = 10_000;
/// The view takes in what is new when so many records have come, or so much time has passed.
const VIEW_EVERY: Sequence = 500;
const VIEW_AFTER: Span = Span::from_millis(1_000);
/// A segment is archived when its last record is older.
const ARCHIVE_AFTER: Span = Span::from_secs(90 * 86_400);

#[derive(Debug)]
enum Job {
    /// Save this state, which is that of the record `link` names.
    Save { link: (Sequence, u32), state: Box<Snapshot>, now: Timestamp },
    /// Take into the view what is durable.
    CatchUp,
}

/// The thread that keeps the store in order.
#[derive(Debug)]
pub struct Keeper {
    jobs: SyncSender<Job>,
    thread: JoinHandle<()>,
    saved: Sequence,
    viewed: Sequence,
    viewed_at: Timestamp,
}

impl Keeper {
    /// Begins, on a store whose newest snapshot goes up to `saved` and whose journal up to `last`.
    pub fn start(layout: Layout, (saved, last): (Sequence, Sequence), now: Timestamp) -> Self {
        let (jobs, waiting) = sync_channel(1);
        let thread = std::thread::spawn(move || work(&layout, last, now, &waiting));
        Self { jobs, thread, saved, viewed: 0, viewed_at: now }
    }

    /// Looks whether anything is due. `state` gives the engine's state, which is that of the last
    /// durable record; it is asked for only where it is saved.
    pub fn tend(
        &mut self,
        link: (Sequence, u32),
        now: Timestamp,
        state: impl FnOnce() -> Snapshot,
    ) {
        let through = link.0;
        if through >= self.saved + SNAPSHOT_EVERY {
            let job = Job::Save { link, state: Box::new(state()), now };
            if self.jobs.try_send(job).is_ok() {
                self.saved = through;
            }
            return;
        }
        let is_much = through >= self.viewed + VIEW_EVERY;
        let is_late = through > self.viewed && now >= self.viewed_at + VIEW_AFTER;
        if (is_much || is_late) && self.jobs.try_send(Job::CatchUp).is_ok() {
            self.viewed = through;
            self.viewed_at = now;
        }
    }

    /// Whether the thread still works; where it does not, the view lags and no snapshots are saved.
    pub fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Saves the last state, and waits until all is done.
    pub fn finish(self, link: (Sequence, u32), state: Snapshot, now: Timestamp) {
        let last = [Job::Save { link, state: Box::new(state), now }, Job::CatchUp];
        for job in last {
            if self.jobs.send(job).is_err() {
                break;
            }
        }
        drop(self.jobs);
        if self.thread.join().is_err() {
            tracing::error!("the thread that keeps the store has failed; the journal is complete");
        }
    }
}

fn work(layout: &Layout, last: Sequence, now: Timestamp, jobs: &Receiver<Job>) {
    let snapshots = Snapshots::new(RealDisk, &layout.snapshots());
    let mut view = open_view(layout, last, now);
    while let Ok(job) = jobs.recv() {
        let done = match job {
            Job::Save { link, state, now } => {
                let build = env!("CARGO_PKG_VERSION");
                let saved = snapshots.save(link, &state, build).map(drop);
                saved.and_then(|()| archive_old(&snapshots, &layout.journal(), now))
            }
            Job::CatchUp => match &mut view {
                Some((view, follower)) => view.follow(follower).map(drop),
                None => Ok(()),
            },
        };
        if let Err(error) = done {
            tracing::error!(%error, "keeping the store: trading goes on, the journal is the truth");
        }
    }
}

/// The view, and what reads on for it.
type Kept = (View, Follower<RealDisk>);

fn open_view(layout: &Layout, last: Sequence, now: Timestamp) -> Option<Kept> {
    let reader = JournalReader::new(RealDisk, &layout.journal());
    let opened = View::open(layout, &reader, last, now).and_then(|(view, opened)| {
        let follower = Follower::behind(RealDisk, &layout.journal(), view.applied())?;
        Ok(((view, follower), opened))
    });
    match opened {
        Ok((kept, opened)) => {
            match opened.rebuilt {
                Some((why, Some(aside))) => {
                    let aside = aside.display();
                    tracing::warn!(why, %aside, "the view was built anew; the old one is set aside");
                }
                Some((why, None)) => tracing::info!(why, "the view was built from the journal"),
                None => {}
            }
            Some(kept)
        }
        Err(error) => {
            tracing::error!(%error, "the view cannot be opened: trading goes on without it");
            None
        }
    }
}

fn archive_old(
    snapshots: &Snapshots<RealDisk>,
    journal: &Path,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(through) = snapshots.oldest()? else { return Ok(()) };
    for segment in archive(&RealDisk, journal, Outdated { through, before: now - ARCHIVE_AFTER })? {
        tracing::info!(path = %segment.path.display(), "an old journal segment was archived");
    }
    Ok(())
}
