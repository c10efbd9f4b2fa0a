//! The gate at each limit and one unit beyond it, and in the engine: what counts against a limit.

use std::cell::RefCell;

use heikin_core::engine::{Command, Input};
use heikin_core::market::SymbolRules;
use heikin_core::matching::FillModel;
use heikin_core::num::Money;
use heikin_core::order::{Denial, Outcome, Reason, Skip, Slot, Terms};
use heikin_core::risk::{RiskFacts, RiskLimits, review};
use heikin_core::strategy::{HeikinAshiSettings, Statement};
use heikin_core::time::{Span, Timestamp};

use crate::support::*;

/// What the gate is shown; which of it it asks for is noted.
#[expect(clippy::struct_excessive_bools, reason = "one a rule")]
struct Facts {
    free: &'static str,
    in_position: bool,
    other_trades: u32,
    trades_today: u32,
    last_trade: i64,
    realized: &'static str,
    equity: &'static str,
    off: bool,
    unresolved: bool,
    open: bool,
    room: bool,
    asked: RefCell<Vec<&'static str>>,
}

impl Facts {
    fn none() -> Self {
        Self {
            free: "200",
            in_position: false,
            other_trades: 0,
            trades_today: 0,
            last_trade: 0,
            realized: "0",
            equity: "1000",
            off: false,
            unresolved: false,
            open: true,
            room: true,
            asked: RefCell::default(),
        }
    }

    fn note<T>(&self, what: &'static str, value: T) -> T {
        self.asked.borrow_mut().push(what);
        value
    }
}

impl RiskFacts for Facts {
    fn now(&self) -> Timestamp {
        ms(10_000)
    }
    fn free(&self) -> Money {
        self.note("free", money(self.free))
    }
    fn in_position(&self) -> bool {
        self.in_position
    }
    fn other_trades(&self) -> u32 {
        self.note("other trades", self.other_trades)
    }
    fn trades_today(&self) -> u32 {
        self.note("trades today", self.trades_today)
    }
    fn last_trade(&self) -> Option<Timestamp> {
        self.note("last trade", Some(ms(self.last_trade)))
    }
    fn realized_today(&self) -> Money {
        self.note("realized", money(self.realized))
    }
    fn equity(&self) -> Option<(Money, Money)> {
        self.note("equity", Some((money(self.equity), money("1000"))))
    }
    fn entries_off(&self) -> bool {
        self.note("off", self.off)
    }
    fn is_unresolved(&self) -> bool {
        self.note("unresolved", self.unresolved)
    }
    fn is_symbol_open(&self) -> bool {
        self.note("open", self.open)
    }
    fn has_order_room(&self) -> bool {
        self.note("room", self.room)
    }
}

/// Every limit on.
fn limits() -> RiskLimits {
    RiskLimits {
        min_confidence: 50,
        min_free: money("200"),
        max_trade: Some(money("200")),
        max_open_trades: Some(3),
        max_trades_per_day: Some(5),
        cooldown: Span::from_millis(1_000),
        max_daily_loss: Some(money("50")),
        max_drawdown: Some(rate("0.2")),
    }
}

fn verdict(terms: Terms, confidence: u8, facts: &Facts) -> Option<Denial> {
    let outcome = Outcome::Place(terms, Reason::Signal);
    let statement = Statement { slot: Slot::Entry, outcome, after: 1, confidence };
    review(&statement, &limits(), facts).err()
}

/// A BUY of 2 at 100.
fn entry() -> Terms {
    buy(limit("100"), "2")
}

#[test]
fn an_entry_passes_at_every_limit() {
    let facts = Facts {
        other_trades: 2,
        trades_today: 4,
        last_trade: 9_000,
        realized: "-49.9999999999999999",
        equity: "800.0000000000000001",
        ..Facts::none()
    };
    assert_eq!(verdict(entry(), 50, &facts), None);
    // In the order of the specification, each once.
    let mut asked = facts.asked.into_inner();
    asked.dedup();
    assert_eq!(
        asked,
        [
            "free",
            "other trades",
            "trades today",
            "last trade",
            "realized",
            "equity",
            "off",
            "unresolved",
            "open",
            "room"
        ]
    );
}

