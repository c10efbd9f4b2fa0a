//! Binance's filters applied to an order, in the order in which `filters.md` lists them.

use super::{OrderKind, Side, Terms};
use crate::market::{FilterFailure, FilterName, SymbolRules, TickPrice};
use crate::num::{Price, Quantity};

/// Terms that only some orders have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpecialTerms {
    /// The visible part, of an iceberg order.
    pub iceberg: Option<Quantity>,
    /// The delta in basis points, of a trailing stop.
    pub trailing_delta: Option<u32>,
    /// How often the order was amended, this time included.
    pub amends: u32,
}

/// How much an account has open already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenCounts {
    /// Open orders on the symbol, without this one.
    pub orders: u32,
    /// Stops and take-profits among them.
    pub algo_orders: u32,
    /// Iceberg orders among them.
    pub iceberg_orders: u32,
    /// Open order lists among them.
    pub order_lists: u32,
    /// Base owned plus what open BUY orders would add.
    pub position: Quantity,
    /// Open orders on all symbols, without this one.
    pub exchange_orders: u32,
    /// Stops and take-profits among those.
    pub exchange_algo_orders: u32,
    /// Iceberg orders among those.
    pub exchange_iceberg_orders: u32,
    /// Order lists among those.
    pub exchange_order_lists: u32,
}

/// What the filters look at besides the terms of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FilterContext<'a> {
    /// The reference price, or the average price of the last minutes.
    pub reference: Option<Price>,
    /// Terms that only some orders have.
    pub special: Option<&'a SpecialTerms>,
    /// How much is open already; needed where [`SymbolRules::counts_orders`].
    pub open: Option<&'a OpenCounts>,
}

/// Whether `terms` pass every filter of `rules`.
pub fn check_filters(
    rules: &SymbolRules,
    terms: &Terms,
    context: &FilterContext<'_>,
) -> Result<(), FilterFailure> {
    let fail = |name| Err(FilterFailure(name));
    let quantity = terms.quantity.quantity();
    let is_market = matches!(terms.kind, OrderKind::Market | OrderKind::StopLoss { .. });
    let on_tick = |price: TickPrice| rules.on_tick(price.price()).is_some();
    let priced = match terms.kind {
        OrderKind::Limit { price } => on_tick(price),
        OrderKind::Market => true,
        OrderKind::StopLossLimit { trigger, limit } => on_tick(trigger) && on_tick(limit),
        OrderKind::StopLoss { trigger } => on_tick(trigger),
        OrderKind::Bracket { target, trigger, limit } => {
            on_tick(target) && on_tick(trigger) && on_tick(limit)
        }
    };
    if !priced {
        return fail(FilterName::PriceFilter);
    }
    if let (Some(band), Some(reference)) = (rules.percent_price, context.reference) {
        for price in limits(&terms.kind).into_iter().flatten() {
            if !band.admits(terms.side, price.price(), reference) {
                return fail(band.name);
            }
        }
    }
    if !rules.admits_lot(quantity) {
        return fail(FilterName::LotSize);
    }
    if is_market && !rules.admits_market_lot(quantity) {
        return fail(FilterName::MarketLotSize);
    }
    check_notional(rules, terms, context)?;
    if let Some(special) = context.special {
        check_special(rules, terms, special)?;
    }
    if let Some(open) = context.open {
        check_counts(rules, terms, open, context.special.copied().unwrap_or_default())?;
    }
    check_max_asset(rules, terms)
}

fn check_notional(
    rules: &SymbolRules,
    terms: &Terms,
    context: &FilterContext<'_>,
) -> Result<(), FilterFailure> {
    let is_market = matches!(terms.kind, OrderKind::Market | OrderKind::StopLoss { .. });
    let fail = |name| Err(FilterFailure(name));
    if let Some(rule) = rules.notional {
        let price = if matches!(terms.kind, OrderKind::Market) {
            context.reference
        } else {
            terms.kind.worst_price().map(TickPrice::price)
        };
        // A market order where nothing ever traded cannot be valued.
        let Some(price) = price else {
            return fail(rule.name);
        };
        let notional = price.times(terms.quantity.quantity());
        let too_small = notional < rule.min && (!is_market || rule.min_applies_to_market);
        let too_large = rule.max.is_some_and(|max| notional > max)
            && (!is_market || rule.max_applies_to_market);
        if too_small || too_large {
            return fail(rule.name);
        }
    }
    Ok(())
}

