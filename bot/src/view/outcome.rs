//! How a command went.

use crate::backend::{Access, Done, Refusal};
use crate::message::{Message, Text};

use super::buttons::{address, command};
use super::people::people;
use super::recap::{legs, setting_changes};
use super::{Reader, billing, notify, words};

/// What was done, signed with who did it and when.
pub fn done(done: &Done, by: &str, reader: &Reader) -> Message {
    let message = match done {
        Done::NotifySet { preferences } => return notify(preferences),
        Done::PaymentLink { url, bill, expires_at } => {
            let text = billing::bill_text(bill)
                .plain(format!("The link ends {}. ", reader.time.moment_in_zone(*expires_at)))
                .plain("Access begins by itself once the payment is seen.");
            return Message::text(text)
                .row([address(format!("Pay {}", bill.total), url.clone())])
                .row([command("I have paid", "/verify"), command("Cancel", "/cancel")]);
        }
        Done::Verified { access } => return verified(*access, reader),
        Done::Deleted => {
            return Message::text(Text::new().bold("Deleted.").plain(
                " Nothing personal of you is left here. This chat's own history is yours to clear.",
            ));
        }
        Done::PaymentCanceled => {
            return Message::text(
                Text::new()
                    .bold("The payment link is closed.")
                    .plain(" Nothing was taken. /plans shows what is offered."),
            );
        }
        _ => Message::text(told(done, reader)),
    };
    let crate::message::Body::Text(text) = message.body else { return message };
    let clock = reader.time.clock(reader.time.now());
    let text = text.italic(format!("by {} {clock}", super::people::person(by)));
    Message::text(text).row([command("Status", "/status"), command("‹ Menu", "/menu")])
}

fn told(done: &Done, reader: &Reader) -> Text {
    let bold = |words: &str| Text::new().bold(words).end();
    match done {
        Done::Started => {
            bold("🟢 Started.").plain("Entries are placed from the next candle close on.\n")
        }
        Done::Stopped { legs: steps } => bold("🔴 Stopped, also over restarts, until /start_bot.")
            .then(legs(steps))
            .plain("Stops go on.\n"),
        Done::Paused { target, legs: steps } => {
            bold(&format!("🟡 Paused {}, until /resume.", words::target(*target)))
                .then(legs(steps))
                .plain("Stops go on.\n")
        }
        Done::Resumed { target } => bold(&format!("🟢 Resumed {}.", words::target(*target)))
            .plain("Entries are placed from the next candle close on.\n"),
        Done::Closing { legs: steps } => {
            bold("Closing.").then(legs(steps)).plain("The result comes as a message.\n")
        }
        Done::Panicked { legs: steps } => bold("🔴 PANIC: latched, also over restarts.")
            .then(legs(steps))
            .plain("Each step is told as it is done. /resume ends it.\n"),
        Done::Changed { changes } => bold("Changed.").then(setting_changes(changes)),
        Done::ModeSet { mode } => bold(&format!("The next start begins in {}.", mode.shown())),
        Done::Muted { until } => {
            let until = reader.time.moment_in_zone(*until);
            bold(&format!("No repeats until {until}.")).plain("What is done about it goes on.\n")
        }
        Done::CardSet => bold("The card is kept up to date."),
        Done::Granted { user, role, until } => {
            let until =
                until.map_or(String::new(), |until| format!(", till {}", reader.time.date(until)));
            Text::new()
                .bold("Given: ")
                .code(user.to_string())
                .plain(format!(" is {}{until}.\n", role.as_str()))
        }
        Done::Revoked { user, keeps } => {
            let text = Text::new().bold("Taken away: ").code(user.to_string());
            match keeps {
                None => text.plain(" has no role.\n"),
                Some(access) => text.plain(format!(
                    " is a subscriber still, by what was paid: {}.\n",
                    billing::access(*access, reader)
                )),
            }
        }
        Done::Claimed => bold("You are the owner.").plain(
            "The code is used up: nobody can claim this bot again. /menu shows all there is.\n",
        ),
        Done::BroadcastQueued { recipients } => {
            bold(&format!("On its way to {}.", people(*recipients)))
                .plain("/stop_broadcast ends it.\n")
        }
        Done::BroadcastCanceled { sent, under_way, spared } => {
            let text = bold("The rest is not sent.").plain(format!("{} had got it", people(*sent)));
            let text = match under_way {
                0 => text,
                _ => text.plain(format!(", {} may be getting it now", people(*under_way))),
            };
            text.plain(format!("; {} will not.\n", people(*spared)))
        }
        Done::NotifySet { .. }
        | Done::PaymentLink { .. }
        | Done::Verified { .. }
        | Done::PaymentCanceled
        | Done::Deleted => Text::new(),
    }
}

