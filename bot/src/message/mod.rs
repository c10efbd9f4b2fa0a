//! What comes in from a transport, and what goes out to it.
//!
//! [`Update`] is what somebody typed or pressed, whoever delivered it; [`Reply`] is what they are
//! shown. [`Text`] holds words, never markup: the one place that writes HTML escapes them.

mod reply;
mod text;
mod update;

pub use reply::{Body, Button, Message, Pending, Picture, Press, Reply, Step, Toast};
pub use text::{Span, Style, Text};
pub use update::{Chat, ChatKind, Content, Event, Origin, Sender, Update, User};
