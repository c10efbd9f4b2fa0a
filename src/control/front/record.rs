//! What is recorded. A record is a transaction: its events happen together or not at all.

use heikin_bot::backend::{
    Alert, AuditLine, ChatId, Cursor, Identity, Lane, Loudness, MessageId, Nonce,
    NotifyPreferences, Outcome, Receipt, RequestId, Role, UpdateId, UserId,
};
use heikin_core::engine::Sequence;
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::seal::{KeyName, Sealed};
use crate::store::journal::Entry;
use crate::subscription::DeliveryId;
use crate::subscription::event::Recorded;
use crate::subscription::razorpay::Delivery;

/// One line of the front office's journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontRecord {
    /// Its number.
    pub seq: Sequence,
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// What happened, together.
    pub events: Vec<Event>,
}

impl Entry for FrontRecord {
    fn sequence(&self) -> Sequence {
        self.seq
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An update came in.
    Received {
        /// Its number.
        update: UpdateId,
        /// When it came.
        received_at: Timestamp,
        /// Its text.
        raw: Sealed,
    },
    /// It is dealt with.
    Handled {
        /// Which.
        update: UpdateId,
    },
    /// The texts so far are under another key from now on; the old one is destroyed.
    TextsKeyed {
        /// The new one.
        key: KeyName,
    },
    /// An alert is to be told.
    Queued(Box<Queued>),
    /// The account's journal was gone through, up to here.
    Tailed {
        /// Its last record that was looked at.
        through: Sequence,
    },
    /// Alerts are being sent: from now on each may have arrived.
    #[serde(alias = "handed")]
    Sending {
        /// Which.
        cursors: Vec<Cursor>,
    },
    /// What is being sent to everybody is not sent to those who have not got it.
    BroadcastsEnded,
    /// What became of an alert.
    Acknowledged(Receipt),
    /// Somebody writes who had blocked the bot, or whom it could not write to before.
    Unblocked {
        /// Where.
        chat: ChatId,
    },
    /// A button means something.
    TicketPut {
        /// Its number.
        nonce: Nonce,
        /// Until when it is kept.
        expires_at: Timestamp,
        /// What it means, as JSON.
        ticket: Sealed,
    },
    /// It was pressed, or is over.
    TicketTaken {
        /// Which.
        nonce: Nonce,
    },
    /// A role was given.
    Granted {
        /// To whom.
        user: UserId,
        /// Which.
        role: Role,
        /// Until when; none for no end.
        until: Option<Timestamp>,
    },
    /// Every role was taken away.
    Revoked {
        /// From whom.
        user: UserId,
    },
    /// Somebody of the list was there.
    Seen {
        /// Who.
        user: UserId,
        /// How they called themselves.
        name: Sealed,
    },
    /// What somebody is told.
    NotifySet {
        /// Who.
        user: UserId,
        /// All of it.
        preferences: NotifyPreferences,
    },
    /// No repeats of a fault for a while.
    Muted {
        /// For whom.
        user: UserId,
        /// The fault, by its thread.
        thread: String,
        /// Until when.
        until: Timestamp,
    },
    /// Somebody's day was told, or begins to be counted.
    Digested {
        /// Whose.
        user: UserId,
        /// How many candles the account had missed by then.
        missed_candles: u32,
    },
    /// heikin runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// A message is kept up to date as the status card, or no longer.
    CardSet {
        /// Whose.
        user: UserId,
        /// Which.
        card: Option<(ChatId, MessageId)>,
    },
    /// What was known of somebody is destroyed.
    Forgotten {
        /// Of whom.
        user: UserId,
    },
    /// A claim code was made; only its digest is kept.
    ClaimMade {
        /// SHA-256 of the code, in hexadecimal.
        digest: String,
    },
    /// It was used.
    ClaimUsed {
        /// By whom.
        user: UserId,
    },
    /// A command is on its way to the account.
    Begun {
        /// Under which request.
        request: RequestId,
        /// Which, as the account's journal will show it.
        steps: Vec<heikin_core::engine::Command>,
        /// The account's last record before it.
        after: Sequence,
        /// The mark of the command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<String>,
    },
    /// The desk recorded something about somebody's access.
    Sold {
        /// What.
        record: Box<Recorded>,
    },
    /// Somebody told of themselves, for their receipts.
    PayerTold {
        /// Who.
        user: UserId,
        /// What.
        payer: Sealed,
    },
    /// A webhook of the payment provider came, and was genuine.
    Delivered {
        /// What it is about.
        delivery: Delivery,
    },
    /// What it is about was looked into.
    LookedInto {
        /// Which.
        delivery: DeliveryId,
    },
    /// How a command went.
    Finished {
        /// Under which request.
        request: RequestId,
        /// How.
        outcome: Box<Outcome>,
        /// The mark of the command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<String>,
    },
    /// Somebody typed a wrong PIN; which one is nowhere.
    PinWrong {
        /// Who.
        by: Identity,
    },
    /// Somebody who had typed a wrong PIN typed the right one.
    PinRight {
        /// Who.
        by: Identity,
    },
    /// Somebody did something. The name is not recorded: it is looked up when it is shown.
    Audited {
        /// Who.
        by: Identity,
        /// What, in words.
        what: String,
        /// How it ended.
        result: String,
    },
}

/// An alert and those who are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// When it happened.
    pub at: Timestamp,
    /// What goes first.
    pub lane: Lane,
    /// What belongs together.
    pub thread: Option<String>,
    /// Who did it, where it says so: the name in it is filled in when it is told.
    pub by: Option<Identity>,
    /// Alerts of before that this one takes the place of; none of them has been handed out.
    pub replaces: Vec<Cursor>,
    /// Who is told.
    pub to: Vec<Addressee>,
    /// What.
    pub alert: Alert,
}

/// One who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// Where.
    pub chat: ChatId,
    /// Whether the phone makes a sound.
    pub loudness: Loudness,
    /// Their time zone.
    pub zone: String,
}

/// A row of the audit log as it is kept.
pub(super) fn audit_line(at: Timestamp, by: &Identity, what: &str, result: &str) -> AuditLine {
    AuditLine {
        at,
        by: by.clone(),
        name: String::new(),
        what: what.to_owned(),
        result: result.to_owned(),
    }
}
