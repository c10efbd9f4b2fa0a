//! Starting is recovering: the journal says what was decided, the exchange what became of it.
//!
//! There is no second path. A first start recovers an empty journal; a start after a crash, a power
//! failure or an upgrade does what every start does.

use heikin_core::engine::{
    Command, Engine, EngineConfig, Gate, GateState, Input, Sequence, Standing, TraderSetup,
};
use heikin_core::market::{Candle, Symbol, SymbolRules};
use heikin_core::strategy::{FeeRates, HeikinAshiSettings, HeikinAshiStrategy};
use heikin_core::time::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

use super::crash_point::{CrashPoint, pass};
use super::journal::AccountJournal;
use crate::store::disk::RealDisk;
use crate::store::journal::Settings;
use crate::store::{Layout, Recovery, StoreError, recover};

/// A trader as it is configured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraderPlan {
    /// What it trades.
    pub symbol: Symbol,
    /// On which candles.
    pub interval: Interval,
    /// How.
    pub settings: HeikinAshiSettings,
    /// Behind which time a series begins that nothing is known of, so that enough candles come to
    /// seed its indicators; with the candle that is open, where that is not said.
    pub seed_after: Option<Timestamp>,
    /// Whether it trades: where it is retired, see [`super::roster`].
    pub standing: Standing,
}

/// What the exchange says of a symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketFacts {
    /// Its rules.
    pub rules: SymbolRules,
    /// What it charges.
    pub fees: FeeRates,
}

/// An engine brought to where the last process left it.
#[derive(Debug)]
pub struct Recovered {
    /// The engine.
    pub engine: Engine,
    /// Its journal, and the number of its last record.
    pub journal: (AccountJournal, Sequence),
    /// How it came to its state; none where nothing outlives the process.
    pub recovery: Option<Recovery>,
}

impl Recovered {
    /// Whether an order may ever have been sent: gates that fail then close entries, and before
    /// that end the process.
    pub fn has_history(&self) -> bool {
        self.journal.1 > 0
    }

    /// The record that the newest snapshot goes up to.
    pub fn snapshot(&self) -> Sequence {
        self.recovery.as_ref().map_or(0, |recovery| recovery.snapshot)
    }
}

/// An engine with these markets and traders, and nothing in it.
pub fn set_up(config: EngineConfig, markets: &[MarketFacts], traders: &[TraderPlan]) -> Engine {
    let mut engine = Engine::new(config);
    for market in markets {
        engine.add_market(market.rules.clone(), market.fees);
    }
    for plan in traders {
        let strategy = Box::new(HeikinAshiStrategy::changeable(plan.settings));
        let TraderPlan { symbol, interval, standing, .. } = *plan;
        // None only where the plan names a symbol that is in none of the markets.
        let added = engine.add_trader(TraderSetup { symbol, interval, strategy });
        if let Some(id) = added.filter(|_| standing == Standing::Retired) {
            engine.retire(id);
        }
    }
    engine
}

/// An engine with these markets and traders, brought to the state that the store records.
///
/// # Errors
///
/// Where the store is damaged beyond what can be left out, newer than this build, or of other
/// traders than the settings name.
pub fn recovered(
    config: EngineConfig,
    markets: &[MarketFacts],
    traders: &[TraderPlan],
    layout: Option<&Layout>,
) -> Result<Recovered, StoreError> {
    let mut engine = set_up(config, markets, traders);
    let Some(layout) = layout else {
        return Ok(Recovered { engine, journal: (AccountJournal::Memory, 0), recovery: None });
    };
    let (journal, recovery) = recover(&RealDisk, layout, Settings::default(), &mut engine)?;
    pass(CrashPoint::Recovered);
    let last = journal.last();
    let journal = (AccountJournal::Files(Box::new(journal)), last);
    Ok(Recovered { engine, journal, recovery: Some(recovery) })
}

/// What a start tells the engine: that it starts, its markets' rules and fees, and which gates are
/// `closed`. That it starts comes first: from then on it decides nothing until it has seen the account, and
/// what the process before this one knew is no ground to send anything. Rules are told though nothing has
/// changed, so that the journal says by which ones was decided.
pub fn first_inputs(engine: &Engine, markets: &[MarketFacts], closed: &[Gate]) -> Vec<Input> {
    let mut inputs = vec![Input::Started];
    for MarketFacts { rules, fees } in markets {
        inputs.push(Input::Rules(Box::new(rules.clone())));
        inputs.push(Input::Fees { symbol: rules.symbol, fees: *fees });
    }
    // Whatever closed a gate before is looked at anew.
    let set = |gate, state| Input::Command(Command::SetGate(gate, state));
    let open = engine.closed_gates().filter(|gate| !closed.contains(gate));
    inputs.extend(open.map(|gate| set(gate, GateState::Open)));
    inputs.extend(closed.iter().map(|gate| set(*gate, GateState::Closed)));
    inputs
}

/// A series is wanted from behind the candle that opened at this time on: the last one that is
/// known, or where it is to begin.
pub fn series_after(
    plan: &TraderPlan,
    engine: &Engine,
    number: usize,
    now: Timestamp,
) -> Timestamp {
    let known = engine.traders().get(number).and_then(|trader| trader.candle());
    known.map_or_else(|| plan.seed_after.unwrap_or(now - plan.interval.span()), Candle::open_time)
}
