//! The difference between the orders that should be open and those that are.
//!
//! Level-triggered: what is done follows from the two states alone, never from what just happened.
//! [`plan`] reaches a fixed point: once its actions are taken, planning again yields nothing.

use crate::num::Quantity;
use crate::order::{
    ClientOrderId, Close, Decision, ExpiryReason, Order, OrderKind, Phase, Reason, Refusal, Side,
    SlotState, Terms,
};
use crate::time::{Span, Timestamp};

/// After this many refusals in a row an exit of one kind and reason is tried once a minute, with an
/// alert.
pub const REFUSALS_BEFORE_PAUSE: u8 = 3;
const REFUSED_PAUSE: Span = Span::from_millis(60_000);
/// What was refused once is not asked for again before this.
pub(crate) const RETRY_PAUSE: Span = Span::from_millis(500);
const MARKET_SLICE_PAUSE: Span = Span::from_millis(2_000);

/// One step towards what should be open. Each concerns one slot, and carries out its standing
/// decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Place the decided order.
    Submit,
    /// Cancel this order.
    Cancel(ClientOrderId),
    /// Cancel this order and, if that succeeds, place the decided one: in one request.
    Replace(ClientOrderId),
}

/// What the next step for a slot is, or when there may be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// What to do now.
    pub action: Option<Action>,
    /// When to look again although nothing happens.
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    const NOTHING: Self = Self { action: None, wake_at: None };

    const fn act(action: Action) -> Self {
        Self { action: Some(action), wake_at: None }
    }

    const fn wait(until: Timestamp) -> Self {
        Self { action: None, wake_at: Some(until) }
    }
}

/// What the symbol allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanContext {
    /// The engine's time.
    pub now: Timestamp,
    /// Whether `cancelReplace` is allowed.
    pub cancel_replace: bool,
    /// Whether new orders are taken at all.
    pub takes_orders: bool,
}

impl PlanContext {
    /// Whether an order may go so that one of these terms can take its place. What protects stays where
    /// nothing could.
    #[inline]
    const fn may_give_way(self, terms: &Terms) -> bool {
        self.takes_orders || matches!(terms.side, Side::Buy)
    }
}

/// Whether a slot's orders are as its standing decision wants them, at first sight: then there is
/// nothing to plan.
#[inline]
pub fn is_settled(slot: &SlotState) -> bool {
    if slot.is_unusual() {
        return slot.is_replacing();
    }
    let wanted = slot.decision.as_ref().and_then(Decision::terms);
    match (wanted, slot.current().filter(|order| order.is_live())) {
        // What was decided is open or on its way; after a replacement that failed it is not.
        (Some(terms), Some(order)) => order.phase != Phase::Working || satisfies(terms, order),
        (wanted, live) => wanted.is_none() && live.is_none(),
    }
}

/// Whether the order of a decision that is just being made can leave with it: at once, or in place
/// of the order that is given. None where something must happen first.
#[inline]
pub fn plan_new(
    (terms, reason): (&Terms, Reason),
    slot: &SlotState,
    context: PlanContext,
) -> Option<Option<ClientOrderId>> {
    if slot.is_unusual() {
        return None;
    }
    match slot.current() {
        Some(order) if order.is_live() => {
            let replaces = order.phase == Phase::Working
                && context.may_give_way(terms)
                && is_replaceable(terms, order, context)
                && slot.hold_until.is_none_or(|until| context.now >= until)
                && paused(terms, reason, slot, context).is_none()
                && !satisfies(terms, order);
            replaces.then_some(Some(order.id))
        }
        Some(order) if !order.is_settled() && terms.side == Side::Buy => None,
        _ => paused(terms, reason, slot, context).is_none().then_some(None),
    }
}

/// The next step that brings a slot's orders to its standing decision. (A decision is made only by
/// what passed the risk gate.)
///
/// An order in flight (placed, cancelled or replaced without an answer yet) blocks its slot: its
/// fate decides what the next step is.
pub fn plan(slot: &SlotState, context: PlanContext) -> Plan {
    if slot.is_unusual() {
        // An order that came back from the dead while its slot had moved on: only one may stay.
        if let Some(stray) = slot.strays().find(|order| order.phase == Phase::Working) {
            return cancel(stray, slot, context);
        }
        if slot.successor().is_some() || slot.strays().next().is_some() {
            return Plan::NOTHING;
        }
    }
    let wanted = slot.decision.as_ref().and_then(|it| it.terms().zip(it.reason()));
    match (wanted, slot.current()) {
        (Some(wanted), Some(order)) if order.is_live() => correct(wanted, order, slot, context),
        (None, Some(order)) if order.phase == Phase::Working => cancel(order, slot, context),
        (None, _) => Plan::NOTHING,
        (Some((terms, _)), Some(ended)) if slot.sent => send_again(terms, ended, slot, context),
        (Some((terms, _)), _) if awaits_fills(terms, slot) => Plan::NOTHING,
        (Some((terms, reason)), _) => match paused(terms, reason, slot, context) {
            Some(not_before) => Plan::wait(not_before),
            None => Plan::act(Action::Submit),
        },
    }
}

/// An entry waits while the exchange has counted executions that it has not told: there may be a
/// position already. (Of an exit's quantity they are taken off.)
fn awaits_fills(terms: &Terms, slot: &SlotState) -> bool {
    terms.side == Side::Buy && slot.open_orders().any(|order| !order.is_settled())
}

