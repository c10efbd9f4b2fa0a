//! Who asks: a bearer token (RFC 6750) with a name and a grade, and how often each may ask.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, Method, header};
use heikin_bot::backend::Role;
use heikin_bot::commands::Verb;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use super::problem::Refusal;
use crate::config::{ApiToken, TokenRole};

/// A person's token may ask so often in a second, and so often at once.
const PERSON: Pace = Pace { every: Duration::from_millis(50), burst: 60 };
/// A front end speaks for many people.
const FRONT_END: Pace = Pace { every: Duration::from_millis(2), burst: 500 };
/// What comes without a token that is known, from everybody together.
const UNKNOWN: Pace = Pace { every: Duration::from_millis(200), burst: 20 };

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grade {
    /// What a person of this role may, in its own name.
    Person(Role),
    /// Ask and act in the name of whoever it has recognised.
    FrontEnd,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The name of the token.
    pub(super) name: String,
    pub(super) grade: Grade,
}

impl Caller {
    /// Whether the chat's table gives it the right to `verb`.
    pub(super) fn may(&self, verb: Verb) -> Result<(), Refusal> {
        match self.grade {
            Grade::Person(role) if verb.entry().right.is_of(role) => Ok(()),
            Grade::Person(role) => Err(Refusal::role(role, verb)),
            Grade::FrontEnd => Err(Refusal::not_for_front_ends()),
        }
    }

    /// Whether it may ask and act as a chat does: what is seen there is for owners alone.
    pub(super) fn chats(&self) -> Result<(), Refusal> {
        match self.grade {
            Grade::FrontEnd | Grade::Person(Role::Owner) => Ok(()),
            Grade::Person(_) => Err(Refusal::only_for_chats()),
        }
    }

    /// Whether it may speak in others' names.
    pub(super) fn speaks_for_others(&self) -> Result<(), Refusal> {
        match self.grade {
            Grade::FrontEnd => Ok(()),
            Grade::Person(_) => Err(Refusal::only_for_front_ends()),
        }
    }
}

/// A known token. Of its secret only the digest is kept: comparing digests tells nothing of it, and
/// neither does a dump of the memory.
#[derive(Debug)]
struct Known {
    caller: Caller,
    digest: [u8; 32],
    /// Questions and changes are counted apart: a script that asks too much can still stop a trade.
    asks: Bucket,
    changes: Bucket,
}

/// The tokens, and what each has used up. It grows with nothing.
#[derive(Debug)]
pub(super) struct Tokens {
    known: Vec<Known>,
    unknown: Bucket,
}

impl Tokens {
    pub(super) fn new(configured: &[ApiToken]) -> Self {
        let known = configured.iter().map(|token| {
            let (grade, pace) = match token.role {
                TokenRole::Subscriber => (Grade::Person(Role::Subscriber), PERSON),
                TokenRole::Viewer => (Grade::Person(Role::Viewer), PERSON),
                TokenRole::Operator => (Grade::Person(Role::Operator), PERSON),
                TokenRole::Owner => (Grade::Person(Role::Owner), PERSON),
                TokenRole::FrontEnd => (Grade::FrontEnd, FRONT_END),
            };
            Known {
                caller: Caller { name: token.name.clone(), grade },
                digest: digest(token.secret.expose_secret()),
                asks: Bucket::full(pace),
                changes: Bucket::full(pace),
            }
        });
        Self { known: known.collect(), unknown: Bucket::full(UNKNOWN) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whose request it is.
    pub(super) fn caller(&self, method: &Method, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let Some(known) = self.recognised(headers) else {
            self.unknown.take()?;
            return Err(if headers.contains_key(header::AUTHORIZATION) {
                tracing::warn!(target: "api", "a request with an unknown token was refused");
                Refusal::unknown_token()
            } else {
                Refusal::unauthorized()
            });
        };
        let bucket = if method.is_safe() { &known.asks } else { &known.changes };
        bucket.take()?;
        Ok(known.caller.clone())
    }

    /// The token that a request carries, looked for in the same time whichever it is.
    fn recognised(&self, headers: &HeaderMap) -> Option<&Known> {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(credentials), None) = (all.next(), all.next()) else { return None };
        let (scheme, token) = credentials.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let digest = digest(token.trim_matches(' '));
        let mut found = None;
        for known in &self.known {
            if known.digest.ct_eq(&digest).into() {
                found = Some(known);
            }
        }
        found
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// How often something may be asked.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// One more request after each of these.
    every: Duration,
    /// So many at once.
    burst: u32,
}

/// A token bucket, as the time at which it is full again.
#[derive(Debug)]
struct Bucket {
    pace: Pace,
    full_at: Mutex<Instant>,
}

impl Bucket {
    fn full(pace: Pace) -> Self {
        Self { pace, full_at: Mutex::new(Instant::now()) }
    }

    fn take(&self) -> Result<(), Refusal> {
        let now = Instant::now();
        // An instant is whole whatever happened to who held the lock.
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*full_at).max(now) + self.pace.every;
        if next.duration_since(now) > self.pace.every * self.pace.burst {
            return Err(Refusal::too_many());
        }
        *full_at = next;
        Ok(())
    }
}
