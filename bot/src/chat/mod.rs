//! What a transport hands in and shows.
//!
//! [`Update`] is what somebody typed or pressed, whoever delivered it; [`Reply`] is what they are
//! shown, as [`Text`] that cannot hold unescaped markup.

mod bot;
mod reply;
mod text;
mod update;

pub use bot::Bot;
pub use reply::{Body, Button, Message, Pending, Picture, Press, Reply, Step, Toast};
pub use text::{Span, Style, Text};
pub use update::{Chat, ChatKind, Content, Event, Origin, Sender, Update, User};
