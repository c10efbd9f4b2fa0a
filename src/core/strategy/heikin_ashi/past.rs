use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{HeikinAshiSettings, Indicators};
use crate::market::{AverageTrueRange, Candle, MovingAverage};
use crate::num::Price;

/// As many closes as a series is seeded from at most: settings that change find what a start with
/// them would find.
const CLOSES: usize = 1_000;

/// What other settings may need of the candles so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Past {
    atr: AverageTrueRange,
    /// The last closes, oldest first.
    closes: VecDeque<Price>,
}

impl Past {
    /// As far as indicators that were saved without it tell.
    pub(super) fn of(indicators: &Indicators) -> Self {
        let closes = indicators.average.as_ref().map(|average| average.closes().collect());
        Self { atr: indicators.atr.unwrap_or_default(), closes: closes.unwrap_or_default() }
    }

    pub(super) fn update(&mut self, candle: &Candle) {
        self.atr.update(candle);
        if self.closes.len() == CLOSES {
            self.closes.pop_front();
        }
        self.closes.push_back(candle.close());
    }

    pub(super) fn atr(&self, settings: &HeikinAshiSettings) -> Option<AverageTrueRange> {
        settings.needs_atr().then_some(self.atr)
    }

    pub(super) fn average(&self, settings: &HeikinAshiSettings) -> Option<MovingAverage> {
        settings.entry.ma_filter.map(|period| {
            let mut average = MovingAverage::new(period);
            self.closes.iter().for_each(|close| average.update(*close));
            average
        })
    }
}
