//! Who is told what, and how loudly.

use heikin_bot::backend::{
    Alert, AlertKind, Envelope, Identity, Loudness, RiskAlert, Role, SystemAlert, UserId,
};
use heikin_core::time::Timestamp;

use super::account::model::merged;
use super::front::Ledger;
use super::front::record::{Addressee, Event, Queued};
use super::front::state::{State, private_chat};
use super::zone::minute_of_day;
use crate::store::disk::Disk;

/// Something that is to be told, and by whom it was caused, where by somebody.
#[derive(Debug, Clone)]
pub(super) struct News {
    pub(super) at: Timestamp,
    pub(super) thread: Option<String>,
    pub(super) by: Option<Identity>,
    pub(super) alert: Alert,
}

/// The rows of the outbox that news become; none where nobody is to be told.
pub(super) fn queue<D: Disk>(ledger: &Ledger<D>, news: News, now: Timestamp) -> Option<Event> {
    let to = addressees(ledger.state(), &news, now);
    queued(ledger, news, to)
}

/// The same, for operators and owners alone: what one person pays is no other reader's business.
pub(super) fn queue_for_operators<D: Disk>(
    ledger: &Ledger<D>,
    news: News,
    now: Timestamp,
) -> Option<Event> {
    let state = ledger.state();
    let mut to = addressees(state, &news, now);
    let chats = state.people().iter().filter(|(user, _)| state.role(*user, now) >= Role::Operator);
    let chats: Vec<_> = chats.map(|(user, _)| private_chat(user)).collect();
    to.retain(|addressee| chats.contains(&addressee.chat));
    queued(ledger, news, to)
}

fn queued<D: Disk>(ledger: &Ledger<D>, news: News, to: Vec<Addressee>) -> Option<Event> {
    let state = ledger.state();
    let News { at, thread, by, mut alert } = news;
    if to.is_empty() {
        return None;
    }
    let mut replaces = Vec::new();
    if let (Alert::StopRaised(raised), Some(thread)) = (&mut alert, &thread) {
        let is_raise = |alert: &Alert| matches!(alert, Alert::StopRaised(_));
        let mut unsaid = state.outbox().of_thread(thread, is_raise);
        unsaid.retain(|(cursor, _)| !ledger.is_handed(*cursor));
        // As many as are told now: nobody has been told of it meanwhile.
        if unsaid.len() == to.len()
            && let Some((_, Alert::StopRaised(first))) = unsaid.first()
        {
            *raised = merged(first, raised);
            replaces = unsaid.iter().map(|(cursor, _)| *cursor).collect();
        }
    }
    let lane = alert.lane();
    Some(Event::Queued(Box::new(Queued { at, lane, thread, by, replaces, to, alert })))
}

fn addressees(state: &State, news: &News, now: Timestamp) -> Vec<Addressee> {
    let News { thread, by, alert, .. } = news;
    let (thread, doer) = (thread.as_deref(), by.as_ref().and_then(user_of));
    let kind = alert.kind();
    let told = state.people().iter().filter_map(|(user, person)| {
        let is_muted =
            thread.is_some_and(|it| person.muted.get(it).is_some_and(|until| now < *until));
        let is_theirs = matches!(alert, Alert::System(SystemAlert::PinLocked { .. }));
        let is_own = doer == Some(user) && (kind == AlertKind::People || is_theirs);
        if is_muted || is_own { None } else { addressee(state, user, alert, now) }
    });
    told.collect()
}

/// Somebody as one who is told; none where it does not concern them, they do not want to know, or have
/// blocked the bot.
pub(super) fn addressee(
    state: &State,
    user: UserId,
    alert: &Alert,
    now: Timestamp,
) -> Option<Addressee> {
    let (chat, kind) = (private_chat(user), alert.kind());
    let person = state.people().get(user)?;
    if state.outbox().is_blocked(chat) || !concerns(kind, state.role(user, now)) {
        return None;
    }
    let zone = person.notify.zone.clone();
    let loudness = person.notify.loudness(kind, minute_of_day(now, &zone));
    (loudness != Loudness::Off).then_some(Addressee { chat, loudness, zone })
}

/// Which roles a kind of alert concerns.
pub(super) const fn concerns(kind: AlertKind, role: Role) -> bool {
    match kind {
        AlertKind::Entry
        | AlertKind::Fill
        | AlertKind::Stop
        | AlertKind::Exit
        | AlertKind::Digest
        | AlertKind::Broadcast => !matches!(role, Role::Guest),
        AlertKind::Risk | AlertKind::Connection | AlertKind::Fault => {
            matches!(role, Role::Viewer | Role::Operator | Role::Owner)
        }
        AlertKind::People => matches!(role, Role::Operator | Role::Owner),
        // It goes to one person, by another way.
        AlertKind::Subscription => false,
    }
}

/// The person behind an identity.
pub(super) const fn user_of(identity: &Identity) -> Option<UserId> {
    match identity {
        Identity::Telegram { user } => Some(*user),
        Identity::Terminal | Identity::Token { .. } => None,
    }
}

/// How somebody is called.
pub(super) fn name_of<D: Disk>(identity: &Identity, ledger: &Ledger<D>) -> String {
    match identity {
        Identity::Terminal => "the terminal".to_owned(),
        Identity::Token { name } => name.clone(),
        Identity::Telegram { user } => ledger.name(*user).unwrap_or_else(|| user.to_string()),
    }
}

/// An alert with what is not recorded with it: the name of whoever caused it, and what whoever reads
/// it may do now.
pub(super) fn named<D: Disk>(
    (mut envelope, by): (Envelope, Option<Identity>),
    ledger: &Ledger<D>,
    now: Timestamp,
) -> Envelope {
    envelope.role = ledger.state().role(UserId(envelope.chat.0), now);
    let Some(by) = by else { return envelope };
    if let Alert::Risk(RiskAlert::Panic { name, .. })
    | Alert::System(
        SystemAlert::SettingsChanged { name, .. }
        | SystemAlert::Acted { name, .. }
        | SystemAlert::RoleChanged { name, .. },
    ) = &mut envelope.alert
    {
        *name = name_of(&by, ledger);
    }
    envelope
}
