//! Orders are placed, cancelled, replaced and queried.

use std::fmt::Debug;

use super::venue_order::{LegKind, VenueOrder};
use super::{AccountIndex, Echo, Event, MarketIndex, Matching};
use crate::market::{Side, SymbolStatus, TickPrice};
use crate::num::{Money, Price, Quantity};
use crate::order::{
    CancelAnswer, ExpiryReason, FilterContext, OpenCounts, OrderKind, OrderReport, OrderState,
    Refusal, SubmitAnswer, Terms, VenueStatus, check_filters,
};

/// The client order ids of one placement: a list needs one for each leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderIds<I> {
    /// The order, or the stop leg of a list.
    pub order: I,
    /// The take-profit leg of a list.
    pub target: I,
}

impl<I: Clone + Eq + Debug> Matching<I> {
    /// Places an order. A refusal has changed nothing.
    #[inline]
    pub fn submit(
        &mut self,
        account: AccountIndex,
        market: MarketIndex,
        ids: &OrderIds<I>,
        terms: &Terms,
    ) -> SubmitAnswer<I> {
        match self.check_rules(account, market, terms) {
            Ok(()) => self.submit_checked(account, market, ids, terms),
            Err(refusal) => SubmitAnswer::refused(refusal),
        }
    }

    /// Places an order whose filters and counts were checked already.
    #[inline]
    fn submit_checked(
        &mut self,
        account: AccountIndex,
        market: MarketIndex,
        ids: &OrderIds<I>,
        terms: &Terms,
    ) -> SubmitAnswer<I> {
        let state = self.market(market);
        let is_list = matches!(terms.kind, OrderKind::Bracket { .. });
        let taken = |id: &I| {
            state.open.iter().any(|order| order.client_id == *id && order.account == account)
        };
        if taken(&ids.order) || (is_list && taken(&ids.target)) {
            return SubmitAnswer::Exists;
        }
        if let Some(refusal) = state.last.and_then(|last| price_refusal(terms, last)) {
            return SubmitAnswer::refused(refusal);
        }
        let asset = if terms.side == Side::Buy { state.quote } else { state.base };
        let reference = state.last.unwrap_or(state.rules.tick);
        let locked = terms.locked(terms.quantity.quantity(), reference);
        let balance = self.balance_mut(account, asset);
        if locked > balance.free {
            return SubmitAnswer::refused(Refusal::InsufficientBalance);
        }
        balance.free -= locked;
        balance.locked += locked;
        SubmitAnswer::Placed(self.place(account, market, ids, (terms, locked)))
    }

    #[inline]
    fn place(
        &mut self,
        account: AccountIndex,
        market: MarketIndex,
        ids: &OrderIds<I>,
        (terms, locked): (&Terms, Money),
    ) -> OrderState<I> {
        let now = self.clock;
        let (first, second) = LegKind::of(&terms.kind);
        let list = second.is_some().then_some(self.next_list);
        self.next_list += u64::from(second.is_some());
        let mut leg = |kind: LegKind, client_id: &I, locked: Money| {
            let venue_id = self.next_order;
            self.next_order += 1;
            VenueOrder {
                venue_id,
                client_id: client_id.clone(),
                account,
                side: terms.side,
                kind,
                quantity: terms.quantity.quantity(),
                executed: Quantity::ZERO,
                working_since: (!matches!(kind, LegKind::Stop { .. })).then_some(now),
                placed_at: now,
                list,
                locked,
            }
        };
        let order = leg(first, &ids.order, locked);
        // Both legs of a list share one lock: it is held by the stop leg.
        let target = second.map(|kind| leg(kind, &ids.target, Money::ZERO));
        let accepted = order.state(VenueStatus::Open, now);
        if self.echo == Echo::All {
            let report = OrderReport { state: accepted.clone(), fill: None };
            self.events.push_back(Event { account, market, report });
        }
        let open = &mut self.market_mut(market).open;
        let index = open.len();
        open.push(order);
        if let Some(target) = target {
            let report = OrderReport { state: target.state(VenueStatus::Open, now), fill: None };
            open.push(target);
            self.events.push_back(Event { account, market, report });
        }
        self.take_at_once(market, index).unwrap_or(accepted)
    }

