//! What the exchange tells of an account unasked, over the WebSocket API.
//!
//! Events are hints and snapshots are truth: whenever events may have been missed, the engine is
//! told [`Input::StreamRestored`], and asks for the account. While none arrive it is told so again and
//! again, which makes it poll; after a few seconds entries are off.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use heikin_core::engine::{Command, Gate, GateState, Input};
use heikin_core::market::Symbol;
use heikin_core::order::{InstallationTag, Origin};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::arrival::{AccountEvent, Arrivals, Closed};
use super::classify::{Answer, Meaning};
use super::endpoints::Endpoints;
use super::limits::Sent;
use super::link::{Broken, Dialling, Frame, Link, LinkEvent, Socket, Watch};
use super::requests::{self, Stamp};
use super::rest::Rest;
use super::wire::{
    ApiMessage, ApiResponse, BalanceRow, ExecutionName, ExecutionReport, Told, UserEvent,
};

/// The exchange pings every 20 s: with three missed, nobody is there.
const SILENCE: Duration = Duration::from_mins(1);
/// Without events for so long, entries are off.
const GRACE: Duration = Duration::from_secs(5);
/// How often the engine is made to look, while no events arrive.
const POLL: Duration = Duration::from_secs(5);
/// For the answer to the subscription.
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(10);
/// Two connections overlap for seconds, in which an account may place a hundred orders: so many reports
/// are remembered.
const REMEMBERED: usize = 1_024;

/// Listens to the events of an account, until it is dropped.
#[derive(Debug)]
pub struct UserEvents {
    task: AbortHandle,
    foreign: Rc<RefCell<BTreeMap<Symbol, u64>>>,
}

impl Drop for UserEvents {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl UserEvents {
    /// Connects, and keeps connected. `tag` is this installation's. Whoever starts closes the gate
    /// [`Gate::UserStreamDown`]: it is opened when events arrive for the first time.
    ///
    /// To be called within a [`tokio::runtime::LocalRuntime`] or a [`tokio::task::LocalSet`].
    pub fn spawn(
        rest: &Rest,
        endpoints: &Endpoints,
        tag: InstallationTag,
        arrivals: mpsc::Sender<AccountEvent>,
    ) -> Self {
        let foreign = Rc::default();
        let (own, address) = (rest.clone(), endpoints.websocket_api.clone());
        let is_lockstep = rest.time().is_lockstep();
        let watch = if is_lockstep { Watch::Never } else { Watch::Silence(SILENCE) };
        let dial = move || -> Dialling { Box::pin(dial(own.clone(), address.clone())) };
        let listener = Listener {
            link: Link::new("user events", watch, rest.tally().clone(), dial),
            rest: rest.clone(),
            tag,
            arrivals: Arrivals::new(rest.time().clone(), arrivals),
            foreign: Rc::clone(&foreign),
            seen: Seen::default(),
            others: Others::Unmet,
            state: State::Down { polls_at: Instant::now() + GRACE, gate: GateState::Closed },
        };
        let task = tokio::task::spawn_local(listener.run()).abort_handle();
        Self { task, foreign }
    }

