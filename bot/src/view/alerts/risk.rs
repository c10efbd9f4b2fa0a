//! Rules, gates, panic.

use crate::backend::{PanicStep, RiskAlert};
use crate::message::{Message, Text};
use crate::view::buttons::command;
use crate::view::people::person;
use crate::view::recap::legs;
use crate::view::{Reader, figures, words};

pub(super) fn told(alert: &RiskAlert, reader: &Reader) -> Message {
    match alert {
        RiskAlert::EntryDenied { trader, denial, figures } => {
            let text = Text::new()
                .bold(format!("⛔ Entry {} not taken", trader.symbol))
                .plain(format!(": {}\n{figures}   {}", words::denial(*denial), trader.interval));
            Message::text(text).row([
                command("Why", format!("/why {trader}")),
                command("Limits", "/settings limits"),
            ])
        }
        RiskAlert::NearLimit { limit, figures } => {
            let text = Text::new().bold(format!("🟡 Near a limit: {limit}")).end().plain(figures);
            Message::text(text).row([command("Limits", "/settings limits")])
        }
        RiskAlert::GateClosed { reason } => Message::text(
            Text::new().bold("🟡 Entries closed").plain(format!("\n{reason}\nStops go on.")),
        ),
        RiskAlert::GateOpened { reason } => {
            Message::text(Text::new().bold("🟢 Entries open again").end().plain(reason))
        }
        RiskAlert::Panic { name, step, .. } => panic(name, step, reader),
    }
}

fn panic(name: &str, step: &PanicStep, reader: &Reader) -> Message {
    let text = match step {
        PanicStep::Latched => Text::new()
            .bold(format!("🔴 PANIC by {}", person(name)))
            .plain("\nLatched. Cancelling and selling everything of heikin's."),
        PanicStep::Progress { legs: steps } => {
            Text::new().bold("🔴 PANIC goes on").end().then(legs(steps))
        }
        PanicStep::Finished { legs: steps, net, quote } => Text::new()
            .bold(format!("🔴 PANIC done: {}", figures::signed_in(*net, *quote)))
            .end()
            .then(legs(steps))
            .plain("Nothing of heikin's is open. It stays stopped until /resume."),
        PanicStep::StillLatched { since } => {
            Text::new().bold("🔴 PANIC still holds after a restart").plain(format!(
                "\nSince {}, by {}. Stays stopped until /resume.",
                reader.time.moment_in_zone(*since),
                person(name)
            ))
        }
    };
    Message::text(text).row([command("Status", "/status"), command("Resume…", "/resume")])
}
