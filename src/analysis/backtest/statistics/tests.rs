//! Every figure against a value worked out by hand.

use heikin_core::ledger::{Fees, Liquidity};
use heikin_core::order::{Reason, TraderId};
use heikin_core::time::Interval;

use super::trades::BEST;
use super::*;

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}

fn day(number: i64) -> Timestamp {
    Timestamp::EPOCH + Span::DAY.times(number)
}

/// The last moment of a day.
fn end_of(number: i64) -> Timestamp {
    day(number + 1) - Span::from_millis(1)
}

#[test]
fn ratios_of_four_returns() {
    let mut returns = Returns::default();
    for value in [0.01, -0.02, 0.03, 0.0] {
        returns.push(value);
    }
    // Mean 0.005; squared distances 0.000025, 0.000625, 0.000625, 0.000025: 0.0013, over 3.
    let deviation = (0.0013_f64 / 3.0).sqrt();
    // Only −0.02 is below zero: 0.0004 over 4.
    let downside = 0.01;
    close(returns.mean(), 0.005);
    close(returns.deviation().unwrap(), deviation);
    close(returns.sharpe(365.0).unwrap(), 0.005 / deviation * 365_f64.sqrt());
    close(returns.sortino(365.0).unwrap(), 0.005 / downside * 365_f64.sqrt());
}

#[test]
fn ratios_that_mean_nothing_are_none() {
    let mut returns = Returns::default();
    assert_eq!(returns.sharpe(365.0), None);
    returns.push(0.01);
    assert_eq!((returns.sharpe(365.0), returns.sortino(365.0)), (None, None));
    let mut flat = Returns::default();
    (0..3).for_each(|_| flat.push(0.0));
    assert_eq!((flat.sharpe(365.0), flat.sortino(365.0)), (None, None));
}

#[test]
fn the_deepest_and_the_longest_drawdown_are_two() {
    let mut tracker = DrawdownTracker::starting_at(100.0, day(0));
    for (at, value) in [(1, 120.0), (2, 90.0), (3, 125.0), (4, 120.0), (5, 121.0), (6, 124.0)] {
        tracker.push(value, day(at));
    }
    let (deepest, longest) = tracker.result();
    // 120 to 90, back on day 3.
    let deepest = deepest.unwrap();
    close(deepest.depth, 0.25);
    assert_eq!((deepest.from, deepest.to, deepest.recovered), (day(1), day(3), true));
    // From 125 on day 3 to the end.
    let longest = longest.unwrap();
    close(longest.depth, 0.04);
    assert_eq!((longest.from, longest.to, longest.recovered), (day(3), day(6), false));
}

#[test]
fn what_never_falls_has_no_drawdown() {
    let mut tracker = DrawdownTracker::starting_at(100.0, day(0));
    tracker.push(100.0, day(1));
    tracker.push(101.0, day(2));
    assert_eq!(tracker.result(), (None, None));
}

#[test]
fn days_without_candles_repeat_the_equity_before_them() {
    let mut calendar = Calendar::starting_at(100.0, day(0), Interval::H12);
    calendar.push(90.0, day(0) + Span::HOUR.times(12));
    calendar.push(110.0, end_of(0));
    // Days 1 and 2 are missing.
    calendar.push(99.0, end_of(3));
    let (returns, _) = calendar.result();
    // +10 %, 0, 0, −10 %.
    assert_eq!(returns.count(), 4);
    close(returns.mean(), 0.0);
    close(returns.deviation().unwrap(), (0.02_f64 / 3.0).sqrt());
}

#[test]
fn candles_longer_than_a_day_are_their_own_periods() {
    let mut calendar = Calendar::starting_at(100.0, day(4), Interval::W1);
    calendar.push(110.0, end_of(10));
    calendar.push(121.0, end_of(17));
    close(calendar.periods_a_year(), 365.0 / 7.0);
    let (returns, _) = calendar.result();
    assert_eq!(returns.count(), 2);
    close(returns.mean(), 0.1);
}

#[test]
fn months_and_years_follow_from_the_equity_at_their_ends() {
    // 1970: January has days 0–30, February 31–58; 1971 begins with day 365.
    let mut calendar = Calendar::starting_at(100.0, day(20), Interval::D1);
    for (at, equity) in [(20, 105.0), (30, 110.0), (31, 120.0), (58, 99.0), (365, 198.0)] {
        calendar.push(equity, end_of(at));
    }
    let (_, years) = calendar.result();
    let [first, second] = years.as_slice() else { panic!("{years:?}") };
    assert_eq!((first.year, second.year), (1970, 1971));
    close(first.months[0].unwrap(), 10.0);
    close(first.months[1].unwrap(), -10.0);
    assert_eq!(first.months[2], None);
    close(first.total, -1.0);
    close(second.months[0].unwrap(), 100.0);
    close(second.total, 100.0);
}

