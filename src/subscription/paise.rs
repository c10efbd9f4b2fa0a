use std::fmt;
use std::str::FromStr;

use heikin_core::num::Rate;
use serde::{Deserialize, Serialize};

/// An amount of rupees in paise, never negative. Razorpay's own unit (₹499 is 49900).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Paise(u64);

impl Paise {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that one price or bill may be: ten million rupees. Sums of all that a person ever
    /// paid stay far from the type's own end.
    pub const MOST: Self = Self(1_000_000_000);

    /// So many paise.
    pub const fn new(paise: u64) -> Self {
        Self(paise)
    }

    /// The number of paise.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This and another amount; at the end of the type it stays there.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left without another amount; nothing, where that is larger.
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// A share of it, rounded half up to the paisa: the one rounding in a bill.
    pub fn share(self, rate: Rate) -> Self {
        let one = i128::from(Rate::ONE.units());
        let exact = i128::from(self.0) * i128::from(rate.units());
        let rounded = (exact + one / 2).div_euclid(one);
        Self(u64::try_from(rounded).unwrap_or(0))
    }
}

impl std::iter::Sum for Paise {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

/// `₹499.00`.
impl fmt::Display for Paise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "₹{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A text that is no amount of rupees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaiseError {
    /// Letters, a sign, an exponent, nothing.
    #[error("is no amount of rupees, such as 499 or 499.50")]
    NotANumber,
    /// Half a paisa cannot be paid.
    #[error("has more than two decimals: there is nothing below a paisa")]
    TooFine,
    /// More than [`Paise::MOST`].
    #[error("is more than ₹10000000")]
    TooLarge,
    /// Below nothing.
    #[error("is negative")]
    Negative,
}

/// Rupees as people write them: `499`, `499.5`, `499.50`.
impl FromStr for Paise {
    type Err = PaiseError;

    fn from_str(text: &str) -> Result<Self, PaiseError> {
        let (rupees, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if text.starts_with('-') {
            return Err(PaiseError::Negative);
        }
        if rupees.is_empty() || !is_digits(rupees) || !is_digits(decimals) || text.ends_with('.') {
            return Err(PaiseError::NotANumber);
        }
        if decimals.len() > 2 {
            return Err(PaiseError::TooFine);
        }
        let number = |part: &str| part.parse::<u64>().map_err(|_too_long| PaiseError::TooLarge);
        let paise = number(&format!("{rupees}{decimals:0<2}"))?;
        if paise > Self::MOST.0 { Err(PaiseError::TooLarge) } else { Ok(Self(paise)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupees_are_read_exactly_or_refused() {
        for (text, paise) in
            [("499", 49_900), ("499.5", 49_950), ("0.01", 1), ("10000000", 1_000_000_000)]
        {
            assert_eq!(text.parse(), Ok(Paise(paise)), "{text}");
        }
        for (text, error) in [
            ("-1", PaiseError::Negative),
            ("-0.001", PaiseError::Negative),
            ("1.005", PaiseError::TooFine),
            ("10000000.01", PaiseError::TooLarge),
            ("99999999999999999999", PaiseError::TooLarge),
            ("", PaiseError::NotANumber),
            (".5", PaiseError::NotANumber),
            ("5.", PaiseError::NotANumber),
            ("1e3", PaiseError::NotANumber),
            ("₹5", PaiseError::NotANumber),
            ("१", PaiseError::NotANumber),
        ] {
            assert_eq!(text.parse::<Paise>(), Err(error), "{text}");
        }
        assert_eq!(Paise(49_905).to_string(), "₹499.05");
    }

    #[test]
    fn a_share_is_rounded_half_up() {
        let share = |paise, percent| Paise(paise).share(Rate::from_percent(percent).unwrap());
        assert_eq!(share(49_900, "2"), Paise(998));
        assert_eq!(share(998, "18"), Paise(180), "179.64");
        assert_eq!(share(25, "2"), Paise(1), "0.5");
        assert_eq!(share(24, "2"), Paise(0), "0.48");
        assert_eq!(share(1_000_000_000, "100"), Paise(1_000_000_000));
    }
}
