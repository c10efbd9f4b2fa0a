//! Which role a command takes, and how it is called.

use heikin_bot::backend::{Command, Role, Target};
use sha2::{Digest as _, Sha256};

use crate::config::TokenRole;
use crate::control::front::seal::hex;

/// The least role that may give a command. Owners alone give and take roles from operator on: that
/// is looked at where it is known whose role it is.
pub(in crate::control) const fn needed(command: &Command) -> Role {
    match command {
        Command::StartBot
        | Command::StopBot
        | Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Close { .. }
        | Command::Panic
        | Command::Set { .. }
        | Command::SetFromForm { .. }
        | Command::SetMode { .. }
        | Command::Grant { .. }
        | Command::Revoke { .. }
        | Command::Broadcast { .. }
        | Command::CancelBroadcast => Role::Operator,
        Command::SetNotify { .. } | Command::Mute { .. } | Command::SetCard { .. } => {
            Role::Subscriber
        }
        Command::Claim { .. }
        | Command::Subscribe { .. }
        | Command::VerifyPayment
        | Command::CancelPayment
        | Command::DeleteMe => Role::Guest,
    }
}

/// What a token of the API may in its own name. A front end speaks for others and has none.
pub(super) const fn of_token(token: TokenRole) -> Role {
    match token {
        TokenRole::Subscriber => Role::Subscriber,
        TokenRole::Viewer => Role::Viewer,
        TokenRole::Operator => Role::Operator,
        TokenRole::Owner => Role::Owner,
        TokenRole::FrontEnd => Role::Guest,
    }
}

/// What was done, for the audit log: no secret, nothing personal.
pub(super) fn words(command: &Command) -> String {
    match command {
        Command::StartBot => "started the bot".to_owned(),
        Command::StopBot => "stopped the bot".to_owned(),
        Command::Pause { target } => format!("paused {}", whom(target)),
        Command::Resume { target } => format!("resumed {}", whom(target)),
        Command::Close { target } => format!("closed {}", whom(target)),
        Command::Panic => "panicked".to_owned(),
        Command::Set { changes } => {
            let keys: Vec<_> = changes.iter().map(|change| change.key.as_str()).collect();
            format!("changed {}", keys.join(", "))
        }
        Command::SetFromForm { form } => format!("changed {} {}", form.symbol, form.interval),
        Command::SetMode { mode } => format!("chose mode {}", mode.as_str()),
        Command::SetNotify { .. } => "chose what to be told".to_owned(),
        Command::Mute { thread, .. } => format!("muted {thread}"),
        Command::SetCard { .. } => "chose a status card".to_owned(),
        Command::Grant { user, role, .. } => format!("made {user} {}", role.as_str()),
        Command::Revoke { user } => format!("took the role of {user}"),
        Command::Claim { .. } => "claimed heikin".to_owned(),
        Command::Subscribe { .. } => "asked for a payment link".to_owned(),
        Command::VerifyPayment => "asked about a payment".to_owned(),
        Command::CancelPayment => "closed a payment link".to_owned(),
        Command::Broadcast { .. } => "sent a message to everybody".to_owned(),
        Command::CancelBroadcast => "ended a message to everybody".to_owned(),
        Command::DeleteMe => "had themselves forgotten".to_owned(),
    }
}

/// What two commands under one request are told apart by: no secret, nothing personal, and nothing that
/// a chat works out anew when it has to say the same once more (until when, what else is chosen).
pub(super) fn mark(command: &Command) -> String {
    let whole = match command {
        Command::SetNotify { .. }
        | Command::Mute { .. }
        | Command::SetCard { .. }
        | Command::Claim { .. }
        | Command::Subscribe { .. } => words(command).into_bytes(),
        // Numbers and words always serialize.
        _ => serde_json::to_vec(command).unwrap_or_default(),
    };
    let mut mark = hex(&Sha256::digest(whole));
    mark.truncate(32);
    mark
}

/// Of which traders.
pub(super) fn whom(target: &Target) -> String {
    match target {
        Target::All => "all traders".to_owned(),
        Target::Symbol { symbol } => symbol.to_string(),
        Target::Trader { trader } => trader.to_string(),
    }
}
