//! heikin: a self-hosted Heikin-Ashi trading bot for Binance Spot.
//!
//! | module | holds |
//! |---|---|
//! | [`analysis`] | history: reading it, running the engine over it, telling what came out |
//! | [`cli`] | the command line: one file per subcommand |
//! | [`exchange`] | trading venues: Binance's wire, and the simulated one's market |
//! | [`store`] | what outlives the process: journal, snapshots, indexed view |
//!
//! Everything that decides is in the crate `heikin-core` (`src/core`), which is pure. Modules here
//! turn the world into its inputs and its effects into the world. They do not name each other,
//! but for [`cli`], which puts them together; `tests/structure.rs` holds them to it.

pub mod analysis;
pub mod cli;
pub mod exchange;
pub mod store;
