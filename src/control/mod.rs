//! What front ends may ask and do: the port of `heikin-bot`, in process.
//!
//! ```text
//!  account's journal ──▶ copy of the engine ──▶ answers to queries
//!                                    └────────▶ alerts ──▶ outbox ──▶ whoever sends them
//!  commands ──▶ role, confirmation, record ──▶ the order thread ──▶ outcome, audit
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`front`] | what the front office remembers, in a journal of its own |
//! | [`account`] | the account as people see it, read from its journal |
//! | `follow` | reading on, and putting what is to be told into the outbox |
//! | `addressees` | who is told what, and how loudly |
//! | `digest` | the day in one message |
//! | `outages` | connections that are gone for so long that people are told |
//! | `query` | the answers |
//! | `command` | who may, what must be confirmed, and how it went |
//! | [`live_gate`] | what asks whether settings have earned real money |
//! | [`wake`] | the order thread's sign that there is something to tell |
//! | `file` | a configuration that is read again |
//! | `selling` | access that people buy, at work |
//! | `claim` | how heikin gets its owner |
//! | `line` | how the line to Telegram stands |
//! | `zone` | the time of day where somebody is |
//!
//! # Invariants
//!
//! - Nothing here can hold up an order: the order thread is told things through a queue that refuses
//!   when it is full, and what it did is read from its journal.
//! - Each command has one effect however often it comes, over restarts; who did what is recorded with
//!   its outcome.
//! - An alert is in the outbox in the same transaction as the mark that says so: none is lost, none
//!   doubled.
//! - Roles are looked up here, whatever a front end has checked.

pub mod account;
mod addressees;
mod claim;
mod command;
mod digest;
mod file;
mod follow;
pub mod front;
mod line;
pub mod live_gate;
mod outages;
mod query;
mod selling;
pub mod wake;
mod zone;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use heikin_bot::backend::{
    Actor, Answer, Backend, BackendError, Command, Cursor, Envelope, InboxRow, Intake, Mode, Nonce,
    Outcome, Presser, Query, Receipt, RequestId, StateVersion, Take, Ticket, UpdateId, UserId,
};
use heikin_core::engine::{Engine, Sequence};
use heikin_core::time::Timestamp;
use tokio::sync::{mpsc, watch};

use self::account::{Replica, Tail};
pub use self::follow::Following;
use self::front::ledger::Rooms;
use self::front::{Front, FrontError, Ledger};
pub use self::line::Line;
use self::live_gate::{LiveGate, Overrides, overrides};
use self::selling::{Door, Errand, Till};
use crate::config::{Config, Telegram};
use crate::http::Payments;
use crate::runtime::heartbeat::Heartbeat;
use crate::runtime::runner::Request;
use crate::runtime::status::Status;
use crate::store::disk::RealDisk;
use crate::store::{Layout, StoreError};

/// So many people wait for the payment provider; others wait with them.
const ERRANDS: usize = 64;
/// A copy that has not come to a command's record after so long cannot be read on, which is told.
const READ_WITHIN: Duration = Duration::from_secs(1);
/// Whoever asks for news of the outbox is told so soon that there are none.
const NEWS_WITHIN: Duration = Duration::from_secs(1);

/// What time it is, for people.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// This machine's clock: people live by it, whatever time it is at the exchange.
pub fn machine_clock() -> Clock {
    Arc::new(|| Timestamp::from_millis(jiff::Timestamp::now().as_millisecond()))
}

/// The clock of the chat: this machine's, but with a stand-in whose time goes faster.
pub fn chat_clock(telegram: &Telegram) -> Clock {
    let clock = machine_clock();
    let Some(since) = telegram.speed_since.filter(|_| telegram.speed.get() > 1) else {
        return clock;
    };
    let (since, speed) =
        (Timestamp::from_millis(since.as_millisecond()), i64::from(telegram.speed.get()));
    Arc::new(move || since + clock().since(since).times(speed))
}

