//! What is owned: the account's balances by our own count, and what each trader holds of them.
//!
//! The account's total of an asset is the opening balance plus every fill, less every commission,
//! plus what came and went without us; the exchange's own figure is held against it. A trader's
//! holding is the sum of its own fills: what it may sell is never the account's free balance, which
//! may hold the user's own coins.

mod balances;
mod position;
mod trade;

pub use balances::{AssetBalance, Balances, DRIFT_CONFIRMED_AFTER, Drift, ReportedBalance};
pub use position::{ClosedAt, Closing, LastSale, Liquidity, OpenPosition, Position};
pub use trade::{Fees, Trade};
