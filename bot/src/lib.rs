//! The chat front end of heikin.
//!
//! A command becomes a typed request, a [`backend::Backend`] answers with data, a pure view renders
//! it, and a transport (Telegram, or the terminal) shows it.
//!
//! | module | holds |
//! |---|---|
//! | [`backend`] | the port: what a front end may ask and do, and the data it gets; the schema of `/api/v1` |
//! | [`chat`] | [`chat::Bot`]: what a transport hands in ([`chat::Update`]) becomes what it shows ([`chat::Reply`]) |
//! | [`view`] | data as texts and buttons |
//! | [`chart`] | data as pictures |
//! | `conformance` | what every backend must keep to, as a suite; with the feature of that name |
//! | `remote` | the port over HTTP, for a backend elsewhere; with the feature of that name |
//! | [`wire`] | what goes over HTTP beside the port's types |
//! | [`local_time`] | times as a person reads and writes them |
//!
//! The vocabulary (symbol, price, timestamp) is that of [`heikin_core`]; nothing here knows the
//! engine. Time and chance are inputs: nothing here reads a clock or draws a number.

pub mod backend;
pub mod chart;
pub mod chat;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod local_time;
#[cfg(feature = "remote")]
pub mod remote;
pub mod view;
pub mod wire;
