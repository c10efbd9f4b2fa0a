//! The commands that people are offered while they type (`setMyCommands`): each those of their role.
//!
//! Strangers see the default. Whoever has a role has a list of their own, in their private chat; it is
//! renewed when the role changes, and taken away with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use heikin_core::time::Span;
use serde::Serialize;

use super::{Failure, Machine, Telegram};
use crate::backend::{Answer, Backend, BackendError, ChatId, Page, Query, Role, UserId, UserLine};
use crate::commands::{Right, listed};

/// Roles are looked at so often, whatever happens in the chat: they end, and are given elsewhere too.
const LOOK_AGAIN: Span = Span::MINUTE;
/// What happens in the chat is waited for so long: many messages are one look.
const SETTLE: Span = Span::from_secs(1);
/// So many people are asked for at once; a backend gives no more.
const PAGE: u16 = 200;

/// A command as it is offered.
#[derive(Serialize)]
pub(super) struct Offer {
    command: &'static str,
    description: &'static str,
}

/// Whose list: everybody's, or that of one private chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Scope {
    Default,
    Chat { chat_id: ChatId },
}

/// What has been shown to whom, since the start.
pub(super) type Shown = BTreeMap<Scope, Role>;

impl<B: Backend + 'static, M: Machine> Telegram<B, M> {
    /// Keeps everybody's list as their role is, for ever.
    pub(super) async fn keep_menus(self: &Arc<Self>) {
        let mut shown = Shown::new();
        loop {
            if let Err(Failure::TooMany(wait)) = self.renew_menus(&mut shown).await {
                self.machine.wait(wait).await;
                continue;
            }
            tokio::select! {
                () = self.stirred.notified() => self.machine.wait(SETTLE).await,
                () = self.machine.wait(LOOK_AGAIN) => {}
            }
        }
    }

    /// Brings every list to its role. What Telegram did not answer to is tried at the next look; what it
    /// refuses (somebody who has never written) when they write.
    async fn renew_menus(&self, shown: &mut Shown) -> Result<(), Failure> {
        let Ok((wanted, sells)) = self.wanted_menus().await else { return Ok(()) };
        for came in self.take_newcomers() {
            shown.remove(&Scope::Chat { chat_id: came });
        }
        let gone: Vec<_> = shown.keys().filter(|it| !wanted.contains_key(it)).copied().collect();
        for scope in gone {
            settled(self.api.forget_commands(scope).await)?;
            shown.remove(&scope);
        }
        for (scope, role) in wanted {
            if shown.get(&scope) == Some(&role) {
                continue;
            }
            let is_sold = |right: Right| right != Right::Payer || sells;
            let rows = listed(role).filter(|entry| is_sold(entry.right));
            let offers = rows.map(|it| Offer { command: it.name, description: it.about });
            settled(self.api.offer_commands(scope, offers.collect()).await)?;
            shown.insert(scope, role);
        }
        Ok(())
    }

    /// Who is to be shown the commands of which role, and whether anything is sold.
    async fn wanted_menus(&self) -> Result<(Shown, bool), BackendError> {
        let backend = self.bot.backend();
        let nobody = Query::Member { user: UserId(0) };
        let sells = matches!(backend.query(nobody).await?, Answer::Member(it) if it.billing);
        let mut wanted = Shown::from([(Scope::Default, Role::Guest)]);
        let mut skip = 0;
        loop {
            let query = Query::Users { page: Page { skip, take: PAGE } };
            let Answer::Users(page) = backend.query(query).await? else { break };
            let is_known = |it: &&UserLine| it.role != Role::Guest && !it.has_blocked;
            wanted.extend(
                page.items
                    .iter()
                    .filter(is_known)
                    .map(|it| (Scope::Chat { chat_id: ChatId(it.user.0) }, it.role)),
            );
            skip += u32::from(PAGE);
            if skip >= page.total || page.items.is_empty() {
                break;
            }
        }
        Ok((wanted, sells))
    }
}

/// A refusal is an answer too: asking again at once would not change it.
fn settled(asked: Result<(), Failure>) -> Result<(), Failure> {
    match asked {
        Err(failure) if failure.is_passing() => Err(failure),
        _ => Ok(()),
    }
}
