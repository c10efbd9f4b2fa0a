use heikin_core::market::{Quote, Symbol};
use heikin_core::num::Price;
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::decimal::{exact, price_option};

/// The best bid and ask of a symbol: `GET /api/v3/ticker/bookTicker`, or an event of the stream
/// `<symbol>@bookTicker`, which has neither type nor time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct BookTicker {
    /// Of which symbol.
    #[serde(alias = "s", deserialize_with = "exact")]
    pub symbol: Symbol,
    /// The number of the book's update, on the stream.
    #[serde(rename = "u", default)]
    pub update_id: Option<u64>,
    /// The highest bid; none on an empty side.
    #[serde(rename = "b", alias = "bidPrice", default, deserialize_with = "price_option")]
    pub bid: Option<Price>,
    /// The lowest ask; none on an empty side.
    #[serde(rename = "a", alias = "askPrice", default, deserialize_with = "price_option")]
    pub ask: Option<Price>,
}

impl BookTicker {
    /// The quote seen at `at`; none where a side of the book is empty.
    pub fn quote(&self, at: Timestamp) -> Option<Quote> {
        Some(Quote { bid: self.bid?, ask: self.ask?, at })
    }
}
