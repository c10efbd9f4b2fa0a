//! No position: which entry should be open, and why none.

use super::{AlreadyThroughRule, HeikinAshiStrategy};
use crate::market::{Candle, HaCandle, LotQuantity, Side, TickPrice};
use crate::num::Rate;
use crate::order::{Decision, OrderKind, Outcome, Reason, Refusal, Skip, Slot, SlotState, Terms};
use crate::strategy::{Desired, View};

impl HeikinAshiStrategy {
    /// No position and free to enter: the standing decision for this candle, or a new one.
    pub(super) fn state_none(&self, view: &View<'_>, desired: &mut Desired) {
        let slot = view.slot(Slot::Entry);
        let standing = slot.and_then(|slot| slot.decision.as_ref());
        let outcome = match standing {
            Some(decision) if decision.after == view.closed => {
                match slot.and_then(SlotState::refusal) {
                    Some(Refusal::WouldTriggerImmediately) => {
                        self.reached_meanwhile(view, decision)
                    }
                    _ => decision.outcome,
                }
            }
            _ => self.entry(view),
        };
        match outcome {
            Outcome::Place(terms, reason) => desired.place(Slot::Entry, terms, reason, view.closed),
            Outcome::Nothing(skip) => desired.nothing(Slot::Entry, skip, view.closed),
        }
    }

    /// The market reached the trigger between the decision and its arrival.
    fn reached_meanwhile(&self, view: &View<'_>, decision: &Decision) -> Outcome {
        let Outcome::Place(terms, _) = decision.outcome else {
            return decision.outcome;
        };
        let OrderKind::StopLossLimit { limit, .. } = terms.kind else {
            return decision.outcome;
        };
        if self.settings.entry.on_already_through == AlreadyThroughRule::Skip {
            return Outcome::Nothing(Skip::AlreadyThrough);
        }
        if view.quote.is_some_and(|quote| quote.ask > limit.price()) {
            return Outcome::Nothing(Skip::AboveLimit);
        }
        let kind = OrderKind::Limit { price: limit };
        Outcome::Place(Terms { kind, ..terms }, Reason::AlreadyThrough)
    }

    /// Why no entry may be placed whatever the prices are.
    #[inline]
    fn entry_filter(&self, view: &View<'_>, candle: &Candle, ha: &HaCandle) -> Option<Skip> {
        let entry = &self.settings.entry;
        if view.closed < self.settings.warmup {
            return Some(Skip::WarmingUp);
        }
        if !view.fresh {
            return Some(Skip::StaleCandle);
        }
        if self.indicators.atr.is_some() && self.atr().is_none() {
            return Some(Skip::NoAverageTrueRange);
        }
        if let Some(average) = &self.indicators.average {
            match average.is_below(candle.close()) {
                None => return Some(Skip::NoMovingAverage),
                Some(false) => return Some(Skip::BelowMovingAverage),
                Some(true) => {}
            }
        }
        if entry.green_only && !ha.is_green() {
            return Some(Skip::NotGreen);
        }
        if !entry.min_body.is_zero() {
            // |close − open| / open ≥ min_body, in integers.
            let body = i128::from(ha.close().distance(ha.open()).units());
            let least = i128::from(ha.open().units()) * i128::from(entry.min_body.units());
            if body * i128::from(Rate::ONE.units()) < least {
                return Some(Skip::BodyTooSmall);
            }
        }
        (entry.no_lower_wick && ha.low() < ha.open().min(ha.close())).then_some(Skip::LowerWick)
    }

    /// The entry for the next candle, decided at the close of this one.
    #[inline]
    fn entry(&self, view: &View<'_>) -> Outcome {
        match self.entry_terms(view) {
            Ok((terms, reason)) => Outcome::Place(terms, reason),
            Err(skip) => Outcome::Nothing(skip),
        }
    }

    fn entry_terms(&self, view: &View<'_>) -> Result<(Terms, Reason), Skip> {
        let (Some(candle), Some(ha)) = (view.candle, self.indicators.candle) else {
            return Err(Skip::WarmingUp);
        };
        if let Some(skip) = self.entry_filter(view, candle, &ha) {
            return Err(skip);
        }
        let (entry, rules, atr) = (&self.settings.entry, view.rules, self.atr());
        let quote = view.quote.ok_or(Skip::NoQuote)?;
        let high = ha.high();
        let trigger = entry
            .trigger_offset
            .at(high, rules.tick, atr)
            .and_then(|offset| high.plus(offset))
            .and_then(|price| rules.ceil_tick(price))
            .ok_or(Skip::PriceOutOfRange)?;
        let limit = entry
            .limit_offset
            .at(trigger.price(), rules.tick, atr)
            .and_then(|offset| trigger.price().plus(offset))
            .and_then(|price| rules.ceil_tick(price))
            .ok_or(Skip::PriceOutOfRange)?;
        let stop = self.stop_trigger(view, ha.low()).ok_or(Skip::PriceOutOfRange)?;
        if stop >= trigger || stop.price() >= quote.bid {
            return Err(Skip::NoRoomForStop);
        }
        let wanted = self.settings.sizing.quantity(|| view.free_quote(), limit.price());
        let quantity = rules.floor_lot(wanted).ok_or(Skip::QuantityTooSmall)?;
        if !rules.reaches_min_notional(limit.price(), quantity.quantity()) {
            return Err(Skip::BelowMinNotional);
        }
        self.check_can_leave(view, quantity, stop)?;
        let kind = if quote.ask < trigger.price() {
            OrderKind::StopLossLimit { trigger, limit }
        } else if quote.ask > limit.price() {
            return Err(Skip::AboveLimit);
        } else if entry.on_already_through == AlreadyThroughRule::Skip {
            return Err(Skip::AlreadyThrough);
        } else {
            let terms =
                Terms { side: Side::Buy, kind: OrderKind::Limit { price: limit }, quantity };
            return Ok((terms, Reason::AlreadyThrough));
        };
        Ok((Terms { side: Side::Buy, kind, quantity }, Reason::Breakout))
    }

    /// An entry must be able to leave: what would be received, with the dust there is, must be worth
    /// the least notional at the floor of the stop it would get now.
    #[inline]
    fn check_can_leave(
        &self,
        view: &View<'_>,
        quantity: LotQuantity,
        stop: TickPrice,
    ) -> Result<(), Skip> {
        let bought = quantity.quantity();
        let received = bought.saturating_minus(bought.commission(view.fees.taker));
        let sellable = received
            .plus(view.position.held)
            .and_then(|held| view.rules.floor_lot(held))
            .ok_or(Skip::CouldNotLeave)?;
        let floor = self
            .settings
            .exit
            .max_slippage
            .below(stop.price(), view.rules.tick)
            .ok_or(Skip::CouldNotLeave)?;
        if view.rules.reaches_min_notional(floor, sellable.quantity()) {
            Ok(())
        } else {
            Err(Skip::CouldNotLeave)
        }
    }
}
