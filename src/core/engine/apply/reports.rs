//! What the exchange says of orders, and what follows in the books.

use super::super::{Alert, Bug, Engine, FILLS_DUE_AFTER};
use crate::ledger::{Closing, LastSale, Liquidity};
use crate::market::Quote;
use crate::num::Quantity;
use crate::order::{
    ClientOrderId, Close, Fill, OrderReport, OrderState, Phase, Reason, Refusal, Side, Slot,
};
use crate::reconcile::{pause_after, uncovered};
use crate::strategy::Leave;
use crate::time::Timestamp;

impl Engine {
    pub(super) fn take_report(&mut self, report: &OrderReport, quote: Option<Quote>) {
        let trader = self.traders.get(usize::from(report.state.id.trader().0));
        let market = trader.and_then(|trader| self.markets.get_mut(trader.market));
        if let (Some(quote), Some(market)) = (quote, market) {
            market.quote = Some(quote);
        }
        self.merge(&report.state, report.fill.as_ref());
    }

    /// Merges one statement about one order.
    #[inline]
    pub(super) fn merge(&mut self, state: &OrderState, fill: Option<&Fill>) {
        let now = self.clock;
        let by_order = self.has(Bug::FillsKeyedByOrder);
        let id = state.id;
        self.widen_recovered(state);
        let Some(slot) = self.slot_mut(id) else { return };
        let Some(order) = slot.order_mut(id) else { return };
        let had_fills = !order.booked().is_zero();
        let before = order.phase;
        let doubled_until = order.resolve.as_ref().and_then(|resolve| resolve.doubled_until());
        let mut merged = order.merge(state, fill, now);
        if order.is_settled() {
            order.fills_due = None;
        } else if order.fills_due.is_none() {
            order.fills_due = Some(now + FILLS_DUE_AFTER);
        }
        // A repetition, or a word about an order of long ago, excuses no refusal since.
        let moved = order.phase != before;
        let goes_well =
            matches!(order.phase, Phase::Working | Phase::Closed(Close::Canceled | Close::Filled));
        if doubled_until.is_some() {
            slot.doubled_until = doubled_until;
            slot.hold_until = slot.hold_until.max(doubled_until);
        }
        if moved && goes_well {
            slot.went_well();
        } else if merged.ended {
            self.after_end(id, None);
        }
        if by_order && had_fills {
            merged.new_fill = false;
        }
        if let Some(surprise) = merged.surprise {
            self.pending.push_back(Alert::Surprise { id, surprise });
        }
        let new_fill = fill.filter(|_| merged.new_fill);
        if let Some(fill) = new_fill {
            self.book(id, fill);
        }
        if id.slot() == Slot::Exit && state.working_since.is_some() {
            self.note_stop_triggered(id);
        }
        if new_fill.is_some() {
            self.close_if_sold(id);
        }
    }

    /// An order may have ended: what that means for its slot. `not_before` is when the exchange
    /// wants to be asked again.
    #[inline]
    pub(super) fn after_end(&mut self, id: ClientOrderId, not_before: Option<Timestamp>) {
        let now = self.clock;
        let Some(slot) = self.slot_mut(id) else { return };
        match slot.order(id).map(|order| order.phase) {
            Some(Phase::Closed(Close::Filled | Close::Canceled | Close::Absent)) => {
                slot.went_well();
            }
            Some(Phase::Closed(Close::NotSent)) => slot.could_not_send(now),
            Some(Phase::Closed(close)) => self.after_failure(id, close, not_before),
            Some(_) => slot.retry_at = not_before.or(slot.retry_at),
            None => {}
        }
    }

    /// The exchange refused or ended an order.
    #[cold]
    fn after_failure(&mut self, id: ClientOrderId, close: Close, not_before: Option<Timestamp>) {
        let now = self.clock;
        let Some(slot) = self.slot_mut(id) else { return };
        let refused = matches!(close, Close::Refused(_) | Close::Rejected);
        slot.refusals = if refused { slot.refusals.saturating_add(1) } else { 0 };
        slot.unsent = 0;
        slot.retry_at = pause_after(close, slot.refusals, now).max(not_before);
        let expected = matches!(
            close,
            Close::Refused(Refusal::WouldTriggerImmediately | Refusal::PartlyFilled)
        );
        if !expected {
            self.pending.push_back(Alert::OrderFailed { id, close });
        }
        match close {
            Close::Refused(Refusal::Filter(_)) => {
                let market = self.traders.get(usize::from(id.trader().0)).map(|it| it.market);
                if let Some(market) = market.and_then(|market| self.markets.get_mut(market)) {
                    market.rules_wanted = true;
                    self.rules_wanted = true;
                }
            }
            // Our count of the balance is wrong, or somebody else has locked it.
            Close::Refused(Refusal::InsufficientBalance) => {
                self.sync.due = Some(now);
                self.plan_sync();
            }
            _ => {}
        }
    }

