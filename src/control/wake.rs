//! The order thread's sign that there is something to tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use heikin_core::engine::{Effect, Engine};
use heikin_core::time::Timestamp;
use tokio::sync::Notify;

use crate::runtime::account::Observer;

/// A sign, and who waits for it. Clones are one. Giving one never waits.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    sign: Notify,
    /// Whether whoever waits wants to look at whatever is recorded.
    is_eager: AtomicBool,
}

/// While this lives, there is a sign whenever anything was recorded.
#[derive(Debug)]
pub(super) struct Eager<'a>(&'a Wake);

impl Wake {
    /// Returns at the next sign, or at once where one was given since the last time.
    pub async fn given(&self) {
        self.0.sign.notified().await;
    }

    /// Looks on as `observer` does, and gives a sign whenever people are to be told something.
    pub fn beside(&self, observer: Box<dyn Observer>) -> Box<dyn Observer> {
        Box::new(Waking { observer, wake: self.clone() })
    }

    pub(super) fn eagerly(&self) -> Eager<'_> {
        self.0.is_eager.store(true, Ordering::Release);
        Eager(self)
    }
}

impl Drop for Eager<'_> {
    fn drop(&mut self) {
        self.0.0.is_eager.store(false, Ordering::Release);
    }
}

struct Waking {
    observer: Box<dyn Observer>,
    wake: Wake,
}

impl Observer for Waking {
    fn effect(&mut self, at: Timestamp, effect: &Effect, engine: &Engine) {
        self.observer.effect(at, effect, engine);
        // What else there is to tell is seen with the next status: orders go before that.
        if matches!(effect, Effect::Notify(_)) {
            self.wake.0.sign.notify_one();
        }
    }

    fn recorded(&mut self) {
        self.observer.recorded();
        if self.wake.0.is_eager.load(Ordering::Acquire) {
            self.wake.0.sign.notify_one();
        }
    }
}
