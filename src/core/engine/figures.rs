//! What is told of an account besides its orders and positions.

use super::{Engine, Trader};
use crate::market::Asset;
use crate::num::Money;
use crate::risk::RiskLimits;
use crate::strategy::Explanation;

/// How much of the account's limits is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskFigures {
    /// Realized PnL of the UTC day, in the quote asset.
    pub realized_today: Money,
    /// Positions opened on it.
    pub trades_today: u32,
    /// Equity now.
    pub equity: Money,
    /// The highest equity so far.
    pub peak: Money,
}

impl Engine {
    /// How much of the limits is used up, as far as they count in `quote`.
    pub fn risk_figures(&self, quote: Asset) -> RiskFigures {
        let counters = self.counters.by_quote.iter().find(|counters| counters.asset == quote);
        let equity = self.equity(quote);
        // Counters are of the day of the last input.
        let is_today = self.clock < self.counters.day_end;
        RiskFigures {
            realized_today: counters
                .filter(|_| is_today)
                .map_or(Money::ZERO, |counters| counters.realized),
            trades_today: if is_today { self.counters.trades } else { 0 },
            equity,
            peak: counters.map_or(equity, |counters| counters.peak.max(equity)),
        }
    }

    /// The account's risk limits.
    pub const fn limits(&self) -> &RiskLimits {
        &self.config.limits
    }

    /// What our own orders have, or may have, locked of an asset.
    pub fn reserved(&self, asset: Asset) -> Money {
        self.reserved_by_all(asset)
    }

    /// What a trader's strategy sees, and how its rules come out.
    pub fn explain(&self, trader: &Trader) -> Option<Explanation> {
        self.view(trader).map(|view| trader.strategy.explain(&view))
    }

    /// Positions are counted over the account: numbers the one that a trader has just opened.
    pub(super) fn number_position(&mut self, index: usize) {
        let opened = self.traders.iter().map(|trader| trader.position.opened).sum();
        if let Some(open) = self.traders.get_mut(index).and_then(|it| it.position.open.as_mut()) {
            open.number = opened;
        }
    }
}
