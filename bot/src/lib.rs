//! The chat front end of heikin.
//!
//! A command becomes a typed request, a [`backend::Backend`] answers with data, a pure view renders
//! it, and a transport (Telegram, or the terminal) shows it.
//!
//! | module | holds |
//! |---|---|
//! | [`backend`] | the port: what a front end may ask and do, and the data it gets; the schema of `/api/v1` |
//! | [`wire`] | what goes over HTTP beside the port's types |
//! | `remote` | the port over HTTP, for a backend elsewhere; with the feature of that name |
//! | `conformance` | what every backend must keep to, as a suite; with the feature of that name |
//! | [`local_time`] | times as a person reads and writes them |
//! | [`message`] | what a transport hands in ([`message::Update`]) and shows ([`message::Reply`]) |
//! | [`commands`] | the table of commands, and who may what |
//! | [`chart`] | data as pictures |
//! | [`view`] | data as texts and buttons |
//! | [`chat`] | [`chat::Bot`]: an update becomes a reply |
//! | [`telegram`] | the transport over the Bot API |
//! | [`terminal`] | the transport that needs no network |
//!
//! Each uses only what stands above it.
//!
//! The vocabulary (symbol, price, timestamp) is that of [`heikin_core`]; nothing here knows the
//! engine. Time and chance are inputs: nothing here reads a clock or draws a number.

pub mod backend;
pub mod chart;
pub mod chat;
pub mod commands;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod local_time;
pub mod message;
pub mod remote;
pub mod telegram;
pub mod terminal;
pub mod view;
pub mod wire;
