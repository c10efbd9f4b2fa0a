//! What came out, in figures. One pass, in constant memory but for one row a year.
//!
//! - *Equity* is the quote balance and the base held, marked at the close. It leads; sums over
//!   closed trades stand beside it.
//! - Ratios are made of daily changes of equity (of each candle's where candles are longer than a
//!   day) and annualised over 365 days, with a risk-free rate of zero: see [`Returns`].
//! - *CAGR* is `(end / start)^(365 days / time) − 1`; *Calmar* is CAGR over the deepest drawdown
//!   (T. W. Young, "Calmar Ratio: A Smoother Tool", Futures 20, 1991).
//! - *Holding* buys for all cash at the first open, pays the fee, and is marked at the last close.
//!   *Holding with equal exposure* does so with the share of equity that was invested on average.
//!
//! Figures are `f64`: they end in text and never become a price.

mod calendar;
mod drawdown;
mod returns;
mod trades;

#[cfg(test)]
mod tests;

use heikin_core::engine::Effect;
use heikin_core::ledger::Trade;
use heikin_core::market::{Candle, Side};
use heikin_core::matching::PointKind;
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{Outcome, Skip, Slot};
use heikin_core::time::{Span, Timestamp};

pub use calendar::{Calendar, YEAR};
pub use drawdown::{Drawdown, DrawdownTracker};
pub use returns::Returns;
pub use trades::{TradeTotals, fees, round_trip_cost};

use super::closed_trade::ExitKind;
use super::run::{Backtest, Observer};
use crate::analysis::report::YearRow;
use returns::{count, ratio};

/// Collects the figures while a backtest runs.
#[derive(Debug)]
pub struct Statistics {
    cash: f64,
    fee: f64,
    started: Option<Started>,
    /// Balances changed since they were last looked at.
    stale: bool,
    quote: f64,
    base: f64,
    in_position: bool,
    candles: u64,
    candles_in_position: u64,
    /// Σ over closes of the invested share of equity.
    invested: f64,
    /// Σ over closes of equity.
    equity_sum: f64,
    traded: Money,
    trades: TradeTotals,
    /// How often a candle closed without an entry being placed, by reason.
    skips: Vec<(Skip, u64)>,
}

/// What begins with the first candle.
#[derive(Debug)]
struct Started {
    opened: Timestamp,
    first_open: f64,
    last: Candle,
    equity: f64,
    calendar: Calendar,
    drawdown: DrawdownTracker,
    hold_drawdown: DrawdownTracker,
}

impl Statistics {
    /// Before the first candle.
    pub fn new(backtest: &Backtest) -> Self {
        let params = backtest.params();
        let cash = params.cash.to_f64();
        Self {
            cash,
            fee: params.fees.taker.to_f64(),
            started: None,
            stale: true,
            quote: cash,
            base: 0.0,
            in_position: false,
            candles: 0,
            candles_in_position: 0,
            invested: 0.0,
            equity_sum: 0.0,
            traded: Money::ZERO,
            trades: TradeTotals::default(),
            skips: Vec::new(),
        }
    }

    /// Equity at the last close.
    pub fn equity(&self) -> f64 {
        self.started.as_ref().map_or(self.cash, |started| started.equity)
    }

    /// How far equity is below its high, as a share.
    pub fn drawdown(&self) -> f64 {
        self.started.as_ref().map_or(0.0, |started| started.drawdown.depth_of(started.equity))
    }

    /// What holding would be worth at the last close.
    pub fn hold(&self) -> f64 {
        self.cash * (1.0 + self.hold_return())
    }

    fn hold_return(&self) -> f64 {
        self.started.as_ref().map_or(0.0, |started| {
            (1.0 - self.fee) * started.last.close().to_f64() / started.first_open - 1.0
        })
    }

    #[cold]
    fn look_at_balances(&mut self, backtest: &Backtest) {
        self.stale = false;
        self.quote = backtest.quote().total().to_f64();
        self.base = backtest.base().total().to_f64();
        self.in_position = backtest.trader().is_some_and(|trader| trader.position().is_open());
    }

    #[cold]
    fn start(&self, candle: &Candle, backtest: &Backtest) -> Started {
        let (opened, first_open) = (candle.open_time(), candle.open().to_f64());
        Started {
            opened,
            first_open,
            last: *candle,
            equity: self.cash,
            calendar: Calendar::starting_at(self.cash, opened, backtest.interval()),
            drawdown: DrawdownTracker::starting_at(self.cash, opened),
            hold_drawdown: DrawdownTracker::starting_at(first_open, opened),
        }
    }

