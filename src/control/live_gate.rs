//! What asks whether settings have earned real money: whoever holds the exchange and its history.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use heikin_bot::backend::LiveGateVerdict;
use tokio::sync::{mpsc, watch};

use crate::config::changeable::{Changeable, TraderName};
use crate::config::{Config, TraderConfig};

/// Counts the settings that were to be examined: only the newest open the gate.
pub type Generation = Arc<AtomicU64>;

/// The sentences that override the gate, by trader.
pub type Overrides = BTreeMap<TraderName, String>;

/// The sentences of a configuration.
pub fn overrides(config: &Config) -> Overrides {
    let sentence = |trader: &TraderConfig| {
        Some(((trader.symbol, trader.interval), trader.live_gate_override.clone()?))
    };
    config.traders.iter().filter_map(sentence).collect()
}

/// Settings whose traders are to pass the gate, and who is to overrule it.
#[derive(Debug, Clone)]
pub struct Examination {
    /// How they trade.
    pub settings: Changeable,
    /// Who overrules it, as the configuration has it now.
    pub overrides: Overrides,
    /// Which ones these are.
    pub generation: u64,
}

/// The gate in front of real money, as the front office knows it.
#[derive(Debug, Clone)]
pub struct LiveGate {
    /// Where settings are examined. Entries are closed before anything is sent there, and opened
    /// by whoever examines. None where there is no real money.
    pub examiner: Option<(mpsc::Sender<Examination>, Generation)>,
    /// What it found last.
    pub verdicts: watch::Receiver<Arc<[LiveGateVerdict]>>,
}

impl LiveGate {
    /// No real money, and nothing is known of any settings.
    pub fn none() -> Self {
        let (_, verdicts) = watch::channel(Arc::from([]));
        Self { examiner: None, verdicts }
    }

    /// Other settings are coming: whatever is being examined opens the gate no more. To be called
    /// before it is closed for them.
    pub(super) fn begin(&self) -> u64 {
        let newest =
            |(_, generation): &(_, Generation)| generation.fetch_add(1, Ordering::SeqCst) + 1;
        self.examiner.as_ref().map_or(0, newest)
    }

    /// Hands settings over to be examined. Where nobody takes them the gate stays closed until the
    /// next start looks.
    pub(super) fn examine(&self, examination: Examination) {
        let Some((examiner, _)) = &self.examiner else { return };
        if examiner.try_send(examination).is_err() {
            tracing::error!(
                target: "alert",
                "the live gate could not be asked about the new settings: no entries until a restart"
            );
        }
    }
}
