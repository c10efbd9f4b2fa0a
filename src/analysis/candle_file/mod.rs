//! Binance candle files, as people have them.
