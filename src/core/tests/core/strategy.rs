//! SPEC 3, rule by rule, on the simulated exchange.

use std::num::NonZeroU16;

use heikin_core::engine::{Alert, Effect, Input};
use heikin_core::market::{FilterName, NotionalRule, OrderType, OrderTypes, Quote, SymbolRules};
use heikin_core::matching::FillModel;
use heikin_core::num::Price;
use heikin_core::order::{Reason, Skip};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{
    AlreadyThroughRule, ExitOrder, HeikinAshiSettings, LastResort, Sizing, TraderState,
};
use heikin_core::time::{Interval, Span};

use crate::support::*;

const ENTRY_CANDLE: [&str; 4] = ["110", "125", "109", "124"];

fn with(change: impl FnOnce(&mut HeikinAshiSettings)) -> HeikinAshiSettings {
    let mut settings = settings();
    change(&mut settings);
    settings
}

/// In position since the walk of candle 4; the stop stands at 106.31, its limit at 105.31.
fn long(settings: HeikinAshiSettings) -> Session {
    let mut session = Session::worked(settings);
    session.candle(ENTRY_CANDLE);
    assert_eq!(session.fills(), ["BUY 1 @ 119 Breakout"]);
    session
}

fn with_min_notional(min: &str) -> SymbolRules {
    let notional = NotionalRule {
        name: FilterName::Notional,
        min: money(min),
        min_applies_to_market: true,
        max: None,
        max_applies_to_market: false,
    };
    SymbolRules { notional: Some(notional), ..rules() }
}

#[test]
fn the_worked_example_places_its_entry_above_the_heikin_ashi_high() {
    let session = Session::worked(settings());
    assert_eq!(session.open(), ["BUY 1 stop 119 limit 121"]);
    assert_eq!(session.state(), TraderState::None);
}

#[test]
fn no_entry_before_the_warm_up_is_over() {
    let mut session = Session::new(settings());
    session.candle(WORKED[0]).candle(WORKED[1]);
    assert_eq!(session.skip(), Some(Skip::WarmingUp));
    assert!(session.open().is_empty());
}

#[test]
fn an_entry_is_priced_anew_at_every_close() {
    let mut session = Session::worked(settings());
    // HA (108.3125, 113, 104, 108.5).
    session.candle(["110", "113", "104", "107"]);
    assert_eq!(session.open(), ["BUY 1 stop 114 limit 116"]);
}

#[test]
fn a_position_is_protected_at_its_fill_and_the_stop_ratchets_at_the_close() {
    let session = long(settings());
    // First below the last closed candle (104.625), then below that of the entry candle (108.3125).
    let stops: Vec<_> = session.sent().into_iter().filter(|it| it.1 == Reason::Stop).collect();
    assert_eq!(
        stops,
        [
            (stop_limit("102.62", "101.62"), Reason::Stop),
            (stop_limit("106.31", "105.31"), Reason::Stop)
        ]
    );
    assert_eq!(session.open(), ["SELL 0.999 stop 106.31 limit 105.31"]);
    assert_eq!(session.state(), TraderState::Long);
}

#[test]
fn a_stop_never_moves_down() {
    let mut session = long(settings());
    // HA low 107: the stop would be 105.
    session.candle(["124", "124", "107", "108"]);
    assert_eq!(session.open(), ["SELL 0.999 stop 106.31 limit 105.31"]);
}

#[test]
fn a_stop_is_not_moved_for_less_than_the_least_number_of_ticks() {
    // From 102.62 to 106.31 are 369 ticks.
    let at_least = |ticks| long(with(|it| it.exit.replace_min_ticks = ticks)).open();
    assert_eq!(at_least(369), ["SELL 0.999 stop 106.31 limit 105.31"]);
    assert_eq!(at_least(370), ["SELL 0.999 stop 102.62 limit 101.62"]);
}

