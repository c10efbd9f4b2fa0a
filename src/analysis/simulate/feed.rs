use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::time::{Span, Timestamp};

use super::dice::Dice;
use super::faults::{Fault, Faults};
use super::scenario::INTERVAL;
use super::venue::{Move, Path};

/// The market of one symbol: where its price goes, and the candles that come of it.
#[derive(Debug)]
pub(super) struct Feed {
    price: Price,
    /// How far the price may go in one step.
    swing: i64,
    trend: i64,
    open_time: Timestamp,
    open: Price,
    high: Price,
    low: Price,
    /// Closed candles, oldest first.
    pub(super) closed: Vec<Candle>,
    /// How many of them the present process has been told.
    pub(super) told: usize,
}

impl Feed {
    pub(super) fn new(dice: &mut Dice, price: Price, at: Timestamp) -> Self {
        let swing = price.units() / 10_000 * dice.between(3, 40);
        Self {
            price,
            swing,
            trend: 0,
            open_time: at,
            open: price,
            high: price,
            low: price,
            closed: Vec::new(),
            told: 0,
        }
    }

    /// The next movement of the price.
    pub(super) fn next_move(&mut self, dice: &mut Dice, faults: &mut Faults) -> Move {
        if dice.chance(300) {
            self.trend = dice.between(-self.swing, self.swing) / 4;
        }
        let gap = faults.strike(Fault::PriceGap, dice);
        let step = if gap {
            self.price.units() / 1_000 * dice.between(-60, 60)
        } else {
            self.trend + dice.between(-self.swing, self.swing)
        };
        // Prices stay on the coarsest grid that the symbol ever gets.
        let grid = 10_000_000;
        let units = (self.price.units() + step).max(500 * grid) / grid * grid;
        self.price = Price::from_units(units).unwrap_or(self.price);
        self.high = self.high.max(self.price);
        self.low = self.low.min(self.price);
        let depth = faults.strike(Fault::PartialFill, dice).then(|| {
            Quantity::from_units(dice.between(0, 20) * 5_000_000).unwrap_or(Quantity::ZERO)
        });
        let path = if gap { Path::Jump } else { Path::Walk };
        Move { price: self.price, path, depth }
    }

    /// When the present candle closes: a millisecond before the next one opens.
    pub(super) fn next_open(&self) -> Timestamp {
        self.open_time + INTERVAL.span()
    }

    /// The candle has closed.
    pub(super) fn close(&mut self) {
        let next = self.next_open();
        let candle = Ohlc::new(self.open, self.high, self.low, self.price).and_then(|prices| {
            Candle::new(self.open_time, next - Span::from_millis(1), prices, Money::ZERO)
        });
        self.closed.extend(candle.ok());
        self.open_time = next;
        (self.open, self.high, self.low) = (self.price, self.price, self.price);
    }
}
