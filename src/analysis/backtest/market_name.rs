//! What the traded market is called. Names only: no result depends on them.

use std::path::Path;

use heikin_core::market::{Asset, Symbol};
use heikin_core::time::Interval;

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

    /// The market that a file is certainly named as of, or else its folder: as in
    /// `BTCUSDT-1h-2024-01.zip`, `btcusdt_1h.csv` or `BTCUSDT.csv`. Other words that end like a quote
    /// are taken for none.
    pub fn certain(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let stem = || path.file_stem()?.to_str();
        let folder = || path.parent()?.file_name()?.to_str();
        Self::of_series(name)
            .or_else(|| Self::of_text(stem().filter(|stem| is_in_capitals(stem))?))
            .or_else(|| Self::of_series(folder()?))
    }

    /// A symbol and an interval.
    fn of_series(name: &str) -> Option<Self> {
        let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
        let (symbol, interval) = (words.next()?, words.next()?);
        interval.parse::<Interval>().ok()?;
        Self::of_text(&symbol.to_ascii_uppercase())
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

fn is_in_capitals(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
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
    #[test]
    fn a_word_is_not_taken_for_a_symbol_where_it_matters() {
        let name =
            |path: &str| MarketName::certain(Path::new(path)).map(|name| name.symbol.to_string());
        let is = |symbol: &str| Some(symbol.to_owned());
        assert_eq!(name("a/BTCUSDT-5m-2025-01.csv.gz"), is("BTCUSDT"));
        assert_eq!(name("ethbtc_1h.zip"), is("ETHBTC"));
        assert_eq!(name("ETHBTC.csv"), is("ETHBTC"));
        assert_eq!(name("BTCUSDT-1h/2024.csv"), is("BTCUSDT"));
        assert_eq!(name("BTCUSDT-1h/ETHUSDT-1h-2024-01.csv"), is("ETHUSDT"));
        for none in ["amateur.csv", "amateur-2.csv", "1h.csv", "USDT-1h.csv", "btc-2024/a.csv", "-"]
        {
            assert_eq!(name(none), None, "{none}");
        }
    }
}
