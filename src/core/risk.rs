//! One gate in front of every order that opens or adds. Exits always pass.
//!
//! The rules are checked in the order of [`Denial`]; the first failure is the reason given. This
//! module is the only maker of [`Approved`], and nothing else becomes a standing decision.

use serde::{Deserialize, Serialize};

use crate::num::{Money, Rate};
use crate::order::{Denial, Outcome, Side, Terms};
use crate::strategy::Statement;
use crate::time::{Span, Timestamp};

/// The limits of an account; amounts are in the quote asset of the order under review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RiskLimits {
    /// The least confidence of a signal, 0–100.
    pub min_confidence: u8,
    /// The least free quote balance before an entry.
    pub min_free: Money,
    /// The most that one entry may be worth.
    pub max_trade: Option<Money>,
    /// The most positions open at once; working entries of other traders count.
    pub max_open_trades: Option<u32>,
    /// The most positions opened on one UTC day.
    pub max_trades_per_day: Option<u32>,
    /// The least time between a trader's trades: since its last position was opened or closed.
    pub cooldown: Span,
    /// The most that may be lost (realized) on one UTC day.
    pub max_daily_loss: Option<Money>,
    /// The furthest that equity may fall from its peak.
    pub max_drawdown: Option<Rate>,
}

impl RiskLimits {
    /// No limit at all.
    pub const NONE: Self = Self {
        min_confidence: 0,
        min_free: Money::ZERO,
        max_trade: None,
        max_open_trades: None,
        max_trades_per_day: None,
        cooldown: Span::ZERO,
        max_daily_loss: None,
        max_drawdown: None,
    };

    /// Whether any of these limits lets more through than the same one of `other`.
    pub fn lets_more_through_than(&self, other: &Self) -> bool {
        fn is_higher<T: Ord>(own: Option<T>, other: Option<T>) -> bool {
            other.is_some_and(|other| own.is_none_or(|own| own > other))
        }
        self.min_confidence < other.min_confidence
            || self.min_free < other.min_free
            || self.cooldown < other.cooldown
            || is_higher(self.max_trade, other.max_trade)
            || is_higher(self.max_open_trades, other.max_open_trades)
            || is_higher(self.max_trades_per_day, other.max_trades_per_day)
            || is_higher(self.max_daily_loss, other.max_daily_loss)
            || is_higher(self.max_drawdown, other.max_drawdown)
    }
}

/// What the rules look at; each is asked for only where a limit makes it matter. The counters behind
/// them are part of the engine's state and survive restarts.
pub trait RiskFacts {
    /// The engine's time.
    fn now(&self) -> Timestamp;
    /// Quote balance that no other order has locked.
    fn free(&self) -> Money;
    /// Whether the trader has a position: then the order is the rest of an entry, and counted.
    fn in_position(&self) -> bool;
    /// Positions open, and entries working, of the other traders.
    fn other_trades(&self) -> u32;
    /// Positions opened today (UTC).
    fn trades_today(&self) -> u32;
    /// When the trader's last position was opened or closed.
    fn last_trade(&self) -> Option<Timestamp>;
    /// Realized PnL of today (UTC) in the order's quote asset.
    fn realized_today(&self) -> Money;
    /// Equity in the order's quote asset, and its peak.
    fn equity(&self) -> Option<(Money, Money)>;
    /// Entries are off for the trader or the account.
    fn entries_off(&self) -> bool;
    /// The outcome of another order of the symbol is unknown.
    fn is_unresolved(&self) -> bool;
    /// The symbol trades, and all its filters are understood.
    fn is_symbol_open(&self) -> bool;
    /// The exchange takes one more order (and stop) on the symbol, and the exit after it.
    fn has_order_room(&self) -> bool;
}

/// A statement that passed the gate. Made by [`review`] and by nothing else; only this becomes a
/// slot's standing decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved<'a>(&'a Statement);

impl<'a> Approved<'a> {
    /// The statement.
    #[inline]
    pub const fn statement(self) -> &'a Statement {
        self.0
    }
}

/// Reviews one statement of a strategy. An order that opens or adds is denied where a rule fails;
/// everything else passes.
#[inline]
pub fn review<'a>(
    statement: &'a Statement,
    limits: &RiskLimits,
    facts: &impl RiskFacts,
) -> Result<Approved<'a>, Denial> {
    if let Outcome::Place(terms, _) = &statement.outcome
        && terms.side == Side::Buy
        && let Some(denial) = denial(terms, statement.confidence, limits, facts)
    {
        return Err(denial);
    }
    Ok(Approved(statement))
}

