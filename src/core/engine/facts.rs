//! What strategies may spend and what the risk gate looks at, worked out from the whole account.

use super::{Bug, Engine, Market, QuoteCounters, Trader};
use crate::market::Asset;
use crate::num::Money;
use crate::order::{Order, Phase, Side, Slot, SlotState, TraderId};
use crate::risk::RiskFacts;
use crate::strategy::Funds;
use crate::time::Timestamp;

impl Engine {
    /// What a slot's orders on one side have, or may have, locked.
    #[inline]
    fn locked(&self, slot: &SlotState, market: &Market, side: Side) -> Money {
        if slot.is_idle()
            || (self.has(Bug::UnknownNotLive)
                && slot.live().all(|order| order.phase == Phase::Unresolved))
        {
            return Money::ZERO;
        }
        market.quote.map_or(Money::ZERO, |quote| slot.locked(side, quote.ask))
    }

    /// What all our orders together have, or may have, locked of an asset.
    pub(super) fn reserved_by_all(&self, asset: Asset) -> Money {
        let of = |trader: &Trader| {
            let Some(market) = self.markets.get(trader.market) else { return Money::ZERO };
            let side = if market.rules.quote == asset {
                Side::Buy
            } else if market.rules.base == asset {
                Side::Sell
            } else {
                return Money::ZERO;
            };
            trader.slots.iter().map(|slot| self.locked(slot, market, side)).sum()
        };
        self.traders.iter().map(of).sum()
    }
}

impl Engine {
    /// Quote balance that the entry of `trader`, in `market`, may spend.
    #[inline]
    fn free_for(&self, trader: &Trader, market: &Market) -> Money {
        let quote = market.rules.quote;
        let Some(balance) = self.balances.get(quote) else { return Money::ZERO };
        let mut free = balance.total - balance.locked_by_others;
        for other in &self.traders {
            for slot in &other.slots {
                // The trader's own entry is what the money is for.
                if (slot.slot == Slot::Entry && other.id == trader.id) || slot.is_idle() {
                    continue;
                }
                let market = self.markets.get(other.market);
                if let Some(market) = market.filter(|market| market.rules.quote == quote) {
                    free -= self.locked(slot, market, Side::Buy);
                }
            }
        }
        free.max(Money::ZERO)
    }
}

/// What a second placement of an order that sells depends on.
impl Engine {
    /// Whether an order sells what is held still, and no other of its slot may be open.
    pub(super) fn may_be_placed_again(trader: &Trader, order: &Order) -> bool {
        order.terms.side == Side::Sell
            && order.terms.quantity.quantity() <= trader.holding()
            && trader
                .slot(order.id.slot())
                .is_some_and(|slot| slot.live().all(|other| other.id == order.id))
    }

    /// Whether the account has so few coins that of two orders like this one only one can be open or
    /// executed, and none is about to be bought.
    pub(super) fn suffices_for_one(&self, order: &Order) -> bool {
        let trader = self.traders.get(usize::from(order.id.trader().0));
        let Some(trader) = trader else { return false };
        let Some(rules) = self.markets.get(trader.market).map(|market| &market.rules) else {
            return false;
        };
        let concerns = |other: &&Trader| {
            let market = self.markets.get(other.market);
            market.is_some_and(|it| it.rules.base == rules.base || it.rules.quote == rules.base)
        };
        let rest = self.balances.total(rules.base) - order.terms.quantity.quantity().to_money();
        self.traders.iter().filter(concerns).count() == 1
            && trader.live_orders().all(|other| other.id == order.id)
            && self.balances.drift(rules.base).is_none()
            && rest < rules.lot.step.to_money()
            && Self::may_be_placed_again(trader, order)
    }
}

impl Funds for Engine {
    fn free_quote(&self, trader: TraderId) -> Money {
        let trader = self.traders.get(usize::from(trader.0));
        let market = trader.and_then(|trader| self.markets.get(trader.market));
        trader.zip(market).map_or(Money::ZERO, |(trader, market)| self.free_for(trader, market))
    }
}

