//! What outlives the process: what is promised of it under crashes, damage and failing disks.

#![cfg(test)]

mod account;
mod commands;
mod conformance;
mod damage;
mod disk_faults;
mod kill;
mod records;
mod recovery;
mod view;