    /// The figures; none where there was no candle.
    pub fn result(self) -> Option<Figures> {
        let hold_return = self.hold_return();
        let Started { opened, last, equity, calendar, drawdown, hold_drawdown, .. } =
            self.started?;
        let elapsed = last.close_time().since(opened);
        let years = years(elapsed);
        let candles = count(self.candles);
        let net_return = equity / self.cash - 1.0;
        let periods = calendar.periods_a_year();
        let (returns, months) = calendar.result();
        let (deepest, longest) = drawdown.result();
        let cagr = |growth: f64| (growth.max(0.0).powf(1.0 / years) - 1.0).clamp(-1.0, f64::MAX);
        let exposure = self.invested / candles;
        let turnover = ratio(self.traded.to_f64(), self.equity_sum / candles);
        Some(Figures {
            opened,
            last,
            elapsed,
            years,
            candles: self.candles,
            cash: self.cash,
            equity,
            net_return,
            cagr: cagr(1.0 + net_return),
            hold_return,
            hold_cagr: cagr(1.0 + hold_return),
            hold_drawdown: hold_drawdown.result().0.map_or(0.0, |fall| fall.depth),
            equal_exposure_return: exposure * hold_return,
            exposure,
            time_in_market: count(self.candles_in_position) / candles,
            sharpe: returns.sharpe(periods),
            sortino: returns.sortino(periods),
            calmar: deepest.and_then(|fall| ratio(cagr(1.0 + net_return), fall.depth)),
            deepest,
            longest,
            turnover,
            turnover_a_year: turnover.map(|turnover| turnover / years),
            trades_a_year: count(self.trades.count) / years,
            trades: self.trades,
            months,
            skips: self.skips,
        })
    }
}

impl Observer for Statistics {
    #[inline]
    fn effect(&mut self, effect: &Effect, _: PointKind) {
        match effect {
            Effect::CarryDust { .. } => self.stale = true,
            Effect::Decide { slot: Slot::Entry, outcome: Some(Outcome::Nothing(skip)), .. } => {
                match self.skips.iter_mut().find(|(known, _)| known == skip) {
                    Some((_, count)) => *count += 1,
                    None => self.skips.push((*skip, 1)),
                }
            }
            _ => {}
        }
    }

    fn filled(&mut self, _: Side, price: Price, quantity: Quantity) {
        self.stale = true;
        self.traded += price.times(quantity);
    }

    fn closed_trade(&mut self, trade: &Trade, _: ExitKind) {
        self.stale = true;
        self.trades.add(trade);
    }

    #[inline]
    fn candle_closed(&mut self, candle: &Candle, backtest: &Backtest) {
        if self.stale {
            self.look_at_balances(backtest);
        }
        if self.started.is_none() {
            self.started = Some(self.start(candle, backtest));
        }
        let Some(started) = &mut self.started else { return };
        let close = candle.close().to_f64();
        let invested = self.base * close;
        let equity = self.quote + invested;
        self.candles += 1;
        self.candles_in_position += u64::from(self.in_position);
        if equity > 0.0 {
            self.invested += invested / equity;
        }
        self.equity_sum += equity;
        let at = candle.close_time();
        started.last = *candle;
        started.equity = equity;
        started.calendar.push(equity, at);
        started.drawdown.push(equity, at);
        started.hold_drawdown.push(close, at);
    }
}

/// The figures of a whole run. Shares are fractions: 0.01 is one percent.
#[derive(Debug, Clone)]
pub struct Figures {
    /// When the first candle opened.
    pub opened: Timestamp,
    /// The last candle.
    pub last: Candle,
    /// From the first open to the last close.
    pub elapsed: Span,
    /// The same in years of 365 days.
    pub years: f64,
    /// How many candles.
    pub candles: u64,
    /// What there was at the start.
    pub cash: f64,
    /// What there is at the end, the open position marked at the last close.
    pub equity: f64,
    /// `equity / cash − 1`.
    pub net_return: f64,
    /// The same a year.
    pub cagr: f64,
    /// What holding would have brought.
    pub hold_return: f64,
    /// The same a year.
    pub hold_cagr: f64,
    /// How far holding fell from its high.
    pub hold_drawdown: f64,
    /// What holding with equal exposure would have brought.
    pub equal_exposure_return: f64,
    /// The invested share of equity, averaged over candles.
    pub exposure: f64,
    /// The share of candles at whose close a position was open.
    pub time_in_market: f64,
    /// Sharpe ratio, annualised.
    pub sharpe: Option<f64>,
    /// Sortino ratio, annualised.
    pub sortino: Option<f64>,
    /// Calmar ratio.
    pub calmar: Option<f64>,
    /// The deepest drawdown of equity at closes.
    pub deepest: Option<Drawdown>,
    /// The longest one.
    pub longest: Option<Drawdown>,
    /// Σ price × quantity of all fills over average equity.
    pub turnover: Option<f64>,
    /// The same a year.
    pub turnover_a_year: Option<f64>,
    /// Closed trades a year.
    pub trades_a_year: f64,
    /// Closed trades, added up.
    pub trades: TradeTotals,
    /// Returns by month.
    pub months: Vec<YearRow>,
    /// How often a candle closed without an entry being placed, by reason.
    pub skips: Vec<(Skip, u64)>,
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of centuries stay below 2^53")]
fn years(elapsed: Span) -> f64 {
    (elapsed.millis().max(1)) as f64 / YEAR.millis() as f64
}
