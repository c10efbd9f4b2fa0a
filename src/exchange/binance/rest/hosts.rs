//! The hosts that serve one and the same REST interface, and which of them is used.
//!
//! Only a connection that was never there makes a request go to another host: nothing of it has left.
//! The first host is the best one, so after a while it is tried again.

use std::cell::Cell;

use heikin_core::time::{Span, Timestamp};

use super::super::endpoints::Endpoints;

/// How long another host is used before the first one is tried again.
const DETOUR: Span = Span::from_secs(600);

pub(super) struct Hosts {
    /// Never empty: the first one first.
    addresses: Vec<String>,
    current: Cell<usize>,
    left_first: Cell<Timestamp>,
}

impl Hosts {
    pub(super) fn new(endpoints: &Endpoints) -> Self {
        let others = endpoints.rest_others.iter().cloned();
        let addresses = std::iter::once(endpoints.rest.clone()).chain(others).collect();
        Self { addresses, current: Cell::new(0), left_first: Cell::new(Timestamp::EPOCH) }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.addresses.len()
    }

    /// The one to use.
    pub(super) fn current(&self, now: Timestamp) -> &str {
        if self.current.get() != 0 && now >= self.left_first.get() + DETOUR {
            self.current.set(0);
        }
        self.addresses.get(self.current.get()).map_or("", String::as_str)
    }

    /// No connection to this one is to be had: the next is used, where it is still the present one.
    pub(super) fn leave(&self, address: &str, now: Timestamp) {
        if self.count() == 1 || self.current(now) != address {
            return;
        }
        if self.current.get() == 0 {
            self.left_first.set(now);
        }
        self.current.set((self.current.get() + 1) % self.count());
        let next = self.current(now);
        tracing::warn!(target: "api", from = address, to = next, "no connection: another host is used");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn each_is_tried_in_turn_and_the_first_one_again_after_a_while() {
        let mut endpoints =
            Endpoints::on_loopback("http://127.0.0.1:1", "ws://127.0.0.1:1", "ws://127.0.0.1:1")
                .unwrap();
        endpoints.rest_others =
            ["http://127.0.0.1:2", "http://127.0.0.1:3"].map(str::to_owned).to_vec();
        let hosts = Hosts::new(&endpoints);
        let used = |now| hosts.current(now).rsplit(':').next().unwrap().to_owned();
        assert_eq!(used(at(1_000)), "1");
        hosts.leave("http://127.0.0.1:1", at(1_000));
        // Of two requests that fail together, the second one leaves nothing more.
        hosts.leave("http://127.0.0.1:1", at(1_000));
        assert_eq!(used(at(1_001)), "2");
        hosts.leave("http://127.0.0.1:2", at(1_001));
        assert_eq!(used(at(1_599)), "3");
        assert_eq!(used(at(1_600)), "1");
    }
}