/// The first rule that an entry fails.
#[inline]
fn denial(
    terms: &Terms,
    confidence: u8,
    limits: &RiskLimits,
    facts: &impl RiskFacts,
) -> Option<Denial> {
    let quantity = terms.quantity.quantity();
    let price = terms.kind.worst_price();
    let notional = price.map_or(Money::ZERO, |price| price.price().times(quantity));
    // The rest of an entry whose first part has filled is the same trade: counted, and taken.
    let new = !facts.in_position();
    let reached =
        |max: Option<u32>, count: &dyn Fn() -> u32| new && max.is_some_and(|max| count() >= max);
    if confidence < limits.min_confidence {
        Some(Denial::ConfidenceTooLow)
    } else if new && !limits.min_free.is_zero() && facts.free() < limits.min_free {
        Some(Denial::FreeBalanceTooLow)
    } else if limits.max_trade.is_some_and(|max| notional > max) || (new && notional > facts.free())
    {
        Some(Denial::TradeTooLarge)
    } else if reached(limits.max_open_trades, &|| facts.other_trades()) {
        Some(Denial::TooManyOpenTrades)
    } else if reached(limits.max_trades_per_day, &|| facts.trades_today()) {
        Some(Denial::TooManyTradesToday)
    } else if new && limits.cooldown > Span::ZERO && is_cooling(limits, facts) {
        Some(Denial::CoolingDown)
    } else if limits.max_daily_loss.is_some_and(|max| -facts.realized_today() >= max) {
        Some(Denial::DailyLoss)
    } else if limits.max_drawdown.is_some_and(|max| exceeds_drawdown(max, facts)) {
        Some(Denial::Drawdown)
    } else if facts.entries_off() {
        Some(Denial::Paused)
    } else if facts.is_unresolved() {
        Some(Denial::UnresolvedOrder)
    } else if !facts.is_symbol_open() {
        Some(Denial::SymbolClosed)
    } else if !facts.has_order_room() {
        Some(Denial::TooManyOrders)
    } else {
        None
    }
}

fn is_cooling(limits: &RiskLimits, facts: &impl RiskFacts) -> bool {
    facts.last_trade().is_some_and(|last| facts.now().since(last) < limits.cooldown)
}

