//! Roles, preferences, the claim of the owner, messages to everybody.

use heikin_bot::backend::{
    Alert, BackendError, Command, Done, NotifyPreferences, Outcome, Recap, RecapTopic, Refusal,
    Role, StateVersion, SystemAlert, UserId,
};
use heikin_core::time::{Span, Timestamp};

use super::{Commander, Conclusion, concluded, rights, version};
use crate::control::Control;
use crate::control::addressees::user_of;
use crate::control::claim::digest;
use crate::control::front::Ledger;
use crate::control::front::record::Event;
use crate::control::front::state::Bounds;
use crate::store::StoreError;
use crate::store::disk::RealDisk;

const LONGEST_MUTE: Span = Span::from_millis(60 * 60_000);
const DAY: Span = Span::from_secs(86_400);
/// The longest grant: a hundred years.
const MOST_DAYS: u32 = 36_500;
/// One message fits.
const LONGEST_BROADCAST: usize = 3_500;

/// What is decided about a command before it is confirmed.
enum Verdict {
    Conclude(Box<Conclusion>),
    Confirm(Box<RecapTopic>, Vec<String>),
    Forget(UserId),
}

/// Changes what is known of people.
pub(super) async fn change(
    control: &Control,
    commander: &Commander,
    command: Command,
    confirmed: Option<StateVersion>,
) -> Result<Outcome, BackendError> {
    let (now_version, mode) = {
        let replica = control.replica();
        (version(&replica), replica.mode())
    };
    let is_confirmed = confirmed == Some(now_version);
    let commander = commander.clone();
    control
        .front(move |ledger| {
            let verdict = decide(ledger, &commander, &command, is_confirmed);
            Ok(match verdict {
                Verdict::Conclude(conclusion) => concluded(ledger, &commander, *conclusion)?,
                Verdict::Confirm(topic, consequences) => Outcome::Confirm(Box::new(Recap {
                    version: now_version,
                    mode,
                    topic: *topic,
                    consequences,
                    needs_pin: false,
                })),
                Verdict::Forget(user) => forget(ledger, &commander, user)?,
            })
        })
        .await
}

fn forget(
    ledger: &mut Ledger<RealDisk>,
    commander: &Commander,
    user: UserId,
) -> Result<Outcome, StoreError> {
    let conclusion = Conclusion::done(rights::words(&Command::DeleteMe), Done::Deleted)
        .with([Event::Forgotten { user }]);
    let outcome = concluded(ledger, commander, conclusion)?;
    ledger.forget(user, commander.now)?;
    Ok(outcome)
}

fn decide(
    ledger: &Ledger<RealDisk>,
    commander: &Commander,
    command: &Command,
    is_confirmed: bool,
) -> Verdict {
    let what = rights::words(command);
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    match command {
        Command::Grant { user, role, days } => {
            grant(ledger, commander, (*user, *role, *days), is_confirmed)
        }
        Command::Revoke { user } => revoke(ledger, commander, *user, is_confirmed),
        Command::Broadcast { text } => broadcast(ledger, commander, text, is_confirmed),
        Command::CancelBroadcast => refused(Refusal::AlreadySo {
            how: "Messages to everybody are handed over at once: there is none to end.".to_owned(),
        }),
        _ => match user_of(&commander.by) {
            Some(user) => own(ledger, commander, (user, command), is_confirmed),
            None => refused(Refusal::Rule {
                reason: "That belongs to a person on Telegram; the terminal is told everything."
                    .to_owned(),
            }),
        },
    }
}

/// What somebody changes about themselves.
fn own(
    ledger: &Ledger<RealDisk>,
    commander: &Commander,
    (user, command): (UserId, &Command),
    is_confirmed: bool,
) -> Verdict {
    let what = rights::words(command);
    let done = |done, event| {
        Verdict::Conclude(Box::new(Conclusion::done(what.clone(), done).with([event])))
    };
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    match command {
        Command::SetNotify { preferences } => match flaw(preferences) {
            Some(reason) => refused(Refusal::Invalid { reason }),
            None => {
                let preferences = preferences.clone();
                let event = Event::NotifySet { user, preferences: preferences.clone() };
                done(Done::NotifySet { preferences }, event)
            }
        },
        Command::Mute { thread, until } => {
            let until = (*until).min(commander.now + LONGEST_MUTE);
            let thread = thread.clone();
            done(Done::Muted { until }, Event::Muted { user, thread, until })
        }
        Command::SetCard { chat, message } => {
            let card = message.map(|message| (*chat, message));
            done(Done::CardSet, Event::CardSet { user, card })
        }
        Command::Claim { code } => claim(ledger, (user, what.clone()), code),
        Command::DeleteMe if !is_confirmed => Verdict::Confirm(
            Box::new(RecapTopic::DeleteMe),
            vec!["What you did stays in the audit log, without your name.".to_owned()],
        ),
        Command::DeleteMe if commander.role == Role::Owner => refused(Refusal::Rule {
            reason: "You own this heikin: make somebody else the owner first (/grant)".to_owned(),
        }),
        Command::DeleteMe => Verdict::Forget(user),
        _ => refused(Refusal::Invalid { reason: "that cannot be done here".to_owned() }),
    }
}

fn claim(ledger: &Ledger<RealDisk>, (user, what): (UserId, String), code: &str) -> Verdict {
    let conclusion = if ledger.state().people().has_owner() {
        let reason = "This heikin has its owner already.".to_owned();
        Conclusion::refused(what, Refusal::Rule { reason })
    } else if ledger.state().claim() == Some(digest(code).as_str()) {
        let role = Role::Owner;
        Conclusion::done(what, Done::Claimed)
            .with([Event::ClaimUsed { user }, Event::Granted { user, role, until: None }])
    } else {
        let reason = "That is not the code that `heikin run` printed when it started last. Copy \
                      its link again; it holds until somebody has used it."
            .to_owned();
        Conclusion::refused(what, Refusal::Invalid { reason })
    };
    Verdict::Conclude(Box::new(conclusion))
}

