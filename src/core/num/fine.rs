use std::fmt;

use super::{Multiple, Price, PriceDelta};

/// The running value of an indicator: a price with 56 binary guard digits below 1e-8.
///
/// The recursions of Heikin-Ashi and of Wilder's average are not rounded on the way; only what
/// becomes part of an order is, once, by [`FinePrice::round`] or [`FinePrice::times`]. One step
/// loses less than 2⁻⁵⁶ of 1e-8 and each recursion forgets old errors, so the loss stays below
/// 2⁻⁵² of 1e-8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinePrice(i128);

const GUARD_BITS: u32 = 56;
const HALF: i128 = 1 << (GUARD_BITS - 1);
const FRACTION_MASK: i128 = (1 << GUARD_BITS) - 1;

impl FinePrice {
    /// A price, exactly.
    #[inline]
    pub const fn from_price(price: Price) -> Self {
        Self((price.units() as i128) << GUARD_BITS)
    }

    /// A distance, exactly.
    #[inline]
    pub const fn from_delta(delta: PriceDelta) -> Self {
        Self((delta.units() as i128) << GUARD_BITS)
    }

    /// `(a + b) / 2`.
    #[inline]
    pub const fn mean_of_two(a: Self, b: Self) -> Self {
        Self((a.0 + b.0) >> 1)
    }

    /// `(a + b + c + d) / 4`, exactly.
    #[inline]
    pub const fn mean_of_four(a: Price, b: Price, c: Price, d: Price) -> Self {
        let sum = a.units() as i128 + b.units() as i128 + c.units() as i128 + d.units() as i128;
        Self(sum << (GUARD_BITS - 2))
    }

    /// `(13 · self + next) / 14`: one step of Wilder's average over 14.
    #[inline]
    pub const fn wilder_14(self, next: Self) -> Self {
        Self(div_14(self.0 * 13 + next.0))
    }

    /// `sum / 14`: where Wilder's average over 14 begins.
    pub const fn fourteenth(self) -> Self {
        Self(div_14(self.0))
    }

    /// The sum of two values.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// Units of 1e-8, rounded half to even.
    #[inline]
    const fn rounded_units(self) -> i128 {
        let whole = self.0 >> GUARD_BITS;
        let fraction = self.0 & FRACTION_MASK;
        whole + (fraction > HALF || (fraction == HALF && whole & 1 == 1)) as i128
    }

    /// This value rounded half to even at the 8th decimal; none where that is not a price.
    #[inline]
    pub fn round(self) -> Option<Price> {
        i64::try_from(self.rounded_units()).ok().and_then(Price::from_units)
    }

    /// `multiple · self`, rounded half to even at the 8th decimal; none beyond the largest distance.
    pub fn times(self, multiple: Multiple) -> Option<PriceDelta> {
        // Whole and fraction apart, so that neither product leaves 128 bits.
        let factor = i128::from(multiple.units());
        let fraction = (self.0 & FRACTION_MASK) * factor;
        let scaled = (self.0 >> GUARD_BITS) * factor + (fraction >> GUARD_BITS);
        let (quotient, rest) = if let Ok(short) = u64::try_from(scaled) {
            // A machine word divides several times faster than 128 bits.
            let per_one = Multiple::PER_ONE.unsigned_abs();
            (i128::from(short / per_one), i128::from(short % per_one))
        } else {
            let per_one = i128::from(Multiple::PER_ONE);
            (scaled / per_one, scaled % per_one)
        };
        let (twice, per_one) = (rest * 2, i128::from(Multiple::PER_ONE));
        let beyond = fraction & FRACTION_MASK != 0;
        let up = twice > per_one || (twice == per_one && (beyond || quotient % 2 == 1));
        i64::try_from(quotient + i128::from(up)).ok().and_then(PriceDelta::from_units)
    }

    /// The guard-digit integer, for snapshots.
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// The value of a guard-digit integer taken by [`FinePrice::raw`].
    pub const fn from_raw(raw: i128) -> Self {
        Self(raw)
    }

    /// For statistics, drawings and comparison with other libraries only.
    #[expect(clippy::cast_precision_loss, reason = "statistics and drawings only")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / (HALF as f64 * 2.0) / 1e8
    }
}

/// `value / 14` for a value from zero up, in 32-bit limbs: a 128-bit division by a constant is a
/// library call, four word divisions by a constant are multiplications.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "limbs of a value from zero up, each quotient below 2^32"
)]
const fn div_14(value: i128) -> i128 {
    let value = value as u128;
    let mut quotient = 0_u128;
    let mut rest = 0_u64;
    let mut shift = 128;
    while shift > 0 {
        shift -= 32;
        let limb = (rest << 32) | ((value >> shift) as u64 & 0xffff_ffff);
        quotient = (quotient << 32) | (limb / 14) as u128;
        rest = limb % 14;
    }
    quotient as i128
}

impl fmt::Debug for FinePrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FinePrice({})", self.to_f64())
    }
}

impl serde::Serialize for FinePrice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Text: JSON numbers lose digits beyond 2^53 in most readers.
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for FinePrice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}
