//! A symbol's trading rules: Binance's filters, as `filters.md` of its API documentation defines
//! them, and the grid types that prove a price or quantity passed them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Asset, Side, Symbol};
use crate::num::{Money, Multiple, Price, Quantity};

/// A price on the symbol's tick grid and inside its PRICE_FILTER. Orders accept nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TickPrice(Price);

impl TickPrice {
    /// The price.
    #[inline]
    pub const fn price(self) -> Price {
        self.0
    }
}

impl fmt::Display for TickPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TickPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TickPrice({self})")
    }
}

/// A quantity above zero on the symbol's step grid and inside its LOT_SIZE. Orders accept nothing
/// else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LotQuantity(Quantity);

impl LotQuantity {
    /// The quantity.
    #[inline]
    pub const fn quantity(self) -> Quantity {
        self.0
    }
}

impl fmt::Display for LotQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for LotQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LotQuantity({self})")
    }
}

/// The name of a filter, as it stands in `Filter failure: …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the filter of that name in Binance's filters.md")]
pub enum FilterName {
    PriceFilter,
    PercentPrice,
    PercentPriceBySide,
    LotSize,
    MarketLotSize,
    MinNotional,
    Notional,
    IcebergParts,
    MaxNumOrders,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxPosition,
    TrailingDelta,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    ExchangeMaxNumOrders,
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumIcebergOrders,
    ExchangeMaxNumOrderLists,
    MaxAsset,
}

impl FilterName {
    /// Every filter known here.
    pub const ALL: [Self; 20] = [
        Self::PriceFilter,
        Self::PercentPrice,
        Self::PercentPriceBySide,
        Self::LotSize,
        Self::MarketLotSize,
        Self::MinNotional,
        Self::Notional,
        Self::IcebergParts,
        Self::MaxNumOrders,
        Self::MaxNumAlgoOrders,
        Self::MaxNumIcebergOrders,
        Self::MaxPosition,
        Self::TrailingDelta,
        Self::MaxNumOrderAmends,
        Self::MaxNumOrderLists,
        Self::ExchangeMaxNumOrders,
        Self::ExchangeMaxNumAlgoOrders,
        Self::ExchangeMaxNumIcebergOrders,
        Self::ExchangeMaxNumOrderLists,
        Self::MaxAsset,
    ];

    /// Binance's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PriceFilter => "PRICE_FILTER",
            Self::PercentPrice => "PERCENT_PRICE",
            Self::PercentPriceBySide => "PERCENT_PRICE_BY_SIDE",
            Self::LotSize => "LOT_SIZE",
            Self::MarketLotSize => "MARKET_LOT_SIZE",
            Self::MinNotional => "MIN_NOTIONAL",
            Self::Notional => "NOTIONAL",
            Self::IcebergParts => "ICEBERG_PARTS",
            Self::MaxNumOrders => "MAX_NUM_ORDERS",
            Self::MaxNumAlgoOrders => "MAX_NUM_ALGO_ORDERS",
            Self::MaxNumIcebergOrders => "MAX_NUM_ICEBERG_ORDERS",
            Self::MaxPosition => "MAX_POSITION",
            Self::TrailingDelta => "TRAILING_DELTA",
            Self::MaxNumOrderAmends => "MAX_NUM_ORDER_AMENDS",
            Self::MaxNumOrderLists => "MAX_NUM_ORDER_LISTS",
            Self::ExchangeMaxNumOrders => "EXCHANGE_MAX_NUM_ORDERS",
            Self::ExchangeMaxNumAlgoOrders => "EXCHANGE_MAX_NUM_ALGO_ORDERS",
            Self::ExchangeMaxNumIcebergOrders => "EXCHANGE_MAX_NUM_ICEBERG_ORDERS",
            Self::ExchangeMaxNumOrderLists => "EXCHANGE_MAX_NUM_ORDER_LISTS",
            Self::MaxAsset => "MAX_ASSET",
        }
    }
}

impl fmt::Display for FilterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A filter that an order does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[error("Filter failure: {0}")]
pub struct FilterFailure(pub FilterName);

