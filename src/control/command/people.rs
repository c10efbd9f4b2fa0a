//! Roles, preferences, the claim of the owner, messages to everybody.

use heikin_bot::backend::{
    Alert, BackendError, Command, Done, NotifyPreferences, Outcome, Recap, RecapTopic, Refusal,
    Role, StateVersion, SystemAlert, UserId,
};
use heikin_core::time::{Span, Timestamp};

use super::{Commander, Conclusion, Deed, concluded, rights, version};
use crate::control::Control;
use crate::control::addressees::user_of;
use crate::control::claim::digest;
use crate::control::front::Ledger;
use crate::control::front::outbox::Reach;
use crate::control::front::record::Event;
use crate::control::front::sales::person;
use crate::control::front::state::Bounds;
use crate::store::disk::RealDisk;
use crate::subscription::PersonId;

const LONGEST_MUTE: Span = Span::from_millis(60 * 60_000);
const DAY: Span = Span::from_secs(86_400);
/// The longest grant: a hundred years.
const MOST_DAYS: u32 = 36_500;
/// The longest that a subscriber is granted: ten years.
const MOST_GRANTED: u32 = 3_660;
/// One message fits.
const LONGEST_BROADCAST: usize = 3_500;

/// What is decided about a command.
enum Verdict {
    /// It ends so.
    Conclude(Box<Conclusion>),
    /// It ends so once it is confirmed.
    Ask(Box<RecapTopic>, Vec<String>, Box<Conclusion>),
}

impl Verdict {
    fn ask(topic: RecapTopic, then: Conclusion) -> Self {
        Self::Ask(Box::new(topic), Vec::new(), Box::new(then))
    }
}

/// Changes what is known of people.
pub(super) async fn change(
    control: &Control,
    commander: &Commander,
    command: Command,
    confirmed: Option<StateVersion>,
) -> Result<Outcome, BackendError> {
    let (version, mode) = {
        let replica = control.replica();
        (version(&replica), replica.mode())
    };
    let commander = commander.clone();
    control
        .front(move |ledger| {
            let conclusion = match decide(ledger, &commander, &command) {
                Verdict::Ask(topic, consequences, _) if confirmed != Some(version) => {
                    let topic = *topic;
                    let recap = Recap { version, mode, topic, consequences, needs_pin: false };
                    return Ok(Outcome::Confirm(Box::new(recap)));
                }
                Verdict::Ask(_, _, conclusion) | Verdict::Conclude(conclusion) => *conclusion,
            };
            let forgets = conclusion.events.iter().find_map(|event| match event {
                Event::Forgotten { user } => Some(*user),
                _ => None,
            });
            let outcome = concluded(ledger, &commander, conclusion)?;
            if let Some(user) = forgets {
                ledger.forget(user, commander.now)?;
            }
            Ok(outcome)
        })
        .await
}

