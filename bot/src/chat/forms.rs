//! What somebody is being asked, until they answer: in memory, so that a restart ends a form and
//! nothing personal stays.

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};

use crate::backend::{ChatId, Command, Payer, StateVersion, Trader, UserId};

/// How long an answer is waited for.
const LIFE: Span = Span::from_secs(600);
/// How long a PIN is waited for: what it is for was confirmed for about as long.
const PIN_LIFE: Span = Span::MINUTE;
/// Forms at once; with more, the oldest ends.
const MOST: usize = 1_000;

/// What somebody is being asked.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// The new value of a setting.
    Value {
        /// Its name.
        key: String,
        /// The trader that it belongs to.
        trader: Option<Trader>,
    },
    /// The PIN, for a command.
    Pin {
        /// What it is for.
        command: Command,
        /// What was confirmed.
        version: Option<StateVersion>,
    },
    /// The words of a broadcast.
    Broadcast,
    /// Who pays.
    Payer {
        /// For which plan.
        plan: String,
        /// What is known.
        payer: Payer,
        /// What is asked now.
        step: PayerStep,
    },
}

/// What a payer is asked, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PayerStep {
    /// How they are called.
    Name,
    /// Where the receipt goes.
    Email,
    /// Their number.
    Phone,
    /// Whether the bill is right.
    Bill,
}

/// Every form that is open.
#[derive(Debug, Default)]
pub(super) struct Forms(BTreeMap<(ChatId, UserId), (Timestamp, Form)>);

impl Forms {
    /// Begins a form; one that is open for the same person in the same chat ends.
    pub(super) fn begin(&mut self, chat: ChatId, user: UserId, form: Form, now: Timestamp) {
        if self.0.len() >= MOST
            && let Some(oldest) =
                self.0.iter().min_by_key(|(_, (since, _))| *since).map(|(place, _)| *place)
        {
            self.0.remove(&oldest);
        }
        self.0.insert((chat, user), (now, form));
    }

    /// Takes the form that is open, if it is not too old.
    pub(super) fn take(&mut self, chat: ChatId, user: UserId, now: Timestamp) -> Option<Form> {
        let (since, form) = self.0.remove(&(chat, user))?;
        let life = if matches!(form, Form::Pin { .. }) { PIN_LIFE } else { LIFE };
        (now.since(since) < life).then_some(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_ends_with_time_and_there_are_never_too_many() {
        let mut forms = Forms::default();
        let start = Timestamp::from_millis(1_000_000);
        forms.begin(ChatId(1), UserId(1), Form::Broadcast, start);
        assert!(forms.take(ChatId(1), UserId(2), start).is_none());
        assert!(forms.take(ChatId(1), UserId(1), start + LIFE).is_none());
        let pin = Form::Pin { command: Command::Panic, version: None };
        forms.begin(ChatId(1), UserId(1), pin, start);
        assert!(forms.take(ChatId(1), UserId(1), start + PIN_LIFE).is_none());
        for user in 0..2_000 {
            forms.begin(
                ChatId(user),
                UserId(user),
                Form::Broadcast,
                start + Span::from_millis(user),
            );
        }
        assert_eq!(forms.0.len(), MOST);
        assert!(forms.take(ChatId(1_999), UserId(1_999), start).is_some());
    }
}