#[test]
fn a_stopped_trade_is_worth_its_fills_less_their_fees() {
    let mut session = long(settings());
    session.candle(["124", "124", "100", "105"]);
    assert_eq!(session.fills(), ["BUY 1 @ 119 Breakout", "SELL 0.999 @ 106.31 Stop"]);
    let trade = &session.trades()[0];
    assert_eq!((trade.cost, trade.proceeds), (money("119"), money("106.20369")));
    assert_eq!(trade.entry_fees.base, quantity("0.001"));
    assert_eq!(trade.exit_fees.quote, quantity("0.10620369"));
    assert_eq!(trade.net_quote(), money("-12.90251369"));
    assert_eq!(trade.quote_after, money("9987.09748631"));
    assert!(trade.dust_after.is_zero());
}

#[test]
fn re_arming_counts_full_candles_after_the_exit() {
    for (after, opened) in [(0, 5), (1, 6), (2, 7), (3, 8)] {
        let mut session = long(with(|it| it.rearm_after = after));
        session.candle(["124", "124", "100", "105"]);
        let mut candles = 5;
        while session.open().is_empty() {
            assert_eq!(session.state(), TraderState::ClosedLong, "after {after}");
            session.candle(["105", "106", "104", "105"]);
            candles += 1;
        }
        assert_eq!(candles, opened, "rearm_after {after}");
        assert_eq!(session.state(), TraderState::None);
    }
}

#[test]
fn an_entry_whose_trigger_the_close_has_reached_is_a_limit_order_or_none() {
    let classic = |rule| {
        with(|it| {
            it.entry.trigger_offset = offset("0");
            it.entry.on_already_through = rule;
        })
    };
    let at_its_high = ["112", "118", "108", "118"];
    let mut session = Session::new(classic(AlreadyThroughRule::Limit));
    session.candle(WORKED[0]).candle(WORKED[1]).candle(at_its_high);
    assert_eq!(session.fills(), ["BUY 1 @ 118 AlreadyThrough"]);
    let mut session = Session::new(classic(AlreadyThroughRule::Skip));
    session.candle(WORKED[0]).candle(WORKED[1]).candle(at_its_high);
    assert_eq!(session.skip(), Some(Skip::AlreadyThrough));
    assert!(session.fills().is_empty());
}

#[test]
fn the_classic_rule_trades_the_heikin_ashi_high_and_low_themselves() {
    let session = Session::worked(with(|it| {
        it.entry.trigger_offset = offset("0");
        it.entry.limit_offset = offset("0");
        it.exit.trigger_offset = offset("0");
        it.exit.limit_offset = offset("0");
    }));
    assert_eq!(session.open(), ["BUY 1 stop 118 limit 118"]);
    let mut session = session;
    session.candle(["110", "119", "109", "117"]);
    // Stop floor_tick(104.625) first, then that of HA low 108.3125.
    assert_eq!(session.open(), ["SELL 0.999 stop 108.31 limit 108.31"]);
    assert!(session.sent().contains(&(stop_limit("104.62", "104.62"), Reason::Stop)));
}

/// The entry that a quote of `bid` and `ask` at the close of the worked example gives.
fn at_quote(bid: &str, ask: &str, late: Span) -> (Vec<Effect>, Option<Skip>) {
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    let session = Session::new(settings());
    engine.restore(session.engine().snapshot()).unwrap();
    let mut effects = Vec::new();
    for (number, prices) in (1..).zip(WORKED) {
        let candle = candle(number, prices);
        let at = candle.close_time() + late;
        let quote = Some(Quote { bid: price(bid), ask: price(ask), at });
        let input = Input::Candle { symbol: symbol(), interval: Interval::H1, candle, quote };
        effects.clear();
        engine.step(at, &input, &mut effects);
    }
    (effects, skip_of(&engine, 0))
}

#[test]
fn what_an_entry_becomes_follows_from_the_ask_trigger_and_limit() {
    let kind = |ask| match at_quote("110", ask, Span::ZERO).0.first() {
        Some(Effect::Submit(order)) => Ok((order.terms.kind, order.reason)),
        _ => Err(at_quote("110", ask, Span::ZERO).1.unwrap()),
    };
    assert_eq!(kind("118.99"), Ok((stop_limit("119", "121"), Reason::Breakout)));
    assert_eq!(kind("119"), Ok((limit("121"), Reason::AlreadyThrough)));
    assert_eq!(kind("121"), Ok((limit("121"), Reason::AlreadyThrough)));
    assert_eq!(kind("121.01"), Err(Skip::AboveLimit));
}

