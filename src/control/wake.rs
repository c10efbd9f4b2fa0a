//! The order thread's sign that there is something to tell.

use std::sync::Arc;

use heikin_core::engine::{Effect, Engine};
use heikin_core::time::Timestamp;
use tokio::sync::Notify;

use crate::runtime::account::Observer;

/// A sign, and who waits for it. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Returns at the next sign, or at once where one was given since the last time.
    pub async fn given(&self) {
        self.0.notified().await;
    }

    /// Looks on as `observer` does, and gives a sign whenever people are to be told something.
    pub fn beside(&self, observer: Box<dyn Observer>) -> Box<dyn Observer> {
        Box::new(Waking { observer, wake: self.clone() })
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
            self.wake.0.notify_one();
        }
    }
}
