//! Alerts as texts: what matters first, so that a lock screen's two lines say it.
//!
//! A fault says what is wrong, what heikin does about it, and what the reader can do.

mod missed;
mod protection;
mod risk;
mod subscription;
mod summary;
mod system;
mod trading;

use heikin_core::time::{Span, Timestamp};

use super::Reader;
use super::buttons::{ANEW, command};
use crate::backend::{Alert, Envelope, Lane};
use crate::local_time::{LocalTime, rough};
use crate::message::{Body, Message, Press, Text};

pub use missed::{LINES, Missed, heading, is_line, missed};

/// From this age on an alert says how late it comes.
pub const LATE: Span = Span::from_secs(120);

/// An alert as it is sent at `now`: stamped with its age where it comes late. Several messages
/// where one would be too long.
pub fn alert(envelope: &Envelope, now: Timestamp) -> Vec<Message> {
    let time = LocalTime::new(now, &envelope.zone);
    let reader = Reader { time, role: envelope.role, is_billing: true };
    let mut message = told(&envelope.alert, &reader);
    if envelope.lane == Lane::Fault
        && let Some(thread) = &envelope.thread
    {
        message = message.row([command("Mute 10 min", format!("/mute {thread}"))]);
    }
    let mut message = answered_anew(reader.permit(message));
    let mut stamp = Text::new();
    if now.since(envelope.at) >= LATE {
        let at = reader.time.moment_in_zone(envelope.at);
        stamp = stamp.italic(format!("⏱ {} late: of {at}\n", rough(now.since(envelope.at))));
    }
    if envelope.maybe_repeated {
        stamp = stamp.italic("Perhaps a repeat: sending was interrupted.\n");
    }
    let Body::Text(text) = message.body else { return vec![message] };
    let buttons = std::mem::take(&mut message.buttons);
    let parts = stamp.then(text).split(Text::MESSAGE_UNITS);
    let mut messages: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let mut message = Message::text(part);
            message.loudness = envelope.loudness;
            message.reply_to = envelope.reply_to;
            message
        })
        .collect();
    if let Some(last) = messages.last_mut() {
        last.buttons = buttons;
    }
    messages
}

/// What is asked for under an alert comes as a new message: the alert stays what it was.
fn answered_anew(mut message: Message) -> Message {
    for button in message.buttons.iter_mut().flatten() {
        if let Press::Data(data) = &mut button.press {
            data.insert(0, ANEW);
        }
    }
    message
}

fn told(alert: &Alert, reader: &Reader) -> Message {
    match alert {
        Alert::EntryPlaced { .. }
        | Alert::Filled(_)
        | Alert::StopRaised(_)
        | Alert::TradeClosed { .. }
        | Alert::OrderRejected { .. } => trading::told(alert, reader),
        Alert::Protection(alert) => protection::told(alert, reader),
        Alert::Connection(alert) => system::connection(alert, reader),
        Alert::Risk(alert) => risk::told(alert, reader),
        Alert::System(alert) => system::told(alert, reader),
        Alert::Subscription(alert) => subscription::told(alert, reader),
        Alert::Digest(digest) => summary::digest(digest, reader),
        Alert::Outage(outage) => summary::outage(outage, reader),
        Alert::Broadcast { text } => {
            Message::text(Text::new().bold("From the operator").end().plain(text.clone()))
        }
    }
}
