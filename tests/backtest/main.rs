#![cfg(test)]
//! The backtest against trades computed elsewhere, and against itself.

mod shared;
