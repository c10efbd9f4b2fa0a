//! The contract of the lockstep: barriers go out, and nothing moves on before the client has said
//! that it took in all that came before them.

use super::hub::ConnectionId;
use super::world::World;

/// How far the client has followed.
#[derive(Debug, Default)]
pub(super) struct Lockstep {
    /// The newest barrier that was sent.
    sent: u64,
    /// The newest that the client has applied.
    applied: u64,
    /// Requests of the client that are not answered, or not sent yet.
    in_flight: u64,
    /// The number of the newest post.
    post: u64,
}

impl World {
    /// Sends a barrier on the market streams. None without lockstep.
    pub(super) fn market_barrier(&mut self) -> Option<u64> {
        let number = self.next_barrier()?;
        self.hub.market_barrier(number);
        Some(number)
    }

    /// Sends the events of accounts that wait, and a barrier after them where there were any and
    /// somebody was told.
    pub(super) fn send_user_events(&mut self) -> Option<u64> {
        let mut told = 0;
        while let Some((account, event)) = self.next_user_event() {
            told += self.hub.tell(account, &event);
            self.counters.user_events += 1;
        }
        if told == 0 {
            return None;
        }
        let number = self.next_barrier()?;
        self.hub.user_barrier(number);
        Some(number)
    }

    fn next_barrier(&mut self) -> Option<u64> {
        self.speed().is_none().then(|| {
            self.lockstep.sent += 1;
            self.lockstep.sent
        })
    }

    /// A connection has ended. With the last one the client is gone: the next one counts its posts from
    /// the beginning.
    pub(super) fn part_with(&mut self, connection: ConnectionId) {
        self.hub.close(connection);
        if self.hub.counts() == (0, 0) {
            (self.lockstep.post, self.lockstep.in_flight) = (0, 0);
        }
    }

    /// The client has said how far it is. Posts may overtake each other: the newest holds.
    pub(super) fn applied(&mut self, post: u64, applied: u64, in_flight: u64) {
        let lockstep = &mut self.lockstep;
        lockstep.applied = lockstep.applied.max(applied);
        if post >= lockstep.post {
            lockstep.post = post;
            lockstep.in_flight = in_flight;
        }
    }

    /// Whether a barrier is applied, or nobody is left who could.
    pub(super) fn is_applied(&self, barrier: u64) -> bool {
        self.lockstep.applied >= barrier || !self.hub.awaits(barrier)
    }

    /// Whether the client rests: all is applied, and it wants nothing more.
    pub(super) fn is_at_rest(&self) -> bool {
        let done = self.is_applied(self.lockstep.sent) && self.outbox.is_empty();
        done && (self.lockstep.in_flight == 0 || self.hub.is_empty())
    }
}
