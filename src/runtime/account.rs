//! One account: its engine behind its journal, and the venue that does what the engine asks for.

use heikin_core::engine::{
    Effect, Engine, Input, Journal as _, JournalError, Sequence, WriteAhead,
};
use heikin_core::time::Timestamp;

use super::crash_point::{CrashPoint, pass};
use super::journal::AccountJournal;
use super::venue::Venue;

/// Sees everything that the engine does, in order; decides nothing.
pub trait Observer {
    /// This was decided or asked for, is durable, and has been handed to the venue.
    fn effect(&mut self, at: Timestamp, effect: &Effect, engine: &Engine);

    /// A turn is over in which something was recorded; all of it is durable.
    fn recorded(&mut self) {}
}

/// Nobody looks on.
impl Observer for () {
    fn effect(&mut self, _at: Timestamp, _effect: &Effect, _engine: &Engine) {}
}

/// The engine of one account, what it writes and whom it asks.
///
/// [`Account::take`] what has arrived, as much as there is, then [`Account::flush`] once: one sync
/// for all of it, and only then does anything leave. Whoever looks on is told when there is time for
/// it, by [`Account::tell`].
pub struct Account {
    engine: WriteAhead<AccountJournal>,
    venue: Venue,
    observer: Box<dyn Observer>,
    /// What has left and was not told yet, and when.
    untold: Vec<(Timestamp, Effect)>,
    /// The last record that whoever looks on was told of.
    told: Sequence,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("venue", &self.venue).finish_non_exhaustive()
    }
}

impl Account {
    /// Puts a recovered engine behind its journal, whose last record is `last`.
    pub fn new(
        engine: Engine,
        (journal, last): (AccountJournal, Sequence),
        venue: Venue,
        observer: Box<dyn Observer>,
    ) -> Self {
        let engine = WriteAhead::new(engine, journal, last);
        Self { engine, venue, observer, untold: Vec::new(), told: last }
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        self.engine.engine()
    }

    /// The venue.
    pub const fn venue(&self) -> &Venue {
        &self.venue
    }

    /// The venue.
    pub const fn venue_mut(&mut self) -> &mut Venue {
        &mut self.venue
    }

    /// The journal.
    pub const fn journal(&self) -> &AccountJournal {
        self.engine.journal()
    }

    /// The number of the last record.
    pub const fn last_sequence(&self) -> Sequence {
        self.engine.last_sequence()
    }

    /// Takes one input in. A deadline that passed before it comes first.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be written: nothing leaves any more, and the process must stop.
    pub fn take(&mut self, at: Timestamp, input: Input) -> Result<(), JournalError> {
        pass(CrashPoint::AfterAnswer);
        let at = at.max(self.engine().now());
        if input != Input::Time && self.engine().next_deadline().is_some_and(|due| due <= at) {
            self.engine.handle(at, Input::Time)?;
        }
        self.engine.handle(at, input)
    }

    /// Makes durable what was recorded, then lets leave what was decided; then the same again with
    /// what the venue answers at once.
    ///
    /// # Errors
    ///
    /// As [`Account::take`].
    pub fn flush(&mut self) -> Result<(), JournalError> {
        loop {
            pass(CrashPoint::BeforeSync);
            self.engine.sync()?;
            pass(CrashPoint::AfterSync);
            let now = self.engine.engine().now();
            while let Some((_, effect)) = self.engine.next_effect() {
                self.venue.perform(&effect, self.engine.engine());
                pass(CrashPoint::AfterSend);
                self.untold.push((now, effect));
            }
            let mut answered = false;
            while let Some((at, input)) = self.venue.next_answer() {
                self.take(at, input)?;
                answered = true;
            }
            if !answered {
                return Ok(());
            }
        }
    }

    /// Whether anything has left that nobody was told of.
    pub const fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Tells whoever looks on what has left.
    pub fn tell(&mut self) {
        for (at, effect) in self.untold.drain(..) {
            self.observer.effect(at, &effect, self.engine.engine());
        }
        let last = self.last_sequence();
        if std::mem::replace(&mut self.told, last) < last {
            self.observer.recorded();
        }
    }

    /// What the process leaves with.
    pub fn into_journal(self) -> AccountJournal {
        self.engine.into_journal()
    }

    /// Whether everything that was recorded is durable, so that the state may be saved as of the
    /// last record.
    pub fn is_durable(&self) -> bool {
        self.journal().durable() >= self.last_sequence()
    }
}
