#![cfg(test)]
//! The chat against a backend in memory: every text, every right, every confirmation.

mod alerts;
mod authorisation;
mod bad_input;
mod charts;
mod confirmations;
mod docs;
mod fixtures;
mod forms;
mod hostile;
mod port;
mod sent;
mod terminal;
mod texts;
mod world;
