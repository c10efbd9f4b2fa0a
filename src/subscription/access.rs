//! Whether a person's access is open: decided here and nowhere else, from recorded events alone,
//! never from what somebody says.

use heikin_core::time::Timestamp;

use super::account::Account;
use super::standing::State;

/// Whether access is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is, until then.
    Open {
        /// By what.
        by: Title,
        /// Until when.
        until: Timestamp,
    },
    /// It is not.
    Closed(Closed),
}

/// By what access is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Title {
    /// A captured, matching payment.
    Payment,
    /// What follows on one.
    Grace,
    /// An operator's grant.
    Grant,
}

/// Why access is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// There never was any.
    NeverOpened,
    /// A link waits to be paid.
    AwaitsPayment,
    /// It is over.
    Lapsed,
    /// The payment went back.
    Refunded,
}

impl Access {
    /// Whether it is.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// Decides.
pub fn access(account: &Account, now: Timestamp) -> Access {
    let standing = account.standing(now);
    let open = |by| match standing.until {
        Some(until) => Access::Open { by, until },
        None => Access::Closed(Closed::Lapsed),
    };
    match standing.state {
        State::Active => open(Title::Payment),
        State::Grace => open(Title::Grace),
        State::Granted => open(Title::Grant),
        State::None => Access::Closed(Closed::NeverOpened),
        State::Pending => Access::Closed(Closed::AwaitsPayment),
        State::Suspended => Access::Closed(Closed::Lapsed),
        State::Refunded => Access::Closed(Closed::Refunded),
    }
}
