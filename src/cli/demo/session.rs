//! The product on an exchange of its own, and what came of each candle.

use std::cell::RefCell;
use std::num::NonZeroU16;
use std::rc::Rc;
use std::str::FromStr;

use heikin_core::engine::{Effect, Engine, EngineConfig, Gate, Standing, Trader};
use heikin_core::market::{Asset, Candle, FilterName, NotionalRule, SymbolRules};
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Rate};
use heikin_core::order::InstallationTag;
use heikin_core::strategy::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, FeeRates, HeikinAshiSettings,
    LastResort, Patience, Sizing,
};
use heikin_core::time::{Interval, Span, Timestamp};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::cli::Failure;
use crate::cli::run::exchange::set_clock;
use crate::exchange::binance::endpoints::Endpoints;
use crate::exchange::binance::exchange_time::ExchangeTime;
use crate::exchange::binance::rest::Rest;
use crate::exchange::binance::signing::Credentials;
use crate::exchange::simulator::market::{MarketSettings, Regime, Series, SeriesCandle};
use crate::exchange::simulator::{
    AccountSettings, CandleSource, Distance, KeyPermissions, ListedMarket, Settings, Simulator,
};
use crate::runtime::account::Observer;
use crate::runtime::assembly::{Assembly, Fills, Streams};
use crate::runtime::runner::Runner;
use crate::runtime::start::{MarketFacts, TraderPlan, first_inputs, recovered, set_up};
use crate::store::Layout;

/// Key and secret of the account, on an exchange that ends with the demo.
const KEY: &str = "demo";
/// The interval that is traded.
pub(super) const INTERVAL: Interval = Interval::H1;
/// A Monday, so that candles of a week begin on Mondays too.
const BEGIN: Timestamp = Timestamp::from_millis(1_704_067_200_000);
/// So many candles have closed before trading begins: what a real start loads to seed its
/// indicators, and what the chart shows at once.
pub(in crate::cli) const HISTORY: u64 = 240;

/// What the demo trades on: an exchange within this process, whose market goes on when it is told to.
pub(in crate::cli) struct Stage {
    pub(in crate::cli) simulator: Simulator,
    facts: MarketFacts,
    plan: TraderPlan,
    market: MarketSettings,
    cash: Money,
}

impl Stage {
    /// Its market begins at `start`, at the beginning of a day.
    pub(in crate::cli) fn new(seed: u64, start: Timestamp) -> Result<Self, Failure> {
        let rules = rules();
        let (symbol, quote) = (rules.symbol, rules.quote);
        let market = MarketSettings {
            seed,
            start,
            price: constant("60000"),
            tick: rules.tick,
            volume: constant("8"),
            step: rules.lot.step,
            pace: INTERVAL,
        };
        let cash: Money = constant("10000");
        let facts = MarketFacts { rules, fees: FeeRates::flat(constant("0.001")) };
        let simulator = Simulator::start(exchange(&facts, market, (quote, cash)))
            .map_err(|error| Failure::failed(format!("the demo's exchange: {error}")))?;
        let plan = TraderPlan {
            symbol,
            interval: INTERVAL,
            settings: settings(),
            seed_after: None,
            standing: Standing::Active,
        };
        Ok(Self { simulator, facts, plan, market, cash })
    }

    /// The product, connected and started; and an engine that is set up as its own, and empty.
    pub(in crate::cli) async fn start(
        &self,
        layout: Option<Layout>,
        observer: Box<dyn Observer>,
    ) -> Result<(Runner, Streams, Engine), Failure> {
        let simulator = &self.simulator;
        let (rest, streams) = (simulator.rest(), simulator.streams());
        let endpoints = Endpoints::on_loopback(&rest, &streams, &simulator.websocket_api())
            .map_err(Failure::failed)?;
        let credentials = Credentials::new(KEY.into(), KEY.into()).map_err(Failure::failed)?;
        let rest = Rest::new(&endpoints, Some(credentials), ExchangeTime::lockstep())
            .map_err(Failure::failed)?;
        set_clock(&rest).await.map_err(Failure::failed)?;
        let tag = InstallationTag::BACKTEST;
        let config = EngineConfig { tag, ..EngineConfig::UNLIMITED };
        let (facts, plans) = (std::slice::from_ref(&self.facts), std::slice::from_ref(&self.plan));
        let recovered =
            recovered(config, facts, plans, layout.as_ref()).map_err(Failure::failed)?;
        let empty = set_up(config, facts, plans);
        let assembly = Assembly {
            rest: &rest,
            endpoints: &endpoints,
            facts,
            tag,
            plans,
            fills: Fills::Exchange,
            layout,
            observer,
        };
        let (mut runner, streams) = assembly.run_with(recovered);
        let closed = [Gate::StaleMarketData, Gate::UserStreamDown];
        let inputs = first_inputs(runner.account().engine(), facts, &closed);
        runner.begin(inputs).map_err(Failure::failed)?;
        // The market moves when everybody is there.
        let mut status = runner.status();
        let ready = status.wait_for(|status| status.reconciled && status.entries_off.is_empty());
        runner.run(async { ready.await.is_ok() }).await.map_err(Failure::failed)?;
        Ok((runner, streams, empty))
    }
}

