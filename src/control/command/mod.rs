//! Commands: who may, what must be confirmed, how it went.
//!
//! | module | holds |
//! |---|---|
//! | `rights` | which role a command takes |
//! | `trading` | commands to the account's engine, their recaps and their legs |
//! | `settings` | settings that change while heikin runs |
//! | `pin` | the PIN, for what raises the risk |
//! | `mode` | what another mode takes |
//! | `payer` | payment links, and whether they were paid |
//! | `people` | roles, preferences, the claim of the owner |
//! | `panic` | the end of a panic |
//!
//! A command is looked up by its request id first: what is finished is told again, what is on its way
//! is waited for and not begun twice. Its outcome, the audit row and the alerts that follow are one record.

pub(super) mod mode;
mod panic;
mod payer;
mod people;
mod pin;
mod rights;
pub(super) mod settings;
mod trading;

use std::sync::Arc;

use heikin_bot::backend::{
    Actor, Alert, BackendError, Command, Done, Identity, Outcome, Pin, Refusal, RequestId, Role,
    StateVersion, SystemAlert,
};
use heikin_core::time::Timestamp;
use tokio::sync::watch;

pub(super) use self::panic::PanicUnderWay;
pub(super) use self::rights::needed;
pub(super) use self::trading::{settle_interrupted, version};
use super::addressees::{News, queue, user_of};
use super::front::Ledger;
use super::front::commands::Progress;
use super::front::record::Event;
use super::{Control, locked, selling};
use crate::config::Config;
use crate::store::StoreError;
use crate::store::disk::RealDisk;
use crate::subscription::PersonId;
use crate::subscription::desk::{AskError, Desk, Step};

/// The longest request id.
const LONGEST_ID: usize = 64;

/// Somebody who commands, with the role that they have.
#[derive(Debug, Clone)]
pub(super) struct Commander {
    pub(super) request: RequestId,
    pub(super) by: Identity,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) now: Timestamp,
    pub(super) pin: Option<Pin>,
    /// The mark of the command, by which a request that is used for another one is seen.
    pub(super) mark: Option<String>,
}

/// Carries a command out, or says why not, or what must be confirmed first.
pub(super) async fn carry_out(
    control: &Control,
    (request, actor): (RequestId, Actor),
    command: Command,
    confirmed: Option<StateVersion>,
) -> Result<Outcome, BackendError> {
    if request.0.is_empty() || request.0.len() > LONGEST_ID {
        let reason = format!("a request id has 1 to {LONGEST_ID} bytes");
        return Err(BackendError::Invalid { reason });
    }
    // Two deliveries of one request at the same time: the later one finds what came of the other.
    let _at_work = AtWork::begin(control, &request).await;
    let now = control.now();
    let (known, by) = (request.clone(), actor.identity.clone());
    let mark = rights::mark(&command);
    let marked = mark.clone();
    let config = Arc::clone(&control.shared.config);
    let (progress, role) = control
        .front(move |ledger| {
            let commands = ledger.state().commands();
            let progress = commands.progress(&known).cloned();
            let is_anothers = commands.was_for_another(&known, &marked);
            Ok(((progress, is_anothers), role_of(&config, ledger, &by, now)))
        })
        .await?;
    let (progress, is_anothers) = progress;
    if is_anothers {
        return Ok(Outcome::Refused(used_before()));
    }
    match progress {
        Some(Progress::Finished(outcome)) => return Ok(*outcome),
        // It was cut off, and is settled by the next start.
        Some(Progress::Begun { .. }) => return Err(BackendError::Busy),
        None => {}
    }
    let Actor { identity: by, name, pin } = actor;
    let commander = Commander { request, by, name, role, now, pin, mark: Some(mark) };
    if role < needed(&command) {
        let words = rights::words(&command);
        return conclude(control, &commander, Conclusion::refused(words, Refusal::NotAllowed))
            .await;
    }
    dispatched(control, &commander, command, confirmed).await
}

/// Under one request there is one command: another one is not done, and not said to be.
fn used_before() -> Refusal {
    let reason =
        "This request was used before, for another command: nothing was done. Over the API, \
                  send it with an Idempotency-Key of its own."
            .to_owned();
    Refusal::Rule { reason }
}

async fn dispatched(
    control: &Control,
    commander: &Commander,
    command: Command,
    confirmed: Option<StateVersion>,
) -> Result<Outcome, BackendError> {
    match command {
        Command::StartBot
        | Command::StopBot
        | Command::Pause { .. }
        | Command::Resume { .. }
        | Command::Close { .. }
        | Command::Panic => trading::steer(control, commander, command, confirmed).await,
        Command::Set { .. } | Command::SetFromForm { .. } => {
            settings::set(control, commander, &command, confirmed).await
        }
        Command::SetMode { mode } => {
            let refusal = Refusal::Rule { reason: mode::how_to_change(control, mode) };
            let conclusion = Conclusion::refused(rights::words(&command), refusal);
            conclude(control, commander, conclusion).await
        }
        Command::Subscribe { .. } | Command::VerifyPayment | Command::CancelPayment => {
            payer::serve(control, commander, command).await
        }
        _ => people::change(control, commander, command, confirmed).await,
    }
}

/// What somebody may do now.
pub(super) fn role_of(
    config: &Config,
    ledger: &Ledger<RealDisk>,
    by: &Identity,
    now: Timestamp,
) -> Role {
    match by {
        // Whoever sits at this machine reads and writes the data folder anyway.
        Identity::Terminal => Role::Owner,
        Identity::Telegram { user } => ledger.state().role(*user, now),
        // What a name may is written in the configuration alone: one that is gone from it may nothing.
        Identity::Token { name } => {
            config.http.tokens.get(name).map_or(Role::Guest, |token| rights::of_token(*token))
        }
    }
}

