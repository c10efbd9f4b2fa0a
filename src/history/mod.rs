//! History for the backtest: candles of the past, from Binance's public archive and from its REST
//! interface, as files in a folder that the candle reader takes as it is.
//!
//! The archive has a zip of each month and each day, with a checksum beside it; it lags by a day, and
//! has holes. What it does not have is asked of the exchange, and written as CSV under the name that
//! the zip would have. A month takes the place of its days as soon as the archive has it.
//!
//! | module | holds |
//! |---|---|
//! | [`period`] | a month or a day of a series, and which of them a span of time is made of |
//! | [`archive`] | the public archive: checksums, and zips that are continued where they broke off |
//! | [`folder`] | what lies on the disk: kept, half, whole |
//! | `exchange_rows` | what only the exchange has, as CSV |
//! | [`download`] | all of it in order |
//! | [`error`] | what can go wrong, in words |
//!
//! # Invariants
//!
//! - A file has its name only when it is whole, verified by its checksum, read by the candle reader,
//!   and synced. Whatever is not has a name that ends in `.part`, which the reader does not see.
//! - What is whole is not asked for again.
//! - A candle that is still open is never written.
//! - No file is held in memory.
//!
//! Deliberately absent: several downloads at once, which would gain little and burden a free service;
//! and candles made up for gaps.

pub mod archive;
pub mod download;
pub mod error;
mod exchange_rows;
pub mod folder;
pub mod period;

pub use archive::Archive;
pub use download::{Download, Files, Job, Outcome, Sources, Step};
pub use error::DownloadError;
pub use period::Series;
