//! The wire: requests of a merchant's side, payers in a browser, and events that are sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Response, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_local;

use super::super::broken::{Instead, When, silence};
use super::super::clock::ClockRequest;
use super::super::control::{read, read_several, told};
use super::super::server::{Cut, Received, Service, bad_gateway, json as answer_json};
use super::api::Operation;
use super::error::{ApiError, Result};
use super::faults::FaultRequest;
use super::hands::Hands;
use super::page;
use super::webhooks::Delivery;
use super::world::World;

/// Who does not answer an event in this time has not got it. Really: connections live in real time.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many events are on their way at once.
const AT_ONCE: usize = 32;
/// The longest wait for something new.
const LONGEST_WAIT: u64 = 25;

/// What the thread that serves shares with whoever started it.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    revision: watch::Sender<u64>,
    client: Client,
}

impl Shared {
    pub(super) fn new(world: World, client: Client) -> Self {
        let revision = watch::Sender::new(world.revision);
        Self { world: Mutex::new(world), revision, client }
    }

    /// What is known. No lock outlives a look: none is held across a wait.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and wakes those who wait for it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        world.settle();
        world.revision += 1;
        let done = change(&mut world);
        self.revision.send_replace(world.revision);
        done
    }

    /// Waits for a revision beyond this one.
    pub(super) async fn newer_than(&self, revision: u64) {
        let mut news = self.revision.subscribe();
        // The sender is here: it cannot be gone.
        if news.wait_for(|now| *now > revision).await.is_err() {}
    }

    /// Carries out a request below `/v1`, if no fault stands in the way.
    async fn call(&self, received: &Received) -> std::result::Result<Response<Body>, Cut> {
        if !self.is_authorized(received) {
            return Ok(self.told(&Err(ApiError::unauthorized())));
        }
        let path = received.path.strip_prefix("/v1").unwrap_or_default();
        let Some(operation) = Operation::of(&received.method, path) else {
            let description = "The requested URL was not found on the server.";
            return Ok(self.told(&Err(ApiError::bad_request(description))));
        };
        let fault = {
            let mut world = self.world();
            *world.requests.entry(operation.name()).or_default() += 1;
            world.faults.strike(operation.name())
        };
        if let Some((When::Before, instead)) = fault {
            return self.broken(instead).await;
        }
        let result = self.change(|world| world.perform(&operation, received));
        match fault {
            Some((_, instead)) => self.broken(instead).await,
            None => Ok(self.told(&result)),
        }
    }

    fn is_authorized(&self, received: &Received) -> bool {
        let world = self.world();
        let pair = format!("{}:{}", world.key_id, world.key_secret.expose_secret());
        let given = received.header(header::AUTHORIZATION).and_then(|it| it.strip_prefix("Basic "));
        let given = given.and_then(|it| STANDARD.decode(it.trim()).ok());
        given.is_some_and(|given| given == pair.as_bytes())
    }

    async fn broken(&self, instead: Instead) -> std::result::Result<Response<Body>, Cut> {
        match instead {
            Instead::Status(status) => Ok(self.told(&Err(ApiError::of_status(status)))),
            Instead::Html(status) => {
                self.count(status);
                Ok(bad_gateway(status))
            }
            Instead::Lost => {
                self.count(0);
                Err(Cut)
            }
            Instead::Silence(length) => {
                self.count(0);
                silence(length).await;
                Err(Cut)
            }
        }
    }

    fn told(&self, result: &Result<Value>) -> Response<Body> {
        let (status, body) = match result {
            Ok(body) => (200, body.clone()),
            Err(error) => (error.status, error.body()),
        };
        self.count(status);
        answer_json(status, &body)
    }

    fn count(&self, status: u16) {
        *self.world().statuses.entry(status).or_default() += 1;
    }

    /// Answers a request below `/standin`.
    async fn control(&self, received: &Received) -> Response<Body> {
        let path = received.path.as_str();
        let done = match (&received.method, path) {
            (&Method::GET, "/standin/state") => {
                self.wait_for_news(received).await;
                Ok(self.change_silently(|world| world.state()))
            }
            (&Method::GET, _) if path.starts_with("/standin/events/") => {
                let id = path.strip_prefix("/standin/events/").unwrap_or_default();
                let body = self.world().outbox.body(id).map(str::to_owned);
                body.map(|body| json!({ "body": body }))
                    .ok_or_else(|| format!("there is no {path}"))
            }
            (&Method::POST, "/standin/do") => {
                read::<Hands>(received).and_then(|hands| self.change(|it| it.use_hands(hands)))
            }
            (&Method::POST, "/standin/faults") => read_several::<FaultRequest>(received)
                .and_then(|faults| self.change(|it| it.apply_faults(&faults)).map(|()| json!({}))),
            (&Method::POST, "/standin/clock") => read::<ClockRequest>(received)
                .and_then(|request| self.set_clock(request))
                .map(|()| json!({ "now": self.world().now().millis() })),
            _ => return answer_json(404, &json!({ "error": format!("there is no {path}") })),
        };
        told(done)
    }

    /// Moves the clock, and lets happen what is due then.
    pub(super) fn set_clock(&self, request: ClockRequest) -> std::result::Result<(), String> {
        self.change(|world| {
            world.clock.change(request)?;
            world.settle();
            Ok(())
        })
    }

    /// Looks, after what is due has happened.
    pub(super) fn change_silently<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        world.settle();
        look(&mut world)
    }

    /// Waits until something is newer than the revision `after`, for `wait` seconds at most.
    async fn wait_for_news(&self, received: &Received) {
        let number = |name: &str| received.asked(name).and_then(|it| it.parse::<u64>().ok());
        let Some(after) = number("after") else { return };
        let wait = Duration::from_secs(number("wait").unwrap_or(0).min(LONGEST_WAIT));
        // That nothing came is as good an answer.
        if tokio::time::timeout(wait, self.newer_than(after)).await.is_err() {}
    }

    /// Sends an event, and notes what became of it.
    async fn deliver(&self, url: String, delivery: Delivery) {
        let mut request = self
            .client
            .post(url)
            .timeout(PATIENCE)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-razorpay-event-id", &delivery.event)
            .body(delivery.body.clone());
        if let Some(signature) = &delivery.signature {
            request = request.header("x-razorpay-signature", signature);
        }
        let status = request.send().await.ok().map(|answer| answer.status().as_u16());
        self.change(|world| {
            let now = world.now();
            world.outbox.answered(delivery, now, status);
        });
    }
}

