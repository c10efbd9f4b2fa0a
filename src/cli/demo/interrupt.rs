use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

/// Ctrl-C and SIGTERM: whoever runs the demo asks for its end. A second one ends it at once. That
/// the terminal is gone (SIGHUP) is left to the system, which ends the process: nobody is there to
/// be shown anything.
#[derive(Debug)]
pub(super) struct Interrupt(Receiver<()>);

impl Interrupt {
    /// From now on the first of these signals does not kill the process but is told here.
    pub(super) fn install() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        let (sender, receiver) = sync_channel(1);
        thread::spawn(move || {
            // The demo may have ended by itself meanwhile: then nobody listens.
            if signals.forever().next().is_some() && sender.send(()).is_err() {}
        });
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
