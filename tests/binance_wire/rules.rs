//! `exchangeInfo` as the engine's rules.

use heikin::exchange::binance::wire::{ExchangeInfo, MyFilters, decode};
use heikin_core::market::{FilterName, OrderType, SymbolStatus};
use heikin_core::num::{Money, Multiple, Price, Quantity};

use crate::payload;

/// A symbol with every filter there is, and one of tomorrow.
const EVERY_FILTER: &str = r#"{"timezone":"UTC","serverTime":1,"rateLimits":[],
"exchangeFilters":[{"filterType":"EXCHANGE_MAX_NUM_ORDERS","maxNumOrders":1000},
 {"filterType":"EXCHANGE_MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":200},
 {"filterType":"EXCHANGE_MAX_NUM_ICEBERG_ORDERS","maxNumIcebergOrders":100},
 {"filterType":"EXCHANGE_MAX_NUM_ORDER_LISTS","maxNumOrderLists":20}],
"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",
"orderTypes":["LIMIT","MARKET","STOP_LOSS_LIMIT","OF_TOMORROW"],"ocoAllowed":true,
"cancelReplaceAllowed":true,"isSpotTradingAllowed":true,
"allowedSelfTradePreventionModes":["EXPIRE_TAKER","EXPIRE_MAKER"],
"permissionSets":[["SPOT","TRD_GRP_261"],["EU"]],"permissions":[],
"filters":[
 {"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"0.00000000","tickSize":"0.01000000"},
 {"filterType":"PERCENT_PRICE_BY_SIDE","bidMultiplierUp":"5","bidMultiplierDown":"0.2","askMultiplierUp":"4","askMultiplierDown":"0.1","avgPriceMins":5},
 {"filterType":"LOT_SIZE","minQty":"0.00001","maxQty":"9000","stepSize":"0.00001"},
 {"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"129.8","stepSize":"0.00000000"},
 {"filterType":"NOTIONAL","minNotional":"5","applyMinToMarket":true,"maxNotional":"9000000","applyMaxToMarket":false,"avgPriceMins":5},
 {"filterType":"ICEBERG_PARTS","limit":100},
 {"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},
 {"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5},
 {"filterType":"MAX_NUM_ICEBERG_ORDERS","maxNumIcebergOrders":7},
 {"filterType":"MAX_NUM_ORDER_LISTS","maxNumOrderLists":21},
 {"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10},
 {"filterType":"MAX_POSITION","maxPosition":"10.5"},
 {"filterType":"TRAILING_DELTA","minTrailingAboveDelta":10,"maxTrailingAboveDelta":2000,"minTrailingBelowDelta":11,"maxTrailingBelowDelta":2001},
 {"filterType":"T_PLUS_SELL","endTime":5}]}]}"#;

#[test]
fn every_filter_becomes_a_rule() {
    let info: ExchangeInfo = decode(EVERY_FILTER.as_bytes()).unwrap();
    let own = br#"{"exchangeFilters":[],"symbolFilters":[{"filterType":"MAX_NUM_ORDERS","maxNumOrders":50}],
        "assetFilters":[{"filterType":"MAX_ASSET","asset":"BTC","limit":"42.0"}]}"#;
    let own: MyFilters = decode(own).unwrap();
    let rules = info.rules("BTCUSDT", Some(&own)).unwrap().unwrap();
    assert_eq!(rules.status, SymbolStatus::Trading);
    assert_eq!(rules.tick, Price::parse("0.01").unwrap());
    assert_eq!((rules.min_price, rules.max_price), (Price::parse("0.01").ok(), None));
    assert_eq!(rules.lot.step, Quantity::parse("0.00001").unwrap());
    assert_eq!(rules.market_lot.max, Quantity::parse("129.8").unwrap());
    let notional = rules.notional.unwrap();
    assert_eq!((notional.name, notional.min), (FilterName::Notional, Money::parse("5").unwrap()));
    assert!(notional.min_applies_to_market && !notional.max_applies_to_market);
    assert_eq!(notional.max, Money::parse("9000000").ok());
    let band = rules.percent_price.unwrap();
    assert_eq!(
        (band.name, band.ask_up),
        (FilterName::PercentPriceBySide, Multiple::parse("4").unwrap())
    );
    assert_eq!((rules.max_iceberg_parts, rules.max_orders), (Some(100), Some(50)));
    assert_eq!((rules.max_algo_orders, rules.max_iceberg_orders), (Some(5), Some(7)));
    assert_eq!((rules.max_order_lists, rules.max_order_amends), (Some(21), Some(10)));
    assert_eq!(rules.max_position, Quantity::parse("10.5").ok());
    let trailing = rules.trailing_delta.unwrap();
    assert_eq!((trailing.min_below, trailing.max_above), (11, 2_000));
    assert_eq!(
        (rules.exchange_max_orders, rules.exchange_max_algo_orders),
        (Some(1_000), Some(200))
    );
    assert_eq!(rules.exchange_max_iceberg_orders, Some(100));
    assert_eq!(rules.exchange_max_order_lists, Some(20));
    assert_eq!(rules.max_asset, [("BTC".parse().unwrap(), Quantity::parse("42").unwrap())]);
    assert!(rules.order_types.contains(OrderType::StopLossLimit));
    assert!(!rules.order_types.contains(OrderType::StopLoss));
    assert!(rules.oco_allowed && rules.cancel_replace_allowed && rules.expire_maker_allowed);
    // What is not understood is not traded.
    assert_eq!(rules.unknown_filters, ["T_PLUS_SELL"]);
    assert!(!rules.can_place());
    assert_eq!(info.rules("ETHUSDT", None), Ok(None));
}

#[test]
fn a_symbol_is_traded_by_whoever_has_one_of_each_set() {
    let info: ExchangeInfo = decode(EVERY_FILTER.as_bytes()).unwrap();
    let permits = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        info.symbols[0].permits(&names)
    };
    assert!(permits(&["EU", "TRD_GRP_261"]));
    assert!(!permits(&["SPOT"]) && !permits(&[]));
}

