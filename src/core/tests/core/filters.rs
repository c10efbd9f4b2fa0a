//! Each filter of Binance, at its edge and one unit beyond it.

use heikin_core::market::{
    FilterName, LotSize, NotionalRule, PercentPrice, SymbolRules, SymbolStatus, TrailingDelta,
};
use heikin_core::order::{
    FilterContext, OpenCounts, OrderKind, SpecialTerms, Terms, check_filters,
};

use crate::support::*;

fn failure(rules: &SymbolRules, terms: &Terms, context: &FilterContext<'_>) -> Option<FilterName> {
    check_filters(rules, terms, context).err().map(|failure| failure.0)
}

fn check(rules: &SymbolRules, terms: Terms) -> Option<FilterName> {
    failure(rules, &terms, &FilterContext::default())
}

fn at(reference: &str) -> FilterContext<'static> {
    FilterContext { reference: Some(price(reference)), ..FilterContext::default() }
}

#[test]
fn price_filter_binds_every_price_of_an_order() {
    let rules =
        SymbolRules { min_price: Some(price("10")), max_price: Some(price("1000")), ..rules() };
    let fails = Some(FilterName::PriceFilter);
    for (kind, expected) in [
        (limit("10"), None),
        (limit("9.99"), fails),
        (limit("1000"), None),
        (limit("1000.01"), fails),
        (limit("100.005"), fails),
        (stop_limit("100.01", "100"), None),
        (stop_limit("100.001", "100"), fails),
        (stop_limit("100", "100.001"), fails),
        (stop_market("100.01"), None),
        (stop_market("100.001"), fails),
        (stop_market("9.99"), fails),
        (OrderKind::Market, None),
        (bracket("110", "100", "99"), None),
        (bracket("110.001", "100", "99"), fails),
        (bracket("110", "100.001", "99"), fails),
        (bracket("110", "100", "99.001"), fails),
    ] {
        assert_eq!(check(&rules, sell(kind, "1")), expected, "{kind:?}");
    }
}

#[test]
fn the_tick_is_counted_from_zero_not_from_the_least_price() {
    let rules = SymbolRules { min_price: Some(price("0.015")), ..rules() };
    assert_eq!(check(&rules, buy(limit("0.02"), "1")), None);
    assert_eq!(check(&rules, buy(limit("0.025"), "1")), Some(FilterName::PriceFilter));
}

#[test]
fn percent_price_bounds_limit_prices_by_side_around_the_reference() {
    let band = PercentPrice {
        name: FilterName::PercentPriceBySide,
        bid_up: parsed("1.2"),
        bid_down: parsed("0.5"),
        ask_up: parsed("2"),
        ask_down: parsed("0.8"),
    };
    let rules = SymbolRules { percent_price: Some(band), ..rules() };
    let fails = Some(FilterName::PercentPriceBySide);
    for (terms, expected) in [
        (buy(limit("120"), "1"), None),
        (buy(limit("120.01"), "1"), fails),
        (buy(limit("50"), "1"), None),
        (buy(limit("49.99"), "1"), fails),
        (sell(limit("200"), "1"), None),
        (sell(limit("200.01"), "1"), fails),
        (sell(limit("80"), "1"), None),
        (sell(limit("79.99"), "1"), fails),
        // The limit of a stop counts from the start, its trigger does not.
        (buy(stop_limit("130", "120"), "1"), None),
        (buy(stop_limit("119", "120.01"), "1"), fails),
        (sell(stop_market("10"), "1"), None),
        (sell(OrderKind::Market, "1"), None),
        (sell(bracket("200.01", "90", "89"), "1"), fails),
        (sell(bracket("200", "90", "79.99"), "1"), fails),
        (sell(bracket("200", "90", "80"), "1"), None),
    ] {
        assert_eq!(failure(&rules, &terms, &at("100")), expected, "{terms:?}");
    }
    assert_eq!(check(&rules, buy(limit("500"), "1")), None, "no reference, no band");
    let old = PercentPrice { name: FilterName::PercentPrice, ..band };
    let rules = SymbolRules { percent_price: Some(old), ..rules };
    let name = failure(&rules, &buy(limit("120.01"), "1"), &at("100"));
    assert_eq!(name, Some(FilterName::PercentPrice));
}

