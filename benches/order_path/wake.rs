//! When the order thread woke up first after it was asked to look.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// One side arms it and asks, the other notes.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    is_armed: AtomicBool,
    at: Mutex<Option<Instant>>,
}

impl Wake {
    pub(crate) fn arm(&self) {
        if let Ok(mut at) = self.at.lock() {
            *at = None;
        }
        self.is_armed.store(true, Ordering::Release);
    }

    /// The thread is awake.
    pub(crate) fn note(&self) {
        if self.is_armed.swap(false, Ordering::AcqRel)
            && let Ok(mut at) = self.at.lock()
        {
            *at = Some(Instant::now());
        }
    }

    /// None where it was awake already.
    pub(crate) fn noted(&self) -> Option<Instant> {
        self.at.lock().ok().and_then(|at| *at)
    }
}
