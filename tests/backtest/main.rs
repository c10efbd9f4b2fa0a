#![cfg(test)]
//! The backtest against trades computed elsewhere, and against itself.

mod candles;
mod cli;
mod golden;
mod live_gate;
mod look_ahead;
mod options;
mod shared;
