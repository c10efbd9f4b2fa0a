//! The REST interface: one queue by lane, one set of limits, every request sent once.
//!
//! A request waits until the limits admit it, the first lane first; is stamped and signed at the very
//! moment of leaving; and what became of it is told apart as far as it can be ([`Delivery`]): it did
//! not leave, or it may have. What waits needs no task of its own: whoever waits also looks whether
//! anybody's time has come.
//!
//! Invariants: nothing is sent twice; every ticket is settled, also where the caller goes away; no
//! address with a signature is ever logged.

mod hosts;
mod reads;
mod transport;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use heikin_core::order::Refusal;
use heikin_core::time::{Span, Timestamp};
use hosts::Hosts;
pub use reads::{Kline, Klines, ReadError};
use reqwest::header::HeaderValue;
use serde::de::IgnoredAny;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
pub use transport::{Delivery, Lost, NotSent, Response, RestError};
use transport::{Failure, LOCKSTEP_TIMEOUT, ORDER_TIMEOUT, READ_TIMEOUT, Raw, SECOND_READ_TIMEOUT};

use super::classify::{Answer, Meaning, Reply};
use super::counters::{Counters, Tally};
use super::endpoints::{Endpoints, WalletApi};
use super::exchange_time::{ExchangeTime, pause};
use super::limits::{Limits, Next, Pushback, Queue, Sent, Ticket, retry_after};
use super::requests::{Method, Request, Security, Stamp};
use super::signing::Credentials;

/// How many requests of one lane may wait.
const QUEUE: usize = 256;
/// Nothing is sent for so long after a firewall's refusal (403), which names no time.
const FIREWALL_PAUSE: Span = Span::from_secs(10);
/// Time is requested again from the clock at least this often while a request waits.
const LONGEST_WAIT: Span = Span::from_secs(5);

/// The REST interface of one exchange, from one address, with one key; cheap to clone.
#[derive(Clone)]
pub struct Rest(Rc<Inner>);

struct Inner {
    client: reqwest::Client,
    hosts: Hosts,
    wallet_api: WalletApi,
    credentials: Option<Credentials>,
    /// The key, made ready once.
    key_header: Option<HeaderValue>,
    time: ExchangeTime,
    limits: RefCell<Limits>,
    queue: RefCell<Queue<oneshot::Sender<Ticket>>>,
    /// What is used of the limits has changed.
    settled: Notify,
    in_flight: Cell<usize>,
    /// Those of them that wait for their turn.
    waiting: Cell<usize>,
    banned_until: Cell<Option<Timestamp>>,
    key_refused: Cell<bool>,
    tally: Tally,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.hosts.current(self.0.time.now());
        f.debug_struct("Rest").field("host", &host.as_str()).finish_non_exhaustive()
    }
}

/// The key as a header that is not shown. A checked key is printable ASCII, so there always is one.
fn key_header(credentials: &Credentials) -> Option<HeaderValue> {
    let mut key = HeaderValue::from_str(credentials.expose_key()).ok()?;
    key.set_sensitive(true);
    Some(key)
}

/// A request that may leave, or has left: settled when it is dropped, if not before.
struct Admission<'a> {
    rest: &'a Rest,
    ticket: Option<Ticket>,
    outcome: Sent,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        let Inner { limits, time, settled, tally, .. } = &*self.rest.0;
        if let Some(ticket) = self.ticket.take() {
            let mut limits = limits.borrow_mut();
            limits.settle(ticket, self.outcome, time.now());
            let weight = limits.weight_used();
            tally.count(|it| it.weight_used = weight);
        }
        settled.notify_waiters();
    }
}

/// A place in the queue. A turn that comes too late is given back.
struct Turn<'a> {
    rest: &'a Rest,
    receiver: oneshot::Receiver<Ticket>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Ok(ticket) = self.receiver.try_recv() {
            let Inner { limits, time, settled, .. } = &*self.rest.0;
            limits.borrow_mut().settle(ticket, Sent::Never, time.now());
            settled.notify_waiters();
        }
    }
}

