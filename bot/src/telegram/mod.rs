//! The transport to Telegram: the same chat as everywhere, over the Bot API.
//!
//! | module | holds |
//! |---|---|
//! | `api`, `failure` | requests, each through teloxide's `Bot`, and what is refused |
//! | `wire` | updates as they come, read into the chat's own |
//! | `intake` | polling, and one worker for each chat |
//! | `show` | what a reply asks for, done |
//! | `backlog` | which alert goes next, and what is told as lines of one message |
//! | `outbox` | alerts on their way, until they have arrived |
//! | `menus` | the commands that each person is offered |
//!
//! Of teloxide only its core is used, which knows the wire: its dispatcher confirms an update before
//! anybody has dealt with it, and its throttle holds messages in memory alone.
//!
//! Invariants:
//! - An update is in the inbox before the next poll confirms it, and is dealt with once: its number is
//!   that of every command that it gives.
//! - Updates of one chat are dealt with one after the other; a slow or panicking one harms no other.
//! - Of one chat no two requests of alerts are under way at once; chats are sent to side by side.
//! - An alert is acknowledged after it has arrived, never before; that it is being sent is on record
//!   before it is.
//! - A fault is a message of its own, and goes first.
//! - The token is in no error, notice or debug output.

mod api;
mod backlog;
mod failure;
mod intake;
mod menus;
mod outbox;
mod show;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use heikin_core::time::{Span, Timestamp};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

pub use api::Api;
pub use failure::Failure;

use crate::backend::{Backend, BackendError, ChatId, UpdateId};
use crate::chat::Bot;
use crate::message::Update;

/// What the transport needs of the machine that it runs on.
pub trait Machine: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;
    /// Ends after so long.
    fn wait(&self, span: Span) -> impl Future<Output = ()> + Send;
    /// Something that belongs into the log.
    fn note(&self, notice: &Notice);
}

/// What belongs into the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// Telegram answers: for the first time, or again.
    #[error("@{0} is on Telegram")]
    Connected(String),
    /// Polling does not work; it is tried again.
    #[error("updates cannot be fetched: {0}")]
    Polling(Failure),
    /// An update could not be stored; it will come again.
    #[error("an update cannot be stored: {0}")]
    Inbox(BackendError),
    /// An update without a number, or that cannot be read.
    #[error("an update cannot be read: {0}")]
    Unreadable(String),
    /// Dealing with an update has panicked.
    #[error("a fault while dealing with update {}: it is dropped", .0.0)]
    Panicked(UpdateId),
    /// More came in a chat than can be dealt with.
    #[error("update {} is dropped: too much comes in the chat {}", .0.0, .1.0)]
    Flooded(UpdateId, ChatId),
    /// An answer did not get through.
    #[error("an answer did not reach the chat {}: {}", .0.0, .1)]
    Answer(ChatId, Failure),
    /// An alert did not get through; it is tried again, or noted as undeliverable.
    #[error("an alert did not reach the chat {}: {}", .0.0, .1)]
    Alert(ChatId, Failure),
    /// The backend did not answer.
    #[error("the outbox cannot be read or acknowledged: {0}")]
    Outbox(BackendError),
}

/// A bot on Telegram.
pub struct Telegram<B, M> {
    api: Api,
    bot: Bot<B>,
    machine: M,
    workers: Mutex<Workers>,
    /// Something has happened in a chat.
    stirred: Notify,
    /// Chats that have begun, or begun again, since the menus were last looked at.
    newcomers: Mutex<BTreeSet<ChatId>>,
}

/// One worker for each chat in which something is dealt with.
#[derive(Default)]
struct Workers {
    queues: BTreeMap<ChatId, mpsc::Sender<Update>>,
    tasks: JoinSet<()>,
}

impl<B, M> std::fmt::Debug for Telegram<B, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram").finish_non_exhaustive()
    }
}

/// At the end, what is being dealt with may take so long; what is not done then is taken up by the next
/// start.
const LEAVE: Span = Span::from_secs(2);
/// So many chats are remembered as new between two looks.
const NEWCOMERS: usize = 1_000;

impl<B: Backend + 'static, M: Machine> Telegram<B, M> {
    /// A bot that talks over `api`.
    pub fn new(api: Api, bot: Bot<B>, machine: M) -> Arc<Self> {
        Arc::new(Self {
            api,
            bot,
            machine,
            workers: Mutex::default(),
            stirred: Notify::new(),
            newcomers: Mutex::default(),
        })
    }

    /// Answers and tells until `until` is done, or Telegram does not know the token: then it ends with
    /// that. What is being dealt with at the end is given a moment.
    pub async fn run(self: &Arc<Self>, until: impl Future<Output = ()>) -> Option<Failure> {
        let ended = tokio::select! {
            () = until => None,
            failure = self.receive() => Some(failure),
            () = self.deliver() => None,
            () = self.keep_menus() => None,
        };
        let mut tasks = std::mem::take(&mut locked(&self.workers).tasks);
        let finished = async { while tasks.join_next().await.is_some() {} };
        tokio::select! {
            () = finished => {}
            () = self.machine.wait(LEAVE) => {}
        }
        ended
    }

    /// Somebody is there who may not have been.
    fn greet(&self, chat: ChatId) {
        let mut newcomers = locked(&self.newcomers);
        if newcomers.len() < NEWCOMERS {
            newcomers.insert(chat);
        }
    }

    fn take_newcomers(&self) -> BTreeSet<ChatId> {
        std::mem::take(&mut *locked(&self.newcomers))
    }
}

/// Each change below these locks is one step: a panic elsewhere leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
