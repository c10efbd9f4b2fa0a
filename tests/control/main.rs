#![cfg(test)]
//! The port in process: what every backend promises, the product behind it on the simulator, and its
//! store under crashes.

mod alerts;
mod conformance;
mod crashes;
mod digest;
mod members;
mod trading;
mod world;
