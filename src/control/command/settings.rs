//! Settings, changed while heikin runs: from a chat, over the API, by a file that is read again. One
//! way for all of them: the file's own checks, a recap, one record of the engine.

use heikin_bot::backend::{
    BackendError, Change, ClassicForm, Command, Done, Effectiveness, Outcome, Recap, RecapTopic,
    Refusal, SettingChange, StateVersion, Trader,
};
use heikin_core::engine::{self, Engine, Gate, GateState};
use heikin_core::num::{FinePrice, Price};
use heikin_core::strategy::Offset;

use super::trading::{begin, not_sent, send, version};
use super::{Commander, Conclusion, conclude, pin};
use crate::config::changeable::{Changeable, Difference, Edit, TraderName};
use crate::control::account::Replica;
use crate::control::live_gate::Examination;
use crate::control::{Control, locked};

/// More edits at once than there are settings are a mistake.
const MOST_EDITS: usize = 200;
/// As many closes as a trader remembers.
const CLOSES_KNOWN: u64 = 1_000;

/// What is to become of the settings.
struct Plan {
    new: Changeable,
    /// What the file says, to be remembered beside them.
    written: Changeable,
    changes: Vec<SettingChange>,
    consequences: Vec<String>,
    /// Whether a limit lets more through than before.
    is_looser: bool,
    /// Whether any trader will trade otherwise: limits are not what the live gate looks at.
    is_otherwise: bool,
    version: StateVersion,
    through: engine::Sequence,
}

/// Changes settings as somebody asks, all of them or none.
pub(super) async fn set(
    control: &Control,
    commander: &Commander,
    command: &Command,
    confirmed: Option<StateVersion>,
) -> Result<Outcome, BackendError> {
    let plan = match plan(control, command) {
        Ok(plan) => plan,
        Err(refusal) => {
            let conclusion = Conclusion::refused(super::rights::words(command), refusal);
            return conclude(control, commander, conclusion).await;
        }
    };
    if confirmed != Some(plan.version) {
        return Ok(Outcome::Confirm(Box::new(Recap {
            version: plan.version,
            mode: control.replica().mode(),
            topic: RecapTopic::Settings { changes: plan.changes },
            consequences: plan.consequences,
            needs_pin: plan.is_looser && pin::is_asked_of(control, commander),
        })));
    }
    if plan.is_looser
        && let Some(outcome) = pin::admit(control, commander, "raised limits").await?
    {
        return Ok(outcome);
    }
    carry_out(control, commander, plan).await
}

/// Takes the settings of a file that was read again.
pub(in crate::control) async fn take_file(
    control: &Control,
    commander: &Commander,
    file: Changeable,
) -> Result<Outcome, BackendError> {
    let plan = {
        let replica = control.replica();
        let now = file.chosen(replica.engine());
        let before = file.last_written(replica.engine());
        let merged = Changeable::merged(&before, &now, &file).settings;
        if merged == now && file == before {
            return Ok(Outcome::Refused(Refusal::AlreadySo { how: "Nothing changed.".to_owned() }));
        }
        let mut plan = planned(control, &replica, &now, merged);
        plan.written = file;
        plan
    };
    carry_out(control, commander, plan).await
}

/// Records the new settings, tells the engine, and lets the live gate look at them.
async fn carry_out(
    control: &Control,
    commander: &Commander,
    plan: Plan,
) -> Result<Outcome, BackendError> {
    let what = words(&plan.changes);
    let is_gated = plan.is_otherwise && control.shared.live_gate.examiner.is_some();
    let closed = is_gated.then_some(engine::Command::SetGate(Gate::LiveGate, GateState::Closed));
    let configure = plan.new.command(&plan.written, control.replica().engine());
    let steps: Vec<_> = closed.into_iter().chain([configure]).collect();
    begin(control, commander, (&steps, plan.through)).await?;
    let generation = if is_gated { control.shared.live_gate.begin() } else { 0 };
    let sent = send(control, &steps).await;
    if is_gated {
        // Where they were not taken, the gate may be closed all the same: the old ones open it.
        let settings = if sent.is_ok() { plan.new } else { chosen(control, &control.replica()) };
        let overrides = locked(&control.shared.overrides).clone();
        let examination = Examination { settings, overrides, generation };
        control.shared.live_gate.examine(examination);
    }
    if let Err(error) = sent {
        return not_sent(control, commander, (what, error)).await;
    }
    let done = Done::Changed { changes: plan.changes };
    conclude(control, commander, Conclusion::done(what, done).telling_deed()).await
}

/// What was done, for the audit log: from what to what.
fn words(changes: &[SettingChange]) -> String {
    let none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    let changes = changes.iter().map(|change| {
        let whose = change.trader.map_or_else(String::new, |trader| format!("{trader} "));
        format!("{whose}{} {} → {}", change.key, none(&change.old), none(&change.new))
    });
    format!("changed {}", changes.collect::<Vec<_>>().join("; "))
}

fn plan(control: &Control, command: &Command) -> Result<Plan, Refusal> {
    let replica = control.replica();
    let now = chosen(control, &replica);
    let edits = match command {
        Command::Set { changes } if changes.len() > MOST_EDITS => {
            let reason = format!("at most {MOST_EDITS} settings change at once");
            return Err(Refusal::Invalid { reason });
        }
        Command::Set { changes } => changes.iter().map(edit).collect(),
        Command::SetFromForm { form } => of_form(form, &now)?,
        _ => Vec::new(),
    };
    let new = now.edited(&edits).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Refusal::Invalid { reason: faults.join("\n") }
    })?;
    if new == now {
        return Err(Refusal::AlreadySo { how: "It is set so already.".to_owned() });
    }
    Ok(planned(control, &replica, &now, new))
}