/// `peak − equity ≥ max · peak`.
fn exceeds_drawdown(max: Rate, facts: &impl RiskFacts) -> bool {
    facts.equity().is_some_and(|(equity, peak)| peak > equity && peak - equity >= peak.share(max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Side, SymbolRules};
    use crate::order::{OrderKind, Reason, Slot};

    #[derive(Clone, Copy)]
    #[expect(clippy::struct_excessive_bools, reason = "one a rule")]
    struct Facts {
        now: Timestamp,
        free: Money,
        in_position: bool,
        other_trades: u32,
        trades_today: u32,
        last_trade: Option<Timestamp>,
        realized_today: Money,
        equity: Option<(Money, Money)>,
        entries_off: bool,
        unresolved: bool,
        symbol_open: bool,
        order_room: bool,
    }

    impl RiskFacts for Facts {
        fn now(&self) -> Timestamp {
            self.now
        }
        fn free(&self) -> Money {
            self.free
        }
        fn in_position(&self) -> bool {
            self.in_position
        }
        fn other_trades(&self) -> u32 {
            self.other_trades
        }
        fn trades_today(&self) -> u32 {
            self.trades_today
        }
        fn last_trade(&self) -> Option<Timestamp> {
            self.last_trade
        }
        fn realized_today(&self) -> Money {
            self.realized_today
        }
        fn equity(&self) -> Option<(Money, Money)> {
            self.equity
        }
        fn entries_off(&self) -> bool {
            self.entries_off
        }
        fn is_unresolved(&self) -> bool {
            self.unresolved
        }
        fn is_symbol_open(&self) -> bool {
            self.symbol_open
        }
        fn has_order_room(&self) -> bool {
            self.order_room
        }
    }

    fn view() -> Facts {
        Facts {
            now: Timestamp::from_millis(100_000),
            free: money("1000"),
            in_position: false,
            other_trades: 0,
            trades_today: 0,
            last_trade: None,
            realized_today: Money::ZERO,
            equity: None,
            entries_off: false,
            unresolved: false,
            symbol_open: true,
            order_room: true,
        }
    }

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    /// The verdict on an order over 2 at 100: worth 200.
    fn verdict(side: Side, limits: RiskLimits, view: Facts) -> Option<Denial> {
        let name = |text: &str| text.parse().unwrap();
        let tick = "0.01".parse().unwrap();
        let rules =
            SymbolRules::unrestricted("BTCUSDT".parse().unwrap(), name("BTC"), name("USDT"), tick);
        let price = rules.floor_tick("100".parse().unwrap()).unwrap();
        let quantity = rules.floor_lot("2".parse().unwrap()).unwrap();
        let terms = Terms { side, kind: OrderKind::Limit { price }, quantity };
        let slot = if side == Side::Buy { Slot::Entry } else { Slot::Exit };
        let outcome = Outcome::Place(terms, Reason::Signal);
        let statement = Statement { slot, outcome, after: 1, confidence: 80 };
        review(&statement, &limits, &view).err()
    }

    /// One row a rule: the limits and the state that fail just this rule.
    fn failures() -> Vec<(Denial, RiskLimits, Facts)> {
        let (limits, view) = (RiskLimits::NONE, view());
        let hour = Span::from_secs(3_600);
        vec![
            (Denial::ConfidenceTooLow, RiskLimits { min_confidence: 81, ..limits }, view),
            (Denial::FreeBalanceTooLow, RiskLimits { min_free: money("1000.1"), ..limits }, view),
            (Denial::TradeTooLarge, RiskLimits { max_trade: Some(money("199.9")), ..limits }, view),
            (Denial::TradeTooLarge, limits, Facts { free: money("199.9"), ..view }),
            (
                Denial::TooManyOpenTrades,
                RiskLimits { max_open_trades: Some(2), ..limits },
                Facts { other_trades: 2, ..view },
            ),
            (
                Denial::TooManyTradesToday,
                RiskLimits { max_trades_per_day: Some(3), ..limits },
                Facts { trades_today: 3, ..view },
            ),
            (
                Denial::CoolingDown,
                RiskLimits { cooldown: hour, ..limits },
                Facts { last_trade: Some(Timestamp::from_millis(1)), ..view },
            ),
            (
                Denial::DailyLoss,
                RiskLimits { max_daily_loss: Some(money("50")), ..limits },
                Facts { realized_today: money("-50"), ..view },
            ),
            (
                Denial::Drawdown,
                RiskLimits { max_drawdown: Some("0.2".parse().unwrap()), ..limits },
                Facts { equity: Some((money("800"), money("1000"))), ..view },
            ),
            (Denial::Paused, limits, Facts { entries_off: true, ..view }),
            (Denial::UnresolvedOrder, limits, Facts { unresolved: true, ..view }),
            (Denial::SymbolClosed, limits, Facts { symbol_open: false, ..view }),
            (Denial::TooManyOrders, limits, Facts { order_room: false, ..view }),
        ]
    }

    #[test]
    fn each_rule_denies_an_entry_and_none_denies_an_exit() {
        assert_eq!(verdict(Side::Buy, RiskLimits::NONE, view()), None);
        for (denial, limits, view) in failures() {
            assert_eq!(verdict(Side::Buy, limits, view), Some(denial));
            assert_eq!(verdict(Side::Sell, limits, view), None, "{denial:?}");
        }
    }

    #[test]
    fn just_inside_each_limit_an_entry_passes() {
        let limits = RiskLimits {
            min_confidence: 80,
            min_free: money("1000"),
            max_trade: Some(money("200")),
            max_open_trades: Some(1),
            max_trades_per_day: Some(1),
            cooldown: Span::from_millis(1_000),
            max_daily_loss: Some(money("50")),
            max_drawdown: Some("0.2".parse().unwrap()),
        };
        let view = Facts {
            last_trade: Some(Timestamp::from_millis(99_000)),
            realized_today: money("-49.99"),
            equity: Some((money("800.01"), money("1000"))),
            ..view()
        };
        assert_eq!(verdict(Side::Buy, limits, view), None);
    }

    #[test]
    fn the_first_failed_rule_is_the_reason() {
        let rows = failures();
        for pair in rows.windows(2) {
            let [(first, limits, a), (second, more, b)] = pair else { unreachable!() };
            if first == second || *second > Denial::Drawdown {
                continue;
            }
            // Both rules fail: every limit and state that differs from the neutral one.
            let limits = RiskLimits {
                min_confidence: limits.min_confidence.max(more.min_confidence),
                min_free: limits.min_free.max(more.min_free),
                max_trade: limits.max_trade.or(more.max_trade),
                max_open_trades: limits.max_open_trades.or(more.max_open_trades),
                max_trades_per_day: limits.max_trades_per_day.or(more.max_trades_per_day),
                cooldown: limits.cooldown.max(more.cooldown),
                max_daily_loss: limits.max_daily_loss.or(more.max_daily_loss),
                max_drawdown: limits.max_drawdown.or(more.max_drawdown),
            };
            let both = Facts {
                free: a.free.min(b.free),
                other_trades: a.other_trades.max(b.other_trades),
                trades_today: a.trades_today.max(b.trades_today),
                last_trade: a.last_trade.or(b.last_trade),
                realized_today: a.realized_today.min(b.realized_today),
                equity: a.equity.or(b.equity),
                ..*a
            };
            assert_eq!(verdict(Side::Buy, limits, both), Some(*first), "before {second:?}");
        }
    }

    #[test]
    fn the_rest_of_an_entry_is_not_counted_again() {
        let limits = RiskLimits {
            max_open_trades: Some(1),
            max_trades_per_day: Some(1),
            ..RiskLimits::NONE
        };
        let view = Facts { in_position: true, trades_today: 1, other_trades: 1, ..view() };
        assert_eq!(verdict(Side::Buy, limits, view), None);
    }
}