    /// Books one fill: in the trader's position and in the account's balances.
    fn book(&mut self, id: ClientOrderId, fill: &Fill) {
        let ignore_fee = self.has(Bug::BaseFeeIgnored);
        let Some(trader) = self.traders.get_mut(usize::from(id.trader().0)) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let Some(order) = trader.slot(id.slot()).and_then(|slot| slot.order(id)) else { return };
        let (side, reason, remaining) = (order.terms.side, order.reason, order.remaining());
        let (number, candle, after) = trader.candle_of(order, fill);
        let (base, quote) = (market.rules.base, market.rules.quote);
        let mut fill = *fill;
        if ignore_fee && fill.commission_asset == base {
            fill.commission = Quantity::ZERO;
        }
        let opened = trader.position.opened;
        trader.position.book(side, &fill, (base, quote), (candle, after));
        // Fills may be told in another order than that in which they happened.
        let is_last = trader.position.last_sale.is_none_or(|last| last.at <= fill.at);
        if side == Side::Sell && is_last {
            trader.position.last_sale = Some(LastSale {
                candle: number,
                candle_open: candle,
                at: fill.at,
                reason,
                liquidity: if fill.maker { Liquidity::Maker } else { Liquidity::Taker },
            });
        }
        let is_new = trader.position.opened > opened;
        self.counters.trades += u32::from(is_new);
        if is_new {
            self.number_position(usize::from(id.trader().0));
        }
        let (worth, amount) = (fill.price.times(fill.quantity), fill.quantity.to_money());
        let (base_change, quote_change) = match side {
            Side::Buy => (amount, -worth),
            Side::Sell => (-amount, worth),
        };
        self.balances.book(base, base_change, fill.at);
        self.balances.book(quote, quote_change, fill.at);
        self.balances.book(fill.commission_asset, -fill.commission.to_money(), fill.at);
        self.booked += 1;
        let Fill { price, quantity, at, .. } = fill;
        self.pending.push_back(Alert::Filled { id, side, reason, price, quantity, remaining, at });
    }

    /// The protective stop has triggered: from now on it should fill.
    fn note_stop_triggered(&mut self, id: ClientOrderId) {
        let Some(order) = self.slot_mut(id).and_then(|slot| slot.order(id)) else { return };
        let is_stop = order.reason == Reason::Stop && order.terms.kind.trigger().is_some();
        let since = order.working_since.filter(|_| is_stop && order.is_live());
        let trader = self.traders.get_mut(usize::from(id.trader().0));
        if let Some(open) = trader.and_then(|trader| trader.position.open.as_mut()) {
            open.triggered_at = open.triggered_at.or(since);
        }
    }

    /// A position of which nothing is left to sell is closed; the rest of it is dust.
    fn close_if_sold(&mut self, id: ClientOrderId) {
        let index = usize::from(id.trader().0);
        let Some(trader) = self.traders.get(index) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let sold = trader.position.open.as_ref().is_some_and(|open| !open.sold.is_zero());
        if sold && market.rules.floor_lot(trader.position.held).is_none() {
            self.close_position(index);
        }
    }

    /// Ends a trader's position as a trade.
    pub(in crate::engine) fn close_position(&mut self, index: usize) {
        let now = self.clock;
        let Some(trader) = self.traders.get_mut(index) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let quote = market.rules.quote;
        let last = trader.position.last_sale.take().unwrap_or(LastSale {
            candle: trader.closed + 1,
            candle_open: trader.candle.map_or(now, |candle| candle.open_time()),
            at: now,
            reason: Reason::SoldByHand,
            liquidity: Liquidity::Taker,
        });
        let closing = Closing {
            trader: trader.id,
            candle: last.candle,
            candle_open: last.candle_open,
            at: last.at,
            reason: last.reason,
            liquidity: last.liquidity,
            quote_after: self.balances.total(quote),
        };
        let Some(trade) = trader.position.close(&closing) else { return };
        if trader.leave == Some(Leave::Close) {
            trader.leave = None;
            trader.paused = true;
        }
        trader.alarmed = false;
        self.quote_counters(quote).realized += trade.net_quote();
        self.pending.push_back(Alert::TradeClosed(Box::new(trade)));
    }

    /// Keeps track of since when something of a position is not covered by an open order.
    pub(in crate::engine) fn note_protection(&mut self, index: usize) {
        let now = self.clock;
        let Some(trader) = self.traders.get_mut(index) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let held = trader.holding();
        let Some(open) = &mut trader.position.open else { return };
        let sellable = market
            .rules
            .floor_lot(held)
            .map_or(Quantity::ZERO, crate::market::LotQuantity::quantity);
        let exit = trader.slots.get(Slot::Exit.index());
        let bare = exit.map_or(sellable, |exit| uncovered(sellable, exit));
        open.unprotected_since = match open.unprotected_since {
            _ if bare.is_zero() => None,
            Some(since) => Some(since),
            None => Some(now),
        };
        if bare.is_zero() && trader.alarmed {
            trader.alarmed = false;
            self.pending.push_back(Alert::Protected { trader: trader.id });
        }
    }
}