#[test]
fn the_stop_of_an_entry_must_lie_below_the_market() {
    // It would be at 102.62.
    assert_eq!(at_quote("102.62", "110", Span::ZERO).1, Some(Skip::NoRoomForStop));
    assert_eq!(at_quote("102.63", "110", Span::ZERO).1, None);
}

#[test]
fn a_back_filled_candle_gives_no_entry() {
    let hour = 3_600_000;
    assert_eq!(at_quote("110", "110", Span::from_millis(hour)).1, None);
    assert_eq!(at_quote("110", "110", Span::from_millis(hour + 1)).1, Some(Skip::StaleCandle));
}

#[test]
fn a_flat_candle_leaves_no_room_for_a_stop() {
    let mut session = Session::new(with(|it| {
        it.warmup = 1;
        it.entry.trigger_offset = offset("0");
        it.exit.trigger_offset = offset("0");
    }));
    session.candle(["100", "100", "100", "100"]);
    assert_eq!(session.skip(), Some(Skip::NoRoomForStop));
}

#[test]
fn offsets_are_quote_units_ticks_or_percent_of_what_they_are_added_to() {
    let entry = |trigger: &str, limit: &str| {
        Session::worked(with(|it| {
            it.entry.trigger_offset = offset(trigger);
            it.entry.limit_offset = offset(limit);
        }))
        .open()
    };
    assert_eq!(entry("0.001", "0.001"), ["BUY 1 stop 118.01 limit 118.02"]);
    assert_eq!(entry("3 ticks", "1 tick"), ["BUY 1 stop 118.03 limit 118.04"]);
    // 118 + 1.18; 119.18 + 0.5959 rounded up to the tick.
    assert_eq!(entry("1%", "0.5%"), ["BUY 1 stop 119.18 limit 119.78"]);
}

#[test]
fn offsets_in_average_true_ranges_wait_for_fourteen_candles() {
    let mut session = Session::new(with(|it| {
        it.entry.trigger_offset = offset("1 atr");
        it.entry.limit_offset = offset("0.5 atr");
    }));
    // Every true range is 15.
    session.candles(&[["100", "110", "95", "105"]; 13]);
    assert_eq!(session.skip(), Some(Skip::NoAverageTrueRange));
    session.candle(["100", "110", "95", "105"]);
    assert_eq!(session.open(), ["BUY 1 stop 125 limit 132.5"]);
}

#[test]
fn an_average_true_range_of_the_exit_alone_is_waited_for_too() {
    let session = Session::worked(with(|it| it.exit.rescue_offset = offset("1 atr")));
    assert_eq!(session.skip(), Some(Skip::NoAverageTrueRange));
}

#[test]
fn the_close_must_be_strictly_above_the_moving_average() {
    let close = |period, close| {
        let mut session = Session::new(with(|it| it.entry.ma_filter = NonZeroU16::new(period)));
        session.candle(WORKED[0]).candle(WORKED[1]).candle(["112", "118", "108", close]);
        session.skip()
    };
    // (105 + 112 + 108.5) / 3 = 108.5.
    assert_eq!(close(3, "108.5"), Some(Skip::BelowMovingAverage));
    assert_eq!(close(3, "108.51"), None);
    assert_eq!(close(4, "110"), Some(Skip::NoMovingAverage));
}

#[test]
fn only_a_green_candle_where_that_is_asked() {
    let mut session = Session::worked(with(|it| it.entry.green_only = true));
    assert_eq!(session.skip(), None);
    // HA (108.3125, …, 90.75).
    session.candle(["100", "101", "80", "82"]);
    assert_eq!(session.skip(), Some(Skip::NotGreen));
}

