//! Places at which a test can let the process die, as if it were killed there.
//!
//! Only the feature `crash-points` has them; no product build does. The variable
//! `HEIKIN_CRASH_AT=NAME:N` kills the process the N-th time it passes NAME.

/// Where the process can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the place of that name")]
pub enum CrashPoint {
    Recovered,
    BeforeSync,
    AfterSync,
    AfterSend,
    AfterAnswer,
    BeforeStart,
    Stopping,
    BeforeAsking,
    AfterAsking,
    AnswerTaken,
    WebhookStored,
}

impl CrashPoint {
    /// Those on the way of an order, and of the process.
    pub const ORDERS: [Self; 7] = [
        Self::Recovered,
        Self::BeforeStart,
        Self::BeforeSync,
        Self::AfterSync,
        Self::AfterSend,
        Self::AfterAnswer,
        Self::Stopping,
    ];

    /// Those on the way of a payment: around the question to the provider, its answer, and the webhook.
    pub const SELLING: [Self; 4] =
        [Self::BeforeAsking, Self::AfterAsking, Self::AnswerTaken, Self::WebhookStored];

    /// Its name in the variable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::BeforeStart => "before-start",
            Self::BeforeSync => "before-sync",
            Self::AfterSync => "after-sync",
            Self::AfterSend => "after-send",
            Self::AfterAnswer => "after-answer",
            Self::Stopping => "stopping",
            Self::BeforeAsking => "before-asking",
            Self::AfterAsking => "after-asking",
            Self::AnswerTaken => "answer-taken",
            Self::WebhookStored => "webhook-stored",
        }
    }
}

/// The process passes here.
#[cfg(feature = "crash-points")]
pub fn pass(point: CrashPoint) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ASKED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let asked = ASKED.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "a switch of tests alone")]
        let text = std::env::var("HEIKIN_CRASH_AT").ok()?;
        let (name, count) = text.split_once(':')?;
        Some((name.to_owned(), count.parse().ok()?))
    });
    if let Some((name, count)) = asked
        && name == point.name()
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *count
    {
        // As a signal does: nothing is flushed, nothing is told.
        let own = rustix::process::getpid();
        if rustix::process::kill_process(own, rustix::process::Signal::KILL).is_err() {
            std::process::abort();
        }
    }
}

/// The process passes here, and goes on.
#[cfg(not(feature = "crash-points"))]
pub const fn pass(_point: CrashPoint) {}
