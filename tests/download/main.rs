#![cfg(test)]
//! `heikin download`, as a process, between an archive on the loopback and the simulated exchange.
//!
//! | module | holds |
//! |---|---|
//! | `archive` | the public archive's layout over HTTP, with faults |
//! | `scene` | archive, exchange, a folder, and the program among them |
//! | `whole` | what comes of it when all goes well |
//! | `broken` | what goes wrong on the way |
//! | `refused` | what cannot be used |

mod archive;
mod broken;
mod refused;
mod scene;
mod whole;