#[test]
fn a_symbol_that_does_not_trade_says_so() {
    for (from, to, expected) in [
        ("\"TRADING\"", "\"CANCEL_ONLY\"", SymbolStatus::CancelOnly),
        ("\"TRADING\"", "\"BREAK\"", SymbolStatus::Halted),
        ("\"TRADING\"", "\"OF_TOMORROW\"", SymbolStatus::Halted),
        ("SpotTradingAllowed\":true", "SpotTradingAllowed\":false", SymbolStatus::Halted),
    ] {
        let info: ExchangeInfo = decode(EVERY_FILTER.replace(from, to).as_bytes()).unwrap();
        assert_eq!(info.rules("BTCUSDT", None).unwrap().unwrap().status, expected, "{to}");
    }
}

#[test]
fn a_rule_that_does_not_fit_is_named() {
    for (from, to, fault) in [
        (
            "\"0.01000000\"",
            "\"0.123456789\"",
            "PRICE_FILTER: tickSize `0.123456789` has more than 8 decimals",
        ),
        ("\"stepSize\":\"0.00001\"", "\"step\":\"1\"", "LOT_SIZE: stepSize is missing"),
        ("\"limit\":100", "\"limit\":\"100\"", "ICEBERG_PARTS: limit is missing"),
        (
            "\"baseAsset\":\"BTC\"",
            "\"baseAsset\":\"B C\"",
            "baseAsset has a character other than letters and digits",
        ),
    ] {
        let info: ExchangeInfo = decode(EVERY_FILTER.replace(from, to).as_bytes()).unwrap();
        let error = info.rules("BTCUSDT", None).unwrap_err();
        assert_eq!(error.to_string(), format!("the rules of BTCUSDT: {fault}"));
    }
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_recorded_symbol_has_rules() {
    let mut count = 0;
    for name in [
        "rest/exchangeInfo_2symbols__nautilus.json",
        "rest/exchangeInfo_BTCUSDT_ETHUSDT_SOLUSDC_2024.json",
        "rest/exchangeInfo_full_2021-10-12.json.gz",
        "rest/exchangeInfo_subset__gct.json",
        "rest/exchange_info__binance_rs.json",
        "rest/exchangeInfo__doc.json",
    ] {
        let info: ExchangeInfo = decode(&payload(name)).unwrap();
        for symbol in &info.symbols {
            let rules = symbol.rules(&info.exchange_filters, None);
            let rules = rules.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(rules.unknown_filters.is_empty(), "{name}: {:?}", rules.unknown_filters);
            count += 1;
        }
    }
    assert!(count > 1_700, "{count} symbols");
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn the_recorded_rules_of_bitcoin_are_exact() {
    let json = payload("rest/exchangeInfo_BTCUSDT_ETHUSDT_SOLUSDC_2024.json");
    let info: ExchangeInfo = decode(&json).unwrap();
    let rules = info.rules("BTCUSDT", None).unwrap().unwrap();
    assert_eq!((rules.base.as_str(), rules.quote.as_str()), ("BTC", "USDT"));
    assert_eq!(rules.tick, Price::parse("0.01").unwrap());
    assert_eq!(rules.max_price, Price::parse("1000000").ok());
    assert_eq!(rules.market_lot.max, Quantity::parse("129.84957276").unwrap());
    assert_eq!(rules.notional.unwrap().min, Money::parse("5").unwrap());
    assert!(!rules.order_types.contains(OrderType::StopLoss));
    assert!(rules.can_place());
    let limits: Vec<_> = info.rate_limits.iter().map(|row| (row.window(), row.limit)).collect();
    let seconds = |seconds| Some(heikin_core::time::Span::from_secs(seconds));
    let expected = [
        (seconds(60), 6_000),
        (seconds(10), 50),
        (seconds(86_400), 160_000),
        (seconds(300), 61_000),
    ];
    assert_eq!(limits, expected);
}
