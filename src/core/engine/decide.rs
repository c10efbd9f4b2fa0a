//! What follows from the state: the one place where anything is decided.

use std::iter;

use super::facts::Facts;
use super::{
    Alert, Bug, Effect, Engine, Market, PROTECTION_GRACE, ReplaceMode, Status, Touched, Trader,
};
use crate::market::SymbolStatus;
use crate::order::Skip;
use crate::order::resolve::{Action as ResolveAction, SEND_WITHIN};
use crate::order::{
    ClientOrderId, ClientOrderIdParts, Close, Decision, NewOrder, Outcome, Part, Phase, Reason,
    Side, Slot, SlotState, Terms,
};
use crate::reconcile::{Action, PlanContext, is_settled, plan, plan_new, uncovered};
use crate::risk::{Approved, review};
use crate::strategy::{Desired, View};
use crate::time::{Span, Timestamp};

/// Traders that react to each other come to rest in two rounds or three; a bound for certainty.
const SETTLING_ROUNDS: u32 = 8;
/// Each order in question takes a step or two; whatever is wrong, the next input goes on.
const MOST_SETTLING: u32 = 64;

/// What is to be sent: of a new decision, or once more of the decision of this generation.
#[derive(Debug, Clone, Copy)]
struct SendOf<'a> {
    terms: &'a Terms,
    reason: Reason,
    after: u64,
    again: Option<u32>,
}

impl Engine {
    /// Decides what follows for the traders that an input may have moved.
    #[inline]
    pub(super) fn decide(&mut self, touched: Touched, effects: &mut Vec<Effect>) {
        let before = effects.len();
        match touched {
            Touched::None => {}
            Touched::One(index) => self.decide_trader(index, effects),
            Touched::Acknowledged(index) => {
                self.settle_orders(index, effects);
                self.act(index, None, effects);
                self.watch_protection(index, effects);
            }
            Touched::Market(market) => {
                for index in 0..self.traders.len() {
                    if self.traders.get(index).is_some_and(|trader| trader.market == market) {
                        self.decide_trader(index, effects);
                    }
                }
            }
            Touched::All => self.decide_all(effects),
        }
        let of_one = matches!(touched, Touched::One(_) | Touched::Acknowledged(_));
        if self.traders.len() > 1 && (of_one || effects.len() > before) {
            self.settle_traders(effects);
        }
        if self.sync_at.is_some_and(|due| due <= self.clock) {
            self.emit(Effect::FetchAccount { since: self.sync_since() }, effects);
        }
        if self.rules_wanted {
            self.fetch_rules(effects);
        }
        while let Some(alert) = self.pending.pop_front() {
            self.note_alert(&alert);
            effects.push(Effect::Notify(alert));
        }
    }

    fn decide_all(&mut self, effects: &mut Vec<Effect>) {
        for index in 0..self.traders.len() {
            self.decide_trader(index, effects);
        }
    }

    /// Traders share funds and limits: what one of them does may allow or forbid something to
    /// another.
    fn settle_traders(&mut self, effects: &mut Vec<Effect>) {
        for _ in 0..SETTLING_ROUNDS {
            let before = effects.len();
            self.decide_all(effects);
            if effects.len() == before {
                return;
            }
        }
    }

    /// Records an effect in the state and lets it leave.
    #[inline]
    fn emit(&mut self, effect: Effect, effects: &mut Vec<Effect>) {
        self.commit(&effect);
        effects.push(effect);
    }

    fn fetch_rules(&mut self, effects: &mut Vec<Effect>) {
        self.rules_wanted = false;
        for index in 0..self.markets.len() {
            let wants = self.markets.get(index).filter(|market| market.rules_wanted);
            if let Some(symbol) = wants.map(|market| market.rules.symbol) {
                self.emit(Effect::FetchRules { symbol }, effects);
            }
        }
    }

    /// From when orders and fills are needed: a little before the last snapshot, and before the
    /// oldest order whose fate is open.
    fn sync_since(&self) -> Timestamp {
        let open = self.traders.iter().flat_map(|trader| &trader.slots).flat_map(SlotState::orders);
        let oldest = open
            .filter(|order| order.is_live() || !order.is_settled())
            .map(|order| order.decided_at)
            .min();
        // Nothing is known of the time before the first snapshot, and nothing of ours is open.
        let first = self.clock - Span::DAY;
        let last = if self.sync.last == Timestamp::EPOCH { first } else { self.sync.last };
        let since = oldest.map_or(last, |oldest| oldest.min(last));
        since - Span::from_secs(60)
    }

