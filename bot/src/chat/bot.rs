use std::fmt;

use heikin_core::time::Timestamp;

use super::{Pending, Reply, Update};
use crate::backend::{Backend, BackendError, MessageId, Nonce, Presser, Ticket, UserId};

/// Answers updates: one [`Reply`] for each, whatever it holds.
pub struct Bot<B> {
    backend: B,
    draw: fn() -> Nonce,
}

impl<B> fmt::Debug for Bot<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").finish_non_exhaustive()
    }
}

impl<B: Backend> Bot<B> {
    /// A bot over a backend; `draw` gives a nonce from a secure source of chance at each call.
    pub const fn new(backend: B, draw: fn() -> Nonce) -> Self {
        Self { backend, draw }
    }

    /// The backend.
    pub const fn backend(&self) -> &B {
        &self.backend
    }

    /// The answer to an update. A failure of the backend is an answer too: it is told.
    ///
    /// Updates of one chat are handed in one after another; those of different chats may run at
    /// the same time.
    pub async fn handle(&self, _update: &Update, _now: Timestamp) -> Reply {
        let _ = self.draw;
        Reply::silence()
    }

    /// A message with a confirmation has arrived: binds the confirmation to it, to `user`, and to
    /// the next 60 seconds. Without this a press finds nothing and does nothing.
    pub async fn shown(
        &self,
        user: UserId,
        place: (crate::backend::ChatId, MessageId),
        pending: Pending,
        now: Timestamp,
    ) -> Result<(), BackendError> {
        let (chat, message) = place;
        let ticket = Ticket {
            presser: Presser { user, chat, message },
            command: pending.command,
            version: pending.version,
            expires_at: now + Ticket::LIFE,
        };
        self.backend.put_ticket(pending.nonce, ticket).await
    }
}
