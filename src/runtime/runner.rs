//! The order thread's loop: take in all that has arrived, make it durable with one sync, let leave
//! what was decided, wait.
//!
//! The loop never waits for the venue, for the disk beyond that one sync, or for anybody who looks
//! on. Time is the exchange's ([`ExchangeTime`]); the engine is woken at its own deadlines and at
//! nothing else.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::FutureExt as _;
use heikin_core::engine::{Command, Gate, GateState, Input, JournalError, Sequence, Trader};
use heikin_core::market::{Quote, Symbol};
use heikin_core::time::{Span, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use super::account::Account;
use super::closing::{Closing, is_entry};
use super::crash_point::{CrashPoint, pass};
use super::dealings::{Dealings, Turn, says_key_is_refused};
use super::heartbeat::Heartbeat;
use super::journal::AccountJournal;
use super::keeper::Keeper;
use super::lockstep::Step;
use super::status::{JournalStatus, Load, Status};
use super::venue::Venue;
use crate::exchange::binance::arrival::AccountEvent;
use crate::exchange::binance::exchange_time::ExchangeTime;
use crate::exchange::binance::market_streams::{MarketEvent, Quotes};
use crate::exchange::binance::rest::Rest;
use crate::store::journal::SLOW_SYNC;

/// Inputs that are taken in before a sync, at most: what arrives meanwhile waits for the next turn.
const BATCH: usize = 256;
/// Quotes of a symbol reach the engine at most this often.
const QUOTE_EVERY: Span = Span::from_millis(250);
/// How often the loop looks after things that tell nobody when they change.
const TEND_EVERY: Span = Span::from_millis(1_000);
/// The status is renewed at most this often, and so long after a change at the latest.
const STATUS_EVERY: Span = Span::from_millis(200);
/// A disk that was slow has to be fast for so long before entries pass again.
const DISK_TRUSTED_AFTER: Span = Span::from_millis(60_000);

/// What arrives from outside.
#[derive(Debug)]
pub struct Sources {
    /// What asks and sends: for its counts alone.
    pub rest: Rest,
    /// Candles, and how the market's connections are.
    pub market: mpsc::Receiver<MarketEvent>,
    /// How many connections the market has; none of them delivers yet.
    pub connections: usize,
    /// The last quote of each symbol.
    pub quotes: Quotes,
    /// Answers and events of the account; silent on paper, where the venue answers at once.
    pub account: mpsc::Receiver<AccountEvent>,
    /// What people tell it.
    pub requests: mpsc::Receiver<Request>,
}

/// A command of somebody, answered when it is durable and has taken effect.
#[derive(Debug)]
pub struct Request {
    /// What is to be done.
    pub command: Command,
    /// Told when it is done: the last record by then.
    pub done: oneshot::Sender<Sequence>,
}

impl Request {
    /// A command of which nobody waits to hear that it is done.
    pub fn unanswered(command: Command) -> Self {
        Self { command, done: oneshot::channel().0 }
    }

    /// Whether somebody was there to take it.
    pub async fn send_to(self, requests: &mpsc::Sender<Self>) -> bool {
        requests.send(self).await.is_ok()
    }
}

/// Where a running account keeps what outlives it.
#[derive(Debug)]
pub struct Upkeep {
    /// The thread beside.
    pub keeper: Keeper,
    /// While this file exists, everything is left and nothing entered.
    pub panic_file: PathBuf,
}

/// One account, running. See the [module](self).
#[derive(Debug)]
pub struct Runner {
    account: Account,
    clock: ExchangeTime,
    sources: Sources,
    upkeep: Option<Upkeep>,
    status: watch::Sender<Status>,
    lockstep: Option<Step>,
    heartbeat: Heartbeat,
    /// When a quote of a symbol reached the engine last.
    quoted: Vec<(Symbol, Timestamp)>,
    /// The symbols whose quotes are asked for.
    wanted: BTreeSet<Symbol>,
    /// The market's connections that deliver nothing.
    stale: BTreeSet<usize>,
    waiting: Vec<oneshot::Sender<Sequence>>,
    tended: Timestamp,
    told: Timestamp,
    /// Something may have happened that the status does not tell yet.
    is_untold: bool,
    slow_until: Option<Timestamp>,
    dealings: Dealings,
}

/// Why a loop woke up.
enum Woken<T> {
    Ended(T),
    Account(AccountEvent),
    Market(MarketEvent),
    Request(Request),
    Quotes(BTreeSet<Symbol>),
    Due,
}

impl Runner {
    /// Puts an account that is recovered and a set of sources together.
    pub fn new(
        account: Account,
        clock: ExchangeTime,
        sources: Sources,
        upkeep: Option<Upkeep>,
    ) -> Self {
        let journal = JournalStatus { records: account.last_sequence(), last_sync_micros: 0 };
        let seen = (0, sources.rest.counters());
        let (status, _) =
            watch::channel(Status::of(account.engine(), journal, seen, Load::default()));
        let now = clock.now();
        Self {
            stale: (0..sources.connections).collect(),
            account,
            clock,
            sources,
            upkeep,
            status,
            lockstep: None,
            heartbeat: Heartbeat::start(),
            quoted: Vec::new(),
            wanted: BTreeSet::new(),
            waiting: Vec::new(),
            tended: now,
            told: now,
            is_untold: false,
            slow_until: None,
            dealings: Dealings::default(),
        }
    }

    /// Reports to a simulator whenever it is at rest.
    pub fn keep_step(&mut self, lockstep: Step) {
        self.lockstep = Some(lockstep);
    }

    /// The account.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Beats while the loop goes round.
    pub fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// How things stand now, and as it changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        let status = self.status.subscribe();
        // What was told last may be what the process before this one knew.
        self.tell_status();
        status
    }

    /// Gives the engine an input that comes from nobody outside, and lets leave what follows.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written.
    pub fn input(&mut self, input: Input) -> Result<(), JournalError> {
        self.account.take(self.clock.now(), input)?;
        self.account.flush()?;
        self.finish_turn();
        Ok(())
    }

    /// Tells the engine what a start has to tell, and only then lets leave what follows: on paper the
    /// account is seen at once, and by then all of it has to hold.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written.
    pub fn begin(&mut self, inputs: Vec<Input>) -> Result<(), JournalError> {
        let now = self.clock.now();
        for input in inputs {
            self.account.take(now, input)?;
        }
        self.account.flush()?;
        self.finish_turn();
        Ok(())
    }

    /// Runs until `until` is done.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written: nothing more leaves, and the process has to end; the
    /// next start recovers.
    pub async fn run<T>(&mut self, until: impl Future<Output = T>) -> Result<T, JournalError> {
        let mut until = pin!(until);
        loop {
            if let Some(ended) = self.turn(until.as_mut()).await? {
                return Ok(ended);
            }
        }
    }

    /// Waits for something to happen, and takes it in; `until`, where it is done first.
    async fn turn<F: Future>(
        &mut self,
        until: Pin<&mut F>,
    ) -> Result<Option<F::Output>, JournalError> {
        let due = self.next_due();
        let wait = match &self.lockstep {
            None => self.clock.real(due.since(self.clock.now())),
            // Nothing is due between two points; but a read that brought nothing wakes nobody.
            Some(lockstep) => lockstep.look_again(),
        };
        self.want_quotes();
        let sources = &mut self.sources;
        let woken = tokio::select! {
            biased;
            ended = until => Woken::Ended(ended),
            Some(event) = sources.account.recv() => Woken::Account(event),
            Some(event) = sources.market.recv() => Woken::Market(event),
            Some(request) = sources.requests.recv() => Woken::Request(request),
            symbols = sources.quotes.changed() => Woken::Quotes(symbols),
            () = pause(wait) => Woken::Due,
        };
        match woken {
            Woken::Ended(ended) => return Ok(Some(ended)),
            Woken::Account(event) => self.take_account_event(event)?,
            Woken::Market(event) => self.take_market_event(event)?,
            Woken::Request(request) => self.take_request(request)?,
            Woken::Quotes(symbols) => self.take_quotes(&symbols)?,
            Woken::Due => {}
        }
        self.take_what_waits()?;
        self.account.flush()?;
        if self.account.has_untold() {
            // Requests are written by tasks of their own: they come first, all else can wait.
            tokio::task::yield_now().await;
        }
        self.finish_turn();
        Ok(None)
    }

    /// Ends in good order: entries are cancelled, protective orders stay on the exchange, everything
    /// is flushed. What is not done after `patience` is left, and told.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written.
    pub async fn stop(mut self, patience: Duration) -> Result<Closing, JournalError> {
        self.set_gate(Gate::ShuttingDown, GateState::Closed)?;
        self.account.flush()?;
        self.finish_turn();
        pass(CrashPoint::Stopping);
        let mut over = pin!(pause(patience));
        while !self.is_withdrawn() {
            if self.turn(over.as_mut()).await?.is_some() {
                break;
            }
        }
        self.tell_status();
        let now = self.clock.now();
        let closing = Closing::of(self.account.engine());
        let snapshot = self.account.engine().snapshot();
        let AccountJournal::Files(journal) = self.account.into_journal() else {
            return Ok(closing);
        };
        let link = journal.durable_link();
        journal.close()?;
        if let Some(upkeep) = self.upkeep {
            upkeep.keeper.finish(link, snapshot, now);
        }
        Ok(closing)
    }

    /// Whether no entry is or may be open, and nothing is on its way.
    fn is_withdrawn(&self) -> bool {
        let traders = self.account.engine().traders();
        let entries = traders.iter().flat_map(Trader::live_orders);
        self.account.venue().in_flight() == 0 && !entries.into_iter().any(is_entry)
    }

    /// When something has to be done though nothing arrives.
    fn next_due(&self) -> Timestamp {
        let mut tend = self.tended + TEND_EVERY;
        if self.is_untold {
            tend = tend.min(self.told + STATUS_EVERY);
        }
        self.account.engine().next_deadline().map_or(tend, |deadline| deadline.min(tend))
    }

    /// Takes in what has arrived meanwhile, so that one sync serves it all.
    fn take_what_waits(&mut self) -> Result<(), JournalError> {
        for _ in 0..BATCH {
            if let Ok(event) = self.sources.account.try_recv() {
                self.take_account_event(event)?;
            } else if let Ok(event) = self.sources.market.try_recv() {
                self.take_market_event(event)?;
            } else {
                break;
            }
        }
        if let Some(symbols) = self.sources.quotes.changed().now_or_never() {
            self.take_quotes(&symbols)?;
        }
        let now = self.clock.now();
        if self.account.engine().next_deadline().is_some_and(|deadline| deadline <= now) {
            self.account.take(now, Input::Time)?;
        }
        if now >= self.tended + TEND_EVERY {
            self.tended = now;
            self.tend(now)?;
        }
        Ok(())
    }

    fn take_account_event(&mut self, event: AccountEvent) -> Result<(), JournalError> {
        match event {
            AccountEvent::Arrival(arrival) => {
                let input = match arrival.input {
                    Input::Report { report, quote: None } => {
                        let market = self.account.engine().market_of_order(report.state.id);
                        let quote =
                            market.and_then(|it| self.sources.quotes.latest(it.rules().symbol));
                        Input::Report { report, quote }
                    }
                    input => input,
                };
                if let (Input::Rules(rules), Venue::Paper(paper)) =
                    (&input, self.account.venue_mut())
                {
                    paper.set_rules(rules);
                }
                let is_key_refused = says_key_is_refused(&input);
                self.account.take(arrival.at, input)?;
                if is_key_refused {
                    let turn = self.dealings.refuse_order();
                    self.turn_gate(turn)?;
                }
                Ok(())
            }
            AccountEvent::Barrier(number) => {
                if let Some(lockstep) = &mut self.lockstep {
                    lockstep.barrier(number);
                }
                Ok(())
            }
        }
    }

    fn take_market_event(&mut self, event: MarketEvent) -> Result<(), JournalError> {
        match event {
            MarketEvent::Candle { symbol, interval, candle, at } => {
                let quote = self.sources.quotes.latest(symbol);
                self.account.take(at, Input::Candle { symbol, interval, candle, quote })
            }
            MarketEvent::Stale(connection) => {
                self.stale.insert(connection);
                self.set_gate(Gate::StaleMarketData, GateState::Closed)
            }
            MarketEvent::Live(connection) => {
                self.stale.remove(&connection);
                if !self.stale.is_empty() {
                    return Ok(());
                }
                self.set_gate(Gate::StaleMarketData, GateState::Open)
            }
            MarketEvent::Barrier(number) => {
                if let Some(lockstep) = &mut self.lockstep {
                    lockstep.barrier(number);
                }
                Ok(())
            }
        }
    }

    fn take_request(&mut self, request: Request) -> Result<(), JournalError> {
        self.account.take(self.clock.now(), Input::Command(request.command))?;
        self.waiting.push(request.done);
        Ok(())
    }

    /// Asks for the quotes that are wanted now: on paper all, else those of what is on its way out.
    fn want_quotes(&mut self) {
        let engine = self.account.engine();
        let is_paper = matches!(self.account.venue(), Venue::Paper(_));
        let symbols = engine.markets().iter().map(|market| market.rules().symbol);
        let wanted: BTreeSet<_> =
            symbols.filter(|symbol| is_paper || engine.wants_quotes(*symbol)).collect();
        if wanted != self.wanted {
            self.sources.quotes.want(wanted.clone());
            self.wanted = wanted;
        }
    }

    /// Moves the paper market, and tells the engine the quotes that it waits for.
    fn take_quotes(&mut self, symbols: &BTreeSet<Symbol>) -> Result<(), JournalError> {
        for symbol in symbols.iter().copied() {
            let Some(quote) = self.sources.quotes.latest(symbol) else { continue };
            if let Venue::Paper(paper) = self.account.venue_mut() {
                paper.quote(symbol, quote);
            }
            if self.account.engine().wants_quotes(symbol) && self.is_quote_due(symbol, quote) {
                self.account.take(quote.at, Input::Quote { symbol, quote })?;
            }
        }
        Ok(())
    }

    fn is_quote_due(&mut self, symbol: Symbol, quote: Quote) -> bool {
        match self.quoted.iter_mut().find(|(known, _)| *known == symbol) {
            Some((_, last)) if quote.at < *last + QUOTE_EVERY => false,
            Some((_, last)) => {
                *last = quote.at;
                true
            }
            None => {
                self.quoted.push((symbol, quote.at));
                true
            }
        }
    }

    fn set_gate(&mut self, gate: Gate, state: GateState) -> Result<(), JournalError> {
        let is_closed = self.account.engine().closed_gates().any(|closed| closed == gate);
        if is_closed == (state == GateState::Closed) {
            return Ok(());
        }
        let command = Input::Command(Command::SetGate(gate, state));
        self.account.take(self.clock.now(), command)
    }

    /// A gate that turns because of how the exchange deals with us is told of.
    fn turn_gate(&mut self, turn: Option<Turn>) -> Result<(), JournalError> {
        let Some(turn) = turn else { return Ok(()) };
        match turn.state {
            GateState::Closed => tracing::error!(target: "alert", "{}", turn.why),
            GateState::Open => tracing::warn!(target: "alert", "{}", turn.why),
        }
        self.set_gate(turn.gate, turn.state)
    }

    /// Looks after what tells nobody when it changes.
    fn tend(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let clock = if self.clock.is_trusted() { GateState::Open } else { GateState::Closed };
        self.set_gate(Gate::ClockOff, clock)?;
        for turn in self.dealings.look(&self.sources.rest, self.account.engine()) {
            self.turn_gate(turn)?;
        }
        self.watch_disk(now)?;
        let asked = self.upkeep.as_ref().is_some_and(|upkeep| upkeep.panic_file.exists());
        if asked && !self.account.engine().is_panicked() {
            tracing::warn!(target: "alert", "the file PANIC is there: everything is left");
            self.account.take(now, Input::Command(Command::Panic))?;
        }
        Ok(())
    }

    fn watch_disk(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let AccountJournal::Files(journal) = self.account.journal() else { return Ok(()) };
        // In lockstep the market waits for the disk.
        if self.lockstep.is_none() && journal.last_sync() > SLOW_SYNC {
            self.slow_until = Some(now + DISK_TRUSTED_AFTER);
        }
        match self.slow_until {
            Some(until) if now < until => self.set_gate(Gate::SlowDisk, GateState::Closed),
            Some(_) => {
                self.slow_until = None;
                self.set_gate(Gate::SlowDisk, GateState::Open)
            }
            None => Ok(()),
        }
    }

    /// What was taken in is durable, and what was decided has left: everybody is told.
    fn finish_turn(&mut self) {
        self.heartbeat.beat();
        self.account.tell();
        let through = self.account.last_sequence();
        for done in self.waiting.drain(..) {
            // Whoever asked may have gone.
            if done.send(through).is_err() {}
        }
        let now = self.clock.now();
        self.keep(now);
        self.is_untold = self.lockstep.is_none() && now < self.told + STATUS_EVERY;
        if !self.is_untold {
            self.told = now;
            self.tell_status();
        }
        // What is answered and not taken in yet is on its way as well, and candles that are read. But
        // what waits for time to pass does not hold it up.
        let rest = &self.sources.rest;
        let asked = self.account.venue().in_flight() + rest.in_flight();
        let asked = if rest.all_wait() { 0 } else { asked };
        let in_flight = asked + self.sources.account.len() + self.sources.market.len();
        if let Some(lockstep) = &mut self.lockstep {
            lockstep.at_rest(in_flight);
        }
    }

    fn tell_status(&self) {
        if self.status.receiver_count() == 0 {
            return;
        }
        let last_sync = match self.account.journal() {
            AccountJournal::Files(journal) => journal.last_sync(),
            AccountJournal::Memory => Duration::ZERO,
        };
        let journal = JournalStatus {
            records: self.account.last_sequence(),
            last_sync_micros: u64::try_from(last_sync.as_micros()).unwrap_or(u64::MAX),
        };
        let in_flight = self.account.venue().in_flight();
        let seen = (in_flight, self.sources.rest.counters());
        let load = self.load();
        self.status.send_replace(Status::of(self.account.engine(), journal, seen, load));
    }

    fn load(&self) -> Load {
        let Sources { account, market, requests, .. } = &self.sources;
        let runtime = Handle::try_current();
        Load {
            tasks: runtime.map_or(0, |runtime| runtime.metrics().num_alive_tasks()),
            account: account.len(),
            market: market.len(),
            requests: requests.len(),
        }
    }

    fn keep(&mut self, now: Timestamp) {
        let AccountJournal::Files(journal) = self.account.journal() else { return };
        let Some(upkeep) = &mut self.upkeep else { return };
        if self.account.is_durable() {
            let engine = self.account.engine();
            upkeep.keeper.tend(journal.durable_link(), now, || engine.snapshot());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the runtime is what waits")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
