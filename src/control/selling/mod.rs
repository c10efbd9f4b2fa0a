//! Access that people buy, at work: the desk of `subscription` with a record, a provider and a chat.
//!
//! ```text
//!  command, webhook, time ──▶ desk ──▶ record (events and alerts, one transaction) ──▶ till ──▶ Razorpay
//!                               ▲                                                      │
//!                               └──────────────────── answer ◀─────────────────────────┘
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `till` | asks the provider, one question after another, and looks when it is time |
//! | `door` | what comes from the provider over HTTP |
//! | `alerts` | what people are told of their subscription |
//! | `notices` | what operators are told of money that does not match, went back or is disputed |
//! | `shown` | bills and plans as front ends show them |
//!
//! # Invariants
//!
//! - What the desk decides is durable, with the alerts it brings, before the provider hears of it.
//! - A webhook waits in the record until it was looked into; it is believed nothing.
//! - Without plans there is no till and no door. What was bought or granted before stays good.

mod alerts;
mod door;
mod notices;
pub(super) mod shown;
mod till;

use heikin_core::order::InstallationTag;
use heikin_core::time::{Span, Timestamp};

pub(super) use door::Door;
pub(super) use till::{Errand, Till};

use super::front::Ledger;
use super::front::record::Event;
use crate::config::Subscription;
use crate::store::StoreError;
use crate::store::disk::RealDisk;
use crate::subscription::desk::{DeskSettings, Effect, Step};
use crate::subscription::event::Recorded;
use crate::subscription::razorpay::{Client, PRODUCTION};

/// How access is sold here; nothing is on offer where nothing is configured.
pub(super) fn desk_settings(
    selling: Option<&Subscription>,
    installation: InstallationTag,
) -> DeskSettings {
    DeskSettings {
        installation: installation.as_str().to_owned(),
        link_life: selling.map_or(Span::DAY, |it| it.link_life),
        plans: selling.map_or_else(Vec::new, |it| it.plans.clone()),
    }
}

/// Records what the desk has decided, with what people are told of it and `beside`; what the provider
/// is to be asked after that.
pub(super) fn commit(
    ledger: &mut Ledger<RealDisk>,
    step: Step,
    beside: Option<Event>,
    now: Timestamp,
) -> Result<Vec<Effect>, StoreError> {
    let Step { records, effects } = step;
    let told = events(ledger, records, now);
    ledger.record(now, beside.into_iter().chain(told).collect())?;
    Ok(effects)
}

/// What the desk has decided, as events, with what people are told of it.
pub(super) fn events(
    ledger: &Ledger<RealDisk>,
    records: Vec<Recorded>,
    now: Timestamp,
) -> Vec<Event> {
    let told = |record: Recorded| {
        let alert = alerts::queued(ledger.state(), &record, now);
        let notice = notices::queued(ledger, &record, now);
        [Some(Event::Sold { record: Box::new(record) }), alert, notice].into_iter().flatten()
    };
    records.into_iter().flat_map(told).collect()
}

/// Who asks the provider; none where it cannot be reached at all, which is told.
pub(super) fn client(selling: &Subscription) -> Option<Client> {
    let base = selling.api.as_deref().unwrap_or(PRODUCTION);
    Client::new(base, selling.keys.clone(), selling.callback.clone())
        .inspect_err(|error| {
            tracing::error!(target: "alert", %error, "nothing can be sold");
        })
        .ok()
}
