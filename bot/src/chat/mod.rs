//! From what somebody typed or pressed to what they are shown.
//!
//! [`Update`] → who are they, may they ([`authorise`]) → what do they want ([`Wish`]) → the backend →
//! data → a view → [`Reply`]. All of it is a function of the update, the backend's answers, the time
//! and the nonces that are drawn; the transport is elsewhere.
//!
//! Invariants:
//! - Every message and every press passes [`authorise`], and nothing else decides.
//! - What moves money is done only from a ticket: one person, one message, one state, once, within
//!   60 seconds.
//! - A plain button carries a command of the table, no more than its presser could type.
//! - Forms and PINs live in memory, bounded; a restart ends them and nothing else.

mod act;
mod ask;
mod authorise;
mod bot;
mod courtesy;
mod forms;
mod notify_edit;
mod read;
mod reply;
mod setting_change;
mod subscribe;
mod text;
mod update;
mod verb;
mod wish;

pub use authorise::{Asker, Denied, FRESH, authorise};
pub use bot::Bot;
pub use read::{Misread, Pick, arguments, split};
pub use reply::{Body, Button, Message, Pending, Picture, Press, Reply, Step, Toast};
pub use text::{Span, Style, Text};
pub use update::{Chat, ChatKind, Content, Event, Origin, Sender, Update, User};
pub use verb::{Entry, Right, TABLE, Verb, Weight, listed};
pub use wish::{Theme, Wish};

/// Entries on one page of a list.
pub(crate) use read::PAGE;
