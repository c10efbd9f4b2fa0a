//! The Heikin-Ashi strategy (SPEC 3): a stop-limit entry above the last Heikin-Ashi candle, a
//! trailing stop-limit exit below it.

mod entry;
mod exit;
mod explain;
mod past;
mod settings;

use serde::{Deserialize, Serialize};

use past::Past;
pub use settings::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, HeikinAshiSettings, LastResort,
    Patience,
};

use super::{Desired, Explanation, StateError, Strategy, StrategySettings, TraderState, View};
use crate::market::{AverageTrueRange, Candle, HaCandle, HeikinAshi, MovingAverage, TickPrice};
use crate::num::{FinePrice, Price};

/// What the strategy has computed from the candles so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Indicators {
    heikin_ashi: HeikinAshi,
    candle: Option<HaCandle>,
    atr: Option<AverageTrueRange>,
    average: Option<MovingAverage>,
    /// Kept where settings can change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    past: Option<Past>,
}

/// The strategy for one trader.
#[derive(Debug, Clone)]
pub struct HeikinAshiStrategy {
    settings: HeikinAshiSettings,
    indicators: Indicators,
}

impl HeikinAshiStrategy {
    /// A strategy that has seen no candle. Where its settings change, its indicators begin anew: see
    /// [`HeikinAshiStrategy::changeable`].
    pub fn new(settings: HeikinAshiSettings) -> Self {
        let indicators = Indicators {
            heikin_ashi: HeikinAshi::default(),
            candle: None,
            atr: settings.needs_atr().then(AverageTrueRange::default),
            average: settings.entry.ma_filter.map(MovingAverage::new),
            past: None,
        };
        Self { settings, indicators }
    }

    /// A strategy that has seen no candle, and remembers what other settings may need of those to
    /// come.
    pub fn changeable(settings: HeikinAshiSettings) -> Self {
        let mut strategy = Self::new(settings);
        strategy.indicators.past = Some(Past::default());
        strategy
    }

    /// The last Heikin-Ashi candle.
    pub const fn candle(&self) -> Option<&HaCandle> {
        self.indicators.candle.as_ref()
    }

    #[inline]
    fn atr(&self) -> Option<FinePrice> {
        self.indicators.atr.as_ref().and_then(AverageTrueRange::value)
    }

    /// `floor_tick(ha_low − exit.trigger_offset)`.
    #[inline]
    fn stop_trigger(&self, view: &View<'_>, low: Price) -> Option<TickPrice> {
        let offset = self.settings.exit.trigger_offset.at(low, view.rules.tick, self.atr())?;
        view.rules.floor_tick(low.minus(offset)?)
    }

    /// `floor_tick(trigger − exit.limit_offset)`.
    fn stop_limit(&self, view: &View<'_>, trigger: TickPrice) -> Option<TickPrice> {
        let offset =
            self.settings.exit.limit_offset.at(trigger.price(), view.rules.tick, self.atr())?;
        view.rules.floor_tick(trigger.price().minus(offset)?)
    }
}

impl Strategy for HeikinAshiStrategy {
    fn name(&self) -> &'static str {
        "heikin_ashi"
    }

    #[inline]
    fn on_candle(&mut self, candle: &Candle) {
        let indicators = &mut self.indicators;
        indicators.candle = Some(indicators.heikin_ashi.update(candle));
        if let Some(atr) = &mut indicators.atr {
            atr.update(candle);
        }
        if let Some(average) = &mut indicators.average {
            average.update(candle.close());
        }
        if let Some(past) = &mut indicators.past {
            past.update(candle);
        }
    }

    fn desired(&self, view: &View<'_>, desired: &mut Desired) {
        if let Some(position) = &view.position.open {
            self.state_long(view, position, desired);
        } else if view.leave.is_none() && self.state(view) == TraderState::None {
            self.state_none(view, desired);
        }
    }

    fn state(&self, view: &View<'_>) -> TraderState {
        if view.position.is_open() {
            return TraderState::Long;
        }
        match view.position.last_exit {
            Some(exit) if view.closed < exit.candle + self.settings.rearm_after => {
                TraderState::ClosedLong
            }
            _ => TraderState::None,
        }
    }

    fn explain(&self, view: &View<'_>) -> Explanation {
        self.explanation(view)
    }

    fn settings(&self) -> Option<StrategySettings> {
        Some(StrategySettings::HeikinAshi(self.settings))
    }

    fn configure(&mut self, settings: &StrategySettings) {
        let StrategySettings::HeikinAshi(settings) = settings;
        let indicators = &mut self.indicators;
        let past = indicators.past.clone().unwrap_or_default();
        if settings.needs_atr() != indicators.atr.is_some() {
            indicators.atr = past.atr(settings);
        }
        let period = indicators.average.as_ref().map(MovingAverage::period);
        if settings.entry.ma_filter != period {
            indicators.average = past.average(settings);
        }
        self.settings = *settings;
    }

    fn save(&self) -> serde_json::Value {
        serde_json::to_value(&self.indicators).unwrap_or_default()
    }

    fn restore(&mut self, state: &serde_json::Value) -> Result<(), StateError> {
        let unfit = |why: &dyn std::fmt::Display| StateError(why.to_string());
        let mut saved: Indicators =
            serde_json::from_value(state.clone()).map_err(|error| unfit(&error))?;
        let same_average = saved.average.as_ref().map(MovingAverage::period)
            == self.indicators.average.as_ref().map(MovingAverage::period);
        if saved.atr.is_some() != self.indicators.atr.is_some() || !same_average {
            return Err(unfit(&"it was saved under settings with other indicators"));
        }
        if self.indicators.past.is_none() {
            saved.past = None;
        } else if saved.past.is_none() {
            saved.past = Some(Past::of(&saved));
        }
        self.indicators = saved;
        Ok(())
    }
}
