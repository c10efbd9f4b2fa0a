//! Another mode: which lines, where, and what it takes.

use heikin_bot::backend::Mode;

use crate::config::{CONSENT_ALONE, CONSENT_SHARED, Config};
use crate::control::Control;

/// How to come to a mode: it is chosen in the configuration, and holds from a start on.
pub(super) fn how_to_change(control: &Control, to: Mode) -> String {
    let config = &control.shared.config;
    if control.replica().mode() == to {
        return format!("The mode is {} already. Nothing was changed.", to.as_str());
    }
    let mut steps = lines(config, to);
    steps.push(
        "Run `heikin check`, then restart. What is held now stays behind, in the folder of now: \
         /close it before, where it should not."
            .to_owned(),
    );
    let steps: Vec<_> =
        steps.iter().zip(1..).map(|(step, number)| format!("{number}. {step}")).collect();
    format!(
        "A mode is chosen where heikin is started, never in a chat: nothing was changed. For {}:\n{}",
        to.as_str(),
        steps.join("\n")
    )
}

/// The lines that a mode takes and that are not there, each with its place.
pub(in crate::control) fn lines(config: &Config, to: Mode) -> Vec<String> {
    let file = config.file.as_ref();
    let file = file.map_or_else(|| "heikin.toml".to_owned(), |file| file.display().to_string());
    let mut lines = vec![
        format!("In {file}: mode = \"{}\"", to.as_str()),
        format!("In {file}, below [store]: data = \"data-{}\"", to.as_str()),
    ];
    let keys = |name: &str, note: &str| format!("In .env: {name}_KEY=… and {name}_SECRET=…{note}");
    match to {
        Mode::Testnet if config.secrets.binance_testnet.is_none() => {
            lines.push(keys("BINANCE_TESTNET_API", " (of testnet.binance.vision)"));
        }
        Mode::Live => {
            if config.secrets.binance.is_none() {
                lines.push(keys("BINANCE_API", ", without the right to withdraw"));
            }
            lines.push(format!(
                "In {file}, below [live], word for word: consent = \"{CONSENT_ALONE}\", or: \
                 consent = \"{CONSENT_SHARED}\""
            ));
        }
        Mode::Demo | Mode::Paper | Mode::Testnet => {}
    }
    lines
}
