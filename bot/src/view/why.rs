//! Why something was done, or not: what the strategy saw, rule by rule, and what comes next.

use crate::backend::{CandleValues, Subject, Why};
use crate::message::{Message, Text};

use super::buttons::command;
use super::table::table;
use super::{Reader, figures, words};

/// The answer to `/why`.
pub fn why(why: &Why, reader: &Reader) -> Message {
    let subject = match why.subject {
        Subject::Trader { trader } => trader.to_string(),
        Subject::Order { order } => format!("o{} · {}", order.0, why.trader),
        Subject::Trade { trade } => format!("#{} · {}", trade.0, why.trader),
    };
    let mut text = Text::new().bold(format!("Why · {subject}")).end().plain(format!(
        "{} · decided {} · record {}\n",
        words::state(why.state),
        reader.time.moment_in_zone(why.at),
        why.cause
    ));
    match &why.candle {
        Some(candle) => text = text.end().then(seen(candle, reader)),
        None => text = text.plain("\nNo candle has closed yet.\n"),
    }
    if !why.rules.is_empty() {
        text = text.end();
    }
    for rule in &why.rules {
        let (sign, verdict) = if rule.passed { ("✓", "pass") } else { ("✗", "FAIL") };
        text = text
            .plain(format!("{sign} {verdict} · {}", rule.rule))
            .plain(format!(": {}\n", rule.figures));
    }
    if let Some(skip) = why.skipped {
        text = text.end().bold("No order: ").plain(words::skip(skip)).end();
    }
    match why.denied {
        Some(denial) => {
            text = text.end().bold("Risk gate: no. ").plain(format!(
                "{}: {}\n",
                words::denial(denial),
                why.risk
            ));
        }
        None if !why.risk.is_empty() => {
            text = text.end().bold("Risk gate: yes. ").plain(why.risk.clone()).end();
        }
        None => {}
    }
    for order in &why.orders {
        text = text.end().bold(format!("{} o{}", words::side(order.side), order.number.0)).plain(
            format!(
                " {} × {} · {}\n",
                figures::quantity(order.quantity),
                words::work(order.work),
                words::reason(order.reason)
            ),
        );
    }
    text = text.end().bold("Next: ").plain(why.next.clone()).end();
    let trader = why.trader;
    Message::text(text).row([
        command("‹ Menu", "/menu"),
        command("⟳ Refresh", line(why)),
        command("Chart", format!("/chart {trader}")),
    ])
}

fn line(why: &Why) -> String {
    match why.subject {
        Subject::Trader { trader } => format!("/why {trader}"),
        Subject::Order { order } => format!("/why o{}", order.0),
        Subject::Trade { trade } => format!("/why #{}", trade.0),
    }
}

fn seen(candle: &CandleValues, reader: &Reader) -> Text {
    let bar = &candle.heikin_ashi;
    let colour = if bar.close < bar.open { "red" } else { "green" };
    let mut rows = vec![
        ["HA open".to_owned(), figures::price(bar.open)],
        ["HA high".to_owned(), figures::price(bar.high)],
        ["HA low".to_owned(), figures::price(bar.low)],
        ["HA close".to_owned(), figures::price(bar.close)],
        ["close".to_owned(), figures::price(candle.close)],
    ];
    if let Some(range) = candle.average_true_range {
        rows.push(["ATR".to_owned(), figures::price(range)]);
    }
    if let Some(mean) = candle.moving_average {
        rows.push(["moving average".to_owned(), figures::price(mean)]);
    }
    let closed = reader.time.moment_in_zone(candle.closed_at);
    Text::new().plain(format!("Candle closed {closed}, {colour}\n")).table(table(&rows))
}
