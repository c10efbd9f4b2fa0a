//! Orders of ours that the journal does not know: it was restored from a backup, or its end is lost.
//!
//! They were sent by this installation, so they are taken back: what was executed of one is booked
//! to the trader that its id names, whose position then gets its stop as any other does; and one
//! that is open is an order where another one should be, which is replaced or cancelled. Nobody
//! enters before none of them is open. What an order asked for is not known any more: it is taken to
//! have asked for what was executed.

use super::super::{AccountSnapshot, Alert, Engine, Trader};
use crate::market::{LotQuantity, SymbolRules};
use crate::order::{
    ClientOrderId, Order, OrderKind, OrderState, Part, Reason, Side, Slot, SlotState, Terms,
};

impl Engine {
    /// Takes back what a list of the exchange has and the journal does not.
    pub(super) fn recover_from(&mut self, snapshot: &AccountSnapshot) {
        let of_fills = snapshot.fills.iter().map(|report| report.state);
        let told: Vec<_> = snapshot.orders.iter().copied().chain(of_fills).collect();
        self.recover(&told);
        let is_strange = |it: &&OrderState| is_open(it) && self.is_nobodys(it.id);
        let strangers: Vec<_> = snapshot.orders.iter().filter(is_strange).copied().collect();
        for OrderState { id, status, executed, .. } in strangers.iter().skip(self.strangers) {
            let (id, status, executed) = (*id, *status, *executed);
            self.pending.push_back(Alert::Recovered { id, status, executed });
        }
        self.strangers = strangers.len();
    }

    /// Takes back those of these orders that the journal does not know: their ids come after the last
    /// one that was given.
    fn recover(&mut self, told: &[OrderState]) {
        let lost: Vec<_> = told.iter().filter(|state| self.is_lost(state.id)).collect();
        let mut found: Vec<_> =
            lost.iter().filter(|state| is_open(state) || !state.executed.is_zero()).collect();
        found.sort_by_key(|state| sends_of(state.id));
        for state in found {
            self.take_back(state);
        }
        // Whatever became of them, their ids must not be given again.
        for state in lost {
            if let Some(slot) = self.slot_of(state.id) {
                let last = sends_of(state.id).max((slot.generation, slot.attempt));
                (slot.generation, slot.attempt) = last;
            }
        }
    }

    /// Whether an order of ours is on the exchange whose trader is not known.
    fn is_nobodys(&self, id: ClientOrderId) -> bool {
        id.tag() == self.config.tag
            && (side_of(id).is_none() || usize::from(id.trader().0) >= self.traders.len())
    }

    /// Whether this is an order of ours that was never sent, as far as the journal knows. An ended
    /// one that its slot has forgotten is none: it comes before the last one that was sent.
    fn is_lost(&self, id: ClientOrderId) -> bool {
        let trader = self.traders.get(usize::from(id.trader().0));
        trader.filter(|_| id.tag() == self.config.tag).is_some_and(|trader| {
            let slot = trader.slot(id.slot());
            slot.is_none_or(|slot| {
                sends_of(id) > (slot.generation, slot.attempt) && slot.order(id).is_none()
            })
        })
    }

    fn slot_of(&mut self, id: ClientOrderId) -> Option<&mut SlotState> {
        let trader = self.traders.get_mut(usize::from(id.trader().0))?;
        Some(trader.slot_mut(id.slot()))
    }

    /// Makes an order of which nothing but its state is known its slot's last one.
    fn take_back(&mut self, state: &OrderState) {
        let (now, id) = (self.clock, state.id.with_part(Part::Order));
        let Some(trader) = self.traders.get_mut(usize::from(id.trader().0)) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let Some(terms) = terms_of(state, &market.rules) else { return };
        let after = trader.closed;
        let slot = trader.slot_mut(id.slot());
        // The other leg of a list has been here.
        if slot.order(id).is_some() {
            return;
        }
        slot.decision = None;
        slot.sent = false;
        slot.push(|| Order::submitting(id, terms, Reason::Recovered, state.at.min(now), after));
        let OrderState { status, executed, .. } = *state;
        self.pending.push_back(Alert::Recovered { id, status, executed });
    }

    /// More was executed of an order that was taken back: it asked for that much.
    pub(super) fn widen_recovered(&mut self, state: &OrderState) {
        let Some(trader) = self.traders.get_mut(usize::from(state.id.trader().0)) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let Some(slot) = trader.slots.get_mut(state.id.slot().index()) else { return };
        let Some(order) = slot.order_mut(state.id) else { return };
        if order.reason == Reason::Recovered
            && state.executed > order.terms.quantity.quantity()
            && let Some(quantity) = market.rules.floor_lot(state.executed)
        {
            order.terms.quantity = quantity;
        }
    }

    /// Whether an order of ours is, or may be, open that the journal did not know.
    pub(in crate::engine) fn has_recovered(&self) -> bool {
        let open = |order: &Order| order.reason == Reason::Recovered;
        self.strangers > 0 || self.traders.iter().flat_map(Trader::live_orders).any(open)
    }
}

const fn is_open(state: &OrderState) -> bool {
    !state.status.is_final()
}

/// The place of an order among those of its slot.
const fn sends_of(id: ClientOrderId) -> (u32, u16) {
    (id.generation(), id.attempt())
}

/// Which side an order is on, as its slot tells: an entry buys and an exit sells.
const fn side_of(id: ClientOrderId) -> Option<Side> {
    match id.slot() {
        Slot::Entry => Some(Side::Buy),
        Slot::Exit => Some(Side::Sell),
        Slot::Level(_) => None,
    }
}

/// What an order asked for of which only this is known.
fn terms_of(state: &OrderState, rules: &SymbolRules) -> Option<Terms> {
    let mut any_price = [Some(rules.tick), rules.min_price].into_iter().flatten();
    let kind = match (state.id.part(), any_price.find_map(|it| rules.on_tick(it))) {
        // A leg: the whole list has to be cancelled. Its prices are not looked at.
        (Part::StopLeg | Part::TargetLeg, Some(price)) => {
            OrderKind::Bracket { target: price, trigger: price, limit: price }
        }
        _ => OrderKind::Market,
    };
    let quantity = rules.floor_lot(state.executed).or_else(|| least(rules))?;
    Some(Terms { side: side_of(state.id)?, kind, quantity })
}

/// The least that an order can ask for.
fn least(rules: &SymbolRules) -> Option<LotQuantity> {
    let least = rules.lot.min.max(rules.lot.step);
    rules.floor_lot(least).or_else(|| rules.floor_lot(least.plus(rules.lot.step)?))
}