/// What control is put together from.
pub struct Setup {
    /// The data directory; its lock is held.
    pub layout: Layout,
    /// What was configured.
    pub config: Arc<Config>,
    /// Whose money.
    pub mode: Mode,
    /// An engine that is set up as the account's, and empty.
    pub engine: Engine,
    /// Where commands go.
    pub requests: mpsc::Sender<Request>,
    /// How the order thread stands.
    pub status: watch::Receiver<Status>,
    /// Whether it still goes round.
    pub heartbeat: Heartbeat,
    /// The gate in front of real money.
    pub live_gate: LiveGate,
    /// What time it is.
    pub clock: Clock,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("layout", &self.layout).finish_non_exhaustive()
    }
}

/// The port, in process. Clones are one.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

struct Shared {
    front: Front,
    replica: Mutex<Replica>,
    config: Arc<Config>,
    live_gate: LiveGate,
    /// What overrides the live gate, as the file had it last.
    overrides: Mutex<Overrides>,
    panic_file: PathBuf,
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    heartbeat: Heartbeat,
    clock: Clock,
    started_at: Timestamp,
    /// Told whenever the copy has gone on.
    moved: watch::Sender<Sequence>,
    /// The record up to which somebody wants the copy to have come.
    wanted: watch::Sender<Sequence>,
    /// The record up to which all that is to be told is in the outbox.
    told: watch::Sender<Sequence>,
    /// How the line to Telegram stands.
    line: watch::Sender<Line>,
    /// Commands that are being carried out; what waits for one sees its end.
    at_work: Mutex<BTreeMap<RequestId, watch::Receiver<()>>>,
    /// Where the payment provider is asked; none where nothing is on offer.
    till: Option<mpsc::Sender<Errand>>,
    /// The panic whose end is to be told.
    panic: Mutex<Option<command::PanicUnderWay>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Control {
    /// Opens what the front office remembers, and brings the copy of the account to the end of its
    /// journal. What has come since is followed by [`Following::run`].
    ///
    /// # Errors
    ///
    /// Where the store is damaged or cannot be used.
    pub fn open(setup: Setup) -> Result<(Self, Following), StoreError> {
        let Setup { layout, config, mode, engine, requests, status, heartbeat, live_gate, clock } =
            setup;
        let rooms = Rooms::below(layout.data());
        let mut ledger = Ledger::open(RealDisk, &rooms)?;
        let now = clock();
        let operators = config.notify.operators.iter();
        ledger.configure(operators.filter_map(|id| i64::try_from(*id).ok().map(UserId)));
        let selling = config.subscription.as_ref();
        ledger.open_desk(selling::desk_settings(selling, engine.tag()));
        let client = selling.and_then(selling::client);
        let (till, errands) = mpsc::channel(ERRANDS);
        let mark = Some(ledger.state().tailed()).filter(|mark| *mark > 0);
        let mut replica = Replica::new(mode, engine);
        let (tail, told) = Tail::open(RealDisk, (&layout, &rooms.account()), &mut replica, mark)?;
        let interrupted = command::settle_interrupted(&mut ledger, &replica, now)?;
        for request in interrupted {
            tracing::info!(request = request.0, "a command that a stop had cut off is settled");
        }
        let shared = Shared {
            front: Front::start(ledger),
            overrides: Mutex::new(overrides(&config)),
            live_gate,
            config,
            panic_file: layout.panic(),
            requests,
            status,
            heartbeat,
            clock,
            started_at: now,
            moved: watch::Sender::new(replica.through()),
            wanted: watch::Sender::new(0),
            replica: Mutex::new(replica),
            told: watch::Sender::new(0),
            line: watch::Sender::new(Line::Off),
            at_work: Mutex::default(),
            till: client.is_some().then_some(till),
            panic: Mutex::default(),
        };
        let control = Self { shared: Arc::new(shared) };
        let till = client.map(|client| Till::new(control.clone(), client, errands));
        let following = Following::new(control.clone(), tail, told).selling(till);
        Ok((control, following))
    }

    /// What takes in webhooks, and payers who come back; none where nothing is on offer.
    pub fn payments(&self) -> Option<Arc<dyn Payments>> {
        let till = self.shared.till.clone()?;
        let selling = self.shared.config.subscription.clone()?;
        Some(Arc::new(Door::new(self.clone(), selling, till)))
    }

    /// Returns when the copy of the account has come to this record, and what there is to tell of it
    /// is in the outbox.
    pub async fn caught_up(&self, through: Sequence) {
        let mut told = self.shared.told.subscribe();
        let there = told.wait_for(|come| *come >= through);
        // It ends only with this process.
        drop(there.await);
    }

    /// Returns when the copy of the account has come to this record, or after a while: whoever has
    /// done something is to find it done.
    async fn read_until(&self, through: Sequence) {
        self.shared.wanted.send_if_modified(|wanted| {
            let is_more = *wanted < through;
            *wanted = through.max(*wanted);
            is_more
        });
        let mut moved = self.shared.moved.subscribe();
        let there = moved.wait_for(|come| *come >= through);
        if tokio::time::timeout(READ_WITHIN, there).await.is_err() {
            tracing::warn!(through, "a command is done, and its effect is not to be seen yet");
        }
    }

    fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// The copy of the account. It is never held while anything is waited for.
    fn replica(&self) -> MutexGuard<'_, Replica> {
        // A reader that panicked has changed nothing.
        self.shared.replica.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with what the front office remembers.
    async fn front<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger<RealDisk>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, BackendError> {
        self.shared.front.with(work).await.map_err(|error| unreachable(&error))
    }
}

fn unreachable(error: &FrontError) -> BackendError {
    BackendError::Unreachable { reason: error.to_string() }
}

impl Backend for Control {
    async fn query(&self, query: Query) -> Result<Answer, BackendError> {
        query::answer(self, query).await
    }

