//! What is about to be done, told before it is.

use heikin_core::market::Side;

use crate::backend::{LegState, Nonce, Recap, RecapTopic, SettingChange};
use crate::message::{Message, Text};

use super::buttons::confirmation;
use super::people::people;
use super::{Reader, figures, words};

/// The recap with its two buttons.
pub fn recap(recap: &Recap, nonce: Nonce, reader: &Reader) -> Message {
    let (mut text, label) = topic(recap, reader);
    for consequence in &recap.consequences {
        text = text.plain(format!("· {consequence}\n"));
    }
    if recap.needs_pin {
        text = text.plain("Your PIN is asked for next.\n");
    }
    text = text.italic("Only you can confirm, once, within 60 s.");
    Message::text(text).row(confirmation(label, nonce))
}

fn topic(recap: &Recap, reader: &Reader) -> (Text, String) {
    let mode = recap.mode.shown();
    let heading = |what: &str| Text::new().bold(format!("{what} · {mode}")).end();
    match &recap.topic {
        RecapTopic::Sell { .. } => sell(recap),
        RecapTopic::Enter { target, ends_panic } => {
            let target = words::target(*target);
            let mut text = heading(&format!("Resume {target}?"));
            if *ends_panic {
                text = text.plain("This ends the panic.\n");
            }
            (
                text.plain("Entries are placed again from the next candle close on.\n"),
                "Resume".into(),
            )
        }
        RecapTopic::Start => {
            let text = heading("Start the bot?")
                .plain("Entries are placed again from the next candle close on.\n");
            (text, "Start".into())
        }
        RecapTopic::Stop => {
            let text = heading("Stop the bot?")
                .plain("Entries are cancelled and none placed until /start_bot, over restarts. ")
                .plain("Stops stay on the exchange and go on.\n");
            (text, "Stop".into())
        }
        RecapTopic::Settings { changes } => {
            (heading("Change this?").then(setting_changes(changes)), "Change".into())
        }
        RecapTopic::Mode { to, told } => {
            let mut text = heading("Change the mode?")
                .plain(format!("The next start begins in {}.\n", to.shown()));
            for line in told {
                text = text.plain(format!("· {line}\n"));
            }
            (text, format!("Go to {}", to.shown()))
        }
        RecapTopic::Grant { user, role, until } => {
            let until = until.map_or("without an end".to_owned(), |until| {
                format!("till {}", reader.time.date(until))
            });
            let text = heading("Give this role?")
                .code(user.to_string())
                .plain(format!(" becomes {}, {until}.\n", role.as_str()));
            (text, "Give".into())
        }
        RecapTopic::Revoke { user, role } => {
            let text = heading("Take the role away?")
                .code(user.to_string())
                .plain(format!(" is {} now.\n", role.as_str()));
            (text, "Take away".into())
        }
        RecapTopic::Broadcast { text: words, recipients, seconds } => {
            let text = heading("Send this?")
                .plain(format!("{words}\n\n"))
                .plain(format!("To {}, in about {seconds} s.\n", people(*recipients)));
            (text, format!("Send to {}", people(*recipients)))
        }
        RecapTopic::DeleteMe => {
            let text = Text::new().bold("Delete what is known of you?").end().plain(
                "Name, email, phone and messages are destroyed for good. Payments stay in the \
                 books under their number.\n",
            );
            (text, "Delete".into())
        }
    }
}

fn sell(recap: &Recap) -> (Text, String) {
    let RecapTopic::Sell { is_panic, positions, orders, expected, fees, quote } = &recap.topic
    else {
        return (Text::new(), String::new());
    };
    let what =
        if *is_panic { "PANIC: cancel all, sell all, stay stopped?" } else { "Sell and pause?" };
    let mut text = Text::new().bold(format!("{what} · {}", recap.mode.shown())).end();
    for position in positions {
        let price = position.price.map_or("price unknown".to_owned(), figures::price);
        text = text.plain(format!(
            "▼ SELL {} {} ({}) near {price}\n",
            figures::quantity(position.quantity),
            position.base,
            position.trader
        ));
    }
    if positions.is_empty() {
        text = text.plain("No position is open.\n");
    }
    text = text.plain(format!("{} cancelled\n", figures::count(*orders, "order")));
    if let Some(expected) = expected {
        text = text.bold(format!("Expected result {}", figures::signed_in(*expected, *quote)));
        if let Some(fees) = fees {
            text = text.plain(format!(" after {} fees", figures::amount(*fees)));
        }
        text = text.end();
    }
    let label = match (is_panic, positions.as_slice()) {
        (true, _) => "PANIC now".to_owned(),
        (false, [one]) => format!("Sell {} {}", figures::quantity(one.quantity), one.base),
        (false, many) => {
            format!("Sell {}", figures::count(u32::try_from(many.len()).unwrap_or(0), "position"))
        }
    };
    (text, label)
}

/// Old, new, effect, when: for each setting.
pub(super) fn setting_changes(changes: &[SettingChange]) -> Text {
    let none = |value: &str| if value.is_empty() { "none".to_owned() } else { value.to_owned() };
    let mut text = Text::new();
    for change in changes {
        let trader = change.trader.map_or(String::new(), |trader| format!("{trader} · "));
        text = text
            .plain(trader)
            .bold(change.label.clone())
            .plain("\n")
            .code(none(&change.old))
            .plain(" → ")
            .code(none(&change.new))
            .plain(format!(
                "\n{} Holds {}.\n",
                change.effect,
                words::effectiveness(change.effective)
            ));
    }
    text
}

/// What became of each step.
pub(super) fn legs(legs: &[crate::backend::Leg]) -> Text {
    let mut text = Text::new();
    for leg in legs {
        let what = match leg.side {
            Side::Buy => format!("{} entry", leg.trader),
            Side::Sell => format!("{} {}", leg.trader, figures::quantity(leg.quantity)),
        };
        let state = match (&leg.state, leg.side) {
            (LegState::Nothing, _) => "nothing to do".to_owned(),
            (LegState::Working, Side::Buy) => "being cancelled".to_owned(),
            (LegState::Working, Side::Sell) => "being sold".to_owned(),
            (LegState::Done { .. }, Side::Buy) => "cancelled ✓".to_owned(),
            (LegState::Done { price: Some(price) }, Side::Sell) => {
                format!("sold @ {} ✓", figures::price(*price))
            }
            (LegState::Done { price: None }, Side::Sell) => "sold ✓".to_owned(),
            (LegState::Failed { reason }, _) => format!("FAILED: {reason}"),
        };
        text = text.plain(format!("{what}: {state}\n"));
    }
    text
}
