//! Who there is, and what they may.

use std::collections::BTreeMap;

use heikin_bot::backend::{ChatId, MessageId, NotifyPreferences, Role, UserId};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::seal::Sealed;

/// Somebody who is known: they have a role, or chose what they are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// How they called themselves last.
    #[serde(default, rename = "sealed_name")]
    pub name: Option<Sealed>,
    /// What they may do, and until when.
    pub role: Option<(Role, Option<Timestamp>)>,
    /// What they are told.
    pub notify: NotifyPreferences,
    /// Faults that are not repeated to them, and until when.
    pub muted: BTreeMap<String, Timestamp>,
    /// Their status card.
    pub card: Option<(ChatId, MessageId)>,
    /// When they were seen last.
    pub seen_at: Option<Timestamp>,
    /// When their last daily digest was told, and how many candles had been missed until then.
    #[serde(default)]
    pub digested: Option<(Timestamp, u32)>,
    /// Whether the configuration of this process names them as operator. It is not recorded, so that
    /// whoever is taken out there has lost the role.
    #[serde(skip)]
    pub is_configured: bool,
}

/// Everybody who is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct People {
    known: BTreeMap<UserId, Person>,
}

impl People {
    /// What somebody may do now.
    pub fn role(&self, user: UserId, now: Timestamp) -> Role {
        self.known.get(&user).map_or(Role::Guest, |person| person.role_at(now))
    }

    /// Somebody who is known.
    pub fn get(&self, user: UserId) -> Option<&Person> {
        self.known.get(&user)
    }

    /// Everybody, by id.
    pub fn iter(&self) -> impl Iterator<Item = (UserId, &Person)> {
        self.known.iter().map(|(user, person)| (*user, person))
    }

    /// Whether there is an owner.
    pub fn has_owner(&self) -> bool {
        self.known.values().any(|person| matches!(person.role, Some((Role::Owner, _))))
    }

    /// How many owners there are besides `user`.
    pub fn other_owners(&self, user: UserId) -> usize {
        let is_owner = |person: &Person| matches!(person.role, Some((Role::Owner, _)));
        self.iter().filter(|(other, person)| *other != user && is_owner(person)).count()
    }

    pub(super) fn configure(&mut self, operators: impl Iterator<Item = UserId>) {
        for user in operators {
            self.entry(user).is_configured = true;
        }
    }

    pub(super) fn entry(&mut self, user: UserId) -> &mut Person {
        self.known.entry(user).or_default()
    }

    pub(super) fn forget(&mut self, user: UserId) {
        self.known.remove(&user);
    }

    pub(super) fn revoke(&mut self, user: UserId) {
        if let Some(person) = self.known.get_mut(&user) {
            person.role = None;
        }
    }

    pub(super) fn unmute(&mut self, now: Timestamp) {
        for person in self.known.values_mut() {
            person.muted.retain(|_, until| now < *until);
        }
    }
}

impl Person {
    /// What they may do at a time.
    pub fn role_at(&self, now: Timestamp) -> Role {
        let given = match self.role {
            Some((role, until)) if until.is_none_or(|until| now < until) => role,
            _ => Role::Guest,
        };
        if self.is_configured { given.max(Role::Operator) } else { given }
    }
}
