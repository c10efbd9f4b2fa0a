//! The hosts that serve one and the same REST interface, and which of them is used.
//!
//! Only a connection that was never there makes a request go to another host: nothing of it has left.
//! The first host is the best one, so after a while it is tried again.

use std::cell::Cell;

use heikin_core::time::{Span, Timestamp};

use reqwest::Url;

/// How long another host is used before the first one is tried again.
const DETOUR: Span = Span::from_secs(600);

/// The hosts, the first one first.
pub(super) struct Addresses {
    pub(super) first: Url,
    pub(super) others: Vec<Url>,
}

pub(super) struct Hosts {
    addresses: Addresses,
    /// 0 is the first one.
    current: Cell<usize>,
    left_first: Cell<Timestamp>,
}

impl Hosts {
    pub(super) const fn new(addresses: Addresses) -> Self {
        Self { addresses, current: Cell::new(0), left_first: Cell::new(Timestamp::EPOCH) }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        1 + self.addresses.others.len()
    }

    /// The one to use.
    pub(super) fn current(&self, now: Timestamp) -> &Url {
        if self.current.get() != 0 && now >= self.left_first.get() + DETOUR {
            self.current.set(0);
        }
        let Addresses { first, others } = &self.addresses;
        self.current.get().checked_sub(1).and_then(|other| others.get(other)).unwrap_or(first)
    }

    /// No connection to this one is to be had: the next is used, where it is still the present one.
    pub(super) fn leave(&self, address: &Url, now: Timestamp) {
        if self.count() == 1 || self.current(now) != address {
            return;
        }
        if self.current.get() == 0 {
            self.left_first.set(now);
        }
        self.current.set((self.current.get() + 1) % self.count());
        let next = self.current(now);
        tracing::warn!(target: "api", from = %address, to = %next, "no connection: another host is used");
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
        let [first, second, third] =
            [1, 2, 3].map(|port| Url::parse(&format!("http://127.0.0.1:{port}")).unwrap());
        let others = vec![second.clone(), third];
        let hosts = Hosts::new(Addresses { first: first.clone(), others });
        let used = |now| hosts.current(now).port().unwrap();
        assert_eq!(used(at(1_000)), 1);
        hosts.leave(&first, at(1_000));
        // Of two requests that fail together, the second one leaves nothing more.
        hosts.leave(&first, at(1_000));
        assert_eq!(used(at(1_001)), 2);
        hosts.leave(&second, at(1_001));
        assert_eq!(used(at(1_599)), 3);
        assert_eq!(used(at(1_600)), 1);
    }
}
