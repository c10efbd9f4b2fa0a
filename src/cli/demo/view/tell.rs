//! From effects to events: what people would want to hear of.

use heikin_core::engine::{Alert, Effect, Trader};
use heikin_core::ledger::Trade;
use heikin_core::market::TickPrice;
use heikin_core::num::{Money, Price};
use heikin_core::order::{ClientOrderId, NewOrder, Order, Reason, Side, SlotState};
use heikin_core::time::{Span, Timestamp};

use super::{Event, EventKind, OrderRow, Progress, ROWS_KEPT, View, keep, opens, trade_fees};
use crate::cli::figures::{money, percent, signed, span};
use crate::cli::words;

/// The sides of the fills among some effects.
pub(super) fn fills(effects: &[(Effect, Timestamp)]) -> impl Iterator<Item = Side> {
    effects.iter().filter_map(|(effect, _)| match effect {
        Effect::Notify(Alert::Filled { side, .. }) => Some(*side),
        _ => None,
    })
}

impl View {
    /// Adds the events of one candle.
    pub(super) fn tell(&mut self, progress: &Progress<'_>) {
        self.fresh_events = 0;
        let (opened, closes) = (progress.candle.open_time(), progress.candle.close_time());
        if progress.regime != self.heading.regime {
            self.add(opened, EventKind::Market, (progress.regime.to_string(), String::new()));
        }
        let mut armed = self.orders.iter().any(|order| order.side == Side::Buy);
        let mut stop = self.position.and_then(|position| position.stop);
        let mut at;
        for (effect, done) in &progress.effects {
            at = (*done).clamp(opened, closes);
            match effect {
                Effect::Submit(order) | Effect::Replace { submit: order, .. } => {
                    at = decided_at(progress.trader(), order.id).unwrap_or(at);
                    if !opens(order.reason) {
                        let trigger = order.terms.kind.trigger().map(TickPrice::price);
                        self.tell_exit(at, order, stop);
                        stop = trigger.or(stop);
                    } else if !armed {
                        self.tell_entry(at, order);
                        armed = true;
                    }
                }
                Effect::Notify(alert) => {
                    if let Alert::Filled { at: filled, .. } = alert {
                        at = *filled;
                    }
                    if let Alert::TradeClosed(_) = alert {
                        (armed, stop) = (false, None);
                    }
                    self.tell_alert(at, alert);
                }
                _ => {}
            }
        }
        // The engine protects first and tells afterwards; people want to hear of the fill first.
        let known = self.events.len().saturating_sub(self.fresh_events);
        let fresh = self.events.make_contiguous().get_mut(known..).unwrap_or_default();
        fresh.sort_by_key(|event| (event.at, event.kind.rank()));
    }

    fn tell_entry(&mut self, at: Timestamp, order: &NewOrder) {
        let level = order.terms.kind.trigger().or(order.terms.kind.worst_price());
        let price = level.map_or_else(String::new, |level| self.figures.price(level.price()));
        self.add(at, EventKind::Armed, (format!("buy at {price}"), self.describe(order)));
    }

    fn tell_exit(&mut self, at: Timestamp, order: &NewOrder, earlier: Option<Price>) {
        let kind = match order.reason {
            Reason::Stop if earlier.is_some() => EventKind::Raised,
            Reason::Stop => EventKind::Stop,
            _ => EventKind::Leaving,
        };
        let terms = &order.terms;
        let level = terms.kind.trigger().or(terms.kind.worst_price());
        let price =
            level.map_or_else(|| "market".to_owned(), |level| self.figures.price(level.price()));
        let text = match kind {
            EventKind::Leaving => format!("{}: sell at {price}", words::exit(order.reason)),
            EventKind::Raised => format!("stop to {price}"),
            _ => format!("stop at {price}"),
        };
        let mut detail = self.describe(order);
        if kind == EventKind::Leaving {
            detail = format!("{}: {detail}", words::reason(order.reason));
        }
        self.add(at, kind, (text, detail));
    }

    fn tell_alert(&mut self, at: Timestamp, alert: &Alert) {
        match alert {
            Alert::Filled { side: bought_or_sold, reason, price, quantity, remaining, .. } => {
                let (figures, base) = (self.figures, self.heading.base);
                let kind = match bought_or_sold {
                    Side::Buy => EventKind::Bought,
                    Side::Sell => EventKind::Sold,
                };
                let text =
                    format!("{} {base} at {}", figures.quantity(*quantity), figures.price(*price));
                let why = words::reason(*reason);
                let detail = if remaining.is_zero() {
                    why.to_owned()
                } else {
                    format!("{why}, {} still open", figures.quantity(*remaining))
                };
                self.add(at, kind, (text, detail));
            }
            Alert::TradeClosed(trade) => self.tell_trade(at, trade),
            _ => {
                if let Some(text) = words::alert(alert) {
                    self.add(at, EventKind::Alert, (text, String::new()));
                }
            }
        }
    }

    fn tell_trade(&mut self, at: Timestamp, trade: &Trade) {
        let (net, quote) = (trade.net_quote(), self.heading.quote);
        let kind = if net > Money::ZERO { EventKind::Won } else { EventKind::Lost };
        let text =
            format!("#{} {} {quote} ({})", trade.number, signed(net), percent(net, trade.cost));
        let held = span(trade.exited_at.since(trade.entered_at));
        let detail = format!("net of {} fees, held {held}", money(trade_fees(trade)));
        self.add_trade(trade);
        self.add(at, kind, (text, detail));
    }

    fn describe(&self, order: &NewOrder) -> String {
        let kind = &order.terms.kind;
        let row = OrderRow {
            side: order.terms.side,
            kind: words::kind(kind),
            trigger: kind.trigger().map(TickPrice::price),
            limit: kind.worst_price().map(TickPrice::price),
            quantity: order.terms.quantity.quantity(),
            age: Span::ZERO,
        };
        row.describe(self.figures, self.heading.base)
    }

    fn add(&mut self, at: Timestamp, kind: EventKind, (text, detail): (String, String)) {
        // A candle closes with its last millisecond; people say the full hour.
        let at = at + Span::from_millis(1);
        let event = Event { at, candle: self.heading.candle, kind, text, detail };
        // A stop that follows a rise is one event, and not one per candle.
        let follows = |last: &Event| kind == EventKind::Raised && last.kind == kind;
        if self.events.pop_back_if(|last| follows(last)).is_some() {
            self.fresh_events = self.fresh_events.saturating_sub(1);
        }
        keep(&mut self.events, event, ROWS_KEPT);
        self.fresh_events = (self.fresh_events + 1).min(ROWS_KEPT);
    }
}

/// When an order was decided, as the engine remembers it.
fn decided_at(trader: Option<&Trader>, id: ClientOrderId) -> Option<Timestamp> {
    let mut orders = trader?.slots().iter().flat_map(SlotState::orders);
    orders.find(|order: &&Order| order.id == id).map(|order| order.decided_at)
}
