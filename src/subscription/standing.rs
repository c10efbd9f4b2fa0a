//! How a person stands: the states, the one table of what may follow on what, and the views.

use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::LinkId;
use super::paise::Paise;

/// The state of a person's access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Never had access, and asked for none.
    None,
    /// Has none, and a link waits to be paid.
    Pending,
    /// Paid.
    Active,
    /// What was paid for is over, and access stays for a little while.
    Grace,
    /// Had access, and has none.
    Suspended,
    /// Has access without payment.
    Granted,
    /// Has none, because the last payment went back.
    Refunded,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Pending,
        Self::Active,
        Self::Grace,
        Self::Suspended,
        Self::Granted,
        Self::Refunded,
    ];

    /// Whether access is open in it.
    pub const fn is_entitled(self) -> bool {
        match self {
            Self::Active | Self::Grace | Self::Granted => true,
            Self::None | Self::Pending | Self::Suspended | Self::Refunded => false,
        }
    }

    /// What may follow: the one transition table.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            // Nothing is forgotten: who once had access or asked for it does not become new, but a
            // link that was never paid leaves nothing behind.
            (Self::Pending, Self::None) => true,
            (_, Self::None) => false,
            // A link only shows where there is no access.
            (Self::None | Self::Suspended | Self::Refunded, Self::Pending) => true,
            // A payment that goes back, or a grant, may end while a link is open.
            (Self::Active | Self::Grace | Self::Granted, Self::Pending) => true,
            (Self::Pending, Self::Pending) => false,
            // Money or an operator open access from anywhere.
            (Self::Active, Self::Active) | (Self::Granted, Self::Granted) => false,
            (_, Self::Active | Self::Granted) => true,
            // Grace is what follows on a time that was paid for; a grant may have covered its begin,
            // and a refund of the payment after it, or a dispute that was won, may lead back.
            (Self::None | Self::Grace | Self::Refunded, Self::Grace) => false,
            (_, Self::Grace) => true,
            // A lost dispute is a refund, one that is open suspends; a link that expires shows what
            // was behind it.
            (Self::None | Self::Suspended | Self::Refunded, Self::Suspended) => false,
            (_, Self::Suspended) => true,
            (Self::None | Self::Refunded, Self::Refunded) => false,
            (_, Self::Refunded) => true,
        }
    }
}

/// How a person stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// Until when access stays, grace and what was paid ahead included; none where there is none.
    pub until: Option<Timestamp>,
    /// Until when it was paid for, without a gap from now on.
    pub paid_until: Option<Timestamp>,
    /// The next reminder is due, or the last one is past: the end of what was paid is near, and no grant
    /// goes on after it.
    pub is_due_soon: bool,
    /// A link that waits to be paid.
    pub open_link: Option<OpenLink>,
    /// A payment is disputed, and nobody has decided.
    pub is_disputed: bool,
}

/// A link that waits to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLink {
    /// Its id and address; none while the provider was asked for it and has not answered.
    pub link: Option<(LinkId, String)>,
    /// What is to be paid.
    pub amount: Paise,
    /// What was paid of it.
    pub part_paid: Paise,
    /// Until when.
    pub expires: Timestamp,
}
