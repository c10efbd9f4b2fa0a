use std::num::NonZeroU16;
use std::str::FromStr;

use heikin_core::engine::{Effect, Engine, EngineConfig, Trader, TraderSetup};
use heikin_core::market::{Asset, Candle, FilterName, NotionalRule, Symbol, SymbolRules};
use heikin_core::matching::{EmbeddedExchange, FillModel, NextCandle, PointKind, Timers};
use heikin_core::num::{Money, Rate};
use heikin_core::strategy::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, FeeRates, HeikinAshiSettings,
    HeikinAshiStrategy, LastResort, Patience, Sizing,
};
use heikin_core::time::{Interval, Span, Timestamp};

use crate::exchange::simulator::market::{
    MarketSettings, Regime, Series, SeriesCandle, UnsupportedInterval,
};

/// The interval that is traded.
pub(super) const INTERVAL: Interval = Interval::H1;
/// So many candles have closed before trading begins: what a real start loads to seed its
/// indicators, and what the chart shows at once.
pub(super) const HISTORY: u64 = 240;

/// The demo's world: one engine with one trader on the embedded exchange, and a market that goes on.
/// Nothing in it knows how fast it is run or how it is shown.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) seed: u64,
    exchange: EmbeddedExchange,
    series: Series,
    symbol: Symbol,
    pub(super) cash: Money,
    effects: Vec<(Effect, PointKind)>,
}

/// What one more candle brought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress<'a> {
    pub(super) candle: Candle,
    pub(super) regime: Regime,
    /// What the engine did, in order, and at what kind of point.
    pub(super) effects: &'a [(Effect, PointKind)],
    pub(super) engine: &'a Engine,
}

impl Progress<'_> {
    /// The only trader there is.
    pub(super) fn trader(&self) -> Option<&Trader> {
        self.engine.traders().first()
    }
}

impl Session {
    pub(super) fn new(seed: u64) -> Result<Self, UnsupportedInterval> {
        let rules = rules();
        let (symbol, quote) = (rules.symbol, rules.quote);
        let market = MarketSettings {
            seed,
            // A Monday, so that candles of a week begin on Mondays too.
            start: Timestamp::from_millis(1_704_067_200_000),
            price: constant("60000"),
            tick: rules.tick,
            volume: constant("8"),
            step: rules.lot.step,
            pace: INTERVAL,
        };
        let cash = constant("10000");
        let mut engine = Engine::new(EngineConfig::UNLIMITED);
        engine.add_market(rules, FeeRates::flat(constant("0.001")));
        let strategy = Box::new(HeikinAshiStrategy::new(settings()));
        engine.add_trader(TraderSetup { symbol, interval: INTERVAL, strategy });
        let model = FillModel { slippage: percent("0.05"), ..FillModel::default() };
        let exchange =
            EmbeddedExchange::new(engine, &[(quote, cash)], model, Timers::WithinCandles);
        let series = Series::new(&market, INTERVAL)?;
        Ok(Self { seed, exchange, series, symbol, cash, effects: Vec::new() })
    }

    pub(super) const fn engine(&self) -> &Engine {
        self.exchange.engine()
    }

    /// The market goes on by one candle.
    pub(super) fn advance(&mut self) -> Progress<'_> {
        self.effects.clear();
        let SeriesCandle { candle, minutes, regime } = self.series.next_candle();
        let next =
            NextCandle { symbol: self.symbol, interval: INTERVAL, candle: &candle, finer: minutes };
        let effects = &mut self.effects;
        self.exchange.candle(&next, &mut |effect, kind| effects.push((effect.clone(), kind)));
        Progress { candle, regime, effects: &self.effects, engine: self.exchange.engine() }
    }
}

/// The filters that matter of BTCUSDT on Binance.
fn rules() -> SymbolRules {
    let base: Asset = constant("BTC");
    let mut rules =
        SymbolRules::unrestricted(constant("BTCUSDT"), base, constant("USDT"), constant("0.01"));
    rules.lot.min = constant("0.00001");
    rules.lot.step = constant("0.00001");
    rules.max_algo_orders = Some(5);
    rules.notional = Some(NotionalRule {
        name: FilterName::Notional,
        min: constant("5"),
        min_applies_to_market: true,
        max: None,
        max_applies_to_market: false,
    });
    rules
}

