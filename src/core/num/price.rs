use std::fmt;

use super::{Money, NumberError, Quantity, fixed, text_as_decimal};

/// A price in the quote asset for one unit of the base asset; units of 1e-8, always above zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(i64);

impl Price {
    /// The price of `units` × 1e-8, if that is above zero.
    #[inline]
    pub const fn from_units(units: i64) -> Option<Self> {
        if units > 0 { Some(Self(units)) } else { None }
    }

    /// Units of 1e-8.
    #[inline]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Reads plain decimal text; at most 8 decimals, above zero.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        Self::parse_bytes(text.as_bytes())
    }

    /// [`Price::parse`] for text that is not yet known to be UTF-8.
    #[inline]
    pub fn parse_bytes(text: &[u8]) -> Result<Self, NumberError> {
        match i64::try_from(fixed::parse::<8>(text)?) {
            Ok(0) => Err(NumberError::NotPositive),
            Ok(units) => Ok(Self(units)),
            Err(_) => Err(NumberError::TooLarge),
        }
    }

    /// This price raised by `delta`; none beyond the largest price.
    #[inline]
    pub const fn plus(self, delta: PriceDelta) -> Option<Self> {
        match self.0.checked_add(delta.0) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// This price lowered by `delta`; none at or below zero.
    #[inline]
    pub const fn minus(self, delta: PriceDelta) -> Option<Self> {
        Self::from_units(self.0 - delta.0)
    }

    /// How far apart two prices are.
    #[inline]
    pub const fn distance(self, other: Self) -> PriceDelta {
        PriceDelta((self.0 - other.0).abs())
    }

    /// The largest multiple of `grid` not above this price; none if that is zero.
    #[inline]
    pub const fn floor_to(self, grid: Self) -> Option<Self> {
        Self::from_units(self.0 - self.over(grid))
    }

    /// The smallest multiple of `grid` not below this price; none beyond the largest price.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "one division and a sum")]
    pub const fn ceil_to(self, grid: Self) -> Option<Self> {
        let over = self.over(grid);
        if over == 0 {
            return Some(self);
        }
        match self.0.checked_add(grid.0 - over) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }

    /// Whether this price is a multiple of `grid`.
    #[inline]
    pub const fn is_multiple_of(self, grid: Self) -> bool {
        self.over(grid) == 0
    }

    /// How far above a multiple of `grid` this price is. Neither is negative, and unsigned division
    /// is the cheaper one.
    #[inline]
    const fn over(self, grid: Self) -> i64 {
        (self.0.cast_unsigned() % grid.0.cast_unsigned()).cast_signed()
    }

    /// What `quantity` is worth at this price, exactly.
    #[inline]
    pub const fn times(self, quantity: Quantity) -> Money {
        // Both fit 63 bits, so the product fits 126.
        Money::from_units(self.0 as i128 * quantity.units() as i128)
    }

    /// For statistics and drawings only: never turned back into a price.
    #[expect(clippy::cast_precision_loss, reason = "statistics and drawings only")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e8
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, i128::from(self.0), 8)
    }
}

impl fmt::Debug for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Price({self})")
    }
}

text_as_decimal!(Price);

/// A distance between two prices, in units of 1e-8 of the quote asset; never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PriceDelta(i64);

impl PriceDelta {
    /// No distance.
    pub const ZERO: Self = Self(0);

    /// The distance of `units` × 1e-8, unless negative.
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
        i64::try_from(fixed::parse::<8>(text.as_bytes())?)
            .map(Self)
            .map_err(|_too_large| NumberError::TooLarge)
    }

    /// This distance `count` times; none beyond the largest distance.
    pub const fn times(self, count: u32) -> Option<Self> {
        match self.0.checked_mul(count as i64) {
            Some(units) => Some(Self(units)),
            None => None,
        }
    }
}

impl From<Price> for PriceDelta {
    fn from(price: Price) -> Self {
        Self(price.0)
    }
}

impl fmt::Display for PriceDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, i128::from(self.0), 8)
    }
}

impl fmt::Debug for PriceDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PriceDelta({self})")
    }
}

text_as_decimal!(PriceDelta);
