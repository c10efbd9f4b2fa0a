//! Binance Spot: its adapter.
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
//! These are functions of their arguments: time comes in as a value, nothing waits. The others have
//! sockets and clocks:
//!
//! | module | holds |
//! |---|---|
//! | [`exchange_time`] | the exchange's time, and whether it is to be trusted |
//! | [`time_sync`] | what measures it again and again |
//! | [`rest`] | requests by lane, sent once; questions with typed answers |
//! | [`gateway`] | the engine's effects as requests, their answers as inputs |
//! | `link` | a WebSocket connection that is replaced before, or when, it breaks |
//! | [`user_events`] | what the exchange tells of the account |
//! | [`market_streams`] | closed candles without gaps, and the latest quotes |
//! | [`lockstep`] | how a simulator is told that all is at rest |
//! | [`public_rules`] | the symbols' rules where no account trades |
//! | [`arrival`], [`counters`] | what they hand over, and what they count |
//!
//! All run on one thread, in a `LocalRuntime`. No answer of the exchange, however broken, ends in a
//! panic. Names of documents such as `rest-api.md` are those of Binance's `binance-spot-api-docs`.
//!
//! Deliberately absent: retries. A request is sent once, and what became of it is for the engine's
//! resolve protocol to find out. (A page of candles that did not come is asked for again.)

pub mod arrival;
pub mod classify;
pub mod clock;
pub mod counters;
pub mod endpoints;
pub mod exchange_time;
pub mod gateway;
pub mod limits;
mod link;
pub mod lockstep;
pub mod market_streams;
pub mod public_rules;
pub mod requests;
pub mod rest;
pub mod signing;
pub mod time_sync;
pub mod user_events;
pub mod wire;
