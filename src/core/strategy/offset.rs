use std::fmt;
use std::str::FromStr;

use crate::num::{FinePrice, Multiple, NumberError, Price, PriceDelta, Rate};

/// A distance from a price, in one of the units that people think in.
///
/// Text forms: quote units `1.5`, ticks `"3 ticks"`, percent of the price that it is added to or
/// taken from `"0.1%"`, multiples of the average true range `"0.5 atr"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offset {
    /// So many units of the quote asset.
    Quote(PriceDelta),
    /// So many ticks.
    Ticks(u32),
    /// A share of the price that it is added to or taken from.
    Percent(Rate),
    /// A multiple of the average true range.
    Atr(Multiple),
}

/// Why a text is no offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` {why}: write quote units (1.5), ticks (\"3 ticks\"), percent (\"0.1%\") or average true ranges (\"0.5 atr\")"
)]
pub struct OffsetError {
    text: String,
    why: NumberError,
}

impl Offset {
    /// No distance.
    pub const ZERO: Self = Self::Quote(PriceDelta::ZERO);

    /// Whether the average true range is needed.
    pub const fn needs_atr(&self) -> bool {
        matches!(self, Self::Atr(_))
    }

    /// The distance at `price`. A percent or range offset is rounded half to even at the 8th
    /// decimal. None without the range where that is needed, or beyond what a distance can be.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "asked three times at every candle, and nearly always plain"
    )]
    pub fn at(&self, price: Price, tick: Price, atr: Option<FinePrice>) -> Option<PriceDelta> {
        match *self {
            Self::Quote(delta) => Some(delta),
            Self::Ticks(count) => PriceDelta::from(tick).times(count),
            Self::Percent(rate) => Some(rate.of(price)),
            Self::Atr(multiple) => atr?.times(multiple),
        }
    }
}

impl FromStr for Offset {
    type Err = OffsetError;

    fn from_str(text: &str) -> Result<Self, OffsetError> {
        let trimmed = text.trim();
        let unit = |unit: &str| trimmed.strip_suffix(unit).map(str::trim_end);
        let parsed = if let Some(percent) = unit("%") {
            Rate::from_percent(percent).map(Self::Percent)
        } else if let Some(multiple) = unit("atr") {
            multiple.parse().map(Self::Atr)
        } else if let Some(count) = unit("ticks").or_else(|| unit("tick")) {
            count.parse().map(Self::Ticks).map_err(|_not_whole| NumberError::NotADecimal)
        } else {
            trimmed.parse().map(Self::Quote)
        };
        parsed.map_err(|why| OffsetError { text: text.to_owned(), why })
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quote(delta) => write!(f, "{delta}"),
            Self::Ticks(1) => write!(f, "1 tick"),
            Self::Ticks(count) => write!(f, "{count} ticks"),
            Self::Percent(rate) => write!(f, "{}%", rate.percent()),
            Self::Atr(multiple) => write!(f, "{multiple} atr"),
        }
    }
}

impl serde::Serialize for Offset {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Offset {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_printed_and_applied() {
        let price = "50".parse().unwrap();
        let tick = "0.01".parse().unwrap();
        let atr = Some(FinePrice::from_price("7".parse().unwrap()));
        for (text, shown, distance) in [
            ("1.50", "1.5", "1.5"),
            ("3 ticks", "3 ticks", "0.03"),
            ("1tick", "1 tick", "0.01"),
            ("0.10%", "0.1%", "0.05"),
            ("0.00000001 %", "0.00000001%", "0"),
            ("0.5 atr", "0.5 atr", "3.5"),
            ("0", "0", "0"),
        ] {
            let offset: Offset = text.parse().unwrap();
            assert_eq!(offset.to_string(), shown);
            assert_eq!(offset.at(price, tick, atr).unwrap().to_string(), distance, "{text}");
        }
        assert_eq!("1 atr".parse::<Offset>().unwrap().at(price, tick, None), None);
    }

    #[test]
    fn what_is_no_offset_is_refused_with_the_forms_that_are() {
        for text in ["", "-1", "1 %%", "101%", "1.5 ticks", "x atr", "1e3", "0.1 percent"] {
            let error = text.parse::<Offset>().unwrap_err().to_string();
            assert!(error.contains("0.5 atr"), "{error}");
        }
    }
}
