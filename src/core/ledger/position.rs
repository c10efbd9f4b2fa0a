use serde::{Deserialize, Serialize};

use super::trade::{Fees, Trade};
use crate::market::{Asset, TickPrice};
use crate::num::{Money, Price, Quantity, Rate};
use crate::order::{Fill, Reason, Side, TraderId};
use crate::time::Timestamp;

/// When a position was opened or closed, in candles of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedAt {
    /// The number of the candle, counting from 1, that the fill belongs to.
    pub candle: u64,
    /// The exchange's time of the fill.
    pub at: Timestamp,
}

/// A position that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPosition {
    /// Which one of the account, counting from 1 over all of its traders.
    pub number: u64,
    /// The opening time of the candle that the first fill belongs to.
    pub entry_candle: Timestamp,
    /// When the first fill happened.
    pub entered_at: Timestamp,
    /// How many candles had closed at the first fill, by the fill's own time. The candle that
    /// closes next is the first whose rules apply to the position.
    pub opened_after: u64,
    /// How much was bought, before commissions.
    pub bought: Quantity,
    /// Σ price × quantity of the entry fills.
    pub cost: Money,
    /// Commissions of the entry.
    pub entry_fees: Fees,
    /// How much was sold.
    pub sold: Quantity,
    /// Σ price × quantity of the exit fills.
    pub proceeds: Money,
    /// Commissions of the exit.
    pub exit_fees: Fees,
    /// The highest stop trigger of this position so far: it never moves down.
    pub stop: Option<TickPrice>,
    /// Since when the stop is triggered without being filled.
    pub triggered_at: Option<Timestamp>,
    /// Since when something of the position is not covered by a live order.
    pub unprotected_since: Option<Timestamp>,
}

/// What a trader holds: the sum of its own fills.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// All base held, dust included.
    pub held: Quantity,
    /// The open position; none while only dust is held.
    pub open: Option<OpenPosition>,
    /// The last exit fill of the open position.
    pub last_sale: Option<LastSale>,
    /// When the last position was closed.
    pub last_exit: Option<ClosedAt>,
    /// How many positions were opened so far.
    pub opened: u64,
    /// What dust that was never a position of its own has cost: part of the next position's cost.
    pub dust_cost: Money,
    /// How much of it there is.
    pub dust_bought: Quantity,
    /// Realized PnL of all closed positions, in the quote asset.
    pub realized: Money,
}

impl Position {
    /// Whether a position is open.
    #[inline]
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// What the holding would bring at `price`, less the commission.
    pub fn value(&self, price: Price, fee: Rate) -> Money {
        let gross = price.times(self.held);
        gross - gross.commission(fee).to_money()
    }

    /// PnL of the open position if the rest of it were sold at `price`, less the commission.
    pub fn unrealized(&self, price: Price, fee: Rate) -> Money {
        self.open.as_ref().map_or(Money::ZERO, |open| {
            let so_far = open.proceeds - open.exit_fees.quote.to_money();
            let cost = open.cost + open.entry_fees.quote.to_money();
            so_far + self.value(price, fee) - cost
        })
    }

    /// Books a fill of the trader, in a market of these two `assets` (base, quote). `candle` is the
    /// opening time of the candle it belongs to, and how many candles had closed by then.
    pub fn book(
        &mut self,
        side: Side,
        fill: &Fill,
        assets: (Asset, Asset),
        candle: (Timestamp, u64),
    ) {
        let (base, quote) = assets;
        let worth = fill.price.times(fill.quantity);
        if side == Side::Buy {
            self.open_mut(fill.at, candle);
        }
        let mut received = fill.quantity;
        if let Some(open) = &mut self.open {
            let fees = match side {
                Side::Buy => {
                    open.bought = open.bought.plus(fill.quantity).unwrap_or(open.bought);
                    open.cost += worth;
                    &mut open.entry_fees
                }
                Side::Sell => {
                    open.sold = open.sold.plus(fill.quantity).unwrap_or(open.sold);
                    open.proceeds += worth;
                    &mut open.exit_fees
                }
            };
            if fill.commission_asset == quote {
                fees.quote = fees.quote.plus(fill.commission).unwrap_or(fees.quote);
            } else if fill.commission_asset == base {
                fees.base = fees.base.plus(fill.commission).unwrap_or(fees.base);
            } else if !fill.commission.is_zero() {
                fees.add_other(fill.commission_asset, fill.commission);
            }
        }
        if fill.commission_asset == base {
            received = received.saturating_minus(fill.commission);
        }
        self.held = match side {
            Side::Buy => self.held.plus(received).unwrap_or(self.held),
            Side::Sell => {
                let taken = fill.quantity.plus(fill.quantity.saturating_minus(received));
                self.held.saturating_minus(taken.unwrap_or(fill.quantity))
            }
        };
    }

