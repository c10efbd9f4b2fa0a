//! What is served over HTTP: whether heikin is well, how it stands, and the payment provider's door.
//!
//! | path | answers |
//! |---|---|
//! | `/health` | 200 while every loop of the process beats, else 503: restart it |
//! | `/ready` | 200 while it may open positions, else 503 with reasons: look, do not restart it |
//! | `/status` | how it stands, as JSON |
//! | `/metrics` | the same in numbers, for Prometheus |
//! | `/api/v1/…` | the chat's port, for whoever has a token ([`api`]) |
//! | `POST /razorpay/webhook` | 200 once an event is verified and stored; only where access is sold |
//! | `/razorpay/callback` | the page that payers come back to; likewise |
//!
//! | module | holds |
//! |---|---|
//! | [`api`] | `/api/v1` |
//! | [`metrics`] | families of numbers, and the text format |
//! | `payments` | what the payment provider sends, and its payers |
//! | `routes` | the paths, and what is refused before them |
//! | `server` | connections: how many, how long, how they end |
//!
//! It knows nothing of the runtime: a [`Source`] reads a snapshot and never waits. What is merely
//! read changes nothing, so nobody is asked who is asking; that it is asked under its own name keeps
//! pages in a browser away (DNS rebinding). The API asks who is asking, and for all it does; what
//! [`Payments`] takes in is signed.

pub mod api;
pub mod metrics;
mod payments;
mod routes;
mod server;

use heikin_core::time::Span;
use serde::Serialize;

pub use payments::{Payments, RawWebhook, Returned, WebhookRefused};
pub use server::{ServeError, Server, look_for_room};

use metrics::Family;

/// What is told. Each reads a snapshot: it neither waits nor fails.
pub trait Source: Send + Sync + 'static {
    /// The loops of the process.
    fn health(&self) -> Vec<Beat>;
    /// Whether positions may be opened.
    fn readiness(&self) -> Readiness;
    /// How it stands.
    fn status(&self) -> serde_json::Value;
    /// The same in numbers.
    fn metrics(&self) -> Vec<Family>;
}

/// A loop of the process, and when it last went round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Beat {
    /// Which.
    pub name: &'static str,
    /// How long ago, in milliseconds.
    pub silent_ms: Span,
    /// How long it may be silent, in milliseconds.
    pub allowed_ms: Span,
}

impl Beat {
    /// Whether it still goes round.
    pub fn is_alive(&self) -> bool {
        self.silent_ms <= self.allowed_ms
    }
}

/// Whether positions may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Data is fresh, the store and the clock are good, the account is reconciled.
    Ready,
    /// Not, and why: a sentence for each reason.
    NotReady(Vec<String>),
}
