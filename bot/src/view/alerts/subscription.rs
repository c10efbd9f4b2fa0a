//! The reader's own subscription: one clear message for each turn it takes.

use crate::backend::{Access, Paise, SubscriptionAlert};
use crate::message::{Message, Text};
use crate::view::buttons::{address, command};
use crate::view::{Reader, billing, figures};

pub(super) fn told(alert: &SubscriptionAlert, reader: &Reader) -> Message {
    let time = &reader.time;
    let head = |words: &str| Text::new().bold(words).end();
    let renew = [command("Renew", "/plans"), command("My plan", "/subscription")];
    let text = match alert {
        SubscriptionAlert::Paid { .. } => return paid(alert, reader),
        SubscriptionAlert::PartPaid { paid, missing, url } => {
            let text = head(&format!("{paid} has come, {missing} is missing"))
                .plain("Access begins when all of it is there. The same link takes the rest.");
            return Message::text(text).row([address(format!("Pay {missing}"), url.clone())]);
        }
        SubscriptionAlert::EndsSoon { until, days, total } => {
            head(&format!("{} left", figures::count(*days, "day"))).plain(format!(
                "Your access ends {}. Renewing costs {total} and adds to the end.",
                time.moment_in_zone(*until)
            ))
        }
        SubscriptionAlert::Grace { until } => head("Your paid time is over").plain(format!(
            "Everything still works till {}; after that alerts and commands end.",
            time.moment_in_zone(*until)
        )),
        SubscriptionAlert::Ended => head("Your access has ended").plain(
            "Alerts and commands are off. /plans, /subscription, /payments and /delete_me still \
             answer; your preferences are kept. The bot's own positions are not touched by this.",
        ),
        SubscriptionAlert::LinkExpired => {
            head("The payment link has ended").plain("Nothing was taken. /plans makes a new one.")
        }
        SubscriptionAlert::PaymentFailed { reason } => {
            head("The payment did not go through").plain(format!("{reason}\nThe link still works."))
        }
        SubscriptionAlert::Refunded { amount, access } => head(&format!("{amount} was paid back"))
            .plain(match access {
                Access::Refunded { .. } => "Your access has ended with it.".to_owned(),
                access => format!("Your subscription: {}.", billing::access(*access, reader)),
            }),
        SubscriptionAlert::ChargedBack { amount } => head(&format!("Your bank took {amount} back"))
            .plain("Access has ended. If that was a mistake, write to support or subscribe anew."),
        SubscriptionAlert::Disputed { amount, access } => {
            return disputed((*amount, *access), reader);
        }
        SubscriptionAlert::DisputeOver { amount, access } => {
            let text = head(&format!("The dispute over {amount} is decided: the payment stays"))
                .plain(format!("Your subscription: {}.", billing::access(*access, reader)));
            return Message::text(text)
                .row([command("My plan", "/subscription"), command("‹ Menu", "/menu")]);
        }
        SubscriptionAlert::Granted { until } => {
            let until = until
                .map_or("without an end".to_owned(), |until| format!("till {}", time.date(until)));
            let text = head("You have access")
                .plain(format!("Given by the operator, {until}. /menu shows all."));
            return Message::text(text).row([command("‹ Menu", "/menu")]);
        }
        SubscriptionAlert::Revoked { keeps } => {
            let text = head("The access you were given has ended");
            match keeps {
                None => text.plain("/plans shows what is offered."),
                Some(access) => text.plain(format!(
                    "What you have paid for stays: {}.",
                    billing::access(*access, reader)
                )),
            }
        }
    };
    Message::text(text).row(renew)
}

/// No way to pay is offered: the payment that is disputed may stay, and what it paid for with it.
fn disputed((amount, access): (Paise, Access), reader: &Reader) -> Message {
    let text = Text::new().bold(format!("Your bank asks for {amount} back")).end();
    let text = if billing::is_open(access) {
        text.plain(format!(
            "What that payment paid for rests until it is decided. Your subscription: {}.",
            billing::access(access, reader)
        ))
    } else {
        text.plain(
            "Access rests until that is decided, and comes back by itself if the payment stays; you \
             need not pay again. If it is a mistake, tell your bank, and write to support.",
        )
    };
    Message::text(text).row([command("My plan", "/subscription"), command("Receipts", "/payments")])
}

/// The receipt.
fn paid(alert: &SubscriptionAlert, reader: &Reader) -> Message {
    let SubscriptionAlert::Paid { bill, reference, until, is_again } = alert else {
        return Message::text(Text::new());
    };
    let heading = if *is_again { "Paid once more, and credited" } else { "Paid, thank you" };
    let text = Text::new()
        .bold(format!("{heading}: {}", bill.total))
        .end()
        .then(billing::bill_text(bill))
        .plain(format!("Access till {}. Receipt ", reader.time.date(*until)))
        .code(reference.clone());
    let text = if *is_again {
        text.plain("\nThe days were added to the end. If you did not mean to pay twice, write to support with the receipt's number.")
    } else {
        text
    };
    Message::text(text).row([command("‹ Menu", "/menu"), command("Receipts", "/payments")])
}
