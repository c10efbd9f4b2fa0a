//! Getting out of a position that is not simply stopped: the ladder of limit orders that follows
//! the bid down to a floor, and what happens there.

use super::{LastResort, Offset, Patience};
use crate::market::{SymbolRules, TickPrice};
use crate::num::{FinePrice, Price, Rate};
use crate::order::{Decision, OrderKind, Reason};
use crate::time::{Span, Timestamp};

/// A limit order on its way out is priced anew at most this often.
pub const REPRICE_PAUSE: Span = Span::from_millis(2_000);

/// How to leave a position with limit orders, and when to stop being choosy.
#[derive(Debug, Clone, Copy)]
pub struct Leaving<'a> {
    /// The symbol's trading rules.
    pub rules: &'a SymbolRules,
    /// The price that the floor is taken from: the position's stop trigger.
    pub trigger: TickPrice,
    /// How far below the bid each limit is put.
    pub offset: Offset,
    /// The floor is this far below the trigger.
    pub max_slippage: Rate,
    /// What happens at the floor.
    pub last_resort: LastResort,
    /// How long the order rests at the floor first.
    pub last_resort_after: Patience,
}

/// The next step of leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// This order should be open.
    Place(OrderKind, Reason),
    /// The standing order should stay; ask again at this time, if there is one.
    Keep(Option<Timestamp>),
}

impl Leaving<'_> {
    /// The lowest limit: `floor_tick(trigger · (1 − max_slippage))`.
    pub fn floor(&self) -> Option<TickPrice> {
        let price = self.max_slippage.below(self.trigger.price(), self.rules.tick)?;
        self.rules.floor_tick(price)
    }

    /// The limit for a market at `bid`: `floor_tick(bid − offset)`, but never below the floor.
    pub fn limit(&self, bid: Price, atr: Option<FinePrice>) -> Option<TickPrice> {
        self.below(bid, atr).max(self.floor())
    }

    /// The order with which leaving begins. The floor bounds a rescue; another exit is a limit
    /// order below the bid wherever that is.
    pub fn first(&self, bid: Price, atr: Option<FinePrice>, reason: Reason) -> Option<Step> {
        if reason != Reason::Rescue {
            let price = self.below(bid, atr)?;
            return Some(Step::Place(OrderKind::Limit { price }, reason));
        }
        let price = self.limit(bid, atr)?;
        if price.price() > bid && self.gives_up_at_once() {
            return Some(Step::Place(OrderKind::Market, Reason::LastResort));
        }
        Some(Step::Place(OrderKind::Limit { price }, reason))
    }

    /// `floor_tick(bid − offset)`.
    fn below(&self, bid: Price, atr: Option<FinePrice>) -> Option<TickPrice> {
        let offset = self.offset.at(bid, self.rules.tick, atr)?;
        self.rules.floor_tick(bid.minus(offset)?)
    }

    /// Where there is no clock inside a candle, a limit at the floor above the market is a sale at
    /// the next candle's open.
    const fn gives_up_at_once(&self) -> bool {
        matches!(
            (self.last_resort, self.last_resort_after),
            (LastResort::Market, Patience::CandleClose)
        )
    }

    /// What should follow on `standing`, an order on its way out that is still unfilled. `closed`
    /// says that a candle has closed since it was decided.
    pub fn next(
        &self,
        standing: &Decision,
        bid: Price,
        atr: Option<FinePrice>,
        clock: Clock,
    ) -> Step {
        let Some(OrderKind::Limit { price: current }) = standing.terms().map(|terms| terms.kind)
        else {
            return Step::Keep(None);
        };
        let reason = standing.reason().unwrap_or(Reason::Rescue);
        let floor = self.floor();
        let next_price_at = standing.at + REPRICE_PAUSE;
        let due = match clock.pace {
            Patience::CandleClose => clock.candle_closed_since(standing),
            Patience::For(_) => clock.now >= next_price_at,
        };
        if floor.is_some_and(|floor| current <= floor) {
            if self.last_resort == LastResort::Hold {
                return Step::Keep(None);
            }
            return match self.last_resort_after {
                Patience::CandleClose if clock.candle_closed_since(standing) => {
                    Step::Place(OrderKind::Market, Reason::LastResort)
                }
                Patience::CandleClose => Step::Keep(None),
                Patience::For(span) if clock.now >= standing.at + span => {
                    Step::Place(OrderKind::Market, Reason::LastResort)
                }
                Patience::For(span) => Step::Keep(Some(standing.at + span)),
            };
        }
        let lower = self.limit(bid, atr).filter(|next| *next < current);
        match lower {
            Some(price) if due => {
                if price.price() > bid && self.gives_up_at_once() {
                    return Step::Place(OrderKind::Market, Reason::LastResort);
                }
                Step::Place(OrderKind::Limit { price }, reason)
            }
            _ if matches!(clock.pace, Patience::CandleClose) => Step::Keep(None),
            _ if due => Step::Keep(Some(clock.now + REPRICE_PAUSE)),
            _ => Step::Keep(Some(next_price_at)),
        }
    }
}

/// What time it is, in both ways of counting.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The engine's time.
    pub now: Timestamp,
    /// How many candles have closed.
    pub closed: u64,
    /// Whether to act in seconds or at candle closes.
    pub pace: Patience,
}

impl Clock {
    const fn candle_closed_since(&self, decision: &Decision) -> bool {
        self.closed > decision.after
    }
}
