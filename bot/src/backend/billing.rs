//! Plans, bills, subscriptions and what they brought. Amounts are whole paise.

use std::fmt;

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Page, Range, UserId};

/// An amount in INR, in hundredths.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Paise(pub i64);

impl fmt::Display for Paise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let paise = self.0.unsigned_abs();
        write!(f, "{sign}₹{}.{:02}", paise / 100, paise % 100)
    }
}

/// How a person's subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Access {
    /// Never asked for.
    None,
    /// A payment link is open.
    Pending {
        /// When it ends.
        expires_at: Timestamp,
    },
    /// Paid.
    Active {
        /// Until when.
        until: Timestamp,
    },
    /// The time paid for is over; access ends with the grace.
    Grace {
        /// Until when.
        until: Timestamp,
    },
    /// Over.
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// Given by the operator.
    Granted {
        /// Until when; none for no end.
        until: Option<Timestamp>,
    },
    /// Paid back.
    Refunded {
        /// When.
        at: Timestamp,
    },
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BillLine {
    /// What for.
    pub name: String,
    /// How much.
    pub amount: Paise,
}

/// What a plan costs, line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bill {
    /// The id of the plan.
    pub plan: String,
    /// Its name.
    pub name: String,
    /// The lines, processing fee and tax included.
    pub lines: Vec<BillLine>,
    /// Their sum.
    pub total: Paise,
    /// How many days it buys.
    pub days: u32,
}

/// Something on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What one cycle costs, all included.
    pub total: Paise,
    /// How many days it buys.
    pub days: u32,
}

/// What is on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plans {
    /// The plans; empty where billing is off.
    pub plans: Vec<Plan>,
    /// Whom to ask, as the operator wrote it; none where nothing is written.
    pub support: Option<String>,
    /// Whether these are test payments, with no money behind them.
    pub is_test: bool,
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentPhase {
    /// The link is open.
    Open,
    /// Less than all was paid; the link stays open.
    PartPaid,
    /// Paid, and credited.
    Paid,
    /// Paid once more than needed; the days were added.
    PaidAgain,
    /// The link ended unpaid.
    Expired,
    /// Taken back before it was paid.
    Canceled,
    /// Paid back.
    Refunded,
    /// The payer's bank took it back.
    ChargedBack,
}

/// One payment, or the attempt at one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentLine {
    /// Our reference, on the receipt too.
    pub reference: String,
    /// The name of the plan.
    pub plan: String,
    /// What was asked.
    pub amount: Paise,
    /// How far it has come.
    pub phase: PaymentPhase,
    /// When the link was made.
    pub made_at: Timestamp,
    /// When it came to this phase.
    pub at: Timestamp,
}

/// Payments of one person, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Payments {
    /// Which part.
    pub page: Page,
    /// What is on it.
    pub items: Vec<PaymentLine>,
    /// How many there are in all.
    pub total: u32,
}

/// One person's subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SubscriptionView {
    /// Whose.
    pub user: UserId,
    /// How it stands.
    pub access: Access,
    /// The name of the plan that was paid, or is to be paid where none was; none where access was granted.
    pub plan: Option<String>,
    /// The payment link that is open, where one is.
    pub link: Option<String>,
    /// What that link asks for.
    pub due: Option<Paise>,
    /// What of it has been paid already.
    pub part_paid: Option<Paise>,
    /// A payment is disputed, and nobody has decided: what it paid for rests meanwhile.
    #[serde(default)]
    pub is_disputed: bool,
}

/// What subscriptions brought in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevenueReport {
    /// Of which time.
    pub range: Range,
    /// Paid.
    pub paid: Paise,
    /// Paid back or taken back.
    pub refunded: Paise,
    /// What stayed.
    pub net: Paise,
    /// How many payments.
    pub payments: u32,
    /// How many people have access by payment now.
    pub active: u32,
    /// How many by grant.
    pub granted: u32,
    /// How many are in their grace.
    pub grace: u32,
    /// How many run out within 3 days.
    pub due_soon: u32,
}
