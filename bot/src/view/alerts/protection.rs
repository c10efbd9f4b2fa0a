//! What protects a position: rescued, lost, back.

use crate::backend::{ProtectionAlert, TradeNumber, Trader};
use crate::local_time::length;
use crate::message::{Message, Text};
use crate::view::buttons::command;
use crate::view::{Reader, figures};
use heikin_core::num::Price;
use heikin_core::time::Span;

pub(super) fn told(alert: &ProtectionAlert, reader: &Reader) -> Message {
    match alert {
        ProtectionAlert::Rescued { trader, number, price, floor, bid } => {
            let at = price.map_or("market".to_owned(), figures::price);
            let text = head("🔴 STOP RESCUED", *trader, *number).plain(format!(
                "It triggered and did not fill: offered at {at} now, not below {}{}.",
                figures::price(*floor),
                bidding(*bid)
            ));
            acting(text, *trader)
        }
        ProtectionAlert::AtFloor { trader, number, floor, bid } => {
            let text = head("🔴 STOP AT ITS FLOOR", *trader, *number).plain(format!(
                "It rests at {} and waits{}. heikin will not sell lower by itself; you can.",
                figures::price(*floor),
                bidding(*bid)
            ));
            acting(text, *trader)
        }
        ProtectionAlert::Unprotected { trader, number, quantity, since, cause, doing } => {
            let heading = format!("🔴 UNPROTECTED {}", reader.time.ago(*since));
            let text = head(&heading, *trader, *number)
                .plain(format!("{} without a stop: {cause}\n", figures::quantity(*quantity)))
                .plain(doing.clone());
            acting(text, *trader)
        }
        ProtectionAlert::Protected { trader, number, trigger, seconds } => {
            let stop = trigger.map_or(String::new(), |price| {
                format!("stop {} on exchange ✓, ", figures::price(price))
            });
            let gap = length(Span::from_secs(*seconds));
            Message::text(
                head("🟢 PROTECTED", *trader, *number).plain(format!("{stop}after {gap} without.")),
            )
        }
        ProtectionAlert::PutBack { trader, number, trigger } => {
            let text = head("🔴 STOP PUT BACK", *trader, *number).plain(format!(
                "Somebody cancelled it on the exchange: it is at {} again. To leave, /close.",
                figures::price(*trigger)
            ));
            acting(text, *trader)
        }
        ProtectionAlert::DustCarried { trader, held, base } => {
            let text = Text::new().bold(format!("Dust {trader}")).plain(format!(
                "\n{} {base} is too little to sell or protect: added to the next position.",
                figures::quantity(*held)
            ));
            Message::text(text)
        }
    }
}

fn head(what: &str, trader: Trader, number: TradeNumber) -> Text {
    Text::new().bold(format!("{what} · {trader} · #{}", number.0)).end()
}

fn bidding(bid: Option<Price>) -> String {
    bid.map_or(String::new(), |bid| format!(", bid {}", figures::price(bid)))
}

fn acting(text: Text, trader: Trader) -> Message {
    Message::text(text)
        .row([command("Sell now…", format!("/close {trader}")), command("Orders", "/orders")])
}
