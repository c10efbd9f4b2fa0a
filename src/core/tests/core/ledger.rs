//! Positions and balances worked out by hand.

use heikin_core::ledger::{Balances, Closing, Liquidity, Position, ReportedBalance};
use heikin_core::market::{Asset, Side};
use heikin_core::num::{Money, Quantity};
use heikin_core::order::{Fill, Reason, TraderId};
use proptest::prelude::*;

use crate::support::*;

fn fill(trade_id: u64, at: &str, amount: &str, commission: &str, asset: Asset) -> Fill {
    Fill {
        trade_id,
        price: price(at),
        quantity: quantity(amount),
        commission: quantity(commission),
        commission_asset: asset,
        maker: false,
        at: ms(i64::try_from(trade_id).unwrap()),
    }
}

fn book(position: &mut Position, side: Side, fill: &Fill) {
    position.book(side, fill, (btc(), usdt()), (ms(0), 1));
}

fn closing() -> Closing {
    Closing {
        trader: TraderId(0),
        candle: 2,
        candle_open: ms(10),
        at: ms(20),
        reason: Reason::Stop,
        liquidity: Liquidity::Taker,
        quote_after: Money::ZERO,
    }
}

#[test]
fn a_fee_in_the_base_asset_lowers_what_is_held() {
    let mut position = Position::default();
    book(&mut position, Side::Buy, &fill(1, "100", "2", "0.002", btc()));
    let open = position.open.as_ref().unwrap();
    assert_eq!(position.held, quantity("1.998"));
    assert_eq!((open.bought, open.cost), (quantity("2"), money("200")));
    assert_eq!(open.entry_fees.base, quantity("0.002"));
    assert!(open.entry_fees.quote.is_zero());
    // A SELL whose fee is taken in base takes both away.
    book(&mut position, Side::Sell, &fill(2, "110", "1", "0.001", btc()));
    assert_eq!(position.held, quantity("0.997"));
}

#[test]
fn a_fee_in_the_quote_asset_lowers_the_result() {
    let mut position = Position::default();
    book(&mut position, Side::Buy, &fill(1, "100", "2", "0.2", usdt()));
    assert_eq!(position.held, quantity("2"));
    book(&mut position, Side::Sell, &fill(2, "110", "2", "0.22", usdt()));
    let trade = position.close(&closing()).unwrap();
    // 220 − 0.22 − 200 − 0.2.
    assert_eq!(trade.net_quote(), money("19.58"));
    assert_eq!(trade.gross_quote(), money("20"));
    assert_eq!(position.realized, money("19.58"));
    assert!(position.held.is_zero() && !position.is_open());
}

#[test]
fn a_fee_in_a_third_asset_is_listed_and_not_converted() {
    let mut position = Position::default();
    book(&mut position, Side::Buy, &fill(1, "100", "1", "0.0005", bnb()));
    book(&mut position, Side::Buy, &fill(2, "102", "1", "0.0006", bnb()));
    book(&mut position, Side::Sell, &fill(3, "110", "2", "0", bnb()));
    let trade = position.close(&closing()).unwrap();
    assert_eq!(trade.entry_fees.other, [(bnb(), quantity("0.0011"))]);
    assert!(trade.exit_fees.other.is_empty());
    assert_eq!(trade.net_quote(), money("18"));
}

#[test]
fn partial_fills_average_the_entry_and_the_exit() {
    let mut position = Position::default();
    for (trade_id, at, amount) in [(1, "100", "1"), (2, "103", "2")] {
        book(&mut position, Side::Buy, &fill(trade_id, at, amount, "0", usdt()));
    }
    assert_eq!(position.unrealized(price("105"), rate("0.001")), money("8.685"));
    book(&mut position, Side::Sell, &fill(3, "110", "1", "0.11", usdt()));
    // 109.89 so far, 2 left worth 210 less 0.21, against 306.
    assert_eq!(position.unrealized(price("105"), rate("0.001")), money("13.68"));
    assert_eq!(position.value(price("105"), rate("0.001")), money("209.79"));
    book(&mut position, Side::Sell, &fill(4, "104", "2", "0.208", usdt()));
    let trade = position.close(&closing()).unwrap();
    assert_eq!(trade.entry_price(), Some(price("102")));
    assert_eq!(trade.exit_price(), Some(price("106")));
    assert_eq!(trade.gross_quote(), money("12"));
    assert_eq!(trade.net_quote(), money("11.682"));
    assert_eq!((trade.number, position.opened), (1, 1));
}

#[test]
fn the_unrealized_result_of_nothing_is_nothing() {
    assert_eq!(Position::default().unrealized(price("105"), rate("0.001")), Money::ZERO);
}

