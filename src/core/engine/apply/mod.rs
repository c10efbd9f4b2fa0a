//! Inputs change the state, and decide nothing.

mod account;
mod answers;
mod commands;
mod recovered;
mod reports;

use super::{Alert, Bug, Engine, Input, QuoteCounters, Touched};
use crate::market::{Asset, Candle, Quote, Symbol, SymbolRules};
use crate::num::Money;
use crate::order::{CancelAnswer, ClientOrderId, Order, SlotState, SubmitAnswer};
use crate::strategy::FeeRates;
use crate::time::{Interval, Span, Timestamp};

impl Engine {
    /// Folds one recorded input into the state, without deciding anything.
    pub fn apply(&mut self, at: Timestamp, input: &Input) {
        self.take_in(at, input);
    }

    #[inline]
    pub(super) fn take_in(&mut self, at: Timestamp, input: &Input) -> Touched {
        self.clock = self.clock.max(at);
        if self.clock >= self.counters.day_end {
            self.roll_day();
        }
        let booked = self.booked;
        match input {
            Input::Candle { symbol, interval, candle, quote } => {
                self.take_candle(symbol, *interval, candle, quote.as_ref())
            }
            Input::Replaced { canceled, cancel, submitted, submit } => {
                if let Some(touched) = self.take_replaced(cancel, submit.as_ref()) {
                    return touched;
                }
                self.take_canceled(*canceled, cancel);
                let first_half_only = not_attempted(cancel);
                self.take_submitted(*submitted, submit.as_ref().unwrap_or(&first_half_only));
                self.settled(*submitted, booked)
            }
            Input::Submitted { id, answer } => {
                if let Some(touched) = self.take_placed(answer) {
                    return touched;
                }
                self.take_submitted(*id, answer);
                self.settled(*id, booked)
            }
            Input::Canceled { id, answer } => {
                self.take_canceled(*id, answer);
                self.settled(*id, booked)
            }
            Input::Report { report, quote } => {
                self.take_report(report, *quote);
                // Its trigger may have been reached: that is for the strategy to know.
                match self.settled(report.state.id, booked) {
                    Touched::None | Touched::Acknowledged(_) => {
                        Touched::One(usize::from(report.state.id.trader().0))
                    }
                    touched => touched,
                }
            }
            Input::Queried { id, answer } => {
                self.take_queried(*id, answer);
                self.settled(*id, booked)
            }
            Input::Quote { symbol, quote } => self.take_quote(*symbol, *quote),
            Input::Time => self.expire_answers(),
            Input::Account(Ok(snapshot)) => self.take_snapshot(snapshot),
            Input::Account(Err(not_before)) => self.take_failed_snapshot(*not_before),
            Input::Balances { balances, at } => self.take_balances(balances, *at),
            Input::Started => self.take_start(),
            Input::StreamRestored => {
                self.sync.due = Some(self.clock);
                self.plan_sync();
                self.in_reach();
                Touched::All
            }
            Input::Rules(rules) => self.take_rules(rules),
            Input::Fees { symbol, fees } => self.take_fees(*symbol, *fees),
            Input::Command(command) => self.take_command(command),
        }
    }

    /// A new UTC day resets the day's counters.
    #[cold]
    fn roll_day(&mut self) {
        let day = Span::from_secs(86_400);
        self.counters.day_end = Timestamp::EPOCH + day.times(self.clock.utc_day() + 1);
        self.counters.trades = 0;
        for counters in &mut self.counters.by_quote {
            counters.realized = Money::ZERO;
        }
    }

