//! What was sold: the record of the desk, what payers gave of themselves, webhooks that wait.

use std::collections::{BTreeMap, VecDeque};

use heikin_bot::backend::{Access, UserId};
use heikin_core::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::seal::Sealed;
use crate::subscription::account::Account;
use crate::subscription::desk::{Desk, DeskSettings};
use crate::subscription::event::Recorded;
use crate::subscription::razorpay::{Deliveries, Delivery};
use crate::subscription::standing::State;
use crate::subscription::{DeliveryId, PersonId, access, books};

/// Webhooks that wait at most; what comes beyond is not taken, and sent again later.
const WAITING: usize = 10_000;

/// What was sold, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sales {
    records: Vec<Recorded>,
    payers: BTreeMap<UserId, Sealed>,
    waiting: VecDeque<Delivery>,
    /// It saves a second look, and may be forgotten.
    #[serde(skip)]
    seen: Deliveries,
    /// Made from the records at each start.
    #[serde(skip, default = "no_desk")]
    desk: Desk,
}

impl Default for Sales {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            payers: BTreeMap::new(),
            waiting: VecDeque::new(),
            seen: Deliveries::default(),
            desk: no_desk(),
        }
    }
}

/// A desk that sells nothing and knows nobody.
fn no_desk() -> Desk {
    let (installation, plans) = (String::new(), Vec::new());
    Desk::new(DeskSettings { installation, link_life: Span::DAY, plans })
}

/// The number that a person has in the record of what was sold.
pub fn person(user: UserId) -> PersonId {
    // Those of the chat are positive; what is none has bought nothing.
    PersonId(u64::try_from(user.0).unwrap_or(0))
}

/// Who that is in the chat.
pub fn user(person: PersonId) -> UserId {
    UserId(i64::try_from(person.0).unwrap_or(0))
}

impl Sales {
    /// Everybody's accounts.
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Somebody's account; none where nothing of it is recorded.
    pub fn account(&self, user: UserId) -> Option<&Account> {
        self.desk.account(person(user))
    }

    /// Whether what somebody bought or was granted gives them access now.
    pub fn is_open(&self, user: UserId, now: Timestamp) -> bool {
        self.account(user).is_some_and(|account| access::access(account, now).is_open())
    }

    /// Whether access was granted to somebody that has not ended, also beside what they have paid for.
    pub fn has_grant(&self, user: UserId, now: Timestamp) -> bool {
        self.account(user).is_some_and(|account| account.has_grant(now))
    }

    /// What somebody has by payment alone, where that is access.
    pub fn paid_access(&self, user: UserId, now: Timestamp) -> Option<Access> {
        let paid = self.account(user)?.without_grants();
        paid.standing(now).state.is_entitled().then(|| stands(&paid, now))
    }

    /// How somebody's access stands.
    pub fn access(&self, user: UserId, now: Timestamp) -> Access {
        self.account(user).map_or(Access::None, |account| stands(account, now))
    }

    /// What somebody gave of themselves, sealed.
    pub fn payer(&self, user: UserId) -> Option<&Sealed> {
        self.payers.get(&user)
    }

    /// How many records there are.
    pub fn weight(&self) -> u64 {
        u64::try_from(self.records.len()).unwrap_or(u64::MAX)
    }

    /// Webhooks that were not yet looked into, oldest first.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = &Delivery> {
        self.waiting.iter()
    }

    /// Whether a webhook was taken before.
    pub fn has_seen(&self, delivery: &DeliveryId) -> bool {
        self.seen.contains(delivery)
    }

    /// Whether another webhook can be taken.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < WAITING
    }

    pub(super) const fn desk_mut(&mut self) -> &mut Desk {
        &mut self.desk
    }

    pub(super) fn open(&mut self, settings: DeskSettings) {
        self.desk = Desk::restore(settings, &self.records);
    }

    pub(super) fn take(&mut self, record: &Recorded) {
        self.records.push(record.clone());
    }

    /// Lets go of what need not be kept any longer ([`books`]).
    pub(super) fn shorten(&mut self, now: Timestamp) {
        let kept = books::kept(&self.records, now);
        if kept.len() < self.records.len() {
            self.records = kept;
            self.desk = self.desk.shortened(&self.records);
        }
    }

    pub(super) fn keep_payer(&mut self, user: UserId, payer: &Sealed) {
        self.payers.insert(user, payer.clone());
    }

    pub(super) fn forget(&mut self, user: UserId) {
        self.payers.remove(&user);
    }

    pub(super) fn deliver(&mut self, delivery: &Delivery) {
        if self.seen.note(&delivery.id, delivery.at) {
            self.waiting.push_back(delivery.clone());
        }
    }

    pub(super) fn looked(&mut self, delivery: &DeliveryId) {
        self.waiting.retain(|waiting| waiting.id != *delivery);
    }
}

/// How the access of an account stands.
fn stands(account: &Account, now: Timestamp) -> Access {
    let standing = account.standing(now);
    let until = standing.until.unwrap_or(now);
    let ended = account.ended(now).unwrap_or(now);
    match standing.state {
        State::None => Access::None,
        State::Pending => {
            Access::Pending { expires_at: standing.open_link.map_or(now, |link| link.expires) }
        }
        State::Active => Access::Active { until: standing.paid_until.unwrap_or(until) },
        State::Grace => Access::Grace { until },
        State::Suspended => Access::Suspended { since: ended },
        State::Granted => Access::Granted { until: Some(until) },
        State::Refunded => Access::Refunded { at: ended },
    }
}
