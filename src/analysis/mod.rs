//! What is done with history: reading it, running the engine over it, and telling what came out.

pub mod backtest;
pub mod candle_file;
pub mod live_gate;
pub mod replay;
pub mod report;
pub mod simulate;
