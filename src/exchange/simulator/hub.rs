//! The open WebSocket connections, and what is sent to them. Every queue has a bound: a client that
//! does not keep up is cut.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::stream::Stream;

/// So many frames wait for one client at most.
pub(super) const QUEUE: usize = 4_096;

/// A frame that leaves.
#[derive(Debug, Clone)]
pub(super) enum Outgoing {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// Names a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConnectionId(u64);

/// What a connection is for.
#[derive(Debug)]
pub(super) enum Role {
    /// Market streams.
    Market {
        /// Whether payloads are wrapped with the name of their stream.
        combined: bool,
        streams: BTreeSet<Stream>,
    },
    /// The WebSocket API, with the accounts whose events it is told, by subscription.
    Api { subscriptions: BTreeMap<u64, usize>, next: u64 },
}

/// Which connections are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Market,
    Api,
    All,
}

/// Whether anything is sent on an open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Moves,
    Stalls,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    sender: Sender<Outgoing>,
    pub(super) role: Role,
    /// The newest barrier sent on it.
    barrier: u64,
    /// It stays open, and nothing is sent on it.
    stalled: bool,
}

/// All open connections.
#[derive(Debug, Default)]
pub(super) struct Hub {
    connections: BTreeMap<ConnectionId, Connection>,
    next: u64,
    pub(super) cut: u64,
}

impl Connection {
    fn is(&self, which: Which) -> bool {
        matches!(
            (&self.role, which),
            (_, Which::All) | (Role::Market { .. }, Which::Market) | (Role::Api { .. }, Which::Api)
        )
    }

    /// Whether it is told of user events.
    fn subscribed(&self) -> bool {
        matches!(&self.role, Role::Api { subscriptions, .. } if !subscriptions.is_empty())
    }
}

impl Hub {
    pub(super) fn open(&mut self, sender: Sender<Outgoing>, role: Role) -> ConnectionId {
        let id = ConnectionId(self.next);
        self.next += 1;
        let connection = Connection { sender, role, barrier: 0, stalled: false };
        self.connections.insert(id, connection);
        id
    }

    pub(super) fn close(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    /// How many there are: of market streams, of the WebSocket API.
    pub(super) fn counts(&self) -> (usize, usize) {
        let market = self.connections.values().filter(|it| it.is(Which::Market)).count();
        (market, self.connections.len() - market)
    }

    /// Sends to one connection; cuts it where too much waits for it already.
    pub(super) fn send(&mut self, id: ConnectionId, frame: Outgoing) {
        let Some(connection) = self.connections.get(&id) else { return };
        if connection.stalled {
            return;
        }
        match connection.sender.try_send(frame) {
            Ok(()) => {}
            Err(TrySendError::Closed(_)) => self.close(id),
            Err(TrySendError::Full(_)) => {
                self.cut += 1;
                self.close(id);
            }
        }
    }

    fn ids(&self, of: impl Fn(&Connection) -> bool) -> Vec<ConnectionId> {
        self.connections.iter().filter(|(_, it)| of(it)).map(|(id, _)| *id).collect()
    }

    /// Every stream of a listing that somebody listens to.
    pub(super) fn streams(&self, listing: usize) -> BTreeSet<Stream> {
        let roles = self.connections.values().map(|it| &it.role);
        roles
            .filter_map(|role| match role {
                Role::Market { streams, .. } => Some(streams),
                Role::Api { .. } => None,
            })
            .flatten()
            .filter(|stream| stream.listing.is_none_or(|other| other == listing))
            .cloned()
            .collect()
    }

    /// Sends a payload to all who listen to a stream.
    pub(super) fn publish(&mut self, stream: &Stream, payload: &str) {
        let raw = Utf8Bytes::from(payload);
        let wrapped =
            Utf8Bytes::from(format!("{{\"stream\":\"{}\",\"data\":{payload}}}", stream.name));
        for id in self.ids(|_| true) {
            let combined = match self.connections.get(&id).map(|it| &it.role) {
                Some(Role::Market { combined, streams }) if streams.contains(stream) => *combined,
                _ => continue,
            };
            let frame = if combined { &wrapped } else { &raw };
            self.send(id, Outgoing::Text(frame.clone()));
        }
    }

    /// Sends an event of an account to all who subscribed to it. Returns how many did.
    pub(super) fn tell(&mut self, account: usize, event: &str) -> usize {
        let mut told = 0;
        for id in self.ids(Connection::subscribed) {
            let subscription = match self.connections.get(&id).map(|it| &it.role) {
                Some(Role::Api { subscriptions, .. }) => {
                    subscriptions.iter().find(|(_, other)| **other == account)
                }
                _ => None,
            };
            let Some((subscription, _)) = subscription else { continue };
            let frame = format!("{{\"subscriptionId\":{subscription},\"event\":{event}}}");
            self.send(id, Outgoing::Text(frame.into()));
            told += 1;
        }
        told
    }

    /// Sends a barrier of the lockstep on every connection of market streams.
    pub(super) fn market_barrier(&mut self, number: u64) {
        self.announce(Which::Market, "lockstep", &format!("{{\"e\":\"lockstep\",\"n\":{number}}}"));
        for connection in self.connections.values_mut().filter(|it| it.is(Which::Market)) {
            connection.barrier = number;
        }
    }

    /// Sends a barrier of the lockstep to all who are told of user events.
    pub(super) fn user_barrier(&mut self, number: u64) {
        let frame = format!("{{\"event\":{{\"e\":\"lockstep\",\"n\":{number}}}}}");
        for id in self.ids(Connection::subscribed) {
            self.send(id, Outgoing::Text(frame.clone().into()));
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.barrier = number;
            }
        }
    }

