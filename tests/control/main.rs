#![cfg(test)]
//! The port in process: what every backend promises, the product behind it on the simulator, and its
//! store under crashes.

mod alerts;
mod billing;
mod books;
mod broadcasts;
mod conformance;
mod crashes;
mod deliveries;
mod digest;
mod members;
mod notices;
mod pin;
mod settings;
mod trading;
mod world;
