use crate::market::Candle;
use crate::num::{Quantity, Rate};
use crate::time::Span;

/// The options of the fill model. All are printed in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FillModel {
    /// What taking from the market costs beyond its price.
    pub slippage: Rate,
    /// How long a request is on its way to the exchange.
    pub latency: Span,
    /// The share of a candle's volume that orders may take; none for all that is asked.
    pub participation: Option<Rate>,
}

impl FillModel {
    /// What one of the four legs of a candle's path gives at most.
    pub fn depth(&self, candle: &Candle) -> Option<Quantity> {
        let share = candle.volume().share(self.participation?).units() / 4;
        Some(crate::num::Money::from_units(share).floor_quantity())
    }
}
