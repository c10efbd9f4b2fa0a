//! The price moves, and orders trigger and fill.

use std::fmt::Debug;

use super::venue_order::{LegKind, VenueOrder};
use super::{Event, MarketIndex, Matching, PointKind};
use crate::market::Side;
use crate::num::{Price, Quantity};
use crate::order::{ExpiryReason, Fill, OrderReport, OrderState, VenueStatus};

/// Whether a price movement has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The price is reached, and everything on the way has happened.
    Reached,
    /// Something happened on the way: take the events, react, and move on.
    Stopped,
}

/// Whether an order rested in the book or takes from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Liquidity {
    Resting,
    Taking,
}

impl<I: Clone + Eq + Debug> Matching<I> {
    /// The price jumps to `price`: orders see nothing in between. Call again until it is reached.
    pub fn jump(&mut self, market: MarketIndex, price: Price, depth: Option<Quantity>) -> Progress {
        let state = self.market_mut(market);
        if state.last != Some(price) || state.kind != PointKind::Open {
            state.last = Some(price);
            state.kind = PointKind::Open;
            state.offer(depth);
        }
        self.trade_at_point(market)
    }

    /// The price walks to `price`: orders see every price. Call again until it is reached.
    #[inline]
    pub fn walk(&mut self, market: MarketIndex, price: Price) -> Progress {
        if self.market(market).kind == PointKind::Walk
            && self.market(market).depth.is_some()
            && self.trade_at_point(market) == Progress::Stopped
        {
            return Progress::Stopped;
        }
        let state = self.market_mut(market);
        state.kind = PointKind::Walk;
        let Some(last) = state.last else {
            state.last = Some(price);
            return Progress::Reached;
        };
        let rising = price >= last;
        let exhausted = state.depth.is_some_and(Quantity::is_zero);
        // The nearest order on the way that does something.
        let mut next: Option<(usize, Price)> = None;
        for (index, order) in state.open.iter().enumerate() {
            // A stop still triggers where nothing is left to take.
            if exhausted && order.working_since.is_some() {
                continue;
            }
            let Some((at, above)) = order.next_act() else { continue };
            let on_the_way =
                if rising { last <= at && at <= price } else { price <= at && at <= last };
            let nearer = next.is_none_or(|(_, other)| if rising { at < other } else { at > other });
            if above == rising && on_the_way && nearer {
                next = Some((index, at));
            }
        }
        let Some((index, at)) = next else {
            state.last = Some(price);
            return Progress::Reached;
        };
        state.last = Some(at);
        self.act(market, index, at);
        Progress::Stopped
    }

    /// Whether no order does anything between these two prices: then a path between them may be
    /// skipped, [`Matching::skip_to`] its end.
    #[inline]
    pub fn is_quiet(&self, market: MarketIndex, low: Price, high: Price) -> bool {
        self.market(market).open.iter().all(|order| match order.next_act() {
            Some((price, true)) => price > high,
            Some((price, false)) => price < low,
            None => false,
        })
    }

    /// The price has come to `price` without touching any order.
    #[inline]
    pub fn skip_to(&mut self, market: MarketIndex, price: Price) {
        let state = self.market_mut(market);
        state.last = Some(price);
        state.kind = PointKind::Walk;
    }

    /// A new leg of the path begins: it gives at most `depth`.
    pub fn begin_leg(&mut self, market: MarketIndex, depth: Option<Quantity>) {
        self.market_mut(market).offer(depth);
    }

    /// The candle closes at the price that was reached: what is placed now and is through already
    /// fills at this price; a market order waits for the next one.
    pub fn close_candle(&mut self, market: MarketIndex) {
        self.market_mut(market).kind = PointKind::Close;
    }

    /// Lets one order do what the present price makes it do.
    fn trade_at_point(&mut self, market: MarketIndex) -> Progress {
        let state = self.market(market);
        let Some(last) = state.last else { return Progress::Reached };
        if state.depth.is_some_and(Quantity::is_zero) {
            return Progress::Reached;
        }
        match state.open.iter().position(|order| order.acts_when_at(last)) {
            Some(index) => {
                self.act(market, index, last);
                Progress::Stopped
            }
            None => Progress::Reached,
        }
    }

    /// An order's price is reached: it triggers, fills, or both.
    fn act(&mut self, market: MarketIndex, index: usize, price: Price) {
        let now = self.clock;
        let state = self.market_mut(market);
        let jumped = state.kind == PointKind::Open;
        let Some(order) = state.open.get_mut(index) else { return };
        let (side, limit) = (order.side, order.limit());
        if order.working_since.is_some() {
            let at = match order.kind {
                LegKind::Market => self.slipped(market, side, price, None),
                _ if jumped => price,
                _ => limit.unwrap_or(price),
            };
            self.fill(market, index, at, Liquidity::Resting);
            return;
        }
        // A stop triggers.
        order.working_since = Some(now);
        let index = self.end_other_leg(market, index);
        let exhausted = self.market(market).depth.is_some_and(Quantity::is_zero);
        let through = limit.is_none_or(|limit| match side {
            Side::Buy => price <= limit,
            Side::Sell => price >= limit,
        });
        if through && !exhausted {
            let at = if jumped { price } else { self.slipped(market, side, price, limit) };
            self.fill(market, index, at, Liquidity::Taking);
        } else if let Some(order) = self.market(market).open.get(index) {
            let report = OrderReport { state: order.state(VenueStatus::Open, now), fill: None };
            self.events.push_back(Event { account: order.account, market, report });
        }
    }

