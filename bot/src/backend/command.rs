//! What can be done.

use heikin_core::market::Symbol;
use heikin_core::num::Money;
use heikin_core::time::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ChatId, MessageId, Mode, NotifyPreferences, Role, Trader, UserId};

/// What a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum Target {
    /// Everything.
    All,
    /// All traders of a symbol.
    Symbol {
        /// Which.
        symbol: Symbol,
    },
    /// One trader.
    Trader {
        /// Which.
        trader: Trader,
    },
}

/// A setting's new text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// Its name, as in [`super::Setting::key`].
    pub key: String,
    /// The trader that it belongs to; none for the account's own.
    pub trader: Option<Trader>,
    /// The new text, written as in `heikin.toml` without quotes; empty to leave the setting out.
    pub value: String,
}

/// The form of heikin's ancestor, `1h,BTCUSDT,10$,10,10`: understood, and shown as changes of
/// settings before it becomes any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClassicForm {
    /// The interval.
    pub interval: Interval,
    /// The symbol.
    pub symbol: Symbol,
    /// What one entry spends, in quote.
    pub spend: Money,
    /// How far above the Heikin-Ashi high the entry triggers, in quote.
    pub entry_offset: Money,
    /// How far below the Heikin-Ashi low the stop triggers, in quote.
    pub exit_offset: Money,
}

/// What a payer told of themselves; each is optional and goes only to the payment provider.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Payer {
    /// How they are called.
    pub name: Option<String>,
    /// Where the receipt goes.
    pub email: Option<String>,
    /// With the country's code: `+919812345678`.
    pub phone: Option<String>,
}

/// Personal: it does not print.
impl std::fmt::Debug for Payer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payer(…)")
    }
}

/// What can be done. What must be confirmed is decided by the backend, with
/// [`super::Outcome::Confirm`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Ends [`Command::StopBot`]: entries are placed again from the next candle close on.
    StartBot,
    /// No entries for any trader, over restarts, until [`Command::StartBot`].
    StopBot,
    /// No entries until [`Command::Resume`]; stops work and ratchet. Never asks for confirmation.
    Pause {
        /// Of which traders.
        target: Target,
    },
    /// Ends [`Command::Pause`], and for all traders a panic.
    Resume {
        /// Of which traders.
        target: Target,
    },
    /// Cancels the entry, sells the position, pauses.
    Close {
        /// Of which traders.
        target: Target,
    },
    /// Latches, cancels all of ours, sells, stays stopped, over restarts.
    Panic,
    /// Changes settings, all or none of them.
    Set {
        /// What changes.
        changes: Vec<Change>,
    },
    /// The ancestor's form, as changes of the settings it stands for.
    SetFromForm {
        /// What it says.
        form: ClassicForm,
    },
    /// The mode that the next start begins in.
    SetMode {
        /// Which.
        mode: Mode,
    },
    /// What the actor is told.
    SetNotify {
        /// All of it.
        preferences: NotifyPreferences,
    },
    /// No repeats of a fault's alert for a while; what is done about the fault goes on.
    Mute {
        /// The fault, by the thread that its alerts carry.
        thread: String,
        /// Until when, at most an hour from now.
        until: Timestamp,
    },
    /// Keeps one message of the actor's chat up to date as the status card; none ends that.
    SetCard {
        /// The chat.
        chat: ChatId,
        /// The message.
        message: Option<MessageId>,
    },
    /// Gives a role, with an end for a subscriber.
    Grant {
        /// To whom.
        user: UserId,
        /// Which.
        role: Role,
        /// For how many days; none for no end.
        days: Option<u32>,
    },
    /// Takes every role and every grant away; a subscription that was paid for goes on.
    Revoke {
        /// From whom.
        user: UserId,
    },
    /// Makes the actor the owner, with the code that the first start printed.
    Claim {
        /// The code, once.
        code: String,
    },
    /// Makes a payment link, or gives the one that is open.
    Subscribe {
        /// The id of the plan.
        plan: String,
        /// What the payer told of themselves.
        payer: Payer,
    },
    /// Asks the payment provider now instead of at the next poll.
    VerifyPayment,
    /// Ends the payment link that is open.
    CancelPayment,
    /// A message to everybody with access.
    Broadcast {
        /// What it says, plain.
        text: String,
    },
    /// Ends a broadcast that is still being sent.
    CancelBroadcast,
    /// Destroys what is known of the actor: name, email, phone, message texts.
    DeleteMe,
}
