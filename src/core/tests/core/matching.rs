//! The simulated exchange (SPEC 3.1): where the price goes, what triggers, at what price it fills,
//! and what is refused.

use heikin_core::market::{FilterName, Side, SymbolRules, SymbolStatus};
use heikin_core::matching::{
    AccountIndex, FillModel, MarketIndex, Matching, OrderIds, PathPoint, PointKind, Progress,
    Timers, path_of,
};
use heikin_core::matching::{EmbeddedExchange, NextCandle};
use heikin_core::num::Money;
use heikin_core::order::{
    CancelAnswer, ExpiryReason, OrderKind, Refusal, SubmitAnswer, Terms, VenueStatus,
};
use heikin_core::risk::RiskLimits;
use heikin_core::time::{Interval, Span};
use proptest::prelude::*;

use crate::support::*;

/// One account with 10,000 USDT and 10 BTC, one market.
struct Book {
    matching: Matching<String>,
    account: AccountIndex,
    market: MarketIndex,
}

impl Book {
    fn at(price: &str) -> Self {
        Self::with(FillModel::default(), rules(), price)
    }

    fn with(model: FillModel, rules: SymbolRules, at: &str) -> Self {
        let mut matching = Matching::new(model);
        let market = matching.add_market(rules, fees());
        let account = matching.add_account(&[(usdt(), money("10000")), (btc(), money("10"))]);
        let mut book = Self { matching, account, market };
        book.jump(at);
        book
    }

    fn submit(&mut self, id: &str, terms: Terms) -> SubmitAnswer<String> {
        let ids = OrderIds { order: id.to_owned(), target: format!("{id}t") };
        self.matching.submit(self.account, self.market, &ids, &terms)
    }

    fn placed(&mut self, id: &str, terms: Terms) {
        let answer = self.submit(id, terms);
        assert!(matches!(answer, SubmitAnswer::Placed(_)), "{answer:?}");
    }

