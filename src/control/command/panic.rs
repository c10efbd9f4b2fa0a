//! The end of a panic.

use heikin_bot::backend::{Identity, Leg, LegState, PanicStep};
use heikin_core::market::{Asset, Side};
use heikin_core::num::Money;

use super::trading::renewed;
use crate::control::account::Replica;

/// A panic whose end is to be told.
#[derive(Debug, Clone)]
pub(in crate::control) struct PanicUnderWay {
    /// Who.
    pub(super) by: Identity,
    /// What was to be done.
    pub(super) legs: Vec<Leg>,
    /// How many trades had been closed.
    pub(super) closed_before: usize,
    /// What amounts are in.
    pub(super) quote: Asset,
}

impl PanicUnderWay {
    /// What to tell once nothing of ours is open or held any more.
    pub(in crate::control) fn ended(&self, replica: &Replica) -> Option<(Identity, PanicStep)> {
        let engine = replica.engine();
        let is_flat = engine
            .traders()
            .iter()
            .all(|trader| !trader.position().is_open() && trader.live_orders().next().is_none());
        if !engine.is_panicked() || !is_flat {
            return None;
        }
        let legs = self.legs.iter().map(|leg| {
            let leg = renewed(leg, replica);
            // Dust is no position: what could be sold is sold.
            let state = match leg.state {
                LegState::Working => LegState::Done { price: None },
                state => state,
            };
            Leg { state, ..leg }
        });
        let trades = replica.model().trades();
        let sold: Money = trades.iter().skip(self.closed_before).map(|trade| trade.net).sum();
        let step = PanicStep::Finished { legs: legs.collect(), net: sold, quote: self.quote };
        Some((self.by.clone(), step))
    }
}

/// What panicking means for a trader: its entry is cancelled, its position is sold.
pub(super) const fn is_sale(leg: &Leg) -> bool {
    matches!(leg.side, Side::Sell)
}
