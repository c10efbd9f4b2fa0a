//! What the traded market is called. Names only: no result depends on them.

use std::path::Path;

use heikin_core::market::{Asset, Symbol};

/// What is usually paid with, the longest first where one ends another.
const QUOTES: [&str; 24] = [
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USDP", "USD1", "EURI", "DAI", "EUR", "GBP", "TRY",
    "BRL", "JPY", "ARS", "MXN", "ZAR", "UAH", "PLN", "COP", "BTC", "ETH", "BNB", "USD",
];

/// A symbol and its two assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketName {
    /// What the exchange calls it.
    pub symbol: Symbol,
    /// What is bought and sold.
    pub base: Asset,
    /// What it is paid with.
    pub quote: Asset,
}

impl MarketName {
    /// The symbol with its assets, told apart by what is usually paid with.
    pub fn of_symbol(symbol: Symbol) -> Option<Self> {
        Self::of_text(symbol.as_str())
    }

    /// The name that a candle file begins with, as in `BTCUSDT-1h-2024-01.zip`.
    pub fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_uppercase();
        Self::of_text(name.split(|c: char| !c.is_ascii_alphanumeric()).next()?)
    }

    /// Where nothing is known.
    pub fn unknown() -> Option<Self> {
        Self::new("BASEQUOTE", "BASE", "QUOTE")
    }

    fn of_text(text: &str) -> Option<Self> {
        let (base, quote) = QUOTES
            .into_iter()
            .find_map(|quote| Some((text.strip_suffix(quote)?, quote)))
            .filter(|(base, _)| !base.is_empty())?;
        Self::new(text, base, quote)
    }

    fn new(symbol: &str, base: &str, quote: &str) -> Option<Self> {
        Some(Self {
            symbol: symbol.parse().ok()?,
            base: base.parse().ok()?,
            quote: quote.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_from_the_file_where_it_has_one() {
        let name = |path: &str| {
            MarketName::of_file(Path::new(path))
                .map(|name| (name.base.to_string(), name.quote.to_string()))
        };
        let is = |base: &str, quote: &str| Some((base.to_owned(), quote.to_owned()));
        assert_eq!(name("a/BTCUSDT-5m-2025-01.csv.gz"), is("BTC", "USDT"));
        assert_eq!(name("ethbtc_1h.zip"), is("ETH", "BTC"));
        assert_eq!(name("1000SATSFDUSD"), is("1000SATS", "FDUSD"));
        assert_eq!(name("USDT.csv"), None);
        assert_eq!(name("-"), None);
        assert_eq!(name("candles.csv"), None);
    }
}
