//! A plan of `heikin.toml`, each of its keys, and how access is sold.

use heikin_core::num::Rate;
use heikin_core::time::Span;
use secrecy::SecretString;

use super::given::Given;
use super::key::{Key, put, text};
use crate::subscription::razorpay::{ApiKeys, WebhookSecrets};
use crate::subscription::{Item, Paise, Plan, PlanId, PlanTerms};

/// More plans than a bill of fare has.
pub(super) const MOST_PLANS: usize = 20;

/// How access is sold: there are plans, and keys of the kind that the mode asks for.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// What is on offer: at least one.
    pub plans: Vec<Plan>,
    /// How long a payment link can be paid.
    pub link_life: Span,
    /// The page that payers come back to.
    pub callback: Option<String>,
    /// A stand-in for Razorpay on this machine.
    pub api: Option<String>,
    /// The API key.
    pub keys: ApiKeys,
    /// What webhooks are signed with; without it payments are found by asking alone.
    pub webhook: Option<WebhookSecrets>,
}

/// The section `subscription`, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selling {
    pub(super) link_life: Span,
    pub(super) callback: Option<String>,
    pub(super) api: Option<String>,
    pub(super) webhook_changed: Option<jiff::Timestamp>,
}

impl Default for Selling {
    fn default() -> Self {
        Self { link_life: Span::DAY, callback: None, api: None, webhook_changed: None }
    }
}

/// A plan as it is written.
#[derive(Debug, Clone)]
pub(super) struct PlanDraft {
    id: Option<PlanId>,
    name: String,
    server: Paise,
    messages: Paise,
    support: Paise,
    other: Paise,
    processing: Rate,
    gst: Rate,
    cycle: Span,
    grace: Span,
    reminders: Vec<Span>,
}

impl Default for PlanDraft {
    fn default() -> Self {
        let percent = |units| Rate::from_units(Rate::ONE.units() / 100 * units);
        Self {
            id: None,
            name: String::new(),
            server: Paise::ZERO,
            messages: Paise::ZERO,
            support: Paise::ZERO,
            other: Paise::ZERO,
            processing: percent(2).unwrap_or(Rate::ZERO),
            gst: percent(18).unwrap_or(Rate::ZERO),
            cycle: Span::DAY.times(28),
            grace: Span::DAY,
            reminders: vec![Span::DAY.times(3), Span::DAY],
        }
    }
}

impl PlanDraft {
    /// The plan; none where it has no id, else what does not fit.
    pub(super) fn plan(self) -> Option<Result<Plan, String>> {
        let prices = [
            (Item::Server, self.server),
            (Item::Messages, self.messages),
            (Item::Support, self.support),
            (Item::Other, self.other),
        ];
        let plan = Plan::new(PlanTerms {
            id: self.id?,
            name: self.name,
            prices: prices.into(),
            processing: self.processing,
            gst: self.gst,
            cycle: self.cycle,
            grace: self.grace,
            reminders: self.reminders,
        });
        Some(plan.map_err(|error| error.to_string()))
    }
}

const RUPEES: &str = "rupees from 0 to 10000000, such as \"499\" or \"499.50\"";

