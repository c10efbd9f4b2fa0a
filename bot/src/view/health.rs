//! How heikin itself is.

use crate::backend::{Health, LogLevel, Logs, Verdict};
use crate::message::{Message, Text};

use super::Reader;
use super::buttons::{command, home_and_refresh};
use super::table::cut;

/// Every check, worst first.
pub fn health(health: &Health, reader: &Reader) -> Message {
    let worst = health.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Good);
    let heading = match worst {
        Verdict::Good => "🟢 All is well",
        Verdict::Degraded => "🟡 Something needs a look",
        Verdict::Bad => "🔴 Entries are closed",
    };
    let mut text = Text::new().bold(heading).end();
    let mut checks: Vec<_> = health.checks.iter().collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.verdict));
    for check in checks {
        let (sign, word) = match check.verdict {
            Verdict::Good => ("✓", "good"),
            Verdict::Degraded => ("!", "look"),
            Verdict::Bad => ("✗", "bad"),
        };
        text = text
            .plain(format!("{sign} {word} · "))
            .bold(check.name.clone())
            .plain(format!(": {}\n", check.figure));
    }
    text = text.italic(format!(
        "heikin {} · up {}",
        health.version,
        crate::local_time::length(health.at.since(health.started_at))
    ));
    let message = Message::text(text);
    let message = if reader.steers() { message.row([command("Log", "/logs 20")]) } else { message };
    message.row(home_and_refresh("/health"))
}

/// The end of the log.
pub fn logs(logs: &Logs, reader: &Reader) -> Message {
    let mut text = Text::new();
    if logs.lines.is_empty() {
        text = text.plain("The log has no such line.");
    }
    for line in &logs.lines {
        let level = match line.level {
            LogLevel::Info => "info",
            LogLevel::Warn => "WARN",
            LogLevel::Error => "ERROR",
        };
        text = text
            .italic(reader.time.clock(line.at))
            .bold(format!(" {level} "))
            .plain(format!("{}\n", cut(&line.message, 300)));
    }
    Message::text(text)
        .row([command("Errors only", "/logs 20 error"), command("All", "/logs 20")])
        .row([command("‹ Menu", "/menu"), command("Health", "/health")])
}
