//! The table of commands: how each is written, what it is for, who may.

use crate::backend::{Command, Role};

/// What can be asked for. Arguments come after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is documented for people, in the table")]
pub enum Verb {
    Start,
    Menu,
    Help,
    About,
    Plans,
    Subscribe,
    Skip,
    Pay,
    Subscription,
    Payments,
    Verify,
    Cancel,
    DeleteMe,
    Status,
    Card,
    Position,
    Orders,
    History,
    Trades,
    Profit,
    Chart,
    Equity,
    Performance,
    Why,
    Notify,
    StopNotify,
    Mute,
    Balance,
    Health,
    Logs,
    Settings,
    Set,
    Mode,
    SetMode,
    StartBot,
    StopBot,
    Pause,
    Resume,
    Close,
    Panic,
    Users,
    Audit,
    Grant,
    Revoke,
    Broadcast,
    StopBroadcast,
    Revenue,
}

/// Who may, from the least role upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Everybody.
    Anyone,
    /// Those who pay, or might: guests and subscribers, where subscriptions are sold.
    Payer,
    /// Subscribers and above.
    Reader,
    /// Viewers and above.
    Viewer,
    /// Operators and the owner.
    Operator,
    /// The owner.
    Owner,
}

impl Right {
    /// Whether a role has it.
    pub const fn is_of(self, role: Role) -> bool {
        match self {
            Self::Anyone => true,
            Self::Payer => matches!(role, Role::Guest | Role::Subscriber),
            Self::Reader => !matches!(role, Role::Guest),
            Self::Viewer => matches!(role, Role::Viewer | Role::Operator | Role::Owner),
            Self::Operator => matches!(role, Role::Operator | Role::Owner),
            Self::Owner => matches!(role, Role::Owner),
        }
    }
}

/// What a command does to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Shows something, also in groups where those are let in.
    Look,
    /// Shows something private: amounts, people, bills, settings.
    LookPrivately,
    /// Changes something of the person's own.
    Own,
    /// Takes risk away: at once, by a button too, however old the message.
    Reduce,
    /// Moves money or rights: never from an old message, never by a plain button.
    Act,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What it asks for.
    pub verb: Verb,
    /// How it is written, without the slash.
    pub name: &'static str,
    /// How else.
    pub aliases: &'static [&'static str],
    /// Who may.
    pub right: Right,
    /// What it does to the account.
    pub weight: Weight,
    /// Its arguments, as help shows them; empty for none.
    pub arguments: &'static str,
    /// A line that works.
    pub example: &'static str,
    /// What it is for; empty for what only buttons send.
    pub about: &'static str,
}

use Right::{Anyone, Operator, Owner, Payer, Reader, Viewer};
use Weight::{Act, Look, LookPrivately, Own, Reduce};

macro_rules! table {
    ($($verb:ident $name:literal [$($alias:literal)*] $right:ident $weight:ident
       $arguments:literal $example:literal $about:literal;)*) => {
        /// Every command, in the order of help.
        pub const TABLE: &[Entry] = &[$(Entry {
            verb: Verb::$verb,
            name: $name,
            aliases: &[$($alias),*],
            right: $right,
            weight: $weight,
            arguments: $arguments,
            example: $example,
            about: $about,
        }),*];
    };
}

