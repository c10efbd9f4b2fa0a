//! x
pub mod account;
pub mod front;
