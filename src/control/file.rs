//! A configuration that is read again: what of it changes while heikin runs holds from now on, and the
//! rest is named.

use heikin_bot::backend::{Identity, Outcome, RequestId, Role};

use super::command::Commander;
use super::command::settings::take_file;
use super::live_gate::{Examination, overrides};
use super::{Control, locked};
use crate::config::Config;
use crate::config::changeable::Changeable;

impl Control {
    /// Takes what changes while heikin runs from a configuration that was read again. What came of
    /// it is in the log, and told to those who steer.
    pub async fn take_file(&self, config: &Config) {
        let fixed = self.changed_for_a_restart(config);
        if !fixed.is_empty() {
            tracing::warn!(
                target: "alert",
                "the configuration was read again; these changes hold after a restart: {}",
                fixed.join(", ")
            );
        }
        let file = Changeable::of(config);
        if !file.has_traders_of(&Changeable::of(&self.shared.config)) {
            tracing::warn!(
                target: "alert",
                "the configuration has other traders now: none of its settings is taken before a \
                 restart"
            );
            return;
        }
        let now = self.now();
        let commander = Commander {
            request: RequestId(format!("sighup-{}", now.millis())),
            by: Identity::Terminal,
            name: "SIGHUP".to_owned(),
            role: Role::Owner,
            now,
            pin: None,
            mark: None,
        };
        let sentences = overrides(config);
        let is_overridden_otherwise = *locked(&self.shared.overrides) != sentences;
        *locked(&self.shared.overrides) = sentences;
        match take_file(self, &commander, file).await {
            Ok(Outcome::Done(_)) => {
                tracing::info!(target: "alert", "the configuration was read again and is taken");
            }
            Ok(_) => {
                tracing::info!(target: "alert", "the configuration was read again: no setting changed");
                if is_overridden_otherwise {
                    self.examine_again();
                }
            }
            Err(error) => tracing::error!(
                target: "alert",
                %error,
                "the configuration was read again, and could not be taken: look at /settings"
            ),
        }
    }

    /// The sentences that override the live gate are others.
    fn examine_again(&self) {
        let gate = &self.shared.live_gate;
        let settings = Changeable::of(&self.shared.config).chosen(self.replica().engine());
        let overrides = locked(&self.shared.overrides).clone();
        gate.examine(Examination { settings, overrides, generation: gate.begin() });
    }

    /// The sections that differ and hold from a start on.
    fn changed_for_a_restart(&self, new: &Config) -> Vec<&'static str> {
        let old = &self.shared.config;
        let seeds = |config: &Config| -> Vec<u16> {
            config.traders.iter().map(|trader| trader.seed_candles).collect()
        };
        let parts = [
            ("mode", old.mode.name() != new.mode.name()),
            ("exchange", old.venue != new.venue),
            ("paper", old.paper != new.paper),
            ("http", old.http != new.http),
            ("log", old.log != new.log),
            ("data", old.data != new.data),
            ("notify", old.notify != new.notify),
            ("telegram", old.telegram != new.telegram),
            ("trader.seed_candles", seeds(old) != seeds(new)),
        ];
        parts.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
    }
}
