//! The account as people see it: a copy of its engine, folded from the same journal.
//!
//! | module | holds |
//! |---|---|
//! | [`replica`] | the copy, group of records by group of records, and what of it is to be told |
//! | [`model`] | what the engine forgets and people ask for: candles, trades, fills, decisions |
//! | [`told`] | a group's effects as alerts |
//! | `market_status` | a market that takes no orders, or takes them again |
//! | [`tail`] | where the copy stands, over restarts, and reading on |
//! | [`words`] | the engine's vocabulary in that of the port |
//!
//! # Invariants
//!
//! - The copy never decides: it folds what is durable. It cannot differ from the engine, nor hold it up.
//! - Folding the same records gives the same alerts: after a restart, those behind the last mark are
//!   told again, and no others.
//! - The model is bounded: see [`model::Bounds`].

mod market_status;
pub mod model;
pub mod replica;
pub mod tail;
pub mod told;
pub mod words;

pub use replica::{Replica, Telling};
pub use tail::Tail;
