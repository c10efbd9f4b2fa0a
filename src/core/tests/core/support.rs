//! Builders, and an engine on the simulated exchange whose orders and fills read as text.

use std::fmt::Debug;
use std::str::FromStr;

use heikin_core::engine::{Alert, Command, Effect, Engine, EngineConfig, Input, TraderSetup};
use heikin_core::ledger::Trade;
use heikin_core::market::{Asset, Candle, LotQuantity, Ohlc, Side, Symbol, SymbolRules, TickPrice};
use heikin_core::matching::{EmbeddedExchange, FillModel, NextCandle, PointKind, Timers};
use heikin_core::num::{Money, Price, Quantity, Rate};
use heikin_core::order::{
    ClientOrderId, ClientOrderIdParts, InstallationTag, OrderKind, Outcome, Part, Reason, Skip,
    Slot, Terms, TraderId,
};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, FeeRates, HeikinAshiSettings,
    HeikinAshiStrategy, LastResort, Offset, Patience, Sizing, TraderState,
};
use heikin_core::time::{Interval, Span, Timestamp};

pub(crate) fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(crate) fn price(text: &str) -> Price {
    parsed(text)
}

pub(crate) fn quantity(text: &str) -> Quantity {
    parsed(text)
}

pub(crate) fn money(text: &str) -> Money {
    parsed(text)
}

pub(crate) fn rate(text: &str) -> Rate {
    parsed(text)
}

pub(crate) fn offset(text: &str) -> Offset {
    parsed(text)
}

