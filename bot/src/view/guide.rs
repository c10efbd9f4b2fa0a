//! What leads to everything else: welcome, menu, help.

use crate::backend::{Role, UserId};
use crate::commands::{Entry, Weight, listed};
use crate::message::{Message, Text};

use super::Reader;
use super::buttons::command;

/// The first message while there is no owner.
pub fn unclaimed() -> Message {
    Message::text(Text::new().bold("heikin has no owner yet.").end().plain(
        "Open the claim link that its first start printed in the terminal; it makes you the \
         owner, once.",
    ))
}

/// The first message.
pub fn welcome(reader: &Reader) -> Message {
    if reader.role != Role::Guest {
        return menu(None, reader);
    }
    let text = Text::new().bold("This is heikin, a trading bot.").end();
    if !reader.is_billing {
        return Message::text(text.plain("It is somebody's own and answers nobody else."));
    }
    Message::text(text.plain(
        "It trades its operator's own account by rules that do not change with mood, and tells \
         subscribers of each trade. /plans shows what that costs.",
    ))
    .row([command("Plans", "/plans"), command("About", "/about")])
}

/// Buttons for everything that the reader may do: any action is at most three taps away.
pub fn menu(page: Option<&str>, reader: &Reader) -> Message {
    if page == Some("more") && reader.views() {
        return more(reader);
    }
    if reader.role == Role::Guest {
        let message = Message::text(Text::new().bold("heikin"));
        return if reader.is_billing {
            message
                .row([command("Plans", "/plans"), command("My plan", "/subscription")])
                .row([command("About", "/about"), command("Help", "/help")])
        } else {
            message.row([command("About", "/about")])
        };
    }
    let mut message = Message::text(Text::new().bold("heikin").plain(" · choose, or type /help"))
        .row([
            command("Status", "/status"),
            command("Position", "/position"),
            command("Orders", "/orders"),
        ])
        .row([command("Profit", "/profit 7"), command("Chart", "/chart"), command("Why", "/why")])
        .row([
            command("Trades", "/trades"),
            command("Equity", "/equity"),
            command("Alerts", "/notify"),
        ]);
    if reader.role == Role::Subscriber && reader.is_billing {
        message =
            message.row([command("My plan", "/subscription"), command("Receipts", "/payments")]);
    }
    if reader.views() {
        message = message.row([
            command("Balance", "/balance"),
            command("Settings", "/settings"),
            command("More ›", "/menu more"),
        ]);
    }
    if reader.steers() {
        message = message.row([
            command("Pause", "/pause"),
            command("Close…", "/close"),
            command("PANIC…", "/panic"),
        ]);
    }
    message
}

fn more(reader: &Reader) -> Message {
    let mut message = Message::text(Text::new().bold("heikin").plain(" · more"))
        .row([
            command("Fills", "/history"),
            command("By symbol", "/performance 90"),
            command("Health", "/health"),
        ])
        .row([command("Mode", "/mode"), command("Pin a card", "/card"), command("Help", "/help")]);
    if reader.steers() {
        message = message
            .row([command("Log", "/logs"), command("Audit", "/audit"), command("Users", "/users")])
            .row([
                command("Resume…", "/resume"),
                command("Stop…", "/stop_bot"),
                command("Start…", "/start_bot"),
            ]);
        if reader.is_billing {
            message =
                message.row([command("Revenue", "/revenue"), command("Broadcast…", "/broadcast")]);
        }
    }
    message.row([command("‹ Menu", "/menu")])
}

/// All commands that the reader may use, or one of them in full.
pub fn help(topic: Option<&Entry>, reader: &Reader) -> Message {
    let home = [command("‹ Menu", "/menu")];
    let mut text = Text::new();
    if let Some(entry) = topic.filter(|entry| entry.right.is_of(reader.role)) {
        text = text
            .bold(format!("/{} {}", entry.name, entry.arguments))
            .plain(format!("\n{}\n", sentence(entry.about)));
        if !entry.aliases.is_empty() {
            text = text.plain(format!("Also /{}.\n", entry.aliases.join(", /")));
        }
        text = text.plain("Example: ").code(entry.example);
        return Message::text(text).row(home);
    }
    for (heading, weights) in [
        ("See", &[Weight::Look, Weight::LookPrivately][..]),
        ("Yours", &[Weight::Own][..]),
        ("Act", &[Weight::Reduce, Weight::Act][..]),
    ] {
        let entries: Vec<_> = listed(reader.role)
            .filter(|entry| weights.contains(&entry.weight) && reader.is_offered(entry))
            .collect();
        if entries.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text = text.end();
        }
        text = text.bold(heading).end();
        for entry in entries {
            text = text.plain(format!("/{} · {}\n", entry.name, entry.about));
        }
    }
    text = text.plain("\n/help chart tells more of one.");
    Message::text(text).row(home)
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or(String::new(), |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// What this is, and the reader's own number.
pub fn about(user: UserId, reader: &Reader) -> Message {
    let text = Text::new()
        .bold(format!("heikin {}", env!("CARGO_PKG_VERSION")))
        .end()
        .plain("A self-hosted trading bot for Binance Spot: Heikin-Ashi breakouts with a stop on the exchange.\n")
        .plain("Your number here is ")
        .code(user.to_string())
        .plain(format!("; you are {}.", match reader.role {
            Role::Guest => "a guest",
            Role::Subscriber => "a subscriber",
            Role::Viewer => "a viewer",
            Role::Operator => "an operator",
            Role::Owner => "the owner",
        }));
    Message::text(text).row([command("‹ Menu", "/menu"), command("Help", "/help")])
}
