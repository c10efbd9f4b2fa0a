//! Faults, switched on by whoever tests a merchant's side.

use heikin_core::time::Span;
use serde::Deserialize;

use super::super::broken::{self, Instead, When};
use super::super::rules::{HowOften, Rules};
use super::world::World;

/// An element of `POST /standin/faults`.
///
/// `kind` says what; the other fields belong to some kinds. A rule holds `times` times (once, where
/// nothing is said), or in `per_10000` of ten thousand cases until `clear`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRequest {
    /// See the table in [`super`].
    pub kind: String,
    /// Which requests: `create`, `fetch`, `find`, `cancel`, `notify`, `payment`, `refund`; all where
    /// absent.
    pub operation: Option<String>,
    /// How often.
    pub times: Option<u32>,
    /// How probable.
    pub per_10000: Option<u32>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// How long: on the stand-in's clock, but really for the `timeout_` kinds.
    pub seconds: Option<u32>,
}

type Rule = (Option<String>, When, Instead);

/// The faults of requests that are on; those of events are where events are.
#[derive(Debug)]
pub(super) struct Faults(Rules<Rule>);

impl Faults {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rules::new(seed ^ 1))
    }

    /// What happens to a request.
    pub(super) fn strike(&mut self, operation: &str) -> Option<(When, Instead)> {
        let struck = self.0.strike(|(only, ..)| only.as_deref().is_none_or(|it| it == operation));
        struck.map(|(_, when, instead)| (when, instead))
    }
}

impl World {
    /// Switches faults on.
    pub(super) fn apply_faults(&mut self, requests: &[FaultRequest]) -> Result<(), String> {
        requests.iter().try_for_each(|request| self.apply_fault(request))
    }

    fn apply_fault(&mut self, request: &FaultRequest) -> Result<(), String> {
        let how_often = HowOften::of(request.times, request.per_10000)?;
        let kind = request.kind.as_str();
        match kind {
            "clear" => {
                self.faults.0.clear();
                self.outbox.rules.clear();
                self.outbox.release();
                self.link_lag = Span::ZERO;
                return Ok(());
            }
            "link_lag" => {
                let seconds = request.seconds.ok_or("link_lag needs seconds")?;
                self.link_lag = Span::from_secs(seconds);
                return Ok(());
            }
            _ => {}
        }
        if self.outbox.apply(kind, request.seconds, how_often)? {
            return Ok(());
        }
        let (when, instead) =
            broken::of_kind(kind, request.status, request.seconds)?.ok_or_else(|| {
                format!(
                    "there is no fault {kind:?}: it is one of {}, events_lost, events_again, \
                     events_late, events_reordered, events_forged, link_lag, clear",
                    broken::KINDS
                )
            })?;
        self.faults.0.add((request.operation.clone(), when, instead), how_often);
        Ok(())
    }
}
