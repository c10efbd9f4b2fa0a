//! What somebody is told, and how loudly.

use crate::backend::{AlertKind, Loudness, NotifyPreferences, QuietHours};
use crate::message::{Message, Text};

use super::buttons::command;
use super::table::table;
use super::words;

/// The preferences, with a button for each kind that goes on to the next loudness.
pub fn notify(preferences: &NotifyPreferences) -> Message {
    let heading = if preferences.on { "You are told" } else { "You are told of faults only" };
    let mut rows = Vec::new();
    let mut buttons = Vec::new();
    for kind in AlertKind::ALL {
        let (name, what) = words::alert_kind(kind);
        let chosen = preferences.kinds.get(&kind).copied().unwrap_or(kind.default_loudness());
        rows.push([what.to_owned(), words::loudness(chosen).to_owned()]);
        if kind.is_choosable() {
            let next = words::loudness(following(chosen));
            buttons.push(command(format!("{name} → {next}"), format!("/notify {name} {next}")));
        }
    }
    let quiet = preferences.quiet.map_or("none".to_owned(), hours);
    let digest = preferences.digest_at.map_or("off".to_owned(), clock);
    rows.push(["quiet hours".to_owned(), quiet]);
    rows.push(["digest at".to_owned(), digest]);
    let text = Text::new()
        .bold(heading)
        .end()
        .table(table(&rows))
        .plain(format!("Times are {}. ", preferences.zone))
        .plain("Faults are always loud, also in quiet hours.\n")
        .code("/notify quiet 22:00-07:00")
        .end()
        .code("/notify zone Asia/Kolkata")
        .end()
        .code("/notify digest 08:00");
    let mut message = Message::text(text);
    for two in buttons.chunks(2) {
        message = message.row(two.to_vec());
    }
    let switch = if preferences.on {
        command("Faults only", "/stop_notify")
    } else {
        command("Tell me again", "/notify on")
    };
    message.row([switch, command("‹ Menu", "/menu")])
}

const fn following(loudness: Loudness) -> Loudness {
    match loudness {
        Loudness::Loud => Loudness::Silent,
        Loudness::Silent => Loudness::Off,
        Loudness::Off => Loudness::Loud,
    }
}

fn hours(quiet: QuietHours) -> String {
    format!("{}–{}", clock(quiet.from), clock(quiet.to))
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
