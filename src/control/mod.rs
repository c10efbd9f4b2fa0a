//! x
pub mod front;
