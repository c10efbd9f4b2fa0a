//! A second strategy: the crossing of two moving averages, with a protective stop.
//!
//! It shows what a strategy has to say and what it need not care about. Nothing here places, cancels
//! or repeats an order, knows of lost answers, restarts or partial fills, or differs between a
//! backtest and an exchange. It says what should be open; the engine does the rest.
//!
//! ```sh
//! cargo run --release --example moving_average_cross                       # a wave, made up
//! cargo run --release --example moving_average_cross -- BTCUSDT-1h-*.zip   # candle files
//! ```

#![expect(clippy::print_stdout, reason = "a program to read and to run")]

use std::error::Error;
use std::num::NonZeroU16;

use heikin::analysis::candle_file::CandleFiles;
use heikin_core::engine::{Alert, Effect, Engine, EngineConfig, TraderSetup};
use heikin_core::ledger::Trade;
use heikin_core::market::{Candle, MovingAverage, Ohlc, Side, Symbol, SymbolRules};
use heikin_core::matching::{EmbeddedExchange, FillModel, NextCandle, Timers};
use heikin_core::num::{Money, Price, Rate};
use heikin_core::order::{OrderKind, Reason, Skip, Slot, Terms};
use heikin_core::strategy::{Desired, FeeRates, Sizing, StateError, Strategy, View};
use heikin_core::time::{Interval, Span, Timestamp};

/// Long while the fast average is above the slow one.
#[derive(Debug)]
struct MovingAverageCross {
    fast: MovingAverage,
    slow: MovingAverage,
    sizing: Sizing,
    /// How far below the entry the stop stands.
    stop: Rate,
}

impl MovingAverageCross {
    fn new(fast: NonZeroU16, slow: NonZeroU16, stop: Rate) -> Self {
        let (fast, slow) = (MovingAverage::new(fast), MovingAverage::new(slow));
        Self { fast, slow, sizing: Sizing::Percent(Rate::ONE), stop }
    }

    /// Whether the fast average is above the slow one; none before there are enough candles.
    fn is_up(&self) -> Option<bool> {
        Some(self.fast.mean()? > self.slow.mean()?)
    }

    /// A limit order that takes what the market offers now.
    fn entry(&self, view: &View<'_>) -> Result<Terms, Skip> {
        let ask = view.quote.ok_or(Skip::NoQuote)?.ask;
        let price = view.rules.ceil_tick(ask).ok_or(Skip::PriceOutOfRange)?;
        let wanted = self.sizing.quantity(|| view.free_quote(), price.price());
        let quantity = view.rules.floor_lot(wanted).ok_or(Skip::QuantityTooSmall)?;
        if !view.rules.reaches_min_notional(price.price(), quantity.quantity()) {
            return Err(Skip::BelowMinNotional);
        }
        Ok(Terms { side: Side::Buy, kind: OrderKind::Limit { price }, quantity })
    }

    /// What protects the position, or, once the averages have crossed back, ends it.
    fn exit(&self, view: &View<'_>) -> Option<(Terms, Reason)> {
        let quantity = view.rules.floor_lot(view.holding())?;
        let entry = view.position.open.as_ref()?;
        let paid = entry.cost.price_of(entry.bought)?;
        let leaves = view.leave.is_some() || self.is_up() == Some(false);
        let (kind, reason) = if leaves {
            let bid = view.quote?.bid;
            let price = view
                .rules
                .floor_tick(Rate::from_percent("0.1").ok()?.below(bid, view.rules.tick)?)?;
            (OrderKind::Limit { price }, Reason::Signal)
        } else {
            let trigger = view.rules.floor_tick(self.stop.below(paid, view.rules.tick)?)?;
            let limit =
                view.rules.floor_tick(self.stop.below(trigger.price(), view.rules.tick)?)?;
            (OrderKind::StopLossLimit { trigger, limit }, Reason::Stop)
        };
        Some((Terms { side: Side::Sell, kind, quantity }, reason))
    }
}

