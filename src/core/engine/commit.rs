//! Effects change the state when they leave, and decide nothing.

use super::{Alert, Effect, Engine, Market};
use crate::market::Symbol;
use crate::order::{
    ClientOrderId, Decision, NewOrder, Order, Outcome, Reason, Slot, SlotState, Terms,
};
use crate::reconcile::satisfies;
use crate::time::{Span, Timestamp};

/// Fills that were asked for and did not come are asked for again after this long.
const FILLS_AGAIN_AFTER: Span = Span::from_millis(2_000);

impl Engine {
    /// Folds one recorded effect into the state, without deciding anything.
    pub fn commit(&mut self, effect: &Effect) {
        match effect {
            Effect::Decide { trader, slot, outcome, after } => {
                self.commit_decision(usize::from(trader.0), *slot, *outcome, *after);
            }
            Effect::CarryDust { trader } => self.commit_dust(usize::from(trader.0)),
            Effect::Submit(order) => self.commit_submit(order),
            Effect::Cancel { id, .. } => self.commit_cancel(*id),
            Effect::Replace { cancel, submit, .. } => self.commit_replace(*cancel, submit),
            Effect::Query { id, .. } => self.commit_query(*id),
            Effect::FetchFills { id, .. } => self.commit_fetch_fills(*id),
            Effect::FetchAccount { .. } => self.commit_fetch_account(),
            Effect::FetchRules { symbol } => self.commit_fetch_rules(*symbol),
            Effect::Notify(alert) => self.commit_alert(alert),
        }
    }

    #[inline]
    fn commit_decision(&mut self, index: usize, slot: Slot, outcome: Option<Outcome>, after: u64) {
        let now = self.clock;
        let Some(trader) = self.traders.get_mut(index) else { return };
        let state = trader.slot_mut(slot);
        let Some(outcome) = outcome else {
            state.decision = None;
            state.sent = false;
            return;
        };
        let at = match outcome {
            Outcome::Place(terms, reason) => decided_at(state, &terms, reason, now),
            Outcome::Nothing(_) => now,
        };
        state.decision = Some(Decision { outcome, after, at });
        state.sent = false;
        if let Outcome::Place(terms, reason) = outcome {
            state.sent =
                state.current().is_some_and(|order| order.is_live() && satisfies(&terms, order));
            if slot == Slot::Exit
                && reason == Reason::Stop
                && let Some(open) = &mut trader.position.open
            {
                open.stop = open.stop.max(terms.kind.trigger());
            }
        }
    }

    /// An order leaves, and with it the decision that it carries out.
    #[inline]
    fn commit_send(&mut self, order: &NewOrder) -> Option<&mut SlotState> {
        let (id, now) = (order.id, self.clock);
        let trader = self.traders.get_mut(usize::from(id.trader().0))?;
        if id.slot() == Slot::Exit
            && order.reason == Reason::Stop
            && let Some(open) = &mut trader.position.open
        {
            open.stop = open.stop.max(order.terms.kind.trigger());
        }
        let slot = trader.slot_mut(id.slot());
        let at = decided_at(slot, &order.terms, order.reason, now);
        let outcome = Outcome::Place(order.terms, order.reason);
        slot.decision = Some(Decision { outcome, after: order.after, at });
        slot.generation = id.generation();
        slot.attempt = id.attempt();
        slot.sent = true;
        slot.retry_at = None;
        if slot.refusals > 0 && !slot.refused_alike(&order.terms, order.reason) {
            slot.refusals = 0;
        }
        Some(slot)
    }

    fn commit_submit(&mut self, submit: &NewOrder) {
        let now = self.clock;
        match self.order_mut(submit.id).and_then(|order| order.resolve.as_mut()) {
            // The same order once more, to settle it.
            Some(resolve) => resolve.taken(now),
            None => {
                if let Some(slot) = self.commit_send(submit) {
                    slot.push(|| order_of(submit, now));
                }
            }
        }
        self.note_protection(usize::from(submit.id.trader().0));
    }

    pub(super) fn commit_replace(&mut self, cancel: ClientOrderId, submit: &NewOrder) {
        self.commit_cancel(cancel);
        let now = self.clock;
        if let Some(slot) = self.commit_send(submit) {
            slot.replace(|| order_of(submit, now));
        }
    }

    fn commit_query(&mut self, id: ClientOrderId) {
        let now = self.clock;
        if let Some(order) = self.order_mut(id)
            && let Some(resolve) = &mut order.resolve
        {
            resolve.taken(now);
        }
    }

    fn commit_fetch_fills(&mut self, id: ClientOrderId) {
        let now = self.clock;
        if let Some(order) = self.order_mut(id) {
            order.fills_due = Some(now + FILLS_AGAIN_AFTER);
        }
    }

    fn commit_fetch_account(&mut self) {
        self.sync.asked = Some(self.clock);
        self.sync.due = None;
        self.plan_sync();
        self.audits_taken();
    }

    fn commit_fetch_rules(&mut self, symbol: Symbol) {
        let of_symbol = |market: &&mut Market| market.rules.symbol == symbol;
        if let Some(market) = self.markets.iter_mut().find(of_symbol) {
            market.rules_wanted = false;
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "on the path of every replacement")]
    fn commit_cancel(&mut self, id: ClientOrderId) {
        let now = self.clock;
        let Some(order) = self.order_mut(id) else {
            return;
        };
        match &mut order.resolve {
            Some(resolve) => resolve.taken(now),
            None => order.cancel_sent(now),
        }
    }

    fn audits_taken(&mut self) {
        let now = self.clock;
        let slots = self.traders.iter_mut().flat_map(|trader| &mut trader.slots);
        for order in slots.flat_map(SlotState::orders_mut) {
            if let Some(resolve) = &mut order.resolve
                && resolve.is_auditing()
            {
                resolve.taken(now);
            }
        }
    }

    fn commit_dust(&mut self, index: usize) {
        let Some(trader) = self.traders.get_mut(index) else {
            return;
        };
        let sold_some = trader.position.open.as_ref().is_some_and(|open| !open.sold.is_zero());
        if sold_some {
            self.close_position(index);
            return;
        }
        let (id, held) = (trader.id, trader.position.held);
        if trader.position.carry_as_dust() {
            self.pending.push_back(Alert::DustCarried { trader: id, held });
        }
    }

    fn commit_alert(&mut self, alert: &Alert) {
        self.note_alert(alert);
        if let Some(position) = self.pending.iter().position(|pending| pending == alert) {
            self.pending.remove(position);
        }
    }

    /// What an alert that is out changes.
    #[inline]
    pub(super) fn note_alert(&mut self, alert: &Alert) {
        if let Alert::Unprotected { trader, .. } = alert
            && let Some(trader) = self.traders.get_mut(usize::from(trader.0))
        {
            trader.alarmed = true;
        }
    }
}

/// When a decision was made: one that only restates its order for a changed quantity keeps its
/// time, since the pauses of leaving count from when the price was decided.
#[inline]
fn decided_at(slot: &SlotState, terms: &Terms, reason: Reason, now: Timestamp) -> Timestamp {
    match &slot.decision {
        Some(Decision { outcome: Outcome::Place(old, old_reason), at, .. })
            if *old_reason == reason && old.kind == terms.kind =>
        {
            *at
        }
        _ => now,
    }
}

#[inline]
fn order_of(submit: &NewOrder, now: Timestamp) -> Order {
    Order::submitting(submit.id, submit.terms, submit.reason, now, submit.after)
}
