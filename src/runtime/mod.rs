//! The order thread: market data and account events in, orders out.
