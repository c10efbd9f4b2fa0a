//! What was changed while heikin ran, beside a file that may have changed as well.

use heikin_core::risk::RiskLimits;

use super::{Changeable, Difference, copy, is_sizing, limits, sections};
use crate::config::key::Key;
use crate::config::strategy;
use crate::config::trader;

/// What a start or a new file makes of settings that were changed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// What holds.
    pub settings: Changeable,
    /// What was changed while heikin ran and still holds: from the file's text to what holds.
    pub kept: Vec<Difference>,
    /// What was changed while heikin ran and ends, since the file was changed there: from what held
    /// to the file's text.
    pub ended: Vec<Difference>,
}

impl Changeable {
    /// What holds when the file is read (again): a setting that was changed while heikin ran goes
    /// before the file, until the file is changed there. `before` is what the file said when it was
    /// read last, `chosen` what held since. All three are of the same traders.
    pub fn merged(before: &Self, chosen: &Self, file: &Self) -> Merged {
        let mut settings = file.clone();
        let mut limits_of = sections(RiskLimits::NONE);
        let [old, own, new] = [before, chosen, file].map(|it| sections(it.limits));
        pick(limits(), (&old, &own, &new), &mut limits_of);
        settings.limits = limits_of.limits;
        for (place, trader) in settings.traders.iter_mut().enumerate() {
            let of = |all: &Self| all.traders.get(place).map(|it| it.settings);
            let (Some(old), Some(own)) = (of(before), of(chosen)) else { continue };
            let new = trader.settings;
            let mut picked = new;
            let but_sizing = trader::settings().filter(|key| !is_sizing(key.name));
            pick(but_sizing, (&old, &own, &new), &mut picked);
            picked.sizing = if old.sizing == new.sizing { own.sizing } else { new.sizing };
            if strategy::conflict(&picked).is_none() {
                trader.settings = picked;
            }
        }
        let kept = file.differences(&settings);
        let is_new = |it: &&Difference| {
            !before
                .differences(chosen)
                .iter()
                .all(|made| (made.key, made.trader) != (it.key, it.trader))
        };
        let ended = chosen.differences(&settings);
        let ended = ended.iter().filter(is_new).cloned().collect();
        Merged { settings, kept, ended }
    }
}

/// Takes each setting from the new one where the file changed it, else from the own one.
fn pick<T: 'static>(
    keys: impl Iterator<Item = &'static Key<T>>,
    (old, own, new): (&T, &T, &T),
    picked: &mut T,
) {
    for key in keys {
        let is_changed = (key.write)(old) != (key.write)(new);
        copy(std::iter::once(key), if is_changed { new } else { own }, picked);
    }
}
