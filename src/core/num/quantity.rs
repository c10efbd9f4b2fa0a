use std::fmt;

use super::{Money, NumberError, Rate, div_ceil, fixed, text_as_decimal};

/// An amount of an asset in units of 1e-8; never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The quantity of `units` × 1e-8, unless negative.
    #[inline]
    pub const fn from_units(units: i64) -> Option<Self> {
        if units >= 0 { Some(Self(units)) } else { None }
    }

    /// Units of 1e-8.
    #[inline]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Reads plain decimal text; at most 8 decimals.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        Self::parse_bytes(text.as_bytes())
    }

    /// [`Quantity::parse`] for text that is not yet known to be UTF-8.
    #[inline]
    pub fn parse_bytes(text: &[u8]) -> Result<Self, NumberError> {
        i64::try_from(fixed::parse::<8>(text)?)
            .map(Self)
            .map_err(|_too_large| NumberError::TooLarge)
    }

    /// Whether there is nothing.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; none beyond the largest quantity.
    #[inline]
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// What is left after taking `other`; none if there is not that much.
    #[inline]
    pub const fn minus(self, other: Self) -> Option<Self> {
        Self::from_units(self.0 - other.0)
    }

    /// What is left after taking `other`, or nothing.
    #[inline]
    pub const fn saturating_minus(self, other: Self) -> Self {
        if self.0 > other.0 { Self(self.0 - other.0) } else { Self::ZERO }
    }

    /// The largest multiple of `grid` not above this quantity; `grid` zero leaves it as it is.
    #[inline]
    pub const fn floor_to(self, grid: Self) -> Self {
        if grid.0 == 0 { self } else { Self(self.0 - self.over(grid)) }
    }

    /// Whether this quantity is a multiple of `grid`; any is of a grid of zero.
    #[inline]
    pub const fn is_multiple_of(self, grid: Self) -> bool {
        grid.0 == 0 || self.over(grid) == 0
    }

    /// How far above a multiple of `grid`, which must not be zero, this quantity is. Neither is
    /// negative, and unsigned division is the cheaper one.
    #[inline]
    const fn over(self, grid: Self) -> i64 {
        (self.0.cast_unsigned() % grid.0.cast_unsigned()).cast_signed()
    }

    /// The share `rate` of this quantity, rounded up at the 8th decimal: a commission.
    #[inline]
    pub const fn commission(self, rate: Rate) -> Self {
        if let Some(rate) = rate.millionths()
            && let Some(scaled) = rate.checked_mul(self.0.unsigned_abs())
        {
            #[expect(clippy::cast_possible_wrap, reason = "at most `self`, an i64")]
            return Self(scaled.div_ceil(1_000_000) as i64);
        }
        // A rate is at most 1, so the result is at most `self`.
        #[expect(clippy::cast_possible_truncation, reason = "at most `self`, an i64")]
        Self(div_ceil(self.0 as i128 * rate.units() as i128, Rate::ONE.units() as i128) as i64)
    }

    /// For statistics and drawings only: never turned back into a quantity.
    #[expect(clippy::cast_precision_loss, reason = "statistics and drawings only")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e8
    }

    /// The same amount as [`Money`].
    #[inline]
    pub const fn to_money(self) -> Money {
        Money::from_units(self.0 as i128 * super::UNITS_PER_ONE as i128)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, i128::from(self.0), 8)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quantity({self})")
    }
}

text_as_decimal!(Quantity);