/// What the risk gate looks at for one trader.
pub(super) struct Facts<'a> {
    pub(super) engine: &'a Engine,
    pub(super) trader: &'a Trader,
    pub(super) market: &'a Market,
}

impl Facts<'_> {
    fn counters(&self) -> Option<&QuoteCounters> {
        let quote = self.market.rules.quote;
        self.engine.counters.by_quote.iter().find(|counters| counters.asset == quote)
    }

    /// Live orders of the account on the symbol, without the trader's own entry.
    fn orders_on_symbol(&self) -> impl Iterator<Item = &Order> {
        let Trader { id, market, .. } = *self.trader;
        let on_symbol = move |other: &&Trader| other.market == market;
        self.engine.traders.iter().filter(on_symbol).flat_map(move |other| {
            let own = move |slot: &&SlotState| other.id == id && slot.slot == Slot::Entry;
            other.slots.iter().filter(move |slot| !own(slot)).flat_map(SlotState::live)
        })
    }
}

impl RiskFacts for Facts<'_> {
    fn now(&self) -> Timestamp {
        self.engine.clock
    }

    #[inline]
    fn free(&self) -> Money {
        self.engine.free_for(self.trader, self.market)
    }

    #[inline]
    fn in_position(&self) -> bool {
        self.trader.position.is_open()
    }

    fn other_trades(&self) -> u32 {
        let busy = |trader: &Trader| {
            trader.position.is_open()
                || trader.live_orders().any(|order| order.terms.side == Side::Buy)
        };
        let others = self.engine.traders.iter().filter(|other| other.id != self.trader.id);
        others.map(|other| u32::from(busy(other))).sum()
    }

    fn trades_today(&self) -> u32 {
        self.engine.counters.trades
    }

    fn last_trade(&self) -> Option<Timestamp> {
        let position = &self.trader.position;
        let opened = position.open.as_ref().map(|open| open.entered_at);
        opened.max(position.last_exit.map(|exit| exit.at))
    }

    fn realized_today(&self) -> Money {
        self.counters().map_or(Money::ZERO, |counters| counters.realized)
    }

    fn equity(&self) -> Option<(Money, Money)> {
        self.counters().map(|counters| (self.engine.equity(counters.asset), counters.peak))
    }

    #[inline]
    fn entries_off(&self) -> bool {
        self.engine.entries_off()
            || self.trader.paused
            || self.trader.is_retired()
            || self.trader.leave.is_some()
    }

    #[inline]
    fn is_unresolved(&self) -> bool {
        let exit = self.trader.slot(Slot::Exit);
        // What is bought now could be sold by a request that still arrives.
        let doubled = exit.and_then(|exit| exit.doubled_until);
        self.engine.has_recovered()
            || doubled.is_some_and(|until| self.engine.clock < until)
            || (self.engine.traders.iter().any(|trader| trader.has_questions)
                && self.orders_on_symbol().any(|order| order.phase == Phase::Unresolved))
    }

    #[inline]
    fn is_symbol_open(&self) -> bool {
        self.market.rules.can_place()
    }

    /// The entry, and the stop that follows its first fill while the rest still works.
    #[inline]
    fn has_order_room(&self) -> bool {
        let rules = &self.market.rules;
        let (max_orders, max_algos) = (rules.max_orders, rules.max_algo_orders);
        if (max_orders.is_none() && max_algos.is_none()) || self.in_position() {
            return true;
        }
        let orders: u32 = self.orders_on_symbol().map(|it| it.terms.kind.order_count()).sum();
        let algos: u32 = self.orders_on_symbol().map(|it| it.terms.kind.algo_count()).sum();
        max_orders.is_none_or(|max| orders + 2 <= max)
            && max_algos.is_none_or(|max| algos + self.market.foreign_algo_orders + 2 <= max)
    }
}