/// What is wrong with preferences.
fn flaw(preferences: &NotifyPreferences) -> Option<String> {
    let is_minute = |minute: u16| minute < 24 * 60;
    if heikin_bot::local_time::known_zone(&preferences.zone).is_none() {
        let zone = &preferences.zone;
        return Some(format!(
            "there is no time zone {zone:?}; one is Europe/Berlin or Asia/Kolkata"
        ));
    }
    let quiet_fits = preferences.quiet.is_none_or(|it| is_minute(it.from) && is_minute(it.to));
    (!quiet_fits || !preferences.digest_at.is_none_or(is_minute))
        .then(|| "a time of day is from 00:00 to 23:59".to_owned())
}

/// Roles from operator on are the owner's to give and to take.
fn is_owners(role: Role) -> bool {
    role >= Role::Operator
}

fn grant(
    ledger: &Ledger<RealDisk>,
    commander: &Commander,
    (user, role, days): (UserId, Role, Option<u32>),
    is_confirmed: bool,
) -> Verdict {
    let command = Command::Grant { user, role, days };
    let what = rights::words(&command);
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    let people = ledger.state().people();
    let has = people.role(user, commander.now);
    if (is_owners(role) || is_owners(has)) && commander.role < Role::Owner {
        return refused(Refusal::NotAllowed);
    }
    let is_last_owner = has == Role::Owner && people.other_owners(user) == 0;
    if is_last_owner && role != Role::Owner {
        let reason = "Heikin needs an owner: make somebody else one first.".to_owned();
        return refused(Refusal::Rule { reason });
    }
    if role == Role::Guest {
        let reason = "A guest has no role: /revoke takes one away.".to_owned();
        return refused(Refusal::Invalid { reason });
    }
    if days.is_some_and(|days| days == 0 || days > MOST_DAYS) || user.0 <= 0 {
        let reason = "Write it like this: /grant 123456789 viewer, or subscriber 28 for 28 days.";
        return refused(Refusal::Invalid { reason: reason.to_owned() });
    }
    if people.get(user).is_none() && people.iter().count() >= Bounds::PEOPLE {
        let reason = format!("There are {} people already: revoke some first.", Bounds::PEOPLE);
        return refused(Refusal::Rule { reason });
    }
    let until: Option<Timestamp> = days.map(|days| commander.now + DAY.times(i64::from(days)));
    if !is_confirmed {
        return Verdict::Confirm(Box::new(RecapTopic::Grant { user, role, until }), Vec::new());
    }
    let told = SystemAlert::RoleChanged { user, role, name: String::new() };
    let conclusion = Conclusion::done(what, Done::Granted { user, role, until })
        .with([Event::Granted { user, role, until }])
        .telling(None, Alert::System(told));
    Verdict::Conclude(Box::new(conclusion))
}

fn revoke(
    ledger: &Ledger<RealDisk>,
    commander: &Commander,
    user: UserId,
    is_confirmed: bool,
) -> Verdict {
    let what = rights::words(&Command::Revoke { user });
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    let people = ledger.state().people();
    let role = people.role(user, commander.now);
    if role == Role::Guest {
        return refused(Refusal::AlreadySo { how: "They have no role.".to_owned() });
    }
    if is_owners(role) && commander.role < Role::Owner {
        return refused(Refusal::NotAllowed);
    }
    if role == Role::Owner && people.other_owners(user) == 0 {
        let reason = "Heikin needs an owner: make somebody else one first.".to_owned();
        return refused(Refusal::Rule { reason });
    }
    if !is_confirmed {
        return Verdict::Confirm(Box::new(RecapTopic::Revoke { user, role }), Vec::new());
    }
    let told = SystemAlert::RoleChanged { user, role: Role::Guest, name: String::new() };
    let conclusion = Conclusion::done(what, Done::Revoked { user })
        .with([Event::Revoked { user }])
        .telling(None, Alert::System(told));
    Verdict::Conclude(Box::new(conclusion))
}

fn broadcast(
    ledger: &Ledger<RealDisk>,
    commander: &Commander,
    text: &str,
    is_confirmed: bool,
) -> Verdict {
    let what = rights::words(&Command::Broadcast { text: String::new() });
    if text.trim().is_empty() || text.encode_utf16().count() > LONGEST_BROADCAST {
        let reason = format!("A message to everybody has 1 to {LONGEST_BROADCAST} characters.");
        let refusal = Refusal::Invalid { reason };
        return Verdict::Conclude(Box::new(Conclusion::refused(what, refusal)));
    }
    let people = ledger.state().people().iter();
    let with_access = people.filter(|(_, it)| it.role_at(commander.now) > Role::Guest).count();
    let recipients = u32::try_from(with_access).unwrap_or(u32::MAX);
    if !is_confirmed {
        // Telegram takes 30 messages a second; half of them are left for alerts.
        let topic = RecapTopic::Broadcast {
            text: text.to_owned(),
            recipients,
            seconds: recipients.div_ceil(15),
        };
        return Verdict::Confirm(Box::new(topic), Vec::new());
    }
    let conclusion = Conclusion::done(what, Done::BroadcastQueued { recipients })
        .telling(None, Alert::Broadcast { text: text.to_owned() });
    Verdict::Conclude(Box::new(conclusion))
}
