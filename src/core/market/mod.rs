//! What the market gives: candles, what is computed from them, quotes, and a symbol's rules.

mod atr;
mod candle;
mod heikin_ashi;
mod moving_average;
mod quote;
mod side;
mod symbol;
mod symbol_rules;

pub use atr::AverageTrueRange;
pub use candle::{Candle, CandleError, Ohlc};
pub use heikin_ashi::{HaCandle, HeikinAshi};
pub use moving_average::MovingAverage;
pub use quote::Quote;
pub use side::Side;
pub use symbol::{Asset, NameError, Symbol};
pub use symbol_rules::{
    FilterFailure, FilterName, LotQuantity, LotSize, NotionalRule, OrderType, OrderTypes,
    PercentPrice, SymbolRules, SymbolStatus, TickPrice, TrailingDelta,
};
