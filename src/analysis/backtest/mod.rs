//! A strategy run over history: the engine that trades live, on the embedded exchange.
//!
//! [`Backtest`] steps the one engine through candles; [`Observer`]s take from it what they need, so
//! that memory does not grow with the candles unless a report is asked for.
//!
//! | module | holds |
//! |---|---|
//! | `params` | what a run depends on: a JSON file, read exactly |
//! | `run` | the loop, and whoever looks on |
//! | `finer` | finer candles that refine the path |
//! | `statistics`, `outcome` | what came out, in figures |
//! | `verdict`, `assumptions`, `key_figures` | what came out, in words |
//! | `trades_csv`, `summary`, `chart`, `pages` | what came out, as CSV, JSON and a report |
//!
//! Absent on purpose: a second engine, vectors of signals, any decision. Statistics are `f64` and
//! end in text; nothing of them flows back.

mod assumptions;
mod chart;
mod closed_trade;
mod finer;
mod key_figures;
mod market_name;
mod outcome;
mod pages;
pub mod params;
mod run;
pub mod statistics;
mod summary;
mod trades_csv;
mod verdict;
mod words;

pub use assumptions::assumptions;
pub use chart::Chart;
pub use closed_trade::ExitKind;
pub use finer::{Finer, FinerError};
pub use key_figures::{headline, key_figures};
pub use market_name::MarketName;
pub use outcome::{OpenAtEnd, Outcome, Refinement};
pub use pages::{Drawing, report};
pub use params::{Params, ParamsError};
pub use run::{Backtest, EffectsHash, Observer, RunError};
pub use statistics::{Figures, Statistics};
pub use summary::summary_json;
pub use trades_csv::TradesCsv;
pub use verdict::verdicts;

/// Who made a file, in the file.
const PROGRAM: &str = concat!("heikin ", env!("CARGO_PKG_VERSION"));