    async fn command(
        &self,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        command::carry_out(self, (request, actor), command, confirmed).await
    }

    async fn inbox(&self, row: InboxRow) -> Result<Intake, BackendError> {
        let taken = self.front(move |ledger| ledger.receive(&row)).await?;
        taken.ok_or(BackendError::Busy)
    }

    async fn inbox_pending(&self, limit: u16) -> Result<Vec<InboxRow>, BackendError> {
        let limit = usize::from(limit);
        self.front(move |ledger| Ok(ledger.inbox().take(limit).collect())).await
    }

    async fn inbox_done(&self, update: UpdateId) -> Result<(), BackendError> {
        let now = self.now();
        self.front(move |ledger| ledger.handled(update, now)).await
    }

    async fn outbox(&self, after: Cursor, limit: u16) -> Result<Vec<Envelope>, BackendError> {
        let now = self.now();
        self.front(move |ledger| {
            let found = ledger.hand_out(after, limit);
            Ok(found.into_iter().map(|it| addressees::named(it, ledger, now)).collect())
        })
        .await
    }

    async fn outbox_news(&self, after: Cursor) -> Result<(), BackendError> {
        let mut newest = self.shared.front.newest_alert();
        let news = newest.wait_for(|newest| *newest > after);
        // That the front office has ended is found out by whoever looks then.
        drop(tokio::time::timeout(NEWS_WITHIN, news).await);
        Ok(())
    }

    async fn outbox_sending(&self, alerts: Vec<Cursor>) -> Result<Vec<Cursor>, BackendError> {
        let now = self.now();
        self.front(move |ledger| ledger.sending(&alerts, now)).await
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BackendError> {
        let now = self.now();
        self.front(move |ledger| ledger.acknowledge(receipts, now)).await
    }

    async fn put_ticket(&self, nonce: Nonce, ticket: Ticket) -> Result<(), BackendError> {
        let now = self.now();
        self.front(move |ledger| ledger.put_ticket(nonce, &ticket, now)).await
    }

    async fn take_ticket(
        &self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> Result<Take, BackendError> {
        self.front(move |ledger| ledger.take_ticket(nonce, presser, now)).await
    }
}

/// What a panic has poisoned was not half written: each change of these is one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