    /// The open position; a new one where there is none.
    fn open_mut(&mut self, at: Timestamp, (candle, after): (Timestamp, u64)) -> &mut OpenPosition {
        if self.open.is_none() {
            self.opened += 1;
        }
        let open = self.open.get_or_insert_with(|| OpenPosition {
            number: self.opened,
            entry_candle: candle,
            entered_at: at,
            opened_after: after,
            bought: std::mem::take(&mut self.dust_bought),
            cost: std::mem::take(&mut self.dust_cost),
            entry_fees: Fees::default(),
            sold: Quantity::ZERO,
            proceeds: Money::ZERO,
            exit_fees: Fees::default(),
            stop: None,
            triggered_at: None,
            unprotected_since: None,
        });
        // Fills may be told in another order than that in which they happened.
        if at < open.entered_at {
            (open.entered_at, open.entry_candle, open.opened_after) = (at, candle, after);
        }
        open
    }

    /// Ends the open position and returns it as a trade; what is still held is dust.
    pub fn close(&mut self, closing: &Closing) -> Option<Trade> {
        let open = self.open.take()?;
        self.last_exit = Some(ClosedAt { candle: closing.candle, at: closing.at });
        let trade = Trade {
            trader: closing.trader,
            number: open.number,
            entry_candle: open.entry_candle,
            entered_at: open.entered_at,
            bought: open.bought,
            cost: open.cost,
            entry_fees: open.entry_fees,
            exit_candle: closing.candle_open,
            exited_at: closing.at,
            sold: open.sold,
            proceeds: open.proceeds,
            exit_fees: open.exit_fees,
            exit_reason: closing.reason,
            exit_liquidity: closing.liquidity,
            quote_after: closing.quote_after,
            dust_after: self.held,
        };
        self.realized += trade.net_quote();
        Some(trade)
    }

    /// Takes coins that were bought elsewhere into the position, valued at `price`.
    pub fn adopt(
        &mut self,
        quantity: Quantity,
        price: Price,
        at: Timestamp,
        candle: (Timestamp, u64),
    ) {
        if quantity.is_zero() {
            return;
        }
        let open = self.open_mut(at, candle);
        open.bought = open.bought.plus(quantity).unwrap_or(open.bought);
        open.cost += price.times(quantity);
        self.held = self.held.plus(quantity).unwrap_or(self.held);
    }

    /// Takes away what was sold by hand, valued at `price`; whether a position was open.
    pub fn lose(&mut self, quantity: Quantity, price: Option<Price>) -> bool {
        self.held = self.held.saturating_minus(quantity);
        let Some(open) = &mut self.open else {
            return false;
        };
        open.sold = open.sold.plus(quantity).unwrap_or(open.sold);
        open.proceeds += price.map_or(Money::ZERO, |price| price.times(quantity));
        true
    }

    /// Gives the open position up as dust: too small to sell, it waits for the next one.
    pub fn carry_as_dust(&mut self) -> bool {
        let Some(open) = self.open.take() else {
            return false;
        };
        // What was sold of it already lowers the cost that is carried on.
        self.dust_cost += open.cost + open.entry_fees.quote.to_money() - open.proceeds
            + open.exit_fees.quote.to_money();
        self.dust_bought = self
            .dust_bought
            .plus(open.bought.saturating_minus(open.sold))
            .unwrap_or(self.dust_bought);
        true
    }
}

/// Whether a fill rested in the book or took from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liquidity {
    /// It rested.
    Maker,
    /// It took.
    Taker,
}

/// One exit fill, as far as the end of the position depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSale {
    /// The number of the candle that it belongs to.
    pub candle: u64,
    /// That candle's opening time.
    pub candle_open: Timestamp,
    /// When it happened.
    pub at: Timestamp,
    /// Why its order was placed.
    pub reason: Reason,
    /// How it sold.
    pub liquidity: Liquidity,
}

/// What is known when a position ends.
#[derive(Debug, Clone, Copy)]
pub struct Closing {
    /// Whose.
    pub trader: TraderId,
    /// The number of the candle that the last fill belongs to.
    pub candle: u64,
    /// Its opening time.
    pub candle_open: Timestamp,
    /// When the last fill happened.
    pub at: Timestamp,
    /// Why the order that sold last was placed.
    pub reason: Reason,
    /// How it sold.
    pub liquidity: Liquidity,
    /// The account's quote total afterwards.
    pub quote_after: Money,
}
