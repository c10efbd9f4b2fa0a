use crate::ledger::Position;
use crate::market::Candle;
use crate::num::Quantity;
use crate::order::{Fill, Order, OrderKind, Side, Slot, SlotState, TraderId};
use crate::strategy::{Leave, Strategy, StrategySettings};
use crate::time::{Interval, Span, Timestamp};

/// A limit order decided no later than this after a candle's close belongs to that close.
const AT_CLOSE: Span = Span::from_millis(10_000);

/// Whether a trader trades. Not part of the state, as its settings are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It does.
    #[default]
    Active,
    /// It enters nothing, whatever it is told: it is kept for what it did and for what it has.
    Retired,
}

/// One trader: a strategy on one symbol and interval, with its holding and its orders.
#[derive(Debug)]
pub struct Trader {
    pub(super) id: TraderId,
    /// Index of its symbol in the engine's markets.
    pub(super) market: usize,
    pub(super) interval: Interval,
    pub(super) strategy: Box<dyn Strategy>,
    /// What it trades by from the next candle's close on, where that is something else.
    pub(super) next_settings: Option<Box<StrategySettings>>,
    /// What the configuration said when it was last read.
    pub(super) written: Option<StrategySettings>,
    /// How many candles of the series have closed.
    pub(super) closed: u64,
    pub(super) candle: Option<Candle>,
    pub(super) position: Position,
    pub(super) slots: Vec<SlotState>,
    pub(super) paused: bool,
    pub(super) standing: Standing,
    pub(super) leave: Option<Leave>,
    /// The alert about the unprotected position is out.
    pub(super) alarmed: bool,
    /// Whether the outcome or a fill of any of its orders is not known; follows from the orders.
    pub(super) has_questions: bool,
    /// When the strategy asked to be asked again. Not part of the state: asking again gives it.
    pub(super) wake_at: Option<Timestamp>,
}

impl Trader {
    /// Its number.
    pub const fn id(&self) -> TraderId {
        self.id
    }

    /// Its interval.
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// Its strategy.
    pub fn strategy(&self) -> &dyn Strategy {
        self.strategy.as_ref()
    }

    /// What it holds.
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// How many candles of its series have closed.
    pub const fn candles_closed(&self) -> u64 {
        self.closed
    }

    /// The last of them.
    pub const fn candle(&self) -> Option<&Candle> {
        self.candle.as_ref()
    }

    /// Its slots, each at its [`Slot::index`].
    pub fn slots(&self) -> &[SlotState] {
        &self.slots
    }

    /// One of its slots.
    #[inline]
    pub fn slot(&self, slot: Slot) -> Option<&SlotState> {
        self.slots.get(slot.index())
    }

    /// Whether its entries are off.
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether it is kept for its history alone: see [`super::Engine::retire`].
    pub const fn is_retired(&self) -> bool {
        matches!(self.standing, Standing::Retired)
    }

    /// One of its slots, made if it was never used; those before it are made with it.
    #[inline]
    pub(super) fn slot_mut(&mut self, slot: Slot) -> &mut SlotState {
        if self.slots.len() <= slot.index() {
            let missing = slot.up_to_here().skip(self.slots.len());
            self.slots.extend(missing.map(SlotState::new));
        }
        #[expect(clippy::indexing_slicing, reason = "extended just now")]
        &mut self.slots[slot.index()]
    }

    /// To be called after an order may have changed.
    #[inline]
    pub(super) fn note_questions(&mut self) {
        self.has_questions = self.slots.iter().flat_map(SlotState::open_orders).any(|order| {
            order.phase == crate::order::Phase::Unresolved || order.fills_due.is_some()
        });
    }

    /// Every order that is or may be open.
    pub fn live_orders(&self) -> impl Iterator<Item = &Order> {
        self.slots.iter().flat_map(SlotState::live)
    }

    /// What it can sell: see [`crate::strategy::View::holding`].
    #[inline]
    pub fn holding(&self) -> Quantity {
        self.slots
            .iter()
            .fold(self.position.held, |held, slot| held.saturating_minus(slot.unbooked(Side::Sell)))
    }

    /// Whether the last candle is the newest there is at `now`: false while missed ones are
    /// back-filled.
    #[inline]
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        self.candle.is_some_and(|candle| now <= candle.close_time() + self.interval.span())
    }

    /// The candle that a fill belongs to: its number, its opening time, and how many candles had
    /// closed at the fill.
    ///
    /// A limit order decided at a candle's close that takes at once belongs to the candle that
    /// closed; any other fill to the candle whose time contains it.
    pub(super) fn candle_of(&self, order: &Order, fill: &Fill) -> (u64, Timestamp, u64) {
        let Some(last) = self.candle else {
            return (self.closed, fill.at, self.closed);
        };
        let span = self.interval.span();
        let slack = AT_CLOSE.min(Span::from_millis(span.millis() / 20));
        let at_close = matches!(order.terms.kind, OrderKind::Limit { .. })
            && !fill.maker
            && order.decided_after == self.closed
            && order.decided_at <= last.close_time() + slack;
        if at_close {
            return (self.closed, last.open_time(), self.closed);
        }
        if fill.at > last.close_time() {
            // In the candle that is forming: it opened a whole number of intervals later.
            let behind = fill.at.since(last.open_time()).div(span);
            let open = last.open_time() + span.times(behind);
            return (self.closed + 1, open, self.closed);
        }
        if fill.at >= last.open_time() {
            return (self.closed, last.open_time(), self.closed.saturating_sub(1));
        }
        let behind = last.open_time().since(fill.at).div(span) + 1;
        let candle = self.closed.saturating_sub(behind.unsigned_abs()).max(1);
        (candle, last.open_time() - span.times(behind), candle.saturating_sub(1))
    }
}