    /// The checks that come before an order reaches the book, and before a replacement cancels
    /// anything: filters and counts, with every order that is there now.
    pub fn check_rules(
        &self,
        account: AccountIndex,
        market: MarketIndex,
        terms: &Terms,
    ) -> Result<(), Refusal> {
        let state = self.market(market);
        let rules = &state.rules;
        if rules.status != SymbolStatus::Trading {
            return Err(Refusal::MarketClosed);
        }
        if !rules.order_types.contains(terms.kind.order_type()) {
            return Err(Refusal::NotPermitted);
        }
        let counts = rules.counts_orders().then(|| self.open_counts(account, market));
        let context = FilterContext { reference: state.last, special: None, open: counts.as_ref() };
        check_filters(rules, terms, &context).map_err(|failure| Refusal::Filter(Some(failure.0)))
    }

    fn open_counts(&self, account: AccountIndex, market: MarketIndex) -> OpenCounts {
        let state = self.market(market);
        let mut counts = OpenCounts {
            position: self.balance(account, state.rules.base).total().floor_quantity(),
            ..OpenCounts::default()
        };
        for order in state.open.iter().filter(|order| order.account == account) {
            counts.orders += 1;
            counts.algo_orders += u32::from(order.is_stop());
            if order.side == Side::Buy {
                counts.position =
                    counts.position.plus(order.remaining()).unwrap_or(counts.position);
            }
        }
        let everywhere = self.markets.iter().flat_map(|market| &market.open);
        for order in everywhere.filter(|order| order.account == account) {
            counts.exchange_orders += 1;
            counts.exchange_algo_orders += u32::from(order.is_stop());
        }
        counts
    }

    /// Cancels an order, and with it its whole list.
    #[inline]
    pub fn cancel(
        &mut self,
        account: AccountIndex,
        market: MarketIndex,
        id: &I,
    ) -> CancelAnswer<I> {
        let own = |order: &VenueOrder<I>| order.client_id == *id && order.account == account;
        let open = &self.market(market).open;
        let Some(index) = open.iter().position(own) else { return CancelAnswer::NotOpen };
        let list = open.get(index).and_then(|order| order.list);
        let Some((account, state)) = self.remove(market, index, VenueStatus::Canceled) else {
            return CancelAnswer::NotOpen;
        };
        if self.echo == Echo::All {
            let report = OrderReport { state: state.clone(), fill: None };
            self.events.push_back(Event { account, market, report });
        }
        if list.is_some()
            && let Some(other) = self.market(market).open.iter().position(|it| it.list == list)
        {
            self.end(market, other, VenueStatus::Canceled);
        }
        CancelAnswer::Canceled(state)
    }

    /// Cancels one order and places another (`cancelReplace`, `STOP_ON_FAILURE`, `ONLY_NEW`). The
    /// second half of the answer is none where it was not attempted.
    #[inline]
    pub fn replace(
        &mut self,
        account: AccountIndex,
        market: MarketIndex,
        cancel: &I,
        (ids, terms): (&OrderIds<I>, &Terms),
    ) -> (CancelAnswer<I>, Option<SubmitAnswer<I>>) {
        if let Err(refusal) = self.check_rules(account, market, terms) {
            return (CancelAnswer::refused(refusal), None);
        }
        let own = |order: &&VenueOrder<I>| order.client_id == *cancel && order.account == account;
        let begun = |order: &VenueOrder<I>| !order.executed.is_zero();
        if self.market(market).open.iter().find(own).is_some_and(begun) {
            return (CancelAnswer::refused(Refusal::PartlyFilled), None);
        }
        if let Some((ended, placed)) = self.move_only_order(account, market, cancel, (ids, terms)) {
            return (CancelAnswer::Canceled(ended), Some(SubmitAnswer::Placed(placed)));
        }
        match self.cancel(account, market, cancel) {
            canceled @ CancelAnswer::Canceled(_) => {
                (canceled, Some(self.submit_checked(account, market, ids, terms)))
            }
            refused => (refused, None),
        }
    }

