use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Alert, Body, Engine, Gate, Record, RiskCounters, Status, Sync};
use crate::ledger::{Balances, Position};
use crate::market::{Candle, Quote, Symbol, SymbolRules};
use crate::order::SlotState;
use crate::risk::RiskLimits;
use crate::strategy::{FeeRates, Leave, StrategySettings};
use crate::time::{Interval, Timestamp};

/// The version of [`Snapshot`] that this build writes. A newer one is refused.
const SNAPSHOT_VERSION: u32 = 2;

/// The engine's whole state as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    version: u32,
    clock: Timestamp,
    status: Status,
    sync: Sync,
    stopped: bool,
    panicked: bool,
    gates: BTreeSet<Gate>,
    #[serde(default)]
    strangers: usize,
    balances: Balances,
    counters: RiskCounters,
    markets: Vec<MarketState>,
    traders: Vec<TraderState>,
    pending: VecDeque<Alert>,
    /// None before version 2, which knew no settings.
    #[serde(default)]
    limits: Option<Limits>,
}

impl Snapshot {
    /// Whether this build knows its version: to be asked before anything is opened to be written.
    ///
    /// # Errors
    ///
    /// Where a newer build wrote it.
    pub const fn check_version(&self) -> Result<(), SnapshotError> {
        if self.version > SNAPSHOT_VERSION {
            return Err(SnapshotError::Newer { found: self.version, known: SNAPSHOT_VERSION });
        }
        Ok(())
    }
}

/// The limits that hold, and those that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Limits {
    value: RiskLimits,
    written: Option<RiskLimits>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MarketState {
    rules: SymbolRules,
    fees: FeeRates,
    quote: Option<Quote>,
    foreign_algo_orders: u32,
    rules_wanted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TraderState {
    symbol: Symbol,
    interval: Interval,
    strategy: String,
    indicators: serde_json::Value,
    closed: u64,
    candle: Option<Candle>,
    position: Position,
    slots: Vec<SlotState>,
    paused: bool,
    leave: Option<Leave>,
    alarmed: bool,
    /// None before version 2, and for a strategy that has none.
    #[serde(default)]
    settings: Option<StrategySettings>,
    #[serde(default)]
    next_settings: Option<StrategySettings>,
    #[serde(default)]
    written: Option<StrategySettings>,
}

/// Why a snapshot does not fit the engine that it is given to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Written by a newer version of heikin.
    #[error(
        "the state was saved by a newer version of heikin (format {found}, this one reads {known}): start that version"
    )]
    Newer {
        /// The format that was found.
        found: u32,
        /// The newest format that is known.
        known: u32,
    },
    /// The settings have other traders than were saved.
    #[error(
        "trader {number} was saved as {saved}, but the settings say {configured}: an open position could be lost; close it first, or restore the old settings"
    )]
    OtherTrader {
        /// Which trader.
        number: usize,
        /// What was saved.
        saved: String,
        /// What is configured.
        configured: String,
    },
    /// The indicators do not fit the strategy's settings.
    #[error("trader {number}: {source}; seed its series anew")]
    OtherIndicators {
        /// Which trader.
        number: usize,
        /// Why.
        source: crate::strategy::StateError,
    },
}

