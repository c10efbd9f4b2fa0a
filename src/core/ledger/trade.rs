use serde::{Deserialize, Serialize};

use super::position::Liquidity;
use crate::market::Asset;
use crate::num::{Money, Price, Quantity};
use crate::order::{Reason, TraderId};
use crate::time::Timestamp;

/// Commissions by the asset that they were charged in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Fees {
    /// Charged in the base asset: less was received than bought.
    pub base: Quantity,
    /// Charged in the quote asset.
    pub quote: Quantity,
    /// Charged in any other asset, such as BNB.
    pub other: Vec<(Asset, Quantity)>,
}

impl Fees {
    /// Adds a commission in a third asset.
    pub fn add_other(&mut self, asset: Asset, amount: Quantity) {
        match self.other.iter_mut().find(|(known, _)| *known == asset) {
            Some((_, sum)) => *sum = sum.plus(amount).unwrap_or(*sum),
            None => self.other.push((asset, amount)),
        }
    }
}

/// A position from its first entry fill to its last exit fill.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trade {
    /// Whose.
    pub trader: TraderId,
    /// Which one of the account, counting from 1 over all of its traders.
    pub number: u64,
    /// The opening time of the candle in which the first entry fill happened.
    pub entry_candle: Timestamp,
    /// When the first entry fill happened.
    pub entered_at: Timestamp,
    /// How much was bought, before commissions.
    pub bought: Quantity,
    /// Σ price × quantity of the entry fills.
    pub cost: Money,
    /// Commissions of the entry.
    pub entry_fees: Fees,
    /// The opening time of the candle in which the last exit fill happened.
    pub exit_candle: Timestamp,
    /// When the last exit fill happened.
    pub exited_at: Timestamp,
    /// How much was sold.
    pub sold: Quantity,
    /// Σ price × quantity of the exit fills.
    pub proceeds: Money,
    /// Commissions of the exit.
    pub exit_fees: Fees,
    /// Why the order that sold last was placed.
    pub exit_reason: Reason,
    /// Whether the last exit fill rested in the book or took from it.
    pub exit_liquidity: Liquidity,
    /// The account's quote total afterwards, by our own count.
    pub quote_after: Money,
    /// The base that the trader still holds afterwards: dust.
    pub dust_after: Quantity,
}

impl Trade {
    /// Realized PnL in the quote asset: proceeds less their commission, less the cost and its
    /// commission. Dust counts for nothing; commissions in a third asset are listed, not converted.
    pub fn net_quote(&self) -> Money {
        self.proceeds
            - self.exit_fees.quote.to_money()
            - self.cost
            - self.entry_fees.quote.to_money()
    }

    /// PnL before any commission: (exit − entry) × quantity, over what was sold.
    pub fn gross_quote(&self) -> Money {
        let Some(entry) = self.entry_price() else {
            return Money::ZERO;
        };
        self.proceeds - entry.times(self.sold)
    }

    /// The average entry price.
    pub fn entry_price(&self) -> Option<Price> {
        self.cost.price_of(self.bought)
    }

    /// The average exit price.
    pub fn exit_price(&self) -> Option<Price> {
        self.proceeds.price_of(self.sold)
    }
}
