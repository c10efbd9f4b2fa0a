//! A symbol's rules as `exchangeInfo` tells them: the inverse of what a client reads.

use heikin_core::market::{FilterName, LotSize, OrderType, SymbolRules, SymbolStatus};
use heikin_core::num::Money;
use serde_json::{Value, json};

use super::records::{fixed, price_or_zero, type_name};

/// The symbol's object in `exchangeInfo`.
pub(super) fn symbol_row(rules: &SymbolRules) -> Value {
    let types = OrderType::ALL.into_iter().filter(|kind| rules.order_types.contains(*kind));
    let status = match rules.status {
        SymbolStatus::Trading => "TRADING",
        SymbolStatus::CancelOnly => "CANCEL_ONLY",
        SymbolStatus::Halted => "HALT",
    };
    let modes: &[&str] = if rules.expire_maker_allowed {
        &["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]
    } else {
        &["EXPIRE_TAKER"]
    };
    json!({
        "symbol": rules.symbol, "status": status,
        "baseAsset": rules.base, "baseAssetPrecision": 8,
        "quoteAsset": rules.quote, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8,
        "orderTypes": types.map(type_name).collect::<Vec<_>>(),
        "icebergAllowed": true, "ocoAllowed": rules.oco_allowed, "otoAllowed": false,
        "opoAllowed": false, "quoteOrderQtyMarketAllowed": true, "allowTrailingStop": false,
        "cancelReplaceAllowed": rules.cancel_replace_allowed, "amendAllowed": false,
        "pegInstructionsAllowed": false, "isSpotTradingAllowed": true,
        "isMarginTradingAllowed": false, "filters": filters(rules), "permissions": [],
        "permissionSets": [["SPOT"]], "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": modes,
    })
}

/// The filters of a symbol. Those over all symbols are [`exchange_filters`].
fn filters(rules: &SymbolRules) -> Vec<Value> {
    let mut rows = vec![
        json!({
            "filterType": "PRICE_FILTER", "minPrice": price_or_zero(rules.min_price),
            "maxPrice": price_or_zero(rules.max_price), "tickSize": fixed(rules.tick),
        }),
        lot_row(FilterName::LotSize, &rules.lot),
        lot_row(FilterName::MarketLotSize, &rules.market_lot),
    ];
    if let Some(band) = rules.percent_price {
        rows.push(if band.name == FilterName::PercentPrice {
            json!({
                "filterType": "PERCENT_PRICE", "multiplierUp": band.bid_up,
                "multiplierDown": band.bid_down, "avgPriceMins": 0,
            })
        } else {
            json!({
                "filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": band.bid_up,
                "bidMultiplierDown": band.bid_down, "askMultiplierUp": band.ask_up,
                "askMultiplierDown": band.ask_down, "avgPriceMins": 0,
            })
        });
    }
    if let Some(rule) = rules.notional {
        // The engine has no maximum where none is set; the wire has to name one.
        let max = rule.max.unwrap_or(Money::from_units(9_000_000_000_000 * 10_i128.pow(16)));
        rows.push(if rule.name == FilterName::MinNotional {
            json!({
                "filterType": "MIN_NOTIONAL", "minNotional": fixed(rule.min),
                "applyToMarket": rule.min_applies_to_market, "avgPriceMins": 0,
            })
        } else {
            json!({
                "filterType": "NOTIONAL", "minNotional": fixed(rule.min),
                "applyMinToMarket": rule.min_applies_to_market, "maxNotional": fixed(max),
                "applyMaxToMarket": rule.max_applies_to_market, "avgPriceMins": 0,
            })
        });
    }
    for (name, field, count) in [
        ("ICEBERG_PARTS", "limit", rules.max_iceberg_parts),
        ("MAX_NUM_ORDERS", "maxNumOrders", rules.max_orders),
        ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", rules.max_algo_orders),
        ("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", rules.max_iceberg_orders),
        ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", rules.max_order_lists),
        ("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends", rules.max_order_amends),
    ] {
        if let Some(count) = count {
            rows.push(json!({ "filterType": name, field: count }));
        }
    }
    if let Some(most) = rules.max_position {
        rows.push(json!({ "filterType": "MAX_POSITION", "maxPosition": fixed(most) }));
    }
    rows
}

/// The filters over all symbols.
pub(super) fn exchange_filters(rules: &SymbolRules) -> Vec<Value> {
    let rows = [
        ("EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders", rules.exchange_max_orders),
        ("EXCHANGE_MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", rules.exchange_max_algo_orders),
        (
            "EXCHANGE_MAX_NUM_ICEBERG_ORDERS",
            "maxNumIcebergOrders",
            rules.exchange_max_iceberg_orders,
        ),
        ("EXCHANGE_MAX_NUM_ORDER_LISTS", "maxNumOrderLists", rules.exchange_max_order_lists),
    ];
    let given = rows.into_iter().filter_map(|(name, field, count)| {
        count.map(|count| json!({ "filterType": name, field: count }))
    });
    given.collect()
}

/// `myFilters`: what holds for the account besides.
pub(super) fn my_filters(rules: &SymbolRules) -> Value {
    let assets = rules.max_asset.iter().map(
        |(asset, most)| json!({ "filterType": "MAX_ASSET", "asset": asset, "limit": fixed(most) }),
    );
    json!({
        "exchangeFilters": exchange_filters(rules), "symbolFilters": [],
        "assetFilters": assets.collect::<Vec<_>>(),
    })
}

fn lot_row(name: FilterName, lot: &LotSize) -> Value {
    json!({
        "filterType": name, "minQty": fixed(lot.min), "maxQty": fixed(lot.max),
        "stepSize": fixed(lot.step),
    })
}
