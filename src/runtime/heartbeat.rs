//! Whether the order thread still goes round, for whoever watches from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use heikin_core::time::Span;

/// One side beats, the other looks; cheap to clone, and all clones are one.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    since: Instant,
    /// Milliseconds from `since` to the last beat.
    last: Arc<AtomicU64>,
}

impl Heartbeat {
    /// It beats now for the first time.
    pub fn start() -> Self {
        Self { since: now(), last: Arc::default() }
    }

    /// The thread has gone round.
    pub fn beat(&self) {
        self.last.store(self.elapsed(), Ordering::Relaxed);
    }

    /// How long ago it beat.
    pub fn silent(&self) -> Span {
        let silent = self.elapsed().saturating_sub(self.last.load(Ordering::Relaxed));
        Span::from_millis(i64::try_from(silent).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> u64 {
        let elapsed = now().saturating_duration_since(self.since);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "it watches a thread, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}
