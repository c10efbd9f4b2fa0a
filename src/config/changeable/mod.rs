//! The settings that change while heikin runs: the same keys, the same checks as in the file.
//!
//! Which of them holds is part of the engine's state ([`Changeable::command`] tells it,
//! [`Changeable::chosen`] reads it), beside what the file said when it was read: so that a start can
//! tell what was changed in the file from what was changed meanwhile ([`Changeable::merged`]).

mod edit;
mod merge;

pub use edit::Edit;
pub use merge::Merged;

use std::collections::BTreeSet;

use heikin_core::engine::{self, Chosen, Configuration, Engine};
use heikin_core::market::Symbol;
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{HeikinAshiSettings, StrategySettings};
use heikin_core::time::Interval;
use serde_json::Value;

use super::given::Given;
use super::key::Key;
use super::sections::{self, Sections};
use super::strategy::{ENTRY, EXIT, SIZING};
use super::{Config, Preset};

/// The section of the account's limits.
const LIMITS: &str = "account.";

/// A trader by its symbol and interval.
pub type TraderName = (Symbol, Interval);

/// All that can change while heikin runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changeable {
    /// The account's limits.
    pub limits: RiskLimits,
    /// The traders, in the order of the file.
    pub traders: Vec<ChangeableTrader>,
}

/// What can change of a trader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeableTrader {
    /// Which; this never changes.
    pub name: TraderName,
    /// What its settings started from, and go back to where they are left out.
    pub preset: Preset,
    /// How it trades.
    pub settings: HeikinAshiSettings,
}

/// A setting that is not the same in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub key: &'static str,
    /// Whose it is; none for the account's.
    pub trader: Option<TraderName>,
    /// What it does.
    pub meaning: &'static str,
    /// As it is in the one; empty where it is left out.
    pub old: String,
    /// As it is in the other.
    pub new: String,
}

/// One setting, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The heading that it stands under.
    pub group: &'static str,
    /// Its name.
    pub key: &'static str,
    /// Whose it is; none for the account's.
    pub trader: Option<TraderName>,
    /// What it does.
    pub meaning: &'static str,
    /// What it may be.
    pub allowed: &'static str,
    /// What it is; empty where it is left out.
    pub value: String,
    /// Whether it is on or off.
    pub is_switch: bool,
}

impl Changeable {
    /// As the configuration has them.
    pub fn of(config: &Config) -> Self {
        let traders = config.traders.iter().map(|trader| ChangeableTrader {
            name: (trader.symbol, trader.interval),
            preset: trader.preset,
            settings: trader.settings,
        });
        Self { limits: config.limits, traders: traders.collect() }
    }

    /// As they hold, from the next candle's close on, in an engine with these traders.
    pub fn chosen(&self, engine: &Engine) -> Self {
        let settings = |trader: &engine::Trader| trader.settings();
        self.with(*engine.limits(), engine, settings)
    }

    /// As the configuration had them when that engine was last told of it; as these, where it never
    /// was.
    pub fn last_written(&self, engine: &Engine) -> Self {
        let limits = engine.chosen_limits().map_or(self.limits, |limits| limits.written);
        self.with(limits, engine, |trader| trader.chosen_settings().map(|chosen| chosen.written))
    }

    fn with(
        &self,
        limits: RiskLimits,
        engine: &Engine,
        settings: impl Fn(&engine::Trader) -> Option<StrategySettings>,
    ) -> Self {
        let mut all = Self { limits, ..self.clone() };
        for own in &mut all.traders {
            let found = engine.trader_on(own.name.0, own.name.1).and_then(&settings);
            if let Some(StrategySettings::HeikinAshi(settings)) = found {
                own.settings = settings;
            }
        }
        all
    }

    /// What such an engine is told, so that these hold beside what is `written`.
    pub fn command(&self, written: &Self, engine: &Engine) -> engine::Command {
        let limits = Some(Chosen { value: self.limits, written: written.limits });
        let traders = self.traders.iter().filter_map(|own| {
            let written = written.traders.iter().find(|it| it.name == own.name)?;
            let [value, written] =
                [own.settings, written.settings].map(StrategySettings::HeikinAshi);
            Some((engine.trader_on(own.name.0, own.name.1)?.id(), Chosen { value, written }))
        });
        let traders = traders.collect();
        engine::Command::Configure(Box::new(Configuration { limits, traders }))
    }

    /// Whether these are settings of the same traders.
    pub fn has_traders_of(&self, other: &Self) -> bool {
        let names = |all: &Self| all.traders.iter().map(|it| it.name).collect::<BTreeSet<_>>();
        names(self) == names(other)
    }

    /// Every setting.
    pub fn shown(&self) -> Vec<Shown> {
        let all = sections(self.limits);
        let mut shown: Vec<Shown> = limits().map(|key| one("Limits", None, key, &all)).collect();
        for trader in &self.traders {
            let groups = [("Size", &SIZING[..]), ("Entry", &ENTRY[..]), ("Exit", &EXIT[..])];
            for (group, keys) in groups {
                let of = |key| one(group, Some(trader.name), key, &trader.settings);
                shown.extend(keys.iter().map(of));
            }
        }
        shown
    }

    /// What is not the same here and in `new`, which has the same traders.
    pub fn differences(&self, new: &Self) -> Vec<Difference> {
        let pairs = self.shown().into_iter().zip(new.shown());
        pairs
            .filter(|(old, new)| old.value != new.value)
            .map(|(old, new)| Difference {
                key: old.key,
                trader: old.trader,
                meaning: old.meaning,
                old: old.value,
                new: new.value,
            })
            .collect()
    }
}

fn limits() -> impl Iterator<Item = &'static Key<Sections>> {
    sections::KEYS.iter().filter(|key| key.name.starts_with(LIMITS))
}

fn sections(limits: RiskLimits) -> Sections {
    Sections { limits, ..Sections::default() }
}

fn is_sizing(name: &str) -> bool {
    SIZING.iter().any(|key| key.name == name)
}

/// Copies settings; what one does not say is left.
fn copy<T: 'static>(keys: impl Iterator<Item = &'static Key<T>>, from: &T, to: &mut T) {
    for key in keys {
        if let Some(value) = (key.write)(from) {
            // What was written can be read.
            drop((key.read)(to, &given_of(&value)));
        }
    }
}

fn one<T>(group: &'static str, trader: Option<TraderName>, key: &Key<T>, of: &T) -> Shown {
    let value = (key.write)(of);
    let is_switch = matches!(value, Some(Value::Bool(_)));
    let value = value.as_ref().map(text).unwrap_or_default();
    let Key { name, allowed, meaning, .. } = *key;
    Shown { group, key: name, trader, meaning, allowed, value, is_switch }
}

/// A value without its quotes; a switch as people say it.
fn text(value: &Value) -> String {
    match value {
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn given_of(value: &Value) -> Given<'_> {
    match value {
        Value::Bool(flag) => Given::Flag(*flag),
        Value::String(text) => Given::Text(text.as_str().into()),
        other => Given::Number(other.to_string().into()),
    }
}