    /// How many events told of orders that are not this installation's, by symbol.
    pub fn foreign_reports(&self) -> BTreeMap<Symbol, u64> {
        self.foreign.borrow().clone()
    }
}

/// Connects and subscribes.
async fn dial(rest: Rest, address: String) -> Result<Socket, Broken> {
    rest.may_connect().await;
    let mut socket = Socket::connect(&address).await?;
    let subscribing = subscribe(&rest, &mut socket);
    timeout(SUBSCRIBE_TIMEOUT, subscribing)
        .await
        .map_err(|_late| Broken::Silent(SUBSCRIBE_TIMEOUT))??;
    Ok(socket)
}

async fn subscribe(rest: &Rest, socket: &mut Socket) -> Result<(), Broken> {
    const ID: u64 = 1;
    let request = requests::subscribe_user_events();
    let time = rest.time();
    let ticket = rest.limits().borrow_mut().admit(request.lane, request.cost, time.now());
    let stamp = Stamp { timestamp: time.estimate(), recv_window: time.recv_window() };
    let frame = rest.credentials().and_then(|key| request.frame(ID, stamp, key));
    let frame = frame.ok_or_else(|| Broken::Refused("there is no key".to_owned()))?;
    let sent = socket.send(frame).await;
    if let Ok(ticket) = ticket {
        rest.limits().borrow_mut().settle(ticket, Sent::Succeeded, time.now());
    }
    sent?;
    loop {
        // Not what was kept: it would come again and again, and nothing else.
        let Frame::Text(text) = socket.read().await? else { continue };
        match ApiMessage::decode(text.as_bytes()) {
            Ok(ApiMessage::Response(response)) if response.id.is_none_or(|id| id == ID) => {
                rest.limits().borrow_mut().observe_rows(&response.rate_limits, time.now());
                return subscribed(rest, &response);
            }
            Ok(_) => socket.keep(text),
            Err(error) => return Err(Broken::Refused(error.to_string())),
        }
    }
}

fn subscribed(rest: &Rest, response: &ApiResponse<'_>) -> Result<(), Broken> {
    if matches!(response.status, 200..300) {
        return Ok(());
    }
    let not_before = response.not_before();
    let answer = Answer { status: response.status, body: response.body, not_before };
    rest.pushed_back(response.status, answer.code(), not_before);
    let meaning: Meaning = answer.meaning();
    Err(Broken::Refused(format!("{meaning:?}, code {:?}", answer.code())))
}

/// Whether events arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Down { polls_at: Instant, gate: GateState },
}

/// Whether another installation was met on this account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Unmet,
    Met,
}

/// The reports that came lately.
#[derive(Debug, Default)]
struct Seen {
    known: BTreeSet<(Symbol, i64)>,
    order: VecDeque<(Symbol, i64)>,
}

