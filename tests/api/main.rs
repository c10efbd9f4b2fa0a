#![cfg(test)]
//! `/api/v1` over real sockets: the port is the same there as in process, and what guards it.

mod commands;
mod conformance;
mod docs;
mod memory;
mod reads;
mod remote;
mod rights;
mod running;