/// The demo's world: the product with one trader, over real sockets, on an exchange within this
/// process whose market goes on when it is told to. In lockstep, so that the seed decides every fill.
pub(super) struct Session {
    pub(super) seed: u64,
    pub(super) cash: Money,
    runner: Runner,
    _streams: Streams,
    local: LocalSet,
    runtime: Runtime,
    simulator: Simulator,
    /// The candles that the exchange makes, made once more: to be shown.
    series: Series,
    effects: Effects,
}

/// What the engine did since the last candle, in order, and when.
type Effects = Rc<RefCell<Vec<(Effect, Timestamp)>>>;

struct Recorder(Effects);

impl Observer for Recorder {
    fn effect(&mut self, at: Timestamp, effect: &Effect, _engine: &Engine) {
        self.0.borrow_mut().push((effect.clone(), at));
    }
}

/// What one more candle brought.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    pub(super) candle: Candle,
    pub(super) regime: Regime,
    /// What the engine did, in order, and when.
    pub(super) effects: Vec<(Effect, Timestamp)>,
    pub(super) engine: &'a Engine,
}

impl Progress<'_> {
    /// The only trader there is.
    pub(super) fn trader(&self) -> Option<&Trader> {
        self.engine.traders().first()
    }
}

impl Session {
    pub(super) fn new(seed: u64) -> Result<Self, Failure> {
        let stage = Stage::new(seed, BEGIN)?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
        let effects = Effects::default();
        let local = LocalSet::new();
        let start = stage.start(None, Box::new(Recorder(Rc::clone(&effects))));
        let (runner, streams, _) = local.block_on(&runtime, start)?;
        let Stage { simulator, market, cash, .. } = stage;
        let series = Series::new(&market, INTERVAL).map_err(Failure::failed)?;
        Ok(Self {
            seed,
            cash,
            runner,
            _streams: streams,
            local,
            runtime,
            simulator,
            series,
            effects,
        })
    }

    pub(super) const fn engine(&self) -> &Engine {
        self.runner.account().engine()
    }

    /// The market goes on by one candle.
    pub(super) fn advance(&mut self) -> Result<Progress<'_>, Failure> {
        self.effects.borrow_mut().clear();
        let Self { runner, local, runtime, simulator, .. } = self;
        let stepped = runner.run(simulator.stepped(Distance::Candles(1)));
        let standing = local.block_on(runtime, stepped).map_err(Failure::failed)?;
        if standing.is_none() {
            return Err(Failure::failed("the demo's exchange has ended"));
        }
        let SeriesCandle { candle, regime, .. } = self.series.next_candle();
        let effects = self.effects.take();
        Ok(Progress { candle, regime, effects, engine: self.runner.account().engine() })
    }
}

/// What the demo's exchange is made of.
fn exchange(facts: &MarketFacts, market: MarketSettings, balance: (Asset, Money)) -> Settings {
    let candles = CandleSource::Generated { settings: market, interval: INTERVAL, history: 0 };
    let MarketFacts { rules, fees } = facts.clone();
    Settings {
        markets: vec![ListedMarket { rules, fees, candles }],
        accounts: vec![AccountSettings {
            key: KEY.into(),
            secret: KEY.into(),
            balances: vec![balance],
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        model: FillModel { slippage: percent("0.05"), ..FillModel::default() },
        ..Settings::lockstep()
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
                assert_eq!(fills(&alone.advance().unwrap()), [], "no trade before trading begins");
            }
            let mut shown = Session::new(seed).unwrap();
            let mut view = View::new(&mut shown).unwrap();
            let mut count = 0;
            for _ in 0..200 {
                let expected = fills(&alone.advance().unwrap());
                let progress = shown.advance().unwrap();
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
                view.update(&session.advance().unwrap());
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
            view.update(&session.advance().unwrap());
            let totals = &view.totals;
            let open = view.position.map_or(Money::ZERO, |position| position.unrealized);
            let gained = totals.equity - totals.cash_at_start;
            let rest = (gained - totals.realized - open).to_f64();
            // Dust, and the fee of a sale that has not happened.
            assert!((0.0..25.0).contains(&rest), "candle {}: {rest}", view.heading.candle);
        }
    }
}