    /// `price` less the slippage against `side`, on the tick, never beyond `limit`.
    fn slipped(
        &self,
        market: MarketIndex,
        side: Side,
        price: Price,
        limit: Option<Price>,
    ) -> Price {
        let (slippage, tick) = (self.model.slippage, self.market(market).rules.tick);
        if slippage.is_zero() {
            return price;
        }
        let slipped = match side {
            Side::Buy => slippage.above(price, tick),
            Side::Sell => slippage.below(price, tick),
        };
        match (side, slipped.unwrap_or(price), limit) {
            (Side::Buy, price, Some(limit)) => price.min(limit),
            (Side::Sell, price, Some(limit)) => price.max(limit),
            (_, price, None) => price,
        }
    }

    /// A new order that is through already takes at once. Returns its state if that changed.
    #[inline]
    pub(super) fn take_at_once(
        &mut self,
        market: MarketIndex,
        index: usize,
    ) -> Option<OrderState<I>> {
        let state = self.market(market);
        let last = state.last?;
        let order = state.open.get(index)?;
        order.working_since?;
        if state.depth.is_some_and(Quantity::is_zero) {
            return None;
        }
        let (side, limit) = (order.side, order.limit());
        let price = match (order.kind, side) {
            (LegKind::Market, _) if state.kind == PointKind::Close => return None,
            (LegKind::Market, _) => self.slipped(market, side, last, None),
            (_, Side::Buy) if limit.is_some_and(|limit| last <= limit) => last,
            (_, Side::Sell) if limit.is_some_and(|limit| last >= limit) => {
                self.slipped(market, side, last, limit)
            }
            _ => return None,
        };
        self.fill(market, index, price, Liquidity::Taking)
    }

    /// Fills part of an open limit order that works, at its limit; nothing where that is less than a
    /// step.
    pub fn fill_part(&mut self, market: MarketIndex, id: &I, quantity: Quantity) {
        let state = self.market_mut(market);
        let depth = state.depth;
        let works = |order: &VenueOrder<I>| order.client_id == *id && order.working_since.is_some();
        let Some(index) = state.open.iter().position(works) else { return };
        let Some(price) = state.open.get(index).and_then(VenueOrder::limit) else { return };
        state.offer(Some(quantity));
        if !state.depth.is_some_and(Quantity::is_zero) {
            self.fill(market, index, price, Liquidity::Resting);
        }
        self.market_mut(market).depth = depth;
    }

    /// Executes an order at `price`, as much of it as the market takes.
    fn fill(
        &mut self,
        market: MarketIndex,
        index: usize,
        price: Price,
        liquidity: Liquidity,
    ) -> Option<OrderState<I>> {
        let index = self.end_other_leg(market, index);
        let (now, trade_id) = (self.clock, self.next_trade);
        self.next_trade += 1;
        let state = self.market_mut(market);
        let order = state.open.get_mut(index)?;
        let quantity = state.depth.map_or(order.remaining(), |depth| depth.min(order.remaining()));
        if let Some(depth) = &mut state.depth {
            *depth = depth.saturating_minus(quantity);
        }
        let worth = price.times(quantity);
        order.executed = order.executed.plus(quantity).unwrap_or(order.executed);
        let done = order.remaining().is_zero();
        let unlocked = match (order.side, order.limit()) {
            _ if done => order.locked,
            (Side::Sell, _) => quantity.to_money().min(order.locked),
            (Side::Buy, Some(limit)) => limit.times(quantity).min(order.locked),
            // A market BUY locked for its quantity at the price of that time.
            (Side::Buy, None) => worth.min(order.locked),
        };
        order.locked -= unlocked;
        let (side, account) = (order.side, order.account);
        let rate = match liquidity {
            Liquidity::Resting => state.fees.maker,
            Liquidity::Taking => state.fees.taker,
        };
        let (base, quote) = (state.base, state.quote);
        let (commission, commission_asset) = match side {
            Side::Buy => (quantity.commission(rate), state.rules.base),
            Side::Sell => (worth.commission(rate), state.rules.quote),
        };
        let fill = Fill {
            trade_id,
            price,
            quantity,
            commission,
            commission_asset,
            maker: liquidity == Liquidity::Resting,
            at: now,
        };
        let status = if done { VenueStatus::Filled } else { VenueStatus::Open };
        let order_state = order.state(status, now);
        if done {
            state.open.remove(index);
        }
        let amount = quantity.to_money();
        let (given, paid, taken, received) = match side {
            Side::Buy => (quote, worth, base, amount),
            Side::Sell => (base, amount, quote, worth),
        };
        let balance = self.balance_mut(account, given);
        balance.locked -= unlocked;
        balance.free += unlocked - paid;
        self.balance_mut(account, taken).free += received - commission.to_money();
        let report = OrderReport { state: order_state.clone(), fill: Some(fill) };
        self.events.push_back(Event { account, market, report });
        Some(order_state)
    }

    /// One leg of a list does something: the other one ends, and the lock goes to the leg that
    /// lives. Returns where that is now.
    fn end_other_leg(&mut self, market: MarketIndex, index: usize) -> usize {
        let open = &mut self.market_mut(market).open;
        let Some((list, venue_id)) =
            open.get_mut(index).and_then(|order| order.list.take().zip(Some(order.venue_id)))
        else {
            return index;
        };
        let Some(other) = open.iter().position(|order| order.list == Some(list)) else {
            return index;
        };
        let moved = open.get_mut(other).map(|order| std::mem::take(&mut order.locked));
        if let Some(order) = open.get_mut(index) {
            order.locked += moved.unwrap_or_default();
        }
        self.end(market, other, VenueStatus::Expired(ExpiryReason::OcoTrigger));
        let open = &self.market(market).open;
        open.iter().position(|order| order.venue_id == venue_id).unwrap_or(index)
    }
}