/// LOT_SIZE or MARKET_LOT_SIZE; a part that is zero is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct LotSize {
    /// The least quantity.
    pub min: Quantity,
    /// The largest quantity.
    pub max: Quantity,
    /// The grid, counted from zero.
    pub step: Quantity,
}

impl LotSize {
    fn admits(&self, quantity: Quantity) -> bool {
        quantity >= self.min
            && (self.max.is_zero() || quantity <= self.max)
            && quantity.is_multiple_of(self.step)
    }
}

/// NOTIONAL, or the older MIN_NOTIONAL (which has no maximum).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NotionalRule {
    /// NOTIONAL or MIN_NOTIONAL: the name in a failure.
    pub name: FilterName,
    /// The least price × quantity.
    pub min: Money,
    /// Whether `min` binds market orders, valued at the reference price.
    pub min_applies_to_market: bool,
    /// The largest price × quantity.
    pub max: Option<Money>,
    /// Whether `max` binds market orders.
    pub max_applies_to_market: bool,
}

/// PERCENT_PRICE_BY_SIDE, or the older PERCENT_PRICE (the same for both sides): how far a limit
/// price may be from the reference price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PercentPrice {
    /// PERCENT_PRICE or PERCENT_PRICE_BY_SIDE: the name in a failure.
    pub name: FilterName,
    /// A BUY is at most this times the reference.
    pub bid_up: Multiple,
    /// A BUY is at least this times the reference.
    pub bid_down: Multiple,
    /// A SELL is at most this times the reference.
    pub ask_up: Multiple,
    /// A SELL is at least this times the reference.
    pub ask_down: Multiple,
}

impl PercentPrice {
    /// Whether a limit `price` on this side is inside the band around `reference`.
    pub fn admits(&self, side: Side, price: Price, reference: Price) -> bool {
        let (up, down) = match side {
            Side::Buy => (self.bid_up, self.bid_down),
            Side::Sell => (self.ask_up, self.ask_down),
        };
        // In units of 1e-14: a multiple is in 1e-6.
        let price = i128::from(price.units()) * 1_000_000;
        let bound =
            |multiple: Multiple| i128::from(reference.units()) * i128::from(multiple.units());
        bound(down) <= price && price <= bound(up)
    }
}

/// TRAILING_DELTA, in basis points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrailingDelta {
    /// Stop-loss BUY and take-profit SELL: the least delta.
    pub min_above: u32,
    /// Stop-loss BUY and take-profit SELL: the largest delta.
    pub max_above: u32,
    /// Stop-loss SELL and take-profit BUY: the least delta.
    pub min_below: u32,
    /// Stop-loss SELL and take-profit BUY: the largest delta.
    pub max_below: u32,
}

/// What a symbol may be used for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SymbolStatus {
    /// Everything.
    #[default]
    Trading,
    /// Cancelling and amending only.
    CancelOnly,
    /// Nothing but cancelling: halted, on a break, at the end of the day, or a status that this
    /// version does not know.
    Halted,
}

/// An order type of Binance Spot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the order type of that name in Binance's enums.md")]
pub enum OrderType {
    Limit,
    LimitMaker,
    Market,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
}

impl OrderType {
    /// Every order type.
    pub const ALL: [Self; 7] = [
        Self::Limit,
        Self::LimitMaker,
        Self::Market,
        Self::StopLoss,
        Self::StopLossLimit,
        Self::TakeProfit,
        Self::TakeProfitLimit,
    ];
}

/// The order types that a symbol allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<OrderType>", into = "Vec<OrderType>")]
pub struct OrderTypes(u8);

impl OrderTypes {
    /// All of them.
    pub const ALL: Self = Self(0x7f);

