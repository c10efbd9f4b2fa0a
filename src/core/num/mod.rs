//! Exact numbers. Money is never binary floating point.
//!
//! | type | unit | what it is |
//! |---|---|---|
//! | [`Price`] | 1e-8 quote | a price, always above zero |
//! | [`PriceDelta`] | 1e-8 quote | a distance between two prices, never negative |
//! | [`Quantity`] | 1e-8 base | an amount of an asset, never negative |
//! | [`Money`] | 1e-16 | a signed amount; holds price × quantity exactly |
//! | [`Rate`] | 1e-12 | a share of something: a fee, a percentage |
//! | [`FinePrice`] | 1e-8 · 2⁻⁵⁶ | an indicator's running value, rounded once when it becomes a price |
//!
//! Price × price is not a price and price × quantity is [`Money`]; what has no meaning here does
//! not compile. Only commissions round (up, at 1e-8); prices and quantities are snapped to the
//! symbol's grid by [`crate::market::SymbolRules`].

mod fine;
mod fixed;
mod money;
mod price;
mod quantity;
mod rate;

pub use fine::FinePrice;
pub use fixed::NumberError;
pub use money::Money;
pub use price::{Price, PriceDelta};
pub use quantity::Quantity;
pub use rate::{Multiple, Rate};

/// Units of 1e-8 in one: the scale of prices and quantities.
pub const UNITS_PER_ONE: i64 = 100_000_000;

/// Quotient rounded to the nearest integer, ties to the even one.
///
/// Both operands must not be negative and `divisor` must be above zero.
pub(crate) const fn div_half_even(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend / divisor;
    let twice = (dividend % divisor) * 2;
    if twice > divisor || (twice == divisor && quotient % 2 == 1) { quotient + 1 } else { quotient }
}

/// Quotient rounded up. Both operands must not be negative and `divisor` must be above zero.
pub(crate) const fn div_ceil(dividend: i128, divisor: i128) -> i128 {
    let quotient = dividend / divisor;
    if dividend % divisor == 0 { quotient } else { quotient + 1 }
}

/// Implements text conversions of a fixed-point newtype through its `parse` and `Display`.
macro_rules! text_as_decimal {
    ($type:ty) => {
        impl std::str::FromStr for $type {
            type Err = $crate::num::NumberError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_as_decimal;

#[cfg(test)]
mod tests;
