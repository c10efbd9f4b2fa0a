//! The commands: how each is written, what it does, who may.
//!
//! [`TABLE`] is the one list; [`authorise()`] is the one function that says who may what, where.

mod authorise;
mod verb;

pub use authorise::{Asker, Denied, FRESH, authorise};
pub use verb::{Entry, Right, TABLE, Verb, Weight, listed};