impl Seen {
    /// Whether a report is new.
    fn is_new(&mut self, report: &ExecutionReport) -> bool {
        let Some(number) = report.execution_id else { return true };
        let key = (report.symbol, number);
        if !self.known.insert(key) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

struct Listener {
    link: Link,
    rest: Rest,
    tag: InstallationTag,
    arrivals: Arrivals,
    foreign: Rc<RefCell<BTreeMap<Symbol, u64>>>,
    seen: Seen,
    others: Others,
    state: State,
}

impl Listener {
    async fn run(mut self) {
        // Only the end of the engine ends this.
        while self.step().await.is_ok() {}
    }

    async fn step(&mut self) -> Result<(), Closed> {
        let polls_at = match self.state {
            State::Down { polls_at, .. } if !self.rest.time().is_lockstep() => polls_at,
            _ => Instant::now() + POLL,
        };
        tokio::select! {
            biased;
            event = self.link.next() => match event {
                LinkEvent::Up => self.up().await,
                LinkEvent::Down => {
                    let polls_at = Instant::now() + GRACE;
                    self.state = State::Down { polls_at, gate: GateState::Open };
                    Ok(())
                }
                LinkEvent::Text(text) => match ApiMessage::decode(text.as_bytes()) {
                    Ok(ApiMessage::Event(_, event)) => self.take(event).await,
                    Ok(ApiMessage::Response(response)) => {
                        self.take_response(&response);
                        Ok(())
                    }
                    Err(error) => {
                        self.link.malformed(&error.to_string());
                        Ok(())
                    }
                },
            },
            () = sleep_until(polls_at) => self.poll().await,
        }
    }

    /// Events arrive again.
    async fn up(&mut self) -> Result<(), Closed> {
        let was = std::mem::replace(&mut self.state, State::Up);
        self.arrivals.deliver(Input::StreamRestored).await?;
        if matches!(was, State::Down { gate: GateState::Closed, .. }) {
            self.set_gate(GateState::Open).await?;
        }
        Ok(())
    }

    /// No events arrive, and not for the first moment.
    async fn poll(&mut self) -> Result<(), Closed> {
        let State::Down { gate, .. } = self.state else { return Ok(()) };
        let polls_at = Instant::now() + POLL;
        self.state = State::Down { polls_at, gate: GateState::Closed };
        if gate == GateState::Open {
            self.set_gate(GateState::Closed).await?;
        }
        self.arrivals.deliver(Input::StreamRestored).await
    }

    async fn set_gate(&self, state: GateState) -> Result<(), Closed> {
        let command = Command::SetGate(Gate::UserStreamDown, state);
        self.arrivals.deliver(Input::Command(command)).await
    }

    async fn take(&mut self, event: UserEvent) -> Result<(), Closed> {
        let time = self.rest.time();
        match event {
            UserEvent::Execution(report) => {
                time.observe(report.event_time);
                return self.take_report(&report).await;
            }
            UserEvent::AccountPosition(position) => {
                time.observe(position.event_time);
                let (balances, unreadable) = BalanceRow::sort(&position.balances);
                for error in unreadable {
                    tracing::warn!(target: "websocket", %error, "a balance cannot be held");
                }
                let input = Input::Balances { balances, at: position.at };
                return self.arrivals.deliver(input).await;
            }
            // Not made by any order: only the whole account shows what it means.
            UserEvent::BalanceUpdate(_) | UserEvent::ExternalLock(_) => {
                return self.arrivals.deliver(Input::StreamRestored).await;
            }
            UserEvent::Barrier(number) => return self.arrivals.barrier(number).await,
            UserEvent::Terminated => self.link.give_up(&Broken::Terminated),
            UserEvent::ServerShutdown => self.link.renew(),
            // Its orders have reports of their own.
            UserEvent::List(_) => {}
            UserEvent::Other(name) => {
                tracing::debug!(target: "websocket", name, "an event of another kind");
            }
        }
        Ok(())
    }

    async fn take_report(&mut self, report: &ExecutionReport) -> Result<(), Closed> {
        if !self.seen.is_new(report) {
            return Ok(());
        }
        match report.told(self.tag) {
            Told::Ours(report) => {
                self.arrivals.deliver(Input::Report { report, quote: None }).await
            }
            Told::Foreign(origin) => {
                *self.foreign.borrow_mut().entry(report.symbol).or_default() += 1;
                self.rest.tally().count(|it| it.foreign_reports += 1);
                // What an earlier installation left may end; only one that runs places orders.
                if origin == Origin::OtherInstallation && report.execution == ExecutionName::New {
                    return self.meet_other(report).await;
                }
                Ok(())
            }
            Told::NeverTakenIn => Ok(()),
        }
    }

    /// Another heikin trades on this account: neither knows what the other may sell.
    async fn meet_other(&mut self, report: &ExecutionReport) -> Result<(), Closed> {
        if std::mem::replace(&mut self.others, Others::Met) == Others::Met {
            return Ok(());
        }
        let (id, symbol) = (&report.client_order_id, report.symbol);
        tracing::error!(
            target: "alert",
            "another heikin trades on this account (order {id}, {symbol}): no entries here until a \
             restart. Stop one of them, or give each an account of its own"
        );
        let command = Command::SetGate(Gate::OtherInstallation, GateState::Closed);
        self.arrivals.deliver(Input::Command(command)).await
    }

    /// Nothing was asked but the subscription: an answer now speaks of the session, as when the key
    /// is no longer valid.
    fn take_response(&mut self, response: &ApiResponse<'_>) {
        if !matches!(response.status, 200..300) {
            let answer = Answer { status: response.status, body: response.body, not_before: None };
            self.rest.pushed_back(response.status, answer.code(), response.not_before());
            let why = format!("status {}, code {:?}", response.status, answer.code());
            self.link.give_up(&Broken::Refused(why));
        }
    }
}
