#![cfg(test)]
//! Parity: the same candles through real sockets and `heikin run`, in lockstep, give exactly the
//! trades of a backtest; and what was recorded is decided once more in the same way.

mod cases;
mod lockstep;
mod toml;
