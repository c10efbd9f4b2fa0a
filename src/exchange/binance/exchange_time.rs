//! The exchange's time as this process knows it.
//!
//! Our clock is the wall clock as it was at the start, carried on by the monotonic one: whoever sets
//! the wall clock does not move it. Where the two part, that is noticed all the same: a machine that
//! slept has a monotonic clock that slept with it. The exchange's time is our clock and the measured
//! offset ([`super::clock`]); measuring it anew heals either.
//!
//! Invariant: [`ExchangeTime::now`] goes back only where it was wrong by seconds. What it shows is good
//! enough to enter a position by only while [`ExchangeTime::trust`] says so.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU32;
use std::rc::Rc;

use heikin_core::order::resolve::RECV_WINDOW;
use heikin_core::time::{Span, Timestamp};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use super::clock::{ClockError, ClockOffset, RoundTrip};

/// By how much wall clock and monotonic clock may part before the time is not trusted any more.
const LARGEST_JUMP: Span = Span::from_millis(500);

/// How far [`ExchangeTime::now`] may be held ahead of the measured time, in order not to go back.
const FURTHEST_AHEAD: Span = Span::from_millis(500);

/// Further ahead than this the time that was shown was wrong: it is given up, since to stand still for
/// so long would hold up everything that waits for its time.
const GIVEN_UP: Span = Span::from_millis(5_000);

/// For how long a simulator whose clock is hurried takes a request in: a moment of real time is seconds of
/// its own.
const HURRIED_WINDOW: Span = Span::from_millis(5_000);

/// Whether the exchange's time is known well enough to open a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It is.
    Trusted,
    /// It was not measured yet.
    Unmeasured,
    /// The last measurement is too old.
    Stale,
    /// The wall clock was set, or the machine slept, since the last measurement.
    Jumped,
    /// An earlier measurement was far ahead of the last one: time stands still until that is made up.
    Ahead,
}

type WallClock = Rc<dyn Fn() -> Timestamp>;

/// The exchange's time; cheap to clone, and all clones are one.
#[derive(Clone)]
pub struct ExchangeTime(Rc<Inner>);

struct Inner {
    source: Source,
    /// The latest that was shown.
    shown: Cell<Timestamp>,
    /// Somebody has reason to doubt the offset.
    doubted: Notify,
    /// A measurement was taken in.
    measured: Notify,
}

enum Source {
    Measured(Measured),
    /// The largest time that the exchange was heard to tell: in lockstep its clock is the only one.
    Observed,
}

struct Measured {
    wall: WallClock,
    /// When our clock was set by the wall clock, and what that showed.
    anchor: (Instant, Timestamp),
    /// So many of its seconds pass in a real one: more than one with a simulator alone.
    speed: NonZeroU32,
    /// The wall clock less ours, when the offset was measured.
    parted: Cell<i64>,
    offset: Cell<Option<ClockOffset>>,
}

impl Measured {
    /// Our clock at this moment.
    fn local(&self, at: Instant) -> Timestamp {
        let (anchor, wall) = self.anchor;
        let hurried = |real: Duration| span(real.saturating_mul(self.speed.get()));
        match at.checked_duration_since(anchor) {
            Some(since) => wall + hurried(since),
            None => wall - hurried(anchor.saturating_duration_since(at)),
        }
    }

    fn is_real(&self) -> bool {
        self.speed == NonZeroU32::MIN
    }

    /// The wall clock less ours, in milliseconds.
    fn apart(&self) -> i64 {
        (self.wall)().millis().saturating_sub(self.local(Instant::now()).millis())
    }

    fn has_jumped(&self) -> bool {
        self.is_real()
            && self.apart().abs_diff(self.parted.get()) > LARGEST_JUMP.millis().unsigned_abs()
    }
}

fn span(duration: Duration) -> Span {
    Span::from_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// The wall clock of this machine.
fn wall_clock() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "here the wall clock becomes a value")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH + span(since)
}

impl ExchangeTime {
    /// By this machine's clocks. Until it is measured, the exchange's clock is taken to show what
    /// ours does.
    pub fn of_this_machine() -> Self {
        Self::by(wall_clock)
    }

    /// By a wall clock of the caller's: for tests.
    pub fn by(wall: impl Fn() -> Timestamp + 'static) -> Self {
        Self::measured_by(wall, NonZeroU32::MIN)
    }

    /// By this machine's clocks, but faster: for a simulator whose time goes so many times as fast.
    pub fn hurried(speed: NonZeroU32) -> Self {
        Self::measured_by(wall_clock, speed)
    }

    fn measured_by(wall: impl Fn() -> Timestamp + 'static, speed: NonZeroU32) -> Self {
        Self::from_source(Source::Measured(Measured {
            speed,
            anchor: (Instant::now(), wall()),
            wall: Rc::new(wall),
            parted: Cell::new(0),
            offset: Cell::new(None),
        }))
    }

    /// The exchange's clock as far as it was observed, and no other: for lockstep with a simulator.
    pub fn lockstep() -> Self {
        Self::from_source(Source::Observed)
    }

    fn from_source(source: Source) -> Self {
        Self(Rc::new(Inner {
            source,
            shown: Cell::new(Timestamp::EPOCH),
            doubted: Notify::new(),
            measured: Notify::new(),
        }))
    }

    /// Whether it goes in lockstep with a simulator.
    pub fn is_lockstep(&self) -> bool {
        matches!(self.0.source, Source::Observed)
    }

