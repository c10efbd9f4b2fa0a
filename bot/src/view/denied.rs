//! Why somebody may not, in one line.

use crate::commands::{Denied, Right};
use crate::local_time::rough;
use crate::message::{Origin, Text};

use super::Reader;

/// One line, or nothing for those who are not answered.
pub fn denied(denied: Denied, reader: &Reader) -> Option<Text> {
    let text = Text::new();
    Some(match denied {
        Denied::Silently => return None,
        Denied::NotTyped(Origin::Edited) => {
            text.plain("Edited messages are not run; send it as a new one.")
        }
        Denied::NotTyped(_) => text
            .plain("Only what you type here yourself is run, nothing forwarded or sent for you."),
        Denied::PrivateOnly => text.plain("Only in our private chat: send it to me there."),
        Denied::GroupsOff => text.plain("Groups are off. Write to me privately."),
        Denied::Lapsed => text
            .plain("Your access has ended; the bot's trading goes on without it. ")
            .plain("/plans shows what is offered."),
        Denied::Role(Right::Payer) => text.plain("You run this bot: there is nothing to pay."),
        Denied::Role(Right::Reader) if reader.is_billing => {
            text.plain("That is for subscribers: /plans shows what is offered.")
        }
        Denied::Role(_) if reader.role < crate::backend::Role::Viewer => {
            text.plain("This bot is somebody's own; /about says what it is.")
        }
        Denied::Role(_) => text.plain(format!(
            "Your role ({}) has not that right; the owner can change it.",
            reader.role.as_str()
        )),
        Denied::BillingOff => text.plain("Nothing is sold here."),
        Denied::Stale { age } => text.plain(format!(
            "Sent {} ago, so not run: the market has moved on. Send it again if you still want it.",
            rough(age)
        )),
    })
}
