use std::fmt;

use super::MINUTE_DEVIATION;
use super::chance::Chance;

/// How the market behaves for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Regime {
    /// It rises, with setbacks.
    TrendUp,
    /// It falls, with recoveries.
    TrendDown,
    /// It goes nowhere, around a middle.
    Range,
    /// It falls fast.
    Crash,
    /// It jumps over prices at an open, either way, and is nervous afterwards.
    Gap,
    /// It makes up for a fall.
    Recovery,
}

/// What follows a regime.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub(super) regime: Regime,
    /// How many candles of the pace it lasts.
    pub(super) candles: i64,
    /// The jump it begins with, in percent of a candle's usual deviation.
    pub(super) gap: i64,
}

/// Where the price is, seen from where the market began: the further away, the likelier the way
/// back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lean {
    Up,
    None,
    Down,
}

impl Lean {
    pub(super) const fn of(price: i64, first: i64) -> Self {
        if price / 2 >= first {
            Self::Down
        } else if price <= first / 2 {
            Self::Up
        } else {
            Self::None
        }
    }
}

impl Regime {
    /// Every regime.
    pub const ALL: [Self; 6] =
        [Self::TrendUp, Self::TrendDown, Self::Range, Self::Crash, Self::Gap, Self::Recovery];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrendUp => "trend up",
            Self::TrendDown => "trend down",
            Self::Range => "range",
            Self::Crash => "crash",
            Self::Gap => "gap",
            Self::Recovery => "recovery",
        }
    }

    /// How many candles of the pace it usually lasts.
    pub(super) const fn candles(self) -> i64 {
        match self {
            Self::TrendUp => 30,
            Self::TrendDown => 26,
            Self::Range => 24,
            Self::Crash => 5,
            Self::Gap => 4,
            Self::Recovery => 14,
        }
    }

    /// What a candle of the pace is expected to return, in percent of its usual deviation.
    pub(super) const fn drift(self) -> i64 {
        match self {
            Self::TrendUp => 17,
            Self::TrendDown => -20,
            Self::Range | Self::Gap => 0,
            Self::Crash => -150,
            Self::Recovery => 36,
        }
    }

    /// The variance of a minute's return.
    pub(super) const fn variance(self) -> i64 {
        let percent_of_usual = match self {
            Self::TrendUp => 100,
            Self::TrendDown => 110,
            Self::Range => 75,
            Self::Crash => 220,
            Self::Gap => 160,
            Self::Recovery => 130,
        };
        let deviation = MINUTE_DEVIATION * percent_of_usual / 100;
        deviation * deviation
    }

    /// How likely each regime follows, in the order of [`Regime::ALL`].
    const fn weights(self) -> [i64; 6] {
        match self {
            Self::TrendUp => [0, 25, 45, 15, 15, 0],
            Self::TrendDown => [15, 0, 45, 15, 10, 15],
            Self::Range => [40, 25, 0, 15, 20, 0],
            Self::Crash => [0, 15, 10, 0, 5, 70],
            Self::Gap => [35, 30, 30, 5, 0, 0],
            Self::Recovery => [40, 10, 45, 0, 5, 0],
        }
    }

    /// What follows, where, and for how long.
    pub(super) fn next(self, lean: Lean, chance: &mut Chance) -> Next {
        let weight = |(regime, weight): (Self, i64)| (regime, weight * regime.favor(lean));
        let weights = Self::ALL.into_iter().zip(self.weights()).map(weight);
        let total: i64 = weights.clone().map(|(_, weight)| weight).sum();
        let mut drawn = chance.between(1, total);
        let mut regime = Self::Range;
        for (candidate, weight) in weights {
            if drawn <= weight {
                regime = candidate;
                break;
            }
            drawn -= weight;
        }
        let candles = (regime.candles() * chance.between(50, 150) / 100).max(1);
        let gap = if regime == Self::Gap { gap(lean, chance) } else { 0 };
        Next { regime, candles, gap }
    }

    /// How much likelier the regime is where the market leans.
    const fn favor(self, lean: Lean) -> i64 {
        match (lean, self) {
            (Lean::Up, Self::TrendUp | Self::Recovery)
            | (Lean::Down, Self::TrendDown | Self::Crash) => 6,
            (Lean::Up, Self::TrendDown | Self::Crash)
            | (Lean::Down, Self::TrendUp | Self::Recovery) => 1,
            _ => 3,
        }
    }
}

/// The size of a jump, in percent of a candle's usual deviation.
fn gap(lean: Lean, chance: &mut Chance) -> i64 {
    let size = chance.between(300, 700);
    let falls = match lean {
        Lean::Up => 20,
        Lean::None => 50,
        Lean::Down => 80,
    };
    if chance.between(1, 100) <= falls { -size } else { size }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
