//! A position is open: its protection, and every way out of it.

use super::{ExitOrder, HeikinAshiStrategy, LastResort, Patience};
use crate::ledger::OpenPosition;
use crate::market::{OrderType, Quote, Side, TickPrice};
use crate::num::{Price, Rate};
use crate::order::{
    Decision, Order, OrderKind, Outcome, Reason, Refusal, Skip, Slot, SlotState, Terms,
};
use crate::strategy::leave::{Clock, Leaving, REPRICE_PAUSE, Step};
use crate::strategy::{Desired, Leave, View};

impl HeikinAshiStrategy {
    /// A position is open: the rest of its entry, and its exit.
    pub(super) fn state_long(
        &self,
        view: &View<'_>,
        position: &OpenPosition,
        desired: &mut Desired,
    ) {
        let exit = self.exit(view, position, desired);
        if let Some(exit) = exit
            && exit.reason.is_leaving()
            && exit.is_news(view)
            && matches!(self.settings.exit.rescue_after, Patience::For(_))
        {
            desired.wake_at(view.now + REPRICE_PAUSE);
        }
        let sized = exit.and_then(|exit| exit.sized(view));
        let too_small = exit.is_some() && sized.is_none();
        if view.leave.is_none() {
            entry_rest(view, position, u64::from(too_small), desired);
        }
        let entry_lives = view.slot(Slot::Entry).is_some_and(|slot| !slot.is_empty());
        match sized {
            Some(Sized { terms, reason, after }) => desired.place(Slot::Exit, terms, reason, after),
            None if !too_small => desired.nothing(Slot::Exit, Skip::PriceOutOfRange, view.closed),
            None if entry_lives || view.awaits_fills() => {
                desired.nothing(Slot::Exit, Skip::TooSmallToProtect, view.closed);
            }
            // Nothing more will be bought, and what there is cannot be sold.
            None => desired.carry_dust(),
        }
    }

    /// The order that should be open to protect or to leave the position: the first of these that
    /// applies. None where no price can be given.
    fn exit(
        &self,
        view: &View<'_>,
        position: &OpenPosition,
        desired: &mut Desired,
    ) -> Option<Exit> {
        let slot = view.slot(Slot::Exit);
        let standing = slot.and_then(|slot| slot.decision.as_ref()).and_then(Exit::of);
        let level = self.stop_level(view, position, standing)?;
        let Some(quote) = view.quote else {
            return Some(standing.unwrap_or(level.protect()));
        };
        let new = |step: Option<Step>| match step? {
            Step::Place(kind, reason) => Some(Exit { kind, reason, after: view.closed }),
            Step::Keep(_) => None,
        };

        // On the way out already.
        if let (Some(standing), Some(decision)) = (standing, view.decision(Slot::Exit))
            && standing.reason.is_leaving()
        {
            let leaving = self.leaving(view, level, standing.reason);
            return match leaving.next(decision, quote.bid, self.atr(), self.clock(view)) {
                Step::Keep(wake_at) => {
                    if let Some(at) = wake_at {
                        desired.wake_at(at);
                    }
                    Some(standing)
                }
                step @ Step::Place(..) => new(Some(step)),
            };
        }
        let leave =
            |reason| new(self.leaving(view, level, reason).first(quote.bid, self.atr(), reason));
        if let Some(asked) = view.leave {
            let reason = match asked {
                Leave::Close => Reason::CloseCommand,
                Leave::Panic => Reason::Panic,
            };
            return leave(reason).or(standing);
        }
        let refused = slot.and_then(SlotState::refusal) == Some(Refusal::WouldTriggerImmediately);
        let is_bare = slot.is_none_or(SlotState::is_empty);
        // Triggered without being filled: rescued in time, and neither raised nor sold on red.
        if let Some(triggered_at) = position.triggered_at {
            // The order that triggered is gone: there is nothing to wait for that could still fill.
            if refused || is_bare {
                return leave(Reason::StopAlreadyThrough).or(standing);
            }
            let due = match self.settings.exit.rescue_after {
                Patience::CandleClose => {
                    view.candle.is_some_and(|candle| candle.close_time() >= triggered_at)
                }
                Patience::For(span) => {
                    desired.wake_at(triggered_at + span);
                    view.now >= triggered_at + span
                }
            };
            return if due { leave(Reason::Rescue).or(standing) } else { standing };
        }
        let rules_apply = view.closed > position.opened_after;
        let red = self.indicators.candle.is_some_and(|ha| ha.is_red());
        if self.settings.exit.on_red && red && rules_apply && view.fresh {
            return leave(Reason::RedCandle).or(standing);
        }
        // Whatever keeps the exchange from taking a stop, at its trigger there is none to wait for.
        if refused || ((level.is_new || is_bare) && level.trigger.price() >= quote.bid) {
            return leave(Reason::StopAlreadyThrough).or(standing);
        }
        self.protect(view, position, level, quote)
    }

