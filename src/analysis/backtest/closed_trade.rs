//! How a position was left.

use std::fmt;

use heikin_core::ledger::{Liquidity, Trade};
use heikin_core::matching::PointKind;
use heikin_core::order::{Part, Reason};

/// How a position was left, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitKind {
    /// The stop triggered on the walk and filled there.
    Stop,
    /// The open jumped over the stop's trigger, and the stop filled at the open.
    Gap,
    /// A triggered stop, or its rescue, had to rest first.
    Rest,
    /// The rescue filled at once.
    Rescue,
    /// The Heikin-Ashi candle turned red.
    Red,
    /// The raised stop was through already and was sold at the close.
    Close,
    /// The rescue came to its floor and was sold at market.
    LastResort,
    /// The take-profit price was reached.
    Target,
    /// None of these.
    Other,
}

impl ExitKind {
    /// The kind of a trade that was closed at a point of this kind by a sale of this part.
    pub fn of(trade: &Trade, part: Part, point: PointKind) -> Self {
        match (trade.exit_reason, trade.exit_liquidity, point) {
            _ if part == Part::TargetLeg => Self::Target,
            (Reason::Stop | Reason::Rescue, Liquidity::Maker, _) => Self::Rest,
            (Reason::Stop, Liquidity::Taker, PointKind::Open) => Self::Gap,
            (Reason::Stop, Liquidity::Taker, PointKind::Walk | PointKind::Close) => Self::Stop,
            (Reason::Rescue, Liquidity::Taker, _) => Self::Rescue,
            (Reason::RedCandle, ..) => Self::Red,
            (Reason::StopAlreadyThrough, ..) => Self::Close,
            (Reason::LastResort, ..) => Self::LastResort,
            (Reason::TakeProfit, ..) => Self::Target,
            _ => Self::Other,
        }
    }

    /// The word in files and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Gap => "gap",
            Self::Rest => "rest",
            Self::Rescue => "rescue",
            Self::Red => "red",
            Self::Close => "close",
            Self::LastResort => "last_resort",
            Self::Target => "target",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ExitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
