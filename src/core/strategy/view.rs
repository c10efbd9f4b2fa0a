use serde::{Deserialize, Serialize};

use crate::ledger::Position;
use crate::market::{Candle, Quote, Side, SymbolRules};
use crate::num::{Money, Quantity, Rate};
use crate::order::{Decision, Outcome, Reason, Skip, Slot, SlotState, Terms, TraderId};
use crate::time::Timestamp;

/// What the exchange charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeeRates {
    /// For orders that rested in the book.
    pub maker: Rate,
    /// For orders that took from it.
    pub taker: Rate,
}

impl FeeRates {
    /// The same rate for both.
    pub const fn flat(rate: Rate) -> Self {
        Self { maker: rate, taker: rate }
    }
}

/// A trader's state as people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TraderState {
    /// No position; an entry may be placed.
    None,
    /// A position is open.
    Long,
    /// A position was closed; no entry is placed yet.
    ClosedLong,
}

impl TraderState {
    /// The name in messages, settings and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Long => "LONG",
            Self::ClosedLong => "CLOSED_LONG",
        }
    }
}

/// Who asked a trader to leave its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leave {
    /// `/close`.
    Close,
    /// `/panic`.
    Panic,
}

/// All that a strategy may look at besides what it computed from candles.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Who is asked.
    pub trader: TraderId,
    /// The engine's time.
    pub now: Timestamp,
    /// The symbol's trading rules.
    pub rules: &'a SymbolRules,
    /// What the exchange charges.
    pub fees: FeeRates,
    /// The market's last quote.
    pub quote: Option<Quote>,
    /// The last closed candle.
    pub candle: Option<&'a Candle>,
    /// How many candles of the series have closed.
    pub closed: u64,
    /// Whether that candle is the newest there is; false while missed candles are back-filled.
    pub fresh: bool,
    /// What the trader holds.
    pub position: &'a Position,
    /// What the account has to spend.
    pub funds: &'a dyn Funds,
    /// Somebody asked the trader to leave its position.
    pub leave: Option<Leave>,
    /// The trader's slots.
    pub slots: &'a [SlotState],
}

/// What an account has to spend: worked out only where it is asked for.
pub trait Funds: std::fmt::Debug {
    /// Quote balance that a trader's entry may spend: what no other order has, or may have, locked.
    fn free_quote(&self, trader: TraderId) -> Money;
}

impl View<'_> {
    /// Quote balance that the entry may spend: what no other order has, or may have, locked.
    #[inline]
    pub fn free_quote(&self) -> Money {
        self.funds.free_quote(self.trader)
    }

    /// A slot's decision and orders.
    #[inline]
    pub fn slot(&self, slot: Slot) -> Option<&SlotState> {
        self.slots.get(slot.index())
    }

    /// The standing decision of a slot.
    #[inline]
    pub fn decision(&self, slot: Slot) -> Option<&Decision> {
        self.slot(slot).and_then(|state| state.decision.as_ref())
    }

    /// What can be sold: all that the trader holds, dust included, less what the exchange has counted
    /// as sold and not yet told fill by fill.
    #[inline]
    pub fn holding(&self) -> Quantity {
        self.slots
            .iter()
            .fold(self.position.held, |held, slot| held.saturating_minus(slot.unbooked(Side::Sell)))
    }

    /// Whether the exchange has counted executions that it has not yet told fill by fill.
    pub fn awaits_fills(&self) -> bool {
        self.slots.iter().flat_map(SlotState::open_orders).any(|order| !order.is_settled())
    }
}

/// One statement of a strategy about one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Which slot.
    pub slot: Slot,
    /// What should be open there.
    pub outcome: Outcome,
    /// How many candles had closed for the decision; the candle it was made for.
    pub after: u64,
    /// 0–100: how sure the signal behind an entry is.
    pub confidence: u8,
}

/// The orders that should be open, slot by slot.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    pub(crate) statements: Vec<Statement>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) carry_dust: bool,
}

impl Desired {
    /// States that this order should be open.
    #[inline]
    pub fn place(&mut self, slot: Slot, terms: Terms, reason: Reason, after: u64) {
        let outcome = Outcome::Place(terms, reason);
        self.statements.push(Statement { slot, outcome, after, confidence: 100 });
    }

    /// States that this order should be open, on a signal that is only so sure (0–100).
    pub fn place_with_confidence(&mut self, slot: Slot, terms: Terms, after: u64, confidence: u8) {
        let outcome = Outcome::Place(terms, Reason::Signal);
        self.statements.push(Statement { slot, outcome, after, confidence });
    }

    /// States that nothing should be open, and why: the slot was considered.
    #[inline]
    pub fn nothing(&mut self, slot: Slot, why: Skip, after: u64) {
        let outcome = Outcome::Nothing(why);
        self.statements.push(Statement { slot, outcome, after, confidence: 100 });
    }

    /// Restates a standing decision.
    #[inline]
    pub fn keep(&mut self, slot: Slot, decision: &Decision) {
        let Decision { outcome, after, .. } = *decision;
        self.statements.push(Statement { slot, outcome, after, confidence: 100 });
    }

    /// Asks to be asked again at this time, whether or not anything happens before.
    pub fn wake_at(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    /// Gives the open position up as dust: too small to protect or to sell, it is carried into the
    /// next position.
    pub fn carry_dust(&mut self) {
        self.carry_dust = true;
    }

    pub(crate) fn clear(&mut self) {
        self.statements.clear();
        self.wake_at = None;
        self.carry_dust = false;
    }
}