table! {
    Status "status" [] Reader Look "" "/status" "how things are";
    Position "position" ["positions" "pos"] Reader Look "" "/position" "open positions";
    Orders "orders" ["order"] Reader Look "" "/orders" "open orders, and those whose outcome is unknown";
    Profit "profit" ["pnl" "daily"] Reader Look "[days, or from to]" "/profit 7" "results of a time";
    History "history" ["fills"] Reader Look "[symbol]" "/history BTCUSDT" "fills, newest first";
    Trades "trades" [] Reader Look "[symbol]" "/trades BTCUSDT" "closed trades, newest first";
    Chart "chart" [] Reader Look "[symbol] [candles] [raw] [light]" "/chart BTCUSDT 48" "candles with entries, exits and the stop";
    Equity "equity" [] Reader Look "[days] [light]" "/equity 30" "equity and drawdown";
    Performance "performance" ["perf"] Reader Look "[days]" "/performance 90" "results by symbol";
    Why "why" [] Reader Look "[symbol, #trade or o-order]" "/why BTCUSDT" "why it did, or did not, trade";
    Balance "balance" ["bal"] Viewer LookPrivately "" "/balance" "what the account holds";
    Pause "pause" ["stopentry" "stopbuy"] Operator Reduce "[symbol]" "/pause BTCUSDT" "no new entries; stops go on";
    Resume "resume" [] Operator Act "[symbol]" "/resume BTCUSDT" "entries again; ends a panic";
    Close "close" ["forceexit" "fx"] Operator Act "symbol or all" "/close BTCUSDT" "sell a position and pause";
    Panic "panic" ["emergencystop"] Operator Act "" "/panic" "cancel all, sell all, stay stopped";
    StopBot "stop_bot" ["stop"] Operator Act "" "/stop_bot" "no entries until /start_bot, over restarts";
    StartBot "start_bot" [] Operator Act "" "/start_bot" "ends /stop_bot";
    Settings "settings" ["limits" "config"] Viewer LookPrivately "[group or name]" "/settings exit" "see and change settings";
    Set "set" [] Operator Act "[symbol interval] name value" "/set limits.max_daily_loss 50" "change one setting";
    Mode "mode" [] Viewer LookPrivately "" "/mode" "demo, paper, testnet or live";
    SetMode "set_mode" [] Owner Act "mode" "/set_mode paper" "";
    Notify "notify" ["alerts"] Reader Own "[kind loud|silent|off] [quiet 22:00-07:00] [zone Asia/Kolkata] [digest 08:00]" "/notify stop silent" "what you are told, and how loudly";
    StopNotify "stop_notify" [] Reader Own "" "/stop_notify" "no messages but faults";
    Mute "mute" [] Operator Own "" "/mute t17" "";
    Card "card" ["pin"] Viewer Own "" "/card" "a pinned status, kept up to date";
    Health "health" [] Viewer LookPrivately "" "/health" "how heikin itself is";
    Logs "logs" ["log"] Operator LookPrivately "[lines] [error|warn|info]" "/logs 20 error" "the end of the log";
    Audit "audit" [] Operator LookPrivately "" "/audit" "who did what";
    Users "users" [] Operator LookPrivately "" "/users" "who there is";
    Grant "grant" [] Operator Act "user role [days]" "/grant 123456789 subscriber 28" "give a role";
    Revoke "revoke" [] Operator Act "user" "/revoke 123456789" "take every role";
    Broadcast "broadcast" [] Operator Act "text" "/broadcast Maintenance tonight at 22:00 UTC" "a message to everybody with access";
    StopBroadcast "stop_broadcast" [] Operator Reduce "" "/stop_broadcast" "";
    Revenue "revenue" [] Operator LookPrivately "[days]" "/revenue 30" "what subscriptions brought";
    Plans "plans" ["plan"] Payer LookPrivately "" "/plans" "what is offered, and what it costs";
    Subscribe "subscribe" ["pay_razer" "pay"] Payer Own "[plan]" "/subscribe monthly" "get access";
    Skip "skip" [] Payer Own "" "/skip" "";
    Pay "pay_now" [] Payer Own "" "/pay_now" "";
    Subscription "subscription" ["my_plan"] Payer LookPrivately "" "/subscription" "your plan, and until when";
    Payments "payments" ["receipts"] Payer LookPrivately "" "/payments" "your payments";
    Verify "verify" ["done"] Payer Own "" "/verify" "look for your payment now";
    Cancel "cancel" [] Anyone Own "" "/cancel" "end the form or the payment link";
    DeleteMe "delete_me" [] Anyone Own "" "/delete_me" "delete your name, email, phone and messages";
    Menu "menu" ["home"] Anyone LookPrivately "" "/menu" "buttons for everything";
    Help "help" ["commands"] Anyone Look "[command]" "/help chart" "the commands";
    About "about" ["version"] Anyone Look "" "/about" "what this is";
    Start "start" [] Anyone Own "" "/start" "";
}

impl Verb {
    /// Its row of the table.
    ///
    /// # Panics
    ///
    /// Never: a test finds every verb in the table.
    pub fn entry(self) -> &'static Entry {
        #[expect(clippy::expect_used, reason = "a test finds every verb in the table")]
        TABLE.iter().find(|entry| entry.verb == self).expect("every verb has a row")
    }

    /// The verb that is written so, by name or alias, in any case.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let is_it = |entry: &&Entry| entry.name == word || entry.aliases.contains(&word.as_str());
        TABLE.iter().find(is_it).map(|entry| entry.verb)
    }

    /// The command that is written most like a word, by name, if one is.
    pub fn resembling(word: &str, role: Role) -> Option<&'static str> {
        let word = word.to_ascii_lowercase();
        TABLE
            .iter()
            .filter(|entry| entry.right.is_of(role) && !entry.about.is_empty())
            .flat_map(|entry| {
                let written = std::iter::once(&entry.name).chain(entry.aliases);
                written.map(|name| (strsim::jaro_winkler(&word, name), entry.name))
            })
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, name)| name)
    }

    /// The verb whose right a command needs.
    pub const fn of(command: &Command) -> Self {
        match command {
            Command::StartBot => Self::StartBot,
            Command::StopBot => Self::StopBot,
            Command::Pause { .. } => Self::Pause,
            Command::Resume { .. } => Self::Resume,
            Command::Close { .. } => Self::Close,
            Command::Panic => Self::Panic,
            Command::Set { .. } | Command::SetFromForm { .. } => Self::Set,
            Command::SetMode { .. } => Self::SetMode,
            Command::SetNotify { .. } => Self::Notify,
            Command::Mute { .. } => Self::Mute,
            Command::SetCard { .. } => Self::Card,
            Command::Grant { .. } => Self::Grant,
            Command::Revoke { .. } => Self::Revoke,
            Command::Claim { .. } => Self::Start,
            Command::Subscribe { .. } => Self::Subscribe,
            Command::VerifyPayment => Self::Verify,
            Command::CancelPayment => Self::Cancel,
            Command::Broadcast { .. } => Self::Broadcast,
            Command::CancelBroadcast => Self::StopBroadcast,
            Command::DeleteMe => Self::DeleteMe,
        }
    }
}

/// The commands that a role is shown, for `setMyCommands` and for help. Where nothing is sold, leave
/// those of [`Right::Payer`] out.
pub fn listed(role: Role) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| !entry.about.is_empty() && entry.right.is_of(role))
}
