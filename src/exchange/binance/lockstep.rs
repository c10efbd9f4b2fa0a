//! Lockstep with a simulator on this machine: it moves its clock only when told that everything it
//! sent was taken in and that nothing is on its way to it.
//!
//! The simulator marks points with numbered barriers on its streams; they come out of the adapter as
//! [`super::market_streams::MarketEvent::Barrier`] and [`super::arrival::AccountEvent::Barrier`],
//! behind all that came before them. Whoever drives the engine reports when it comes to rest.

use std::cell::Cell;
use std::rc::Rc;

use serde::Serialize;

use super::rest::Rest;

/// The path of the report, below the address of the REST interface.
const PATH: &str = "/simulator/lockstep";

/// How things stand at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Report {
    applied: u64,
    in_flight: usize,
    /// Counts up: reports may overtake each other.
    post: u64,
}

/// Reports to the simulator; cheap to clone.
#[derive(Debug, Clone)]
pub struct Lockstep(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    rest: Rest,
    posts: Cell<u64>,
    latest: Cell<Option<Report>>,
    is_posting: Cell<bool>,
}

impl Lockstep {
    /// For the simulator at the client's address.
    pub fn new(rest: Rest) -> Self {
        Self(Rc::new(Inner {
            rest,
            posts: Cell::new(0),
            latest: Cell::new(None),
            is_posting: Cell::new(false),
        }))
    }

    /// Says that everything before barrier `applied` was taken in, and how many requests are on
    /// their way. Never waits; where a report is being sent, only the newest one follows it.
    ///
    /// To be called within a [`tokio::runtime::LocalRuntime`] or a [`tokio::task::LocalSet`].
    pub fn report(&self, applied: u64, in_flight: usize) {
        let post = self.0.posts.get() + 1;
        self.0.posts.set(post);
        self.0.latest.set(Some(Report { applied, in_flight, post }));
        if !self.0.is_posting.replace(true) {
            let inner = Rc::clone(&self.0);
            tokio::task::spawn_local(async move {
                while let Some(report) = inner.latest.take() {
                    // Numbers always serialize.
                    let body = serde_json::to_string(&report).unwrap_or_default();
                    if inner.rest.post_control(PATH, body).await.is_err() {
                        tracing::error!(target: "api", "the simulator does not take our report");
                    }
                }
                inner.is_posting.set(false);
            });
        }
    }
}
