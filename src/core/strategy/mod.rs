//! Strategies state which orders *should* be open; they never place or cancel anything.
//!
//! A strategy keeps only what it computes from closed candles. Everything else that it needs to
//! state its orders it is shown in a [`View`]: position, standing decisions, the orders made for
//! them, quote, balance. [`Strategy::desired`] is a pure function of the two, so asking twice
//! changes nothing, and a restart, a lost message or a hand on the exchange is healed by asking
//! again. `examples/moving_average_cross.rs` is a strategy written against this alone.

mod explain;
mod heikin_ashi;
mod leave;
mod offset;
mod sizing;
mod view;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use explain::{Explanation, RuleOutcome};
pub use heikin_ashi::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, HeikinAshiSettings,
    HeikinAshiStrategy, LastResort, Patience,
};
pub use leave::{Clock, Leaving, REPRICE_PAUSE, Step};
pub use offset::{Offset, OffsetError};
pub use sizing::Sizing;
pub use view::{Desired, FeeRates, Funds, Leave, Statement, TraderState, View};

use crate::market::Candle;

/// A saved state that does not fit the strategy it is given to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the saved state does not fit the strategy: {0}")]
pub struct StateError(pub String);

/// The settings of a strategy, as they are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrategySettings {
    /// Those of [`HeikinAshiStrategy`].
    HeikinAshi(HeikinAshiSettings),
}

/// One way to trade one symbol on one interval.
pub trait Strategy: fmt::Debug + Send {
    /// Its name in settings and reports.
    fn name(&self) -> &'static str;

    /// Takes in the next closed candle. Besides [`Strategy::configure`] nothing changes the strategy.
    fn on_candle(&mut self, candle: &Candle);

    /// States the orders that should be open now.
    ///
    /// A slot that is not mentioned should be empty. A statement equal to the slot's standing
    /// decision changes nothing; [`Desired::keep`] restates it.
    fn desired(&self, view: &View<'_>, desired: &mut Desired);

    /// The trader's state as people are told.
    fn state(&self, view: &View<'_>) -> TraderState {
        if view.position.is_open() { TraderState::Long } else { TraderState::None }
    }

    /// What it sees at the last candle, and how its rules come out: for people. The default says
    /// nothing.
    fn explain(&self, _view: &View<'_>) -> Explanation {
        Explanation::default()
    }

    /// Its settings; none where they never change.
    fn settings(&self) -> Option<StrategySettings> {
        None
    }

    /// Trades by other settings from now on, and goes on from what it has seen. Settings of another
    /// strategy change nothing.
    fn configure(&mut self, _settings: &StrategySettings) {}

    /// What it has computed from the candles so far.
    fn save(&self) -> serde_json::Value;

    /// Continues from a saved state.
    fn restore(&mut self, state: &serde_json::Value) -> Result<(), StateError>;
}