#[test]
fn one_unit_beyond_a_limit_an_entry_is_denied_and_an_exit_is_not() {
    let none = Facts::none;
    let beyond = buy(limit("100"), "2.00000001");
    for (denial, terms, confidence, facts) in [
        (Denial::ConfidenceTooLow, entry(), 49, none()),
        (Denial::FreeBalanceTooLow, entry(), 50, Facts { free: "199.9999999999999999", ..none() }),
        (Denial::TradeTooLarge, beyond, 50, Facts { free: "1000", ..none() }),
        (Denial::TooManyOpenTrades, entry(), 50, Facts { other_trades: 3, ..none() }),
        (Denial::TooManyTradesToday, entry(), 50, Facts { trades_today: 5, ..none() }),
        (Denial::CoolingDown, entry(), 50, Facts { last_trade: 9_001, ..none() }),
        (Denial::DailyLoss, entry(), 50, Facts { realized: "-50", ..none() }),
        (Denial::Drawdown, entry(), 50, Facts { equity: "800", ..none() }),
        (Denial::Paused, entry(), 50, Facts { off: true, ..none() }),
        (Denial::UnresolvedOrder, entry(), 50, Facts { unresolved: true, ..none() }),
        (Denial::SymbolClosed, entry(), 50, Facts { open: false, ..none() }),
        (Denial::TooManyOrders, entry(), 50, Facts { room: false, ..none() }),
    ] {
        assert_eq!(verdict(terms, confidence, &facts), Some(denial));
        facts.asked.borrow_mut().clear();
        assert_eq!(verdict(sell(limit("100"), "2"), 0, &facts), None);
        assert!(facts.asked.borrow().is_empty(), "an exit is not even asked about");
    }
}

#[test]
fn an_order_worth_more_than_what_is_free_is_too_large() {
    let facts = Facts { free: "200", ..Facts::none() };
    let statement = |terms| Statement {
        slot: Slot::Entry,
        outcome: Outcome::Place(terms, Reason::Signal),
        after: 1,
        confidence: 100,
    };
    let verdict = |terms| review(&statement(terms), &RiskLimits::NONE, &facts).err();
    assert_eq!(verdict(entry()), None);
    assert_eq!(verdict(buy(limit("100"), "2.00000001")), Some(Denial::TradeTooLarge));
}

#[test]
fn the_rest_of_an_entry_is_the_same_trade_but_bound_by_losses_and_pauses() {
    let part = || Facts { in_position: true, ..Facts::none() };
    let counted =
        Facts { free: "0", other_trades: 9, trades_today: 9, last_trade: 9_999, ..part() };
    assert_eq!(verdict(entry(), 50, &counted), None);
    assert_eq!(verdict(entry(), 50, &Facts { realized: "-50", ..part() }), Some(Denial::DailyLoss));
    assert_eq!(verdict(entry(), 50, &Facts { off: true, ..part() }), Some(Denial::Paused));
}

fn session(limits: RiskLimits, traders: &[HeikinAshiSettings]) -> Session {
    Session::on(engine_with(rules(), limits, traders), FillModel::default())
}

fn denied(session: &Session, trader: usize) -> Option<Denial> {
    match skip_of(session.engine(), trader) {
        Some(Skip::Denied(denial)) => Some(denial),
        _ => None,
    }
}

const LOSS: [[&str; 4]; 2] = [["110", "125", "109", "124"], ["124", "124", "100", "105"]];
/// Room for a stop, and an entry that is never reached.
const CALM: [&str; 4] = ["105", "106", "104", "105"];

/// One lost trade: 12.90251369; candle 5 has closed, and the next entry may follow at once.
fn after_a_loss(limits: RiskLimits) -> Session {
    let again = HeikinAshiSettings { rearm_after: 0, ..settings() };
    let mut session = session(limits, &[again]);
    session.candles(&WORKED).candles(&LOSS);
    assert_eq!(session.trades()[0].net_quote(), money("-12.90251369"));
    session
}

#[test]
fn a_working_entry_of_another_trader_counts_as_an_open_trade() {
    let limits = |max| RiskLimits { max_open_trades: Some(max), ..RiskLimits::NONE };
    let mut one = session(limits(1), &[settings(), settings()]);
    one.candles(&WORKED);
    assert_eq!((denied(&one, 0), denied(&one, 1)), (None, Some(Denial::TooManyOpenTrades)));
    assert_eq!(one.open().len(), 1);
    let mut two = session(limits(2), &[settings(), settings()]);
    two.candles(&WORKED);
    assert_eq!((denied(&two, 1), two.open().len()), (None, 2));
}

