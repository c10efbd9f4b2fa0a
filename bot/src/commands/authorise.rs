//! Who may do what, where: one function over who asks, where they ask, and what.
//!
//! Deny by default. Rights hang on the numeric id alone; what came through other hands (forwarded,
//! edited, in a chat's name) is nobody's command.

use heikin_core::time::{Span, Timestamp};

use super::verb::{Right, Verb, Weight};
use crate::backend::{Member, Role};
use crate::message::{ChatKind, Origin};

/// How old a message may be whose command moves money.
pub const FRESH: Span = Span::MINUTE;

/// Who asks, where, and how the words came.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// What is known of the person.
    pub member: &'a Member,
    /// Where they ask.
    pub chat: ChatKind,
    /// How the words came to be there.
    pub origin: Origin,
    /// When they were typed.
    pub sent_at: Timestamp,
    /// When they are read.
    pub now: Timestamp,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// It is not answered at all: a stranger in a group, a channel.
    Silently,
    /// Words of somebody else, or of another time.
    NotTyped(Origin),
    /// Only in a private chat.
    PrivateOnly,
    /// Groups are not let in.
    GroupsOff,
    /// The role has not that right.
    Role(Right),
    /// Access has ended.
    Lapsed,
    /// Nothing is sold here.
    BillingOff,
    /// It moves money, and was sent too long ago.
    Stale {
        /// How long ago.
        age: Span,
    },
}

/// Whether somebody may. Every message and every press passes here; the backend checks again.
pub fn authorise(asker: &Asker<'_>, verb: Verb) -> Result<(), Denied> {
    let entry = verb.entry();
    let role = asker.member.role;
    match asker.chat {
        ChatKind::Channel => return Err(Denied::Silently),
        // A group sees what its members ask for, so it takes the owner's word to look there at all.
        ChatKind::Group if !Right::Viewer.is_of(role) => return Err(Denied::Silently),
        ChatKind::Group if !asker.member.groups => return Err(Denied::GroupsOff),
        ChatKind::Group if entry.weight != Weight::Look => return Err(Denied::PrivateOnly),
        ChatKind::Group | ChatKind::Private | ChatKind::Terminal => {}
    }
    if asker.origin != Origin::Typed {
        return Err(Denied::NotTyped(asker.origin));
    }
    if entry.right == Right::Payer && !asker.member.billing {
        return Err(Denied::BillingOff);
    }
    if !entry.right.is_of(role) {
        let has_lapsed = role == Role::Guest && asker.member.has_lapsed();
        let would_do = entry.right == Right::Reader;
        return Err(if has_lapsed && would_do {
            Denied::Lapsed
        } else {
            Denied::Role(entry.right)
        });
    }
    let age = asker.now.since(asker.sent_at);
    if entry.weight == Weight::Act && age > FRESH {
        return Err(Denied::Stale { age });
    }
    Ok(())
}
