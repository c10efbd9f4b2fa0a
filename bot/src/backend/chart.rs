//! What a chart is drawn from.

use heikin_core::market::{Asset, Side};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Mode, Range, Trader};

/// The four prices of a Heikin-Ashi candle, rounded to 8 decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeikinAshiBar {
    /// Its open.
    pub open: Price,
    /// Its high.
    pub high: Price,
    /// Its low.
    pub low: Price,
    /// Its close.
    pub close: Price,
}

/// One candle, as it was traded and as the strategy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bar {
    /// When it opened.
    pub opened_at: Timestamp,
    /// The first price.
    pub open: Price,
    /// The highest price.
    pub high: Price,
    /// The lowest price.
    pub low: Price,
    /// The last price.
    pub close: Price,
    /// How much was traded, in base.
    pub volume: Quantity,
    /// The Heikin-Ashi candle.
    pub heikin_ashi: HeikinAshiBar,
}

/// A fill to mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Marker {
    /// When.
    pub at: Timestamp,
    /// An entry or an exit.
    pub side: Side,
    /// At what price.
    pub price: Price,
}

/// The stop of a position as it stood from one time to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChartLine {
    /// From when.
    pub from: Timestamp,
    /// To when; none while it stands.
    pub to: Option<Timestamp>,
    /// At what price.
    pub price: Price,
}

/// Candles with what was done on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChartData {
    /// Whose.
    pub trader: Trader,
    /// Whose money.
    pub mode: Mode,
    /// The candles, oldest first; the last one may be forming.
    pub bars: Vec<Bar>,
    /// Whether the last candle has not closed.
    pub is_forming: bool,
    /// Fills, oldest first.
    pub markers: Vec<Marker>,
    /// The triggers that stops have had, oldest first.
    pub stops: Vec<ChartLine>,
    /// The trigger of the entry that works now.
    pub entry: Option<Price>,
    /// The trigger of the stop that works now.
    pub stop: Option<Price>,
    /// The average entry price of the open position.
    pub average_entry: Option<Price>,
    /// The last price.
    pub price: Option<Price>,
}

/// Equity at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EquityPoint {
    /// When.
    pub at: Timestamp,
    /// Everything held, at market, in quote.
    pub equity: Money,
}

/// Equity over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EquitySeries {
    /// Of which time.
    pub range: Range,
    /// Whose money.
    pub mode: Mode,
    /// The asset that amounts are in.
    pub quote: Asset,
    /// Oldest first; a backend gives no more than 1,000.
    pub points: Vec<EquityPoint>,
}