    fn decide_trader(&mut self, index: usize, effects: &mut Vec<Effect>) {
        self.settle_orders(index, effects);
        if self.status == Status::Starting {
            if let Some(trader) = self.traders.get_mut(index) {
                trader.wake_at = None;
            }
            return self.watch_protection(index, effects);
        }
        let mut desired = std::mem::take(&mut self.desired);
        self.state_desires(index, &mut desired, effects);
        if desired.carry_dust {
            // The position is gone: asked once more, the strategy speaks of the next one.
            self.state_desires(index, &mut desired, effects);
        }
        self.act(index, Some(&desired), effects);
        self.desired = desired;
        self.watch_protection(index, effects);
    }

    /// Asks the strategy, reviews what it desires, and decides anew where that has changed.
    fn state_desires(&mut self, index: usize, desired: &mut Desired, effects: &mut Vec<Effect>) {
        desired.clear();
        let Some(trader) = self.traders.get(index) else { return };
        let Some(view) = self.view(trader) else { return };
        trader.strategy.desired(&view, desired);
        if desired.carry_dust {
            let trader = trader.id;
            return self.emit(Effect::CarryDust { trader }, effects);
        }
        for statement in &desired.statements {
            let Some(facts) = self.facts(index) else { return };
            match review(statement, &self.config.limits, &facts) {
                Ok(approved) => self.decide_slot(index, approved, effects),
                Err(denial) => {
                    let nothing = Outcome::Nothing(Skip::Denied(denial));
                    self.record_decision(
                        index,
                        statement.slot,
                        (nothing, statement.after),
                        effects,
                    );
                }
            }
        }
        if let Some(trader) = self.traders.get_mut(index) {
            // A time that has come already asks for nothing: the strategy was asked just now.
            trader.wake_at = desired.wake_at.filter(|at| *at > self.clock);
        }
    }

