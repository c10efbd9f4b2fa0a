//! Who there is, what they did, what they paid.

use crate::backend::{Access, AuditLine, Identity, Paged, RevenueReport, UserLine};
use crate::message::{Message, Text};

use super::buttons::{PAGE, command, pages};
use super::table::{cut, table};
use super::{Reader, figures};

/// Everybody who is known.
pub fn users(page: &Paged<UserLine>, reader: &Reader) -> Message {
    let mut text = Text::new().bold("People").plain(format!(" · {}\n", page.total));
    for user in &page.items {
        text = text
            .end()
            .bold(cut(&user.name, 32))
            .plain(format!(" · {}", user.role.as_str()))
            .end()
            .code(user.user.to_string());
        if let Some(seen) = user.seen_at {
            text = text.plain(format!(" · seen {} ago", reader.time.ago(seen)));
        }
        if user.has_blocked {
            text = text.plain(" · has blocked the bot");
        }
        if user.access != Access::None {
            text = text.plain(format!("\n{}", super::billing::access(user.access, reader)));
        }
        text = text.end();
    }
    text = text.plain("\n/grant and /revoke take the number.");
    Message::text(text)
        .row(pages("/users", page.skip, u32::from(PAGE), page.total))
        .row([command("‹ Menu", "/menu"), command("Audit", "/audit")])
}

/// Who did what.
pub fn audit(page: &Paged<AuditLine>, reader: &Reader) -> Message {
    let mut text = Text::new().bold("Who did what").end();
    if page.total == 0 {
        text = text.plain("Nothing yet.");
    }
    for line in &page.items {
        let via = match &line.by {
            Identity::Telegram { user } => user.to_string(),
            Identity::Terminal => "terminal".to_owned(),
            Identity::Token { name } => format!("API token {}", cut(name, 32)),
        };
        text = text
            .end()
            .italic(reader.time.moment_in_zone(line.at))
            .bold(format!(" {}", cut(&line.name, 32)))
            .plain(format!(" ({via})\n{}: {}\n", cut(&line.what, 200), cut(&line.result, 100)));
    }
    Message::text(text)
        .row(pages("/audit", page.skip, u32::from(PAGE), page.total))
        .row([command("‹ Menu", "/menu"), command("Users", "/users")])
}

/// What subscriptions brought in.
pub fn revenue(report: &RevenueReport, reader: &Reader) -> Message {
    let rows = [
        ["paid".to_owned(), report.paid.to_string()],
        ["paid back".to_owned(), report.refunded.to_string()],
        ["payments".to_owned(), report.payments.to_string()],
        ["with access, paid".to_owned(), report.active.to_string()],
        ["with access, granted".to_owned(), report.granted.to_string()],
        ["in their grace".to_owned(), report.grace.to_string()],
        ["end within 3 days".to_owned(), report.due_soon.to_string()],
    ];
    let text = Text::new()
        .bold(format!("Revenue {}", report.net))
        .plain(format!(" · {}\n", reader.time.range(report.range)))
        .table(table(&rows));
    Message::text(text)
        .row([
            command("7 d", "/revenue 7"),
            command("30 d", "/revenue 30"),
            command("All", "/revenue all"),
        ])
        .row([command("‹ Menu", "/menu"), command("Users", "/users")])
}

/// `Asha (1234)`: a person in a sentence.
pub(super) fn person(name: &str) -> String {
    let name = cut(name, 32);
    if name.is_empty() { "somebody".to_owned() } else { name }
}

/// `to 12 people`, `to 1 person`
pub(super) fn people(count: u32) -> String {
    if count == 1 { figures::count(count, "person") } else { format!("{count}\u{a0}people") }
}