#[test]
fn the_body_is_measured_against_the_heikin_ashi_open() {
    // 7.375 / 104.625 = 7.0489…%.
    let skip = |body| Session::worked(with(|it| it.entry.min_body = rate(body))).skip();
    assert_eq!(skip("0.070489"), None);
    assert_eq!(skip("0.070490"), Some(Skip::BodyTooSmall));
}

#[test]
fn no_lower_wick_means_that_the_low_is_the_body() {
    let strict = with(|it| it.entry.no_lower_wick = true);
    assert_eq!(Session::worked(strict).skip(), None);
    let mut session = Session::new(HeikinAshiSettings { warmup: 2, ..strict });
    session.candle(WORKED[0]).candle(WORKED[1]);
    assert_eq!(session.skip(), Some(Skip::LowerWick));
    // Red, (108.3125, …, 100, 100): its low is the close.
    let mut session = Session::worked(strict);
    session.candle(["100", "100", "100", "100"]);
    assert_eq!(session.skip(), None);
}

#[test]
fn sizes_are_fixed_a_share_of_the_free_balance_or_a_value_rounded_down_to_the_step() {
    let open = |sizing| Session::worked(with(|it| it.sizing = sizing)).open();
    assert_eq!(open(Sizing::Fixed(quantity("1.2349"))), ["BUY 1.234 stop 119 limit 121"]);
    // 5,000 / 121 = 41.3223…
    assert_eq!(open(Sizing::Percent(rate("0.5"))), ["BUY 41.322 stop 119 limit 121"]);
    assert_eq!(open(Sizing::Percent(rate("1"))), ["BUY 82.644 stop 119 limit 121"]);
    assert_eq!(open(Sizing::Quote(money("1000"))), ["BUY 8.264 stop 119 limit 121"]);
    let session = Session::worked(with(|it| it.sizing = Sizing::Fixed(quantity("0.0009"))));
    assert_eq!(session.skip(), Some(Skip::QuantityTooSmall));
}

#[test]
fn an_entry_must_reach_the_least_notional_and_be_able_to_leave() {
    let skip = |min| {
        let mut session = Session::with(with_min_notional(min), FillModel::default(), settings());
        session.candles(&WORKED).skip()
    };
    assert_eq!(skip("121.01"), Some(Skip::BelowMinNotional));
    // 0.999 can be sold, at worst at floor_tick(102.62 · 0.9) = 92.35: 92.25765.
    assert_eq!(skip("92.25766"), Some(Skip::CouldNotLeave));
    assert_eq!(skip("92.25765"), None);
}

#[test]
fn an_entry_triggered_by_a_gap_fills_at_the_open_or_rests_at_its_limit() {
    let fills = |candle| Session::worked(settings()).candle(candle).fills();
    assert_eq!(fills(["120", "122", "119", "121"]), ["BUY 1 @ 120 Breakout"]);
    assert_eq!(fills(["121", "122", "119", "121"]), ["BUY 1 @ 121 Breakout"]);
    assert_eq!(fills(["123", "124", "120", "122"]), ["BUY 1 @ 121 Breakout"]);
    assert!(fills(["123", "124", "121.01", "122"]).is_empty());
}

#[test]
fn a_stop_jumped_by_the_open_fills_there_down_to_its_limit() {
    let fills = |candle| long(settings()).candle(candle).fills().split_off(1);
    assert_eq!(fills(["106", "107", "105", "106"]), ["SELL 0.999 @ 106 Stop"]);
    assert_eq!(fills(["105.31", "107", "105", "106"]), ["SELL 0.999 @ 105.31 Stop"]);
    // Jumped over: it rests at its limit, and the walk comes back to it.
    assert_eq!(fills(["105.3", "107", "105", "106"]), ["SELL 0.999 @ 105.31 Stop"]);
}

/// Jumped over at the open and closed at 101; what stands, and what was filled, afterwards.
fn stranded(settings: HeikinAshiSettings) -> Session {
    let mut session = long(settings);
    session.candle(["100", "104", "99", "101"]);
    session
}