    #[inline]
    fn facts(&self, index: usize) -> Option<Facts<'_>> {
        let trader = self.traders.get(index)?;
        let market = self.markets.get(trader.market)?;
        Some(Facts { engine: self, trader, market })
    }

    #[inline]
    pub(super) fn view<'a>(&'a self, trader: &'a Trader) -> Option<View<'a>> {
        let market = self.markets.get(trader.market)?;
        Some(View {
            trader: trader.id,
            now: self.clock,
            rules: &market.rules,
            fees: market.fees,
            quote: market.quote,
            candle: trader.candle.as_ref(),
            closed: trader.closed,
            fresh: trader.is_fresh(self.clock),
            position: &trader.position,
            funds: self,
            leave: trader.leave,
            slots: &trader.slots,
        })
    }

    /// Makes what was approved a slot's standing decision, unless it is that already: together with
    /// the order that carries it out, where that can leave now.
    #[inline]
    fn decide_slot(&mut self, index: usize, approved: Approved<'_>, effects: &mut Vec<Effect>) {
        let statement = approved.statement();
        let (slot, after) = (statement.slot, statement.after);
        let Some(trader) = self.traders.get(index) else { return };
        if let Outcome::Place(terms, reason) = &statement.outcome
            && let Some(state) = trader.slot(slot)
            && let Some(market) = self.markets.get(trader.market)
            && !state.stands(terms, *reason, after)
            && !self.has(Bug::StopSizedFromOrdered)
            && let Some(in_place_of) = plan_new((terms, *reason), state, self.plan_context(market))
        {
            let send = SendOf { terms, reason: *reason, after, again: None };
            let order = self.new_order(trader, state, market, send);
            return match in_place_of {
                Some(cancel) => self.replace(cancel, order, effects),
                None => self.emit(Effect::Submit(order), effects),
            };
        }
        let outcome = self.oversized(index, statement.outcome);
        self.record_decision(index, slot, (outcome, after), effects);
    }

    /// Makes this a slot's standing decision, unless it is that already.
    fn record_decision(
        &mut self,
        index: usize,
        slot: Slot,
        (outcome, after): (Outcome, u64),
        effects: &mut Vec<Effect>,
    ) {
        let Some(trader) = self.traders.get(index) else { return };
        let standing = trader.slot(slot).and_then(|state| state.decision.as_ref());
        if !standing.is_some_and(|it| it.after == after && it.outcome == outcome) {
            let trader = trader.id;
            self.emit(Effect::Decide { trader, slot, outcome: Some(outcome), after }, effects);
        }
    }

    /// Takes the steps from the orders that are open to those that should be. Where `desired` is
    /// given, a slot that it does not mention has no standing decision any more.
    #[inline]
    fn act(&mut self, index: usize, desired: Option<&Desired>, effects: &mut Vec<Effect>) {
        if self.status == Status::Starting {
            return;
        }
        let mut position = 0;
        while let Some(trader) = self.traders.get(index)
            && let Some(state) = trader.slots.get(position)
        {
            let slot = state.slot;
            let mentioned = |desired: &Desired| desired.statements.iter().any(|it| it.slot == slot);
            if state.decision.is_some() && !desired.is_none_or(mentioned) {
                let (trader, after) = (trader.id, trader.closed);
                self.emit(Effect::Decide { trader, slot, outcome: None, after }, effects);
                self.act_on(index, position, effects);
            } else if !is_settled(state) {
                self.act_on(index, position, effects);
            }
            position += 1;
        }
    }

    /// Takes the next step for one slot.
    fn act_on(&mut self, index: usize, position: usize, effects: &mut Vec<Effect>) {
        let Some(trader) = self.traders.get(index) else { return };
        let Some(slot) = trader.slots.get(position) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let step = plan(slot, self.plan_context(market));
        let Some(action) = step.action else { return self.wake(index, step.wake_at) };
        if let Action::Cancel(id) = action {
            let symbol = market.rules.symbol;
            self.emit(Effect::Cancel { id, symbol }, effects);
            // More than one order may have come back.
            return self.act_on(index, position, effects);
        }
        let Some(Decision { outcome: Outcome::Place(terms, reason), after, .. }) = &slot.decision
        else {
            return;
        };
        let (reason, after) = (*reason, *after);
        // It is sent later than it was decided: the filters may have changed in between.
        let snapped = terms.snapped(&market.rules);
        if snapped != Some(*terms) {
            let fits = |terms| Outcome::Place(terms, reason);
            let outcome = snapped.map_or(Outcome::Nothing(Skip::RulesChanged), fits);
            let slot = slot.slot;
            self.record_decision(index, slot, (outcome, after), effects);
            return self.act_on(index, position, effects);
        }
        let again = slot.sent.then_some(slot.generation);
        let order = self.new_order(trader, slot, market, SendOf { terms, reason, after, again });
        match action {
            Action::Replace(cancel) => self.replace(cancel, order, effects),
            Action::Submit | Action::Cancel(_) => self.emit(Effect::Submit(order), effects),
        }
    }

    #[inline]
    const fn plan_context(&self, market: &Market) -> PlanContext {
        PlanContext {
            now: self.clock,
            cancel_replace: market.rules.cancel_replace_allowed,
            takes_orders: matches!(market.rules.status, SymbolStatus::Trading),
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the order is made in place, not copied twice")]
    fn new_order(
        &self,
        trader: &Trader,
        slot: &SlotState,
        market: &Market,
        send: SendOf<'_>,
    ) -> NewOrder {
        NewOrder {
            id: self.next_id(trader, slot, send.again),
            symbol: market.rules.symbol,
            terms: *send.terms,
            reason: send.reason,
            after: send.after,
            not_after: self.clock + SEND_WITHIN,
        }
    }

    /// Asks for the trader to be looked at again at this time.
    #[inline]
    fn wake(&mut self, index: usize, at: Option<Timestamp>) {
        if let (Some(at), Some(trader)) = (at, self.traders.get_mut(index)) {
            trader.wake_at = Some(trader.wake_at.map_or(at, |earlier| earlier.min(at)));
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the order is made in place, not copied twice")]
    fn replace(&mut self, cancel: ClientOrderId, submit: NewOrder, effects: &mut Vec<Effect>) {
        if self.has(Bug::NewStopBeforeCancelResult) && submit.terms.side == Side::Sell {
            self.emit(Effect::Cancel { id: cancel, symbol: submit.symbol }, effects);
            self.emit(Effect::Submit(submit), effects);
            return;
        }
        let mode = ReplaceMode::StopOnFailure;
        #[cfg(feature = "planted-bugs")]
        let mode = if self.has(Bug::AllowFailure) { ReplaceMode::AllowFailure } else { mode };
        self.commit_replace(cancel, &submit);
        // Made in place: a copy of what was just written word by word waits for every word.
        effects.extend(iter::once_with(|| Effect::Replace { cancel, submit, mode }));
    }

    /// The id of the slot's next send: a new generation for a new decision, else a new attempt.
    #[inline]
    fn next_id(&self, trader: &Trader, slot: &SlotState, again: Option<u32>) -> ClientOrderId {
        let (mut generation, mut attempt) = match again {
            // After the last attempt that there is, the next generation.
            Some(generation) => slot
                .attempt
                .checked_add(1)
                .map_or((generation.wrapping_add(1), 1), |attempt| (generation, attempt)),
            None => (slot.generation.wrapping_add(1), 1),
        };
        if self.has(Bug::ResendSameId)
            && again.is_some()
            && slot.current().is_some_and(|it| it.phase == Phase::Closed(Close::NotSent))
        {
            attempt = slot.attempt;
        }
        if self.has(Bug::IdFromClock) {
            generation = u32::try_from(self.clock.millis() / 10_000 % 1_000_000).unwrap_or(0);
            attempt = 1;
        }
        ClientOrderId::new(ClientOrderIdParts {
            tag: self.config.tag,
            trader: trader.id,
            slot: slot.slot,
            generation,
            attempt,
            part: Part::Order,
        })
    }

    /// Takes the due steps for orders whose outcome, or whose fills, are not known.
    #[inline]
    fn settle_orders(&mut self, index: usize, effects: &mut Vec<Effect>) {
        if !self.traders.get(index).is_some_and(|trader| trader.has_questions) {
            return;
        }
        for _ in 0..MOST_SETTLING {
            let Some(effect) = self.next_settling(index) else { return };
            self.emit(effect, effects);
        }
    }

    /// The next request that helps to settle an order.
    ///
    /// A fence makes the matching engine itself say whether an order is there: an order is
    /// cancelled; but one that protects what is still held, and alone does, is placed once more.
    fn next_settling(&self, index: usize) -> Option<Effect> {
        let now = self.clock;
        let trader = self.traders.get(index)?;
        let symbol = self.markets.get(trader.market)?.rules.symbol;
        for slot in &trader.slots {
            for order in slot.open_orders() {
                let id = order.id;
                if order.fills_due.is_some_and(|due| due <= now) {
                    return Some(Effect::FetchFills { id, symbol });
                }
                match order.resolve.as_ref().and_then(|resolve| resolve.due(now)) {
                    Some(ResolveAction::Query) => return Some(Effect::Query { id, symbol }),
                    // What is held is not known before the account was seen.
                    Some(ResolveAction::Fence) if self.status == Status::Starting => {}
                    Some(ResolveAction::Fence) => {
                        if !Self::may_be_placed_again(trader, order) {
                            return Some(Effect::Cancel { id, symbol });
                        }
                        let (terms, reason, after) =
                            (order.terms, order.reason, order.decided_after);
                        let not_after = now + SEND_WITHIN;
                        let again = NewOrder { id, symbol, terms, reason, after, not_after };
                        return Some(Effect::Submit(again));
                    }
                    Some(ResolveAction::Audit)
                        if self.sync.asked.is_none()
                            && self.sync.held_until().is_none_or(|until| until <= now) =>
                    {
                        return Some(Effect::FetchAccount { since: self.sync_since() });
                    }
                    Some(ResolveAction::Audit) | None => {}
                }
            }
        }
        None
    }

    /// Tells people of a position without protection.
    #[inline]
    fn watch_protection(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let Some(trader) = self.traders.get(index) else { return };
        let Some(open) = &trader.position.open else { return };
        let Some(since) = open.unprotected_since.filter(|_| !trader.alarmed) else { return };
        let due = since + PROTECTION_GRACE;
        if self.clock < due {
            self.wake(index, Some(due));
            return;
        }
        let held = trader.holding();
        let quantity = trader.slot(Slot::Exit).map_or(held, |exit| uncovered(held, exit));
        let trader = trader.id;
        self.emit(Effect::Notify(Alert::Unprotected { trader, quantity, since }), effects);
    }

    /// The outcome itself, but for [`Bug::StopSizedFromOrdered`].
    fn oversized(&self, index: usize, outcome: Outcome) -> Outcome {
        if !self.has(Bug::StopSizedFromOrdered) {
            return outcome;
        }
        let entry = self.traders.get(index).and_then(|trader| trader.slot(Slot::Entry));
        let ordered = entry.and_then(SlotState::current).map(|order| order.terms.quantity);
        match (outcome, ordered) {
            (Outcome::Place(terms, reason @ Reason::Stop), Some(quantity)) => {
                Outcome::Place(Terms { quantity, ..terms }, reason)
            }
            (outcome, _) => outcome,
        }
    }
}
