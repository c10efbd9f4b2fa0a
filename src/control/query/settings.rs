//! The settings, as they hold and are written in `heikin.toml`, and what stands before another mode.

use heikin_bot::backend::{Mode, ModeStep, ModeView, Setting, SettingKind, Settings};

use crate::config::changeable::Shown;
use crate::control::Control;
use crate::control::account::Replica;
use crate::control::command::mode::lines;
use crate::control::command::settings::{chosen, effective, label, trader};

/// Distances that people often choose, for keys that take one.
const OFFSETS: [&str; 4] = ["0", "0.2%", "0.5 atr", "1 atr"];

pub(super) fn settings(control: &Control, replica: &Replica) -> Settings {
    let shown = chosen(control, replica).shown();
    Settings { items: shown.into_iter().map(setting).collect() }
}

fn setting(shown: Shown) -> Setting {
    Setting {
        key: shown.key.to_owned(),
        trader: shown.trader.map(trader),
        group: shown.group.to_owned(),
        label: label(shown.key),
        meaning: shown.meaning.to_owned(),
        allowed: shown.allowed.to_owned(),
        kind: kind(&shown),
        value: shown.value,
        changes: Some(effective(shown.trader)),
    }
}

fn kind(shown: &Shown) -> SettingKind {
    if shown.is_switch {
        return SettingKind::Switch;
    }
    let words: Vec<String> = shown.allowed.split('"').skip(1).step_by(2).map(Into::into).collect();
    let is_choice = shown.allowed.starts_with('"') && shown.allowed.ends_with('"');
    if is_choice {
        return SettingKind::Choice { options: words };
    }
    let examples = if shown.key.ends_with("_offset") {
        OFFSETS.map(Into::into).to_vec()
    } else if shown.key.starts_with("account.max_") {
        vec!["none".to_owned()]
    } else {
        Vec::new()
    };
    SettingKind::Text { examples }
}

/// The mode, and the way to real money step by step.
pub(super) fn mode(control: &Control, replica: &Replica) -> ModeView {
    let config = &control.shared.config;
    let mode = replica.mode();
    let onwards: &[Mode] = match mode {
        Mode::Demo => &[Mode::Paper, Mode::Testnet, Mode::Live],
        Mode::Paper => &[Mode::Testnet, Mode::Live],
        Mode::Testnet => &[Mode::Live],
        Mode::Live => &[],
    };
    let steps = onwards.iter().map(|to| ModeStep {
        mode: *to,
        lines: lines(config, *to),
        changes: changes(*to).iter().map(|text| (*text).to_owned()).collect(),
    });
    ModeView {
        mode,
        next: None,
        steps: steps.collect(),
        gate: control.shared.live_gate.verdicts.borrow().to_vec(),
    }
}

/// What is otherwise in a mode.
const fn changes(to: Mode) -> &'static [&'static str] {
    match to {
        Mode::Demo | Mode::Paper => &["Prices are real, fills are simulated, no money moves."],
        Mode::Testnet => &[
            "Orders go to an exchange with play money, whose prices are its own.",
            "Nothing of paper is carried over: the account is the testnet's.",
        ],
        Mode::Live => &[
            "Orders go to your account: real money.",
            "The start runs the live gate: the very settings on up to five years of the symbol, \
             with your fees. What does not pass takes no entries.",
            "Expect a year below the last high, single trades of −20 %, and half of any backtest.",
        ],
    }
}
