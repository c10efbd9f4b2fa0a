//! How a command went: done, refused with a reason, or waiting for a confirmation.

use heikin_core::market::{Asset, Side};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Access, Bill, Mode, NotifyPreferences, Role, StateVersion, Target, Trader, UserId};

/// How a command went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", content = "data", rename_all = "snake_case")]
pub enum Outcome {
    /// It was accepted, and stored before this was said.
    Done(Done),
    /// It was not done, and nothing has changed.
    Refused(Refusal),
    /// It is done when it comes again with the recap's version.
    Confirm(Box<Recap>),
    /// It needs the PIN: send it again with one.
    PinNeeded,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Done {
    /// Entries are placed again from the next candle close on.
    Started,
    /// No more entries, over restarts.
    Stopped {
        /// What became of the entries.
        legs: Vec<Leg>,
    },
    /// No more entries.
    Paused {
        /// Of which traders.
        target: Target,
        /// What became of the entries.
        legs: Vec<Leg>,
    },
    /// Entries are placed again from the next candle close on.
    Resumed {
        /// Of which traders.
        target: Target,
    },
    /// Positions are being sold.
    Closing {
        /// What is being done, trader by trader.
        legs: Vec<Leg>,
    },
    /// The latch has fallen; everything is being cancelled and sold.
    Panicked {
        /// What is being done, trader by trader; alerts tell the rest.
        legs: Vec<Leg>,
    },
    /// Settings were changed.
    Changed {
        /// From what to what.
        changes: Vec<SettingChange>,
    },
    /// The next start begins in this mode.
    ModeSet {
        /// Which.
        mode: Mode,
    },
    /// What the actor is told from now on.
    NotifySet {
        /// All of it.
        preferences: NotifyPreferences,
    },
    /// Repeats are muted.
    Muted {
        /// Until when.
        until: Timestamp,
    },
    /// The card is kept, or no longer.
    CardSet,
    /// A role was given.
    Granted {
        /// To whom.
        user: UserId,
        /// Which.
        role: Role,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Every role was taken away.
    Revoked {
        /// From whom.
        user: UserId,
        /// What they have paid for, and keep; none where that is nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keeps: Option<Access>,
    },
    /// The actor is the owner.
    Claimed,
    /// A payment link is open.
    PaymentLink {
        /// Where to pay.
        url: String,
        /// For what.
        bill: Bill,
        /// When it ends.
        expires_at: Timestamp,
    },
    /// The payment provider was asked.
    Verified {
        /// How the subscription stands now.
        access: Access,
    },
    /// The payment link is closed.
    PaymentCanceled,
    /// A message is on its way to people.
    BroadcastQueued {
        /// To how many.
        recipients: u32,
    },
    /// The rest of a broadcast is not sent.
    BroadcastCanceled {
        /// How many had got it.
        sent: u32,
        /// To how many it is being sent at this moment: some of them get it.
        under_way: u32,
        /// How many do not get it.
        spared: u32,
    },
    /// Nothing personal of the actor is left.
    Deleted,
}

/// One step of stopping, closing or panicking, for one trader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Leg {
    /// Whose.
    pub trader: Trader,
    /// Buy: its entry is cancelled. Sell: its position is sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// How far it has come.
    pub state: LegState,
}

/// How far a step has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LegState {
    /// There was nothing to do.
    Nothing,
    /// It is on its way.
    Working,
    /// It is done: cancelled, or sold.
    Done {
        /// The average price of a sale.
        price: Option<Price>,
    },
    /// It failed, and is tried again.
    Failed {
        /// Why, and what happens next.
        reason: String,
    },
}

/// When a changed setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effectiveness {
    /// At once.
    Now,
    /// From the next candle close on.
    NextCandle,
    /// From the next position on; the open one keeps the old value.
    NextPosition,
    /// After a restart.
    Restart,
}

/// A setting, from what to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SettingChange {
    /// Its name.
    pub key: String,
    /// The trader that it belongs to.
    pub trader: Option<Trader>,
    /// What it is called in a sentence.
    pub label: String,
    /// As it was; empty where it was left out.
    pub old: String,
    /// As it will be; empty where it is left out.
    pub new: String,
    /// What that means, in one sentence with figures.
    pub effect: String,
    /// When it holds.
    pub effective: Effectiveness,
}

/// Why a command was not carried out. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Refusal {
    /// The actor's role does not allow it.
    NotAllowed,
    /// It is so already: paused twice, nothing to close.
    AlreadySo {
        /// How it is, in one sentence.
        how: String,
    },
    /// A rule stands against it.
    Rule {
        /// Which, with its figure, and what can be done.
        reason: String,
    },
    /// What was given cannot be used.
    Invalid {
        /// What is wrong, and an example of what is right.
        reason: String,
    },
    /// The PIN is wrong.
    WrongPin {
        /// How many tries are left.
        left: u8,
    },
    /// Too many wrong PINs.
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// Billing is off here.
    BillingOff,
}

/// What is about to be done, told before it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recap {
    /// The state that it was computed from, to be sent with the confirmation.
    pub version: StateVersion,
    /// Whose money.
    pub mode: Mode,
    /// What.
    pub topic: RecapTopic,
    /// What else follows from it, one sentence each: what happens to the stop, what will be
    /// blocked after.
    pub consequences: Vec<String>,
    /// Whether the PIN is asked for after the confirmation.
    pub needs_pin: bool,
}

/// What a recap is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RecapTopic {
    /// Positions will be sold.
    Sell {
        /// By `/panic`, which latches and stops everything besides.
        is_panic: bool,
        /// What is sold.
        positions: Vec<super::Position>,
        /// How many orders are cancelled.
        orders: u32,
        /// What it is expected to bring after fees, less what it cost, in quote.
        expected: Option<Money>,
        /// The fees of it, in quote.
        fees: Option<Money>,
        /// The quote asset.
        quote: Asset,
    },
    /// Entries will be placed again.
    Enter {
        /// Of which traders.
        target: Target,
        /// Whether this ends a panic.
        ends_panic: bool,
    },
    /// `/stop_bot` ends: entries will be placed again.
    Start,
    /// No more entries, over restarts.
    Stop,
    /// Settings will change.
    Settings {
        /// From what to what.
        changes: Vec<SettingChange>,
    },
    /// The next start begins in another mode.
    Mode {
        /// In which.
        to: Mode,
        /// What people must be told at the step to `live`; empty for the others.
        told: Vec<String>,
    },
    /// A role will be given.
    Grant {
        /// To whom.
        user: UserId,
        /// Which.
        role: Role,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Every role will be taken away.
    Revoke {
        /// From whom.
        user: UserId,
        /// What they have.
        role: Role,
    },
    /// A message will go to people.
    Broadcast {
        /// What it says.
        text: String,
        /// To how many.
        recipients: u32,
        /// How long that takes, in seconds.
        seconds: u32,
    },
    /// What is known of the actor will be destroyed.
    DeleteMe,
}