    /// The stop that the position should have now: never below an earlier one, and moved only by
    /// `replace_min_ticks` or more. Its limit is computed anew only when its trigger is.
    fn stop_level(
        &self,
        view: &View<'_>,
        position: &OpenPosition,
        standing: Option<Exit>,
    ) -> Option<StopLevel> {
        let wanted = || self.indicators.candle.and_then(|ha| self.stop_trigger(view, ha.low()));
        let Some(earlier) = position.stop else {
            let trigger = wanted()?;
            return Some(StopLevel {
                trigger,
                limit: self.stop_limit(view, trigger)?,
                is_new: true,
            });
        };
        if view.closed > position.opened_after && position.triggered_at.is_none() {
            let step = i64::from(self.settings.exit.replace_min_ticks.max(1));
            let least = earlier.price().units() + view.rules.tick.units().saturating_mul(step);
            if let Some(trigger) = wanted().filter(|trigger| trigger.price().units() >= least)
                && let Some(limit) = self.stop_limit(view, trigger)
            {
                return Some(StopLevel { trigger, limit, is_new: true });
            }
        }
        // The grid may have changed since: an earlier trigger is snapped to the one there is now.
        let trigger = view.rules.floor_tick(earlier.price())?;
        let limit = match standing.map(|exit| exit.kind) {
            Some(
                OrderKind::StopLossLimit { trigger: same, limit }
                | OrderKind::Bracket { trigger: same, limit, .. },
            ) if same == trigger && view.rules.on_tick(limit.price()).is_some() => limit,
            _ => self.stop_limit(view, trigger)?,
        };
        Some(StopLevel { trigger, limit, is_new: false })
    }

    /// The protective order at `level`: a stop, or a bracket of stop and target.
    fn protect(
        &self,
        view: &View<'_>,
        position: &OpenPosition,
        level: StopLevel,
        quote: Quote,
    ) -> Option<Exit> {
        let exit = &self.settings.exit;
        let after = view.closed;
        let StopLevel { trigger, limit, .. } = level;
        if !exit.take_profit.is_zero() && view.rules.oco_allowed {
            let target = self.target(view, position)?;
            if quote.bid >= target.price() {
                let kind = OrderKind::Limit { price: target };
                return Some(Exit { kind, reason: Reason::TakeProfit, after });
            }
            if !does_without_target(view) {
                let kind = OrderKind::Bracket { target, trigger, limit };
                return Some(Exit { kind, reason: Reason::Stop, after });
            }
        }
        let at_market = exit.order == ExitOrder::StopMarket
            && view.rules.order_types.contains(OrderType::StopLoss);
        if at_market {
            return Some(Exit {
                kind: OrderKind::StopLoss { trigger },
                reason: Reason::Stop,
                after,
            });
        }
        Some(level.protect().decided_after(after))
    }

    /// The price at which selling what was received brings `take_profit` net of both fees, rounded
    /// up to the tick: `entry · (1 + p) / ((1 − f) · (1 − f))`.
    fn target(&self, view: &View<'_>, position: &OpenPosition) -> Option<TickPrice> {
        let entry = position.cost.price_of(position.bought)?;
        let one = i128::from(Rate::ONE.units());
        let grow = |units: i128, by: i128, over: i128| (units * by + over - 1) / over;
        let profit = one + i128::from(self.settings.exit.take_profit.units());
        let (buying, selling) = (view.fees.taker.complement(), view.fees.maker.complement());
        if buying.is_zero() || selling.is_zero() {
            return None;
        }
        let units = grow(i128::from(entry.units()), profit, i128::from(buying.units()));
        let units = grow(units, one, i128::from(selling.units()));
        let price = i64::try_from(units).ok().and_then(Price::from_units)?;
        view.rules.ceil_tick(price)
    }