fn cancel(order: &Order, slot: &SlotState, context: PlanContext) -> Plan {
    match slot.hold_until.filter(|until| context.now < *until) {
        Some(until) => Plan::wait(until),
        None => Plan::act(Action::Cancel(order.id)),
    }
}

/// An order is live where another one, or the same, should be.
fn correct(
    (terms, reason): (&Terms, Reason),
    order: &Order,
    slot: &SlotState,
    context: PlanContext,
) -> Plan {
    if order.phase != Phase::Working || satisfies(terms, order) || !context.may_give_way(terms) {
        return Plan::NOTHING;
    }
    if !is_replaceable(terms, order, context) || slot.found_no_room() {
        return cancel(order, slot, context);
    }
    // The same replacement was refused before; a new one waits only for what it would cancel.
    let again = slot.retry_at.filter(|_| slot.sent);
    match again
        .or(paused(terms, reason, slot, context))
        .max(slot.hold_until)
        .filter(|until| context.now < *until)
    {
        Some(until) => Plan::wait(until),
        None => Plan::act(Action::Replace(order.id)),
    }
}

/// A list is moved by cancelling and placing anew, and so is what a symbol does not replace, or what
/// has been filled in part: only the answer to its cancellation says how much is left.
#[inline]
fn is_replaceable(terms: &Terms, order: &Order, context: PlanContext) -> bool {
    let is_list = |kind: &OrderKind| matches!(kind, OrderKind::Bracket { .. });
    context.cancel_replace
        && order.executed().is_zero()
        && !is_list(&terms.kind)
        && !is_list(&order.terms.kind)
}

/// Whether `order`, as it stands, is what `terms` ask for.
#[inline]
pub fn satisfies(terms: &Terms, order: &Order) -> bool {
    let quantity = match terms.side {
        // An entry is stated whole; what has filled of it is not asked for again.
        Side::Buy => order.terms.quantity.quantity(),
        // An exit is stated for what is held now.
        Side::Sell => order.remaining(),
    };
    terms.kind == order.terms.kind
        && terms.side == order.terms.side
        && terms.quantity.quantity() == quantity
        && !order.has_lost_stop()
}

/// The standing decision was sent, and its order has ended. An entry had its chance: it is not
/// sent twice for the same candle, except where it never reached the exchange's engine, or found no
/// room there beside the order before it. An exit is put back for as long as there is something to
/// sell.
fn send_again(terms: &Terms, ended: &Order, slot: &SlotState, context: PlanContext) -> Plan {
    let Phase::Closed(close) = ended.phase else { return Plan::NOTHING };
    let never_there = matches!(
        close,
        Close::NotSent | Close::Absent | Close::Refused(Refusal::RateLimited | Refusal::ClockSkew)
    );
    // What ended made room for it.
    let made_room = close == Close::Canceled && ended.executed().is_zero() && slot.found_no_room();
    if terms.side == Side::Buy
        && (!(never_there || made_room) || slot.refusals >= REFUSALS_BEFORE_PAUSE)
    {
        return Plan::NOTHING;
    }
    if awaits_fills(terms, slot) {
        return Plan::NOTHING;
    }
    match slot.retry_at.filter(|not_before| context.now < *not_before) {
        Some(not_before) => Plan::wait(not_before),
        None => Plan::act(Action::Submit),
    }
}

/// A decision that was not sent yet waits only where the exchange keeps refusing its like: until
/// when. What refuses a stop does not hold up the order that leaves in its stead.
#[inline]
fn paused(
    terms: &Terms,
    reason: Reason,
    slot: &SlotState,
    context: PlanContext,
) -> Option<Timestamp> {
    let until = slot.retry_at.filter(|not_before| context.now < *not_before)?;
    let waits = slot.refusals >= REFUSALS_BEFORE_PAUSE && slot.refused_alike(terms, reason);
    waits.then_some(until)
}

/// How long a slot waits after its order ended in this way, before the same decision is sent again.
pub fn pause_after(close: Close, refusals: u8, now: Timestamp) -> Option<Timestamp> {
    match close {
        Close::Refused(_) | Close::Rejected if refusals >= REFUSALS_BEFORE_PAUSE => {
            Some(now + REFUSED_PAUSE)
        }
        Close::Refused(_) | Close::Rejected => Some(now + RETRY_PAUSE),
        Close::Expired(
            ExpiryReason::ExecutionRulePriceRangeExceeded | ExpiryReason::InsufficientLiquidity,
        ) => Some(now + MARKET_SLICE_PAUSE),
        Close::Filled | Close::Canceled | Close::Expired(_) | Close::NotSent | Close::Absent => {
            None
        }
    }
}

/// How much of `sellable` no order protects that is known to be open.
pub fn uncovered(sellable: Quantity, exit: &SlotState) -> Quantity {
    unmatched(sellable, exit, Order::protects)
}

/// How much of `held` no order offers that is known to be open.
pub fn unoffered(held: Quantity, exit: &SlotState) -> Quantity {
    unmatched(held, exit, |_| true)
}

fn unmatched(quantity: Quantity, exit: &SlotState, counts: fn(&Order) -> bool) -> Quantity {
    let open = |order: &&Order| matches!(order.phase, Phase::Working | Phase::Canceling);
    let counted = exit.live().filter(open).filter(|order| counts(order)).map(Order::remaining);
    quantity.saturating_minus(counted.max().unwrap_or(Quantity::ZERO))
}
