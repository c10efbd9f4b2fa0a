use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use heikin_core::market::{
    Asset, Candle, FilterName, LotSize, NotionalRule, OrderType, OrderTypes, PercentPrice, Symbol,
    SymbolRules,
};
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Multiple, Price, Quantity};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Timestamp};
use secrecy::SecretString;

use super::market::MarketSettings;

/// The order types that the fill model knows. Take-profit and trailing orders it does not: the
/// exchange says of its symbols that they are not supported.
const ORDER_TYPES: [OrderType; 5] = [
    OrderType::Limit,
    OrderType::LimitMaker,
    OrderType::Market,
    OrderType::StopLoss,
    OrderType::StopLossLimit,
];

/// Everything that a simulated exchange is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens: an address of the loopback. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The symbols.
    pub markets: Vec<ListedMarket>,
    /// The accounts, each with one key.
    pub accounts: Vec<AccountSettings>,
    /// How orders fill.
    pub model: FillModel,
    /// Who moves its clock.
    pub pace: Pace,
    /// When it opens, on its own clock: at the end of its history, where nothing or less is said.
    pub opens_at: Option<Timestamp>,
    /// What may be sent how often.
    pub limits: RateLimits,
    /// Where the chance of faults comes from.
    pub fault_seed: u64,
}

impl Settings {
    /// An exchange without markets or accounts on a free port, moved by whoever started it.
    pub fn lockstep() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            markets: Vec::new(),
            accounts: Vec::new(),
            model: FillModel::default(),
            pace: Pace::Lockstep,
            opens_at: None,
            limits: RateLimits::default(),
            fault_seed: 0,
        }
    }
}

/// Who moves the exchange's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It stands still until it is told to go to the next point, and there waits for the client.
    Lockstep,
    /// It runs: so many of its seconds pass in a real one.
    Scaled(NonZeroU32),
}

/// A symbol, with its rules and its prices.
#[derive(Debug, Clone)]
pub struct ListedMarket {
    /// Its filters.
    pub rules: SymbolRules,
    /// What it charges.
    pub fees: FeeRates,
    /// Where its candles come from.
    pub candles: CandleSource,
}

/// Where the candles of a symbol come from. The first `history` of them have happened when the
/// exchange opens.
#[derive(Debug, Clone)]
pub enum CandleSource {
    /// Candles of one interval, in order; the exchange stands still after the last one.
    Given {
        /// The candles.
        candles: Vec<Candle>,
        /// How many are history.
        history: usize,
    },
    /// Candles from a seed, without end.
    Generated {
        /// What decides them.
        settings: MarketSettings,
        /// Of which interval, from 1m to 1w; any other counts as 1m. Between the four points of a
        /// candle's path the price is not told in lockstep.
        interval: Interval,
        /// How many are history.
        history: usize,
    },
}

/// An account with its key.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// The API key.
    pub key: SecretString,
    /// Its secret.
    pub secret: SecretString,
    /// What is there at the start.
    pub balances: Vec<(Asset, Money)>,
    /// What the key may do besides reading.
    pub permissions: KeyPermissions,
}

/// What a key may do besides reading, as `apiRestrictions` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPermissions {
    /// Place and cancel orders.
    pub trading: bool,
    /// Withdraw.
    pub withdrawals: bool,
    /// Only from certain addresses. (Told, not enforced: everybody here is on the loopback.)
    pub ip_restricted: bool,
}

impl KeyPermissions {
    /// A key as a bot should have it.
    pub const TRADING_ONLY: Self = Self { trading: true, withdrawals: false, ip_restricted: true };
}

/// What may be sent how often (`rest-api.md`, LIMITS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Request weight in a minute, of an address.
    pub weight: u32,
    /// Unfilled orders in ten seconds, of an account.
    pub orders_10s: u32,
    /// Unfilled orders in a day, of an account.
    pub orders_1d: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { weight: 6_000, orders_10s: 100, orders_1d: 200_000 }
    }
}

/// The grids and the least notional of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The price grid.
    pub tick: Price,
    /// The quantity grid.
    pub step: Quantity,
    /// The least price × quantity of an order.
    pub min_notional: Money,
}

/// Rules as the exchange's symbols have them (a production row of 2026-09), but for what the fill
/// model does not know: no take-profit, trailing or pegged orders, no amendments.
pub fn usual_rules(symbol: Symbol, (base, quote): (Asset, Asset), grid: Grid) -> SymbolRules {
    let mut rules = SymbolRules::unrestricted(symbol, base, quote, grid.tick);
    let most = Quantity::from_units(i64::MAX / 1_000);
    rules.min_price = Some(grid.tick);
    rules.max_price = grid.tick.units().checked_mul(100_000_000).and_then(Price::from_units);
    rules.lot = LotSize { min: grid.step, max: most.unwrap_or_default(), step: grid.step };
    rules.notional = Some(NotionalRule {
        name: FilterName::Notional,
        min: grid.min_notional,
        min_applies_to_market: true,
        max: Some(Money::from_units(9_000_000 * 10_i128.pow(16))),
        max_applies_to_market: false,
    });
    let multiple = |text: &str| Multiple::parse(text).unwrap_or_default();
    rules.percent_price = Some(PercentPrice {
        name: FilterName::PercentPriceBySide,
        bid_up: multiple("5"),
        bid_down: multiple("0.2"),
        ask_up: multiple("5"),
        ask_down: multiple("0.2"),
    });
    rules.max_iceberg_parts = Some(100);
    rules.max_orders = Some(200);
    rules.max_algo_orders = Some(5);
    rules.max_order_lists = Some(20);
    rules.order_types = OrderTypes::from(ORDER_TYPES.to_vec());
    rules
}
