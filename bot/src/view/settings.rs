//! Settings and the mode.

use crate::backend::{Mode, ModeView, Setting, SettingKind, Settings};
use crate::message::{Message, Text};

use super::buttons::command;
use super::{Reader, figures, words};

/// The groups, or the settings of one; `wanted` is a group, or part of a setting's name.
pub fn settings(settings: &Settings, wanted: Option<&str>, reader: &Reader) -> Message {
    let Some(wanted) = wanted else { return groups(settings) };
    let wanted = wanted.to_lowercase();
    let of_group = |setting: &&Setting| setting.group.to_lowercase() == wanted;
    let named = |setting: &&Setting| setting.key.to_lowercase().contains(&wanted);
    let mut found: Vec<_> = settings.items.iter().filter(of_group).collect();
    if found.is_empty() {
        found = settings.items.iter().filter(named).collect();
    }
    let Some(first) = found.first() else { return groups(settings) };
    let mut text = Text::new().bold(first.group.clone()).end();
    let mut message = Message::text(Text::new());
    for setting in found.iter().take(20) {
        text = text.end().then(one_setting(setting));
        if reader.steers() && setting.changes.is_some() {
            let symbol = setting.trader.map_or(String::new(), |one| format!("{} ", one.symbol));
            let label = format!("{symbol}{} · {}", setting.label, shown(&setting.value));
            message = message.row([command(label, format!("/set {}", name(setting)))]);
        }
    }
    message.body = crate::message::Body::Text(text);
    message.row([command("‹ Settings", "/settings"), command("‹ Menu", "/menu")])
}

fn groups(settings: &Settings) -> Message {
    let mut groups: Vec<&str> = Vec::new();
    for setting in &settings.items {
        if !groups.contains(&setting.group.as_str()) {
            groups.push(&setting.group);
        }
    }
    let text = Text::new()
        .bold("Settings")
        .end()
        .plain("Choose a group. Nothing changes before you have seen old, new and effect.\n")
        .plain("The old form works too: ")
        .code("1h,BTCUSDT,10$,10,10");
    let mut message = Message::text(text);
    for pair in groups.chunks(2) {
        let row: Vec<_> =
            pair.iter().map(|group| command(*group, format!("/settings {group}"))).collect();
        message = message.row(row);
    }
    message.row([
        command("Mode", "/mode"),
        command("Alerts", "/notify"),
        command("‹ Menu", "/menu"),
    ])
}

fn one_setting(setting: &Setting) -> Text {
    let trader = setting.trader.map_or(String::new(), |trader| format!("{trader} · "));
    let text = Text::new()
        .plain(trader)
        .bold(setting.label.clone())
        .plain(": ")
        .code(shown(&setting.value))
        .end();
    if setting.changes.is_none() { text.italic("only in heikin.toml").end() } else { text }
}

fn shown(value: &str) -> String {
    if value.is_empty() { "none".to_owned() } else { super::table::cut(value, 120) }
}

/// A setting as `/set` takes it.
fn name(setting: &Setting) -> String {
    match setting.trader {
        Some(trader) => format!("{trader} {}", setting.key),
        None => setting.key.clone(),
    }
}

/// Asks for the new value of a setting.
pub fn ask_setting(setting: &Setting) -> Message {
    let effective = setting.changes.map_or("only in heikin.toml", words::effectiveness);
    let text = one_setting(setting)
        .plain(format!("{}\n", setting.meaning))
        .plain(format!("Holds {effective}.\n\n"))
        .bold("Type the new value")
        .plain(format!(" ({}), or /cancel.", setting.allowed));
    let switch = ["on".to_owned(), "off".to_owned()];
    let values = match &setting.kind {
        SettingKind::Switch => &switch[..],
        SettingKind::Choice { options } => options,
        SettingKind::Text { examples } => examples,
    };
    let mut message = Message::text(text);
    for three in values.chunks(3).take(4) {
        let row: Vec<_> = three
            .iter()
            .map(|value| command(value.clone(), format!("/set {} {value}", name(setting))))
            .collect();
        message = message.row(row);
    }
    message.row([command("Cancel", "/cancel"), command("‹ Settings", "/settings")])
}

/// Which of several traders' settings of one name is meant.
pub fn which_setting(settings: &[&Setting]) -> Message {
    let mut message = Message::text(Text::new().bold("Of which trader?"));
    for setting in settings.iter().take(8) {
        let trader = setting.trader.map_or("account".to_owned(), |trader| trader.to_string());
        let label = format!("{trader} · {}", shown(&setting.value));
        message = message.row([command(label, format!("/set {}", name(setting)))]);
    }
    message.row([command("‹ Settings", "/settings")])
}

/// The mode, and what stands between this one and `live`.
pub fn mode(view: &ModeView, reader: &Reader) -> Message {
    let mut text = Text::new().bold(format!("Mode: {}", view.mode.shown())).end();
    text = text.plain(match view.mode {
        Mode::Demo => "A made-up market and made-up money.\n",
        Mode::Paper => "Real prices, simulated fills, no real money.\n",
        Mode::Testnet => "A real exchange with play money.\n",
        Mode::Live => "Real money.\n",
    });
    if let Some(next) = view.next {
        text = text.bold(format!("The next start begins in {}.\n", next.shown()));
    }
    for step in &view.steps {
        text = text.end().bold(format!("For {}", step.mode.shown())).end();
        for line in &step.lines {
            text = text.plain("· ").code(line.clone()).end();
        }
        for change in &step.changes {
            text = text.plain(format!("· {change}\n"));
        }
    }
    if !view.steps.is_empty() {
        text = text
            .plain("Then run ")
            .code("heikin check")
            .plain(" and restart. What is held now stays behind.\n");
    }
    for verdict in &view.gate {
        let (sign, word) = match (verdict.objections.is_empty(), verdict.overridden) {
            (true, _) => ("✓", "may trade live"),
            (false, true) => ("!", "overridden"),
            (false, false) => ("✗", "may not trade live"),
        };
        text = text.end().bold(format!("{sign} {} {word}", verdict.trader)).plain(format!(
            "\nbacktest {}: net {} in {}\n",
            reader.time.date(verdict.at),
            figures::signed(verdict.net),
            figures::count(verdict.trades, "trade")
        ));
        for objection in &verdict.objections {
            text = text.plain(format!("· {objection}\n"));
        }
    }
    let mut message = Message::text(text);
    if reader.role == crate::backend::Role::Owner {
        let others = [Mode::Demo, Mode::Paper, Mode::Testnet, Mode::Live];
        let others = others.into_iter().filter(|mode| *mode != view.next.unwrap_or(view.mode));
        let row: Vec<_> = others
            .map(|mode| {
                let label = format!("{}…", mode.shown());
                command(label, format!("/set_mode {}", mode.as_str()))
            })
            .collect();
        message = message.row(row);
    }
    message.row([command("‹ Settings", "/settings"), command("‹ Menu", "/menu")])
}
