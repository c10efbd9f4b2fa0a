use proptest::prelude::*;

use super::*;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

#[test]
fn text_that_fits_is_read_exactly() {
    for (text, units) in [
        ("1", 100_000_000),
        ("0.00000001", 1),
        ("68411.10", 6_841_110_000_000),
        (".5", 50_000_000),
        ("7.", 700_000_000),
        ("1.2300000000000", 123_000_000),
        ("92233720368.54775807", i64::MAX),
    ] {
        assert_eq!(price(text).units(), units, "{text}");
    }
}

#[test]
fn text_that_does_not_fit_is_refused_with_the_reason() {
    for (text, error) in [
        ("", NumberError::Empty),
        (".", NumberError::NotADecimal),
        ("NaN", NumberError::NotADecimal),
        ("1e-5", NumberError::NotADecimal),
        ("1,5", NumberError::NotADecimal),
        ("1.2.3", NumberError::NotADecimal),
        (" 1", NumberError::NotADecimal),
        ("+1", NumberError::NotADecimal),
        ("-1", NumberError::Negative),
        ("0", NumberError::NotPositive),
        ("0.00000000", NumberError::NotPositive),
        ("0.000000001", NumberError::TooPrecise(8)),
        ("92233720368.54775808", NumberError::TooLarge),
        ("99999999999999999999999999999999999999999999", NumberError::TooLarge),
        ("1.0000000000000000000000000000000000000000x", NumberError::NotADecimal),
    ] {
        assert_eq!(text.parse::<Price>(), Err(error), "{text}");
    }
}

#[test]
fn numbers_print_without_trailing_zeros_or_with_the_decimals_asked_for() {
    assert_eq!(price("100").to_string(), "100");
    assert_eq!(price("100.50").to_string(), "100.5");
    assert_eq!(format!("{:.2}", price("100.5")), "100.50");
    assert_eq!(format!("{:.2}", price("100.125")), "100.12");
    assert_eq!(format!("{:.2}", price("100.135")), "100.14");
    assert_eq!(format!("{:.10}", price("1.5")), "1.5000000000");
    assert_eq!(format!("{:>8.1}", price("1.5")), "     1.5");
    let loss = Money::parse("-0.004").unwrap();
    assert_eq!(loss.to_string(), "-0.004");
    assert_eq!(format!("{loss:.2}"), "0.00");
    assert_eq!(format!("{:+.1}", Money::parse("2.25").unwrap()), "+2.2");
    assert_eq!(Rate::from_percent("0.1").unwrap().to_string(), "0.001");
    assert_eq!(Rate::parse("0.001").unwrap().percent().to_string(), "0.1");
}

#[test]
fn commissions_round_up_at_the_eighth_decimal() {
    let fee = Rate::parse("0.001").unwrap();
    // Both from the golden file btcusdt-1h-2017-2020-b, trade 1.
    let bought: Quantity = "2.302555".parse().unwrap();
    assert_eq!(bought.commission(fee).to_string(), "0.00230256");
    let gross = price("4385.55").times("2.300252".parse().unwrap());
    assert_eq!(gross.commission(fee).to_string(), "10.08787016");
    let largest = Price::from_units(i64::MAX).unwrap().times(Quantity::from_units(1).unwrap());
    assert_eq!(largest.commission(Rate::ONE).to_string(), "922.33720369");
}

#[test]
fn a_tenth_stays_a_tenth() {
    // 0.1 must not become 0.11 on its way through an indicator.
    let tenth = FinePrice::from_price(price("0.1"));
    let mean = FinePrice::mean_of_two(tenth, tenth);
    assert_eq!(mean.round().unwrap().ceil_to(price("0.01")), Some(price("0.1")));
}

#[test]
fn indicator_values_round_half_to_even() {
    let mean = |a, b| {
        let fine = |units| FinePrice::from_price(Price::from_units(units).unwrap());
        FinePrice::mean_of_two(fine(a), fine(b)).round().unwrap().units()
    };
    assert_eq!(mean(1, 2), 2);
    assert_eq!(mean(2, 3), 2);
    assert_eq!(mean(3, 4), 4);
    let half = "0.5".parse::<Multiple>().unwrap();
    let times = |units| FinePrice::from_price(Price::from_units(units).unwrap()).times(half);
    assert_eq!(times(1).unwrap().units(), 0);
    assert_eq!(times(3).unwrap().units(), 2);
    assert_eq!(times(i64::MAX).unwrap().units(), i64::MAX / 2 + 1);
}

proptest! {
    #[test]
    fn printing_and_reading_is_the_identity(units in 1..=i64::MAX, money: i128) {
        let price = Price::from_units(units).unwrap();
        prop_assert_eq!(price.to_string().parse(), Ok(price));
        let money = Money::from_units(money / 1_000);
        prop_assert_eq!(money.to_string().parse(), Ok(money));
    }

    #[test]
    fn text_is_read_back_as_it_was_or_refused(text in "[-0-9.a-zN ]{0,48}") {
        if let Ok(price) = text.parse::<Price>() {
            prop_assert_eq!(price.to_string().parse(), Ok(price));
        }
        if let Ok(money) = text.parse::<Money>() {
            prop_assert_eq!(money.to_string().parse(), Ok(money));
        }
        if let Ok(rate) = text.parse::<Rate>() {
            prop_assert!(rate <= Rate::ONE);
        }
    }

    #[test]
    fn snapping_stays_on_the_grid_and_within_one_step(units in 1..=i64::MAX / 2, grid in 1..=1_000_000_000_i64) {
        let (price, grid) = (Price::from_units(units).unwrap(), Price::from_units(grid).unwrap());
        if let Some(floor) = price.floor_to(grid) {
            prop_assert!(floor <= price && price.units() - floor.units() < grid.units());
            prop_assert!(floor.is_multiple_of(grid));
        }
        let ceil = price.ceil_to(grid).unwrap();
        prop_assert!(ceil >= price && ceil.units() - price.units() < grid.units());
        prop_assert!(ceil.is_multiple_of(grid));
    }

    #[test]
    fn a_commission_is_the_exact_share_rounded_up(units in 0..=i64::MAX, rate in 0..=1_000_000_000_000_i64) {
        let (quantity, rate) = (Quantity::from_units(units).unwrap(), Rate::from_units(rate).unwrap());
        let exact = i128::from(units) * i128::from(rate.units());
        let rounded = i128::from(quantity.commission(rate).units()) * 1_000_000_000_000;
        prop_assert!(rounded >= exact && rounded - exact < 1_000_000_000_000);
    }

    #[test]
    fn wilder_divides_like_plain_integers(a in 0..=i64::MAX, b in 0..=i64::MAX) {
        let (a, b) = (i128::from(a) << 55, i128::from(b) << 55);
        let step = FinePrice::from_raw(a).wilder_14(FinePrice::from_raw(b));
        prop_assert_eq!(step.raw(), (a * 13 + b) / 14);
    }

    #[test]
    fn affordable_quantity_costs_no_more_than_there_is(money in 0..=i128::from(i64::MAX) * 1_000_000, price in 1..=i64::MAX) {
        let (money, price) = (Money::from_units(money), Price::from_units(price).unwrap());
        let quantity = money.quantity_at(price);
        prop_assert!(price.times(quantity) <= money || quantity.is_zero());
    }
}
