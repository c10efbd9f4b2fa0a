//! Heikin-Ashi, Wilder's average true range and the moving average against plain recursions.

use std::num::NonZeroU16;

use heikin_core::market::{
    AverageTrueRange, Candle, CandleError, HaCandle, HeikinAshi, MovingAverage, Ohlc,
};
use heikin_core::num::{FinePrice, Money, Price};
use heikin_core::time::{Interval, Span, Timestamp};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::support::*;

/// Open, high, low and close in cents.
type Cents = (i64, i64, i64, i64);

fn candles() -> impl Strategy<Value = Vec<Cents>> {
    let candle = prop::array::uniform4(1_000..10_000_000_i64).prop_map(|mut prices| {
        prices.sort_unstable();
        let [low, open, close, high] = prices;
        if low % 2 == 0 { (open, high, low, close) } else { (close, high, low, open) }
    });
    prop::collection::vec(candle, 1..120)
}

fn cents(value: i64) -> Price {
    Price::from_units(value * 1_000_000).unwrap()
}

fn of((open, high, low, close): Cents, number: usize) -> Candle {
    let ohlc = Ohlc::new(cents(open), cents(high), cents(low), cents(close)).unwrap();
    let open_time = ms(i64::try_from(number).unwrap() * 60_000);
    Candle::new(open_time, open_time + Span::from_millis(59_999), ohlc, Money::ZERO).unwrap()
}

fn decimal(price: Price) -> Decimal {
    price.to_string().parse().unwrap()
}

/// 28 digits lose less than this over any number of candles.
fn close_to(value: FinePrice, expected: Decimal) -> bool {
    let expected: f64 = expected.to_string().parse().unwrap();
    (value.to_f64() - expected).abs() <= expected * 1e-12
}

fn half_even(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven)
}

proptest! {
    #[test]
    fn heikin_ashi_is_its_recursion(candles in candles()) {
        let mut series = HeikinAshi::default();
        let mut previous: Option<(Decimal, Decimal)> = None;
        for (number, cents) in candles.into_iter().enumerate() {
            let candle = of(cents, number);
            prop_assert_eq!(series.peek(&candle), series.clone().update(&candle));
            let ha = series.update(&candle);
            let [o, h, l, c] = [candle.open(), candle.high(), candle.low(), candle.close()].map(decimal);
            let close = (o + h + l + c) / Decimal::from(4);
            let open = previous.map_or(o, |(open, close)| (open + close) / Decimal::TWO);
            prop_assert!(close_to(ha.open, open) && close_to(ha.close, close));
            prop_assert!(close_to(ha.high, h.max(open).max(close)));
            prop_assert!(close_to(ha.low, l.min(open).min(close)));
            prop_assert!(ha.low <= ha.open.min(ha.close) && ha.high >= ha.open.max(ha.close));
            if number < 10 {
                // Few enough digits to be exact: the rounding is exact too.
                prop_assert_eq!(decimal(ha.open()), half_even(open));
                prop_assert_eq!(decimal(ha.high()), half_even(h.max(open).max(close)));
            }
            prop_assert_eq!(ha.is_red(), ha.close() < ha.open());
            prop_assert_eq!(ha.is_green(), ha.close() > ha.open());
            previous = Some((open, close));
        }
    }

    #[test]
    fn the_average_true_range_is_wilders(candles in candles()) {
        let mut average = AverageTrueRange::default();
        let (mut ranges, mut expected): (Vec<i64>, Option<f64>) = (Vec::new(), None);
        let mut before: Option<i64> = None;
        for (number, cents) in candles.into_iter().enumerate() {
            average.update(&of(cents, number));
            let (_, high, low, close) = cents;
            let range = before.map_or(high - low, |before| {
                (high - low).max((high - before).abs()).max((low - before).abs())
            });
            before = Some(close);
            ranges.push(range);
            let range = f64::from(i32::try_from(range).unwrap()) / 100.0;
            expected = match expected {
                Some(atr) => Some(atr.mul_add(13.0, range) / 14.0),
                None if ranges.len() == 14 => {
                    let sum: i64 = ranges.iter().sum();
                    Some(f64::from(i32::try_from(sum).unwrap()) / 1_400.0)
                }
                None => None,
            };
            match (average.value(), expected) {
                (None, None) => {}
                (Some(value), Some(expected)) => {
                    prop_assert!((value.to_f64() - expected).abs() <= expected * 1e-9);
                }
                other => prop_assert!(false, "{other:?} after {}", ranges.len()),
            }
        }
    }

    #[test]
    fn the_moving_average_is_that_of_the_last_closes(
        closes in prop::collection::vec(1..1_000_000_i64, 1..80), period in 1..20_u16,
    ) {
        let mut average = MovingAverage::new(NonZeroU16::new(period).unwrap());
        for (number, close) in closes.iter().enumerate() {
            average.update(cents(*close));
            let period = usize::from(period);
            let last = (number + 1 >= period).then(|| &closes[number + 1 - period..=number]);
            let sum = last.map(|last| last.iter().sum::<i64>());
            let (n, probe) = (i64::from(average.period().get()), cents(*close));
            prop_assert_eq!(average.is_below(probe), sum.map(|sum| close * n > sum));
            prop_assert_eq!(average.mean().map(Price::units), sum.map(|sum| sum * 1_000_000 / n));
        }
    }
}