/// How a command ends: its outcome, what the audit log says, what people are told, what changes.
#[derive(Debug)]
pub(super) struct Conclusion {
    pub(super) outcome: Outcome,
    pub(super) what: String,
    pub(super) events: Vec<Event>,
    pub(super) news: Vec<(Option<String>, Alert)>,
    /// What changes at the desk that sells access.
    pub(super) deed: Option<Deed>,
}

/// What an operator does at the desk that sells access.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// Opens access without payment.
    Grant { operator: PersonId, person: PersonId, until: Timestamp },
    /// Takes back what was granted.
    Revoke { operator: PersonId, person: PersonId },
}

impl Deed {
    fn done(self, desk: &mut Desk, now: Timestamp) -> Result<Step, AskError> {
        match self {
            Self::Grant { operator, person, until } => {
                desk.grant(operator, person, until, now).map(|(_, step)| step)
            }
            Self::Revoke { operator, person } => match desk.revoke(operator, person, now) {
                Err(AskError::NoSuchGrant(_)) => Ok(Step::default()),
                revoked => revoked,
            },
        }
    }
}

impl Conclusion {
    pub(super) fn done(what: String, done: Done) -> Self {
        Self {
            outcome: Outcome::Done(done),
            what,
            events: Vec::new(),
            news: Vec::new(),
            deed: None,
        }
    }

    pub(super) fn refused(what: String, refusal: Refusal) -> Self {
        Self {
            outcome: Outcome::Refused(refusal),
            what,
            events: Vec::new(),
            news: Vec::new(),
            deed: None,
        }
    }

    pub(super) fn with(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        self.events.extend(events);
        self
    }

    pub(super) fn doing(mut self, deed: Deed) -> Self {
        self.deed = Some(deed);
        self
    }

    pub(super) fn telling(mut self, thread: Option<&str>, alert: Alert) -> Self {
        self.news.push((thread.map(str::to_owned), alert));
        self
    }

    /// Tells the others who steer that somebody did this.
    pub(super) fn telling_deed(self) -> Self {
        let (name, what) = (String::new(), self.what.clone());
        self.telling(None, Alert::System(SystemAlert::Acted { name, what }))
    }
}

/// Records how a command ended, together with all that follows from it.
pub(super) async fn conclude(
    control: &Control,
    commander: &Commander,
    conclusion: Conclusion,
) -> Result<Outcome, BackendError> {
    let commander = commander.clone();
    control.front(move |ledger| concluded(ledger, &commander, conclusion)).await
}

pub(super) fn concluded(
    ledger: &mut Ledger<RealDisk>,
    commander: &Commander,
    conclusion: Conclusion,
) -> Result<Outcome, StoreError> {
    let Conclusion { outcome, what, events: changes, news, deed } = conclusion;
    let Commander { request, by, name, now, mark, .. } = commander;
    let mut events = changes;
    match deed.map(|deed| deed.done(ledger.desk(), *now)) {
        Some(Ok(step)) => events.extend(selling::events(ledger, step.records, *now)),
        Some(Err(error)) => {
            let refusal = Refusal::Rule { reason: error.to_string() };
            return concluded(ledger, commander, Conclusion::refused(what, refusal));
        }
        None => {}
    }
    let is_known = user_of(by).is_some_and(|user| ledger.state().people().get(user).is_some());
    // Of strangers nothing is kept: neither who they are, nor that they tried.
    if is_known || !matches!(by, Identity::Telegram { .. }) || !events.is_empty() {
        let is_forgotten = events.iter().any(|event| matches!(event, Event::Forgotten { .. }));
        if let Some(user) = user_of(by).filter(|_| !is_forgotten) {
            events.push(ledger.seal_name(user, name)?);
        }
        let (request, mark, finished) = (request.clone(), mark.clone(), Box::new(outcome.clone()));
        events.push(Event::Finished { request, outcome: finished, mark });
        let result = result_of(&outcome);
        events.push(Event::Audited { by: by.clone(), what, result });
        for (thread, alert) in news {
            let news = News { at: *now, thread, by: Some(by.clone()), alert };
            events.extend(queue(ledger, news, *now));
        }
        ledger.record(*now, events)?;
    }
    Ok(outcome)
}

fn result_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(_) => "done".to_owned(),
        Outcome::Confirm(_) => "not confirmed".to_owned(),
        Outcome::PinNeeded => "no PIN".to_owned(),
        Outcome::Refused(refusal) => match refusal {
            Refusal::NotAllowed => "not allowed".to_owned(),
            Refusal::AlreadySo { how } => how.clone(),
            Refusal::Rule { reason } | Refusal::Invalid { reason } => reason.clone(),
            Refusal::WrongPin { .. } => "wrong PIN".to_owned(),
            Refusal::Locked { .. } => "locked".to_owned(),
            Refusal::BillingOff => "billing is off".to_owned(),
        },
    }
}

/// A request is carried out by one call at a time.
struct AtWork<'a> {
    control: &'a Control,
    request: RequestId,
    /// Whoever waits for the end sees it gone.
    _end: watch::Sender<()>,
}

impl<'a> AtWork<'a> {
    /// Begins once nobody else is at work on it.
    async fn begin(control: &'a Control, request: &RequestId) -> Self {
        loop {
            let mut other = {
                let mut at_work = locked(&control.shared.at_work);
                let Some(other) = at_work.get(request) else {
                    let (end, ended) = watch::channel(());
                    at_work.insert(request.clone(), ended);
                    return Self { control, request: request.clone(), _end: end };
                };
                other.clone()
            };
            while other.changed().await.is_ok() {}
        }
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        locked(&self.control.shared.at_work).remove(&self.request);
    }
}
