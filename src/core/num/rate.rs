use std::fmt;

use super::{NumberError, Price, PriceDelta, div_half_even, fixed, text_as_decimal};

/// A share of something in units of 1e-12, from 0 to 1: a fee, a percentage.
///
/// Text is the fraction (`0.001`); [`Rate::from_percent`] reads the percentage (`0.1`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate(i64);

impl Rate {
    /// None of it.
    pub const ZERO: Self = Self(0);
    /// All of it.
    pub const ONE: Self = Self(1_000_000_000_000);

    /// The share of `units` × 1e-12, if that is from 0 to 1.
    pub const fn from_units(units: i64) -> Option<Self> {
        if units >= 0 && units <= Self::ONE.0 { Some(Self(units)) } else { None }
    }

    /// Units of 1e-12.
    #[inline]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Reads a fraction from 0 to 1; at most 12 decimals.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        Self::checked(fixed::parse::<12>(text.as_bytes())?)
    }

    /// Reads a percentage from 0 to 100, without the sign; at most 10 decimals.
    pub fn from_percent(text: &str) -> Result<Self, NumberError> {
        Self::checked(fixed::parse::<10>(text.as_bytes())?)
    }

    fn checked(units: u128) -> Result<Self, NumberError> {
        let units = i64::try_from(units).map_err(|_too_large| NumberError::TooLarge)?;
        Self::from_units(units).ok_or(NumberError::TooLarge)
    }

    /// Whether it is none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// What is left of the whole: `1 − self`.
    pub const fn complement(self) -> Self {
        Self(Self::ONE.0 - self.0)
    }

    /// This share in whole millionths, where it is that: nearly always. Products with them fit a
    /// machine word, which divides several times faster than 128 bits.
    #[inline]
    pub(super) const fn millionths(self) -> Option<u64> {
        let units = self.0.cast_unsigned();
        if units.is_multiple_of(1_000_000) { Some(units / 1_000_000) } else { None }
    }

    /// This share of `price`, rounded half to even at the 8th decimal.
    #[inline]
    pub const fn of(self, price: Price) -> PriceDelta {
        if let Some(share) = self.millionths()
            && let Some(scaled) = share.checked_mul(price.units().unsigned_abs())
        {
            let (quotient, twice) = (scaled / 1_000_000, scaled % 1_000_000 * 2);
            let up = twice > 1_000_000 || (twice == 1_000_000 && quotient % 2 == 1);
            return at_most_price(quotient as i128 + up as i128);
        }
        at_most_price(div_half_even(price.units() as i128 * self.0 as i128, Self::ONE.0 as i128))
    }

    /// `price · (1 − self)`, rounded down to a multiple of `grid`; none at or below zero.
    #[inline]
    pub fn below(self, price: Price, grid: Price) -> Option<Price> {
        let kept = self.complement();
        let short =
            kept.millionths().and_then(|kept| kept.checked_mul(price.units().unsigned_abs()));
        let units = if let Some(scaled) = short {
            i64::try_from(scaled / 1_000_000).ok()?
        } else {
            let scaled = i128::from(price.units()) * i128::from(kept.0);
            i64::try_from(scaled / i128::from(Self::ONE.0)).ok()?
        };
        Price::from_units(units)?.floor_to(grid)
    }

    /// `price · (1 + self)`, rounded up to a multiple of `grid`; none beyond the largest price.
    #[inline]
    pub fn above(self, price: Price, grid: Price) -> Option<Price> {
        let scaled = i128::from(price.units()) * i128::from(Self::ONE.0 + self.0);
        let units = i64::try_from(super::div_ceil(scaled, i128::from(Self::ONE.0))).ok()?;
        Price::from_units(units)?.ceil_to(grid)
    }

    /// This share as a percentage, for display.
    pub fn percent(self) -> impl fmt::Display {
        Percent(self)
    }

    /// For statistics and drawings only.
    #[expect(clippy::cast_precision_loss, reason = "statistics and drawings only")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e12
    }
}

/// A share of a price: from zero to the price itself.
const fn at_most_price(units: i128) -> PriceDelta {
    #[expect(clippy::cast_possible_truncation, reason = "at most a price, an i64")]
    match PriceDelta::from_units(units as i64) {
        Some(delta) => delta,
        None => PriceDelta::ZERO,
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, i128::from(self.0), 12)
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rate({self})")
    }
}

text_as_decimal!(Rate);

struct Percent(Rate);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, i128::from(self.0.0), 10)
    }
}

/// A multiple of an indicator in units of 1e-6, as in an offset of `0.5 atr`; never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Multiple(i64);

impl Multiple {
    /// Units of 1e-6 in one.
    pub(super) const PER_ONE: i64 = 1_000_000;
    /// More than this is a typing error, not a setting.
    const MAX: i64 = 1_000 * Self::PER_ONE;

    /// Units of 1e-6.
    #[inline]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Reads plain decimal text from 0 to 1000; at most 6 decimals.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        match i64::try_from(fixed::parse::<6>(text.as_bytes())?) {
            Ok(units) if units <= Self::MAX => Ok(Self(units)),
            _ => Err(NumberError::TooLarge),
        }
    }
}

impl fmt::Display for Multiple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, i128::from(self.0), 6)
    }
}

impl fmt::Debug for Multiple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Multiple({self})")
    }
}

text_as_decimal!(Multiple);