#[test]
fn the_trades_of_a_day_are_counted_until_midnight_utc() {
    let limits = RiskLimits { max_trades_per_day: Some(1), ..RiskLimits::NONE };
    let mut session = after_a_loss(limits);
    assert_eq!(denied(&session, 0), Some(Denial::TooManyTradesToday));
    // Candle 23 closes in the last millisecond of the day.
    for _ in 6..=23 {
        session.candle(CALM);
        assert_eq!(denied(&session, 0), Some(Denial::TooManyTradesToday));
    }
    session.candle(CALM);
    assert_eq!(denied(&session, 0), None);
    assert_eq!(session.open().len(), 1);
}

#[test]
fn the_loss_of_a_day_is_what_was_realized_on_it() {
    let limits = |max| RiskLimits { max_daily_loss: Some(money(max)), ..RiskLimits::NONE };
    let mut session = after_a_loss(limits("12.90251369"));
    assert_eq!(denied(&session, 0), Some(Denial::DailyLoss));
    session.candles(&[CALM; 18]);
    assert_eq!(denied(&session, 0), Some(Denial::DailyLoss));
    session.candle(CALM);
    assert_eq!(denied(&session, 0), None);
    assert_eq!(denied(&after_a_loss(limits("12.9025136900000001")), 0), None);
}

#[test]
fn drawdown_is_from_the_highest_equity_at_a_close() {
    // 10,000 − 119 + 0.999 · 124 = 10,004.876 at candle 4; 9,987.09748631 after the sale.
    let limits = |share| RiskLimits { max_drawdown: Some(rate(share)), ..RiskLimits::NONE };
    assert_eq!(denied(&after_a_loss(limits("0.00177698")), 0), Some(Denial::Drawdown));
    assert_eq!(denied(&after_a_loss(limits("0.00177699")), 0), None);
}

#[test]
fn the_cool_down_counts_from_the_last_exit() {
    // Sold two thirds into candle 5; 20 minutes and a millisecond before its close.
    let limits = |millis| RiskLimits { cooldown: Span::from_millis(millis), ..RiskLimits::NONE };
    let at_exit = after_a_loss(RiskLimits::NONE).trades()[0].exited_at;
    let close = candle(5, LOSS[1]).close_time();
    let passed = close.since(at_exit).millis();
    assert_eq!(denied(&after_a_loss(limits(passed + 1)), 0), Some(Denial::CoolingDown));
    assert_eq!(denied(&after_a_loss(limits(passed)), 0), None);
}

#[test]
fn an_entry_needs_room_for_itself_and_the_stop_after_it() {
    let open = |rules: SymbolRules| {
        let engine = engine_with(rules, RiskLimits::NONE, &[settings(), settings()]);
        let mut session = Session::on(engine, FillModel::default());
        session.candles(&WORKED);
        [denied(&session, 0), denied(&session, 1)]
    };
    let full = Some(Denial::TooManyOrders);
    let algo = |max| SymbolRules { max_algo_orders: Some(max), ..rules() };
    assert_eq!(open(algo(1)), [full, full]);
    assert_eq!(open(algo(2)), [None, full]);
    assert_eq!(open(algo(3)), [None, None]);
    let orders = |max| SymbolRules { max_orders: Some(max), ..rules() };
    assert_eq!(open(orders(1)), [full, full]);
    assert_eq!(open(orders(2)), [None, full]);
    assert_eq!(open(orders(3)), [None, None]);
}

#[test]
fn limits_never_touch_an_exit() {
    let none_at_all = RiskLimits { max_daily_loss: Some(Money::ZERO), ..RiskLimits::NONE };
    let mut session = session(RiskLimits::NONE, &[settings()]);
    session.candles(&WORKED).candle(LOSS[0]);
    let mut strict = engine_with(rules(), none_at_all, &[settings()]);
    strict.restore(session.engine().snapshot()).unwrap();
    let mut effects = Vec::new();
    strict.step(strict.now(), &Input::Command(Command::Close(None)), &mut effects);
    assert!(!effects.is_empty(), "it leaves all the same");
}
