//! The trading engine of heikin, pure: the same inputs give the same effects, everywhere and always.
//!
//! | module | holds |
//! |---|---|
//! | [`num`], [`time`] | exact numbers, time as data |
//! | [`market`] | candles, Heikin-Ashi and other indicators, quotes, symbol rules |
//! | [`order`] | orders: terms, ids, the life of one, the settling of unknown outcomes |
//! | [`ledger`] | balances, positions, trades |
//! | [`strategy`] | what states the orders that should be open, and the strategies |
//! | [`risk`] | the gate in front of every order that opens or adds |
//! | [`reconcile`] | the difference between the orders that should be open and those that are |
//! | [`engine`] | one account: inputs in, effects out, state as the fold of what is recorded |
//! | [`matching`] | a simulated exchange: price path in, fills out |
//!
//! Each uses only what stands above it. Absent on purpose, and kept out by the manifest and by
//! clippy: a clock, randomness, threads, async, files, sockets, the environment, and maps whose
//! order is chance. What reaches the engine is an [`engine::Input`], what leaves it an
//! [`engine::Effect`]; the time of every input is given beside it.

pub mod engine;
pub mod ledger;
pub mod market;
pub mod matching;
pub mod num;
pub mod order;
pub mod reconcile;
pub mod risk;
#[cfg(feature = "schema")]
mod schema;
pub mod strategy;
pub mod time;
