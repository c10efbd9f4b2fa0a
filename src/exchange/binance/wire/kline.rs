use std::fmt;

use heikin_core::market::{Candle, CandleError, Ohlc, Symbol};
use heikin_core::num::{Money, Price};
use heikin_core::time::{Interval, Timestamp};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::decimal::exact;

/// A row of `GET /api/v3/klines` (`rest-api.md`, Kline/Candlestick data): an array of twelve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KlineRow(pub Candle);

impl KlineRow {
    /// The candle, where it was closed at `now` by the exchange's clock: the newest row is of the
    /// candle that is still open.
    pub fn closed(self, now: Timestamp) -> Option<Candle> {
        Some(self.0).filter(|candle| candle.close_time() < now)
    }
}

struct Text<T>(T);

macro_rules! text {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for Text<$type> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                exact(deserializer).map(Self)
            }
        }
    };
}
text!(Price);
text!(Money);

struct Row;

impl<'de> Visitor<'de> for Row {
    type Value = KlineRow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kline: an array of at least seven")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<KlineRow, A::Error> {
        let open_time: Timestamp = item(&mut row, 0)?;
        let open = item::<_, Text<Price>>(&mut row, 1)?.0;
        let high = item::<_, Text<Price>>(&mut row, 2)?.0;
        let low = item::<_, Text<Price>>(&mut row, 3)?.0;
        let close = item::<_, Text<Price>>(&mut row, 4)?.0;
        let volume = item::<_, Text<Money>>(&mut row, 5)?.0;
        let close_time: Timestamp = item(&mut row, 6)?;
        while row.next_element::<IgnoredAny>()?.is_some() {}
        let prices = Ohlc::new(open, high, low, close).map_err(de::Error::custom)?;
        let candle = Candle::new(open_time, close_time, prices, volume);
        candle.map(KlineRow).map_err(de::Error::custom)
    }
}

fn item<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
    row: &mut A,
    index: usize,
) -> Result<T, A::Error> {
    row.next_element()?.ok_or_else(|| de::Error::invalid_length(index, &Row))
}

impl<'de> Deserialize<'de> for KlineRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Row)
    }
}

/// Columns of a row; a later version of the API may have more.
const COLUMNS: usize = 12;

/// A row of `GET /api/v3/klines` with all that it tells: as the line that the public archive has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KlineLine {
    /// The candle in it.
    pub candle: Candle,
    /// Its twelve columns, separated by commas, without an end of line.
    pub text: String,
}

impl<'de> Deserialize<'de> for KlineLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let row = Box::<RawValue>::deserialize(deserializer)?;
        let KlineRow(candle) = serde_json::from_str(row.get()).map_err(de::Error::custom)?;
        // Numbers and texts of digits: brackets and quotes are all that is not of the columns.
        let is_framing = |c: char| matches!(c, '[' | ']' | '"') || c.is_whitespace();
        let columns: String = row.get().chars().filter(|&c| !is_framing(c)).collect();
        let end = columns.match_indices(',').nth(COLUMNS - 1).map_or(columns.len(), |(at, _)| at);
        Ok(Self { candle, text: columns.get(..end).unwrap_or_default().to_owned() })
    }
}

/// Whether a candle on the stream is complete. Only a closed one may be decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KlineProgress {
    /// It goes on.
    Open,
    /// This is its last state (`x`).
    Closed,
}

/// A kline event of a market stream (`web-socket-streams.md`, Kline/Candlestick Streams).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KlineEvent {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Of which interval.
    pub interval: Interval,
    /// The candle as it stands.
    pub candle: Candle,
    /// Whether it is complete.
    pub progress: KlineProgress,
    /// When the exchange sent it.
    pub at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct KlineMessage {
    #[serde(rename = "E")]
    at: Timestamp,
    k: KlineFields,
}

#[derive(Deserialize)]
struct KlineFields {
    t: Timestamp,
    #[serde(rename = "T")]
    close_time: Timestamp,
    #[serde(deserialize_with = "exact")]
    s: Symbol,
    #[serde(deserialize_with = "exact")]
    i: Interval,
    #[serde(deserialize_with = "exact")]
    o: Price,
    #[serde(deserialize_with = "exact")]
    c: Price,
    #[serde(deserialize_with = "exact")]
    h: Price,
    #[serde(deserialize_with = "exact")]
    l: Price,
    #[serde(deserialize_with = "exact")]
    v: Money,
    x: bool,
}

impl TryFrom<KlineMessage> for KlineEvent {
    type Error = CandleError;

    fn try_from(message: KlineMessage) -> Result<Self, CandleError> {
        let KlineMessage { at, k } = message;
        let prices = Ohlc::new(k.o, k.h, k.l, k.c)?;
        let candle = Candle::new(k.t, k.close_time, prices, k.v)?;
        let progress = if k.x { KlineProgress::Closed } else { KlineProgress::Open };
        Ok(Self { symbol: k.s, interval: k.i, candle, progress, at })
    }
}
