//! Exact numbers held against `rust_decimal`.

use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{FinePrice, Money, Multiple, Price, PriceDelta, Quantity, Rate};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::support::*;

#[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike, as they come")]
fn decimal<T: ToString>(text: T) -> Decimal {
    text.to_string().parse().unwrap()
}

/// What a decimal is as the type's own text.
fn exact<T: std::str::FromStr<Err: std::fmt::Debug>>(value: Decimal) -> T {
    value.normalize().to_string().parse().unwrap()
}

fn units(value: i64) -> Price {
    Price::from_units(value).unwrap()
}

fn amount(value: i64) -> Quantity {
    Quantity::from_units(value).unwrap()
}

/// Prices up to a hundred million, quantities up to ten thousand: products fit 28 digits.
const PRICES: std::ops::Range<i64> = 1..10_000_000_000_000_000;
const QUANTITIES: std::ops::Range<i64> = 0..1_000_000_000_000;
const RATES: std::ops::RangeInclusive<i64> = 0..=1_000_000_000_000;

proptest! {
    #[test]
    fn text_reads_and_prints_as_decimal(value in PRICES, rate in RATES, multiple in 0..=1_000_000_000_i64) {
        let text = Decimal::new(value, 8).to_string();
        prop_assert_eq!(decimal(price(&text)), Decimal::new(value, 8));
        prop_assert_eq!(decimal(quantity(&text)), Decimal::new(value, 8));
        prop_assert_eq!(decimal(parsed::<PriceDelta>(&text)), Decimal::new(value, 8));
        prop_assert_eq!(price(&text).to_string().parse(), Ok(price(&text)));
        let text = Decimal::new(rate, 12).to_string();
        prop_assert_eq!(parsed::<Rate>(&text).units(), rate);
        prop_assert_eq!(decimal(parsed::<Rate>(&text)), Decimal::new(rate, 12));
        let percent = Decimal::new(rate, 10).to_string();
        prop_assert_eq!(Rate::from_percent(&percent), Ok(parsed(&text)));
        prop_assert_eq!(decimal(parsed::<Rate>(&text).percent()), Decimal::new(rate, 10));
        let text = Decimal::new(multiple, 6).to_string();
        prop_assert_eq!(parsed::<Multiple>(&text).units(), multiple);
        prop_assert_eq!(decimal(parsed::<Multiple>(&text)), Decimal::new(multiple, 6));
    }

    #[test]
    fn a_precision_rounds_half_to_even(value in any::<i64>(), places in 0..8_u32) {
        let money = exact::<Money>(Decimal::new(value, 8));
        let shown = format!("{money:.*}", places as usize);
        let rounded = Decimal::new(value, 8)
            .round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven);
        prop_assert_eq!(decimal(shown), rounded);
    }

    #[test]
    fn a_product_is_exact(price in PRICES, quantity in QUANTITIES) {
        let product = Decimal::new(price, 8) * Decimal::new(quantity, 8);
        prop_assert_eq!(decimal(units(price).times(amount(quantity))), product);
    }

    #[test]
    fn a_commission_rounds_up(quantity in QUANTITIES, worth in QUANTITIES, rate in RATES) {
        let rate = Rate::from_units(rate).unwrap();
        let up = |exact: Decimal| exact.round_dp_with_strategy(8, RoundingStrategy::ToPositiveInfinity);
        let share = Decimal::new(quantity, 8) * decimal(rate);
        prop_assert_eq!(decimal(amount(quantity).commission(rate)), up(share));
        // Whole rates in millionths take the short way: the same.
        let coarse = Rate::from_units(rate.units() / 1_000_000 * 1_000_000).unwrap();
        let share = Decimal::new(quantity, 8) * decimal(coarse);
        prop_assert_eq!(decimal(amount(quantity).commission(coarse)), up(share));
        let money = Money::from_units(i128::from(worth));
        prop_assert_eq!(decimal(money.commission(coarse)), up(Decimal::new(worth, 16) * decimal(coarse)));
    }

    #[test]
    fn a_share_of_a_price_rounds_half_to_even_and_bounds_round_outwards(
        price in PRICES, rate in RATES, grid in 1..1_000_000_i64,
    ) {
        for rate in [rate, rate / 1_000_000 * 1_000_000, 500_000_000_000] {
            let (price, rate, grid) = (units(price), Rate::from_units(rate).unwrap(), units(grid));
            let share = decimal(price) * decimal(rate);
            let rounded = share.round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven);
            prop_assert_eq!(decimal(rate.of(price)), rounded);
            let below = (decimal(price) * (Decimal::ONE - decimal(rate)) / decimal(grid)).floor();
            let expected = (below > Decimal::ZERO).then(|| below * decimal(grid));
            prop_assert_eq!(rate.below(price, grid).map(decimal), expected);
            let above = (decimal(price) * (Decimal::ONE + decimal(rate)) / decimal(grid)).ceil();
            prop_assert_eq!(rate.above(price, grid).map(decimal), Some(above * decimal(grid)));
            prop_assert_eq!(decimal(rate.complement()), Decimal::ONE - decimal(rate));
        }
    }

    #[test]
    fn snapping_is_the_floor_and_the_ceiling(price in PRICES, grid in 1..100_000_000_i64) {
        let (price, grid) = (units(price), units(grid));
        let steps = decimal(price) / decimal(grid);
        let at = |steps: Decimal| (!steps.is_zero()).then(|| steps * decimal(grid));
        prop_assert_eq!(price.floor_to(grid).map(decimal), at(steps.floor()));
        prop_assert_eq!(price.ceil_to(grid).map(decimal), at(steps.ceil()));
        prop_assert_eq!(price.is_multiple_of(grid), steps.fract().is_zero());
        let (amount, step) = (amount(price.units()), amount(grid.units()));
        prop_assert_eq!(decimal(amount.floor_to(step)), steps.floor() * decimal(grid));
        prop_assert_eq!(amount.floor_to(Quantity::ZERO), amount);
    }

    #[test]
    fn what_money_buys_rounds_down_and_its_price_half_to_even(
        worth in 1..1_000_000_000_000_000_000_i64, price in PRICES, quantity in 1..1_000_000_000_000_i64,
    ) {
        let money = Money::from_units(i128::from(worth) * 100);
        let bought = (decimal(money) / decimal(units(price))).trunc_with_scale(8);
        prop_assert_eq!(decimal(money.quantity_at(units(price))), bought);
        prop_assert_eq!((-money).quantity_at(units(price)), Quantity::ZERO);
        if let Some(average) = money.price_of(amount(quantity)) {
            // Nearer than any other price; a tie goes to the even one.
            let off = (i128::from(average.units()) * i128::from(quantity) - money.units()) * 2;
            let tie = off.abs() == i128::from(quantity);
            prop_assert!(off.abs() < i128::from(quantity) || (tie && average.units() % 2 == 0));
        }
        let floored = decimal(money).trunc_with_scale(8);
        prop_assert_eq!(decimal(money.floor_quantity()), floored);
        let share = Rate::from_units(333_333_333_333).unwrap();
        prop_assert_eq!(money.share(share).units(), money.units() * 333_333_333_333 / 1_000_000_000_000);
    }

    #[test]
    fn sums_stop_at_the_edge_of_the_type(a in any::<i64>(), b in any::<i64>()) {
        let (a, b) = (a & i64::MAX, b & i64::MAX);
        let sum = i128::from(a) + i128::from(b);
        let fits = |units: i128| i64::try_from(units).ok();
        prop_assert_eq!(amount(a).plus(amount(b)).map(Quantity::units), fits(sum));
        prop_assert_eq!(amount(a).minus(amount(b)).map(Quantity::units), (a >= b).then(|| a - b));
        prop_assert_eq!(amount(a).saturating_minus(amount(b)).units(), (a - b).max(0));
        let (low, delta) = (units(a.max(1)), PriceDelta::from_units(b).unwrap());
        let sum = i128::from(a.max(1)) + i128::from(b);
        prop_assert_eq!(low.plus(delta).map(Price::units), fits(sum));
        prop_assert_eq!(low.minus(delta).map(Price::units), (a.max(1) > b).then(|| a.max(1) - b));
        let times = i128::from(b) * 3;
        prop_assert_eq!(delta.times(3).map(PriceDelta::units), fits(times));
        // The largest price and quantity have a product.
        let product = units(a.max(1)).times(amount(b));
        prop_assert_eq!(product.units(), i128::from(a.max(1)) * i128::from(b));
    }

    #[test]
    fn a_multiple_of_a_fine_price_rounds_half_to_even(price in 1..1_000_000_000_000_i64, other in 1..1_000_000_000_000_i64, multiple in 0..=10_000_000_i64) {
        let mean = FinePrice::mean_of_two(
            FinePrice::from_price(units(price)),
            FinePrice::from_price(units(other)),
        );
        let exact_mean = (Decimal::new(price, 8) + Decimal::new(other, 8)) / Decimal::TWO;
        let round = |value: Decimal| value.round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven);
        prop_assert_eq!(mean.round().map(decimal), Some(round(exact_mean)));
        let multiple = exact::<Multiple>(Decimal::new(multiple, 6));
        let product = mean.times(multiple).map(decimal);
        prop_assert_eq!(product, Some(round(exact_mean * decimal(multiple))));
    }

    #[test]
    fn numbers_survive_json(value in 1..=i64::MAX, money in any::<i64>(), raw in any::<i128>()) {
        fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
            serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
        }
        prop_assert_eq!(again(&units(value)), units(value));
        prop_assert_eq!(again(&amount(value)), amount(value));
        let money = Money::from_units(i128::from(money) * 7);
        prop_assert_eq!(again(&money), money);
        prop_assert_eq!(again(&FinePrice::from_raw(raw)), FinePrice::from_raw(raw));
    }

    #[test]
    fn names_are_read_whole_or_refused(text in "[A-Z0-9_é. ]{0,40}") {
        let legal = !text.is_empty()
            && text.len() <= 31
            && text.chars().all(|c| c.is_alphanumeric() || c == '_');
        prop_assert_eq!(text.parse::<Symbol>().is_ok(), legal);
        if let Ok(asset) = text.parse::<Asset>() {
            prop_assert_eq!(asset.as_str(), text);
        }
    }
}

#[test]
fn products_too_large_for_a_type_are_none_not_wrapped() {
    let largest = units(i64::MAX);
    let tenth = price("0.1");
    assert_eq!(largest.ceil_to(tenth), None);
    assert_eq!(largest.plus(PriceDelta::from_units(1).unwrap()), None);
    assert_eq!(Rate::ONE.above(largest, tenth), None);
    assert_eq!(Rate::ONE.below(largest, tenth), None);
    assert_eq!(FinePrice::from_price(largest).times(parsed("2")), None);
    assert_eq!(Rate::ONE.of(largest).units(), i64::MAX);
    assert_eq!(Money::from_units(i128::MAX).quantity_at(tenth).units(), i64::MAX);
    assert_eq!(Money::from_units(i128::MAX).floor_quantity().units(), i64::MAX);
    assert!("1.0000000000001".parse::<Rate>().is_err());
    assert!("1000.000001".parse::<Multiple>().is_err());
    assert_eq!(Rate::from_percent("100"), Ok(Rate::ONE));
    assert!(Rate::from_percent("100.0000000001").is_err());
}
