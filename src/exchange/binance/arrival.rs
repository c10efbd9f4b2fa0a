//! What reaches the engine of an account, stamped.

use heikin_core::engine::Input;
use heikin_core::time::Timestamp;
use tokio::sync::mpsc;

use super::exchange_time::ExchangeTime;

/// An input, and when it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// By the exchange's clock.
    pub at: Timestamp,
    /// For the engine.
    pub input: Input,
}

/// What comes from an account's side of the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// Something for the engine.
    Arrival(Arrival),
    /// Everything that the simulator sent before this point of its lockstep has been delivered.
    Barrier(u64),
}

/// Where they go. The queue is bounded and nothing is dropped: whoever has something to tell waits.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    time: ExchangeTime,
    sender: mpsc::Sender<AccountEvent>,
}

/// Nobody listens any more: the engine has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closed;

impl Arrivals {
    pub(super) fn new(time: ExchangeTime, sender: mpsc::Sender<AccountEvent>) -> Self {
        Self { time, sender }
    }

    /// Delivers an input, stamped as it is handed over; `then` runs in the same breath.
    pub(super) async fn deliver_then(
        &self,
        input: Input,
        then: impl FnOnce(),
    ) -> Result<(), Closed> {
        let permit = self.sender.reserve().await.map_err(|_closed| Closed)?;
        permit.send(AccountEvent::Arrival(Arrival { at: self.time.now(), input }));
        then();
        Ok(())
    }

    pub(super) async fn deliver(&self, input: Input) -> Result<(), Closed> {
        self.deliver_then(input, || {}).await
    }

    pub(super) async fn barrier(&self, number: u64) -> Result<(), Closed> {
        self.sender.send(AccountEvent::Barrier(number)).await.map_err(|_closed| Closed)
    }
}