/// Counts a request as long as this lives.
struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    fn enter(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl Rest {
    /// A client; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// Where the HTTP library cannot be set up.
    pub fn new(
        endpoints: &Endpoints,
        credentials: Option<Credentials>,
        time: ExchangeTime,
    ) -> Result<Self, RestError> {
        let (client, addresses) = transport::client(endpoints)?;
        Ok(Self(Rc::new(Inner {
            client,
            hosts: Hosts::new(addresses),
            wallet_api: endpoints.wallet_api,
            key_header: credentials.as_ref().and_then(key_header),
            credentials,
            time,
            limits: RefCell::new(Limits::default()),
            queue: RefCell::new(Queue::new(QUEUE)),
            settled: Notify::new(),
            in_flight: Cell::new(0),
            waiting: Cell::new(0),
            banned_until: Cell::new(None),
            key_refused: Cell::new(false),
            tally: Tally::default(),
        })))
    }

    /// The exchange's time.
    pub fn time(&self) -> &ExchangeTime {
        &self.0.time
    }

    /// What was counted so far, by all parts of the adapter that share this client.
    pub fn counters(&self) -> Counters {
        self.0.tally.read()
    }

    /// Requests that wait to be sent or for their answer.
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.get()
    }

    /// Whether every one of them waits for its turn: nothing happens until time has passed.
    pub fn all_wait(&self) -> bool {
        self.in_flight() > 0 && self.0.waiting.get() == self.in_flight()
    }

    /// The exchange has banned this address (418) until then: nothing is sent.
    pub fn banned_until(&self) -> Option<Timestamp> {
        self.0.banned_until.get().filter(|until| *until > self.0.time.now())
    }

    /// The last signed request that had an answer was refused because of the key: it is revoked,
    /// expired, used from elsewhere, or signs wrongly.
    pub fn is_key_refused(&self) -> bool {
        self.0.key_refused.get()
    }

    /// Takes in what an answer to a signed request says of the key. Only a success accepts it.
    fn hear_of_key(&self, answer: &Answer<'_>) {
        if answer.meaning() == Meaning::Refused(Refusal::KeyRejected) {
            self.0.key_refused.set(true);
        } else if answer.is_success() {
            self.0.key_refused.set(false);
        }
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    pub(super) fn credentials(&self) -> Option<&Credentials> {
        self.0.credentials.as_ref()
    }

    pub(super) fn limits(&self) -> &RefCell<Limits> {
        &self.0.limits
    }

    /// Sends a request when the limits admit it and waits for its answer. What changes anything is
    /// sent once; a question that has no answer is asked once more. Where a request cannot leave
    /// until `not_after`, it does not leave.
    pub async fn send(&self, request: &Request, not_after: Option<Timestamp>) -> Delivery {
        let _in_flight = Counted::enter(&self.0.in_flight);
        let (first, second) = self.patience(request.method);
        let mut delivery = self.deliver(request, not_after, first).await;
        if let (Delivery::Lost(Lost::Timeout), Some(second)) = (&delivery, second) {
            log(request, &delivery);
            delivery = self.deliver(request, not_after, second).await;
        }
        self.0.tally.count(|it| match &delivery {
            Delivery::Answered(Response { status: 200..300, .. }) => it.succeeded += 1,
            Delivery::Answered(_) => it.failed += 1,
            Delivery::Lost(_) => it.unanswered += 1,
            Delivery::NotSent(_) => it.not_sent += 1,
        });
        self.look_at_body(request, &delivery);
        if request.security == Security::Signed
            && let Reply::Answer(answer) = delivery.reply()
        {
            self.hear_of_key(&answer);
        }
        log(request, &delivery);
        delivery
    }

    /// How long an answer is waited for, and once more where the request may be sent again.
    fn patience(&self, method: Method) -> (Duration, Option<Duration>) {
        match method {
            _ if self.0.time.is_lockstep() => (LOCKSTEP_TIMEOUT, None),
            Method::Get => (READ_TIMEOUT, Some(SECOND_READ_TIMEOUT)),
            Method::Post | Method::Delete => (ORDER_TIMEOUT, None),
        }
    }

    /// An answer that nobody can read is told once here, whatever its reader makes of it.
    fn look_at_body(&self, request: &Request, delivery: &Delivery) {
        if let Delivery::Answered(Response { status: 200..300, body, .. }) = delivery
            && let Err(error) = serde_json::from_slice::<IgnoredAny>(body)
        {
            self.0.tally.count(|it| it.malformed_bodies += 1);
            let (path, bytes) = (request.path, body.len());
            tracing::warn!(target: "api", path, bytes, %error, "the answer is no JSON");
        }
    }

    async fn deliver(
        &self,
        request: &Request,
        not_after: Option<Timestamp>,
        patience: Duration,
    ) -> Delivery {
        let mut admission = match self.admission(request, not_after).await {
            Ok(admission) => admission,
            Err(why) => return Delivery::NotSent(why),
        };
        let mut hosts_left = self.0.hosts.count();
        let (sent, exchanged) = loop {
            let now = self.0.time.now();
            if not_after.is_some_and(|limit| now > limit) {
                return Delivery::NotSent(NotSent::TooLate);
            }
            let address = self.0.hosts.current(now);
            let Some(http) = self.http(request, address) else {
                return Delivery::NotSent(NotSent::NoCredentials);
            };
            // From here on it may have left, whatever happens to this future.
            admission.outcome = Sent::Unanswered;
            let sent = Instant::now();
            let exchanged = transport::exchange(http.timeout(patience)).await;
            hosts_left -= 1;
            match exchanged {
                Err(Failure::NotSent(NotSent::NoConnection)) if hosts_left > 0 => {
                    self.0.hosts.leave(address, self.0.time.now());
                    admission.outcome = Sent::Never;
                }
                exchanged => break (sent, exchanged),
            }
        };
        match exchanged {
            Ok(raw) => {
                admission.outcome = match raw.status {
                    200..300 => Sent::Succeeded,
                    _ => Sent::Failed,
                };
                drop(admission);
                Delivery::Answered(self.answered(raw, sent))
            }
            Err(Failure::NotSent(why)) => {
                admission.outcome = Sent::Never;
                Delivery::NotSent(why)
            }
            Err(Failure::Lost(why)) => Delivery::Lost(why),
        }
    }

    /// The right to send, when it is this request's turn.
    async fn admission(
        &self,
        request: &Request,
        not_after: Option<Timestamp>,
    ) -> Result<Admission<'_>, NotSent> {
        let (turn, receiver) = oneshot::channel();
        let mut my_turn = Turn { rest: self, receiver };
        let admitted =
            |ticket: Ticket| Admission { rest: self, ticket: Some(ticket), outcome: Sent::Never };
        let queued = self.0.queue.borrow_mut().push(request.lane, request.cost, turn);
        queued.map_err(|_full| NotSent::QueueFull)?;
        loop {
            let next = self.pump();
            // It may be this one's turn already.
            if let Ok(ticket) = my_turn.receiver.try_recv() {
                return Ok(admitted(ticket));
            }
            let now = self.0.time.now();
            if not_after.is_some_and(|limit| now > limit) {
                return Err(NotSent::TooLate);
            }
            let latest = not_after.map_or(now + LONGEST_WAIT, |limit| limit + Span::from_millis(1));
            let until = next.unwrap_or(latest).min(latest).min(now + LONGEST_WAIT);
            let _waiting = Counted::enter(&self.0.waiting);
            tokio::select! {
                biased;
                // The queue drops no turn that it has not given.
                Ok(ticket) = &mut my_turn.receiver => return Ok(admitted(ticket)),
                () = self.0.settled.notified() => {}
                () = self.0.time.wait_until(until) => {}
            }
        }
    }

    /// Gives their turn to all whose time has come; when the next one's comes, if any waits.
    fn pump(&self) -> Option<Timestamp> {
        loop {
            let now = self.0.time.now();
            let mut limits = self.0.limits.borrow_mut();
            match self.0.queue.borrow_mut().next(&mut limits, now) {
                Next::Send(turn, ticket) => {
                    // Whoever waited may be gone.
                    if let Err(ticket) = turn.send(ticket) {
                        limits.settle(ticket, Sent::Never, now);
                    }
                }
                Next::WaitUntil(until) => return Some(until),
                Next::Idle => return None,
            }
        }
    }

    /// Stamps and signs. None where a key is needed and missing.
    fn http(&self, request: &Request, address: &reqwest::Url) -> Option<reqwest::RequestBuilder> {
        let Inner { client, credentials, key_header, time, .. } = &*self.0;
        let signed = request.security == Security::Signed;
        let query = if signed {
            let stamp = Stamp { timestamp: time.estimate(), recv_window: time.recv_window() };
            request.signed_query(stamp, credentials.as_ref()?)
        } else {
            request.query()
        };
        let mut url = transport::at(address, request.path);
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        let http = match request.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url),
            Method::Delete => client.delete(url),
        };
        Some(match key_header.as_ref().filter(|_| signed) {
            Some(key) => http.header("X-MBX-APIKEY", key),
            None => http,
        })
    }

    /// Reads what an answer says of limits and of the clock.
    fn answered(&self, raw: Raw, sent: Instant) -> Response {
        let Inner { limits, time, tally, .. } = &*self.0;
        let received = Instant::now();
        let now = time.now();
        let mut limits = limits.borrow_mut();
        let texts =
            raw.headers.iter().filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
        for (name, value) in texts {
            limits.observe_header(name.as_str(), value, now);
        }
        let weight = limits.weight_used();
        tally.count(|it| it.weight_used = weight);
        let Raw { status, headers, body } = raw;
        if matches!(status, 200..300) {
            return Response { status, body, not_before: None, sent, received };
        }
        let header = headers.get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|header| retry_after(header, now));
        let code = Answer { status, body: &body, not_before: None }.code();
        drop(limits);
        let not_before = if status == 403 && code.is_none() {
            let until = Some(retry_after.unwrap_or(now + FIREWALL_PAUSE));
            Some(self.push_back(Pushback::TooMuchWeight, until))
        } else {
            self.pushed_back(status, code, retry_after).or(retry_after)
        };
        Response { status, body, not_before, sent, received }
    }

    /// Takes in what a refusal says of limits and of the clock: when to come again, where it says so.
    pub(super) fn pushed_back(
        &self,
        status: u16,
        code: Option<i32>,
        until: Option<Timestamp>,
    ) -> Option<Timestamp> {
        if code == Some(-1_021) {
            self.0.time.doubt();
        }
        Some(self.push_back(Pushback::of(status, code)?, until))
    }

    fn push_back(&self, why: Pushback, until: Option<Timestamp>) -> Timestamp {
        let Inner { limits, time, tally, banned_until, .. } = &*self.0;
        let until = limits.borrow_mut().push_back(why, until, time.now());
        tally.count(|it| it.pushed_back += 1);
        tracing::warn!(target: "api", until = until.millis(), ?why, "pushed back");
        if why == Pushback::Banned {
            banned_until.set(Some(until));
        }
        until
    }

    /// When a connection to the streams may be opened: now, after having waited for it.
    pub(super) async fn may_connect(&self) {
        loop {
            let now = self.0.time.now();
            let admitted = self.0.limits.borrow_mut().connect(now);
            match admitted {
                Ok(()) => return,
                Err(until) => self.0.time.wait_until(until).await,
            }
        }
    }

    /// Posts to the simulator, past queue and limits: what goes in lockstep waits for this.
    pub(super) async fn post_control(&self, path: &str, body: String) -> Result<(), Lost> {
        let url = transport::at(self.0.hosts.current(self.0.time.now()), path);
        let http = self.0.client.post(url).header("content-type", "application/json").body(body);
        for _attempt in 0..3 {
            match transport::exchange(http.try_clone().ok_or(Lost::Broken)?).await {
                Ok(Raw { status: 200..300, .. }) => return Ok(()),
                Ok(_) | Err(_) => pause(tokio::time::Duration::from_millis(50)).await,
            }
        }
        Err(Lost::Broken)
    }
}

/// Method and path, never the query: it has the signature.
fn log(request: &Request, delivery: &Delivery) {
    let (method, path) = (request.method.as_str(), request.path);
    match delivery {
        Delivery::Answered(Response { status, sent, received, body, .. }) => {
            let millis = received.saturating_duration_since(*sent).as_millis();
            if matches!(status, 200..300) {
                tracing::debug!(target: "api", method, path, status, %millis, "answered");
            } else {
                let code = Answer { status: *status, body, not_before: None }.code();
                tracing::warn!(target: "api", method, path, status, code, %millis, "refused");
            }
        }
        Delivery::Lost(why) => tracing::warn!(target: "api", method, path, ?why, "no answer"),
        Delivery::NotSent(why) => tracing::warn!(target: "api", method, path, ?why, "not sent"),
    }
}
