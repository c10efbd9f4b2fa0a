//! The card: how things are at a glance.

use crate::backend::{Control, Mode, Position, Protection, Status, TraderStatus};
use crate::message::{Message, Text};

use super::buttons::command;
use super::{Reader, figures, words};

/// The card, pinned or not.
pub fn status(status: &Status, reader: &Reader) -> Message {
    let mut text = heading(status);
    for fault in status.faults.iter().take(5) {
        text = text.plain("🔴 ").bold(fault.clone()).end();
    }
    if let Some(more) = status.faults.len().checked_sub(5).filter(|more| *more > 0) {
        text = text.plain(format!("… and {more} more: /health\n"));
    }
    for trader in &status.traders {
        text = text.end().then(one_trader(trader, reader));
    }
    if status.traders.is_empty() {
        text = text.plain("\nNo trader is configured: see heikin.toml.\n");
    }
    text = text.end().then(account(status, reader));
    let text = text.italic(format!("Updated {}", reader.time.clock(status.at)));
    buttons(Message::text(text), reader, &status.control)
}

fn heading(status: &Status) -> Text {
    let (sign, control) = words::control(&status.control);
    let sign = match (&status.control, status.mode) {
        (Control::Running, _) if !status.faults.is_empty() => "🟡",
        (Control::Running, Mode::Demo | Mode::Paper | Mode::Testnet) => "🧪",
        _ => sign,
    };
    let text = Text::new()
        .plain(format!("{sign} "))
        .bold(format!("heikin · {} · {control}", status.mode.shown()))
        .end();
    match &status.control {
        Control::Gated { reason } => text.plain(format!("{reason}\n")),
        Control::Panicked { .. } => text.plain("Stays stopped until /resume.\n"),
        Control::Stopped => text.plain("No entries until /start_bot; stops go on.\n"),
        Control::Paused => text.plain("No entries until /resume; stops go on.\n"),
        Control::Running => text,
    }
}

fn one_trader(trader: &TraderStatus, reader: &Reader) -> Text {
    let mut text = Text::new().bold(trader.trader.to_string());
    text = text.plain(format!(" · {}", words::state(trader.state)));
    if trader.control != Control::Running {
        text = text.plain(format!(" · {}", words::control(&trader.control).1));
    }
    text = text.end();
    if let Some(position) = &trader.position {
        return text.then(position_lines(position, reader));
    }
    if let Some(price) = trader.price {
        text = text.plain(format!("now {}", figures::price(price)));
        if let Some(entry) = trader.entry {
            let distance = figures::percent(figures::distance(entry, price));
            text = text.plain(format!(" · entry at {} ({distance})", figures::price(entry)));
        }
        text = text.end();
    }
    if let Some(close) = trader.next_close {
        text = text.plain(format!("candle closes {}\n", reader.time.moment_in_zone(close)));
    }
    text
}

/// Quantity and entry, price and result, protection.
pub(super) fn position_lines(position: &Position, reader: &Reader) -> Text {
    let Position { quantity, base, quote, entry, .. } = position;
    let mut text = Text::new().plain(format!(
        "{} {base} @ {}\n",
        figures::quantity(*quantity),
        figures::price(*entry)
    ));
    if let Some(price) = position.price {
        let moved = figures::percent(figures::distance(price, *entry));
        text = text.plain(format!("now {} ({moved})", figures::price(price)));
        if let Some(unrealized) = position.unrealized {
            text = text.plain(" · ").bold(figures::signed_in(unrealized, *quote));
        }
        text = text.end();
    }
    text = text.then(protection(position, reader));
    if let Some(at_stop) = position.at_stop {
        text = text.plain(format!("if it fills: {}\n", figures::signed_in(at_stop, *quote)));
    }
    text
}

fn protection(position: &Position, reader: &Reader) -> Text {
    let text = Text::new();
    match position.protection {
        Protection::OnExchange { trigger, .. } => {
            let base = position.price.unwrap_or(position.entry);
            let distance = figures::percent(figures::distance(trigger, base));
            text.plain(format!("stop {} ({distance}) on exchange ✓\n", figures::price(trigger)))
        }
        Protection::Leaving { price, since } => {
            let at = price.map_or("market".to_owned(), figures::price);
            text.bold(format!("being sold at {at} for {}\n", reader.time.ago(since)))
        }
        Protection::Placing { since } => {
            text.plain(format!("stop being placed for {}\n", reader.time.ago(since)))
        }
        Protection::Unprotected { since } => {
            text.bold(format!("🔴 UNPROTECTED for {}\n", reader.time.ago(since)))
        }
    }
}

fn account(status: &Status, reader: &Reader) -> Text {
    let risk = &status.risk;
    let mut text =
        Text::new().plain(format!("Day {}", figures::signed_in(risk.realized_today, status.quote)));
    if let Some(limit) = risk.max_daily_loss {
        text = text.plain(format!(" · limit −{}", figures::amount(limit)));
    }
    text = text.end();
    if let Some(equity) = status.equity.filter(|_| reader.views()) {
        let drawdown = figures::unsigned_percent(risk.drawdown);
        let equity = figures::amount_in(equity, status.quote);
        text = text.plain(format!("Equity {equity} · {drawdown} below peak\n"));
    }
    if let Some(most) = risk.max_trades_per_day {
        text = text.plain(format!("Trades today {}\n", figures::of(risk.trades_today, most)));
    }
    let feed = match status.feed_age_ms {
        Some(age) => format!("{}.{} s", age / 1_000, age % 1_000 / 100),
        None => "none yet".to_owned(),
    };
    text.plain(format!(
        "Feed {feed} · orders {} · unknown {}\n",
        status.open_orders, status.unknown_orders
    ))
}

fn buttons(message: Message, reader: &Reader, control: &Control) -> Message {
    let message = message
        .row([command("⟳ Refresh", "/status"), command("Chart", "/chart"), command("Why", "/why")])
        .row([
            command("Position", "/position"),
            command("Orders", "/orders"),
            command("‹ Menu", "/menu"),
        ]);
    if !reader.steers() {
        return message;
    }
    let steer = match control {
        Control::Running | Control::Gated { .. } => command("Pause", "/pause"),
        Control::Paused | Control::Panicked { .. } => command("Resume…", "/resume"),
        Control::Stopped => command("Start…", "/start_bot"),
    };
    message.row([steer, command("PANIC…", "/panic")])
}
