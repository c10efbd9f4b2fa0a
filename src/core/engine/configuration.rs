//! Settings that change while the engine runs: what it trades by is part of its state, so that a
//! restart goes on with them and a replay decides by those that held.

use serde::{Deserialize, Serialize};

use super::{Engine, Touched, Trader};
use crate::order::TraderId;
use crate::risk::RiskLimits;
use crate::strategy::StrategySettings;

/// What holds, beside what stands in the configuration. Where the two differ, somebody has chosen
/// otherwise while the engine ran; the engine itself only remembers what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Chosen<T> {
    /// What holds.
    pub value: T,
    /// What the configuration said when it was last read.
    pub written: T,
}

/// A change of settings, all of it in one step.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Configuration {
    /// The account's limits, at once; none where they stay.
    pub limits: Option<Chosen<RiskLimits>>,
    /// How traders trade, from their next candle's close on.
    pub traders: Vec<(TraderId, Chosen<StrategySettings>)>,
}

impl Engine {
    /// The account's limits, and what the configuration said of them; none where it was never told.
    pub fn chosen_limits(&self) -> Option<Chosen<RiskLimits>> {
        self.written_limits.map(|written| Chosen { value: self.config.limits, written })
    }

    pub(super) fn configure(&mut self, configuration: &Configuration) -> Touched {
        if let Some(limits) = configuration.limits {
            self.config.limits = limits.value;
            self.written_limits = Some(limits.written);
        }
        for (id, chosen) in &configuration.traders {
            if let Some(trader) = self.traders.get_mut(usize::from(id.0)) {
                trader.configure(chosen);
            }
        }
        Touched::All
    }
}

impl Trader {
    /// The settings that hold from the next candle's close on: those of now, where nothing is to
    /// change. None for a strategy that has none.
    pub fn settings(&self) -> Option<StrategySettings> {
        self.next_settings.as_deref().copied().or_else(|| self.strategy.settings())
    }

    /// Whether other settings than those of now hold from the next candle's close on.
    pub const fn settings_change(&self) -> bool {
        self.next_settings.is_some()
    }

    /// Its settings, and what the configuration said of them; none where it was never told.
    pub fn chosen_settings(&self) -> Option<Chosen<StrategySettings>> {
        Some(Chosen { value: self.settings()?, written: self.written? })
    }

    fn configure(&mut self, chosen: &Chosen<StrategySettings>) {
        self.written = Some(chosen.written);
        let is_news = self.strategy.settings() != Some(chosen.value);
        self.next_settings = is_news.then(|| Box::new(chosen.value));
        if self.closed == 0 {
            // Nothing was decided yet.
            self.take_settings();
        }
    }

    /// The settings that were chosen during the last candle hold from its close on.
    #[inline]
    pub(super) fn take_settings(&mut self) {
        if let Some(settings) = self.next_settings.take() {
            self.strategy.configure(&settings);
        }
    }
}