impl Engine {
    /// The whole state as plain data.
    pub fn snapshot(&self) -> Snapshot {
        let market = |market: &super::Market| MarketState {
            rules: market.rules.clone(),
            fees: market.fees,
            quote: market.quote,
            foreign_algo_orders: market.foreign_algo_orders,
            rules_wanted: market.rules_wanted,
        };
        let trader = |trader: &super::Trader| TraderState {
            symbol: self.symbol_of(trader),
            interval: trader.interval,
            strategy: trader.strategy.name().to_owned(),
            indicators: trader.strategy.save(),
            closed: trader.closed,
            candle: trader.candle,
            position: trader.position.clone(),
            slots: trader.slots.clone(),
            paused: trader.paused,
            leave: trader.leave,
            alarmed: trader.alarmed,
            settings: trader.strategy.settings(),
            next_settings: trader.next_settings.as_deref().copied(),
            written: trader.written,
        };
        Snapshot {
            version: SNAPSHOT_VERSION,
            clock: self.clock,
            status: self.status,
            sync: self.sync,
            stopped: self.stopped,
            panicked: self.panicked,
            gates: self.gates.clone(),
            strangers: self.strangers,
            balances: self.balances.clone(),
            counters: self.counters.clone(),
            markets: self.markets.iter().map(market).collect(),
            traders: self.traders.iter().map(trader).collect(),
            pending: self.pending.clone(),
            limits: Some(Limits { value: self.config.limits, written: self.written_limits }),
        }
    }

    #[expect(clippy::expect_used, reason = "a trader is added only to a market that exists")]
    fn symbol_of(&self, trader: &super::Trader) -> Symbol {
        let market = self.markets.get(trader.market).expect("a trader has a market");
        market.rules.symbol
    }

    /// Continues from a snapshot. The engine must have been set up with the same traders, in the
    /// same order. Settings and limits are those of the snapshot: what it was set up with holds only
    /// where the snapshot knows none.
    pub fn restore(&mut self, snapshot: Snapshot) -> Result<(), SnapshotError> {
        snapshot.check_version()?;
        self.check_traders(&snapshot)?;
        for state in snapshot.markets {
            self.add_market(state.rules.clone(), state.fees);
            if let Some(market) =
                self.markets.iter_mut().find(|market| market.rules.symbol == state.rules.symbol)
            {
                market.quote = state.quote;
                market.foreign_algo_orders = state.foreign_algo_orders;
                market.rules_wanted = state.rules_wanted;
                self.rules_wanted |= state.rules_wanted;
            }
        }
        for (number, (trader, state)) in self.traders.iter_mut().zip(snapshot.traders).enumerate() {
            if let Some(settings) = &state.settings {
                trader.strategy.configure(settings);
            }
            trader.next_settings = state.next_settings.map(Box::new);
            trader.written = state.written;
            trader
                .strategy
                .restore(&state.indicators)
                .map_err(|source| SnapshotError::OtherIndicators { number, source })?;
            trader.closed = state.closed;
            trader.candle = state.candle;
            trader.position = state.position;
            trader.slots = state.slots;
            trader.paused = state.paused;
            trader.leave = state.leave;
            trader.alarmed = state.alarmed;
            trader.note_questions();
        }
        if let Some(limits) = snapshot.limits {
            self.config.limits = limits.value;
            self.written_limits = limits.written;
        }
        self.clock = snapshot.clock;
        self.status = snapshot.status;
        self.sync = snapshot.sync;
        self.plan_sync();
        self.stopped = snapshot.stopped;
        self.panicked = snapshot.panicked;
        self.gates = snapshot.gates;
        self.strangers = snapshot.strangers;
        self.balances = snapshot.balances;
        self.counters = snapshot.counters;
        self.pending = snapshot.pending;
        Ok(())
    }

    fn check_traders(&self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let name = |symbol: Symbol, interval: Interval, strategy: &str| {
            format!("{symbol} {interval} {strategy}")
        };
        for (number, state) in snapshot.traders.iter().enumerate() {
            let saved = name(state.symbol, state.interval, &state.strategy);
            let configured = self.traders.get(number).map_or_else(
                || "nothing".to_owned(),
                |trader| name(self.symbol_of(trader), trader.interval, trader.strategy.name()),
            );
            if saved != configured {
                return Err(SnapshotError::OtherTrader { number, saved, configured });
            }
        }
        Ok(())
    }

    /// Folds one record into the state: what recovery does with every record since the snapshot.
    pub fn fold(&mut self, record: &Record) {
        match &record.body {
            Body::Input(input) => self.apply(record.at, input),
            Body::Effect(effect) => self.commit(effect),
        }
    }
}
