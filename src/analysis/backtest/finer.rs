//! Finer candles under the ones that are traded: one minute under one hour.

use heikin_core::market::Candle;
use heikin_core::num::Price;
use heikin_core::time::{Interval, Span, Timestamp};

use crate::analysis::candle_file::{CandleFileError, CandleFiles};

/// Why finer candles cannot be used. Its text is complete.
#[derive(Debug, thiserror::Error)]
pub enum FinerError {
    /// They cannot be read.
    #[error(transparent)]
    File(#[from] CandleFileError),
    /// They are not finer.
    #[error(
        "the finer candles are of {found}, which does not divide the candles' {traded}. Give \
         finer candles of a shorter interval."
    )]
    NotFiner {
        /// What they are.
        found: Interval,
        /// What is traded.
        traded: Interval,
    },
    /// They contradict the candle that they make up.
    #[error(
        "the finer candles from {} on make up {what} {made_up}, but the candle has {is}. Give \
         finer candles of the same symbol.", utc(*.from)
    )]
    Contradiction {
        /// When the candle opens.
        from: Timestamp,
        /// Which price.
        what: &'static str,
        /// What the finer candles say.
        made_up: Price,
        /// What the candle says.
        is: Price,
    },
}

fn utc(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.millis())
        .map_or_else(|_| format!("{} ms", time.millis()), |time| time.to_string())
}

/// Finer candles, read as they are needed.
#[derive(Debug)]
pub struct Finer {
    files: CandleFiles,
    next: Option<Candle>,
    /// The parts of the present candle.
    parts: Vec<Candle>,
    refined: u64,
}

impl Finer {
    /// Refines candles of the interval `traded`.
    pub fn under(traded: Interval, files: CandleFiles) -> Result<Self, FinerError> {
        let found = files.interval();
        let (whole, part) = (traded.span().millis(), found.span().millis());
        if part >= whole || whole % part != 0 {
            return Err(FinerError::NotFiner { found, traded });
        }
        Ok(Self { files, next: None, parts: Vec::new(), refined: 0 })
    }

    /// Their interval.
    pub fn interval(&self) -> Interval {
        self.files.interval()
    }

    /// How many candles were refined.
    pub const fn refined(&self) -> u64 {
        self.refined
    }

    /// What `candle` is made of; nothing where a part of it is missing.
    pub fn parts_of(&mut self, candle: &Candle) -> Result<&[Candle], FinerError> {
        self.parts.clear();
        loop {
            let part = match self.next.take() {
                Some(part) => part,
                None => match self.files.next() {
                    Some(part) => part?,
                    None => break,
                },
            };
            if part.open_time() > candle.close_time() {
                self.next = Some(part);
                break;
            }
            if part.open_time() >= candle.open_time() {
                self.parts.push(part);
            }
        }
        if !is_whole(&self.parts, candle) {
            return Ok(&[]);
        }
        check(&self.parts, candle)?;
        self.refined += 1;
        Ok(&self.parts)
    }
}

/// Whether the parts cover the candle without a gap.
fn is_whole(parts: &[Candle], candle: &Candle) -> bool {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    first.open_time() == candle.open_time()
        && last.close_time() == candle.close_time()
        && parts.windows(2).all(
            |pair| matches!(pair, [a, b] if a.close_time() + Span::from_millis(1) == b.open_time()),
        )
}

/// Parts of the same market have the same four prices together.
fn check(parts: &[Candle], candle: &Candle) -> Result<(), FinerError> {
    let prices = [
        ("the open", parts.first().map(Candle::open), candle.open()),
        ("the high", parts.iter().map(Candle::high).max(), candle.high()),
        ("the low", parts.iter().map(Candle::low).min(), candle.low()),
        ("the close", parts.last().map(Candle::close), candle.close()),
    ];
    for (what, made_up, is) in prices {
        if let Some(made_up) = made_up.filter(|made_up| *made_up != is) {
            return Err(FinerError::Contradiction { from: candle.open_time(), what, made_up, is });
        }
    }
    Ok(())
}