/// Tighter than the product's defaults, which are made for 12 h candles and trade a few times in a
/// hundred: here the loop is to be seen. What that costs in fees is shown, too.
fn settings() -> HeikinAshiSettings {
    HeikinAshiSettings {
        entry: EntrySettings {
            trigger_offset: constant("0.2 atr"),
            limit_offset: constant("0.2%"),
            on_already_through: AlreadyThroughRule::Limit,
            green_only: true,
            min_body: Rate::ZERO,
            ma_filter: NonZeroU16::new(10),
            no_lower_wick: false,
        },
        exit: ExitSettings {
            trigger_offset: constant("1 atr"),
            limit_offset: constant("0.5%"),
            order: ExitOrder::StopLimit,
            on_red: false,
            take_profit: Rate::ZERO,
            rescue_after: Patience::For(Span::from_secs(5)),
            rescue_offset: constant("0.1%"),
            max_slippage: percent("5"),
            last_resort: LastResort::Market,
            last_resort_after: Patience::For(Span::from_secs(60)),
            replace_min_ticks: 1,
        },
        sizing: Sizing::Percent(Rate::ONE),
        rearm_after: 1,
        warmup: HISTORY,
    }
}

#[expect(clippy::expect_used, reason = "constants, each read whenever a demo starts")]
fn constant<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a constant is well-formed")
}

#[expect(clippy::expect_used, reason = "constants, each read whenever a demo starts")]
fn percent(text: &str) -> Rate {
    Rate::from_percent(text).expect("a constant is well-formed")
}

#[cfg(test)]
mod tests {
    use heikin_core::engine::Alert;

    use super::super::view::View;
    use super::*;

    fn fills(progress: &Progress<'_>) -> Vec<Alert> {
        let alert = |effect: &Effect| match effect {
            Effect::Notify(alert @ (Alert::Filled { .. } | Alert::TradeClosed(_))) => {
                Some(alert.clone())
            }
            _ => None,
        };
        progress.effects.iter().filter_map(|(effect, _)| alert(effect)).collect()
    }

    #[test]
    fn whoever_looks_on_changes_nothing() {
        for seed in 1..4 {
            let mut alone = Session::new(seed).unwrap();
            for _ in 0..HISTORY {
                assert_eq!(fills(&alone.advance()), [], "no trade before trading begins");
            }
            let mut shown = Session::new(seed).unwrap();
            let mut view = View::new(&mut shown).unwrap();
            let mut count = 0;
            for _ in 0..200 {
                let expected = fills(&alone.advance());
                let progress = shown.advance();
                assert_eq!(fills(&progress), expected);
                view.update(&progress);
                count += expected.len();
            }
            assert!(count > 10, "seed {seed} hardly trades");
            assert_eq!(view.totals.equity, alone.engine().equity(view.heading.quote));
        }
    }

    #[test]
    fn a_demo_trades_soon_whatever_its_seed() {
        for seed in 0..40 {
            let mut session = Session::new(seed).unwrap();
            let mut view = View::new(&mut session).unwrap();
            while view.totals.trades == 0 {
                view.update(&session.advance());
                assert!(view.heading.candle < 250, "seed {seed} closes no trade");
            }
        }
    }

    /// What is shown adds up: all that was gained is realized, unrealized, or in the dust.
    #[test]
    fn the_totals_add_up() {
        let mut session = Session::new(5).unwrap();
        let mut view = View::new(&mut session).unwrap();
        for _ in 0..500 {
            view.update(&session.advance());
            let totals = &view.totals;
            let open = view.position.map_or(Money::ZERO, |position| position.unrealized);
            let gained = totals.equity - totals.cash_at_start;
            let rest = (gained - totals.realized - open).to_f64();
            // Dust, and the fee of a sale that has not happened.
            assert!((0.0..25.0).contains(&rest), "candle {}: {rest}", view.heading.candle);
        }
    }
}