    fn take_candle(
        &mut self,
        symbol: &Symbol,
        interval: Interval,
        candle: &Candle,
        quote: Option<&Quote>,
    ) -> Touched {
        let Some(index) = self.market_index(*symbol) else { return Touched::None };
        let twice = self.has(Bug::CandleCountedTwice);
        for trader in &mut self.traders {
            if trader.market != index || trader.interval != interval {
                continue;
            }
            // Each closed candle counts once, and in order.
            if let Some(last) = &trader.candle {
                let again = candle.open_time() == last.open_time();
                if candle.open_time() <= last.open_time() && !(again && twice) {
                    continue;
                }
                // The exchange may have closed the last one early: the next one opens on the grid.
                let due = last.open_time() + interval.span();
                if candle.open_time() > due.max(last.close_time() + Span::from_millis(1)) {
                    self.pending.push_back(Alert::CandleGap {
                        trader: trader.id,
                        closed: last.close_time(),
                        opened: candle.open_time(),
                    });
                }
            }
            trader.closed += 1;
            trader.candle = Some(*candle);
            trader.take_settings();
            trader.strategy.on_candle(candle);
        }
        // Read as late as can be: what was just written is not there yet for a wider read.
        if let (Some(quote), Some(market)) = (quote, self.markets.get_mut(index)) {
            market.quote = Some(*quote);
        }
        if self.config.limits.max_drawdown.is_some() {
            self.raise_peak(index);
        }
        Touched::Market(index)
    }

    fn raise_peak(&mut self, market: usize) {
        let Some(quote) = self.markets.get(market).map(|market| market.rules.quote) else { return };
        let equity = self.equity(quote);
        let counters = self.quote_counters(quote);
        counters.peak = counters.peak.max(equity);
    }

    fn quote_counters(&mut self, asset: Asset) -> &mut QuoteCounters {
        let known = self.counters.by_quote.iter().position(|counters| counters.asset == asset);
        let index = known.unwrap_or_else(|| {
            let empty = QuoteCounters { asset, realized: Money::ZERO, peak: Money::ZERO };
            self.counters.by_quote.push(empty);
            self.counters.by_quote.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found, or just pushed")]
        &mut self.counters.by_quote[index]
    }

    fn take_quote(&mut self, symbol: Symbol, quote: Quote) -> Touched {
        let Some(index) = self.market_index(symbol) else { return Touched::None };
        if let Some(market) = self.markets.get_mut(index) {
            market.quote = Some(quote);
        }
        Touched::Market(index)
    }

    fn take_rules(&mut self, rules: &SymbolRules) -> Touched {
        let Some(index) = self.market_index(rules.symbol) else { return Touched::None };
        if let Some(market) = self.markets.get_mut(index) {
            market.rules = rules.clone();
            market.rules_wanted = false;
        }
        // On another step more, or less, can be sold.
        for trader in 0..self.traders.len() {
            self.note_protection(trader);
        }
        Touched::Market(index)
    }

    fn take_fees(&mut self, symbol: Symbol, fees: FeeRates) -> Touched {
        let Some(index) = self.market_index(symbol) else { return Touched::None };
        if let Some(market) = self.markets.get_mut(index) {
            market.fees = fees;
        }
        Touched::Market(index)
    }

    /// The slot that an id names.
    #[inline]
    pub(super) fn slot_mut(&mut self, id: ClientOrderId) -> Option<&mut SlotState> {
        if id.tag() != self.config.tag {
            return None;
        }
        let trader = self.traders.get_mut(usize::from(id.trader().0))?;
        trader.slots.get_mut(id.slot().index())
    }

    /// The order that an id names.
    #[inline]
    pub(super) fn order_mut(&mut self, id: ClientOrderId) -> Option<&mut Order> {
        self.slot_mut(id)?.order_mut(id)
    }
}

/// What became of the second half of a replacement that was not attempted: a replacement that was
/// refused as a whole was refused for what it was to place.
const fn not_attempted(cancel: &CancelAnswer) -> SubmitAnswer {
    match *cancel {
        CancelAnswer::Refused { refusal, not_before } => {
            SubmitAnswer::Refused { refusal, not_before }
        }
        CancelAnswer::Canceled(_)
        | CancelAnswer::NotOpen
        | CancelAnswer::Unknown
        | CancelAnswer::NotSent => SubmitAnswer::NotSent,
    }
}
