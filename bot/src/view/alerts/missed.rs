//! Alerts that come late, as the numbered lines of one message.

use std::collections::BTreeMap;

use heikin_core::time::Timestamp;

use super::{answered_anew, told};
use crate::backend::{Alert, AlertKind, Envelope, Lane, Loudness, Role};
use crate::local_time::{LocalTime, length};
use crate::message::{Body, Message, Text};
use crate::view::buttons::command;
use crate::view::{Reader, words};

/// So many lines fit into a message, whatever they say.
pub const LINES: usize = 34;
/// So much of a line is shown, in UTF-16 units.
const LINE_UNITS: usize = 72;

/// What came to nobody, before it is told line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// How many of each kind.
    pub kinds: BTreeMap<AlertKind, usize>,
    /// When the oldest of them happened.
    pub since: Timestamp,
    /// Whether there may be more.
    pub is_at_least: bool,
}

/// Whether a line says enough of an alert. A fault never becomes one, nor does what is somebody's own
/// or a summary already.
pub fn is_line(alert: &Alert) -> bool {
    match alert {
        Alert::Subscription(_) | Alert::Digest(_) | Alert::Outage(_) => false,
        Alert::Broadcast { text } => !text.contains('\n') && units(text) <= LINE_UNITS,
        other => other.lane() != Lane::Fault,
    }
}

/// Up to [`LINES`] alerts of one chat, oldest first, in one message; with what was missed altogether
/// where it is the first of a row.
pub fn missed(alerts: &[Envelope], missed: Option<&Missed>, now: Timestamp) -> Message {
    let zone = alerts.first().map_or("UTC", |first| &first.zone);
    let role = alerts.last().map_or(Role::Guest, |last| last.role);
    let reader = Reader { time: LocalTime::new(now, zone), role, is_billing: true };
    let mut text = Text::new();
    if alerts.iter().any(|alert| alert.maybe_repeated) {
        text = text.italic("Perhaps a repeat in part: sending was interrupted.\n");
    }
    text = match missed {
        Some(missed) => text.then(overview(missed, &reader)),
        None => text.bold("⏱ Late, more of it").end(),
    };
    text = text.italic("Numbers are those of alerts, not of trades.\n");
    for alert in alerts {
        let (number, at) = (alert.cursor.0, reader.time.moment(alert.at));
        text = text.plain(format!("#{number} {at} {}\n", line(&alert.alert, &reader)));
    }
    let mut message = Message::text(text);
    message.loudness = alerts.iter().map(|it| it.loudness).max().unwrap_or(Loudness::Silent);
    let row = [command("Status", "/status"), command("Trades", "/trades")];
    answered_anew(reader.permit(message.row(row)))
}

fn overview(missed: &Missed, reader: &Reader) -> Text {
    let count: usize = missed.kinds.values().sum();
    let least = if missed.is_at_least { "at least " } else { "" };
    let ago = length(reader.time.now().since(missed.since));
    let since = reader.time.moment_in_zone(missed.since);
    let kinds: Vec<String> = missed
        .kinds
        .iter()
        .map(|(kind, count)| format!("{} {count}", words::alert_kind(*kind).1))
        .collect();
    Text::new()
        .bold(format!("⏱ Missed in {ago}: {least}{count} alerts"))
        .plain(format!("\nSince {since}. {}\n", kinds.join(" · ")))
}

/// What stands first in an alert: the rest of it can be asked for.
fn line(alert: &Alert, reader: &Reader) -> String {
    if let Alert::Broadcast { text } = alert {
        return text.clone();
    }
    let Body::Text(text) = told(alert, reader).body else { return String::new() };
    let plain = text.to_plain();
    let first = plain.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    cut(first)
}

/// What stands first in an alert.
pub fn heading(alert: &Alert) -> String {
    let time = LocalTime::new(Timestamp::EPOCH, "UTC");
    line(alert, &Reader { time, role: Role::Viewer, is_billing: false })
}

fn cut(line: &str) -> String {
    if units(line) <= LINE_UNITS {
        return line.to_owned();
    }
    let mut left = LINE_UNITS - 1;
    let fits = |c: &char| {
        let enough = left.checked_sub(c.len_utf16());
        left = enough.unwrap_or(left);
        enough.is_some()
    };
    let mut short: String = line.chars().take_while(fits).collect();
    short.push('…');
    short
}

fn units(line: &str) -> usize {
    line.encode_utf16().count()
}
