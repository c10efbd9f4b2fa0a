use std::num::NonZeroU16;

use heikin_core::engine::{Bug, Engine, EngineConfig, TraderSetup};
use heikin_core::market::{Asset, FilterName, LotSize, NotionalRule, Symbol, SymbolRules};
use heikin_core::num::{Money, Price, PriceDelta, Quantity, Rate, UNITS_PER_ONE};
use heikin_core::order::InstallationTag;
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, FeeRates, HeikinAshiSettings,
    HeikinAshiStrategy, LastResort, Offset, Patience, Sizing,
};
use heikin_core::time::{Interval, Span};

use super::dice::Dice;

/// The interval of every series.
pub(super) const INTERVAL: Interval = Interval::M1;

/// One market as a schedule sets it up.
#[derive(Debug, Clone)]
pub(super) struct MarketSetup {
    pub(super) rules: SymbolRules,
    pub(super) fees: FeeRates,
    pub(super) price: Price,
}

/// Who trades what, how, and with what money: drawn from the seed.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) config: EngineConfig,
    pub(super) markets: Vec<MarketSetup>,
    /// Which market each trader is on, and how it trades.
    pub(super) traders: Vec<(usize, HeikinAshiSettings)>,
    pub(super) balances: Vec<(Asset, Money)>,
}

impl Scenario {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let count = if dice.chance(5_000) { 2 } else { 1 };
        let names: Vec<_> =
            [("SOLUSDT", "SOL"), ("BTCUSDT", "BTC")].into_iter().take(count).collect();
        let markets: Vec<_> =
            names.iter().map(|(symbol, base)| market(dice, symbol, base)).collect();
        let mut traders: Vec<_> = (0..count).map(|market| (market, settings(dice))).collect();
        while traders.len() < 3 && dice.chance(3_500) {
            let market = usize::from(count > 1 && dice.chance(5_000));
            traders.push((market, settings(dice)));
        }
        let mut balances = vec![(asset("USDT"), whole(dice.between(500, 20_000)))];
        for (_, base) in names {
            // The user's own coins: whoever sells too much can sell these.
            let own = if dice.chance(6_000) { dice.between(1, 100) } else { 0 };
            balances.push((asset(base), whole(own)));
        }
        let limits = RiskLimits {
            max_open_trades: dice.chance(2_000).then_some(1),
            max_trades_per_day: dice.chance(1_000).then_some(20),
            ..RiskLimits::NONE
        };
        let resync_every = Some(Span::from_secs(60));
        let config = EngineConfig { tag: InstallationTag::BACKTEST, limits, resync_every };
        Self { config, markets, traders, balances }
    }

    /// The engine of the scenario, before it has seen anything.
    pub(super) fn engine(&self, bug: Option<Bug>) -> Engine {
        let mut engine = Engine::new(self.config);
        for market in &self.markets {
            engine.add_market(market.rules.clone(), market.fees);
        }
        for (market, settings) in &self.traders {
            if let Some(market) = self.markets.get(*market) {
                engine.add_trader(TraderSetup {
                    symbol: market.rules.symbol,
                    interval: INTERVAL,
                    strategy: Box::new(HeikinAshiStrategy::new(*settings)),
                });
            }
        }
        engine.plant(bug);
        engine
    }
}

fn market(dice: &mut Dice, symbol: &str, base: &str) -> MarketSetup {
    let mut rules =
        SymbolRules::unrestricted(name(symbol), asset(base), asset("USDT"), price(1_000_000));
    let step = quantity(*dice.pick(&[100_000, 1_000_000, 10_000_000]).unwrap_or(&100_000));
    rules.lot = LotSize { min: step, max: quantity(9_000 * UNITS_PER_ONE), step };
    rules.notional = dice.chance(9_000).then_some(NotionalRule {
        name: FilterName::Notional,
        min: whole(dice.between(1, 10)),
        min_applies_to_market: true,
        max: None,
        max_applies_to_market: false,
    });
    rules.max_algo_orders = dice.chance(5_000).then_some(5);
    rules.cancel_replace_allowed = dice.chance(8_500);
    rules.oco_allowed = dice.chance(8_500);
    let fee = Rate::from_units(dice.between(0, 2) * 1_000_000_000).unwrap_or(Rate::ZERO);
    let cents = dice.between(2_000, 20_000);
    MarketSetup { rules, fees: FeeRates::flat(fee), price: price(cents * 1_000_000) }
}