    /// The exchange's time. It goes back only where it was wrong by seconds.
    pub fn now(&self) -> Timestamp {
        let (estimate, shown) = (self.estimate(), self.0.shown.get());
        let now = if shown > estimate + GIVEN_UP { estimate } else { estimate.max(shown) };
        self.0.shown.set(now);
        now
    }

    /// What closes before this has closed, whichever way the measured time is off. In lockstep time
    /// stands still at the very last moment of a candle that has closed.
    pub(super) fn after_closes(&self) -> Timestamp {
        if self.is_lockstep() {
            return self.now() + Span::from_millis(1);
        }
        let unsure = self.offset().map_or(Span::ZERO, |offset| offset.uncertainty());
        self.estimate() - unsure
    }

    /// The exchange's time by the last measurement, for the stamp of a request: it may be before
    /// what [`Self::now`] has shown.
    pub fn estimate(&self) -> Timestamp {
        match &self.0.source {
            Source::Measured(measured) => {
                let local = measured.local(Instant::now());
                measured.offset.get().map_or(local, |offset| offset.server_time(local))
            }
            Source::Observed => self.0.shown.get(),
        }
    }

    /// For how long after its stamp the exchange may still take a request in.
    pub(super) fn recv_window(&self) -> Span {
        match &self.0.source {
            Source::Measured(measured) if !measured.is_real() => HURRIED_WINDOW,
            // The engine counts on it to settle what became of an order.
            _ => RECV_WINDOW,
        }
    }

    /// How long it takes until so much of the exchange's time has passed.
    pub fn real(&self, span: Span) -> Duration {
        let whole = Duration::from_millis(span.millis().max(0).unsigned_abs());
        match &self.0.source {
            Source::Measured(measured) => whole / measured.speed.get(),
            Source::Observed => whole,
        }
    }

    /// The exchange was heard to tell this time. It moves the clock in lockstep only.
    pub fn observe(&self, at: Timestamp) {
        if self.is_lockstep() && at > self.0.shown.get() {
            self.0.shown.set(at);
        }
    }

    /// Whether it is known well enough to open a position.
    pub fn trust(&self) -> Trust {
        let Source::Measured(measured) = &self.0.source else { return Trust::Trusted };
        let Some(offset) = measured.offset.get() else { return Trust::Unmeasured };
        if measured.has_jumped() {
            return Trust::Jumped;
        }
        if measured.is_real() && offset.is_stale(measured.local(Instant::now())) {
            return Trust::Stale;
        }
        if self.0.shown.get() > self.estimate() + FURTHEST_AHEAD {
            return Trust::Ahead;
        }
        Trust::Trusted
    }

    /// Whether [`Self::trust`] is [`Trust::Trusted`].
    pub fn is_trusted(&self) -> bool {
        self.trust() == Trust::Trusted
    }

    /// The measured offset: exchange less our clock.
    pub fn offset(&self) -> Option<ClockOffset> {
        match &self.0.source {
            Source::Measured(measured) => measured.offset.get(),
            Source::Observed => None,
        }
    }

    /// Our clock at a moment, as round trips are measured by it.
    pub(super) fn local(&self, at: Instant) -> Timestamp {
        match &self.0.source {
            Source::Measured(measured) => measured.local(at),
            Source::Observed => self.0.shown.get(),
        }
    }

    /// Takes in a measurement.
    ///
    /// # Errors
    ///
    /// Where it is too uncertain; the last one then goes on to hold until it is stale.
    pub(super) fn measure(&self, round_trips: &[RoundTrip]) -> Result<ClockOffset, ClockError> {
        let offset = ClockOffset::estimate(round_trips)?;
        if let Source::Measured(measured) = &self.0.source {
            // Nothing has happened by the time that was shown before it was known: a clock of ours
            // that is an hour ahead must not stand still for an hour.
            if measured.offset.get().is_none() {
                self.0.shown.set(Timestamp::EPOCH);
            }
            measured.offset.set(Some(offset));
            measured.parted.set(measured.apart());
        }
        self.0.measured.notify_waiters();
        Ok(offset)
    }

    /// The exchange called our time wrong (`-1021`): it is measured at once.
    pub(super) fn doubt(&self) {
        self.0.doubted.notify_one();
    }

    /// Until somebody doubts.
    pub(super) async fn doubted(&self) {
        self.0.doubted.notified().await;
    }

    /// Until the time is trusted, or it is later than `until`.
    pub(super) async fn trusted_or(&self, until: Timestamp) {
        while !self.is_trusted() && self.now() <= until {
            let measured = self.0.measured.notified();
            let pause = Duration::from_millis(100);
            // Either way it is looked at again.
            drop(tokio::time::timeout(pause, measured).await);
        }
    }

    /// Waits until the exchange's clock should show `until`, as far as that can be known now. In
    /// lockstep nobody knows: it is looked at again shortly.
    pub(super) async fn wait_until(&self, until: Timestamp) {
        let left = until.since(self.now()).millis();
        let shortly = if self.is_lockstep() { left.min(5) } else { left };
        pause(self.real(Span::from_millis(shortly)).max(Duration::from_millis(1))).await;
    }
}

/// Waits: everything in the adapter that waits for time does it here, or by a timeout.
pub(super) async fn pause(length: Duration) {
    #[expect(clippy::disallowed_methods, reason = "sockets have to wait for their time")]
    tokio::time::sleep(length).await;
}

impl fmt::Debug for ExchangeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangeTime")
            .field("shown", &self.0.shown.get())
            .field("trust", &self.trust())
            .finish_non_exhaustive()
    }
}
