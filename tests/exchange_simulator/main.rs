#![cfg(test)]
//! The simulated exchange, spoken to over sockets as any client would.

mod client;
mod errors;
mod events;
mod faults;
mod lockstep;
mod orders;
mod streams;
