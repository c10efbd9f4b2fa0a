//! Who there is, and what they did.

use heikin_bot::backend::{
    Answer, BackendError, Card, Member, NotifyPreferences, Page, Role, UserId, UserLine,
};

use super::paged;
use crate::control::Control;
use crate::control::addressees::name_of;
use crate::control::front::state::private_chat;

pub(super) async fn users(control: &Control, page: Page) -> Result<Answer, BackendError> {
    let now = control.now();
    control
        .front(move |ledger| {
            let state = ledger.state();
            let mut lines: Vec<UserLine> = state
                .people()
                .iter()
                .map(|(user, person)| UserLine {
                    user,
                    name: ledger.name(user).unwrap_or_default(),
                    role: state.role(user, now),
                    access: state.sales().access(user, now),
                    seen_at: person.seen_at,
                    has_blocked: state.outbox().is_blocked(private_chat(user)),
                })
                .collect();
            // Those with the most rights first.
            lines.sort_by_key(|line| (std::cmp::Reverse(line.role), line.user));
            Ok(Answer::Users(paged(lines.iter(), page)))
        })
        .await
}

pub(super) async fn audit(control: &Control, page: Page) -> Result<Answer, BackendError> {
    control
        .front(move |ledger| {
            let mut rows = paged(ledger.state().commands().audit(), page);
            for line in &mut rows.items {
                line.name = name_of(&line.by, ledger);
            }
            Ok(Answer::Audit(rows))
        })
        .await
}

pub(super) async fn member(control: &Control, user: UserId) -> Result<Answer, BackendError> {
    let now = control.now();
    control
        .front(move |ledger| {
            let state = ledger.state();
            Ok(Answer::Member(Member {
                user,
                role: state.role(user, now),
                access: state.sales().access(user, now),
                billing: !state.sales().desk().plans().is_empty(),
                is_claimed: state.people().has_owner(),
                groups: false,
            }))
        })
        .await
}

pub(super) async fn notify(control: &Control, user: UserId) -> Result<Answer, BackendError> {
    control
        .front(move |ledger| {
            let person = ledger.state().people().get(user);
            let preferences = person.map(|person| person.notify.clone());
            Ok(Answer::Notify(preferences.unwrap_or_else(NotifyPreferences::default)))
        })
        .await
}

/// The cards of those who may still look at them.
pub(super) async fn cards(control: &Control) -> Result<Answer, BackendError> {
    let now = control.now();
    control
        .front(move |ledger| {
            let state = ledger.state();
            let people = state.people().iter();
            let cards = people.filter(|(user, _)| state.role(*user, now) > Role::Guest);
            let cards = cards.filter_map(|(user, person)| {
                person.card.map(|(chat, message)| Card { user, chat, message })
            });
            Ok(Answer::Cards(cards.collect()))
        })
        .await
}
