//! heikin: a self-hosted Heikin-Ashi trading bot for Binance Spot.

pub mod analysis;
