//! The order thread: market data and account events in, orders out.
//!
//! | module | holds |
//! |---|---|
//! | [`start`] | an engine brought to where the last process left it, and what a start tells it |
//! | [`roster`] | which number each trader has, for ever |
//! | [`assembly`] | the parts of a run, put together |
//! | [`runner`] | the loop: take in, one sync, let leave, wait |
//! | [`account`] | an engine behind its journal, and the venue that does what it asks for |
//! | [`venue`], [`paper`] | Binance, or fills by the matching model on real quotes |
//! | [`journal`], [`keeper`] | where records go, and the store's work beside the order thread |
//! | `dealings` | whether the exchange takes our key and answers this address |
//! | [`starts`], [`free_space`] | starts that come again and again, and room on the disk |
//! | [`lockstep`] | keeping step with a simulator |
//! | [`status`], [`closing`] | how things stand, and what is left at the end |
//! | [`heartbeat`] | whether the loop still goes round |
//! | [`emergency`] | leaving everything without the engine |
//! | [`crash_point`] | where tests let the process die |
//!
//! # Invariants
//!
//! - Nothing leaves before its record, and every input before it, is synced.
//! - The loop waits for nobody: not for the venue, not for people, not for the store's upkeep.
//! - A journal that cannot be written ends the process: the next start recovers.
//!
//! Deliberately absent: a decision. The engine makes them all, and here nothing differs between
//! paper, testnet and live but the venue.

pub mod account;
pub mod assembly;
pub mod closing;
pub mod crash_point;
mod dealings;
pub mod emergency;
pub mod free_space;
pub mod heartbeat;
pub mod journal;
pub mod keeper;
pub mod lockstep;
pub mod paper;
pub mod roster;
pub mod runner;
pub mod start;
pub mod starts;
pub mod status;
pub mod venue;