    fn leaving<'a>(&self, view: &View<'a>, level: StopLevel, reason: Reason) -> Leaving<'a> {
        let exit = &self.settings.exit;
        let (last_resort, last_resort_after) = if reason == Reason::Panic {
            (LastResort::Market, exit.last_resort_after)
        } else {
            (exit.last_resort, exit.last_resort_after)
        };
        let offset = match reason {
            Reason::Rescue | Reason::LastResort => exit.rescue_offset,
            _ => exit.limit_offset,
        };
        Leaving {
            rules: view.rules,
            trigger: level.trigger,
            offset,
            max_slippage: exit.max_slippage,
            last_resort,
            last_resort_after,
        }
    }

    fn clock(&self, view: &View<'_>) -> Clock {
        Clock { now: view.now, closed: view.closed, pace: self.settings.exit.rescue_after }
    }
}

/// The open order of the entry, and never another one: the unfilled rest of it stays until its candle closes, or for `candles_more` after that:
/// while what is held is too small to protect, one more candle may make it large enough.
fn entry_rest(view: &View<'_>, position: &OpenPosition, candles_more: u64, desired: &mut Desired) {
    let live = |order: &&Order| order.is_live() && order.terms.side == Side::Buy;
    let Some(rest) = view.slot(Slot::Entry).and_then(SlotState::current).filter(live) else {
        return;
    };
    // A rest that outlived its first candle is still the rest of the same entry.
    let opened_with = rest.decided_after <= position.opened_after;
    if opened_with && view.closed <= position.opened_after + candles_more {
        desired.place(Slot::Entry, rest.terms, rest.reason, rest.decided_after);
    }
}

/// Whether the stop stands alone until the next candle: the exchange does not take a target at which
/// the market is already.
fn does_without_target(view: &View<'_>) -> bool {
    let Some(slot) = view.slot(Slot::Exit) else { return false };
    let Some(decision) = &slot.decision else { return false };
    match decision.terms().map(|terms| terms.kind) {
        Some(OrderKind::Bracket { .. }) => {
            let refusal = slot.refusal();
            matches!(refusal, Some(Refusal::PriceRelation | Refusal::WouldTakeImmediately))
        }
        Some(OrderKind::StopLossLimit { .. } | OrderKind::StopLoss { .. }) => {
            decision.after == view.closed
        }
        _ => false,
    }
}

/// Trigger and limit of the stop, and whether it is the first one or a raised one.
#[derive(Debug, Clone, Copy)]
struct StopLevel {
    trigger: TickPrice,
    limit: TickPrice,
    is_new: bool,
}

impl StopLevel {
    const fn protect(self) -> Exit {
        let kind = OrderKind::StopLossLimit { trigger: self.trigger, limit: self.limit };
        Exit { kind, reason: Reason::Stop, after: 0 }
    }
}

/// An exit order without its quantity.
#[derive(Debug, Clone, Copy)]
struct Exit {
    kind: OrderKind,
    reason: Reason,
    after: u64,
}

/// An exit order for what there is to sell.
struct Sized {
    terms: Terms,
    reason: Reason,
    after: u64,
}

impl Exit {
    fn of(decision: &Decision) -> Option<Self> {
        match decision.outcome {
            Outcome::Place(terms, reason) => {
                Some(Self { kind: terms.kind, reason, after: decision.after })
            }
            Outcome::Nothing(_) => None,
        }
    }

    /// Whether something else has been decided so far.
    fn is_news(self, view: &View<'_>) -> bool {
        let standing = view.decision(Slot::Exit).and_then(Self::of);
        standing.is_none_or(|it| it.kind != self.kind || it.reason != self.reason)
    }

    const fn decided_after(self, after: u64) -> Self {
        Self { after, ..self }
    }

    /// The order for all that can be sold; none where that is too small for the exchange.
    fn sized(self, view: &View<'_>) -> Option<Sized> {
        let rules = view.rules;
        let quantity = match self.kind {
            OrderKind::Market => rules.floor_market_lot(view.holding())?,
            _ => rules.floor_lot(view.holding())?,
        };
        let price = self.kind.worst_price().map(TickPrice::price).or(view.quote.map(|q| q.bid))?;
        // What is left of an open order may be less than a new one would have to be.
        let is_rest = |order: &Order| {
            order.is_live()
                && order.terms.kind == self.kind
                && order.remaining() == quantity.quantity()
        };
        let possible = rules.reaches_min_notional(price, quantity.quantity())
            || view.slot(Slot::Exit).and_then(SlotState::current).is_some_and(is_rest);
        possible.then_some(Sized {
            terms: Terms { side: Side::Sell, kind: self.kind, quantity },
            reason: self.reason,
            after: self.after,
        })
    }
}
