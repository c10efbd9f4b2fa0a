use serde::{Deserialize, Serialize};

use crate::num::{Money, Price};
use crate::time::Timestamp;

/// The four prices of a candle, with `low ≤ open, close ≤ high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ohlc {
    open: Price,
    high: Price,
    low: Price,
    close: Price,
}

/// Why four prices and two times are no candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CandleError {
    /// The highest price is below another one.
    #[error("the high {high} is below the {name} {price}")]
    HighTooLow {
        /// The high.
        high: Price,
        /// Which price exceeds it.
        name: &'static str,
        /// That price.
        price: Price,
    },
    /// The lowest price is above another one.
    #[error("the low {low} is above the {name} {price}")]
    LowTooHigh {
        /// The low.
        low: Price,
        /// Which price is below it.
        name: &'static str,
        /// That price.
        price: Price,
    },
    /// It closes before it opens.
    #[error("it closes at {close} ms, not after it opens at {open} ms")]
    ClosesTooEarly {
        /// Opening time in milliseconds.
        open: i64,
        /// Closing time in milliseconds.
        close: i64,
    },
    /// A volume below zero.
    #[error("its volume is negative")]
    NegativeVolume,
}

impl Ohlc {
    /// Checks that the four prices belong together.
    #[inline]
    pub fn new(open: Price, high: Price, low: Price, close: Price) -> Result<Self, CandleError> {
        for (name, price) in [("low", low), ("open", open), ("close", close)] {
            if price > high {
                return Err(CandleError::HighTooLow { high, name, price });
            }
            if price < low {
                return Err(CandleError::LowTooHigh { low, name, price });
            }
        }
        Ok(Self { open, high, low, close })
    }
}

/// A closed candle (Binance: kline).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "CandleRecord", into = "CandleRecord")]
pub struct Candle {
    open_time: Timestamp,
    close_time: Timestamp,
    prices: Ohlc,
    volume: Money,
}

impl Candle {
    /// A candle that is open from `open_time` up to and including `close_time`, in which `volume`
    /// of the base asset was traded.
    #[inline]
    pub fn new(
        open_time: Timestamp,
        close_time: Timestamp,
        prices: Ohlc,
        volume: Money,
    ) -> Result<Self, CandleError> {
        if close_time <= open_time {
            let (open, close) = (open_time.millis(), close_time.millis());
            return Err(CandleError::ClosesTooEarly { open, close });
        }
        if volume.is_negative() {
            return Err(CandleError::NegativeVolume);
        }
        Ok(Self { open_time, close_time, prices, volume })
    }

    /// When it opens.
    #[inline]
    pub const fn open_time(&self) -> Timestamp {
        self.open_time
    }

    /// Its last millisecond.
    #[inline]
    pub const fn close_time(&self) -> Timestamp {
        self.close_time
    }

    /// The first price.
    #[inline]
    pub const fn open(&self) -> Price {
        self.prices.open
    }

    /// The highest price.
    #[inline]
    pub const fn high(&self) -> Price {
        self.prices.high
    }

    /// The lowest price.
    #[inline]
    pub const fn low(&self) -> Price {
        self.prices.low
    }

    /// The last price.
    #[inline]
    pub const fn close(&self) -> Price {
        self.prices.close
    }

    /// How much of the base asset was traded.
    pub const fn volume(&self) -> Money {
        self.volume
    }

    /// Whether `time` lies within this candle.
    pub fn contains(&self, time: Timestamp) -> bool {
        (self.open_time..=self.close_time).contains(&time)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CandleRecord {
    open_time: Timestamp,
    close_time: Timestamp,
    open: Price,
    high: Price,
    low: Price,
    close: Price,
    volume: Money,
}

impl TryFrom<CandleRecord> for Candle {
    type Error = CandleError;

    fn try_from(record: CandleRecord) -> Result<Self, CandleError> {
        let prices = Ohlc::new(record.open, record.high, record.low, record.close)?;
        Self::new(record.open_time, record.close_time, prices, record.volume)
    }
}

impl From<Candle> for CandleRecord {
    fn from(candle: Candle) -> Self {
        Self {
            open_time: candle.open_time,
            close_time: candle.close_time,
            open: candle.open(),
            high: candle.high(),
            low: candle.low(),
            close: candle.close(),
            volume: candle.volume,
        }
    }
}