fn decide(ledger: &Ledger<RealDisk>, commander: &Commander, command: &Command) -> Verdict {
    let what = rights::words(command);
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    match command {
        Command::Grant { user, role, days } => grant(ledger, commander, (*user, *role, *days)),
        Command::Revoke { user } => revoke(ledger, commander, *user),
        Command::Broadcast { text } => broadcast(ledger, commander, text),
        Command::CancelBroadcast => match ledger.state().outbox().reach() {
            Some(Reach { arrived: sent, under_way, waiting: spared }) => {
                let ended = Done::BroadcastCanceled { sent, under_way, spared };
                let ended = Conclusion::done(what, ended).with([Event::BroadcastsEnded]);
                Verdict::Conclude(Box::new(ended))
            }
            None => refused(Refusal::AlreadySo {
                how: "No message to everybody is on its way: all who could be reached have it."
                    .to_owned(),
            }),
        },
        _ => match user_of(&commander.by) {
            Some(user) => own(ledger, commander, (user, command)),
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
) -> Verdict {
    let what = rights::words(command);
    let done = |done, event| {
        Verdict::Conclude(Box::new(Conclusion::done(what.clone(), done).with([event])))
    };
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    match command {
        Command::SetNotify { preferences } => {
            if let Some(reason) = flaw(preferences) {
                return refused(Refusal::Invalid { reason });
            }
            let preferences = preferences.clone();
            let event = Event::NotifySet { user, preferences: preferences.clone() };
            done(Done::NotifySet { preferences }, event)
        }
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
        Command::DeleteMe if commander.role == Role::Owner => refused(Refusal::Rule {
            reason: "You own this heikin: make somebody else the owner first (/grant)".to_owned(),
        }),
        Command::DeleteMe => {
            let then = Conclusion::done(what, Done::Deleted).with([Event::Forgotten { user }]);
            let mut stays =
                vec!["What you did stays in the audit log, without your name.".to_owned()];
            if ledger.state().sales().account(user).is_some() {
                stays.push(
                    "What you paid, and access until then, stay under your number alone."
                        .to_owned(),
                );
            }
            Verdict::Ask(Box::new(RecapTopic::DeleteMe), stays, Box::new(then))
        }
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
) -> Verdict {
    let command = Command::Grant { user, role, days };
    let what = rights::words(&command);
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    let people = ledger.state().people();
    let has = ledger.state().role(user, commander.now);
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
    // What is sold has an end, and so has what is given instead.
    let days = if role == Role::Subscriber { days.or(Some(MOST_GRANTED)) } else { days };
    let until: Option<Timestamp> = days.map(|days| commander.now + DAY.times(i64::from(days)));
    let told = SystemAlert::RoleChanged { user, role, name: String::new() };
    let conclusion = Conclusion::done(what, Done::Granted { user, role, until })
        .telling(None, Alert::System(told));
    let conclusion = match until {
        Some(until) if role == Role::Subscriber => {
            let given = people.role(user, commander.now);
            let taken = (given > Role::Guest).then_some(Event::Revoked { user });
            let (operator, person) = (operator(commander), person(user));
            conclusion.with(taken).doing(Deed::Grant { operator, person, until })
        }
        _ => conclusion.with([Event::Granted { user, role, until }]),
    };
    Verdict::ask(RecapTopic::Grant { user, role, until }, conclusion)
}

fn revoke(ledger: &Ledger<RealDisk>, commander: &Commander, user: UserId) -> Verdict {
    let what = rights::words(&Command::Revoke { user });
    let refused = |refusal| Verdict::Conclude(Box::new(Conclusion::refused(what.clone(), refusal)));
    let people = ledger.state().people();
    let role = ledger.state().role(user, commander.now);
    if role == Role::Guest {
        return refused(Refusal::AlreadySo { how: "They have no role.".to_owned() });
    }
    if is_owners(role) && commander.role < Role::Owner {
        return refused(Refusal::NotAllowed);
    }
    if people.get(user).is_some_and(|person| person.is_configured) {
        let reason = "They are an operator by notify.operators in heikin.toml: take their number out \
                      there, then restart.";
        return refused(Refusal::Rule { reason: reason.to_owned() });
    }
    if role == Role::Owner && people.other_owners(user) == 0 {
        let reason = "Heikin needs an owner: make somebody else one first.".to_owned();
        return refused(Refusal::Rule { reason });
    }
    let sales = ledger.state().sales();
    let is_given = people.role(user, commander.now) > Role::Guest;
    if !is_given && !sales.has_grant(user, commander.now) {
        let reason = "What they have paid for stays theirs: it ends by a refund, which you make in \
                      Razorpay's dashboard.";
        return refused(Refusal::Rule { reason: reason.to_owned() });
    }
    let keeps = sales.paid_access(user, commander.now);
    let left = if keeps.is_some() { Role::Subscriber } else { Role::Guest };
    let told = SystemAlert::RoleChanged { user, role: left, name: String::new() };
    let conclusion = Conclusion::done(what, Done::Revoked { user, keeps })
        .with([Event::Revoked { user }])
        .doing(Deed::Revoke { operator: operator(commander), person: person(user) })
        .telling(None, Alert::System(told));
    let stays = keeps.map(|_| {
        "What they have paid for stays theirs: it ends by a refund, which you make in Razorpay's \
         dashboard."
            .to_owned()
    });
    let topic = Box::new(RecapTopic::Revoke { user, role });
    Verdict::Ask(topic, stays.into_iter().collect(), Box::new(conclusion))
}

/// Who gives and takes access; whoever sits at this machine is number 0.
fn operator(commander: &Commander) -> PersonId {
    user_of(&commander.by).map_or(PersonId(0), person)
}

fn broadcast(ledger: &Ledger<RealDisk>, commander: &Commander, text: &str) -> Verdict {
    let what = rights::words(&Command::Broadcast { text: String::new() });
    if text.trim().is_empty() || text.encode_utf16().count() > LONGEST_BROADCAST {
        let reason = format!("A message to everybody has 1 to {LONGEST_BROADCAST} characters.");
        let refusal = Refusal::Invalid { reason };
        return Verdict::Conclude(Box::new(Conclusion::refused(what, refusal)));
    }
    let state = ledger.state();
    let has_access = |user: UserId| state.role(user, commander.now) > Role::Guest;
    let with_access = state.people().iter().filter(|(user, _)| has_access(*user)).count();
    let recipients = u32::try_from(with_access).unwrap_or(u32::MAX);
    // Telegram takes 30 messages a second; half of them are left for alerts.
    let seconds = recipients.div_ceil(15);
    let topic = RecapTopic::Broadcast { text: text.to_owned(), recipients, seconds };
    let conclusion = Conclusion::done(what, Done::BroadcastQueued { recipients })
        .telling(None, Alert::Broadcast { text: text.to_owned() });
    Verdict::ask(topic, conclusion)
}