impl Service for Shared {
    /// Sends events when they are due, and lets happen what happens by itself.
    async fn work(self: Arc<Self>) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut news = self.revision.subscribe();
        loop {
            news.mark_unchanged();
            let next = self.change_silently(|world| {
                let now = world.now();
                world.outbox.next(now)
            });
            if let Some((url, delivery)) = next {
                let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
                let shared = Arc::clone(&self);
                spawn_local(async move {
                    shared.deliver(url, delivery).await;
                    drop(place);
                });
                continue;
            }
            let wait = {
                let world = self.world();
                world.next_change().and_then(|at| world.clock.until(at))
            };
            match wait {
                None => {
                    if news.changed().await.is_err() {
                        return;
                    }
                }
                // That it is time is as good a reason as that there is news.
                Some(wait) => {
                    if tokio::time::timeout(wait, news.changed()).await.is_err() {
                        self.change(|_| ());
                    }
                }
            }
        }
    }

    async fn answer(
        self: Arc<Self>,
        received: Received,
    ) -> std::result::Result<Response<Body>, Cut> {
        let path = received.path.as_str();
        if path.starts_with("/standin/") {
            return Ok(self.control(&received).await);
        }
        if path.starts_with("/v1/") {
            return self.call(&received).await;
        }
        let page = self.change(|world| page::answer(world, &received));
        match page {
            Some(response) => Ok(response),
            None => Ok(self.told(&Err(ApiError::bad_request(
                "The requested URL was not found on the server.",
            )))),
        }
    }
}

impl World {
    /// The truth, for whoever checks a merchant's side against it.
    pub(super) fn state(&self) -> Value {
        let now = self.now();
        let links: Vec<_> = self
            .order
            .iter()
            .filter_map(|id| self.links.get(id))
            .map(super::link::Link::entity_in_event)
            .collect();
        let payments: Vec<_> =
            self.payments.values().map(super::payment::Payment::entity).collect();
        let refunds: Vec<_> = self.refunds.values().map(super::payment::Refund::entity).collect();
        json!({
            "revision": self.revision, "now": now.millis(), "speed": self.clock.speed(),
            "links": links, "payments": payments, "refunds": refunds, "hook": self.outbox.told(),
            "counters": { "requests": self.requests, "statuses": self.statuses },
        })
    }
}
