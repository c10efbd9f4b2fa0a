//! Binance Spot: the parts of its adapter that need no socket.
//!
//! | module | holds |
//! |---|---|
//! | [`wire`] | what comes over the wire, read into the engine's types |
//! | [`requests`] | what the engine asks for, as method, path and parameters |
//! | [`signing`] | keys, and signatures over requests |
//! | [`classify`] | the one table of what an answer means |
//! | [`limits`] | how much may be sent, and what goes first |
//! | [`clock`] | how far the exchange's clock is from ours |
//! | [`endpoints`] | the hosts of production, testnet and demo mode |
//!
//! All of it is a function of its arguments: time comes in as a value, nothing waits, and no answer
//! of the exchange, however broken, ends in a panic. Names of documents such as `rest-api.md` are
//! those of Binance's `binance-spot-api-docs`.
//!
//! Deliberately absent: retries. A request is sent once, and what became of it is for the engine's
//! resolve protocol to find out.

pub mod classify;
pub mod clock;
pub mod endpoints;
pub mod limits;
pub mod requests;
pub mod signing;
pub mod wire;
