//! A simulated exchange, for whoever has none at hand: its market is made up from a seed.

pub mod market;
