//! What the front office remembers: updates, alerts, buttons, people, and what they did.
//!
//! A journal of its own below `data/front/`, of the same make as the account's, and a state that is
//! folded from it and held in memory. A [`Ledger`] is the two together; [`Front`] runs one on a thread
//! of its own, so that neither a slow disk nor a busy chat can hold up anything else.
//!
//! | module | holds |
//! |---|---|
//! | [`record`] | what is recorded: one record is one transaction |
//! | [`state`] | the fold of the records, and what of it is forgotten when |
//! | [`outbox`], [`people`], [`commands`], [`pins`], [`sales`], [`uptime`] | the parts of that state |
//! | [`seal`] | personal texts, under keys that can be destroyed |
//! | [`ledger`] | journal, snapshots and state together |
//! | [`backup`] | a copy of them, without the keys |
//!
//! # Invariants
//!
//! - Whatever was answered is durable: answers leave after the sync, and so do reads.
//! - A record is a transaction: a crash keeps all of it or nothing.
//! - An alert is in the outbox until somebody says what became of it. Faults are never coalesced.
//! - A ticket is taken once, a request is carried out once, an update is fresh once; over restarts.
//! - The state is bounded: see [`state::Bounds`].

pub mod backup;
pub mod commands;
pub mod ledger;
pub mod outbox;
pub mod people;
pub mod pins;
pub mod record;
pub mod sales;
pub mod seal;
pub mod state;
pub mod uptime;

use std::fmt;
use std::thread::JoinHandle;

use heikin_bot::backend::Cursor;
use tokio::sync::{mpsc, oneshot, watch};

pub use ledger::Ledger;

use crate::store::StoreError;
use crate::store::disk::{Disk, RealDisk};

/// What waits for the thread at most; whoever has more to do waits with it.
const QUEUE: usize = 256;
/// What is done with one sync, at most.
const BATCH: usize = 64;

/// What is to be told once it is durable.
type Reply = Box<dyn FnOnce() + Send>;
type Job<D> = Box<dyn FnOnce(&mut Ledger<D>) -> Result<Reply, StoreError> + Send>;

/// Why the front office did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontError {
    /// The store failed, now or earlier: nothing more is written until heikin is started again.
    #[error("what the chat remembers cannot be written: {0}")]
    Store(String),
    /// It has ended.
    #[error(
        "the front office has ended: heikin is stopping, or its store has failed (see the log)"
    )]
    Ended,
}

/// The front office's ledger on its own thread.
pub struct Front<D: Disk = RealDisk> {
    jobs: Option<mpsc::Sender<Job<D>>>,
    thread: Option<JoinHandle<()>>,
    newest: watch::Receiver<Cursor>,
}

impl<D: Disk> fmt::Debug for Front<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").finish_non_exhaustive()
    }
}

impl<D: Disk<File: Send> + Send + 'static> Front<D> {
    /// Begins, on a ledger that was opened.
    pub fn start(ledger: Ledger<D>) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (tell, newest) = watch::channel(ledger.state().outbox().newest());
        let thread = std::thread::spawn(move || work(ledger, waiting, &tell));
        Self { jobs: Some(jobs), thread: Some(thread), newest }
    }

    /// The newest alert that waits in the outbox and is durable there.
    pub fn newest_alert(&self) -> watch::Receiver<Cursor> {
        self.newest.clone()
    }

    /// Does something with the ledger; what it gives is durable when this returns.
    ///
    /// # Errors
    ///
    /// Where the store fails: whether it was recorded is then not known.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger<D>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, FrontError> {
        let (reply, answer) = oneshot::channel();
        let job: Job<D> = Box::new(move |ledger| {
            let outcome = work(ledger)?;
            // Whoever asked may be gone.
            Ok(Box::new(move || drop(reply.send(outcome))))
        });
        let jobs = self.jobs.as_ref().ok_or(FrontError::Ended)?;
        jobs.send(job).await.map_err(|_gone| FrontError::Ended)?;
        answer.await.map_err(|_gone| FrontError::Ended)
    }
}

impl<D: Disk> Drop for Front<D> {
    /// What was asked before is done, and the state saved.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(target: "alert", "the front office's thread has failed");
        }
    }
}

fn work<D: Disk>(
    mut ledger: Ledger<D>,
    mut jobs: mpsc::Receiver<Job<D>>,
    newest: &watch::Sender<Cursor>,
) {
    while let Some(first) = jobs.blocking_recv() {
        let more = std::iter::from_fn(|| jobs.try_recv().ok()).take(BATCH - 1);
        let batch: Vec<Job<D>> = std::iter::once(first).chain(more).collect();
        if let Err(error) = together(&mut ledger, batch, newest) {
            tracing::error!(
                target: "alert", %error,
                "what the chat remembers cannot be written: the chat is off, trading goes on. Mend \
                 the disk and restart"
            );
            return;
        }
    }
    if let Err(error) = ledger.close() {
        tracing::error!(%error, "the front office's state could not be saved; its journal is complete");
    }
}

/// Several jobs with one sync.
fn together<D: Disk>(
    ledger: &mut Ledger<D>,
    batch: Vec<Job<D>>,
    newest: &watch::Sender<Cursor>,
) -> Result<(), StoreError> {
    let replies: Result<Vec<Reply>, StoreError> =
        batch.into_iter().map(|job| job(ledger)).collect();
    let replies = replies?;
    ledger.sync()?;
    newest.send_replace(ledger.state().outbox().newest());
    for reply in replies {
        reply();
    }
    ledger.tend()
}
