#![cfg(test)]
//! The Binance adapter against scripted servers, over real sockets on loopback.
//!
//! The runtime's clock stands still while anything can run, and then jumps to the next thing that is
//! waited for: what takes hours takes none here, and nothing depends on how fast the machine is.

mod gateway;
mod lockstep;
mod market_streams;
mod rest;
mod support;
mod user_events;
