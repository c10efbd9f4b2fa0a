//! The core held to its rules through its public face: one module a subject, every number small
//! enough to be worked out by hand.
#![cfg(test)]
#![expect(
    clippy::needless_for_each,
    clippy::format_push_string,
    reason = "short text and short loops: the numbers are what is to be read"
)]

mod engine;
mod filters;
mod indicators;
mod ledger;
mod matching;
mod numbers;
mod orders;
mod out_of_reach;
mod properties;
mod protection;
mod reconcile;
mod recovered;
mod risk;
mod second_placement;
mod settings;
mod strategy;
mod support;
