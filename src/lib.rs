//! heikin: a self-hosted Heikin-Ashi trading bot for Binance Spot.
//!
//! | module | holds |
//! |---|---|
//! | [`analysis`] | history: reading it, running the engine over it, telling what came out |
//! | [`cli`] | the command line: one file per subcommand |
//! | [`config`] | settings and secrets, read and checked at once |
//! | [`control`] | what front ends may ask and do: the port of `heikin-bot`, in process |
//! | [`exchange`] | trading venues: Binance, and one that is simulated and speaks its wire |
//! | [`history`] | candles of the past, downloaded into folders |
//! | [`http`] | what is served over HTTP |
//! | [`runtime`] | the order thread: market data and account events in, orders out |
//! | [`standin`] | the other outside services, served on this machine: Telegram, Razorpay |
//! | [`store`] | what outlives the process: journal, snapshots, indexed view |
//! | [`subscription`] | access that people pay for: plans, lifecycle, Razorpay |
//! | [`telemetry`] | log files |
//!
//! Everything that decides is in the crate `heikin-core` (`src/core`), which is pure. Modules here
//! turn the world into its inputs and its effects into the world; two of them, which know nothing but
//! the core, are crates of their own (`heikin-exchange`, `heikin-standin`). They do not name each other,
//! but for [`cli`], which puts them together; `tests/structure.rs` holds them to it.

pub mod analysis;
pub mod cli;
pub mod config;
pub mod control;
pub mod history;
pub mod http;
pub mod runtime;
pub mod store;
pub mod subscription;
pub mod telemetry;

pub use heikin_exchange as exchange;
pub use heikin_standin as standin;