    /// A stop that is alone in the book becomes another one, in place: the most frequent
    /// replacement by far, and the same as cancelling and placing. None, and nothing has changed,
    /// where anything is unusual.
    #[inline]
    fn move_only_order(
        &mut self,
        account: AccountIndex,
        market: MarketIndex,
        cancel: &I,
        (ids, terms): (&OrderIds<I>, &Terms),
    ) -> Option<(OrderState<I>, OrderState<I>)> {
        let (now, venue_id) = (self.clock, self.next_order);
        let state = self.market(market);
        let [old] = state.open.as_slice() else { return None };
        let (kind @ LegKind::Stop { .. }, None) = LegKind::of(&terms.kind) else { return None };
        let usual = self.echo == Echo::Unasked
            && old.client_id == *cancel
            && old.account == account
            && old.list.is_none()
            && old.side == terms.side
            && state.last.is_none_or(|last| price_refusal(terms, last).is_none());
        let asset = if terms.side == Side::Buy { state.quote } else { state.base };
        let reference = state.last.unwrap_or(state.rules.tick);
        let locked = terms.locked(terms.quantity.quantity(), reference);
        let unlocked = old.locked;
        let balance = self.balance_mut(account, asset);
        if !usual || locked > balance.free + unlocked {
            return None;
        }
        balance.free += unlocked - locked;
        balance.locked += locked - unlocked;
        self.next_order += 1;
        let order = self.market_mut(market).open.first_mut()?;
        let ended = order.state(VenueStatus::Canceled, now);
        order.venue_id = venue_id;
        order.client_id = ids.order.clone();
        order.kind = kind;
        order.quantity = terms.quantity.quantity();
        order.working_since = None;
        order.placed_at = now;
        order.locked = locked;
        Some((ended, order.state(VenueStatus::Open, now)))
    }

    /// The state of an open order.
    pub fn query(
        &self,
        account: AccountIndex,
        market: MarketIndex,
        id: &I,
    ) -> Option<OrderState<I>> {
        let own = |order: &&VenueOrder<I>| order.account == account && order.client_id == *id;
        let order = self.market(market).open.iter().find(own)?;
        Some(order.state(VenueStatus::Open, self.clock))
    }

    /// Ends an open order without the account's doing.
    pub fn expire(&mut self, market: MarketIndex, id: &I, reason: ExpiryReason) {
        let index = self.market(market).open.iter().position(|order| order.client_id == *id);
        if let Some(index) = index {
            self.end(market, index, VenueStatus::Expired(reason));
        }
    }

    /// Ends an order, with an event.
    pub(super) fn end(&mut self, market: MarketIndex, index: usize, status: VenueStatus) {
        if let Some((account, state)) = self.remove(market, index, status) {
            let report = OrderReport { state, fill: None };
            self.events.push_back(Event { account, market, report });
        }
    }

    /// Takes an order out of the book and frees what it had locked.
    #[inline]
    fn remove(
        &mut self,
        market: MarketIndex,
        index: usize,
        status: VenueStatus,
    ) -> Option<(AccountIndex, OrderState<I>)> {
        let now = self.clock;
        let state = self.market_mut(market);
        let order = state.open.get(index)?;
        let (account, locked, ended) = (order.account, order.locked, order.state(status, now));
        let asset = if order.side == Side::Buy { state.quote } else { state.base };
        state.open.remove(index);
        let balance = self.balance_mut(account, asset);
        balance.locked -= locked;
        balance.free += locked;
        Some((account, ended))
    }
}

/// A stop price that is reached already, or list prices in the wrong order, are refused.
#[inline]
fn price_refusal(terms: &Terms, last: Price) -> Option<Refusal> {
    let beyond = |trigger: TickPrice| match terms.side {
        Side::Buy => trigger.price() > last,
        Side::Sell => trigger.price() < last,
    };
    match terms.kind {
        OrderKind::Bracket { target, trigger, .. } => {
            let target = match terms.side {
                Side::Buy => target.price() < last,
                Side::Sell => target.price() > last,
            };
            (!target || !beyond(trigger)).then_some(Refusal::PriceRelation)
        }
        _ if terms.kind.trigger().is_none_or(beyond) => None,
        _ => Some(Refusal::WouldTriggerImmediately),
    }
}
