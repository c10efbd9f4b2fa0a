//! Open orders, those of unknown outcome first, and fills.

use crate::backend::{FillLine, OpenOrder, OpenOrders, Paged};
use crate::message::{Message, Text};

use super::buttons::{PAGE, command, home_and_refresh, pages};
use super::{Reader, figures, words};

/// How many orders one message tells of.
const MOST: usize = 20;

/// All open orders of the account.
pub fn open_orders(open: &OpenOrders, reader: &Reader) -> Message {
    let mut text = Text::new();
    if open.orders.is_empty() {
        text = text.bold("No open order of heikin's.").end();
    }
    for order in open.orders.iter().take(MOST) {
        if !text.is_empty() {
            text = text.end();
        }
        text = text.then(one_order(order, open, reader));
    }
    if let Some(more) = open.orders.len().checked_sub(MOST).filter(|more| *more > 0) {
        text = text.plain(format!("\n… and {more} more: the API and the dashboard show all.\n"));
    }
    if open.foreign > 0 {
        let foreign = figures::count(open.foreign, "order");
        text = text.plain(format!("\n{foreign} not heikin's: left alone.\n"));
    }
    Message::text(text).row(home_and_refresh("/orders"))
}

fn one_order(order: &OpenOrder, open: &OpenOrders, reader: &Reader) -> Text {
    let mut text = Text::new()
        .bold(format!("{} {}", words::side(order.side), order.trader))
        .plain(format!(" · o{}\n", order.number.0))
        .plain(format!("{} × {}\n", figures::quantity(order.quantity), words::work(order.work)));
    if !order.filled.is_zero() {
        let (filled, all) = (figures::quantity(order.filled), figures::quantity(order.quantity));
        text = text.plain(format!("filled {filled} of {all}\n"));
    }
    let price = open.prices.iter().find(|(trader, _)| *trader == order.trader);
    if let (Some((_, price)), Some(level)) = (price, level(order)) {
        let distance = figures::percent(figures::distance(level, *price));
        text = text.plain(format!("{distance} from the market\n"));
    }
    text = text.plain(format!("{} · {}\n", words::phase(order.phase), words::reason(order.reason)));
    let Some(resolving) = &order.resolving else { return text };
    let next = match resolving.next_at {
        Some(at) => {
            let wait = at.since(reader.time.now());
            format!("next try in {}", crate::local_time::rough(wait))
        }
        None => "being asked now".to_owned(),
    };
    text.bold(format!("no answer for {}", reader.time.ago(resolving.since))).plain(format!(
        ": asked {}, {next}. It counts as live until the exchange has settled it.\n",
        figures::count(resolving.asked, "time")
    ))
}

fn level(order: &OpenOrder) -> Option<heikin_core::num::Price> {
    use crate::backend::OrderWork::{Bracket, Limit, Market, Stop};
    match order.work {
        Limit { price } => Some(price),
        Stop { trigger, .. } | Bracket { trigger, .. } => Some(trigger),
        Market => None,
    }
}

/// Fills, newest first; `line` is the command that shows them.
pub fn fills(page: &Paged<FillLine>, line: &str, reader: &Reader) -> Message {
    if page.total == 0 {
        let text = Text::new().bold("No fill yet.").plain(" /orders shows what is waiting.");
        return Message::text(text).row([command("‹ Menu", "/menu")]);
    }
    let shown = page.items.len();
    let last = page.skip + u32::try_from(shown).unwrap_or(0);
    let mut text =
        Text::new().bold("Fills").plain(format!(" {}–{last} of {}\n", page.skip + 1, page.total));
    for fill in &page.items {
        let price = figures::price(fill.price);
        text = text
            .end()
            .plain(format!("{} ", words::side(fill.side)))
            .bold(fill.trader.to_string())
            .plain(format!(" · #{} · o{}\n", fill.trade.0, fill.order.0))
            .plain(format!("{} @ {price}\n", figures::quantity(fill.quantity)))
            .plain(format!(
                "{} · fee {} {} · {}\n",
                reader.time.moment(fill.at),
                figures::quantity(fill.fee),
                fill.fee_asset,
                words::reason(fill.reason)
            ));
    }
    Message::text(text)
        .row(pages(line, page.skip, u32::from(PAGE), page.total))
        .row([command("‹ Menu", "/menu"), command("Trades", "/trades")])
}