fn verified(access: Access, reader: &Reader) -> Message {
    let stands = billing::access(access, reader);
    let text = match access {
        Access::Active { .. } => {
            Text::new().bold("Paid, thank you.").plain(format!(" {stands}. /menu shows all."))
        }
        Access::Pending { .. } => Text::new().bold("No payment yet.").plain(
            " Banks take a minute or two; heikin keeps looking by itself, you need not press again.",
        ),
        _ => Text::new().bold("No payment is open.").plain(format!(" Subscription: {stands}.")),
    };
    Message::text(text).row([command("My plan", "/subscription"), command("‹ Menu", "/menu")])
}

/// Why a command was not carried out.
pub fn refused(refusal: &Refusal, reader: &Reader) -> Text {
    let text = Text::new();
    match refusal {
        Refusal::NotAllowed => text.bold("⛔ Not allowed: ").plain("your role has not that right."),
        Refusal::AlreadySo { how } => text.bold("Nothing to do: ").plain(how.clone()),
        Refusal::Rule { reason } => text.bold("⛔ Not done: ").plain(reason.clone()),
        Refusal::Invalid { reason } => text.bold("Not understood: ").plain(reason.clone()),
        Refusal::WrongPin { left } => {
            text.bold("Wrong PIN. ").plain(format!("Tries left: {left}. Send the command again."))
        }
        Refusal::Locked { until } => text.bold("⛔ Locked after wrong PINs ").plain(format!(
            "until {}. Whoever else runs this heikin has been told.",
            reader.time.moment_in_zone(*until)
        )),
        Refusal::BillingOff => text.plain("Nothing is sold here."),
    }
}

#[cfg(test)]
mod tests {
    use heikin_core::time::Timestamp;

    use super::*;
    use crate::backend::Role;
    use crate::local_time::LocalTime;

    #[test]
    fn who_keeps_what_was_paid_is_not_said_to_have_no_role() {
        let reader = Reader {
            time: LocalTime::new(Timestamp::EPOCH, "UTC"),
            role: Role::Operator,
            is_billing: true,
        };
        let said = |keeps| {
            let user = crate::backend::UserId(2001);
            let done = Done::Revoked { user, keeps };
            told(&done, &reader).to_plain().replace('\u{a0}', " ")
        };
        assert_eq!(said(None), "Taken away: 2001 has no role.\n");
        let until = Timestamp::EPOCH + heikin_core::time::Span::DAY.times(3);
        assert_eq!(
            said(Some(Access::Active { until })),
            "Taken away: 2001 is a subscriber still, by what was paid: active · 3 days left (till \
             4 Jan 1970).\n"
        );
    }

    #[test]
    fn the_end_of_a_message_to_everybody_says_whom_it_reached() {
        let time = LocalTime::new(Timestamp::EPOCH, "UTC");
        let reader = Reader { time, role: Role::Operator, is_billing: false };
        let said = |sent, under_way, spared| {
            let ended = Done::BroadcastCanceled { sent, under_way, spared };
            told(&ended, &reader).to_plain().replace('\u{a0}', " ")
        };
        assert_eq!(
            said(1, 0, 2),
            "The rest is not sent.\n1 person had got it; 2 people will not.\n"
        );
        assert_eq!(
            said(12, 3, 85),
            "The rest is not sent.\n12 people had got it, 3 people may be getting it now; \
             85 people will not.\n"
        );
    }
}