fn lots(min: &str, max: &str, step: &str) -> LotSize {
    LotSize { min: quantity(min), max: quantity(max), step: quantity(step) }
}

#[test]
fn lot_size_binds_every_order_and_a_zero_part_is_off() {
    let lot = SymbolRules { lot: lots("0.01", "100", "0.01"), ..rules() };
    let fails = Some(FilterName::LotSize);
    for (amount, expected) in [
        ("0.01", None),
        ("0.00999999", fails),
        ("100", None),
        ("100.01", fails),
        ("0.015", fails),
        ("0.02", None),
    ] {
        for kind in [limit("100"), OrderKind::Market, stop_market("90")] {
            assert_eq!(check(&lot, sell(kind, amount)), expected, "{amount} {kind:?}");
        }
    }
    let off = SymbolRules { lot: lots("0", "0", "0"), ..rules() };
    assert_eq!(check(&off, sell(limit("100"), "0.00000001")), None);
    // From zero, not from the least quantity.
    let odd = SymbolRules { lot: lots("0.015", "0", "0.01"), ..rules() };
    assert_eq!(check(&odd, sell(limit("100"), "0.02")), None);
    assert_eq!(check(&odd, sell(limit("100"), "0.025")), fails);
}

#[test]
fn market_lot_size_binds_orders_that_become_market_orders_only() {
    let rules = SymbolRules { market_lot: lots("0.1", "10", "0.1"), ..rules() };
    let fails = Some(FilterName::MarketLotSize);
    for (amount, expected) in
        [("0.1", None), ("0.099", fails), ("10", None), ("10.1", fails), ("0.15", fails)]
    {
        assert_eq!(check(&rules, sell(OrderKind::Market, amount)), expected, "{amount}");
        assert_eq!(check(&rules, sell(stop_market("90"), amount)), expected, "{amount}");
        assert_eq!(check(&rules, sell(limit("90"), amount)), None, "{amount}");
        assert_eq!(check(&rules, sell(stop_limit("91", "90"), amount)), None, "{amount}");
    }
    // As on the live exchange: a minimum and a step of zero.
    let live = SymbolRules { market_lot: lots("0", "10", "0"), ..rules };
    assert_eq!(check(&live, sell(OrderKind::Market, "0.001")), None);
}

#[test]
fn notional_is_price_times_quantity_and_market_orders_are_valued_at_the_reference() {
    let rule = NotionalRule {
        name: FilterName::Notional,
        min: money("10"),
        min_applies_to_market: true,
        max: Some(money("1000")),
        max_applies_to_market: true,
    };
    let fails = Some(FilterName::Notional);
    let with = |rule| SymbolRules { notional: Some(rule), ..rules() };
    for (amount, expected) in [("0.1", None), ("0.099", fails), ("10", None), ("10.001", fails)] {
        assert_eq!(check(&with(rule), buy(limit("100"), amount)), expected, "{amount}");
        assert_eq!(check(&with(rule), buy(stop_limit("99", "100"), amount)), expected);
        assert_eq!(check(&with(rule), buy(stop_market("100"), amount)), expected);
        let market = sell(OrderKind::Market, amount);
        assert_eq!(failure(&with(rule), &market, &at("100")), expected, "{amount}");
    }
    // At its limit price, the worse of the two, a stop must still be worth it.
    assert_eq!(check(&with(rule), sell(stop_limit("101", "99"), "0.1")), fails);
    let min_off = NotionalRule { min_applies_to_market: false, ..rule };
    let market = |amount| sell(OrderKind::Market, amount);
    assert_eq!(failure(&with(min_off), &market("0.001"), &at("100")), None);
    assert_eq!(failure(&with(min_off), &market("10.001"), &at("100")), fails);
    let max_off = NotionalRule { max_applies_to_market: false, ..rule };
    assert_eq!(failure(&with(max_off), &market("10.001"), &at("100")), None);
    assert_eq!(failure(&with(max_off), &market("0.001"), &at("100")), fails);
    assert_eq!(check(&with(rule), market("1")), fails, "nothing ever traded");
    let old = NotionalRule { name: FilterName::MinNotional, max: None, ..rule };
    assert_eq!(check(&with(old), buy(limit("100"), "0.099")), Some(FilterName::MinNotional));
    assert_eq!(check(&with(old), buy(limit("100"), "10000")), None);
}

