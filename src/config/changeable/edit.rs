//! Settings as somebody gives them: all of them are right, or none holds.

use serde_json::Value;

use super::{Changeable, ChangeableTrader, TraderName, copy, is_sizing, limits, sections};
use crate::config::fault::{Fault, Place};
use crate::config::given::{Given, nearest};
use crate::config::key::Key;
use crate::config::sections::{self as file, Sections};
use crate::config::strategy;
use crate::config::trader::{self, Draft};
use heikin_core::risk::RiskLimits;

/// A setting's new text, as somebody gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its name: `exit.on_red`, `account.max_trade`.
    pub key: String,
    /// Whose it is; may be left out where there is one trader.
    pub trader: Option<TraderName>,
    /// As in the file, without quotes; empty to leave it out.
    pub value: String,
}

impl Changeable {
    /// These with all of the edits.
    ///
    /// # Errors
    ///
    /// Every fault at once; then none of them holds.
    pub fn edited(&self, edits: &[Edit]) -> Result<Self, Vec<Fault>> {
        let mut edited = self.clone();
        let mut faults: Vec<Fault> =
            edits.iter().filter_map(|edit| edited.take(edit).err().map(|fault| *fault)).collect();
        for (place, edit) in edits.iter().enumerate() {
            let earlier = edits.iter().take(place);
            let is_same = |other: &&Edit| other.trader == edit.trader && excludes(other, edit);
            if let Some(other) = earlier.into_iter().find(is_same) {
                let what = format!("is given beside {}: which one is meant?", other.key);
                faults.push(*fault(edit, what, "Leave one of the two out."));
            }
        }
        for (trader, before) in edited.traders.iter().zip(&self.traders) {
            if let Some(what) = strategy::conflict(&trader.settings)
                && trader.settings != before.settings
            {
                let (symbol, interval) = trader.name;
                let key = format!(
                    "{symbol} {interval}: exit.take_profit_pct and exit.order = \"stop_market\""
                );
                let (what, remedy) = (what.to_owned(), String::new());
                faults.push(Fault { place: Place::Request, key, value: None, what, remedy });
            }
        }
        if faults.is_empty() { Ok(edited) } else { Err(faults) }
    }

    fn take(&mut self, edit: &Edit) -> Result<(), Box<Fault>> {
        let told = |what: String, allowed: &str| fault(edit, what, &format!("Give {allowed}."));
        if let Some(key) = limits().find(|key| key.name == edit.key) {
            if edit.trader.is_some() {
                let remedy = "Name no trader: it is the account's.";
                return Err(fault(edit, "belongs to no trader".to_owned(), remedy));
            }
            let mut all = sections(self.limits);
            change(key, limits(), &mut all, &edit.value).map_err(|what| told(what, key.allowed))?;
            self.limits = all.limits;
            return Ok(());
        }
        let Some(key) = trader::settings().find(|key| key.name == edit.key) else {
            return Err(no_such(edit));
        };
        let trader = self.trader_of(edit)?;
        if edit.value.trim().is_empty() && is_sizing(key.name) {
            let what = "says how much is bought, and cannot be left out".to_owned();
            return Err(fault(edit, what, "Give another one of percent, fixed and quote instead."));
        }
        let default = Draft::started_from(trader.preset).settings;
        // What it is changed from, for what is left out goes back to that.
        let mut settings = if edit.value.trim().is_empty() { default } else { trader.settings };
        if edit.value.trim().is_empty() {
            let others = trader::settings().filter(|other| other.name != key.name);
            copy(others, &trader.settings, &mut settings);
        } else {
            let given = given(&edit.value, (key.write)(&trader.settings).as_ref());
            (key.read)(&mut settings, &given).map_err(|what| told(what, key.allowed))?;
        }
        trader.settings = settings;
        Ok(())
    }

    fn trader_of(&mut self, edit: &Edit) -> Result<&mut ChangeableTrader, Box<Fault>> {
        let names: Vec<_> =
            self.traders.iter().map(|it| format!("{} {}", it.name.0, it.name.1)).collect();
        let is_only_one = self.traders.len() == 1;
        let its = |trader: &&mut ChangeableTrader| match edit.trader {
            Some(name) => trader.name == name,
            None => is_only_one,
        };
        self.traders.iter_mut().find(its).ok_or_else(|| {
            let what = if edit.trader.is_some() {
                "is of a trader that there is not"
            } else {
                "is a trader's, and there are several"
            };
            fault(edit, what.to_owned(), &format!("Name one of: {}.", names.join(", ")))
        })
    }
}

/// Whether two edits of one trader cannot both be meant.
fn excludes(one: &Edit, other: &Edit) -> bool {
    one.key == other.key || (is_sizing(&one.key) && is_sizing(&other.key))
}

/// Changes one setting of the account; an empty text leaves it out.
fn change(
    key: &Key<Sections>,
    all: impl Iterator<Item = &'static Key<Sections>>,
    sections: &mut Sections,
    value: &str,
) -> Result<(), String> {
    if !value.trim().is_empty() {
        let given = given(value, (key.write)(sections).as_ref());
        return (key.read)(sections, &given);
    }
    let mut without = self::sections(RiskLimits::NONE);
    copy(all.filter(|other| other.name != key.name), sections, &mut without);
    *sections = without;
    Ok(())
}

/// What somebody typed, as the file would have it in the place of `now`.
fn given<'a>(typed: &'a str, now: Option<&Value>) -> Given<'a> {
    let typed = typed.trim().trim_matches('"');
    match (now, typed.to_ascii_lowercase().as_str()) {
        (Some(Value::Bool(_)), "on" | "true" | "yes") => Given::Flag(true),
        (Some(Value::Bool(_)), "off" | "false" | "no") => Given::Flag(false),
        _ => Given::Text(typed.into()),
    }
}

fn fault(edit: &Edit, what: String, remedy: &str) -> Box<Fault> {
    let whose = edit.trader.map_or_else(String::new, |(symbol, at)| format!("{symbol} {at} "));
    let key = format!("{whose}{}", shortened(&edit.key));
    let value = Some(edit.value.trim()).filter(|value| !value.is_empty());
    let value = value.map(|value| Given::Text(value.into()).shown());
    Box::new(Fault { place: Place::Request, key, value, what, remedy: remedy.to_owned() })
}

fn shortened(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// What is no setting, or none that changes while heikin runs.
fn no_such(edit: &Edit) -> Box<Fault> {
    let fixed = file::KEYS.iter().map(|key| key.name);
    let fixed = fixed.chain(trader::KEYS.iter().map(|key| key.name));
    if fixed.clone().any(|name| name == edit.key) {
        let what = "holds from the start of heikin on".to_owned();
        let remedy = "Change it in heikin.toml, run `heikin check`, then restart.";
        return fault(edit, what, remedy);
    }
    let known = limits().map(|key| key.name).chain(trader::settings().map(|key| key.name));
    let what = match nearest(&edit.key, known) {
        Some(meant) => format!("is no setting; did you mean {meant}?"),
        None => "is no setting".to_owned(),
    };
    fault(edit, what, "/settings lists them.")
}
