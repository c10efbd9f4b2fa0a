use heikin_core::market::Ohlc;
use heikin_core::num::{Money, Price};
use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;

fn candle(number: i64) -> Candle {
    let price = Price::from_units(100 + number).unwrap();
    let prices = Ohlc::new(price, price, price, price).unwrap();
    let open = Timestamp::from_millis(number * MINUTE);
    Candle::new(open, open + Span::from_millis(MINUTE - 1), prices, Money::ZERO).unwrap()
}

fn number(candle: &Candle) -> i64 {
    candle.open_time().millis() / MINUTE
}

/// A series behind candle zero, beside an exchange that has closed some more.
struct World {
    series: Series,
    closed: i64,
    asked: Option<Timestamp>,
    delivered: Vec<i64>,
}

impl World {
    fn new() -> Self {
        let series = Series::new(Interval::M1, Some(Timestamp::EPOCH));
        Self { series, closed: 0, asked: None, delivered: Vec::new() }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis((self.closed + 1) * MINUTE)
    }

    fn deliver(&mut self, candles: &[Candle]) {
        self.delivered.extend(candles.iter().map(number));
    }

    fn tell(&mut self, number: i64) {
        let told = candle(number.min(self.closed));
        match self.series.offer(told) {
            Offer::Deliver => self.deliver(&[told]),
            Offer::Fill => self.ask(),
            Offer::Known => {}
            Offer::Contradicts => panic!("{number}"),
        }
    }

    fn ask(&mut self) {
        if let Some(from) = self.series.fill() {
            assert_eq!(self.asked, None);
            self.asked = Some(from);
        }
    }

    /// REST answers, from a copy that lacks the newest `lag` candles.
    fn answer(&mut self, lag: i64) {
        let Some(from) = self.asked.take() else { return };
        let page: Vec<_> =
            (1..=self.closed - lag).map(candle).filter(|it| it.open_time() >= from).collect();
        let new = self.series.take_page(&page);
        let rest = self.series.filled(new.len(), self.now());
        self.deliver(&new);
        self.deliver(&rest);
    }
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Close,
    Tell(i64),
    Ask,
    Answer,
    Fail,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Close),
        4 => (0_i64..40).prop_map(Happening::Tell),
        1 => Just(Happening::Ask),
        2 => Just(Happening::Answer),
        1 => Just(Happening::Fail),
    ]
}

proptest! {
    /// Frames lost, doubled and out of order, REST failing now and then: every candle comes once, in
    /// its order, and none is left out.
    #[test]
    fn every_candle_comes_once_and_in_order(all in prop::collection::vec(happening(), 0..120)) {
        let mut world = World::new();
        for happening in all {
            match happening {
                Happening::Close => world.closed += 1,
                Happening::Tell(back) => world.tell((world.closed - back / 4).max(0)),
                Happening::Ask => world.ask(),
                Happening::Answer => world.answer(0),
                Happening::Fail if world.asked.take().is_some() => {
                    world.series.fill_failed(world.now());
                }
                Happening::Fail => {}
            }
            let expected: Vec<_> = (1..).take(world.delivered.len()).collect();
            prop_assert_eq!(&world.delivered, &expected);
        }
        world.answer(0);
        world.ask();
        world.answer(0);
        let expected: Vec<_> = (1..=world.closed).collect();
        prop_assert_eq!(&world.delivered, &expected);
    }
}

#[test]
fn a_copy_that_lags_is_given_time() {
    let mut world = World::new();
    world.closed = 3;
    world.tell(3);
    world.answer(3);
    assert!(world.delivered.is_empty());
    let due = world.series.due().unwrap();
    assert!(due > world.now() && due <= world.now() + Span::from_secs(4));
    world.ask();
    world.answer(0);
    assert_eq!(world.delivered, [1, 2, 3]);
}

#[test]
fn a_hole_of_the_exchanges_own_is_passed_over_after_three_looks() {
    let mut world = World::new();
    world.closed = 3;
    world.tell(3);
    for _ in 0..ATTEMPTS {
        assert!(world.delivered.is_empty());
        world.answer(3);
        world.ask();
    }
    assert_eq!(world.delivered, [3]);
}

#[test]
fn what_the_stream_forgets_is_due_shortly_after_its_end() {
    let series = Series::new(Interval::M1, Some(Timestamp::EPOCH));
    assert_eq!(series.due(), Some(Timestamp::from_millis(2 * MINUTE) + GRACE));
    assert_eq!(Series::new(Interval::M1, None).due(), None);
}