fn settings(dice: &mut Dice) -> HeikinAshiSettings {
    let entry = EntrySettings {
        trigger_offset: offset(dice, 10),
        limit_offset: offset(dice, 20),
        on_already_through: if dice.chance(8_000) {
            AlreadyThroughRule::Limit
        } else {
            AlreadyThroughRule::Skip
        },
        green_only: dice.chance(1_500),
        min_body: percent(dice, 1_000, 5),
        ma_filter: u16::try_from(dice.between(2, 8))
            .ok()
            .and_then(NonZeroU16::new)
            .filter(|_| dice.chance(1_500)),
        no_lower_wick: dice.chance(500),
    };
    let patience = |dice: &mut Dice, most: i64| {
        if dice.chance(2_000) {
            Patience::CandleClose
        } else {
            Patience::For(Span::from_millis(dice.between(500, most)))
        }
    };
    let exit = ExitSettings {
        trigger_offset: offset(dice, 20),
        limit_offset: offset(dice, 20),
        order: if dice.chance(1_500) { ExitOrder::StopMarket } else { ExitOrder::StopLimit },
        on_red: dice.chance(5_000),
        take_profit: percent(dice, 3_000, 20),
        rescue_after: patience(dice, 10_000),
        rescue_offset: offset(dice, 10),
        max_slippage: Rate::from_units(dice.between(1, 50) * 1_000_000_000).unwrap_or(Rate::ZERO),
        last_resort: if dice.chance(7_000) { LastResort::Market } else { LastResort::Hold },
        last_resort_after: patience(dice, 60_000),
        replace_min_ticks: u32::try_from(dice.between(1, 5)).unwrap_or(1),
    };
    let sizing = match dice.between(0, 2) {
        0 => Sizing::Fixed(quantity(dice.between(1, 30) * 10_000_000)),
        1 => Sizing::Quote(whole(dice.between(10, 1_000))),
        _ => Sizing::Percent(
            Rate::from_units(dice.between(10, 100) * 10_000_000_000).unwrap_or(Rate::ONE),
        ),
    };
    let rearm_after = dice.between(0, 2).unsigned_abs();
    HeikinAshiSettings { entry, exit, sizing, rearm_after, warmup: 2 }
}

/// So many basis points at most, where it is anything at all.
fn percent(dice: &mut Dice, chance: u32, most: i64) -> Rate {
    let points = if dice.chance(chance) { dice.between(1, most) } else { 0 };
    Rate::from_units(points * 100_000_000).unwrap_or(Rate::ZERO)
}

fn offset(dice: &mut Dice, ticks: i64) -> Offset {
    match dice.between(0, 5) {
        0 => Offset::Percent(percent(dice, 9_000, 20)),
        1 => Offset::Atr(format!("0.{}", dice.between(1, 9)).parse().unwrap_or_default()),
        2 => PriceDelta::from_units(dice.between(0, ticks) * 1_000_000)
            .map_or(Offset::ZERO, Offset::Quote),
        _ => Offset::Ticks(u32::try_from(dice.between(0, ticks)).unwrap_or_default()),
    }
}

pub(super) fn whole(units: i64) -> Money {
    quantity(units * UNITS_PER_ONE).to_money()
}

fn quantity(units: i64) -> Quantity {
    Quantity::from_units(units).unwrap_or(Quantity::ZERO)
}

#[expect(clippy::expect_used, reason = "only called with numbers above zero")]
fn price(units: i64) -> Price {
    Price::from_units(units).expect("above zero")
}

#[expect(clippy::expect_used, reason = "only called with names that are")]
fn name(symbol: &str) -> Symbol {
    symbol.parse().expect("a symbol")
}

#[expect(clippy::expect_used, reason = "only called with names that are")]
pub(super) fn asset(name: &str) -> Asset {
    name.parse().expect("an asset")
}