/// The filters of orders with special terms.
fn check_special(
    rules: &SymbolRules,
    terms: &Terms,
    special: &SpecialTerms,
) -> Result<(), FilterFailure> {
    if let Some(part) = special.iceberg {
        if !rules.admits_lot(part) {
            return Err(FilterFailure(FilterName::LotSize));
        }
        let (whole, part) = (terms.quantity.quantity().units(), part.units());
        let parts = (whole + part - 1) / part;
        if rules.max_iceberg_parts.is_some_and(|max| parts > i64::from(max)) {
            return Err(FilterFailure(FilterName::IcebergParts));
        }
    }
    if let (Some(band), Some(delta)) = (rules.trailing_delta, special.trailing_delta) {
        // Every trigger here is a stop-loss: above the market for a BUY, below it for a SELL.
        let (min, max) = match terms.side {
            Side::Buy => (band.min_above, band.max_above),
            Side::Sell => (band.min_below, band.max_below),
        };
        if !(min..=max).contains(&delta) {
            return Err(FilterFailure(FilterName::TrailingDelta));
        }
    }
    if rules.max_order_amends.is_some_and(|max| special.amends > max) {
        return Err(FilterFailure(FilterName::MaxNumOrderAmends));
    }
    Ok(())
}

/// The filters that look at what is open already.
fn check_counts(
    rules: &SymbolRules,
    terms: &Terms,
    open: &OpenCounts,
    special: SpecialTerms,
) -> Result<(), FilterFailure> {
    let orders = terms.kind.order_count();
    let algos = terms.kind.algo_count();
    let lists = u32::from(matches!(terms.kind, OrderKind::Bracket { .. }));
    let icebergs = u32::from(special.iceberg.is_some());
    let counts = [
        (open.orders, orders, rules.max_orders, FilterName::MaxNumOrders),
        (open.algo_orders, algos, rules.max_algo_orders, FilterName::MaxNumAlgoOrders),
        (open.iceberg_orders, icebergs, rules.max_iceberg_orders, FilterName::MaxNumIcebergOrders),
        (open.order_lists, lists, rules.max_order_lists, FilterName::MaxNumOrderLists),
        (open.exchange_orders, orders, rules.exchange_max_orders, FilterName::ExchangeMaxNumOrders),
        (
            open.exchange_algo_orders,
            algos,
            rules.exchange_max_algo_orders,
            FilterName::ExchangeMaxNumAlgoOrders,
        ),
        (
            open.exchange_iceberg_orders,
            icebergs,
            rules.exchange_max_iceberg_orders,
            FilterName::ExchangeMaxNumIcebergOrders,
        ),
        (
            open.exchange_order_lists,
            lists,
            rules.exchange_max_order_lists,
            FilterName::ExchangeMaxNumOrderLists,
        ),
    ];
    for (open, added, max, name) in counts {
        if added > 0 && max.is_some_and(|max| open + added > max) {
            return Err(FilterFailure(name));
        }
    }
    let after = open.position.plus(terms.quantity.quantity());
    let too_much = |max: Quantity| after.is_none_or(|after| after > max);
    if terms.side == Side::Buy && rules.max_position.is_some_and(too_much) {
        return Err(FilterFailure(FilterName::MaxPosition));
    }
    Ok(())
}

fn check_max_asset(rules: &SymbolRules, terms: &Terms) -> Result<(), FilterFailure> {
    let quantity = terms.quantity.quantity();
    for (asset, limit) in &rules.max_asset {
        let amount = if *asset == rules.base {
            quantity.to_money()
        } else if *asset == rules.quote {
            match terms.kind.worst_price() {
                Some(price) => price.price().times(quantity),
                None => continue,
            }
        } else {
            continue;
        };
        if amount > limit.to_money() {
            return Err(FilterFailure(FilterName::MaxAsset));
        }
    }
    Ok(())
}

/// The limit prices in the order: PERCENT_PRICE looks at those, also before a stop triggers.
fn limits(kind: &OrderKind) -> [Option<TickPrice>; 2] {
    match *kind {
        OrderKind::Limit { price } => [Some(price), None],
        OrderKind::StopLossLimit { limit, .. } => [Some(limit), None],
        OrderKind::Bracket { target, limit, .. } => [Some(limit), Some(target)],
        OrderKind::Market | OrderKind::StopLoss { .. } => [None; 2],
    }
}