/// Bought `bought` at `entry`, a thousandth of it is commission; sold `sold` at `exit`.
fn trade((bought, entry): (&str, &str), (sold, exit): (&str, &str), fee: &str) -> Trade {
    let quantity = |text: &str| text.parse::<Quantity>().unwrap();
    let price = |text: &str| text.parse::<Price>().unwrap();
    let thousandth = quantity(bought).commission("0.001".parse().unwrap());
    Trade {
        trader: TraderId(0),
        number: 1,
        entry_candle: day(0),
        entered_at: day(0),
        bought: quantity(bought),
        cost: price(entry).times(quantity(bought)),
        entry_fees: Fees { base: thousandth, ..Fees::default() },
        exit_candle: day(1),
        exited_at: day(1),
        sold: quantity(sold),
        proceeds: price(exit).times(quantity(sold)),
        exit_fees: Fees { quote: quantity(fee), ..Fees::default() },
        exit_reason: Reason::Stop,
        exit_liquidity: Liquidity::Taker,
        quote_after: Money::ZERO,
        dust_after: Quantity::ZERO,
    }
}

#[test]
fn two_trades_add_up() {
    let mut totals = TradeTotals::default();
    // Cost 1000, proceeds 1098.90, fee 1.0989: net 97.8011. Gross (110 − 100) · 9.99 = 99.9.
    totals.add(&trade(("10", "100"), ("9.99", "110"), "1.0989"));
    // Cost 1000, proceeds 949.05, fee 0.94905: net −51.89905. Gross −5 · 9.99 = −49.95.
    totals.add(&trade(("10", "100"), ("9.99", "95"), "0.94905"));
    assert_eq!(totals.net.to_string(), "45.90205");
    assert_eq!(totals.gross.to_string(), "49.95");
    // Commissions of 0.01 at 100, twice, and those of the exits.
    assert_eq!(totals.fees.to_string(), "4.04795");
    close(totals.profit_factor().unwrap(), 97.8011 / 51.89905);
    close(totals.win_rate().unwrap(), 0.5);
    close(totals.expectancy().unwrap(), 45.90205 / 2.0);
    close(totals.expectancy_share().unwrap(), 0.022_951_025);
    close(totals.average_win().unwrap(), 97.8011);
    close(totals.average_loss().unwrap(), -51.89905);
    close(totals.edge().unwrap(), 49.95 / 1998.0);
    close(totals.fee_share().unwrap(), 4.04795 / 49.95);
    // 1 − √(1998 / 2047.95).
    close(totals.break_even_fee().unwrap(), 0.012_270_403_350_410_4);
    assert_eq!(totals.held, Span::DAY.times(2));
    let (best, worst) = totals.extremes.unwrap();
    assert_eq!((best.to_string(), worst.to_string()), ("97.8011".into(), "-51.89905".into()));
}

#[test]
fn at_the_break_even_fee_a_trade_comes_out_even() {
    let mut totals = TradeTotals::default();
    totals.add(&trade(("10", "100"), ("9.99", "110"), "0"));
    let fee = totals.break_even_fee().unwrap();
    close(110.0 * (1.0 - fee) * (1.0 - fee), 100.0);
}

#[test]
fn the_best_trades_are_kept_in_order() {
    let mut totals = TradeTotals::default();
    for exit in ["101", "104", "102", "105", "103"] {
        totals.add(&trade(("1", "100"), ("1", exit), "0"));
    }
    assert_eq!(totals.best.map(|best| best.to_string()), ["5", "4", "3"]);
    assert_eq!(BEST, 3);
    assert_eq!(totals.net_of_best().to_string(), "12");
}

#[test]
fn no_trades_give_no_figures() {
    let totals = TradeTotals::default();
    for figure in [
        totals.profit_factor(),
        totals.win_rate(),
        totals.expectancy(),
        totals.average_win(),
        totals.edge(),
        totals.fee_share(),
        totals.break_even_fee(),
    ] {
        assert_eq!(figure, None);
    }
    close(round_trip_cost("0.001".parse().unwrap()), 0.001_999);
}
