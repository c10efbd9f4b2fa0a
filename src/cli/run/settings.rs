//! What of the settings holds at a start: the file's, and what was changed while heikin ran.

use heikin_core::engine::{Engine, Input};

use crate::cli::tell::warn;
use crate::config::Config;
use crate::config::changeable::{Changeable, Difference, Merged};

/// What holds from this start on, and the engine's input that says so. Whatever differs from the file
/// is told.
pub(super) fn at_start(config: &Config, engine: &Engine) -> (Changeable, Input) {
    let file = Changeable::of(config);
    let (before, chosen) = (file.last_written(engine), file.chosen(engine));
    let Merged { settings, kept, ended } = Changeable::merged(&before, &chosen, &file);
    let note = |text: String| {
        warn(&text);
        tracing::warn!(target: "alert", "{text}");
    };
    for kept in &kept {
        note(format!(
            "{} is {}, as it was changed while heikin ran; heikin.toml says {}. To go back, change \
             it there, or in a chat",
            named(kept),
            shown(&kept.new),
            shown(&kept.old)
        ));
    }
    for ended in &ended {
        note(format!(
            "{} is {}: heikin.toml was changed there, which ends the {} of before",
            named(ended),
            shown(&ended.new),
            shown(&ended.old)
        ));
    }
    let input = Input::Command(settings.command(&file, engine));
    (settings, input)
}

fn named(difference: &Difference) -> String {
    match difference.trader {
        Some((symbol, interval)) => format!("{symbol} {interval}: {}", difference.key),
        None => difference.key.to_owned(),
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "none" } else { value }
}
