//! Moves the price: point by point where the clients are waited for, or with the time on the wall.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use heikin_core::time::{Span, Timestamp};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::world::World;

/// A frame leaves at least so often while the price walks.
const FRAME: Duration = Duration::from_millis(200);

/// The exchange, as its connections and its driver hold it.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    /// Counts changes that somebody may wait for.
    changes: watch::Sender<u64>,
    /// Who wants the price to move.
    steps: mpsc::Sender<Step>,
    /// When the exchange opened, on the wall.
    pub(super) opened: Instant,
}

/// How far the price is to go; the answer comes when all is at rest.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) distance: Distance,
    pub(super) answer: oneshot::Sender<Standing>,
}

/// How far the price is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// So many points of the path.
    Points(u64),
    /// To the close of so many candles.
    Candles(u64),
}

/// Where the exchange stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Its clock, in milliseconds.
    pub clock: i64,
    /// Points passed so far.
    pub point: u64,
    /// Candles that are left, of all symbols; none where there is no end.
    pub candles_left: Option<usize>,
}

impl World {
    /// Passes all points until then.
    pub(super) fn pass_until(&mut self, now: Timestamp) {
        while self.pass_due(now) {}
        self.matching.set_time(now);
    }

    /// The next point is passed, where its time has come; whether it was.
    fn pass_due(&mut self, now: Timestamp) -> bool {
        if self.next_point().is_none_or(|(at, _)| at > now) {
            return false;
        }
        let Some(point) = self.advance() else { return false };
        self.publish(point.listing, point.closes.into());
        self.send_user_events();
        true
    }
}

impl Shared {
    pub(super) fn new(world: World, steps: mpsc::Sender<Step>) -> Self {
        Self {
            world: Mutex::new(world),
            changes: watch::Sender::new(0),
            steps,
            opened: Instant::now(),
        }
    }

    /// The exchange. A fault in one request does not take it away from the others.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exchange, at the time that it is now: what was due has happened.
    pub(super) fn world_now(&self) -> MutexGuard<'_, World> {
        let mut world = self.world();
        if let Some(now) = self.market_time(&world) {
            world.pass_until(now);
        }
        world
    }

    /// Where the clock is, where it runs.
    fn market_time(&self, world: &World) -> Option<Timestamp> {
        let passed = i64::try_from(self.opened.elapsed().as_millis()).unwrap_or(i64::MAX);
        let passed = passed.saturating_mul(world.speed()?);
        Some(world.started_at() + Span::from_millis(passed))
    }

    /// Something has changed that others may wait for.
    pub(super) fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Waits until it is so.
    async fn until(&self, holds: impl Fn(&World) -> bool) {
        let mut changes = self.changes.subscribe();
        while !holds(&self.world()) {
            // The sender is part of this.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sends the events that wait, and in lockstep waits until they are taken in.
    pub(super) async fn tell_user_events(&self) {
        let barrier = self.world().send_user_events();
        // Who waits for an empty outbox may look again.
        self.changed();
        if let Some(barrier) = barrier {
            self.until(|world| world.is_applied(barrier)).await;
        }
    }

    /// Lets the price go on.
    pub(super) async fn step(&self, distance: Distance) -> Option<Standing> {
        let (answer, standing) = oneshot::channel();
        self.steps.send(Step { distance, answer }).await.ok()?;
        standing.await.ok()
    }

    /// As [`Self::step`], for another thread.
    pub(super) fn blocking_step(&self, distance: Distance) -> Option<Standing> {
        let (answer, standing) = oneshot::channel();
        self.steps.blocking_send(Step { distance, answer }).ok()?;
        standing.blocking_recv().ok()
    }

    pub(super) async fn stepped(&self, distance: Distance) -> Option<Standing> {
        let (answer, standing) = oneshot::channel();
        self.steps.send(Step { distance, answer }).await.ok()?;
        standing.await.ok()
    }

    pub(super) fn standing(&self) -> Standing {
        let world = self.world();
        let left = world.listings.iter().map(|it| it.feed.candles_left());
        Standing { clock: world.clock().millis(), point: world.points, candles_left: left.sum() }
    }

    /// The price goes to its next point, and rests there until the clients do. Whether a candle
    /// closed; none where the candles have ended.
    async fn pass_point(&self) -> Option<bool> {
        let (barrier, closes) = {
            let mut world = self.world();
            let point = world.advance()?;
            world.publish(point.listing, point.closes.into());
            (world.market_barrier(), point.closes.is_some())
        };
        if let Some(barrier) = barrier {
            self.until(|world| world.is_applied(barrier)).await;
        }
        self.tell_user_events().await;
        if barrier.is_some() {
            self.until(World::is_at_rest).await;
        }
        Some(closes)
    }

    /// Takes steps as they are asked for.
    pub(super) async fn drive_in_lockstep(&self, mut steps: mpsc::Receiver<Step>) {
        while let Some(Step { distance, answer }) = steps.recv().await {
            let mut left = match distance {
                Distance::Points(count) | Distance::Candles(count) => count,
            };
            // What the clients began before is finished first.
            self.tell_user_events().await;
            self.until(World::is_at_rest).await;
            while left > 0 {
                let Some(closes) = self.pass_point().await else { break };
                if closes || matches!(distance, Distance::Points(_)) {
                    left -= 1;
                }
            }
            // Whoever asked may have gone.
            if answer.send(self.standing()).is_err() {}
        }
    }

    /// The clock runs. Steps that are asked for are answered with where it is.
    pub(super) async fn drive_by_the_clock(&self, mut steps: mpsc::Receiver<Step>) {
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let next = self.next_point_on_the_wall();
            tokio::select! {
                _ = frames.tick() => {}
                () = tokio::time::sleep_until(next) => {}
                Some(step) = steps.recv() => {
                    if step.answer.send(self.standing()).is_err() {}
                }
            }
            self.catch_up().await;
        }
    }

    /// When the next point is, on the wall.
    fn next_point_on_the_wall(&self) -> Instant {
        let world = self.world();
        let far = self.opened.elapsed() + FRAME;
        let wait = world.next_point().zip(world.speed()).map(|((at, _), speed)| {
            let passed = at.since(world.started_at()).millis() / speed;
            Duration::from_millis(u64::try_from(passed).unwrap_or(0) + 1)
        });
        self.opened + wait.unwrap_or(far)
    }

    /// Everything happens that is due.
    async fn catch_up(&self) {
        loop {
            {
                let mut world = self.world();
                let Some(now) = self.market_time(&world) else { return };
                if !world.pass_due(now) {
                    let moved = world.drift(now);
                    for listing in moved {
                        world.publish(listing, super::market_data::Close::No);
                    }
                    world.send_user_events();
                    return;
                }
            }
            // The connections write what they were given.
            tokio::task::yield_now().await;
        }
    }
}
