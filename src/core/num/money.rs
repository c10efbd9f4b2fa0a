use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use super::{NumberError, Price, Quantity, Rate, UNITS_PER_ONE, div_ceil, fixed, text_as_decimal};

/// A signed amount of one asset in units of 1e-16: price × quantity fits exactly.
///
/// Sums stay far inside the range: it ends at 1.7e22, the largest single product is 8.5e21, and
/// the release build stops on overflow instead of wrapping.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The amount of `units` × 1e-16.
    #[inline]
    pub const fn from_units(units: i128) -> Self {
        Self(units)
    }

    /// Units of 1e-16.
    #[inline]
    pub const fn units(self) -> i128 {
        self.0
    }

    /// Reads decimal text, with or without a sign; at most 16 decimals.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let units = i128::try_from(fixed::parse::<16>(digits.as_bytes())?)
            .map_err(|_too_large| NumberError::TooLarge)?;
        Ok(Self(if negative { -units } else { units }))
    }

    /// Whether the amount is below zero.
    #[inline]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether there is nothing.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The share `rate` of this amount, rounded up at the 8th decimal: a commission.
    ///
    /// The amount must not be negative.
    pub fn commission(self, rate: Rate) -> Quantity {
        let one = i128::from(Rate::ONE.units());
        let rate = i128::from(rate.units());
        // ⌈x/n⌉ = ⌈⌈x⌉/n⌉ for whole n, so the two divisions round as one; splitting keeps the
        // product inside 128 bits.
        let share = self.0 / one * rate + div_ceil(self.0 % one * rate, one);
        let units = div_ceil(share, i128::from(UNITS_PER_ONE));
        i64::try_from(units).ok().and_then(Quantity::from_units).unwrap_or(Quantity::ZERO)
    }

    /// The share `rate` of this amount, rounded towards zero at 1e-16.
    pub fn share(self, rate: Rate) -> Self {
        let one = i128::from(Rate::ONE.units());
        let rate = i128::from(rate.units());
        Self(self.0 / one * rate + self.0 % one * rate / one)
    }

    /// How much can be bought for this amount at `price`, rounded down at the 8th decimal.
    ///
    /// Nothing where the amount is negative; the largest quantity where it would be more.
    #[inline]
    pub fn quantity_at(self, price: Price) -> Quantity {
        if self.0 <= 0 {
            return Quantity::ZERO;
        }
        let units = match u64::try_from(self.0) {
            // A machine word divides several times faster than 128 bits.
            Ok(small) => i64::try_from(small / price.units().unsigned_abs()),
            Err(_) => i64::try_from(self.0 / i128::from(price.units())),
        };
        Quantity::from_units(units.unwrap_or(i64::MAX)).unwrap_or(Quantity::ZERO)
    }

    /// The price at which `quantity` is worth this amount, rounded half to even at the 8th
    /// decimal; none for no quantity, or where that is not a price. For averages that are shown.
    pub fn price_of(self, quantity: Quantity) -> Option<Price> {
        if self.0 <= 0 || quantity.is_zero() {
            return None;
        }
        let units = super::div_half_even(self.0, i128::from(quantity.units()));
        i64::try_from(units).ok().and_then(Price::from_units)
    }

    /// The whole 1e-8 units of this amount, rounded towards zero; nothing where it is negative.
    pub fn floor_quantity(self) -> Quantity {
        let units = self.0.max(0) / i128::from(UNITS_PER_ONE);
        Quantity::from_units(i64::try_from(units).unwrap_or(i64::MAX)).unwrap_or(Quantity::ZERO)
    }

    /// For statistics and drawings only: never turned back into money.
    #[expect(clippy::cast_precision_loss, reason = "statistics and drawings only")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e16
    }
}

impl Add for Money {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl From<Quantity> for Money {
    fn from(quantity: Quantity) -> Self {
        quantity.to_money()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fixed::write(f, self.0, 16)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

text_as_decimal!(Money);