#[test]
fn dust_is_part_of_the_next_position_with_what_it_cost() {
    let mut position = Position::default();
    book(&mut position, Side::Buy, &fill(1, "100", "0.5", "0.05", usdt()));
    book(&mut position, Side::Sell, &fill(2, "90", "0.2", "0.018", usdt()));
    assert!(position.carry_as_dust());
    assert!(!position.carry_as_dust(), "once");
    assert_eq!(position.held, quantity("0.3"));
    // 50 + 0.05 − 18 + 0.018.
    assert_eq!((position.dust_cost, position.dust_bought), (money("32.068"), quantity("0.3")));
    book(&mut position, Side::Buy, &fill(3, "110", "1", "0", usdt()));
    let open = position.open.as_ref().unwrap();
    assert_eq!((open.bought, open.cost), (quantity("1.3"), money("142.068")));
    assert_eq!((position.dust_cost, position.dust_bought), (Money::ZERO, Quantity::ZERO));
    assert_eq!((open.number, position.held), (2, quantity("1.3")));
}

#[test]
fn what_is_sold_by_hand_and_what_is_adopted_is_valued_at_the_market() {
    let mut position = Position::default();
    assert!(!position.lose(quantity("1"), Some(price("100"))));
    position.adopt(Quantity::ZERO, price("100"), ms(1), (ms(0), 1));
    assert!(!position.is_open());
    position.adopt(quantity("2"), price("100"), ms(1), (ms(0), 1));
    assert_eq!((position.held, position.opened), (quantity("2"), 1));
    assert!(position.lose(quantity("0.5"), Some(price("90"))));
    let open = position.open.as_ref().unwrap();
    assert_eq!((open.cost, open.sold, open.proceeds), (money("200"), quantity("0.5"), money("45")));
    assert_eq!(position.held, quantity("1.5"));
}

fn told(amount: &str) -> ReportedBalance {
    ReportedBalance { asset: usdt(), free: quantity(amount), locked: Quantity::ZERO }
}

#[test]
fn a_difference_becomes_a_fact_when_it_was_seen_twice_a_second_apart() {
    let mut balances = Balances::default();
    balances.open(&told("100"));
    balances.compare(&told("90"), ms(5_000));
    assert_eq!(balances.confirm(usdt(), ms(5_000)), None);
    balances.compare(&told("90"), ms(5_999));
    assert_eq!(balances.confirm(usdt(), ms(5_999)), None, "too soon");
    balances.compare(&told("90"), ms(6_000));
    assert_eq!(balances.confirm(usdt(), ms(6_001)), None, "not seen now");
    assert_eq!(balances.confirm(usdt(), ms(6_000)), Some(money("-10")));
    let balance = balances.get(usdt()).unwrap();
    assert_eq!((balance.total, balance.external), (money("90"), money("-10")));
    assert_eq!(balances.drifting_since(), None);
}

#[test]
fn a_difference_that_changes_or_that_a_fill_came_between_begins_anew() {
    let mut balances = Balances::default();
    balances.open(&told("100"));
    balances.compare(&told("90"), ms(5_000));
    balances.compare(&told("80"), ms(6_000));
    assert_eq!(balances.confirm(usdt(), ms(6_000)), None);
    balances.book(usdt(), money("-5"), ms(6_500));
    balances.compare(&told("80"), ms(7_500));
    assert_eq!(balances.drift(usdt()).unwrap().since, ms(7_500));
    // Older than what was booked: it cannot agree.
    balances.compare(&told("100"), ms(6_000));
    assert_eq!(balances.drift(usdt()).unwrap().amount, money("-15"));
    balances.compare(&told("95"), ms(8_000));
    assert_eq!(balances.drift(usdt()), None);
}

/// Fills of one position, as they may be told: amounts in thousandths, prices in cents.
fn fills() -> impl Strategy<Value = Vec<Fill>> {
    let one = (1..500_000_i64, 1..5_000_i64, 0..3_u8, 0..50_i64);
    prop::collection::vec(one, 1..12).prop_map(|rows| {
        let assets = [btc(), usdt(), bnb()];
        let fill =
            |(index, (cents, amount, asset, commission)): (usize, (i64, i64, u8, i64))| Fill {
                trade_id: u64::try_from(index).unwrap(),
                price: heikin_core::num::Price::from_units(cents * 1_000_000).unwrap(),
                quantity: Quantity::from_units(amount * 100_000).unwrap(),
                commission: Quantity::from_units(commission).unwrap(),
                commission_asset: assets[usize::from(asset)],
                maker: false,
                at: ms(100 + i64::try_from(index).unwrap()),
            };
        rows.into_iter().enumerate().map(fill).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_entry_fills_does_not_matter(fills in fills(), seed in any::<u64>()) {
        let mut shuffled = fills.clone();
        shuffled.sort_by_key(|fill| (fill.trade_id + 1).wrapping_mul(seed | 1).rotate_left(17));
        let booked = |fills: &[Fill]| {
            let mut position = Position::default();
            fills.iter().for_each(|fill| book(&mut position, Side::Buy, fill));
            position
        };
        let (one, other) = (booked(&fills), booked(&shuffled));
        prop_assert_eq!(&one, &other);
        // Σ quantity, less what was taken in base.
        let base = |fill: &Fill| if fill.commission_asset == btc() { fill.commission } else { Quantity::ZERO };
        let held: i64 = fills.iter().map(|it| it.quantity.units() - base(it).units()).sum();
        prop_assert_eq!(one.held.units(), held);
    }
}
