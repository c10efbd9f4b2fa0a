use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

pub(super) fn settings(seed: u64, pace: Interval) -> MarketSettings {
    MarketSettings {
        seed,
        start: Timestamp::from_millis(1_704_067_200_000),
        price: "60000".parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volume: "8".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        pace,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn minutes_are_candles_on_the_grid_one_after_another(seed: u64) {
        let settings = settings(seed, Interval::H1);
        let mut before: Option<Minute> = None;
        for minute in Market::new(&settings).take(2_000) {
            let candle = minute.candle;
            for price in [candle.open(), candle.high(), candle.low(), candle.close()] {
                prop_assert!(price.is_multiple_of(settings.tick));
            }
            prop_assert!(candle.volume().floor_quantity().is_multiple_of(settings.step));
            prop_assert_eq!(
                Interval::of_candle(candle.open_time(), candle.close_time()),
                Some(Interval::M1)
            );
            let opens = before.map_or(settings.start, |it| it.candle.open_time() + Interval::M1.span());
            prop_assert_eq!(candle.open_time(), opens);
            let prices = minute.path.map(|point| point.price);
            prop_assert_eq!(prices[0], candle.open());
            prop_assert_eq!(prices[MOVES], candle.close());
            prop_assert_eq!(prices.into_iter().max(), Some(candle.high()));
            prop_assert_eq!(prices.into_iter().min(), Some(candle.low()));
            prop_assert!(minute.path.windows(2).all(|two| two[0].at < two[1].at));
            if let Some(before) = before {
                let jumps = candle.open() != before.candle.close();
                prop_assert!(!jumps || minute.regime == Regime::Gap, "only a gap jumps");
            }
            before = Some(minute);
        }
    }

    #[test]
    fn a_seed_gives_the_same_market_and_another_one_another(seed: u64) {
        let closes = |seed| -> Vec<Price> {
            let market = Market::new(&settings(seed, Interval::M15));
            market.take(600).map(|minute| minute.candle.close()).collect()
        };
        prop_assert_eq!(closes(seed), closes(seed));
        prop_assert_ne!(closes(seed), closes(seed.wrapping_add(1)));
    }

    #[test]
    fn every_regime_appears_within_5000_candles_of_the_pace(seed: u64) {
        let seen: BTreeSet<Regime> =
            Market::new(&settings(seed, Interval::M1)).take(5_000).map(|it| it.regime).collect();
        prop_assert_eq!(seen.len(), Regime::ALL.len());
    }

    #[test]
    fn a_series_is_its_minutes(seed: u64) {
        let settings = settings(seed, Interval::H1);
        let mut series = Series::new(&settings, Interval::M15).unwrap();
        let mut market = Market::new(&settings);
        for _ in 0..100 {
            let SeriesCandle { candle, minutes, .. } = series.next_candle();
            let expected: Vec<Candle> = market.by_ref().take(15).map(|it| it.candle).collect();
            prop_assert_eq!(minutes, expected.as_slice());
            prop_assert_eq!(candle.open(), expected[0].open());
            prop_assert_eq!(candle.close(), expected[14].close());
            prop_assert_eq!(Some(candle.high()), expected.iter().map(Candle::high).max());
            prop_assert_eq!(Some(candle.low()), expected.iter().map(Candle::low).min());
            prop_assert_eq!(candle.open_time(), expected[0].open_time());
            prop_assert_eq!(candle.close_time(), expected[14].close_time());
        }
    }
}

/// The first candles of a seed, written down: another platform or version must give the same.
#[test]
fn a_seed_is_a_market_for_ever() {
    let mut series = Series::new(&settings(1, Interval::H1), Interval::H1).unwrap();
    let lines: Vec<String> = (0..3)
        .map(|_| {
            let it = series.next_candle().candle;
            format!("{} {} {} {} {}", it.open(), it.high(), it.low(), it.close(), it.volume())
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    60000 60185.25 59780.07 60047.54 429.9792
    60047.54 60090.78 59736.98 59860.12 411.0904
    59860.12 60168.95 59856.97 60008.2 422.4336
    ");
}

#[test]
fn a_million_candles_stay_within_bounds_and_look_alive() {
    let settings = settings(7, Interval::H1);
    let (mut lowest, mut highest) = (settings.price, settings.price);
    let mut still = 0;
    for minute in Market::new(&settings).take(1_000_000) {
        lowest = lowest.min(minute.candle.low());
        highest = highest.max(minute.candle.high());
        still += u32::from(minute.candle.high() == minute.candle.low());
    }
    let first = settings.price.units();
    assert!(lowest.units() > first / BOUND, "the lower bound was reached: {lowest}");
    assert!(highest.units() < first * BOUND, "the upper bound was reached: {highest}");
    assert!(still < 100, "{still} candles did not move");
}

#[test]
fn intervals_that_are_no_number_of_minutes_are_refused() {
    for interval in Interval::ALL {
        let known = Series::new(&settings(1, Interval::H1), interval);
        assert_eq!(known.is_ok(), !matches!(interval, Interval::S1 | Interval::Month1));
    }
}

/// What makes a series look real (Cont 2001): returns without memory, volatility with memory.
#[test]
fn volatility_clusters_and_returns_do_not() {
    let mut market = Market::new(&settings(3, Interval::H1));
    let mut returns = Vec::new();
    for minute in market.by_ref().take(50_000) {
        let (open, close) = (minute.candle.open().to_f64(), minute.candle.close().to_f64());
        returns.push((close / open).ln());
    }
    let sizes: Vec<f64> = returns.iter().map(|it| it.abs()).collect();
    assert!(autocorrelation(&returns).abs() < 0.05, "{}", autocorrelation(&returns));
    assert!(autocorrelation(&sizes) > 0.1, "{}", autocorrelation(&sizes));
}

#[expect(clippy::cast_precision_loss, reason = "a statistic")]
fn autocorrelation(series: &[f64]) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let variance: f64 = series.iter().map(|it| (it - mean).powi(2)).sum();
    let shared: f64 = series.windows(2).map(|two| (two[0] - mean) * (two[1] - mean)).sum();
    shared / variance
}
