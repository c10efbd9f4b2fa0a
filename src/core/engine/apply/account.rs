//! The account as a whole: balances, snapshots, and the start.

use super::super::{AccountSnapshot, Alert, Bug, Engine, Market, Status, Sync, Touched, Trader};
use super::answers::unresolve;
use crate::ledger::{DRIFT_CONFIRMED_AFTER, ReportedBalance};
use crate::market::Asset;
use crate::num::{Money, Quantity};
use crate::order::{Order, OrderEvent, OrderState, Phase, Side, Slot, SlotState};
use crate::reconcile::unoffered;
use crate::time::{Span, Timestamp};

impl Engine {
    /// The process starts: what was on its way has no answer any more, and anything may have
    /// happened.
    pub(super) fn take_start(&mut self) -> Touched {
        let now = self.clock;
        self.lose_sight();
        if self.has(Bug::AttemptReusedAfterRestart) {
            for slot in self.traders.iter_mut().flat_map(|trader| &mut trader.slots) {
                slot.generation = slot.generation.saturating_sub(1);
                slot.sent = false;
            }
        }
        self.sync.asked = None;
        self.sync.due = Some(now);
        self.sync.failures = 0;
        self.plan_sync();
        self.status =
            if self.has(Bug::ActBeforeRecovery) { Status::Ready } else { Status::Starting };
        for index in 0..self.traders.len() {
            self.note_protection(index);
        }
        Touched::All
    }

    pub(super) fn take_balances(&mut self, balances: &[ReportedBalance], at: Timestamp) -> Touched {
        self.compare_balances(balances, at);
        if self.sync.due.is_none() && self.balances.drifting_since().is_some() {
            self.sync.due = Some(self.clock + DRIFT_CONFIRMED_AFTER);
            self.plan_sync();
        }
        Touched::All
    }

    pub(super) fn take_failed_snapshot(&mut self, not_before: Option<Timestamp>) -> Touched {
        self.sync.fail(self.clock, not_before);
        self.plan_sync();
        self.learn_audit(Err(not_before));
        Touched::All
    }

    /// The exchange was heard: what could not leave may leave now.
    pub(super) fn in_reach(&mut self) {
        self.traders.iter_mut().flat_map(|it| &mut it.slots).for_each(SlotState::in_reach);
    }

    pub(super) fn take_snapshot(&mut self, snapshot: &AccountSnapshot) -> Touched {
        let now = self.clock;
        let first = self.balances.assets().is_empty();
        self.recover_from(snapshot);
        for state in &snapshot.orders {
            self.merge(state, None);
        }
        for report in &snapshot.fills {
            self.merge(&report.state, report.fill.as_ref());
        }
        self.miss_orders(snapshot);
        for market in &mut self.markets {
            let symbol = market.rules.symbol;
            let found = snapshot.foreign_algo_orders.iter().find(|(name, _)| *name == symbol);
            market.foreign_algo_orders = found.map_or(0, |(_, count)| *count);
        }
        if first {
            snapshot.balances.iter().for_each(|reported| self.balances.open(reported));
        }
        self.compare_balances(&snapshot.balances, snapshot.at);
        self.confirm_balances(&snapshot.balances, snapshot.at);
        self.sync = Sync { last: now, ..Sync::default() };
        // A difference that stays is looked at less and less often.
        self.sync.due = self.balances.drifting_since().map(|since| {
            let age = Span::from_millis(snapshot.at.since(since).millis() / 4);
            now + DRIFT_CONFIRMED_AFTER.max(age)
        });
        self.plan_sync();
        self.in_reach();
        self.learn_audit(Ok(()));
        for index in 0..self.traders.len() {
            if let Some(trader) = self.traders.get_mut(index) {
                for slot in &mut trader.slots {
                    slot.note_all_past();
                    slot.settle_replacement();
                }
                trader.note_questions();
            }
            self.note_protection(index);
        }
        self.status = Status::Ready;
        Touched::All
    }

    /// An order that should be open and is not among the open ones has ended: how, has to be asked.
    fn miss_orders(&mut self, snapshot: &AccountSnapshot) {
        let now = self.clock;
        for order in
            self.traders.iter_mut().flat_map(|it| &mut it.slots).flat_map(SlotState::orders_mut)
        {
            let listed = |state: &OrderState| {
                state.id.is_same_send(order.id) && state.id.slot() == order.id.slot()
            };
            if order.phase == Phase::Working
                && is_listed_by(order, snapshot.at)
                && !snapshot.orders.iter().any(listed)
            {
                unresolve(order, OrderEvent::LostSight, now);
            }
        }
        self.traders.iter_mut().for_each(Trader::note_questions);
    }

    /// Holds reported balances against our count.
    fn compare_balances(&mut self, balances: &[ReportedBalance], at: Timestamp) {
        for reported in balances {
            let asset = reported.asset;
            let others = reported.locked.to_money() - self.reserved_by_all(asset);
            self.balances.entry(asset).locked_by_others = others.max(Money::ZERO);
            self.balances.compare(reported, at);
        }
    }

