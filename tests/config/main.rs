#![cfg(test)]
//! The configuration: what is read, what goes before what, and what a mistake is told.

mod changeable;
mod files;
mod modes;
mod mutations;
mod reading;
mod subscription;
mod tokens;
