//! Exchanges: what turns a trading venue into the engine's inputs, and its effects into requests.

pub mod binance;
pub mod simulator;