    /// Takes differences that have lasted for facts, unless an order of ours may explain them: only
    /// all balances, with the orders that are open beside them, can show that. What is then missing
    /// of a base asset is missing in the positions that are made of it.
    fn confirm_balances(&mut self, balances: &[ReportedBalance], at: Timestamp) {
        for ReportedBalance { asset, .. } in balances.iter().copied() {
            if !self.is_in_doubt(asset, at)
                && let Some(amount) = self.balances.confirm(asset, at)
            {
                self.pending.push_back(Alert::BalanceChanged { asset, amount });
                self.shrink_positions(asset);
            }
        }
    }

    /// Whether an order of ours whose state is not known may explain the difference in `asset`. One
    /// that was decided after the difference was first seen cannot.
    fn is_in_doubt(&self, asset: Asset, at: Timestamp) -> bool {
        let Some(drift) = self.balances.drift(asset) else { return false };
        self.traders.iter().any(|trader| {
            let Some(market) = self.markets.get(trader.market) else { return false };
            let orders = trader.slots.iter().flat_map(SlotState::open_orders);
            orders
                .filter(|order| order.decided_at <= drift.since + LISTED_AFTER)
                .filter(|order| is_doubtful(order, at))
                .any(|order| self.may_explain(order, market, asset))
        })
    }

    /// Whether the difference in `asset` looks as if this order had been executed unseen.
    fn may_explain(&self, order: &Order, market: &Market, asset: Asset) -> bool {
        let (base, quote) = (market.rules.base, market.rules.quote);
        let sign =
            |asset: Asset| self.balances.drift(asset).map(|drift| drift.amount.is_negative());
        let bought = order.terms.side == Side::Buy;
        let base_fits = sign(base) == Some(!bought);
        base_fits && (asset == base || (asset == quote && sign(quote) == Some(bought)))
    }

    /// Whether the difference in the base asset of an order looks as if it had been executed.
    pub(super) fn seems_executed(&self, order: &Order) -> bool {
        let trader = self.traders.get(usize::from(order.id.trader().0));
        let market = trader.and_then(|trader| self.markets.get(trader.market));
        market.is_some_and(|market| self.may_explain(order, market, market.rules.base))
    }

    /// What all traders together hold of a base asset.
    pub(super) fn held_by_all(&self, asset: Asset) -> Money {
        self.traders
            .iter()
            .filter(|trader| holds(&self.markets, trader, asset))
            .map(|trader| trader.position.held.to_money())
            .sum()
    }

    /// Less of a base asset is there than the traders hold: somebody sold it. What no order offers
    /// was free to be sold, and is missing first.
    fn shrink_positions(&mut self, asset: Asset) {
        let short = self.held_by_all(asset) - self.balances.total(asset);
        let mut missing = short.max(Money::ZERO).floor_quantity();
        for covered in [Covered::Kept, Covered::Taken] {
            for index in 0..self.traders.len() {
                let taken = self.shrink_position(index, (asset, missing), covered);
                missing = missing.saturating_minus(taken);
            }
        }
    }

    /// Takes what is missing from one trader; how much that was.
    fn shrink_position(
        &mut self,
        index: usize,
        (asset, missing): (Asset, Quantity),
        covered: Covered,
    ) -> Quantity {
        let Some(trader) = self.traders.get_mut(index) else { return Quantity::ZERO };
        if missing.is_zero() || !holds(&self.markets, trader, asset) {
            return Quantity::ZERO;
        }
        let held = trader.position.held;
        let most = match (covered, trader.slot(Slot::Exit)) {
            (Covered::Kept, Some(exit)) => unoffered(held, exit),
            _ => held,
        };
        let taken = missing.min(most);
        let Some(market) = self.markets.get(trader.market) else { return Quantity::ZERO };
        if taken.is_zero() {
            return taken;
        }
        if trader.position.lose(taken, market.mark()) {
            let trader_id = trader.id;
            self.pending.push_back(Alert::PositionSoldByHand { trader: trader_id, missing: taken });
            if market.rules.floor_lot(trader.position.held).is_none() {
                trader.paused = true;
                self.close_position(index);
            }
        }
        taken
    }
}

/// Whether what an order offers is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Covered {
    Kept,
    Taken,
}

/// A list of open orders has, or has not, an order that was known to be open this long before; as
/// much as two clocks may differ, too.
const LISTED_AFTER: Span = Span::from_millis(2_000);

fn is_listed_by(order: &Order, at: Timestamp) -> bool {
    order.phase_since + LISTED_AFTER <= at
}

/// Whether something of the order may have been executed unseen, although a list of open orders
/// was fetched at this time.
fn is_doubtful(order: &Order, at: Timestamp) -> bool {
    match order.phase {
        Phase::Submitting | Phase::Canceling | Phase::Unresolved => true,
        Phase::Working => !order.is_settled() || !is_listed_by(order, at),
        Phase::Closed(_) => !order.is_settled(),
    }
}

fn holds(markets: &[Market], trader: &Trader, asset: Asset) -> bool {
    markets.get(trader.market).is_some_and(|market| market.rules.base == asset)
}