#[test]
fn iceberg_parts_are_counted_up_and_the_part_is_a_lot() {
    let rules = SymbolRules { max_iceberg_parts: Some(10), ..rules() };
    let parts = |part: &str| {
        let special = SpecialTerms { iceberg: Some(quantity(part)), ..SpecialTerms::default() };
        let context = FilterContext { special: Some(&special), ..FilterContext::default() };
        failure(&rules, &buy(limit("100"), "1"), &context)
    };
    assert_eq!(parts("0.1"), None);
    assert_eq!(parts("0.099"), Some(FilterName::IcebergParts));
    assert_eq!(parts("0.1005"), Some(FilterName::LotSize));
    assert_eq!(parts("0"), Some(FilterName::LotSize));
}

#[test]
fn trailing_delta_has_one_band_above_the_market_and_one_below() {
    let band = TrailingDelta { min_above: 10, max_above: 20, min_below: 30, max_below: 40 };
    let rules = SymbolRules { trailing_delta: Some(band), ..rules() };
    let delta = |terms: &Terms, delta| {
        let special = SpecialTerms { trailing_delta: Some(delta), ..SpecialTerms::default() };
        let context = FilterContext { special: Some(&special), ..FilterContext::default() };
        failure(&rules, terms, &context)
    };
    let (buys, sells) = (buy(stop_market("110"), "1"), sell(stop_market("90"), "1"));
    let fails = Some(FilterName::TrailingDelta);
    for (value, above, below) in [
        (9, fails, fails),
        (10, None, fails),
        (20, None, fails),
        (21, fails, fails),
        (29, fails, fails),
        (30, fails, None),
        (40, fails, None),
        (41, fails, fails),
    ] {
        assert_eq!(delta(&buys, value), above, "BUY {value}");
        assert_eq!(delta(&sells, value), below, "SELL {value}");
    }
}

#[test]
fn amendments_are_counted() {
    let rules = SymbolRules { max_order_amends: Some(10), ..rules() };
    let amended = |amends| {
        let special = SpecialTerms { amends, ..SpecialTerms::default() };
        let context = FilterContext { special: Some(&special), ..FilterContext::default() };
        failure(&rules, &buy(limit("100"), "1"), &context)
    };
    assert_eq!((amended(10), amended(11)), (None, Some(FilterName::MaxNumOrderAmends)));
}

type Limit = fn(&mut SymbolRules) -> &mut Option<u32>;
type Count = fn(&mut OpenCounts) -> &mut u32;

/// Each count of open things, its limit, and what it is called.
const COUNTS: [(Limit, Count, FilterName); 8] = [
    (|it| &mut it.max_orders, |it| &mut it.orders, FilterName::MaxNumOrders),
    (|it| &mut it.max_algo_orders, |it| &mut it.algo_orders, FilterName::MaxNumAlgoOrders),
    (|it| &mut it.max_iceberg_orders, |it| &mut it.iceberg_orders, FilterName::MaxNumIcebergOrders),
    (|it| &mut it.max_order_lists, |it| &mut it.order_lists, FilterName::MaxNumOrderLists),
    (
        |it| &mut it.exchange_max_orders,
        |it| &mut it.exchange_orders,
        FilterName::ExchangeMaxNumOrders,
    ),
    (
        |it| &mut it.exchange_max_algo_orders,
        |it| &mut it.exchange_algo_orders,
        FilterName::ExchangeMaxNumAlgoOrders,
    ),
    (
        |it| &mut it.exchange_max_iceberg_orders,
        |it| &mut it.exchange_iceberg_orders,
        FilterName::ExchangeMaxNumIcebergOrders,
    ),
    (
        |it| &mut it.exchange_max_order_lists,
        |it| &mut it.exchange_order_lists,
        FilterName::ExchangeMaxNumOrderLists,
    ),
];

