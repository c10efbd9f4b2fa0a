//! heikin itself, the line to the exchange, hands on the account.

use crate::backend::{ConnectionAlert, SystemAlert};
use crate::local_time::length;
use crate::message::{Message, Text};
use crate::view::buttons::command;
use crate::view::people::person;
use crate::view::recap::setting_changes;
use crate::view::{Reader, figures, words};
use heikin_core::time::Span;

pub(super) fn connection(alert: &ConnectionAlert, reader: &Reader) -> Message {
    let text = Text::new();
    Message::text(match alert {
        ConnectionAlert::Lost { what, since, meaning } => text
            .bold(format!("🟡 No {what} for {}", reader.time.ago(*since)))
            .plain(format!("\nSince {}. {meaning}", reader.time.clock(*since))),
        ConnectionAlert::Restored { what, seconds, made_good } => text
            .bold(format!("🟢 {what} back after {}", length(Span::from_secs(*seconds))))
            .end()
            .plain(made_good),
        ConnectionAlert::Banned { until } => {
            text.bold("🔴 Binance asks us to keep away").plain(format!(
                "\nNo calls until {}. Stops on the exchange go on by themselves.",
                reader.time.moment_in_zone(*until)
            ))
        }
    })
}

pub(super) fn told(alert: &SystemAlert, reader: &Reader) -> Message {
    let text = Text::new();
    let text = match alert {
        SystemAlert::Started { mode, version, found } => text
            .bold(format!("heikin {version} runs · {}", mode.shown()))
            .end()
            .plain(found),
        SystemAlert::Stopping { stays } => {
            text.bold("heikin stops").plain(format!("\nEntries are cancelled. {stays}"))
        }
        SystemAlert::Fault { what, doing, remedy } => {
            text.bold(format!("🔴 {what}")).plain(format!("\n{doing}\n{remedy}"))
        }
        SystemAlert::FaultOver { what } => text.bold("🟢 Over: ").plain(what),
        SystemAlert::OrderUnknown { trader, order, side, since } => text
            .bold(format!("🔴 UNKNOWN {} {trader} · o{}", words::side(*side), order.0))
            .plain(format!(
                "\nNo answer for {}. It counts as live and is being asked after; nothing is sent twice.",
                reader.time.ago(*since)
            )),
        SystemAlert::OrderResolved { trader, order, outcome } => {
            text.bold(format!("🟢 Known: {trader} · o{}", order.0)).end().plain(outcome)
        }
        SystemAlert::SoldByHand { trader, missing, base } => text
            .bold(format!("🔴 SOLD BY HAND · {trader}"))
            .plain(format!(
                "\n{} {base} is gone from the account. The trader is paused until /resume {trader}.",
                figures::quantity(*missing)
            )),
        SystemAlert::BalanceChanged { asset, amount } => text
            .bold(format!("Balance {}", figures::signed_in(*amount, *asset)))
            .plain("\nNot by heikin: a deposit, a withdrawal, or a trade by hand."),
        SystemAlert::CandleGap { trader, closed, opened } => text
            .bold(format!("🟡 Candles missing · {trader}"))
            .plain(format!(
                "\nFrom {} to {}. Heikin-Ashi goes on over the gap.",
                reader.time.moment(*closed),
                reader.time.moment_in_zone(*opened)
            )),
        SystemAlert::SettingsChanged { name, changes } => text
            .bold(format!("Settings changed by {}", person(name)))
            .end()
            .then(setting_changes(changes)),
        SystemAlert::Acted { name, what } => text.bold(person(name)).plain(format!(": {what}")),
        SystemAlert::RoleChanged { user, role, name } => text
            .bold(format!("{user} is {} now", role.as_str()))
            .plain(format!("\nby {}", person(name))),
        SystemAlert::PinLocked { user, until } => text
            .bold("🔴 Five wrong PINs")
            .plain(format!(
                "\nTyped by {user}. Locked until {}. If that was not you: /revoke {user}",
                reader.time.moment_in_zone(*until)
            )),
    };
    let message = Message::text(text);
    match alert {
        SystemAlert::OrderUnknown { .. } => message.row([command("Orders", "/orders")]),
        SystemAlert::Fault { .. } => message.row([command("Health", "/health")]),
        _ => message,
    }
}
