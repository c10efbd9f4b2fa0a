//! What makes candles one series: one interval, rising times, no contradiction. Gaps are counted.

use heikin_core::market::Candle;
use heikin_core::time::{Interval, Span, Timestamp};

use super::error::{Conflict, FileName, Problem};
use super::file::Row;

/// From the last moment of a candle to the first of the next.
const MILLISECOND: Span = Span::from_millis(1);

/// What was read so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The interval of every candle.
    pub interval: Interval,
    /// How many candles there were, each counted once.
    pub candles: u64,
    /// How many were there once more, the same, and were left out.
    pub duplicates: u64,
    /// How often candles are missing between two others.
    pub gaps: u64,
    /// How many candles are missing in all gaps.
    pub missing: u64,
    /// The earliest gaps, at most [`Summary::GAPS_KEPT`].
    pub first_gaps: Vec<Gap>,
    /// How many candles close before their interval ends, as where the exchange stopped.
    pub cut_short: u64,
    /// When the first candle opens; none before it was read.
    pub first_open: Option<Timestamp>,
    /// When the last candle read opens.
    pub last_open: Option<Timestamp>,
}

impl Summary {
    /// So many gaps are told one by one.
    pub const GAPS_KEPT: usize = 20;
}

/// Time without candles between two candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When the first missing candle would open.
    pub from: Timestamp,
    /// When the next candle that is there opens.
    pub to: Timestamp,
    /// How many candles are missing.
    pub missing: u64,
}

/// The candles of a run, one after another in time.
pub(super) struct Series {
    summary: Summary,
    /// What candles last, as the difference of their times.
    length: Span,
    last: Option<Last>,
}

struct Last {
    candle: Candle,
    file: usize,
    line: u64,
    next_open: Timestamp,
}

/// Whether a candle is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    New,
    Duplicate,
}

impl Series {
    /// A series of candles like its first one.
    pub(super) fn starting_with(first: &Candle) -> Result<Self, Problem> {
        let summary = Summary {
            interval: interval_of(first)?,
            candles: 0,
            duplicates: 0,
            gaps: 0,
            missing: 0,
            first_gaps: Vec::new(),
            cut_short: 0,
            first_open: None,
            last_open: None,
        };
        Ok(Self { summary, length: length_of(first), last: None })
    }

    pub(super) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Takes the next candle, which stands in file number `file` of `files`.
    #[inline]
    pub(super) fn accept(
        &mut self,
        row: &Row,
        file: usize,
        files: &[FileName],
    ) -> Result<Verdict, Problem> {
        let Row { candle, line } = *row;
        let (next_open, cut_short) = if length_of(&candle) == self.length {
            (candle.close_time() + MILLISECOND, 0)
        } else {
            self.next_open(&candle)?
        };
        let open = candle.open_time();
        if self.last.as_ref().is_none_or(|last| last.next_open != open)
            && self.step(&candle, files)? == Verdict::Duplicate
        {
            return Ok(Verdict::Duplicate);
        }
        self.summary.candles += 1;
        self.summary.cut_short += cut_short;
        self.summary.last_open = Some(open);
        self.last = Some(Last { candle, file, line, next_open });
        Ok(Verdict::New)
    }

    /// Where the candle after one of another length opens, and 1 for a candle that was cut short.
    ///
    /// Months differ in length. Where the exchange stops, Binance closes the candle at that moment
    /// and opens the next one at its usual time; what is longer than the interval, or as long as
    /// another one, is no such candle.
    #[cold]
    fn next_open(&self, candle: &Candle) -> Result<(Timestamp, u64), Problem> {
        let expected = self.summary.interval;
        match interval_of(candle) {
            Ok(found) if found == expected => Ok((candle.close_time() + MILLISECOND, 0)),
            Ok(found) => Err(Problem::MixedIntervals { expected, found }),
            Err(_) if expected != Interval::Month1 && length_of(candle) < self.length => {
                Ok((candle.open_time() + expected.span(), 1))
            }
            Err(problem) => Err(problem),
        }
    }

    /// A candle that does not open right after the last one closes.
    #[cold]
    fn step(&mut self, candle: &Candle, files: &[FileName]) -> Result<Verdict, Problem> {
        let open = candle.open_time();
        let Some(last) = &self.last else {
            self.summary.first_open = Some(open);
            return Ok(Verdict::New);
        };
        if open > last.next_open {
            let from = last.next_open;
            let missing = missing_candles(self.summary.interval, open.since(from));
            self.summary.gaps += 1;
            self.summary.missing += missing;
            if self.summary.first_gaps.len() < Summary::GAPS_KEPT {
                self.summary.first_gaps.push(Gap { from, to: open, missing });
            }
            return Ok(Verdict::New);
        }
        if *candle == last.candle {
            self.summary.duplicates += 1;
            return Ok(Verdict::Duplicate);
        }
        let place = match files.get(last.file) {
            Some(file) => format!("{file}, line {}", last.line),
            None => format!("line {}", last.line),
        };
        Err(if open == last.candle.open_time() {
            let there = last.candle;
            Problem::Conflict(Box::new(Conflict { here: *candle, there, other_place: place }))
        } else {
            let previous_end = last.next_open;
            Problem::Overlap { open, previous_end, previous: place }
        })
    }
}

#[inline]
fn length_of(candle: &Candle) -> Span {
    candle.close_time().since(candle.open_time())
}

fn interval_of(candle: &Candle) -> Result<Interval, Problem> {
    let millis = length_of(candle).millis() + MILLISECOND.millis();
    Interval::of_candle(candle.open_time(), candle.close_time())
        .ok_or(Problem::NoInterval { millis })
}

/// How many candles fit between two that are `gap` apart.
fn missing_candles(interval: Interval, gap: Span) -> u64 {
    let each = match interval {
        // The mean month: a count of months rounded by it is right over centuries.
        Interval::Month1 => Span::from_millis(2_629_746_000),
        other => other.span(),
    };
    let half = Span::from_millis(each.millis() / 2);
    (gap + half).div(each).unsigned_abs()
}
