//! The day, or an outage, in one message.

use crate::backend::{Digest, OutageSummary};
use crate::local_time::length;
use crate::message::{Message, Text};
use crate::view::buttons::command;
use crate::view::table::table;
use crate::view::{Reader, figures, words};

/// Fills that one summary tells of one by one.
const MOST_FILLS: usize = 20;

pub(super) fn digest(digest: &Digest, reader: &Reader) -> Message {
    let profit = &digest.profit;
    let quote = profit.quote;
    let mut rows = vec![
        row("before fees", figures::signed(profit.gross)),
        row("fees", figures::signed(-profit.fees)),
        row("trades", profit.trades.to_string()),
        row("won", figures::of(profit.wins, profit.trades)),
        row("deepest fall", figures::unsigned_percent(profit.max_drawdown)),
        row("open positions", digest.open_positions.to_string()),
        row("if all stops fill", figures::signed(digest.open_risk)),
        row("missed candles", digest.missed_candles.to_string()),
        row("running", figures::unsigned_percent(digest.uptime)),
    ];
    if let Some(left) = digest.bnb_trades_left {
        rows.push(row("BNB pays for", figures::count(left, "trade")));
    }
    let mut text = Text::new()
        .bold(format!("Day {} · {}", figures::signed_in(profit.net, quote), digest.mode.shown()))
        .plain(format!("\n{}\n", reader.time.range(profit.range)))
        .table(table(&rows));
    for (fault, count) in digest.faults.iter().take(10) {
        text = text.plain(format!("🔴 {count}× {fault}\n"));
    }
    if digest.faults.is_empty() {
        text = text.plain("No fault.\n");
    }
    Message::text(text).row([
        command("7 d", "/profit 7"),
        command("30 d", "/profit 30"),
        command("Equity", "/equity 30"),
    ])
}

fn row(name: &str, figure: String) -> [String; 2] {
    [name.to_owned(), figure]
}

pub(super) fn outage(outage: &OutageSummary, reader: &Reader) -> Message {
    let gap = length(outage.to.since(outage.from));
    let heading = if outage.was_off {
        format!("heikin was off for {gap} · {}", outage.mode.shown())
    } else {
        format!("No message got through for {gap} · {}", outage.mode.shown())
    };
    let mut text = Text::new().bold(heading).plain(format!(
        "\n{} – {}\n",
        reader.time.moment(outage.from),
        reader.time.moment_in_zone(outage.to)
    ));
    if outage.fills.is_empty() {
        text = text.plain("No fill meanwhile.\n");
    } else {
        text = text.end().bold("Filled meanwhile").end();
    }
    for fill in outage.fills.iter().take(MOST_FILLS) {
        text = text.plain(format!(
            "{} {} {} @ {}\n",
            words::side(fill.side),
            fill.trader,
            figures::quantity(fill.quantity),
            figures::price(fill.price)
        ));
    }
    if let Some(more) = outage.fills.len().checked_sub(MOST_FILLS).filter(|more| *more > 0) {
        text = text.plain(format!("… and {more} more: /history\n"));
    }
    if !outage.differences.is_empty() {
        text = text.end().bold("Found different").end();
    }
    for difference in outage.differences.iter().take(MOST_FILLS) {
        text = text.plain(format!("· {difference}\n"));
    }
    text = text.end().bold("Now: ").plain(outage.now.clone());
    Message::text(text).row([command("Status", "/status"), command("Orders", "/orders")])
}