#[test]
fn the_worked_example_of_the_specification() {
    let mut series = HeikinAshi::default();
    let shown =
        |ha: HaCandle| [ha.open(), ha.high(), ha.low(), ha.close()].map(|it| it.to_string());
    let ha: Vec<_> =
        (1..).zip(WORKED).map(|(n, prices)| shown(series.update(&candle(n, prices)))).collect();
    assert_eq!(
        ha,
        [
            ["100", "110", "95", "102.5"],
            ["101.25", "115", "100", "108"],
            ["104.625", "118", "104.625", "112"]
        ]
    );
}

#[test]
fn a_colour_is_that_of_the_rounded_values() {
    // 0.00000001 above and below: a mean that differs in the ninth decimal only is no colour.
    let fine = |units| FinePrice::from_price(Price::from_units(units).unwrap());
    let open = FinePrice::mean_of_two(fine(2), fine(3));
    let ha = HaCandle { open, high: fine(3), low: fine(2), close: fine(2) };
    assert!(ha.close < ha.open && !ha.is_red() && !ha.is_green());
}

#[test]
fn four_prices_that_contradict_each_other_are_no_candle() {
    let new = |o, h, l, c| Ohlc::new(cents(o), cents(h), cents(l), cents(c)).is_ok();
    assert!(new(2, 3, 1, 2) && new(1, 1, 1, 1));
    assert!(!new(4, 3, 1, 2) && !new(2, 3, 1, 4) && !new(0x9, 3, 1, 2));
    assert!(!new(2, 3, 3, 3) && !new(3, 3, 3, 2) && !new(2, 1, 3, 2));
    let ohlc = Ohlc::new(cents(1), cents(1), cents(1), cents(1)).unwrap();
    let at = |close| Candle::new(ms(10), ms(close), ohlc, Money::ZERO);
    assert!(at(11).is_ok());
    assert!(matches!(at(10), Err(CandleError::ClosesTooEarly { .. })));
    let negative = Candle::new(ms(10), ms(11), ohlc, money("-1"));
    assert_eq!(negative, Err(CandleError::NegativeVolume));
}

#[test]
fn time_saturates_and_days_are_utc() {
    assert_eq!(ms(5).since(ms(9)), Span::ZERO);
    assert_eq!(ms(i64::MAX) + Span::from_millis(1), ms(i64::MAX));
    assert_eq!((ms(86_399_999).utc_day(), ms(86_400_000).utc_day()), (0, 1));
    assert_eq!(ms(-1).utc_day(), -1);
    assert_eq!(Span::from_millis(-5), Span::ZERO);
    assert_eq!(Span::from_secs(7).div(Span::from_secs(2)), 3);
    assert_eq!(Interval::H12.span(), Span::from_secs(43_200));
    let candle = candle(1, ["1"; 4]);
    assert!(candle.contains(candle.open_time()) && candle.contains(candle.close_time()));
    assert!(!candle.contains(candle.close_time() + Span::from_millis(1)));
    assert!(!candle.contains(Timestamp::EPOCH));
}
