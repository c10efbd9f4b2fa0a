//! From what somebody typed or pressed to what they are shown.
//!
//! [`crate::message::Update`] → who are they, may they ([`crate::commands::authorise()`]) → what do they want ([`Wish`]) → the backend →
//! data → a view → [`crate::message::Reply`]. All of it is a function of the update, the backend's answers, the time
//! and the nonces that are drawn; the transport is elsewhere.
//!
//! Invariants:
//! - Every message and every press passes [`crate::commands::authorise()`], and nothing else decides.
//! - What moves money is done only from a ticket: one person, one message, one state, once, within
//!   60 seconds.
//! - A plain button carries a command of the table, no more than its presser could type.
//! - Forms and PINs live in memory, bounded; a restart ends them and nothing else.

mod act;
mod ask;
mod bot;
mod courtesy;
mod forms;
mod notify_edit;
mod read;
mod setting_change;
mod subscribe;
mod wish;

pub use bot::Bot;
pub use read::{Misread, Pick, arguments, split};
pub use wish::Wish;