#[test]
fn a_stranded_stop_is_rescued_at_the_close() {
    // max(101 − 0.5, floor_tick(106.31 · 0.9) = 95.67), through at the close of 101.
    let session = stranded(settings());
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 101 Rescue");
    assert_eq!(session.sent().last().unwrap(), &(limit("100.5"), Reason::Rescue));
}

#[test]
fn at_the_floor_the_rescue_holds_or_sells_at_the_next_open() {
    let floored = |last_resort| {
        stranded(with(|it| {
            it.exit.max_slippage = rate("0.01");
            it.exit.last_resort = last_resort;
        }))
    };
    let mut held = floored(LastResort::Hold);
    // floor_tick(106.31 · 0.99 = 105.2469).
    assert_eq!(held.open(), ["SELL 0.999 limit 105.24"]);
    held.candle(["101", "102", "90", "91"]).candle(["91", "92", "80", "81"]);
    assert_eq!(held.open(), ["SELL 0.999 limit 105.24"]);
    held.candle(["81", "110", "81", "100"]);
    assert_eq!(held.fills().last().unwrap(), "SELL 0.999 @ 105.24 Rescue");
    let mut sold = floored(LastResort::Market);
    assert_eq!(sold.open(), ["SELL 0.999"]);
    sold.candle(["97", "98", "90", "91"]);
    assert_eq!(sold.fills().last().unwrap(), "SELL 0.999 @ 97 LastResort");
}

#[test]
fn a_triggered_stop_neither_ratchets_nor_is_sold_on_red() {
    let session = stranded(with(|it| it.exit.on_red = true));
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 101 Rescue");
}

#[test]
fn a_red_candle_is_sold_at_the_close_also_the_entry_candle() {
    let on_red = with(|it| {
        it.exit.on_red = true;
        it.exit.trigger_offset = offset("50");
    });
    // HA (108.3125, …, 105).
    let red = ["118", "120", "90", "92"];
    let mut session = Session::worked(on_red);
    session.candle(red);
    assert_eq!(session.fills(), ["BUY 1 @ 119 Breakout", "SELL 0.999 @ 92 RedCandle"]);
    assert_eq!(session.sent().last().unwrap(), &(limit("91"), Reason::RedCandle));
    let slippage = FillModel { slippage: rate("0.005"), ..FillModel::default() };
    let mut session = Session::with(rules(), slippage, on_red);
    session.candles(&WORKED).candle(red);
    // 119 · 1.005 = 119.595 up to the tick; 92 · 0.995.
    assert_eq!(session.fills(), ["BUY 1 @ 119.6 Breakout", "SELL 0.999 @ 91.54 RedCandle"]);
    let slippage = FillModel { slippage: rate("0.05"), ..FillModel::default() };
    let mut session = Session::with(rules(), slippage, on_red);
    session.candles(&WORKED).candle(red);
    // Never beyond the orders' own limits.
    assert_eq!(session.fills(), ["BUY 1 @ 121 Breakout", "SELL 0.999 @ 91 RedCandle"]);
}

#[test]
fn a_stop_that_would_be_raised_through_the_market_is_sold_at_once() {
    // HA low 109.2: the stop would be 109.19, and the close is 109.1.
    let mut session = long(with(|it| it.exit.trigger_offset = offset("0.01")));
    assert_eq!(session.open(), ["SELL 0.999 stop 108.3 limit 107.3"]);
    session.candle(["124", "124", "109.2", "109.2"]);
    assert_eq!(session.open(), ["SELL 0.999 stop 109.19 limit 108.19"]);
    let mut session = long(with(|it| it.exit.trigger_offset = offset("0")));
    session.candle(["124", "124", "109.2", "109.2"]);
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 109.2 StopAlreadyThrough");
}

