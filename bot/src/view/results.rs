//! What the trading has brought, and what the account holds.

use crate::backend::{Balance, Paged, Performance, Profit, TradeLine};
use crate::message::{Message, Text};

use super::buttons::{PAGE, command, home_and_refresh, pages};
use super::table::table;
use super::{Reader, figures, words};

/// Results of a time.
pub fn profit(profit: &Profit, reader: &Reader) -> Message {
    let quote = profit.quote;
    let mut text = Text::new()
        .bold(format!("Net {}", figures::signed_in(profit.net, quote)))
        .plain(format!(" · {}\n", reader.time.range(profit.range)));
    let mut rows = vec![
        row("before fees", figures::signed(profit.gross)),
        row("fees", figures::signed(-profit.fees)),
        row("open positions", figures::signed(profit.unrealized)),
        row("trades", profit.trades.to_string()),
        row("won", figures::of(profit.wins, profit.trades)),
    ];
    if let Some(win) = profit.average_win {
        rows.push(row("average win", figures::signed(win)));
    }
    if let Some(loss) = profit.average_loss {
        rows.push(row("average loss", figures::signed(loss)));
    }
    if let Some(change) = profit.change {
        rows.push(row("equity", figures::percent(change)));
    }
    if let Some(holding) = profit.holding {
        rows.push(row("holding instead", figures::percent(holding)));
    }
    rows.push(row("deepest fall", figures::unsigned_percent(profit.max_drawdown)));
    text = text.table(table(&rows));
    for (name, trade) in [("Best", &profit.best), ("Worst", &profit.worst)] {
        if let Some(trade) = trade {
            let net = figures::signed_in(trade.net, quote);
            text = text.plain(format!("{name} #{} {}: {net}\n", trade.number.0, trade.trader));
        }
    }
    Message::text(text)
        .row([
            command("Today", "/profit 1"),
            command("7 d", "/profit 7"),
            command("30 d", "/profit 30"),
            command("All", "/profit all"),
        ])
        .row([
            command("‹ Menu", "/menu"),
            command("Equity", "/equity"),
            command("Trades", "/trades"),
        ])
}

fn row(name: &str, figure: String) -> [String; 2] {
    [name.to_owned(), figure]
}

/// Closed trades, newest first; `line` is the command that shows them.
pub fn trades(page: &Paged<TradeLine>, line: &str, reader: &Reader) -> Message {
    if page.total == 0 {
        let text = Text::new().bold("No closed trade yet.").plain(" /position shows what is open.");
        return Message::text(text).row([command("‹ Menu", "/menu")]);
    }
    let last = page.skip + u32::try_from(page.items.len()).unwrap_or(0);
    let mut text = Text::new().bold("Closed trades").plain(format!(
        " {}–{last} of {}\n",
        page.skip + 1,
        page.total
    ));
    for trade in &page.items {
        let held = trade.exited_at.since(trade.entered_at);
        text = text
            .end()
            .bold(format!("#{} {}", trade.number.0, trade.trader))
            .plain(format!(
                " · {} ({})\n",
                figures::signed_in(trade.net, trade.quote),
                figures::percent(trade.return_on_cost)
            ))
            .plain(format!(
                "{} @ {} → {}\n",
                figures::quantity(trade.quantity),
                figures::price(trade.entry),
                figures::price(trade.exit)
            ))
            .plain(format!(
                "{} · held {} · {}\n",
                reader.time.moment(trade.exited_at),
                crate::local_time::length(held),
                words::reason(trade.exit_reason)
            ));
    }
    Message::text(text)
        .row(pages(line, page.skip, u32::from(PAGE), page.total))
        .row([command("‹ Menu", "/menu"), command("Profit", "/profit 30")])
}

/// Results by symbol.
pub fn performance(performance: &Performance, reader: &Reader) -> Message {
    let range = reader.time.range(performance.range);
    let mut text = Text::new().bold("By symbol").plain(format!(" · {range}\n"));
    if performance.symbols.is_empty() {
        text = text.plain("No closed trade in that time.\n");
    } else {
        let mut rows =
            vec![["symbol".to_owned(), "won".to_owned(), format!("net {}", performance.quote)]];
        rows.extend(performance.symbols.iter().take(40).map(|symbol| {
            [
                symbol.symbol.to_string(),
                format!("{}/{}", symbol.wins, symbol.trades),
                figures::signed(symbol.net),
            ]
        }));
        text = text.table(table(&rows));
    }
    Message::text(text)
        .row([
            command("30 d", "/performance 30"),
            command("90 d", "/performance 90"),
            command("All", "/performance all"),
        ])
        .row([command("‹ Menu", "/menu"), command("Profit", "/profit 30")])
}

/// What the account holds.
pub fn balance(balance: &Balance, reader: &Reader) -> Message {
    let total = balance.total.map_or("value unknown: a price is missing".to_owned(), |total| {
        figures::amount_in(total, balance.quote)
    });
    let mut text = Text::new().bold(total).end();
    let mut rows = vec![[String::new(), "free".to_owned(), "in orders".to_owned()]];
    rows.extend(balance.lines.iter().take(30).map(|line| {
        [line.asset.to_string(), figures::quantity(line.free), figures::quantity(line.locked)]
    }));
    text = text.table(table(&rows));
    for line in balance.lines.iter().filter(|line| !line.dust.is_zero()).take(10) {
        let dust = figures::quantity(line.dust);
        text = text.plain(format!("{dust} {} is dust: too little to sell\n", line.asset));
    }
    if let Some(left) = balance.bnb_trades_left {
        text = text.plain(format!("BNB pays the fees of {} more\n", figures::count(left, "trade")));
    }
    let text = text.italic(format!("As of {}", reader.time.clock(balance.at)));
    Message::text(text).row(home_and_refresh("/balance"))
}
