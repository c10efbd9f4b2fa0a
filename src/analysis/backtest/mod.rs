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
//! | `trades_csv` | the trades as a file |
//!
//! Absent on purpose: a second engine, vectors of signals, any decision. Statistics are `f64` and
//! end in text; nothing of them flows back.

mod closed_trade;
mod finer;
mod market_name;
pub mod params;
mod run;
mod trades_csv;

pub use closed_trade::ExitKind;
pub use finer::{Finer, FinerError};
pub use market_name::MarketName;
pub use params::{Params, ParamsError};
pub use run::{Backtest, EffectsHash, Observer, RunError};
pub use trades_csv::TradesCsv;
