use crate::market::Candle;
use crate::num::Price;
use crate::time::{Span, Timestamp};

/// What a point of the path is to the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointKind {
    /// Reached by a jump: orders see only this price.
    Open,
    /// On the walk.
    Walk,
    /// The candle has closed here; a decision made now belongs to it.
    Close,
}

/// A point of the price path within a candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathPoint {
    /// The price.
    pub price: Price,
    /// When it is reached.
    pub at: Timestamp,
}

/// The path of a candle of which nothing finer is known: open, the nearer extreme (a tie goes to
/// the low), the other one, close, at 0, ⅓, ⅔ and the end of its time.
#[inline]
pub fn path_of(candle: &Candle) -> [PathPoint; 4] {
    let to_high = candle.high().distance(candle.open());
    let to_low = candle.open().distance(candle.low());
    let (first, second) = if to_high < to_low {
        (candle.high(), candle.low())
    } else {
        (candle.low(), candle.high())
    };
    let third = candle.close_time().since(candle.open_time()).millis() / 3;
    let after = |thirds: i64| candle.open_time() + Span::from_millis(third * thirds);
    [
        PathPoint { price: candle.open(), at: candle.open_time() },
        PathPoint { price: first, at: after(1) },
        PathPoint { price: second, at: after(2) },
        PathPoint { price: candle.close(), at: candle.close_time() },
    ]
}