#[test]
fn take_profit_is_a_bracket_net_of_both_fees() {
    let mut session = Session::worked(with(|it| it.exit.take_profit = rate("0.05")));
    session.candle(ENTRY_CANDLE);
    // 119 · 1.05 / 0.999² = 125.2002…
    assert!(session.sent().contains(&(bracket("125.21", "102.62", "101.62"), Reason::Stop)));
    assert_eq!(session.open(), ["SELL 0.999 stop 106.31 limit 105.31", "SELL 0.999 limit 125.21"]);
    let mut stopped = Session::worked(with(|it| it.exit.take_profit = rate("0.05")));
    stopped.candle(ENTRY_CANDLE).candle(["124", "125", "100", "101"]);
    assert_eq!(stopped.fills().last().unwrap(), "SELL 0.999 @ 106.31 Stop");
    assert!(stopped.open().is_empty());
    session.candle(["124", "130", "123", "129"]);
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 125.21 Stop");
    // The two fees and the price are covered, and 5 % beside them: 119 · 0.05.
    let net = session.trades()[0].net_quote();
    assert!(net >= money("5.94") && net < money("5.97"), "{net}");
}

#[test]
fn a_market_stop_where_the_symbol_has_it_and_a_limit_stop_elsewhere() {
    let at_market = with(|it| it.exit.order = ExitOrder::StopMarket);
    assert_eq!(long(at_market).open(), ["SELL 0.999 stop 106.31"]);
    let types: Vec<_> =
        OrderType::ALL.into_iter().filter(|it| *it != OrderType::StopLoss).collect();
    let without = SymbolRules { order_types: OrderTypes::from(types), ..rules() };
    let mut session = Session::with(without, FillModel::default(), at_market);
    session.candles(&WORKED).candle(ENTRY_CANDLE);
    assert_eq!(session.open(), ["SELL 0.999 stop 106.31 limit 105.31"]);
}

#[test]
fn what_is_too_small_to_protect_waits_one_candle_and_is_carried_as_dust() {
    // A leg of the path gives 0.1, and past the limit nothing fills: too small for 50 of notional.
    let depth = FillModel { participation: Some(rate("0.0004")), ..FillModel::default() };
    let mut session = Session::with(with_min_notional("50"), depth, settings());
    session.candles(&WORKED).candle(ENTRY_CANDLE);
    assert_eq!(session.fills(), ["BUY 0.1 @ 119 Breakout"]);
    assert_eq!(session.open(), ["BUY 0.9 stop 119 limit 121"]);
    // Nothing more is bought: the market stays above the limit.
    session.candle(["124", "126", "122", "125"]);
    let dust = session.effects.iter().find_map(|effect| match effect {
        Effect::Notify(Alert::DustCarried { held, .. }) => Some(*held),
        _ => None,
    });
    assert_eq!(dust, Some(quantity("0.0999")));
    assert!(!session.open().iter().any(|order| order.contains("0.9 ")), "{:?}", session.open());
    assert_eq!(session.state(), TraderState::None);
}

#[test]
fn the_rest_of_a_part_filled_entry_is_cancelled_at_the_close() {
    let depth = FillModel { participation: Some(rate("0.0004")), ..FillModel::default() };
    let mut session = Session::with(rules(), depth, settings());
    session.candles(&WORKED).candle(ENTRY_CANDLE);
    assert_eq!(session.fills(), ["BUY 0.1 @ 119 Breakout"]);
    // HA low 108.3125: only the filled part, floored to the step, is left, protected.
    assert_eq!(session.open(), ["SELL 0.099 stop 106.31 limit 105.31"]);
}

#[test]
fn dust_is_sold_with_the_next_position() {
    let mut session = Session::worked(with(|it| {
        it.sizing = Sizing::Fixed(quantity("1.5"));
    }));
    session.candle(ENTRY_CANDLE).candle(["124", "124", "100", "105"]);
    // 1.5 less 0.0015: 1.498 is sold.
    assert_eq!(session.trades()[0].dust_after, quantity("0.0005"));
    session.candle(["105", "106", "104", "105"]);
    session.candle(["105", "120", "104.5", "119"]);
    assert_eq!(session.fills().last().unwrap(), "BUY 1.5 @ 113.96 Breakout");
    let all: Price = price("1.499");
    assert!(session.open()[0].starts_with(&format!("SELL {all} stop")), "{:?}", session.open());
}
