//! What the service manager is told (`sd_notify(3)`): that heikin trades, how it stands, that it still
//! goes round, that it stops.
//!
//! A thread of its own does the telling: the manager's socket can be full, and nothing may hold up the
//! order thread. It vouches for nothing but that thread's own beat; when that is missing it keeps
//! silent, and the manager starts heikin anew.
//!
//! Without a service manager nothing of this runs.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use heikin_core::time::Span;
use sd_notify::NotifyState;
use tokio::sync::watch;

use super::service::readiness;
use crate::http::Readiness;
use crate::runtime::heartbeat::Heartbeat;
use crate::runtime::status::Status;

/// How often things are looked at where nobody asks for more.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// `systemctl status` shows one line.
const LONGEST_STATUS: usize = 200;

/// The thread that tells; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct ServiceManager {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What is told of a run.
struct Watch {
    status: watch::Receiver<Status>,
    heartbeat: Heartbeat,
    /// The order thread may be silent for so long; none where nobody wants to know.
    patience: Option<Duration>,
    is_ready: bool,
    line: String,
}

/// Tells that a start is on its way, and may take as long as the exchange does.
pub(super) fn starting() {
    notify(&[NotifyState::Status("waiting for the exchange")]);
}

/// Tells that the end has begun.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping, NotifyState::Status("stopping: entries are withdrawn")]);
}

impl ServiceManager {
    /// Tells from now on; none where nobody listens.
    pub(super) fn watch(status: watch::Receiver<Status>, heartbeat: Heartbeat) -> Option<Self> {
        if !is_there() {
            return None;
        }
        let patience = sd_notify::watchdog_enabled().map(|watchdog| watchdog / 2);
        let mut watch = Watch { status, heartbeat, patience, is_ready: false, line: String::new() };
        let (stop, stopped) = sync_channel(1);
        let every = patience.map_or(LOOK_EVERY, |patience| patience.min(LOOK_EVERY));
        let thread = std::thread::spawn(move || {
            watch.tell();
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                watch.tell();
            }
        });
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for ServiceManager {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that tells the service manager has failed");
        }
    }
}

impl Watch {
    fn tell(&mut self) {
        let (reconciled, line) = {
            let status = self.status.borrow();
            (status.reconciled, line(&readiness(&status)))
        };
        let mut news = Vec::new();
        if reconciled && !self.is_ready {
            self.is_ready = true;
            news.push(NotifyState::Ready);
        }
        if line != self.line {
            self.line = line;
            news.push(NotifyState::Status(&self.line));
        }
        if self.patience.is_some_and(|patience| goes_round(&self.heartbeat, patience)) {
            news.push(NotifyState::Watchdog);
        }
        if !news.is_empty() {
            notify(&news);
        }
    }
}

/// Whether the order thread has gone round lately.
fn goes_round(heartbeat: &Heartbeat, patience: Duration) -> bool {
    heartbeat.silent() < span(patience)
}

/// How things stand, on one line.
fn line(readiness: &Readiness) -> String {
    match readiness {
        Readiness::Ready => "trading".to_owned(),
        Readiness::NotReady(reasons) => {
            let reasons = reasons.join("; ").replace(char::is_control, " ");
            reasons.chars().take(LONGEST_STATUS).collect()
        }
    }
}

fn span(duration: Duration) -> Span {
    Span::from_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "it is of the process, and no setting")]
fn is_there() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

fn notify(news: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(news) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_vouches_for_a_thread_that_is_silent() {
        let heartbeat = Heartbeat::start();
        assert!(goes_round(&heartbeat, Duration::from_mins(10)));
        assert!(!goes_round(&heartbeat, Duration::ZERO));
    }

    #[test]
    fn reasons_are_one_line() {
        assert_eq!(line(&Readiness::Ready), "trading");
        let reasons = vec!["no entries: paused".to_owned(), "two\nlines".to_owned()];
        assert_eq!(line(&Readiness::NotReady(reasons)), "no entries: paused; two lines");
        let long = Readiness::NotReady(vec!["ä".repeat(1_000)]);
        assert_eq!(line(&long).chars().count(), LONGEST_STATUS);
    }
}
