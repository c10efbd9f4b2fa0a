//! The signals that end a process in good order.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// What SIGHUP does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hangup {
    /// It ends the process at once, as it does by itself.
    Ends,
    /// It ends nothing, whether or not somebody reads the configuration again for it.
    IsSpared,
}

/// SIGINT and SIGTERM, caught from when this is made on.
#[derive(Debug)]
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    _hangup: Option<Signal>,
}

impl Stop {
    /// To be called within a runtime.
    pub(super) fn listen(hangup: Hangup) -> Result<Self, Failure> {
        let caught = |kind| {
            signal(kind)
                .map_err(|error| Failure::failed(format!("signals cannot be caught: {error}")))
        };
        let interrupt = caught(SignalKind::interrupt())?;
        let terminate = caught(SignalKind::terminate())?;
        let spared = hangup == Hangup::IsSpared;
        let hangup = spared.then(|| caught(SignalKind::hangup())).transpose()?;
        Ok(Self { interrupt, terminate, _hangup: hangup })
    }

    /// Waits for the next of them.
    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
