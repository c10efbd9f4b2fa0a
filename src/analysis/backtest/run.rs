//! Candles through the engine on the embedded exchange, and whoever looks on.

use std::hash::{DefaultHasher, Hash, Hasher};

use heikin_core::engine::{Alert, Effect, Engine, EngineConfig, Trader, TraderSetup};
use heikin_core::ledger::Trade;
use heikin_core::market::{Candle, Side};
use heikin_core::matching::{EmbeddedExchange, NextCandle, PointKind, VenueBalance};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::Part;
use heikin_core::strategy::{HeikinAshiStrategy, TraderState};
use heikin_core::time::Interval;

use super::closed_trade::ExitKind;
use super::finer::{Finer, FinerError};
use super::{MarketName, Params};
use crate::analysis::candle_file::CandleFileError;

/// Why a run came to no end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The candles.
    #[error(transparent)]
    Candles(#[from] CandleFileError),
    /// The finer candles.
    #[error(transparent)]
    Finer(#[from] FinerError),
}

/// Looks on while a backtest runs. What is not asked for costs nothing.
pub trait Observer {
    /// A candle begins: the orders that work now meet it.
    fn begins(&mut self, _candle: &Candle, _backtest: &Backtest) {}

    /// The engine decided or asked for something.
    fn effect(&mut self, _effect: &Effect, _at: PointKind) {}

    /// An order was filled, completely or in part.
    fn filled(&mut self, _side: Side, _price: Price, _quantity: Quantity) {}

    /// A position was closed.
    fn closed_trade(&mut self, _trade: &Trade, _kind: ExitKind) {}

    /// A candle closed, and everything that follows from that has happened.
    fn candle_closed(&mut self, _candle: &Candle, _backtest: &Backtest) {}
}

/// Nobody looks on.
impl Observer for () {}

impl<O: Observer> Observer for &mut O {
    #[inline]
    fn begins(&mut self, candle: &Candle, backtest: &Backtest) {
        (**self).begins(candle, backtest);
    }
    #[inline]
    fn effect(&mut self, effect: &Effect, at: PointKind) {
        (**self).effect(effect, at);
    }
    #[inline]
    fn filled(&mut self, side: Side, price: Price, quantity: Quantity) {
        (**self).filled(side, price, quantity);
    }
    #[inline]
    fn closed_trade(&mut self, trade: &Trade, kind: ExitKind) {
        (**self).closed_trade(trade, kind);
    }
    #[inline]
    fn candle_closed(&mut self, candle: &Candle, backtest: &Backtest) {
        (**self).candle_closed(candle, backtest);
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn begins(&mut self, candle: &Candle, backtest: &Backtest) {
        self.0.begins(candle, backtest);
        self.1.begins(candle, backtest);
    }
    #[inline]
    fn effect(&mut self, effect: &Effect, at: PointKind) {
        self.0.effect(effect, at);
        self.1.effect(effect, at);
    }
    #[inline]
    fn filled(&mut self, side: Side, price: Price, quantity: Quantity) {
        self.0.filled(side, price, quantity);
        self.1.filled(side, price, quantity);
    }
    #[inline]
    fn closed_trade(&mut self, trade: &Trade, kind: ExitKind) {
        self.0.closed_trade(trade, kind);
        self.1.closed_trade(trade, kind);
    }
    #[inline]
    fn candle_closed(&mut self, candle: &Candle, backtest: &Backtest) {
        self.0.candle_closed(candle, backtest);
        self.1.candle_closed(candle, backtest);
    }
}

impl<O: Observer> Observer for Option<O> {
    #[inline]
    fn begins(&mut self, candle: &Candle, backtest: &Backtest) {
        if let Some(observer) = self {
            observer.begins(candle, backtest);
        }
    }
    #[inline]
    fn effect(&mut self, effect: &Effect, at: PointKind) {
        if let Some(observer) = self {
            observer.effect(effect, at);
        }
    }
    #[inline]
    fn filled(&mut self, side: Side, price: Price, quantity: Quantity) {
        if let Some(observer) = self {
            observer.filled(side, price, quantity);
        }
    }
    #[inline]
    fn closed_trade(&mut self, trade: &Trade, kind: ExitKind) {
        if let Some(observer) = self {
            observer.closed_trade(trade, kind);
        }
    }
    #[inline]
    fn candle_closed(&mut self, candle: &Candle, backtest: &Backtest) {
        if let Some(observer) = self {
            observer.candle_closed(candle, backtest);
        }
    }
}

/// One strategy on one market: the engine that everything else uses, on the embedded exchange.
#[derive(Debug)]
pub struct Backtest {
    params: Params,
    market: MarketName,
    interval: Interval,
    exchange: EmbeddedExchange,
    /// Which leg of a bracket sold last.
    sold_by: Part,
}

impl Backtest {
    /// A fresh account with the parameters' cash, before the first candle.
    pub fn new(params: &Params, market: MarketName, interval: Interval) -> Self {
        let MarketName { symbol, base, quote } = market;
        let mut engine = Engine::new(EngineConfig::UNLIMITED);
        engine.add_market(params.rules(symbol, base, quote), params.fees);
        let strategy = Box::new(HeikinAshiStrategy::new(params.settings));
        // Never none: its market was added just now.
        engine.add_trader(TraderSetup { symbol, interval, strategy });
        let balances = [(quote, params.cash.to_money())];
        let exchange = EmbeddedExchange::new(engine, &balances, params.model, params.timers());
        Self { params: *params, market, interval, exchange, sold_by: Part::Order }
    }

    /// The next candle passes and closes. `finer` are the candles that it is made of, where they
    /// are known.
    #[inline]
    pub fn candle(&mut self, candle: &Candle, finer: &[Candle], observer: &mut impl Observer) {
        observer.begins(candle, self);
        let Self { market, interval, exchange, sold_by, .. } = self;
        let next = NextCandle { symbol: market.symbol, interval: *interval, candle, finer };
        exchange.candle(&next, &mut |effect, point| {
            observer.effect(effect, point);
            match effect {
                Effect::Notify(Alert::Filled { id, side, price, quantity, .. }) => {
                    if *side == Side::Sell {
                        *sold_by = id.part();
                    }
                    observer.filled(*side, *price, *quantity);
                }
                Effect::Notify(Alert::TradeClosed(trade)) => {
                    observer.closed_trade(trade, ExitKind::of(trade, *sold_by, point));
                }
                _ => {}
            }
        });
        observer.candle_closed(candle, self);
    }

    /// All candles of some files, each with the finer ones that it is made of.
    pub fn run(
        &mut self,
        candles: &mut impl Iterator<Item = Result<Candle, CandleFileError>>,
        finer: Option<&mut Finer>,
        observer: &mut impl Observer,
    ) -> Result<(), RunError> {
        match finer {
            None => {
                for candle in candles {
                    self.candle(&candle?, &[], observer);
                }
            }
            Some(finer) => {
                for candle in candles {
                    let candle = candle?;
                    self.candle(&candle, finer.parts_of(&candle)?, observer);
                }
            }
        }
        Ok(())
    }

    /// What was run.
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// On which market.
    pub const fn market(&self) -> &MarketName {
        &self.market
    }

    /// On which candles.
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        self.exchange.engine()
    }

    /// The one trader; none only where its market was refused.
    pub fn trader(&self) -> Option<&Trader> {
        self.engine().traders().first()
    }

    /// The trader's state.
    pub fn state(&self) -> TraderState {
        let state = self.trader().and_then(|trader| self.engine().state_of(trader));
        state.unwrap_or(TraderState::None)
    }

    /// What the account has of the quote asset, by the exchange's count.
    pub fn quote(&self) -> VenueBalance {
        self.exchange.matching().balance(self.exchange.account(), self.market.quote)
    }

    /// What the account has of the base asset, by the exchange's count.
    pub fn base(&self) -> VenueBalance {
        self.exchange.matching().balance(self.exchange.account(), self.market.base)
    }
}

/// A hash over every effect in its order: equal where two runs did the same.
#[derive(Debug, Clone, Default)]
pub struct EffectsHash(DefaultHasher);

impl EffectsHash {
    /// The hash of all effects so far.
    pub fn value(&self) -> u64 {
        self.0.finish()
    }
}

impl Observer for EffectsHash {
    fn effect(&mut self, effect: &Effect, at: PointKind) {
        (effect, at).hash(&mut self.0);
    }
}
