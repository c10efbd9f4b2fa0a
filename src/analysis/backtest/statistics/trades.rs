//! Sums over closed trades.

use heikin_core::ledger::Trade;
use heikin_core::num::{Money, Price, Quantity, Rate};
use heikin_core::time::Span;

use super::returns::{count, ratio};

/// So many of the best trades are looked at by themselves.
pub(super) const BEST: usize = 3;

/// Closed trades, added up.
#[derive(Debug, Clone, Default)]
pub struct TradeTotals {
    /// How many.
    pub count: u64,
    /// How many ended above zero, net.
    pub won: u64,
    /// How many ended below zero, net.
    pub lost: u64,
    /// Σ net result.
    pub net: Money,
    /// Σ net result of those that won.
    pub net_won: Money,
    /// Σ net result of those that lost.
    pub net_lost: Money,
    /// Σ (exit − entry) × quantity, before fees.
    pub gross: Money,
    /// Σ entry price × quantity sold.
    pub entry_value: Money,
    /// Σ exit price × quantity sold.
    pub exit_value: Money,
    /// Both commissions, in the quote asset.
    pub fees: Money,
    /// Σ time between entry and exit.
    pub held: Span,
    /// Σ net result / cost.
    pub net_share: f64,
    /// The best results above zero, the best first.
    pub best: [Money; BEST],
    /// The best result and the worst.
    pub extremes: Option<(Money, Money)>,
}

impl TradeTotals {
    /// One more.
    pub fn add(&mut self, trade: &Trade) {
        let net = trade.net_quote();
        self.count += 1;
        if net > Money::ZERO {
            self.won += 1;
            self.net_won += net;
        } else if net.is_negative() {
            self.lost += 1;
            self.net_lost += net;
        }
        self.net += net;
        self.gross += trade.gross_quote();
        self.entry_value += value(trade.entry_price(), trade.sold);
        self.exit_value += trade.proceeds;
        self.fees += fees(trade);
        self.held = self.held + trade.exited_at.since(trade.entered_at);
        self.net_share += ratio(net.to_f64(), trade.cost.to_f64()).unwrap_or(0.0);
        let (best, worst) = self.extremes.unwrap_or((net, net));
        self.extremes = Some((best.max(net), worst.min(net)));
        if let Some(place) = self.best.iter().position(|best| net > *best)
            && let Some(tail) = self.best.get_mut(place..)
        {
            tail.rotate_right(1);
            if let Some(first) = tail.first_mut() {
                *first = net;
            }
        }
    }

    /// Σ winners / |Σ losers|.
    pub fn profit_factor(&self) -> Option<f64> {
        ratio(self.net_won.to_f64(), -self.net_lost.to_f64())
    }

    /// The share that won.
    pub fn win_rate(&self) -> Option<f64> {
        ratio(count(self.won), count(self.count))
    }

    /// The mean net result.
    pub fn expectancy(&self) -> Option<f64> {
        ratio(self.net.to_f64(), count(self.count))
    }

    /// The mean of net result / cost.
    pub fn expectancy_share(&self) -> Option<f64> {
        ratio(self.net_share, count(self.count))
    }

    /// The mean result of those that won.
    pub fn average_win(&self) -> Option<f64> {
        ratio(self.net_won.to_f64(), count(self.won))
    }

    /// The mean result of those that lost.
    pub fn average_loss(&self) -> Option<f64> {
        ratio(self.net_lost.to_f64(), count(self.lost))
    }

    /// What a trade gains before fees, for each unit of money put in.
    pub fn edge(&self) -> Option<f64> {
        ratio(self.gross.to_f64(), self.entry_value.to_f64())
    }

    /// The fee, of both sides alike, at which the same trades would have come out even: buying `q`
    /// at `a` and selling `q(1 − f)` at `b` for `qb(1 − f)²` gives `f = 1 − √(a/b)`, over all trades.
    pub fn break_even_fee(&self) -> Option<f64> {
        ratio(self.entry_value.to_f64(), self.exit_value.to_f64()).map(|ratio| 1.0 - ratio.sqrt())
    }

    /// Fees as a share of the gross profit; none where there was no gross profit.
    pub fn fee_share(&self) -> Option<f64> {
        if self.gross > Money::ZERO { ratio(self.fees.to_f64(), self.gross.to_f64()) } else { None }
    }

    /// Σ of the best results.
    pub fn net_of_best(&self) -> Money {
        self.best.iter().copied().sum()
    }
}

/// What buying and selling cost together, as a share: `1 − (1 − f)²`.
pub fn round_trip_cost(fee: Rate) -> f64 {
    1.0 - (1.0 - fee.to_f64()).powi(2)
}

fn value(price: Option<Price>, quantity: Quantity) -> Money {
    price.map_or(Money::ZERO, |price| price.times(quantity))
}

/// Both commissions of a trade in the quote asset, those in base at the entry price.
pub fn fees(trade: &Trade) -> Money {
    let (entry, exit) = (&trade.entry_fees, &trade.exit_fees);
    entry.quote.to_money()
        + exit.quote.to_money()
        + value(trade.entry_price(), entry.base)
        + value(trade.exit_price(), exit.base)
}