    /// Whether `kind` is among them.
    pub const fn contains(self, kind: OrderType) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

impl From<Vec<OrderType>> for OrderTypes {
    fn from(types: Vec<OrderType>) -> Self {
        Self(types.into_iter().fold(0, |bits, kind| bits | 1 << kind as u8))
    }
}

impl From<OrderTypes> for Vec<OrderType> {
    fn from(types: OrderTypes) -> Self {
        OrderType::ALL.into_iter().filter(|&kind| types.contains(kind)).collect()
    }
}

/// A symbol's trading rules, from `exchangeInfo` (and `myFilters` for MAX_ASSET).
///
/// A count or bound that is absent does not apply. [`SymbolRules::unrestricted`] has none of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SymbolRules {
    /// The trading pair.
    pub symbol: Symbol,
    /// What is bought and sold.
    pub base: Asset,
    /// What it is paid with.
    pub quote: Asset,
    /// What is allowed at the moment.
    pub status: SymbolStatus,
    /// PRICE_FILTER: the price grid, counted from zero; one unit of 1e-8 where there is none.
    pub tick: Price,
    /// PRICE_FILTER: the least price.
    pub min_price: Option<Price>,
    /// PRICE_FILTER: the largest price.
    pub max_price: Option<Price>,
    /// LOT_SIZE.
    pub lot: LotSize,
    /// MARKET_LOT_SIZE; binds market orders on top of LOT_SIZE.
    pub market_lot: LotSize,
    /// NOTIONAL or MIN_NOTIONAL.
    pub notional: Option<NotionalRule>,
    /// PERCENT_PRICE_BY_SIDE or PERCENT_PRICE.
    pub percent_price: Option<PercentPrice>,
    /// ICEBERG_PARTS.
    pub max_iceberg_parts: Option<u32>,
    /// MAX_NUM_ORDERS.
    pub max_orders: Option<u32>,
    /// MAX_NUM_ALGO_ORDERS: stops and take-profits, all traders' on the symbol together.
    pub max_algo_orders: Option<u32>,
    /// MAX_NUM_ICEBERG_ORDERS.
    pub max_iceberg_orders: Option<u32>,
    /// MAX_NUM_ORDER_LISTS.
    pub max_order_lists: Option<u32>,
    /// MAX_NUM_ORDER_AMENDS.
    pub max_order_amends: Option<u32>,
    /// MAX_POSITION: the most base to own, open BUY orders included.
    pub max_position: Option<Quantity>,
    /// TRAILING_DELTA.
    pub trailing_delta: Option<TrailingDelta>,
    /// MAX_ASSET: the most of an asset in one order.
    pub max_asset: Vec<(Asset, Quantity)>,
    /// EXCHANGE_MAX_NUM_ORDERS: over all symbols of the account.
    pub exchange_max_orders: Option<u32>,
    /// EXCHANGE_MAX_NUM_ALGO_ORDERS.
    pub exchange_max_algo_orders: Option<u32>,
    /// EXCHANGE_MAX_NUM_ICEBERG_ORDERS.
    pub exchange_max_iceberg_orders: Option<u32>,
    /// EXCHANGE_MAX_NUM_ORDER_LISTS.
    pub exchange_max_order_lists: Option<u32>,
    /// The order types allowed.
    pub order_types: OrderTypes,
    /// Whether order lists (OCO) are allowed.
    pub oco_allowed: bool,
    /// Whether `cancelReplace` is allowed.
    pub cancel_replace_allowed: bool,
    /// Whether `EXPIRE_MAKER` is among the self-trade prevention modes allowed.
    pub expire_maker_allowed: bool,
    /// Filters of the exchange that this version does not know: with one of these nothing is
    /// traded on the symbol.
    pub unknown_filters: Vec<String>,
}

impl SymbolRules {
    /// A symbol with a price grid and nothing else: every bound off, everything allowed.
    pub fn unrestricted(symbol: Symbol, base: Asset, quote: Asset, tick: Price) -> Self {
        Self {
            symbol,
            base,
            quote,
            status: SymbolStatus::Trading,
            tick,
            min_price: None,
            max_price: None,
            lot: LotSize::default(),
            market_lot: LotSize::default(),
            notional: None,
            percent_price: None,
            max_iceberg_parts: None,
            max_orders: None,
            max_algo_orders: None,
            max_iceberg_orders: None,
            max_order_lists: None,
            max_order_amends: None,
            max_position: None,
            trailing_delta: None,
            max_asset: Vec::new(),
            exchange_max_orders: None,
            exchange_max_algo_orders: None,
            exchange_max_iceberg_orders: None,
            exchange_max_order_lists: None,
            order_types: OrderTypes::ALL,
            oco_allowed: true,
            cancel_replace_allowed: true,
            expire_maker_allowed: true,
            unknown_filters: Vec::new(),
        }
    }

