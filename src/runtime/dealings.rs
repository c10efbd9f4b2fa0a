//! Whether the exchange deals with us: it takes our key, and answers to this address.
//!
//! | what it says | entries are off |
//! |---|---|
//! | a question is refused because of the key | until it accepts the key again |
//! | an order is refused because of the key | until a restart: questions may be allowed and orders not |
//! | the address is banned (418) | until the ban ends |
//!
//! Recovery, protection and stops are tried all the same: a refusal may be over.

use heikin_core::engine::{Engine, Gate, GateState, Input};
use heikin_core::order::{CancelAnswer, Refusal, SubmitAnswer};

use crate::exchange::binance::rest::Rest;

/// What the exchange thinks of our key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Key {
    #[default]
    Accepted,
    /// For questions.
    Refused,
    /// For orders.
    Useless,
}

/// How the exchange deals with us, as it was told last.
#[derive(Debug, Default)]
pub(super) struct Dealings {
    key: Key,
}

/// A gate that turns, and what people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) gate: Gate,
    pub(super) state: GateState,
    pub(super) why: String,
}

impl Turn {
    fn close(gate: Gate, why: impl Into<String>) -> Self {
        Self { gate, state: GateState::Closed, why: why.into() }
    }

    fn open(gate: Gate, why: impl Into<String>) -> Self {
        Self { gate, state: GateState::Open, why: why.into() }
    }
}

impl Dealings {
    /// An order, or a cancellation, was refused because of the key. That is told once.
    pub(super) fn refuse_order(&mut self) -> Option<Turn> {
        if std::mem::replace(&mut self.key, Key::Useless) == Key::Useless {
            return None;
        }
        let why = "the exchange refuses orders because of the key: stops on the exchange are the only \
                   protection. Mend the key at Binance, API Management, and restart";
        Some(Turn::close(Gate::KeyRights, why))
    }

    /// Looks at what was heard of the exchange: what turns.
    pub(super) fn look(&mut self, rest: &Rest, engine: &Engine) -> [Option<Turn>; 2] {
        [self.look_at_key(rest, engine), look_at_ban(rest, engine)]
    }

    fn look_at_key(&mut self, rest: &Rest, engine: &Engine) -> Option<Turn> {
        match (self.key, rest.is_key_refused()) {
            // What the start objected to stays closed, whatever is heard later.
            (Key::Accepted, true) if !is_closed(engine, Gate::KeyRights) => {
                self.key = Key::Refused;
                let why = "the exchange does not accept the key: no entries; stops on the exchange \
                           are the only protection. Look at the key at Binance, API Management: is \
                           it there, and allowed from this address? Entries are on again when it is \
                           accepted";
                Some(Turn::close(Gate::KeyRights, why))
            }
            (Key::Refused, false) => {
                self.key = Key::Accepted;
                let why = "the exchange accepts the key again: entries are on";
                Some(Turn::open(Gate::KeyRights, why))
            }
            _ => None,
        }
    }
}

fn look_at_ban(rest: &Rest, engine: &Engine) -> Option<Turn> {
    match (rest.banned_until(), is_closed(engine, Gate::Banned)) {
        (Some(until), false) => Some(Turn::close(
            Gate::Banned,
            format!(
                "the exchange has banned this address for {} s: nothing is sent to it, no entries; \
                 stops on the exchange are the only protection. Does another program ask too much \
                 from here?",
                until.since(rest.time().now()).millis() / 1_000
            ),
        )),
        (None, true) => Some(Turn::open(Gate::Banned, "the exchange's ban is over")),
        _ => None,
    }
}

fn is_closed(engine: &Engine, gate: Gate) -> bool {
    engine.closed_gates().any(|closed| closed == gate)
}

/// Whether an answer says that the key is revoked, expired, or used from elsewhere.
pub(super) fn says_key_is_refused(input: &Input) -> bool {
    let refused = Refusal::KeyRejected;
    let submitted = |answer: &SubmitAnswer| matches!(answer, SubmitAnswer::Refused { refusal, .. } if *refusal == refused);
    let canceled = |answer: &CancelAnswer| matches!(answer, CancelAnswer::Refused { refusal, .. } if *refusal == refused);
    match input {
        Input::Submitted { answer, .. } => submitted(answer),
        Input::Canceled { answer, .. } => canceled(answer),
        Input::Replaced { cancel, submit, .. } => {
            canceled(cancel) || submit.as_ref().is_some_and(submitted)
        }
        _ => false,
    }
}