/// A plan's keys, in the order in which they are told.
pub(super) const KEYS: [Key<PlanDraft>; 11] = [
    Key {
        name: "id",
        allowed: "1 to 32 letters, digits, - and _, such as \"monthly\"",
        meaning: "What the plan is called in commands and records. Never give it to another plan.",
        read: |plan, given| put(&mut plan.id, given.number().map(Some)),
        write: |plan| plan.id.as_ref().and_then(text),
    },
    Key {
        name: "name",
        allowed: "a name of 1 to 60 characters, such as \"Monthly alerts\"",
        meaning: "What people read.",
        read: |plan, given| put(&mut plan.name, words(given)),
        write: |_| None,
    },
    Key {
        name: "server",
        allowed: RUPEES,
        meaning: "The price line for the machine, in rupees.",
        read: |plan, given| put(&mut plan.server, given.number()),
        write: |plan| Some(rupees(plan.server)),
    },
    Key {
        name: "messages",
        allowed: RUPEES,
        meaning: "The price line for the messages.",
        read: |plan, given| put(&mut plan.messages, given.number()),
        write: |plan| Some(rupees(plan.messages)),
    },
    Key {
        name: "support",
        allowed: RUPEES,
        meaning: "The price line for support.",
        read: |plan, given| put(&mut plan.support, given.number()),
        write: |plan| Some(rupees(plan.support)),
    },
    Key {
        name: "other",
        allowed: RUPEES,
        meaning: "The price line for anything else.",
        read: |plan, given| put(&mut plan.other, given.number()),
        write: |plan| Some(rupees(plan.other)),
    },
    Key {
        name: "processing_pct",
        allowed: "a percentage from 0 to 100",
        meaning: "The processing fee, in percent of the price lines; rounded half up to the paisa.",
        read: |plan, given| put(&mut plan.processing, given.percent(100)),
        write: |plan| text(&plan.processing.percent()),
    },
    Key {
        name: "gst_pct",
        allowed: "a percentage from 0 to 100",
        meaning: "Goods and services tax, in percent of the processing fee; rounded likewise.",
        read: |plan, given| put(&mut plan.gst, given.percent(100)),
        write: |plan| text(&plan.gst.percent()),
    },
    Key {
        name: "cycle_days",
        allowed: "days from 1 to 366",
        meaning: "How long one payment is good for.",
        read: |plan, given| put(&mut plan.cycle, given.count(1..=366).map(days)),
        write: |plan| Some(plan.cycle.div(Span::DAY).into()),
    },
    Key {
        name: "grace_days",
        allowed: "days from 0 to 365, fewer than cycle_days",
        meaning: "How long access stays after that.",
        read: |plan, given| put(&mut plan.grace, given.count(0..=365).map(days)),
        write: |plan| Some(plan.grace.div(Span::DAY).into()),
    },
    Key {
        name: "reminder_days",
        allowed: "a list of up to 16 numbers of days, each fewer than cycle_days, such as [3, 1]",
        meaning: "How many days before the end people are reminded.",
        read: |plan, given| put(&mut plan.reminders, reminders(given)),
        write: |plan| {
            let count = |before: &Span| before.div(Span::DAY);
            Some(plan.reminders.iter().map(count).collect::<Vec<_>>().into())
        },
    },
];

fn days(count: u32) -> Span {
    Span::DAY.times(count.into())
}

fn reminders(given: &Given<'_>) -> Result<Vec<Span>, String> {
    let list = given.list();
    if list.len() > 16 {
        return Err("has too many values".to_owned());
    }
    list.iter().map(|given| given.count(1..=365).map(days)).collect()
}

fn rupees(amount: Paise) -> serde_json::Value {
    amount.to_string().trim_start_matches('₹').trim_end_matches(".00").into()
}

fn words(given: &Given<'_>) -> Result<String, String> {
    match given {
        Given::Text(text) if text.trim().is_empty() => Err("is empty".to_owned()),
        Given::Text(text) if text.contains(char::is_control) => {
            Err("has a control character".to_owned())
        }
        Given::Text(text) if text.chars().count() > 60 => Err("is too long".to_owned()),
        Given::Text(text) => Ok(text.trim().to_owned()),
        _ => Err("is no text".to_owned()),
    }
}

/// An https address without a query: what Razorpay sends payers to.
pub(super) fn callback(given: &Given<'_>) -> Result<String, String> {
    let address = given.text()?.trim();
    let host = address.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    match host {
        None => Err("does not begin with https://".to_owned()),
        Some(host) if host.is_empty() || host.contains(['@', '?', '#']) => {
            Err("names no host".to_owned())
        }
        Some(_) if address.contains(['?', '#', ' ']) || address.contains(char::is_control) => {
            Err("has more than a host and a path".to_owned())
        }
        Some(_) => Ok(address.to_owned()),
    }
}

/// A moment, as RFC 3339 writes it.
pub(super) fn moment(given: &Given<'_>) -> Result<jiff::Timestamp, String> {
    given.text()?.trim().parse().map_err(|_error| "is no time with its zone".to_owned())
}

/// The secrets of webhooks, old and new.
pub(super) fn webhook_secrets(
    current: &SecretString,
    previous: Option<(&SecretString, jiff::Timestamp)>,
) -> WebhookSecrets {
    let secrets = WebhookSecrets::new(current.clone());
    match previous {
        Some((previous, changed)) => {
            let changed = heikin_core::time::Timestamp::from_millis(changed.as_millisecond());
            secrets.with_previous(previous.clone(), changed)
        }
        None => secrets,
    }
}