    fn refused(&mut self, terms: Terms) -> Option<Refusal> {
        match self.submit("new", terms) {
            SubmitAnswer::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    fn cancel(&mut self, id: &str) -> CancelAnswer<String> {
        self.matching.cancel(self.account, self.market, &id.to_owned())
    }

    fn replace(
        &mut self,
        old: &str,
        new: &str,
        terms: Terms,
    ) -> (CancelAnswer<String>, Option<SubmitAnswer<String>>) {
        let ids = OrderIds { order: new.to_owned(), target: format!("{new}t") };
        self.matching.replace(self.account, self.market, &old.to_owned(), (&ids, &terms))
    }

    fn jump(&mut self, to: &str) -> Vec<String> {
        while self.matching.jump(self.market, price(to), None) == Progress::Stopped {}
        self.told()
    }

    fn walk(&mut self, to: &str) -> Vec<String> {
        while self.matching.walk(self.market, price(to)) == Progress::Stopped {}
        self.told()
    }

    fn leg(&mut self, to: &str, depth: &str) -> Vec<String> {
        self.matching.begin_leg(self.market, Some(quantity(depth)));
        self.walk(to)
    }

    fn fill_part(&mut self, id: &str, amount: &str) {
        self.matching.fill_part(self.market, &id.to_owned(), quantity(amount));
    }

    /// The events since: `a filled 1 @ 100 maker`.
    fn told(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(event) = self.matching.pop_event() {
            let (state, fill) = (event.report.state, event.report.fill);
            let status = match state.status {
                VenueStatus::Open if state.working_since.is_some() => "working".to_owned(),
                VenueStatus::Open => "waiting".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            };
            let mut text = format!("{} {status}", state.id);
            if let Some(fill) = fill {
                let liquidity = if fill.maker { "maker" } else { "taker" };
                text += &format!(" {} @ {} {liquidity}", fill.quantity, fill.price);
            }
            told.push(text);
        }
        told
    }

    fn open(&self) -> Vec<&str> {
        let orders = self.matching.open_orders(self.market);
        orders.iter().map(|order| order.client_id.as_str()).collect()
    }

    /// Free and locked USDT, free and locked BTC.
    fn balances(&self) -> [Money; 4] {
        let quote = self.matching.balance(self.account, usdt());
        let base = self.matching.balance(self.account, btc());
        [quote.free, quote.locked, base.free, base.locked]
    }

    fn has(&self, expected: [&str; 4]) {
        assert_eq!(self.balances(), expected.map(money));
    }
}

#[test]
fn the_nearer_extreme_comes_first_and_a_tie_goes_to_the_low() {
    let path = |prices| path_of(&candle(1, prices)).map(|point: PathPoint| point.price.to_string());
    assert_eq!(path(["100", "101", "98", "99"]), ["100", "101", "98", "99"]);
    assert_eq!(path(["100", "102", "99", "101"]), ["100", "99", "102", "101"]);
    assert_eq!(path(["100", "102", "98", "101"]), ["100", "98", "102", "101"]);
    assert_eq!(path(["100", "102.01", "98", "99"]), ["100", "98", "102.01", "99"]);
    assert_eq!(path(["100", "101.99", "98", "99"]), ["100", "101.99", "98", "99"]);
    let times = path_of(&candle(1, ["1", "1", "1", "1"])).map(|point| point.at.millis());
    assert_eq!(times, [3_600_000, 4_799_999, 5_999_998, 7_199_999]);
}

#[test]
fn a_stop_on_the_walk_fills_at_its_trigger_and_after_a_jump_at_the_open() {
    let stops =
        [("b", buy(stop_limit("110", "112"), "1")), ("s", sell(stop_limit("90", "88"), "1"))];
    let mut book = Book::at("100");
    stops.iter().for_each(|(id, terms)| book.placed(id, *terms));
    assert_eq!(book.told(), ["b waiting", "s waiting"]);
    assert_eq!(book.walk("109.99"), [""; 0]);
    assert_eq!(book.walk("115"), ["b filled 1 @ 110 taker"]);
    assert_eq!(book.walk("80"), ["s filled 1 @ 90 taker"]);
    let mut book = Book::at("100");
    stops.iter().for_each(|(id, terms)| book.placed(id, *terms));
    book.told();
    assert_eq!(book.jump("111"), ["b filled 1 @ 111 taker"]);
    assert_eq!(book.jump("89"), ["s filled 1 @ 89 taker"]);
}

#[test]
fn a_stop_limit_that_is_jumped_over_rests_at_its_limit() {
    let mut book = Book::at("100");
    book.placed("b", buy(stop_limit("110", "112"), "1"));
    book.placed("s", sell(stop_limit("90", "88"), "1"));
    book.told();
    assert_eq!(book.jump("112.01"), ["b working"]);
    assert_eq!(book.walk("112.01"), [""; 0]);
    assert_eq!(book.walk("100"), ["b filled 1 @ 112 maker"]);
    assert_eq!(book.jump("87.99"), ["s working"]);
    assert_eq!(book.jump("89"), ["s filled 1 @ 89 maker"], "an open beyond the limit is better");
}

#[test]
fn a_limit_order_takes_at_the_market_or_rests_at_its_price() {
    let mut book = Book::at("100");
    book.placed("b", buy(limit("101"), "1"));
    assert_eq!(book.told(), ["b working", "b filled 1 @ 100 taker"]);
    book.placed("s", sell(limit("99"), "1"));
    assert_eq!(book.told(), ["s working", "s filled 1 @ 100 taker"]);
    book.placed("b", buy(limit("95"), "1"));
    book.placed("s", sell(limit("105"), "1"));
    book.told();
    assert_eq!(book.walk("95"), ["b filled 1 @ 95 maker"]);
    assert_eq!(book.walk("110"), ["s filled 1 @ 105 maker"]);
}

#[test]
fn orders_on_the_way_act_in_the_order_of_the_price_and_then_of_their_age() {
    let mut book = Book::at("100");
    for (id, terms) in [
        ("far", sell(limit("108"), "1")),
        ("near", sell(limit("104"), "1")),
        ("later", sell(limit("104"), "1")),
        ("stop", buy(stop_limit("106", "107"), "1")),
    ] {
        book.placed(id, terms);
    }
    book.told();
    assert_eq!(
        book.walk("110"),
        [
            "near filled 1 @ 104 maker",
            "later filled 1 @ 104 maker",
            "stop filled 1 @ 106 taker",
            "far filled 1 @ 108 maker"
        ]
    );
}

#[test]
fn slippage_is_rounded_to_the_tick_against_the_order_and_stays_within_its_limit() {
    let slip = |share: &str, at: &str, terms: Terms, to: &str| {
        let model = FillModel { slippage: rate(share), ..FillModel::default() };
        let mut book = Book::with(model, rules(), at);
        book.placed("o", terms);
        book.walk(to);
        let quote = book.balances()[0] + book.balances()[1];
        (quote - money("10000")).to_string()
    };
    // One unit: the change of the quote balance is the price, less 0.1 % for a SELL.
    assert_eq!(slip("0.001", "100", buy(stop_limit("110", "112"), "1"), "115"), "-110.11");
    assert_eq!(slip("0.00101", "100", buy(stop_limit("110", "112"), "1"), "115"), "-110.12");
    assert_eq!(slip("0.1", "100", buy(stop_limit("110", "112"), "1"), "115"), "-112");
    assert_eq!(
        slip("0.00101", "100", sell(stop_limit("90", "88"), "1"), "80"),
        "89.81010000".trim_end_matches('0')
    );
    assert_eq!(slip("0.1", "100", sell(stop_limit("90", "88"), "1"), "80"), "87.912");
    assert_eq!(slip("0.1", "100", sell(stop_market("90"), "1"), "80"), "80.919");
    // What rests, and a BUY that takes at once, lose none.
    assert_eq!(slip("0.1", "100", buy(limit("95"), "1"), "90"), "-95");
    assert_eq!(slip("0.1", "100", buy(limit("105"), "1"), "100"), "-100");
    assert_eq!(slip("0.001", "100", sell(limit("99"), "1"), "100"), "99.8001");
    assert_eq!(slip("0.1", "100", sell(OrderKind::Market, "1"), "100"), "89.91");
}

#[test]
fn a_fill_at_an_open_loses_no_slippage() {
    let model = FillModel { slippage: rate("0.01"), ..FillModel::default() };
    let mut book = Book::with(model, rules(), "100");
    book.placed("b", buy(stop_limit("110", "115"), "1"));
    book.told();
    assert_eq!(book.jump("111"), ["b filled 1 @ 111 taker"]);
}

#[test]
fn what_is_left_of_a_buy_keeps_locked_what_its_limit_may_cost() {
    let mut book = Book::at("100");
    book.placed("b", buy(stop_limit("110", "112"), "1"));
    assert_eq!(book.leg("110", "0.4").last().unwrap(), "b working 0.4 @ 110 taker");
    // 44 paid; 0.6 at 112 locked.
    book.has(["9888.8", "67.2", "10.3996", "0"]);
}

#[test]
fn a_market_order_takes_at_once_but_at_a_close_it_waits_for_the_next_open() {
    let mut book = Book::at("100");
    book.placed("m", sell(OrderKind::Market, "1"));
    assert_eq!(book.told(), ["m working", "m filled 1 @ 100 taker"]);
    book.matching.close_candle(book.market);
    book.placed("m", sell(OrderKind::Market, "1"));
    assert_eq!(book.told(), ["m working"]);
    assert_eq!(book.jump("97"), ["m filled 1 @ 97 maker"]);
}

#[test]
fn participation_bounds_what_one_leg_of_the_path_gives() {
    let model = FillModel { participation: Some(rate("0.1")), ..FillModel::default() };
    // A tenth of 1,000, a quarter of that a leg.
    assert_eq!(model.depth(&candle(1, ["1"; 4])), Some(quantity("25")));
    assert_eq!(FillModel::default().depth(&candle(1, ["1"; 4])), None);
    let mut book = Book::at("100");
    book.placed("s", sell(limit("105"), "2"));
    book.placed("t", sell(limit("105"), "1"));
    book.told();
    assert_eq!(book.leg("106", "0.5"), ["s working 0.5 @ 105 maker"]);
    assert_eq!(book.leg("107", "2"), ["s filled 1.5 @ 105 maker", "t working 0.5 @ 105 maker"]);
    assert_eq!(book.leg("107", "0"), [""; 0]);
    book.placed("b", buy(stop_limit("108", "110"), "1"));
    book.told();
    assert_eq!(book.leg("109", "0"), ["b working"], "a stop triggers where nothing is to be had");
}

#[test]
fn every_fill_is_a_multiple_of_the_step() {
    let mut book = Book::at("100");
    book.placed("s", sell(limit("105"), "2"));
    book.told();
    assert_eq!(book.leg("106", "0.5009"), ["s working 0.5 @ 105 maker"]);
    assert_eq!(book.leg("107", "0.0009"), [""; 0], "less than a step");
    book.fill_part("s", "0.0009");
    assert_eq!(book.told(), [""; 0]);
    book.fill_part("s", "0.2509");
    assert_eq!(book.told(), ["s working 0.25 @ 105 maker"]);
    book.matching.jump(book.market, price("108"), Some(quantity("0.1019")));
    assert_eq!(book.told(), ["s working 0.101 @ 108 maker"]);
    assert_eq!(book.jump("109"), ["s filled 1.149 @ 109 maker"], "what is left");
}

#[test]
fn one_leg_of_a_bracket_ends_the_other() {
    let mut book = Book::at("100");
    book.placed("o", sell(bracket("110", "90", "88"), "1"));
    assert_eq!(book.told(), ["o waiting", "ot working"]);
    book.has(["10000", "0", "9", "1"]);
    assert_eq!(book.walk("85"), ["ot expired(ocotrigger)", "o filled 1 @ 90 taker"]);
    book.has(["10089.91", "0", "9", "0"]);
    let mut book = Book::at("100");
    book.placed("o", sell(bracket("110", "90", "88"), "1"));
    book.told();
    assert_eq!(book.walk("111"), ["o expired(ocotrigger)", "ot filled 1 @ 110 maker"]);
    book.has(["10109.89", "0", "9", "0"]);
}

#[test]
fn a_target_ends_the_stop_with_its_first_part_and_keeps_what_is_locked() {
    let mut book = Book::at("100");
    book.placed("o", sell(bracket("110", "90", "88"), "1"));
    book.told();
    assert_eq!(book.leg("111", "0.4"), ["o expired(ocotrigger)", "ot working 0.4 @ 110 maker"]);
    book.has(["10043.956", "0", "9", "0.6"]);
    // A stop that triggers without filling ends the target too.
    let mut book = Book::at("100");
    book.placed("o", sell(bracket("110", "90", "88"), "1"));
    book.told();
    assert_eq!(book.jump("80"), ["ot expired(ocotrigger)", "o working"]);
    book.has(["10000", "0", "9", "1"]);
}

#[test]
fn cancelling_one_leg_cancels_the_list_and_frees_what_it_locked_once() {
    for leg in ["o", "ot"] {
        let mut book = Book::at("100");
        book.placed("o", sell(bracket("110", "90", "88"), "1"));
        assert!(matches!(book.cancel(leg), CancelAnswer::Canceled(_)));
        assert!(book.open().is_empty());
        book.has(["10000", "0", "10", "0"]);
    }
}

#[test]
fn what_is_not_open_cannot_be_cancelled() {
    let mut book = Book::at("100");
    assert_eq!(book.cancel("a"), CancelAnswer::NotOpen);
    book.placed("a", buy(limit("90"), "1"));
    let CancelAnswer::Canceled(state) = book.cancel("a") else { panic!("it was open") };
    assert_eq!(state.status, VenueStatus::Canceled);
    assert_eq!(book.cancel("a"), CancelAnswer::NotOpen);
    // Another account's order is none of ours.
    book.placed("a", buy(limit("90"), "1"));
    let other = book.matching.add_account(&[]);
    let answer = book.matching.cancel(other, book.market, &"a".to_owned());
    assert_eq!(answer, CancelAnswer::NotOpen);
}

#[test]
fn an_id_is_taken_only_while_its_order_is_open() {
    let mut book = Book::at("100");
    book.placed("a", buy(limit("90"), "1"));
    assert_eq!(book.submit("a", buy(limit("80"), "1")), SubmitAnswer::Exists);
    book.has(["9910", "90", "10", "0"]);
    assert_eq!(book.submit("x", sell(bracket("110", "90", "88"), "1")).clone(), {
        let SubmitAnswer::Placed(state) = book.submit("y", buy(limit("1"), "1")) else { panic!() };
        SubmitAnswer::Placed(heikin_core::order::OrderState {
            id: "x".to_owned(),
            venue_id: state.venue_id - 2,
            working_since: None,
            ..state
        })
    });
    assert_eq!(book.submit("xt", buy(limit("80"), "1")), SubmitAnswer::Exists);
    book.walk("90");
    book.placed("a", buy(limit("80"), "1"));
}

#[test]
fn what_cannot_be_locked_is_refused_and_changes_nothing() {
    let short = Some(Refusal::InsufficientBalance);
    let mut book = Book::at("100");
    assert_eq!(book.refused(sell(limit("110"), "10.001")), short);
    assert_eq!(book.refused(buy(limit("10"), "1000.001")), short);
    assert_eq!(book.refused(buy(OrderKind::Market, "100.001")), short);
    book.has(["10000", "0", "10", "0"]);
    book.placed("a", sell(limit("110"), "10"));
    assert_eq!(book.refused(sell(limit("110"), "0.001")), short);
}

#[test]
fn a_stop_that_is_reached_already_is_refused() {
    let would = Some(Refusal::WouldTriggerImmediately);
    let mut book = Book::at("100");
    for (terms, expected) in [
        (buy(stop_limit("100", "105"), "1"), would),
        (buy(stop_limit("100.01", "105"), "1"), None),
        (sell(stop_limit("100", "95"), "1"), would),
        (sell(stop_limit("99.99", "95"), "1"), None),
        (sell(stop_market("100"), "1"), would),
        (sell(bracket("100", "99", "98"), "1"), Some(Refusal::PriceRelation)),
        (sell(bracket("101", "100", "98"), "1"), Some(Refusal::PriceRelation)),
        (sell(bracket("101", "99", "98"), "1"), None),
    ] {
        assert_eq!(book.refused(terms), expected, "{terms:?}");
        if expected.is_none() {
            book.cancel("new");
        }
    }
}

#[test]
fn filters_counts_status_and_order_types_are_checked_before_anything_happens() {
    let one = SymbolRules { max_orders: Some(1), ..rules() };
    let mut book = Book::with(FillModel::default(), one, "100");
    let name = |name| Some(Refusal::Filter(Some(name)));
    assert_eq!(book.refused(buy(limit("90.001"), "1")), name(FilterName::PriceFilter));
    book.placed("a", buy(limit("90"), "1"));
    assert_eq!(book.refused(buy(limit("90"), "1")), name(FilterName::MaxNumOrders));
    // A replacement is counted with the order that it would cancel.
    let (cancel, submit) = book.replace("a", "b", buy(limit("91"), "1"));
    assert!(matches!(cancel, CancelAnswer::Refused { .. }) && submit.is_none());
    assert_eq!(book.open(), ["a"]);
    let halted = SymbolRules { status: SymbolStatus::Halted, ..rules() };
    book.matching.set_rules(book.market, halted);
    assert_eq!(book.refused(buy(limit("90"), "1")), Some(Refusal::MarketClosed));
    assert!(matches!(book.cancel("a"), CancelAnswer::Canceled(_)));
    let limits_only =
        SymbolRules { order_types: vec![heikin_core::market::OrderType::Limit].into(), ..rules() };
    book.matching.set_rules(book.market, limits_only);
    assert_eq!(book.refused(sell(stop_limit("90", "89"), "1")), Some(Refusal::NotPermitted));
}

#[test]
fn a_replacement_stops_where_its_cancellation_fails() {
    let mut book = Book::at("100");
    assert_eq!(book.replace("a", "b", buy(limit("90"), "1")), (CancelAnswer::NotOpen, None));
    book.placed("a", buy(limit("90"), "1"));
    // The second half may fail alone: then nothing is left.
    let (cancel, submit) = book.replace("a", "b", buy(stop_limit("99", "99"), "1"));
    assert!(matches!(cancel, CancelAnswer::Canceled(_)));
    assert_eq!(submit, Some(SubmitAnswer::refused(Refusal::WouldTriggerImmediately)));
    assert!(book.open().is_empty());
    book.placed("a", buy(limit("90"), "100"));
    // What the first half frees is there for the second.
    let (cancel, submit) = book.replace("a", "b", buy(limit("91"), "100"));
    assert!(matches!(cancel, CancelAnswer::Canceled(_)));
    assert!(matches!(submit, Some(SubmitAnswer::Placed(_))));
    book.has(["900", "9100", "10", "0"]);
    // Filled in part since: nothing is done.
    book.matching.fill_part(book.market, &"b".to_owned(), quantity("1"));
    let (cancel, submit) = book.replace("b", "c", buy(limit("92"), "1"));
    assert_eq!(cancel, CancelAnswer::refused(Refusal::PartlyFilled));
    assert_eq!((submit, book.open()), (None, vec!["b"]));
}

#[test]
fn an_expiry_frees_what_was_locked() {
    let mut book = Book::at("100");
    book.placed("a", buy(limit("90"), "1"));
    book.told();
    book.matching.expire(book.market, &"a".to_owned(), ExpiryReason::ExchangeCanceled);
    assert_eq!(book.told(), ["a expired(exchangecanceled)"]);
    book.has(["10000", "0", "10", "0"]);
}

#[test]
fn a_quiet_stretch_is_one_that_touches_no_order() {
    let mut book = Book::at("100");
    book.placed("b", buy(limit("95"), "1"));
    book.placed("s", sell(limit("105"), "1"));
    let quiet = |low, high| book.matching.is_quiet(book.market, price(low), price(high));
    assert!(quiet("95.01", "104.99"));
    assert!(!quiet("95", "104.99"));
    assert!(!quiet("95.01", "105"));
}

#[test]
fn finer_candles_refine_the_path() {
    // Alone, this candle goes to its low first: the entry at 119 and then no way back to 102.62.
    let whole = ["110", "125", "101", "124"];
    let entered = |finer: &[heikin_core::market::Candle]| {
        let mut session = Session::worked(settings());
        session.finer(whole, finer).fills()
    };
    assert_eq!(entered(&[]), ["BUY 1 @ 119 Breakout"]);
    let first = candle(4, ["110", "125", "110", "120"]);
    let second = candle(5, ["120", "124", "101", "124"]);
    assert_eq!(entered(&[first, second]), ["BUY 1 @ 119 Breakout", "SELL 0.999 @ 102.62 Stop"]);
}

#[test]
fn a_request_takes_effect_after_the_latency() {
    let model = FillModel { latency: Span::from_millis(60_000), ..FillModel::default() };
    let engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    let balances = [(usdt(), money("10000"))];
    let mut exchange = EmbeddedExchange::new(engine, &balances, model, Timers::AtCloses);
    let mut step = |number, prices| {
        let candle = candle(number, prices);
        let (symbol, interval) = (symbol(), Interval::H1);
        let next = NextCandle { symbol, interval, candle: &candle, finer: &[] };
        exchange.candle(&next, &mut |_, _: PointKind| {});
        exchange
            .matching()
            .open_orders(MarketIndex::clone(&exchange.matching().market_of(symbol).unwrap()))
            .len()
    };
    let open: Vec<_> = (1..).zip(WORKED).map(|(number, prices)| step(number, prices)).collect();
    assert_eq!(open, [0, 0, 0], "on its way");
    // The entry arrives one minute into the candle, when the price is past its trigger already.
    step(4, ["119", "126", "118.9", "124"]);
    assert_eq!(exchange.engine().traders()[0].position().opened, 1);
}

#[derive(Debug, Clone)]
enum Op {
    Place(Side, u8, u8, u8),
    Cancel(u8),
    Replace(u8, Side, u8, u8),
    Jump(u8),
    Walk(u8, Option<u8>),
    Part(u8, u8),
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (side(), 0..5_u8, any::<u8>(), 1..60_u8).prop_map(|(a, b, c, d)| Op::Place(a, b, c, d)),
        1 => any::<u8>().prop_map(Op::Cancel),
        1 => (any::<u8>(), side(), any::<u8>(), 1..60_u8)
            .prop_map(|(a, b, c, d)| Op::Replace(a, b, c, d)),
        1 => any::<u8>().prop_map(Op::Jump),
        3 => (any::<u8>(), proptest::option::of(0..30_u8)).prop_map(|(a, b)| Op::Walk(a, b)),
        1 => (any::<u8>(), 1..20_u8).prop_map(|(a, b)| Op::Part(a, b)),
    ]
}

/// A price from 50 to 177.5 in halves.
fn level(step: u8) -> String {
    (rust_decimal::Decimal::from(100 + u32::from(step)) / rust_decimal::Decimal::TWO).to_string()
}

fn terms_of(side: Side, kind: u8, step: u8, amount: u8) -> Terms {
    let (at, worse) = (level(step.clamp(4, 250)), level(step.clamp(4, 250) - 4));
    let kind = match kind {
        0 => limit(&at),
        1 => OrderKind::Market,
        2 => stop_market(&at),
        3 if side == Side::Buy => stop_limit(&worse, &at),
        3 => stop_limit(&at, &worse),
        _ => bracket(&level(step.saturating_add(20)), &at, &worse),
    };
    let amount = rust_decimal::Decimal::new(i64::from(amount), 1).to_string();
    Terms { side, kind, quantity: lot(&amount) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// To the last digit: what an account has is what it had, plus its fills, less its fees; and
    /// what is locked is what its open orders lock.
    #[test]
    fn balances_are_conserved(ops in prop::collection::vec(op(), 1..80), slippage in 0..3_u32) {
        let share = rate(["0", "0.0005", "0.01"][slippage as usize]);
        let model = FillModel { slippage: share, ..FillModel::default() };
        let mut book = Book::with(model, rules(), "100");
        let (mut quote, mut base) = (money("10000"), money("10"));
        for (number, op) in ops.into_iter().enumerate() {
            let open: Vec<String> = book.open().into_iter().map(str::to_owned).collect();
            let pick = |index: u8| open.get(usize::from(index) % open.len().max(1)).cloned();
            match op {
                Op::Place(side, kind, step, amount) => {
                    book.submit(&number.to_string(), terms_of(side, kind, step, amount));
                }
                Op::Cancel(index) => {
                    pick(index).map(|id| book.cancel(&id));
                }
                Op::Replace(index, side, step, amount) => {
                    let terms = terms_of(side, 0, step, amount);
                    pick(index).map(|id| book.replace(&id, &number.to_string(), terms));
                }
                Op::Jump(step) => {
                    let to = price(&level(step));
                    while book.matching.jump(book.market, to, None) == Progress::Stopped {}
                }
                Op::Walk(step, depth) => {
                    let depth = depth.map(|tenths| quantity(&format!("{}", f64::from(tenths) / 10.0)));
                    book.matching.begin_leg(book.market, depth);
                    let to = price(&level(step));
                    while book.matching.walk(book.market, to) == Progress::Stopped {}
                }
                Op::Part(index, tenths) => {
                    let amount = quantity(&format!("{}", f64::from(tenths) / 10.0));
                    if let Some(id) = pick(index) {
                        book.matching.fill_part(book.market, &id, amount);
                    }
                }
            }
            let sides = |id: &str| id.to_owned();
            while let Some(event) = book.matching.pop_event() {
                let Some(fill) = event.report.fill else { continue };
                let worth = fill.price.times(fill.quantity);
                // The fee is taken in what was received.
                if fill.commission_asset == btc() {
                    prop_assert_eq!(fill.commission, fill.quantity.commission(rate("0.001")));
                    base += fill.quantity.to_money() - fill.commission.to_money();
                    quote -= worth;
                } else {
                    prop_assert_eq!(fill.commission, worth.commission(rate("0.001")));
                    base -= fill.quantity.to_money();
                    quote += worth - fill.commission.to_money();
                }
                let _id = sides(&event.report.state.id);
            }
            let [quote_free, quote_locked, base_free, base_locked] = book.balances();
            prop_assert_eq!(quote_free + quote_locked, quote);
            prop_assert_eq!(base_free + base_locked, base);
            let locked = |side| {
                let of = |it: &&heikin_core::matching::VenueOrder<String>| it.side == side;
                let orders = book.matching.open_orders(book.market).iter();
                orders.filter(of).map(|order| order.locked).sum::<Money>()
            };
            prop_assert_eq!(locked(Side::Buy), quote_locked);
            prop_assert_eq!(locked(Side::Sell), base_locked);
            prop_assert!(!base_free.is_negative() && !base_locked.is_negative());
            for order in book.matching.open_orders(book.market) {
                prop_assert!(order.executed < order.quantity);
            }
        }
    }
}