impl Strategy for MovingAverageCross {
    fn name(&self) -> &'static str {
        "moving_average_cross"
    }

    fn on_candle(&mut self, candle: &Candle) {
        self.fast.update(candle.close());
        self.slow.update(candle.close());
    }

    fn desired(&self, view: &View<'_>, desired: &mut Desired) {
        if view.position.is_open() {
            match self.exit(view) {
                Some((terms, reason)) => desired.place(Slot::Exit, terms, reason, view.closed),
                // Too little to sell: it is carried into the next position.
                None => desired.carry_dust(),
            }
            return;
        }
        match view.decision(Slot::Entry).filter(|decision| decision.after == view.closed) {
            // Decided once a candle, at its close.
            Some(decision) => desired.keep(Slot::Entry, decision),
            None if self.is_up() != Some(true) => {
                desired.nothing(Slot::Entry, Skip::NoSignal, view.closed);
            }
            None => match self.entry(view) {
                Ok(terms) => desired.place(Slot::Entry, terms, Reason::Signal, view.closed),
                Err(skip) => desired.nothing(Slot::Entry, skip, view.closed),
            },
        }
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "fast": self.fast, "slow": self.slow })
    }

    fn restore(&mut self, state: &serde_json::Value) -> Result<(), StateError> {
        let average = |name: &str| {
            serde_json::from_value(state[name].clone()).map_err(|e| StateError(e.to_string()))
        };
        (self.fast, self.slow) = (average("fast")?, average("slow")?);
        Ok(())
    }
}

/// Runs the strategy over candles, and returns its trades and the final equity.
fn run(
    interval: Interval,
    candles: impl Iterator<Item = Result<Candle, Box<dyn Error>>>,
) -> Result<(Vec<Trade>, Money), Box<dyn Error>> {
    let (base, quote) = ("BTC".parse()?, "USDT".parse()?);
    let symbol: Symbol = "BTCUSDT".parse()?;
    let mut rules = SymbolRules::unrestricted(symbol, base, quote, "0.01".parse()?);
    rules.lot.step = "0.00001".parse()?;
    let strategy = MovingAverageCross::new(
        NonZeroU16::new(10).ok_or("a period")?,
        NonZeroU16::new(30).ok_or("a period")?,
        Rate::from_percent("3")?,
    );
    let mut engine = Engine::new(EngineConfig::UNLIMITED);
    engine.add_market(rules, FeeRates::flat(Rate::from_percent("0.1")?));
    let setup = TraderSetup { symbol, interval, strategy: Box::new(strategy) };
    engine.add_trader(setup).ok_or("its market was added")?;
    let cash = [(quote, "10000".parse()?)];
    let mut exchange = EmbeddedExchange::new(engine, &cash, FillModel::default(), Timers::AtCloses);
    let mut trades = Vec::new();
    for candle in candles {
        let candle = candle?;
        let next = NextCandle { symbol, interval, candle: &candle, finer: &[] };
        exchange.candle(&next, &mut |effect, _| {
            if let Effect::Notify(Alert::TradeClosed(trade)) = effect {
                trades.push((**trade).clone());
            }
        });
    }
    Ok((trades, exchange.engine().equity(quote)))
}

/// A price that swings between 800 and 1,200 in 200 hours.
fn wave(hours: i64) -> impl Iterator<Item = Result<Candle, Box<dyn Error>>> {
    let price = |hour: i64| {
        let phase = (hour % 200 - 100).abs() * 4;
        Price::from_units((800 + phase) * 100_000_000).ok_or("a price is above zero")
    };
    (0..hours).map(move |hour| {
        let (open, close) = (price(hour)?, price(hour + 1)?);
        let opens = Timestamp::from_millis(hour * 3_600_000);
        let closes = opens + Span::from_millis(3_599_999);
        let prices = Ohlc::new(open, open.max(close), open.min(close), close)?;
        Ok(Candle::new(opens, closes, prices, Money::ZERO)?)
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<_> = std::env::args().skip(1).collect();
    let (trades, equity) = if files.is_empty() {
        run(Interval::H1, wave(2_000))?
    } else {
        let candles = CandleFiles::open(&files)?;
        let interval = candles.summary().interval;
        run(interval, candles.map(|candle| candle.map_err(Into::into)))?
    };
    for trade in &trades {
        println!(
            "bought {} for {}, sold for {}: {}",
            trade.bought,
            trade.cost,
            trade.proceeds,
            trade.net_quote()
        );
    }
    println!("{} trades, equity {equity}", trades.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rides_each_wave_once_and_stops_out_of_none() {
        let (trades, equity) = run(Interval::H1, wave(2_000)).unwrap();
        assert_eq!(trades.len(), 9, "one a wave, the last still open");
        assert!(trades.iter().all(|trade| trade.exit_reason == Reason::Signal));
        assert!(trades.iter().all(|trade| trade.net_quote() > Money::ZERO));
        assert!(equity > "10000".parse().unwrap());
    }

    #[test]
    fn what_it_computed_survives_a_restart() {
        let period = |n| NonZeroU16::new(n).unwrap();
        let new = || MovingAverageCross::new(period(10), period(30), Rate::ONE);
        let mut before = new();
        wave(50).for_each(|candle| before.on_candle(&candle.unwrap()));
        let mut after = new();
        after.restore(&before.save()).unwrap();
        assert_eq!(after.is_up(), before.is_up());
        assert_eq!(after.save(), before.save());
    }
}
