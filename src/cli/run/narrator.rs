//! Tells what the engine does, a line at a time: to the log, and to whoever watches.

use std::collections::BTreeMap;

use heikin_core::engine::{Alert, Effect, Engine};
use heikin_core::market::{Side, TickPrice};
use heikin_core::num::Price;
use heikin_core::order::{NewOrder, Reason, TraderId};
use heikin_core::time::Timestamp;

use crate::cli::figures::{percent, signed, time};
use crate::cli::tell::tell;
use crate::cli::words;
use crate::runtime::account::Observer;

/// Whether lines go to standard output as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Echo {
    Terminal,
    LogOnly,
}

/// Sees every effect, and tells those that people want to hear of. A stop that rises and an entry
/// that is priced anew at each close are told in the log alone.
#[derive(Debug)]
pub(super) struct Narrator {
    echo: Echo,
    /// The traders that have an entry waiting: the first of a row is told, those after it are not.
    armed: BTreeMap<TraderId, Price>,
}

/// How much a line matters to somebody who watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Detail,
    News,
    Fault,
}

impl Narrator {
    pub(super) const fn new(echo: Echo) -> Self {
        Self { echo, armed: BTreeMap::new() }
    }

    fn tell(&self, at: Timestamp, (weight, who, what): (Weight, &str, &str)) {
        match weight {
            Weight::Detail => tracing::info!(target: "engine", who, "{what}"),
            Weight::News => tracing::info!(target: "alert", who, "{what}"),
            Weight::Fault => tracing::warn!(target: "alert", who, "{what}"),
        }
        if self.echo == Echo::Terminal && weight != Weight::Detail {
            tell(&format!("{}  {who:<14} {what}", time(at)));
        }
    }

    fn order(&mut self, order: &NewOrder) -> (Weight, String) {
        let terms = &order.terms;
        let price = |price: Option<TickPrice>| {
            price.map_or_else(|| "market".to_owned(), |price| price.to_string())
        };
        let (verb, kind) = match terms.side {
            Side::Buy => ("buy", words::kind(&terms.kind)),
            Side::Sell => ("sell", words::kind(&terms.kind)),
        };
        let levels = match (terms.kind.trigger(), terms.kind.worst_price()) {
            (Some(trigger), Some(limit)) if trigger != limit => {
                format!("{trigger} limit {limit}")
            }
            (_, worst) => price(worst),
        };
        let why = words::reason(order.reason);
        let text = format!("{verb} {} {kind} at {levels} ({why})", terms.quantity);
        let weight = match order.reason {
            Reason::Breakout => {
                let is_first = !self.armed.contains_key(&order.id.trader());
                let level = terms.kind.trigger().map(TickPrice::price);
                self.armed.extend(level.map(|level| (order.id.trader(), level)));
                if is_first { Weight::News } else { Weight::Detail }
            }
            Reason::Stop => Weight::Detail,
            _ => Weight::News,
        };
        (weight, text)
    }

    fn alert(&mut self, alert: &Alert) -> (Weight, String) {
        match alert {
            Alert::Filled { id, side, reason, price, quantity, remaining, .. } => {
                self.armed.remove(&id.trader());
                let verb = if *side == Side::Buy { "bought" } else { "sold" };
                let rest = if remaining.is_zero() {
                    String::new()
                } else {
                    format!(", {remaining} still open")
                };
                let why = words::reason(*reason);
                (Weight::News, format!("{verb} {quantity} at {price} ({why}){rest}"))
            }
            Alert::TradeClosed(trade) => {
                let net = trade.net_quote();
                let share = percent(net, trade.cost);
                let text = format!("trade #{} closed: {} ({share})", trade.number, signed(net));
                (Weight::News, text)
            }
            other => (Weight::Fault, words::alert(other).unwrap_or_default()),
        }
    }
}

impl Observer for Narrator {
    fn effect(&mut self, at: Timestamp, effect: &Effect, engine: &Engine) {
        let (who, told) = match effect {
            Effect::Submit(order) | Effect::Replace { submit: order, .. } => {
                (name(engine, order.id.trader()), self.order(order))
            }
            Effect::Notify(alert) => {
                let who = trader_of(alert)
                    .map_or_else(|| "account".to_owned(), |trader| name(engine, trader));
                (who, self.alert(alert))
            }
            Effect::Cancel { id, .. } => {
                (name(engine, id.trader()), (Weight::Detail, format!("cancel {id}")))
            }
            Effect::Decide { .. }
            | Effect::CarryDust { .. }
            | Effect::Query { .. }
            | Effect::FetchFills { .. }
            | Effect::FetchAccount { .. }
            | Effect::FetchRules { .. } => return,
        };
        let (weight, what) = told;
        self.tell(at, (weight, &who, &what));
    }
}

/// A trader as people know it: its symbol and interval.
fn name(engine: &Engine, trader: TraderId) -> String {
    let found = engine.traders().get(usize::from(trader.0));
    let market = found.and_then(|trader| Some((trader, engine.market_of(trader)?)));
    market.map_or_else(
        || format!("trader {}", trader.0),
        |(trader, market)| format!("{} {}", market.rules().symbol, trader.interval()),
    )
}

const fn trader_of(alert: &Alert) -> Option<TraderId> {
    match alert {
        Alert::Filled { id, .. }
        | Alert::OrderFailed { id, .. }
        | Alert::Surprise { id, .. }
        | Alert::Unexplained { id } => Some(id.trader()),
        Alert::TradeClosed(trade) => Some(trade.trader),
        Alert::Denied { trader, .. }
        | Alert::Unprotected { trader, .. }
        | Alert::Protected { trader }
        | Alert::DustCarried { trader, .. }
        | Alert::PositionSoldByHand { trader, .. }
        | Alert::CandleGap { trader, .. } => Some(*trader),
        Alert::BalanceChanged { .. } => None,
    }
}
