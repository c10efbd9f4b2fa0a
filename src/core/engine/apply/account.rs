//! The account as a whole: balances, snapshots, and the start.

use super::super::{AccountSnapshot, Alert, Bug, Engine, Market, Status, Touched, Trader};
use crate::ledger::{Certainty, DRIFT_CONFIRMED_AFTER, ReportedBalance};
use crate::market::Asset;
use crate::num::{Money, Quantity};
use crate::order::resolve::Evidence;
use crate::order::{Order, Phase, SlotState};
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
        self.plan_sync();
        self.status =
            if self.has(Bug::ActBeforeRecovery) { Status::Ready } else { Status::Starting };
        Touched::All
    }

    pub(super) fn take_balances(&mut self, balances: &[ReportedBalance], at: Timestamp) -> Touched {
        for reported in balances {
            self.compare_balance(reported, at);
        }
        Touched::All
    }

    pub(super) fn take_failed_snapshot(&mut self, not_before: Option<Timestamp>) -> Touched {
        let pause = self.clock + Span::from_secs(1);
        self.sync.asked = None;
        self.sync.due = Some(not_before.unwrap_or(pause).max(pause));
        self.plan_sync();
        self.learn_audit(Evidence::NoAnswer(not_before));
        Touched::All
    }

    pub(super) fn take_snapshot(&mut self, snapshot: &AccountSnapshot) -> Touched {
        let now = self.clock;
        let first = self.balances.assets().is_empty();
        for state in &snapshot.orders {
            self.merge(state, None);
        }
        for report in &snapshot.fills {
            self.merge(&report.state, report.fill.as_ref());
        }
        for market in &mut self.markets {
            let symbol = market.rules.symbol;
            let found = snapshot.foreign_algo_orders.iter().find(|(name, _)| *name == symbol);
            market.foreign_algo_orders = found.map_or(0, |(_, count)| *count);
        }
        for reported in &snapshot.balances {
            if first {
                self.balances.open(reported);
            } else {
                self.compare_balance(reported, snapshot.at);
            }
        }
        self.sync.asked = None;
        self.sync.last = now;
        let drift = self.balances.has_drift();
        self.sync.due = drift.then_some(now + DRIFT_CONFIRMED_AFTER);
        self.plan_sync();
        self.learn_audit(if drift { Evidence::AuditMismatch } else { Evidence::AuditClean });
        for index in 0..self.traders.len() {
            if let Some(trader) = self.traders.get_mut(index) {
                for slot in &mut trader.slots {
                    slot.note_all_past();
                    slot.settle_replacement();
                }
            }
            self.note_protection(index);
        }
        self.status = Status::Ready;
        Touched::All
    }

    /// Holds one reported balance against our count; what is missing of a base asset is missing in
    /// the positions that are made of it.
    fn compare_balance(&mut self, reported: &ReportedBalance, at: Timestamp) {
        let asset = reported.asset;
        let certain = self.certainty(asset);
        let others = reported.locked.to_money() - self.reserved_by_all(asset);
        self.balances.entry(asset).locked_by_others = others.max(Money::ZERO);
        if let Some(amount) = self.balances.compare(reported, at, certain) {
            self.pending.push_back(Alert::BalanceChanged { asset, amount });
            self.shrink_positions(asset);
        } else if self.balances.has_drift() && self.sync.due.is_none() {
            self.sync.due = Some(self.clock + DRIFT_CONFIRMED_AFTER);
            self.plan_sync();
        }
    }

    /// Whether a fill of ours may be in the exchange's figure of `asset` and not in ours.
    fn certainty(&self, asset: Asset) -> Certainty {
        let in_doubt = |order: &Order| order.phase == Phase::Unresolved || !order.is_settled();
        let doubtful = self.traders.iter().any(|trader| {
            self.trades(trader, asset)
                && trader.slots.iter().flat_map(SlotState::open_orders).any(in_doubt)
        });
        if doubtful { Certainty::InDoubt } else { Certainty::Settled }
    }

    fn trades(&self, trader: &Trader, asset: Asset) -> bool {
        self.markets
            .get(trader.market)
            .is_some_and(|market| market.rules.base == asset || market.rules.quote == asset)
    }

    /// What all traders together hold of a base asset.
    pub(super) fn held_by_all(&self, asset: Asset) -> Money {
        self.traders
            .iter()
            .filter(|trader| holds(&self.markets, trader, asset))
            .map(|trader| trader.position.held.to_money())
            .sum()
    }

    /// Less of a base asset is there than the traders hold: somebody sold it.
    fn shrink_positions(&mut self, asset: Asset) {
        let short = self.held_by_all(asset) - self.balances.total(asset);
        let mut missing = short.max(Money::ZERO).floor_quantity();
        for index in 0..self.traders.len() {
            let Some(trader) = self.traders.get_mut(index) else { continue };
            if missing.is_zero() || !holds(&self.markets, trader, asset) {
                continue;
            }
            let taken = missing.min(trader.position.held);
            missing = missing.saturating_minus(taken);
            let Some(market) = self.markets.get(trader.market) else { continue };
            let sellable = |held: Quantity| market.rules.floor_lot(held).is_some();
            if !trader.position.lose(taken, market.mark()) {
                continue;
            }
            let gone = !sellable(trader.position.held);
            self.pending.push_back(Alert::PositionSoldByHand { trader: trader.id, missing: taken });
            if gone {
                trader.paused = true;
                self.close_position(index);
            }
        }
    }
}

fn holds(markets: &[Market], trader: &Trader, asset: Asset) -> bool {
    markets.get(trader.market).is_some_and(|market| market.rules.base == asset)
}
