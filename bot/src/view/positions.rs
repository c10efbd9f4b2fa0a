//! Open positions.

use crate::backend::Position;
use crate::message::{Message, Text};

use super::buttons::{command, home_and_refresh};
use super::status::position_lines;
use super::{Reader, figures};

/// Every open position.
pub fn positions(positions: &[Position], reader: &Reader) -> Message {
    if positions.is_empty() {
        let text = Text::new()
            .bold("No open position.")
            .plain(" /why says what the next entry waits for, /trades what was closed.");
        return Message::text(text).row(home_and_refresh("/position"));
    }
    let mut text = Text::new();
    for position in positions {
        let trader = position.trader;
        if !text.is_empty() {
            text = text.end();
        }
        text = text.bold(format!("▲ LONG {trader} · #{}", position.number.0)).end();
        text = text.then(position_lines(position, reader)).plain(format!(
            "held {} · cost {}\n",
            reader.time.ago(position.opened_at),
            figures::amount_in(position.cost, position.quote)
        ));
    }
    let mut message = Message::text(text);
    for position in positions.iter().take(6) {
        let trader = position.trader;
        let mut row = vec![command(format!("Chart {trader}"), format!("/chart {trader}"))];
        if reader.steers() {
            row.push(command(format!("Close {trader}…"), format!("/close {trader}")));
        }
        message = message.row(row);
    }
    message.row(home_and_refresh("/position"))
}

/// Which position to close.
pub fn choose_position(positions: &[Position]) -> Message {
    if positions.is_empty() {
        let text = Text::new().bold("Nothing to close: ").plain("no position is open.");
        return Message::text(text).row([command("‹ Menu", "/menu")]);
    }
    let mut message = Message::text(
        Text::new()
            .bold("Close which position?")
            .end()
            .plain("What it brings is shown next, before anything is sold."),
    );
    for position in positions.iter().take(8) {
        let result = position.unrealized.map_or(String::new(), |money| {
            format!(" {}", figures::signed_in(money, position.quote))
        });
        let trader = position.trader;
        message = message.row([command(format!("{trader}{result}"), format!("/close {trader}"))]);
    }
    if positions.len() > 1 {
        message = message.row([command("All of them", "/close all")]);
    }
    message.row([command("‹ Menu", "/menu")])
}
