//! A connection that is kept up: replaced before it is cut, and when it breaks.
//!
//! The exchange cuts every connection after 24 hours, and at any time with a word of warning; so a
//! new one is dialled first, and the old one is read on for a while, since what was sent on it may
//! not have been read. What comes twice is for the reader to know again. A connection that is silent
//! for too long, or sends what nobody can read, is given up.
//!
//! How a connection is made ready (subscriptions) is the dialler's matter.

mod backoff;
mod socket;

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;

pub(super) use backoff::{Backoff, jitter};
pub(super) use socket::{Broken, Frame, Socket};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep_until};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::counters::Tally;

/// A connection is replaced at this age, less up to [`SPREAD`].
const OLDEST: Duration = Duration::from_mins(23 * 60 + 30);
const SPREAD: Duration = Duration::from_hours(1);
/// How long an old connection is read on beside its successor.
const OVERLAP: Duration = Duration::from_secs(5);
/// A connection that has lasted so long was a good one.
const PROVEN: Duration = Duration::from_mins(1);
/// So many malformed frames within [`MALFORMED_WINDOW`] are too many.
const MALFORMED: usize = 3;
const MALFORMED_WINDOW: Duration = Duration::from_mins(1);

pub(super) type Dialling = Pin<Box<dyn Future<Output = Result<Socket, Broken>>>>;

/// What a link has to tell.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// Connected and ready. What was sent before, since [`Self::Down`], is lost.
    Up,
    /// A message.
    Text(Utf8Bytes),
    /// The connection is lost; another one is being dialled.
    Down,
}

/// How long a connection may be silent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Watch {
    /// So long, pings included.
    Silence(Duration),
    /// So long, pings included; but where messages have kept coming, no longer than `lively` without
    /// one.
    Liveliness { silence: Duration, lively: Duration },
    /// For ever: in lockstep, whoever holds the clock may hold it.
    Never,
}

/// A connection that is kept up.
pub(super) struct Link {
    name: &'static str,
    dial: Box<dyn Fn() -> Dialling>,
    watch: Watch,
    tally: Tally,
    current: Option<Current>,
    /// The predecessor, and until when it is read.
    retiring: Option<(Socket, Instant)>,
    dialling: JoinSet<Result<Socket, Broken>>,
    dial_at: Option<Instant>,
    backoff: Backoff,
    malformed: VecDeque<Instant>,
    gave_up: Cell<bool>,
}

struct Current {
    socket: Socket,
    renew_at: Instant,
    /// When messages came, in spans of [`PULSE`].
    pulse: Pulse,
}

/// How many messages came lately.
#[derive(Debug, Clone, Copy)]
struct Pulse {
    since: Instant,
    count: u32,
    before: u32,
    last: Instant,
}

const PULSE: Duration = Duration::from_secs(15);
/// So many messages within [`PULSE`] make a connection lively: several a second.
const LIVELY: u32 = 30;

impl Pulse {
    fn new(now: Instant) -> Self {
        Self { since: now, count: 0, before: 0, last: now }
    }

    fn beat(&mut self, now: Instant) {
        if now.saturating_duration_since(self.since) >= PULSE {
            (self.before, self.count, self.since) = (self.count, 0, now);
        }
        self.count = self.count.saturating_add(1);
        self.last = now;
    }

