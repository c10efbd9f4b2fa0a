//! Commands: one effect for a request id, for those who may, of the state that was confirmed.

use super::{Bench, Broken, Subject, answered, broken, hold, person};
use crate::backend::{
    Actor, Answer, Backend as _, Command, Done, Identity, Loudness, Mode, Outcome, Page, Query,
    Refusal, Role, StateVersion, Target, UserId,
};

const ALL: Target = Target::All;

pub(super) async fn all<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    strangers(subject).await?;
    steering(subject).await?;
    confirmations(subject).await?;
    once(subject).await?;
    own_settings(subject).await?;
    roles(subject).await
}

/// Who has no rights gets nothing, and learns nothing: no recap either.
async fn strangers<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let token = Identity::Token { name: "no-such-token".to_owned() };
    let token = Actor { identity: token, name: "nobody".to_owned(), pin: None };
    let user = subject.bench.stranger();
    for actor in [person(user), token] {
        for command in [
            Command::StartBot,
            Command::StopBot,
            Command::Pause { target: ALL },
            Command::Resume { target: ALL },
            Command::Close { target: ALL },
            Command::Panic,
            Command::SetMode { mode: Mode::Live },
            Command::Grant { user, role: Role::Owner, days: None },
            Command::Revoke { user: subject.bench.owner() },
            Command::Broadcast { text: "hello".to_owned() },
        ] {
            let outcome = subject.act_as(actor.clone(), command.clone(), None).await?;
            let rule = "a command of somebody without the right is refused, confirmed or not";
            let is_refused = outcome == Outcome::Refused(Refusal::NotAllowed);
            hold(rule, is_refused, &(&actor, command, outcome))?;
        }
    }
    Ok(())
}

async fn steering<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    for round in 0..2 {
        let outcome = subject.act(Command::Pause { target: ALL }, None).await?;
        let is_so = matches!(
            outcome,
            Outcome::Done(Done::Paused { .. }) | Outcome::Refused(Refusal::AlreadySo { .. })
        );
        hold("a pause never asks for confirmation, and may be repeated", is_so, &(round, outcome))?;
    }
    let outcome = subject.act(Command::Resume { target: ALL }, None).await?;
    let rule = "what takes risk again is confirmed first";
    hold(rule, matches!(outcome, Outcome::Confirm(_)), &outcome)?;
    let outcome = subject.act_confirmed(Command::Resume { target: ALL }).await?;
    let is_done = matches!(outcome, Outcome::Done(Done::Resumed { .. }));
    hold("a pause ends with a resume that was confirmed", is_done, &outcome)
}

async fn confirmations<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    for command in [Command::Panic, Command::StopBot] {
        for confirmed in [None, Some(StateVersion(u64::MAX >> 12))] {
            let outcome = subject.act(command.clone(), confirmed).await?;
            let rule = "what sells or stops is done for the version of its recap, and for no other";
            hold(rule, matches!(outcome, Outcome::Confirm(_)), &(command.clone(), outcome))?;
        }
    }
    Ok(())
}

/// However often a command is delivered, also at once.
async fn once<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let backend = subject.backend();
    let rule = "a command has an outcome";
    let (request, twice) = (subject.request(), subject.request());
    let pause = Command::Pause { target: ALL };
    let send = |id: &crate::backend::RequestId| {
        backend.command(id.clone(), subject.owner(), pause.clone(), None)
    };
    let first = answered(rule, send(&request)).await?;
    let after_first = audited(subject).await?;
    let again = answered(rule, send(&request)).await?;
    let rule = "a request id gives the same outcome again";
    hold(rule, first == again, &(&first, &again))?;
    let after_again = audited(subject).await?;
    let rule = "a request id has one effect: nothing is added to the record of who did what";
    hold(rule, after_first == after_again, &(after_first, after_again))?;
    subject.act_confirmed(Command::Resume { target: ALL }).await?;

    let (one, other) = tokio::join!(send(&twice), send(&twice));
    let rule = "a request id that comes twice at once gives the same outcome twice";
    hold(rule, one.is_ok() && one == other, &(&one, &other))?;
    let late = send(&request).await;
    let rule = "a request id that comes late again gives its outcome, and has no effect";
    hold(rule, late.as_ref() == Ok(&first), &late)?;
    subject.act_confirmed(Command::Resume { target: ALL }).await?;
    Ok(())
}

async fn audited<B: Bench>(subject: &Subject<'_, B>) -> Result<u32, Broken> {
    match subject.ask(Query::Audit { page: Page { skip: 0, take: 1 } }).await? {
        Answer::Audit(page) => Ok(page.total),
        other => Err(broken("who did what is a list", &other)),
    }
}

async fn own_settings<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let user = subject.bench.owner();
    let Answer::Notify(before) = subject.ask(Query::Notify { user }).await? else { return Ok(()) };
    let mut changed = before.clone();
    "Asia/Kolkata".clone_into(&mut changed.zone);
    changed.digest_at = Some(7 * 60 + 30);
    changed.kinds.insert(crate::backend::AlertKind::Stop, Loudness::Loud);
    for preferences in [changed, before] {
        let outcome =
            subject.act(Command::SetNotify { preferences: preferences.clone() }, None).await?;
        let is_done = matches!(&outcome, Outcome::Done(Done::NotifySet { .. }));
        hold("what somebody is told is theirs to choose", is_done, &outcome)?;
        let answer = subject.ask(Query::Notify { user }).await?;
        let is_kept = answer == Answer::Notify(preferences);
        hold("what was chosen is what is kept", is_kept, &answer)?;
    }
    Ok(())
}

async fn roles<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let user = UserId(i64::try_from(subject.fresh()).unwrap_or(i64::MAX));
    let audited_before = audited(subject).await?;
    subject.act_confirmed(Command::Grant { user, role: Role::Viewer, days: None }).await?;
    let has = role(subject, user).await?;
    hold("a role that was granted is had", has == Role::Viewer, &has)?;
    let outcome = subject.act_as(person(user), Command::Pause { target: ALL }, None).await?;
    let is_refused = outcome == Outcome::Refused(Refusal::NotAllowed);
    hold("a viewer changes nothing", is_refused, &outcome)?;
    subject.act_confirmed(Command::Revoke { user }).await?;
    let has = role(subject, user).await?;
    hold("a role that was revoked is gone", has == Role::Guest, &has)?;
    let grown = audited(subject).await? > audited_before;
    hold("who gives and takes roles is on record", grown, &audited_before)
}

async fn role<B: Bench>(subject: &Subject<'_, B>, user: UserId) -> Result<Role, Broken> {
    match subject.ask(Query::Member { user }).await? {
        Answer::Member(member) => Ok(member.role),
        other => Err(broken("everybody has a role", &other)),
    }
}