    /// The largest allowed price that is not above `raw`; none outside PRICE_FILTER.
    #[inline]
    pub fn floor_tick(&self, raw: Price) -> Option<TickPrice> {
        raw.floor_to(self.tick).and_then(|price| self.inside(price))
    }

    /// The smallest allowed price that is not below `raw`; none outside PRICE_FILTER.
    #[inline]
    pub fn ceil_tick(&self, raw: Price) -> Option<TickPrice> {
        raw.ceil_to(self.tick).and_then(|price| self.inside(price))
    }

    /// `price` itself where it is on the grid and inside PRICE_FILTER.
    pub fn on_tick(&self, price: Price) -> Option<TickPrice> {
        if price.is_multiple_of(self.tick) { self.inside(price) } else { None }
    }

    #[inline]
    fn inside(&self, price: Price) -> Option<TickPrice> {
        let above_min = self.min_price.is_none_or(|min| price >= min);
        let below_max = self.max_price.is_none_or(|max| price <= max);
        (above_min && below_max).then_some(TickPrice(price))
    }

    /// The largest allowed quantity of a limit or stop order that is not above `raw`; none below
    /// LOT_SIZE's minimum.
    #[inline]
    pub fn floor_lot(&self, raw: Quantity) -> Option<LotQuantity> {
        let bounded = if self.lot.max.is_zero() { raw } else { raw.min(self.lot.max) };
        let quantity = bounded.floor_to(self.lot.step);
        (!quantity.is_zero() && quantity >= self.lot.min).then_some(LotQuantity(quantity))
    }

    /// The largest allowed quantity of a market order that is not above `raw`.
    pub fn floor_market_lot(&self, raw: Quantity) -> Option<LotQuantity> {
        let bounded =
            if self.market_lot.max.is_zero() { raw } else { raw.min(self.market_lot.max) };
        let quantity = self.floor_lot(bounded)?.0.floor_to(self.market_lot.step);
        let fits = self.lot.admits(quantity) && self.market_lot.admits(quantity);
        (!quantity.is_zero() && fits).then_some(LotQuantity(quantity))
    }

    /// Whether `quantity` passes LOT_SIZE.
    #[inline]
    pub fn admits_lot(&self, quantity: Quantity) -> bool {
        !quantity.is_zero() && self.lot.admits(quantity)
    }

    /// Whether `quantity` passes MARKET_LOT_SIZE, which binds market orders on top of LOT_SIZE.
    pub fn admits_market_lot(&self, quantity: Quantity) -> bool {
        self.market_lot.admits(quantity)
    }

    /// Whether price × quantity of a limit or stop order is not below the least notional.
    #[inline]
    pub fn reaches_min_notional(&self, price: Price, quantity: Quantity) -> bool {
        self.notional.is_none_or(|rule| price.times(quantity) >= rule.min)
    }

    /// Whether any filter looks at the orders or the position that there are already.
    #[inline]
    pub const fn counts_orders(&self) -> bool {
        self.max_orders.is_some()
            || self.max_algo_orders.is_some()
            || self.max_iceberg_orders.is_some()
            || self.max_order_lists.is_some()
            || self.max_position.is_some()
            || self.exchange_max_orders.is_some()
            || self.exchange_max_algo_orders.is_some()
            || self.exchange_max_iceberg_orders.is_some()
            || self.exchange_max_order_lists.is_some()
    }

    /// Whether orders may be placed at all: the symbol trades and every filter is understood.
    pub fn can_place(&self) -> bool {
        self.status == SymbolStatus::Trading && self.unknown_filters.is_empty()
    }

    /// The number of decimals that the tick has: how prices of the symbol are shown.
    pub fn price_decimals(&self) -> usize {
        decimals(self.tick.units())
    }

    /// The number of decimals that the step has: how quantities of the symbol are shown.
    pub fn quantity_decimals(&self) -> usize {
        decimals(self.lot.step.units())
    }
}

fn decimals(units: i64) -> usize {
    if units == 0 {
        return 8;
    }
    let mut grid = units;
    let mut decimals = 8;
    while decimals > 0 && grid % 10 == 0 {
        grid /= 10;
        decimals -= 1;
    }
    decimals
}
