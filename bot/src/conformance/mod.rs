//! What every [`Backend`] must keep to, as a suite: one in process, and the same one over HTTP.
//!
//! Whoever writes a backend implements [`Bench`] in a test and runs [`all`]. The suite knows nothing
//! of what the backend trades; it asks, acts as the owner and as a stranger, and compares with what
//! the port promises. It leaves entries running and the people as they were, but for rows in lists
//! that only grow.
//!
//! | module | holds the backend to |
//! |---|---|
//! | `reads` | an answer of the query's name; pages that keep their bound |
//! | `commands` | one effect for a request id; rights; confirmations of a version |
//! | `mailboxes` | inbox and outbox: in order, until dealt with, once |
//! | `tickets` | taken once, by the one whom it was shown |

mod commands;
mod mailboxes;
mod reads;
mod tickets;

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};

use heikin_core::time::Timestamp;

use crate::backend::{
    Actor, Answer, Backend, BackendError, Command, Identity, Outcome, Query, RequestId,
    StateVersion, UserId,
};

/// What the suite needs of whoever runs it.
pub trait Bench: Sync {
    /// The backend.
    type Backend: Backend;
    /// The backend.
    fn backend(&self) -> &Self::Backend;
    /// A person on Telegram with every right.
    fn owner(&self) -> UserId;
    /// A person on Telegram whom the backend has never heard of.
    fn stranger(&self) -> UserId;
    /// The backend's time.
    fn now(&self) -> Timestamp;
    /// A number that no earlier run against the same store had: ids are made of it.
    fn run(&self) -> u32;
    /// Makes something happen that at least one chat is told of, and returns when it is queued.
    fn cause_alert(&self) -> impl Future<Output = ()> + Send;
}

/// A promise of the port that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a backend must keep to this: {rule}. Seen: {seen}")]
pub struct Broken {
    /// What the port promises.
    pub rule: &'static str,
    /// What was seen instead.
    pub seen: String,
}

/// Holds a backend to all of it.
///
/// # Errors
///
/// The first promise that it breaks.
pub async fn all<B: Bench>(bench: &B) -> Result<(), Broken> {
    let subject = Subject { bench, counted: AtomicU64::new(0) };
    reads::all(&subject).await?;
    commands::all(&subject).await?;
    mailboxes::all(&subject).await?;
    tickets::all(&subject).await
}

/// A backend under test, with ids that it has not seen.
struct Subject<'a, B> {
    bench: &'a B,
    counted: AtomicU64,
}

impl<B: Bench> Subject<'_, B> {
    fn backend(&self) -> &B::Backend {
        self.bench.backend()
    }

    /// A number that this backend has not seen in an id.
    fn fresh(&self) -> u64 {
        let count = self.counted.fetch_add(1, Ordering::Relaxed);
        (u64::from(self.bench.run()) << 20) + count
    }

    fn request(&self) -> RequestId {
        RequestId(format!("conformance-{}", self.fresh()))
    }

    fn owner(&self) -> Actor {
        person(self.bench.owner())
    }

    async fn ask(&self, query: Query) -> Result<Answer, Broken> {
        let name = query.name();
        let asked = self.backend().query(query);
        let answer = answered("a question that can be answered is", asked).await?;
        let rule = "the answer is the variant by the name of the query";
        hold(rule, answer.name() == name, &(name, &answer))?;
        Ok(answer)
    }

    /// A command of the owner under a new request id.
    async fn act(
        &self,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, Broken> {
        self.act_as(self.owner(), command, confirmed).await
    }

    async fn act_as(
        &self,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, Broken> {
        let acted = self.backend().command(self.request(), actor, command, confirmed);
        answered("a command has an outcome, also where it is refused", acted).await
    }

    /// A command of the owner, confirmed as often as the state moves in between.
    async fn act_confirmed(&self, command: Command) -> Result<Outcome, Broken> {
        const PATIENCE: usize = 20;
        let mut confirmed = None;
        for _ in 0..PATIENCE {
            match self.act(command.clone(), confirmed).await? {
                Outcome::Confirm(recap) => confirmed = Some(recap.version),
                outcome => return Ok(outcome),
            }
        }
        Err(broken("a confirmation of the version that was named is taken", &command))
    }
}

fn person(user: UserId) -> Actor {
    Actor { identity: Identity::Telegram { user }, name: format!("conformance {user}"), pin: None }
}

fn broken(rule: &'static str, seen: &impl Debug) -> Broken {
    let mut seen = format!("{seen:?}");
    if let Some((end, _)) = seen.char_indices().nth(600) {
        seen.truncate(end);
    }
    Broken { rule, seen }
}

#[expect(clippy::fn_params_excessive_bools, reason = "it is the condition of an assertion")]
fn hold(rule: &'static str, holds: bool, seen: &impl Debug) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(broken(rule, seen)) }
}

/// What a backend answered; none of the suite's questions may fail unless it says so.
async fn answered<T>(
    rule: &'static str,
    answer: impl Future<Output = Result<T, BackendError>>,
) -> Result<T, Broken> {
    answer.await.map_err(|error| broken(rule, &error))
}
