//! Binance candle files, as people have them.
//!
//! [`CandleFiles`] is an iterator over the candles of one or many files: CSV as it is, as gzip or
//! in the archive's zip; with or without a header; times in milliseconds or microseconds. It holds
//! a few buffers, never a file, and stops at the first fault with a [`CandleFileError`] that says
//! where and what to do. Gaps are normal, and counted in the [`Summary`].
//!
//! | module | holds |
//! |---|---|
//! | `run` | all files of a run, merged by time |
//! | `ahead` | the same, read on a thread of its own |
//! | `series` | one interval, rising times, gaps, duplicates |
//! | `input`, `content`, `zip_entry` | which files, and the text in them |
//! | `file`, `lines` | the candles of one file, from a buffer of fixed size |
//! | `usual`, `row` | a row as a candle: fast, or with a reason why not |
//! | `error` | what can be wrong |
//!
//! Absent on purpose: numbers that are rounded, candles that are repaired, quoted fields, other
//! layouts than Binance's.

mod ahead;
mod content;
mod error;
mod file;
mod input;
mod lines;
mod row;
mod run;
mod series;
#[cfg(test)]
mod tests;
mod usual;
mod zip_entry;

pub use ahead::Stride;
pub use error::{CandleFileError, Column, Conflict, Excerpt, FileName, Problem};
pub use input::candle_paths;
pub use run::{CandleFiles, Progress};
pub use series::{Gap, Summary};

/// Bytes of the longest line; the longest candle has some 200.
const MAX_LINE: usize = 4096;
