//! The wire: a request over HTTP becomes a method's parameters, its result an answer over HTTP.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::broken::{Instead, When, silence};
use super::super::server::{Cut, Received, Service, bad_gateway, json as answer_json, typed};
use super::error::{ApiError, Result};
use super::files;
use super::params::Params;
use super::world::World;
use super::{control, page};

/// The most updates of an answer.
const BATCH: i64 = 100;
/// The longest poll, in real seconds.
const LONGEST_POLL: i64 = 50;

/// What the thread that serves shares with whoever started it.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    revision: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(world: World) -> Self {
        let revision = watch::Sender::new(world.revision);
        Self { world: Mutex::new(world), revision }
    }

    /// What is known. No lock outlives a look: none is held across a wait.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and wakes those who wait for it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
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

    /// `getUpdates`: waits until there is something, it is time, or another poll has begun.
    async fn poll(&self, params: &Params) -> Result<Value> {
        let wait = params.integer("timeout").unwrap_or(0).clamp(0, LONGEST_POLL);
        let limit = params.integer("limit").unwrap_or(BATCH).clamp(1, BATCH);
        let limit = usize::try_from(limit).unwrap_or(1);
        let allowed: Option<Vec<String>> = params.structure("allowed_updates")?;
        let mine = self.change(|world| {
            world.updates.poll += 1;
            if let Some(allowed) = allowed {
                world.updates.allow(allowed);
            }
            let World { updates, faults, .. } = world;
            updates.confirm(params.integer("offset").unwrap_or(0), || faults.is_told_again());
            updates.poll
        });
        let mut news = self.revision.subscribe();
        let batch = async {
            loop {
                news.mark_unchanged();
                {
                    let mut world = self.world();
                    if world.updates.poll != mine {
                        return Err(ApiError::conflict());
                    }
                    let now = world.now();
                    let batch = world.updates.batch(now, limit);
                    if !batch.is_empty() {
                        return Ok(Value::Array(batch));
                    }
                }
                if news.changed().await.is_err() {
                    return Ok(json!([]));
                }
            }
        };
        let wait = Duration::from_secs(u64::try_from(wait).unwrap_or(0));
        tokio::time::timeout(wait, batch).await.unwrap_or_else(|_| Ok(json!([])))
    }

    /// Carries out a method of the Bot API, if no fault stands in the way.
    async fn call(
        &self,
        method: &str,
        received: &Received,
    ) -> std::result::Result<Response<Body>, Cut> {
        let method = method.to_ascii_lowercase();
        let params = match Params::read(received).await {
            Ok(params) => params,
            Err(error) => return Ok(self.told(&Err(error))),
        };
        let chat = params.integer("chat_id");
        let (flood, fault) = {
            let mut world = self.world();
            // Names that are none must not fill the memory.
            if world.counters.methods.len() < 200 || world.counters.methods.contains_key(&method) {
                *world.counters.methods.entry(method.clone()).or_default() += 1;
            }
            let now = world.now();
            (world.faults.flooded(&method, chat, now), world.faults.strike(&method, chat))
        };
        if let Some(seconds) = flood {
            return Ok(self.told(&Err(ApiError::too_many_requests(seconds))));
        }
        if let Some((When::Before, instead)) = &fault {
            return self.broken(instead).await;
        }
        let result = if method == "getupdates" {
            self.poll(&params).await
        } else {
            self.change(|world| world.perform(&method, &params))
        };
        match &fault {
            Some((_, instead)) => self.broken(instead).await,
            None => Ok(self.told(&result)),
        }
    }

    async fn broken(&self, instead: &Instead) -> std::result::Result<Response<Body>, Cut> {
        match instead {
            Instead::Status(status) => Ok(self.told(&Err(ApiError::of_status(*status)))),
            Instead::Html(status) => {
                self.count(*status);
                Ok(bad_gateway(*status))
            }
            Instead::Lost => {
                self.count(0);
                Err(Cut)
            }
            Instead::Silence(length) => {
                self.count(0);
                silence(*length).await;
                Err(Cut)
            }
        }
    }

    fn told(&self, result: &Result<Value>) -> Response<Body> {
        let (status, body) = match result {
            Ok(value) => (200, json!({ "ok": true, "result": value })),
            Err(error) => (error.code, error.body()),
        };
        self.count(status);
        answer_json(status, &body)
    }

    fn count(&self, status: u16) {
        *self.world().counters.statuses.entry(status).or_default() += 1;
    }

    /// The method and the token of a path below `/bot`, or the path of a file.
    fn authorized<'a>(&self, rest: &'a str) -> Result<&'a str> {
        let (token, method) = rest.split_once('/').ok_or_else(ApiError::not_found)?;
        let token = token.replace("%3A", ":").replace("%3a", ":");
        let is_token = token.split_once(':').is_some_and(|(id, secret)| {
            !secret.is_empty() && !id.is_empty() && id.bytes().all(|it| it.is_ascii_digit())
        });
        if !is_token {
            return Err(ApiError::not_found());
        }
        if token != self.world().token {
            return Err(ApiError::unauthorized());
        }
        Ok(method)
    }

    fn file(&self, rest: &str) -> Response<Body> {
        let id = self.authorized(rest).map(|path| path.strip_prefix("files/").unwrap_or(path));
        let file =
            id.and_then(|id| self.world().files.find(id).cloned().ok_or_else(ApiError::not_found));
        match file {
            Ok(file) => typed(200, files::kind_of(&file.bytes), file.bytes),
            Err(error) => self.told(&Err(error)),
        }
    }
}

impl Service for Shared {
    /// Tells those who look when what is shown changes by itself.
    async fn work(self: Arc<Self>) {
        let mut news = self.revision.subscribe();
        loop {
            news.mark_unchanged();
            let wait = {
                let world = self.world();
                world.next_change().and_then(|at| world.clock.until(at))
            };
            let Some(wait) = wait else {
                if news.changed().await.is_err() {
                    return;
                }
                continue;
            };
            if tokio::time::timeout(wait, news.changed()).await.is_err() {
                self.change(|_| ());
            }
        }
    }

    async fn answer(
        self: Arc<Self>,
        received: Received,
    ) -> std::result::Result<Response<Body>, Cut> {
        let path = received.path.as_str();
        if path.starts_with("/standin/") {
            return Ok(control::answer(&self, &received).await);
        }
        if let Some(rest) = path.strip_prefix("/file/bot") {
            return Ok(self.file(rest));
        }
        if let Some(rest) = path.strip_prefix("/bot") {
            return match self.authorized(rest) {
                Ok(method) => self.call(method, &received).await,
                Err(error) => Ok(self.told(&Err(error))),
            };
        }
        match page::file(path) {
            Some(response) => Ok(response),
            None => Ok(self.told(&Err(ApiError::not_found()))),
        }
    }
}