/// What of the eight counts an order adds to.
fn counted(kind: OrderKind, iceberg: Option<&str>) -> [u32; 8] {
    let room = |index: usize| {
        let (limit, count, name) = COUNTS[index];
        let special = SpecialTerms { iceberg: iceberg.map(quantity), ..SpecialTerms::default() };
        // The most that may be open already with a limit of 10.
        let most = (0..=20).rev().find(|open| {
            let (mut rules, mut counts) = (rules(), OpenCounts::default());
            *limit(&mut rules) = Some(10);
            *count(&mut counts) = *open;
            assert!(rules.counts_orders());
            let context =
                FilterContext { special: Some(&special), open: Some(&counts), reference: None };
            let failure = failure(&rules, &sell(kind, "1"), &context);
            assert!(failure.is_none_or(|it| it == name), "{failure:?} for {name}");
            failure.is_none()
        });
        match most.unwrap() {
            20 => 0,
            open => 10 - open,
        }
    };
    std::array::from_fn(room)
}

#[test]
fn each_kind_of_order_adds_to_its_counts_and_to_no_other() {
    assert_eq!(counted(limit("100"), None), [1, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(counted(OrderKind::Market, None), [1, 0, 0, 0, 1, 0, 0, 0]);
    assert_eq!(counted(limit("100"), Some("0.5")), [1, 0, 1, 0, 1, 0, 1, 0]);
    assert_eq!(counted(stop_limit("91", "90"), None), [1, 1, 0, 0, 1, 1, 0, 0]);
    assert_eq!(counted(stop_market("91"), None), [1, 1, 0, 0, 1, 1, 0, 0]);
    assert_eq!(counted(bracket("110", "91", "90"), None), [2, 1, 0, 1, 2, 1, 0, 1]);
}

#[test]
fn max_position_counts_what_is_owned_and_bids_and_binds_buys_only() {
    let rules = SymbolRules { max_position: Some(quantity("10")), ..rules() };
    assert!(rules.counts_orders());
    let with = |owned: &str, terms: &Terms| {
        let counts = OpenCounts { position: quantity(owned), ..OpenCounts::default() };
        let context = FilterContext { open: Some(&counts), ..FilterContext::default() };
        failure(&rules, terms, &context)
    };
    let buys = buy(limit("100"), "1");
    assert_eq!(with("9", &buys), None);
    assert_eq!(with("9.00000001", &buys), Some(FilterName::MaxPosition));
    assert_eq!(with("92233720368.54775807", &buys), Some(FilterName::MaxPosition));
    assert_eq!(with("20", &sell(limit("100"), "1")), None);
}

#[test]
fn max_asset_is_a_quantity_of_base_or_a_notional_of_quote() {
    let max =
        |asset, limit: &str| SymbolRules { max_asset: vec![(asset, quantity(limit))], ..rules() };
    let fails = Some(FilterName::MaxAsset);
    let one = buy(limit("100"), "1");
    assert_eq!(check(&max(btc(), "1"), one), None);
    assert_eq!(check(&max(btc(), "0.99999999"), one), fails);
    assert_eq!(check(&max(usdt(), "100"), one), None);
    assert_eq!(check(&max(usdt(), "99.99999999"), one), fails);
    assert_eq!(check(&max(bnb(), "0"), one), None);
    assert_eq!(check(&max(usdt(), "1"), buy(OrderKind::Market, "1")), None);
}

#[test]
fn a_symbol_with_an_unknown_filter_or_another_status_takes_no_orders() {
    assert!(rules().can_place());
    let unknown = SymbolRules { unknown_filters: vec!["T_PLUS_SELL".to_owned()], ..rules() };
    assert!(!unknown.can_place());
    for status in [SymbolStatus::CancelOnly, SymbolStatus::Halted] {
        assert!(!SymbolRules { status, ..rules() }.can_place());
    }
}

#[test]
fn the_first_filter_in_the_order_of_the_documentation_is_named() {
    let rules = SymbolRules {
        lot: lots("1", "0", "0"),
        market_lot: lots("2", "0", "0"),
        notional: Some(NotionalRule {
            name: FilterName::Notional,
            min: money("1000"),
            min_applies_to_market: true,
            max: None,
            max_applies_to_market: false,
        }),
        ..rules()
    };
    assert_eq!(check(&rules, buy(limit("1.001"), "0.5")), Some(FilterName::PriceFilter));
    assert_eq!(check(&rules, buy(limit("1"), "0.5")), Some(FilterName::LotSize));
    assert_eq!(check(&rules, buy(OrderKind::Market, "1")), Some(FilterName::MarketLotSize));
    assert_eq!(check(&rules, buy(limit("1"), "1")), Some(FilterName::Notional));
}

#[test]
fn prices_snap_inwards_and_quantities_down() {
    let rules = SymbolRules {
        min_price: Some(price("1")),
        max_price: Some(price("10")),
        lot: lots("0.01", "5", "0.01"),
        market_lot: lots("0.1", "2", "0.1"),
        ..rules()
    };
    let shown = |price: Option<heikin_core::market::TickPrice>| price.map(|it| it.to_string());
    assert_eq!(shown(rules.floor_tick(price("1.019"))).unwrap(), "1.01");
    assert_eq!(shown(rules.ceil_tick(price("1.011"))).unwrap(), "1.02");
    assert_eq!(shown(rules.floor_tick(price("0.999"))), None);
    assert_eq!(shown(rules.ceil_tick(price("9.999"))).unwrap(), "10");
    assert_eq!(shown(rules.ceil_tick(price("10.001"))), None);
    let lot = |text| rules.floor_lot(quantity(text)).map(|it| it.to_string());
    let market = |text| rules.floor_market_lot(quantity(text)).map(|it| it.to_string());
    assert_eq!(lot("0.019").unwrap(), "0.01");
    assert_eq!(lot("0.0099"), None);
    assert_eq!(lot("7").unwrap(), "5");
    assert_eq!(market("0.19").unwrap(), "0.1");
    assert_eq!(market("0.09"), None);
    assert_eq!(market("7").unwrap(), "2");
}

#[test]
fn an_order_is_snapped_to_a_new_grid_or_given_up() {
    let coarse = SymbolRules {
        tick: price("0.5"),
        lot: lots("0", "0", "0.1"),
        notional: Some(NotionalRule {
            name: FilterName::Notional,
            min: money("10"),
            min_applies_to_market: true,
            max: None,
            max_applies_to_market: false,
        }),
        ..rules()
    };
    let snapped = |terms: Terms| terms.snapped(&coarse);
    assert_eq!(
        snapped(sell(bracket("110.1", "100.4", "99.9"), "1.09")),
        Some(sell(bracket("110.5", "100", "99.5"), "1"))
    );
    assert_eq!(
        snapped(sell(stop_limit("100.4", "99.9"), "1")),
        Some(sell(stop_limit("100", "99.5"), "1"))
    );
    assert_eq!(snapped(buy(limit("100"), "0.1")), Some(buy(limit("100"), "0.1")));
    assert_eq!(snapped(buy(limit("99.99"), "0.1")), None, "9.95 is below the least notional");
    assert_eq!(snapped(buy(limit("100"), "0.09")), None);
    assert_eq!(snapped(sell(OrderKind::Market, "0.19")), Some(sell(OrderKind::Market, "0.1")));
}
