//! Tells what the engine does, a line at a time: to the log, and to whoever watches.

use std::collections::BTreeMap;

use heikin_core::engine::{Alert, Effect, Engine};
use heikin_core::market::TickPrice;
use heikin_core::num::Price;
use heikin_core::order::{NewOrder, Reason, TraderId};
use heikin_core::time::Timestamp;

use crate::cli::figures::time;
use crate::cli::narration;
use crate::cli::tell::tell;
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

    /// How much an effect matters.
    fn weigh(&mut self, effect: &Effect) -> Weight {
        match effect {
            Effect::Submit(order) | Effect::Replace { submit: order, .. } => {
                self.weigh_order(order)
            }
            Effect::Notify(Alert::Filled { id, .. }) => {
                self.armed.remove(&id.trader());
                Weight::News
            }
            Effect::Notify(Alert::TradeClosed(_)) => Weight::News,
            Effect::Notify(_) => Weight::Fault,
            _ => Weight::Detail,
        }
    }

    fn weigh_order(&mut self, order: &NewOrder) -> Weight {
        match order.reason {
            Reason::Breakout => {
                let is_first = !self.armed.contains_key(&order.id.trader());
                let level = order.terms.kind.trigger().map(TickPrice::price);
                self.armed.extend(level.map(|level| (order.id.trader(), level)));
                if is_first { Weight::News } else { Weight::Detail }
            }
            Reason::Stop => Weight::Detail,
            _ => Weight::News,
        }
    }
}

impl Observer for Narrator {
    fn effect(&mut self, at: Timestamp, effect: &Effect, engine: &Engine) {
        let weight = self.weigh(effect);
        if let Some((who, what)) = narration::effect(effect, engine) {
            self.tell(at, (weight, &who, &what));
        }
    }
}
