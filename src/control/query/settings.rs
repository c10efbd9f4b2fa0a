//! What is configured, as it is written in `heikin.toml`. All of it holds from a start on, so nothing
//! here can be changed at run time.

use heikin_bot::backend::{Mode, ModeView, Setting, SettingKind, Settings, Trader};

use crate::config::strategy::{ENTRY, EXIT, SIZING};
use crate::config::{self, TraderConfig};
use crate::control::Control;
use crate::control::account::Replica;

pub(super) fn settings(control: &Control) -> Settings {
    let traders = &control.shared.config.traders;
    Settings { items: traders.iter().flat_map(of_trader).collect() }
}

fn of_trader(config: &TraderConfig) -> Vec<Setting> {
    let trader = Trader { symbol: config.symbol, interval: config.interval };
    let groups = [("Size", &SIZING[..]), ("Entry", &ENTRY[..]), ("Exit", &EXIT[..])];
    let settings = groups.into_iter().flat_map(|(group, keys)| {
        keys.iter().map(move |key| {
            let value = (key.write)(&config.settings);
            Setting {
                key: key.name.to_owned(),
                trader: Some(trader),
                group: group.to_owned(),
                label: key.name.replace(['.', '_'], " "),
                meaning: key.meaning.to_owned(),
                allowed: key.allowed.to_owned(),
                kind: SettingKind::Text { examples: Vec::new() },
                value: value.as_ref().map(written).unwrap_or_default(),
                changes: None,
            }
        })
    });
    settings.collect()
}

/// A value without its quotes.
fn written(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn mode(control: &Control, replica: &Replica) -> ModeView {
    let config = &control.shared.config;
    let mut missing = Vec::new();
    if replica.mode() != Mode::Live {
        if config.secrets.binance.is_none() {
            missing.push(
                "Keys of Binance: put BINANCE_API_KEY and BINANCE_API_SECRET into .env, without \
                 the right to withdraw."
                    .to_owned(),
            );
        }
        missing.push(format!(
            "mode = \"live\" and its sentence of consent in heikin.toml: \"{}\".",
            config::CONSENT_ALONE
        ));
        missing.push("A start, which runs the live gate on the settings.".to_owned());
    }
    ModeView { mode: replica.mode(), next: None, missing_for_live: missing, gate: Vec::new() }
}
