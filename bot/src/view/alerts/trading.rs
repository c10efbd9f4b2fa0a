//! Orders, fills, stops, trades.

use heikin_core::market::Side;

use crate::backend::{Alert, FillAlert, Mode, Protection, StopRaised, Trader};
use crate::message::{Message, Text};
use crate::view::buttons::command;
use crate::view::{Reader, figures, words};

pub(super) fn told(alert: &Alert, reader: &Reader) -> Message {
    match alert {
        Alert::EntryPlaced { mode, trader, trigger, limit, quantity } => {
            let text = Text::new()
                .bold(format!("Entry {} at {}", trader.symbol, figures::price(*trigger)))
                .plain(format!(
                    "\n{} · up to {}{}",
                    figures::quantity(*quantity),
                    figures::price(*limit),
                    tail(*trader, *mode)
                ));
            Message::text(text)
        }
        Alert::Filled(fill) => Message::text(filled(fill)),
        Alert::StopRaised(raised) => Message::text(stop_raised(raised)),
        Alert::TradeClosed { mode, trade, day, week } => {
            let sign = if trade.net.is_negative() { "🔻" } else { "✅" };
            let held = trade.exited_at.since(trade.entered_at);
            let text = Text::new()
                .bold(format!(
                    "{sign} CLOSED {}  {} ({})",
                    trade.trader.symbol,
                    figures::signed_in(trade.net, trade.quote),
                    figures::percent(trade.return_on_cost)
                ))
                .plain(format!(
                    "\n{} @ {} → {}{}\n",
                    figures::quantity(trade.quantity),
                    figures::price(trade.entry),
                    figures::price(trade.exit),
                    tail(trade.trader, *mode)
                ))
                .plain(format!(
                    "{} · held {} · fees {} · #{}\n",
                    words::reason(trade.exit_reason),
                    crate::local_time::length(held),
                    figures::amount(trade.fees),
                    trade.number.0
                ))
                .plain(format!("day {} · week {}", figures::signed(*day), figures::signed(*week)));
            let trader = trade.trader;
            Message::text(text).row([
                command("Chart", format!("/chart {trader}")),
                command("Why", format!("/why #{}", trade.number.0)),
            ])
        }
        Alert::OrderRejected { trader, order, side, reason, doing } => {
            let text = Text::new()
                .bold(format!("🔴 REFUSED {} {trader} · o{}", words::side(*side), order.0))
                .plain(format!("\n{reason}\n{doing}"));
            let button = command("Why", format!("/why o{}", order.0));
            Message::text(text).row([button])
        }
        _ => super::told(alert, reader),
    }
}

fn tail(trader: Trader, mode: Mode) -> String {
    format!("   {} · {}", trader.interval, mode.shown())
}

/// Two lines that a lock screen shows; the rest after them.
pub(super) fn filled(fill: &FillAlert) -> Text {
    let is_partial = !fill.remaining.is_zero();
    let (sign, what) = match (fill.side, is_partial) {
        (Side::Buy, false) => ("🟢", "LONG"),
        (Side::Buy, true) => ("🟢", "PART LONG"),
        (Side::Sell, false) => ("🔻", "SOLD"),
        (Side::Sell, true) => ("🔻", "PART SOLD"),
    };
    let symbol = fill.trader.symbol;
    let price = figures::price(fill.price);
    let mut text = Text::new()
        .bold(format!("{sign} {what} {symbol}  {} @ {price}", figures::quantity(fill.quantity)))
        .end();
    text = text.plain(match fill.protection {
        Some(Protection::OnExchange { trigger, .. }) => {
            let distance = figures::percent(figures::distance(trigger, fill.price));
            format!("stop {} ({distance})", figures::price(trigger))
        }
        Some(Protection::Placing { .. }) => "stop being placed".to_owned(),
        Some(Protection::Leaving { .. }) => "rest being sold".to_owned(),
        Some(Protection::Unprotected { .. }) => "🔴 UNPROTECTED".to_owned(),
        None => words::reason(fill.reason).to_owned(),
    });
    text = text.plain(format!("{}\n", tail(fill.trader, fill.mode)));
    if is_partial {
        text = text.plain(format!("{} still open\n", figures::quantity(fill.remaining)));
    }
    let cost = figures::amount_in(fill.price.times(fill.quantity), fill.quote);
    text.plain(format!(
        "{cost} · fee {} {} · #{}",
        figures::quantity(fill.fee),
        fill.fee_asset,
        fill.number.0
    ))
}

fn stop_raised(raised: &StopRaised) -> Text {
    let times = match raised.times {
        0 | 1 => String::new(),
        times => format!(" in {times} steps"),
    };
    let against = figures::percent(figures::distance(raised.to, raised.entry));
    let mut text = Text::new()
        .bold(format!("Stop {} ↑ {}", raised.trader.symbol, figures::price(raised.to)))
        .plain(format!(
            "\nfrom {}{times} · {against} of entry{}",
            figures::price(raised.from),
            tail(raised.trader, raised.mode)
        ));
    if let Some(price) = raised.price {
        let distance = figures::percent(figures::distance(raised.to, price));
        text = text.plain(format!("\nmarket {} · stop {distance}", figures::price(price)));
    }
    text
}
