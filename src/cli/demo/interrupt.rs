use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Ctrl-C, SIGTERM and the closing of the terminal: whoever runs the demo asks for its end.
#[derive(Debug)]
pub(super) struct Interrupt(Receiver<()>);

impl Interrupt {
    /// From now on a signal does not kill the process but is told here. To be called once.
    pub(super) fn install() -> Result<Self, ctrlc::Error> {
        let (sender, receiver) = sync_channel(1);
        ctrlc::set_handler(move || {
            // A full channel: the end has been asked for already.
            if sender.try_send(()).is_err() {}
        })?;
        Ok(Self(receiver))
    }

    /// Waits for so long; whether the end was asked for.
    pub(super) fn arrives_within(&self, wait: Duration) -> bool {
        match self.0.recv_timeout(wait) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => true,
            Err(RecvTimeoutError::Timeout) => false,
        }
    }
}