    /// Whether somebody is there who was sent this barrier, or a later one.
    pub(super) fn awaits(&self, number: u64) -> bool {
        self.connections.values().any(|it| !it.stalled && it.barrier >= number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.connections.values().all(|it| it.stalled)
    }

    /// Sends something that belongs to no stream: wrapped as the connection has it.
    pub(super) fn announce(&mut self, which: Which, name: &str, payload: &str) {
        for id in self.ids(|it| it.is(which)) {
            let frame = match self.connections.get(&id).map(|it| &it.role) {
                Some(Role::Market { combined: true, .. }) => {
                    format!("{{\"stream\":\"!{name}\",\"data\":{payload}}}")
                }
                Some(Role::Api { .. }) => format!("{{\"event\":{payload}}}"),
                _ => payload.to_owned(),
            };
            self.send(id, Outgoing::Text(frame.into()));
        }
    }

    /// Sends a frame as it is.
    pub(super) fn send_raw(&mut self, which: Which, frame: &Outgoing) {
        for id in self.ids(|it| it.is(which)) {
            self.send(id, frame.clone());
        }
    }

    /// Lets connections be silent, or speak again.
    pub(super) fn set_stalled(&mut self, which: Which, flow: Flow) {
        for connection in self.connections.values_mut().filter(|it| it.is(which)) {
            connection.stalled = flow == Flow::Stalls;
        }
    }

    /// Cuts connections, with no word of farewell.
    pub(super) fn cut_all(&mut self, which: Which) {
        for id in self.ids(|it| it.is(which)) {
            self.close(id);
        }
    }

    /// The subscriptions to an account end, and those who had them are told.
    pub(super) fn terminate(&mut self, account: usize, at: i64) {
        let event = format!("{{\"e\":\"eventStreamTerminated\",\"E\":{at}}}");
        self.tell(account, &event);
        self.end_subscriptions(account);
    }

    /// A key is gone: its subscriptions end.
    pub(super) fn end_subscriptions(&mut self, account: usize) {
        for connection in self.connections.values_mut() {
            if let Role::Api { subscriptions, .. } = &mut connection.role {
                subscriptions.retain(|_, other| *other != account);
            }
        }
    }
}