    fn is_lively(&self) -> bool {
        self.before.max(self.count) >= LIVELY
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Link {
    /// A link that is not connected yet: it is by being read.
    pub(super) fn new(
        name: &'static str,
        watch: Watch,
        tally: Tally,
        dial: impl Fn() -> Dialling + 'static,
    ) -> Self {
        Self {
            name,
            dial: Box::new(dial),
            watch,
            tally,
            current: None,
            retiring: None,
            dialling: JoinSet::new(),
            dial_at: Some(Instant::now()),
            backoff: Backoff::default(),
            malformed: VecDeque::new(),
            gave_up: Cell::new(false),
        }
    }

    /// Dials a successor at once; the present connection goes on until that is ready.
    pub(super) fn renew(&mut self) {
        if self.dialling.is_empty() && self.dial_at.is_none() {
            self.dial_at = Some(Instant::now());
        }
        if let Some(current) = &mut self.current {
            // Asked for now: not again when it is due.
            current.renew_at = Instant::now() + OLDEST;
        }
    }

    /// Gives the present connection up.
    pub(super) fn give_up(&mut self, why: &Broken) {
        if let Some(current) = self.current.take() {
            if current.socket.opened.elapsed() > PROVEN {
                self.backoff.reset();
            }
            self.tally.count(|it| it.disconnections += 1);
            tracing::warn!(target: "websocket", link = self.name, %why, "connection lost");
            self.gave_up.set(true);
        }
        self.retiring = None;
        if self.dialling.is_empty() {
            self.dial_at = Some(Instant::now() + self.backoff.next());
        }
    }

    /// A message could not be read. Where that happens often, the connection is given up.
    pub(super) fn malformed(&mut self, what: &str) {
        self.tally.count(|it| it.malformed_frames += 1);
        tracing::warn!(target: "websocket", link = self.name, what, "malformed frame");
        let now = Instant::now();
        self.malformed.push_back(now);
        self.malformed.retain(|at| now.saturating_duration_since(*at) < MALFORMED_WINDOW);
        if self.malformed.len() >= MALFORMED {
            self.malformed.clear();
            self.give_up(&Broken::Malformed);
        }
    }

    /// What happens next. A call that is dropped loses nothing.
    pub(super) async fn next(&mut self) -> LinkEvent {
        loop {
            if self.gave_up.replace(false) {
                return LinkEvent::Down;
            }
            self.dial_if_due();
            let alarm = self.alarm();
            let (current, retiring) = (&mut self.current, &mut self.retiring);
            tokio::select! {
                biased;
                Some(dialled) = self.dialling.join_next() => {
                    if self.dialled(dialled.unwrap_or(Err(Broken::Closed))) {
                        return LinkEvent::Up;
                    }
                }
                // The predecessor's messages are the older ones.
                frame = next_frame(retiring.as_mut().map(|(socket, _)| socket)) => match frame {
                    Ok(Frame::Text(text)) => return LinkEvent::Text(text),
                    Ok(_) => {}
                    Err(_) => self.retiring = None,
                },
                frame = next_frame(current.as_mut().map(|it| &mut it.socket)) => match frame {
                    Ok(Frame::Text(text)) => {
                        if let Some(current) = current {
                            current.pulse.beat(Instant::now());
                        }
                        return LinkEvent::Text(text);
                    }
                    Ok(Frame::Binary(length)) => self.malformed(&format!("binary, {length} bytes")),
                    Ok(Frame::Sign) => {}
                    Err(why) => self.give_up(&why),
                },
                () = sleep_until(alarm) => self.check(),
            }
        }
    }

    fn dial_if_due(&mut self) {
        if self.dialling.is_empty() && self.dial_at.is_some_and(|at| at <= Instant::now()) {
            self.dial_at = None;
            self.dialling.spawn_local((self.dial)());
        }
    }

    /// Takes over a connection; whether it follows a loss.
    fn dialled(&mut self, dialled: Result<Socket, Broken>) -> bool {
        let now = Instant::now();
        match dialled {
            Ok(socket) => {
                self.tally.count(|it| it.connections += 1);
                tracing::info!(target: "websocket", link = self.name, "connected");
                let renew_at = socket.opened + OLDEST.saturating_sub(jitter(SPREAD));
                let current = Current { socket, renew_at, pulse: Pulse::new(now) };
                let predecessor = self.current.replace(current);
                let follows_loss = predecessor.is_none();
                self.retiring = predecessor.map(|old| (old.socket, now + OVERLAP));
                follows_loss
            }
            Err(why) => {
                let pause = self.backoff.next();
                tracing::warn!(
                    target: "websocket", link = self.name, %why, pause = pause.as_millis(),
                    "no connection"
                );
                self.dial_at = Some(now + pause);
                false
            }
        }
    }

    /// When to look again, if nothing comes.
    fn alarm(&self) -> Instant {
        let far = Instant::now() + Duration::from_hours(1);
        let mut alarm = far;
        if self.dialling.is_empty() {
            alarm = alarm.min(self.dial_at.unwrap_or(far));
        }
        if let Some((_, until)) = self.retiring {
            alarm = alarm.min(until);
        }
        if let Some(current) = &self.current {
            alarm = alarm.min(current.renew_at).min(self.silent_at(current).unwrap_or(far));
        }
        alarm
    }

    /// When a connection will have been silent for too long.
    fn silent_at(&self, current: &Current) -> Option<Instant> {
        let heard = current.socket.heard;
        match self.watch {
            Watch::Silence(silence) => Some(heard + silence),
            Watch::Liveliness { lively, .. } if current.pulse.is_lively() => {
                Some(current.pulse.last + lively)
            }
            Watch::Liveliness { silence, .. } => Some(heard + silence),
            Watch::Never => None,
        }
    }

    fn check(&mut self) {
        let now = Instant::now();
        self.retiring.take_if(|(_, until)| *until <= now);
        let Some(current) = &self.current else { return };
        let since = now.saturating_duration_since(current.pulse.last.max(current.socket.opened));
        if self.silent_at(current).is_some_and(|at| at <= now) {
            self.give_up(&Broken::Silent(since));
        } else if current.renew_at <= now {
            self.renew();
        }
    }
}

async fn next_frame(socket: Option<&mut Socket>) -> Result<Frame, Broken> {
    match socket {
        Some(socket) => socket.next().await,
        None => std::future::pending().await,
    }
}
