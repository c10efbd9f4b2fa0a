//! Which number each trader has. The number is part of its orders' ids and of everything recorded
//! of it, so it is given once, by symbol and interval, and never again to another one; the order of
//! `[[trader]]` in the configuration means nothing.
//!
//! A trader that the configuration no longer names is *retired*: it keeps its number, its history and
//! what it has as dust, reads no candles and enters nothing. Named again, it goes on from there.
//!
//! `traders.json` in the data folder holds the numbers, and the rules that a retired trader's market
//! had last, since the exchange may know it no more.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use heikin_core::engine::{Engine, Standing};
use heikin_core::market::Symbol;
use heikin_core::num::Quantity;
use heikin_core::strategy::HeikinAshiSettings;
use heikin_core::time::Interval;
use serde::{Deserialize, Serialize};

use super::start::{MarketFacts, TraderPlan};
use crate::store::Layout;

/// Why a start with these traders is refused.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file cannot be read or written.
    #[error("{path}: {source}. Check the permissions of its folder")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else. Numbers are not given anew: orders on the exchange carry the old
    /// ones.
    #[error("{path} is no list of traders ({why}): restore it from a backup")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A trader that is no longer configured holds something.
    #[error(
        "the configuration no longer has {symbol} {interval}, which holds {held}. Nothing was \
         started: put its [[trader]] back, close its position (/close, or the file PANIC in the data \
         folder), and remove it then"
    )]
    Holds {
        /// What it trades.
        symbol: Symbol,
        /// On which candles.
        interval: Interval,
        /// What it holds.
        held: Quantity,
    },
}

/// A number that is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seat {
    symbol: Symbol,
    interval: Interval,
    /// How it traded last: what is saved of it fits these.
    settings: HeikinAshiSettings,
    /// What its market was at the last start with it.
    facts: MarketFacts,
}

/// All traders that this installation ever had, by number.
#[derive(Debug)]
pub struct Roster {
    path: PathBuf,
    seats: Vec<Seat>,
}

impl Roster {
    /// What is recorded; empty where nothing is.
    ///
    /// # Errors
    ///
    /// Where the file is there and cannot be read.
    pub fn read(layout: &Layout) -> Result<Self, RosterError> {
        let path = layout.traders();
        let seats = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| RosterError::Unreadable {
                path: path.clone(),
                why: error.to_string(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(RosterError::Io { path, source }),
        };
        Ok(Self { path, seats })
    }

    /// The plans by number: a retired one for each number that the configuration names no more, and
    /// behind the last number those that have none yet.
    pub fn plans(&self, configured: &[TraderPlan]) -> Vec<TraderPlan> {
        let known = self.seats.iter().map(|seat| {
            let plan = configured.iter().find(|plan| is_of(seat, plan));
            plan.copied().unwrap_or(TraderPlan {
                symbol: seat.symbol,
                interval: seat.interval,
                settings: seat.settings,
                seed_after: None,
                standing: Standing::Retired,
            })
        });
        let is_new = |plan: &&TraderPlan| !self.seats.iter().any(|seat| is_of(seat, plan));
        known.chain(configured.iter().filter(is_new).copied()).collect()
    }

    /// The markets of all traders: those that are configured as they are now, the others as they were
    /// last.
    pub fn markets(&self, configured: &[MarketFacts]) -> Vec<MarketFacts> {
        let mut markets = configured.to_vec();
        for seat in &self.seats {
            if markets.iter().all(|market| market.rules.symbol != seat.facts.rules.symbol) {
                markets.push(seat.facts.clone());
            }
        }
        markets
    }

    /// Gives these traders, all that there are by number, their numbers for good.
    pub fn seat(&mut self, plans: &[TraderPlan], markets: &[MarketFacts]) {
        let seat = |plan: &TraderPlan| {
            let facts = markets.iter().find(|it| it.rules.symbol == plan.symbol)?.clone();
            let TraderPlan { symbol, interval, settings, .. } = *plan;
            Some(Seat { symbol, interval, settings, facts })
        };
        self.seats = plans.iter().filter_map(seat).collect();
    }

    /// Keeps the numbers, durably, where a trader is new or a market's rules have changed.
    ///
    /// # Errors
    ///
    /// Where the file cannot be written.
    pub fn write(&self) -> Result<(), RosterError> {
        let io = |source| RosterError::Io { path: self.path.clone(), source };
        let text = serde_json::to_string_pretty(&self.seats).map_err(|error| io(error.into()))?;
        if fs::read_to_string(&self.path).is_ok_and(|known| known.trim_end() == text) {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or(&self.path);
        let written = || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            writeln!(file, "{text}")?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            File::open(folder)?.sync_all()
        };
        written().map_err(io)
    }
}

fn is_of(seat: &Seat, plan: &TraderPlan) -> bool {
    (seat.symbol, seat.interval) == (plan.symbol, plan.interval)
}

/// Refuses a start in which what a trader holds would be looked after by nobody.
///
/// # Errors
///
/// Where a retired trader has a position.
pub fn refuse_forsaken(engine: &Engine, plans: &[TraderPlan]) -> Result<(), RosterError> {
    for (trader, plan) in engine.traders().iter().zip(plans) {
        let position = trader.position();
        if plan.standing == Standing::Retired && position.is_open() {
            let TraderPlan { symbol, interval, .. } = *plan;
            return Err(RosterError::Holds { symbol, interval, held: position.held });
        }
    }
    Ok(())
}