fn planned(control: &Control, replica: &Replica, now: &Changeable, new: Changeable) -> Plan {
    let engine = replica.engine();
    let differences = now.differences(&new);
    let changes = differences.iter().map(|difference| change(engine, difference)).collect();
    let is_otherwise = now.traders != new.traders;
    let is_live = control.shared.live_gate.examiner.is_some();
    let mut consequences = consequences(engine, now, &new);
    if is_otherwise && is_live {
        consequences.push(
            "No entries until the live gate has passed these settings on the symbol's history."
                .to_owned(),
        );
    }
    Plan {
        written: Changeable::of(&control.shared.config).last_written(engine),
        is_looser: new.limits.lets_more_through_than(&now.limits),
        changes,
        consequences,
        is_otherwise,
        version: version(replica),
        through: replica.through(),
        new,
    }
}

/// The settings as they hold, or will from the next close on.
pub(in crate::control) fn chosen(control: &Control, replica: &Replica) -> Changeable {
    Changeable::of(&control.shared.config).chosen(replica.engine())
}

const fn named(trader: Trader) -> TraderName {
    (trader.symbol, trader.interval)
}

pub(in crate::control) fn trader((symbol, interval): TraderName) -> Trader {
    Trader { symbol, interval }
}

fn edit(change: &Change) -> Edit {
    let Change { key, trader, value } = change;
    Edit { key: key.clone(), trader: trader.map(named), value: value.clone() }
}

/// The ancestor's form as the settings that it stands for.
fn of_form(form: &ClassicForm, now: &Changeable) -> Result<Vec<Edit>, Refusal> {
    let name = (form.symbol, form.interval);
    if now.traders.iter().all(|trader| trader.name != name) {
        let there: Vec<_> =
            now.traders.iter().map(|it| format!("{} {}", it.name.0, it.name.1)).collect();
        let reason = format!(
            "There is no trader {} {}: there is {}. Another one is added in heikin.toml, with a \
             restart: a section [[trader]] with symbol = \"{}\", interval = \"{}\", quote = \"{}\".",
            form.symbol,
            form.interval,
            there.join(", "),
            form.symbol,
            form.interval,
            form.spend
        );
        return Err(Refusal::Rule { reason });
    }
    let edits = [
        ("quote", form.spend),
        ("entry.trigger_offset", form.entry_offset),
        ("exit.trigger_offset", form.exit_offset),
    ];
    let edits = edits.map(|(key, value)| Edit {
        key: key.to_owned(),
        trader: Some(name),
        value: value.to_string(),
    });
    Ok(edits.into())
}

fn change(engine: &Engine, difference: &Difference) -> SettingChange {
    let Difference { key, trader: name, meaning, old, new } = difference;
    let figure = name.and_then(|name| figure(engine, name, difference));
    SettingChange {
        key: (*key).to_owned(),
        trader: name.map(trader),
        label: label(key),
        old: old.clone(),
        new: new.clone(),
        effect: match figure {
            Some(figure) => format!("{meaning} {figure}"),
            None => (*meaning).to_owned(),
        },
        effective: effective(*name),
    }
}

/// What a setting is called in a sentence.
pub(in crate::control) fn label(key: &str) -> String {
    key.trim_start_matches("account.").replace(['.', '_'], " ")
}

/// Limits concern new orders alone, so they hold at once.
pub(in crate::control) const fn effective(trader: Option<TraderName>) -> Effectiveness {
    match trader {
        None => Effectiveness::Now,
        Some(_) => Effectiveness::NextCandle,
    }
}

/// What a trigger would be after the last candle, before and after the change.
fn figure(engine: &Engine, name: TraderName, difference: &Difference) -> Option<String> {
    let trader = engine.trader_on(name.0, name.1)?;
    let market = engine.market_of(trader)?;
    let explained = engine.explain(trader)?;
    let (ha, atr) = (explained.heikin_ashi?, explained.average_true_range);
    let atr = atr.map(FinePrice::from_price);
    let at = |text: &str| -> Option<Price> {
        let offset: Offset = text.parse().ok()?;
        let tick = market.rules().tick;
        Some(match difference.key {
            "entry.trigger_offset" => {
                let high = ha.high();
                market.rules().ceil_tick(high.plus(offset.at(high, tick, atr)?)?)?.price()
            }
            "exit.trigger_offset" => {
                let low = ha.low();
                market.rules().floor_tick(low.minus(offset.at(low, tick, atr)?)?)?.price()
            }
            _ => return None,
        })
    };
    let (old, new) = (at(&difference.old)?, at(&difference.new)?);
    Some(format!("After the last candle that is {old} → {new}."))
}

fn consequences(engine: &Engine, now: &Changeable, new: &Changeable) -> Vec<String> {
    let mut all = Vec::new();
    let is_otherwise = now.traders != new.traders;
    if is_otherwise {
        all.push("An entry that works now stays until its candle closes.".to_owned());
        let is_open = |trader: &engine::Trader| trader.position().is_open();
        if engine.traders().iter().any(is_open) {
            all.push("The stop of an open position never moves down.".to_owned());
        }
    }
    for own in &new.traders {
        let closed =
            engine.trader_on(own.name.0, own.name.1).map_or(0, engine::Trader::candles_closed);
        let known = closed.min(CLOSES_KNOWN);
        let wanted = own.settings.entry.ma_filter.map_or(0, |period| u64::from(period.get()));
        if is_otherwise && wanted > known {
            let (symbol, interval) = own.name;
            all.push(format!(
                "{symbol} {interval}: {known} closes are known and entry.ma_filter needs {wanted}: \
                 nothing is bought until they are there."
            ));
        }
    }
    all.push(
        "It holds over restarts, until the same setting is changed in heikin.toml.".to_owned(),
    );
    all
}
