//! What outlives the process: what is promised of it under crashes, damage and failing disks.

#![cfg(test)]

mod account;
mod commands;
mod conformance;
mod damage;
mod disk_faults;
mod golden;
mod golden_maker;
mod kill;
#[path = "../parity/ready.rs"]
mod ready;
mod records;
mod recovery;
#[expect(dead_code, reason = "another test asks for more")]
#[path = "../kill/truth.rs"]
mod truth;
mod view;