pub(crate) const fn ms(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn symbol() -> Symbol {
    parsed("BTCUSDT")
}

pub(crate) fn btc() -> Asset {
    parsed("BTC")
}

pub(crate) fn usdt() -> Asset {
    parsed("USDT")
}

pub(crate) fn bnb() -> Asset {
    parsed("BNB")
}

/// Tick 0.01, step 0.001, nothing else.
pub(crate) fn rules() -> SymbolRules {
    let mut rules = SymbolRules::unrestricted(symbol(), btc(), usdt(), price("0.01"));
    rules.lot.step = quantity("0.001");
    rules
}

/// The finest grid there is: any price and quantity is on it.
fn any_grid() -> SymbolRules {
    SymbolRules::unrestricted(symbol(), btc(), usdt(), price("0.00000001"))
}

pub(crate) fn tick(text: &str) -> TickPrice {
    any_grid().on_tick(price(text)).unwrap()
}

pub(crate) fn lot(text: &str) -> LotQuantity {
    any_grid().floor_lot(quantity(text)).unwrap()
}

pub(crate) fn limit(price: &str) -> OrderKind {
    OrderKind::Limit { price: tick(price) }
}

pub(crate) fn stop_limit(trigger: &str, limit: &str) -> OrderKind {
    OrderKind::StopLossLimit { trigger: tick(trigger), limit: tick(limit) }
}

pub(crate) fn stop_market(trigger: &str) -> OrderKind {
    OrderKind::StopLoss { trigger: tick(trigger) }
}

pub(crate) fn bracket(target: &str, trigger: &str, limit: &str) -> OrderKind {
    OrderKind::Bracket { target: tick(target), trigger: tick(trigger), limit: tick(limit) }
}

pub(crate) fn buy(kind: OrderKind, quantity: &str) -> Terms {
    Terms { side: Side::Buy, kind, quantity: lot(quantity) }
}

pub(crate) fn sell(kind: OrderKind, quantity: &str) -> Terms {
    Terms { side: Side::Sell, kind, quantity: lot(quantity) }
}

pub(crate) fn id(slot: Slot, generation: u32, attempt: u16) -> ClientOrderId {
    ClientOrderId::new(ClientOrderIdParts {
        tag: InstallationTag::BACKTEST,
        trader: TraderId(0),
        slot,
        generation,
        attempt,
        part: Part::Order,
    })
}

/// 0.1 % either way.
pub(crate) fn fees() -> FeeRates {
    FeeRates::flat(rate("0.001"))
}

/// The candle of hour `number` of the epoch.
pub(crate) fn candle(number: i64, [open, high, low, close]: [&str; 4]) -> Candle {
    let prices = Ohlc::new(price(open), price(high), price(low), price(close)).unwrap();
    let open_time = ms(number * 3_600_000);
    let close_time = open_time + Span::from_millis(3_599_999);
    Candle::new(open_time, close_time, prices, money("1000")).unwrap()
}

/// SPEC 3's worked example: after these the Heikin-Ashi candle is (104.625, 118, 104.625, 112).
pub(crate) const WORKED: [[&str; 4]; 3] =
    [["100", "110", "95", "105"], ["105", "115", "100", "112"], ["112", "118", "108", "110"]];

/// The worked example's offsets, a stop 2 below the Heikin-Ashi low, every option off.
pub(crate) fn settings() -> HeikinAshiSettings {
    HeikinAshiSettings {
        entry: EntrySettings {
            trigger_offset: offset("1"),
            limit_offset: offset("2"),
            on_already_through: AlreadyThroughRule::Limit,
            green_only: false,
            min_body: Rate::ZERO,
            ma_filter: None,
            no_lower_wick: false,
        },
        exit: ExitSettings {
            trigger_offset: offset("2"),
            limit_offset: offset("1"),
            order: ExitOrder::StopLimit,
            on_red: false,
            take_profit: Rate::ZERO,
            rescue_after: Patience::CandleClose,
            rescue_offset: offset("0.5"),
            max_slippage: rate("0.1"),
            last_resort: LastResort::Hold,
            last_resort_after: Patience::CandleClose,
            replace_min_ticks: 1,
        },
        sizing: Sizing::Fixed(quantity("1")),
        rearm_after: 1,
        warmup: 3,
    }
}

/// One account with one trader a setting, all on the same hourly series.
pub(crate) fn engine_with(
    rules: SymbolRules,
    limits: RiskLimits,
    traders: &[HeikinAshiSettings],
) -> Engine {
    let mut engine = Engine::new(EngineConfig { limits, ..EngineConfig::UNLIMITED });
    engine.add_market(rules, fees());
    for settings in traders {
        let strategy = Box::new(HeikinAshiStrategy::new(*settings));
        engine
            .add_trader(TraderSetup { symbol: symbol(), interval: Interval::H1, strategy })
            .unwrap();
    }
    engine
}

/// An engine on the simulated exchange: candles in, orders and fills out.
pub(crate) struct Session {
    pub(crate) exchange: EmbeddedExchange,
    pub(crate) effects: Vec<Effect>,
    next: i64,
}

impl Session {
    pub(crate) fn new(settings: HeikinAshiSettings) -> Self {
        Self::with(rules(), FillModel::default(), settings)
    }

    pub(crate) fn with(rules: SymbolRules, model: FillModel, settings: HeikinAshiSettings) -> Self {
        Self::on(engine_with(rules, RiskLimits::NONE, &[settings]), model)
    }

    /// 10,000 USDT, and the first candle is that of hour 1.
    pub(crate) fn on(engine: Engine, model: FillModel) -> Self {
        let balances = [(usdt(), money("10000"))];
        let exchange = EmbeddedExchange::new(engine, &balances, model, Timers::AtCloses);
        Self { exchange, effects: Vec::new(), next: 1 }
    }

    pub(crate) fn worked(settings: HeikinAshiSettings) -> Self {
        let mut session = Self::new(settings);
        session.candles(&WORKED);
        session
    }

    pub(crate) fn candle(&mut self, prices: [&str; 4]) -> &mut Self {
        self.finer(prices, &[])
    }

    pub(crate) fn finer(&mut self, prices: [&str; 4], finer: &[Candle]) -> &mut Self {
        let candle = candle(self.next, prices);
        self.next += 1;
        let next = NextCandle { symbol: symbol(), interval: Interval::H1, candle: &candle, finer };
        let effects = &mut self.effects;
        self.exchange.candle(&next, &mut |effect: &Effect, _: PointKind| {
            effects.push(effect.clone());
        });
        self
    }

    pub(crate) fn candles(&mut self, all: &[[&str; 4]]) -> &mut Self {
        for prices in all {
            self.candle(*prices);
        }
        self
    }

    pub(crate) fn input(&mut self, input: &Input) -> &mut Self {
        let effects = &mut self.effects;
        self.exchange.input(input, &mut |effect: &Effect, _: PointKind| {
            effects.push(effect.clone());
        });
        self
    }

    pub(crate) fn command(&mut self, command: Command) -> &mut Self {
        self.input(&Input::Command(command))
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.exchange.engine()
    }

    pub(crate) fn state(&self) -> TraderState {
        self.engine().state_of(&self.engine().traders()[0]).unwrap()
    }

    /// Why there is no entry.
    pub(crate) fn skip(&self) -> Option<Skip> {
        skip_of(self.engine(), 0)
    }

    /// The open orders on the exchange: `BUY 1 stop 119 limit 121`.
    pub(crate) fn open(&self) -> Vec<String> {
        let matching = self.exchange.matching();
        let market = matching.market_of(symbol()).unwrap();
        let shown = |order: &heikin_core::matching::VenueOrder<ClientOrderId>| {
            let mut text = format!("{} {}", order.side, order.remaining());
            if let Some(trigger) = order.trigger() {
                text += &format!(" stop {trigger}");
            }
            if let Some(limit) = order.limit() {
                text += &format!(" limit {limit}");
            }
            text
        };
        matching.open_orders(market).iter().map(shown).collect()
    }

    /// What was filled so far: `BUY 1 @ 119 Breakout`.
    pub(crate) fn fills(&self) -> Vec<String> {
        let shown = |effect: &Effect| match effect {
            Effect::Notify(Alert::Filled { side, price, quantity, reason, .. }) => {
                Some(format!("{side} {quantity} @ {price} {reason:?}"))
            }
            _ => None,
        };
        self.effects.iter().filter_map(shown).collect()
    }

    pub(crate) fn trades(&self) -> Vec<Trade> {
        trades_of(&self.effects)
    }

    /// The terms of every order that was placed, or put in the place of another.
    pub(crate) fn sent(&self) -> Vec<(OrderKind, Reason)> {
        let sent = |effect: &Effect| match effect {
            Effect::Submit(order) | Effect::Replace { submit: order, .. } => {
                Some((order.terms.kind, order.reason))
            }
            _ => None,
        };
        self.effects.iter().filter_map(sent).collect()
    }
}

pub(crate) fn trades_of(effects: &[Effect]) -> Vec<Trade> {
    let closed = |effect: &Effect| match effect {
        Effect::Notify(Alert::TradeClosed(trade)) => Some((**trade).clone()),
        _ => None,
    };
    effects.iter().filter_map(closed).collect()
}

/// Why a trader's entry slot should be empty.
pub(crate) fn skip_of(engine: &Engine, trader: usize) -> Option<Skip> {
    match engine.traders()[trader].slot(Slot::Entry)?.decision?.outcome {
        Outcome::Nothing(skip) => Some(skip),
        Outcome::Place(..) => None,
    }
}
