use std::collections::VecDeque;

use super::{Body, Bug, Effect, Engine, Input, Journal, JournalError, Record, Sequence};
use crate::time::Timestamp;

/// An engine behind its journal: nothing leaves before it is durable, and with it every input that
/// came before.
///
/// The order of work is: [`WriteAhead::handle`] what has arrived, [`WriteAhead::sync`] once, then
/// send what [`WriteAhead::next_effect`] gives. After any error of the journal nothing leaves any
/// more: the process stops and recovers.
#[derive(Debug)]
pub struct WriteAhead<J> {
    engine: Engine,
    journal: J,
    next: Sequence,
    waiting: VecDeque<(Sequence, Effect)>,
    /// What this process believes to be durable; the journal's watermark, but for planted bugs.
    believed: Sequence,
    failed: bool,
    effects: Vec<Effect>,
}

impl<J: Journal> WriteAhead<J> {
    /// Puts a recovered engine behind its journal, whose last record is `last`.
    pub fn new(engine: Engine, journal: J, last: Sequence) -> Self {
        let believed = journal.durable();
        Self {
            engine,
            journal,
            next: last + 1,
            waiting: VecDeque::new(),
            believed,
            failed: false,
            effects: Vec::new(),
        }
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The journal.
    pub const fn journal(&self) -> &J {
        &self.journal
    }

    /// Takes the journal back, for a restart.
    pub fn into_journal(self) -> J {
        self.journal
    }

    /// For faults in tests.
    pub const fn journal_mut(&mut self) -> &mut J {
        &mut self.journal
    }

    /// The number of the last record.
    pub const fn last_sequence(&self) -> Sequence {
        self.next - 1
    }

    /// Takes one input in: records it, lets the engine decide, records what it decided.
    pub fn handle(&mut self, at: Timestamp, input: Input) -> Result<(), JournalError> {
        let mut effects = std::mem::take(&mut self.effects);
        self.engine.step(at, &input, &mut effects);
        let cause = self.next;
        let now = self.engine.now();
        let outcome = self.record(cause, now, Body::Input(input)).and_then(|()| {
            for effect in effects.drain(..) {
                let seq = self.next;
                self.record(cause, now, Body::Effect(effect.clone()))?;
                self.waiting.push_back((seq, effect));
            }
            Ok(())
        });
        effects.clear();
        self.effects = effects;
        outcome
    }

    fn record(&mut self, cause: Sequence, at: Timestamp, body: Body) -> Result<(), JournalError> {
        let record = Record { seq: self.next, cause, at, body };
        self.journal.append(&record).inspect_err(|_error| self.failed = true)?;
        self.next += 1;
        Ok(())
    }

    /// Makes durable what was recorded so far.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.engine.has(Bug::SkipSync) {
            self.believed = self.next - 1;
            return Ok(());
        }
        match self.journal.sync() {
            Err(_) if self.engine.has(Bug::IgnoreSyncError) => {
                self.believed = self.next - 1;
                Ok(())
            }
            Err(error) => {
                self.failed = true;
                Err(error)
            }
            Ok(()) => {
                self.believed = self.journal.durable();
                Ok(())
            }
        }
    }

    /// The next effect that may leave, with the number of its record.
    pub fn next_effect(&mut self) -> Option<(Sequence, Effect)> {
        if self.failed {
            return None;
        }
        let (seq, _) = self.waiting.front()?;
        if *seq > self.believed && !self.engine.has(Bug::SendBeforeSync) {
            return None;
        }
        self.waiting.pop_front()
    }
}
