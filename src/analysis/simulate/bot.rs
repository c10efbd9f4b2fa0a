use heikin_core::engine::{
    Bug, Effect, Engine, Input, JournalError, MemoryJournal, Record, Sequence, Snapshot, WriteAhead,
};
use heikin_core::time::Timestamp;

use super::scenario::Scenario;

/// The bot's process and what outlives it: the journal, and the last snapshot.
#[derive(Debug)]
pub(super) struct Bot {
    scenario: Scenario,
    bug: Option<Bug>,
    state: State,
    /// The state up to and including this record, as text.
    snapshot: Option<(Sequence, String)>,
}

#[derive(Debug)]
enum State {
    Up(Box<WriteAhead<MemoryJournal>>),
    Down(MemoryJournal),
    /// Only while it changes from one to the other.
    Changing,
}

impl Bot {
    pub(super) fn new(scenario: Scenario, bug: Option<Bug>) -> Self {
        Self { scenario, bug, state: State::Down(MemoryJournal::default()), snapshot: None }
    }

    pub(super) const fn process(&self) -> Option<&WriteAhead<MemoryJournal>> {
        match &self.state {
            State::Up(process) => Some(process),
            State::Down(_) | State::Changing => None,
        }
    }

    pub(super) const fn is_up(&self) -> bool {
        self.process().is_some()
    }

    pub(super) fn engine(&self) -> Option<&Engine> {
        self.process().map(WriteAhead::engine)
    }

    const fn process_mut(&mut self) -> Option<&mut WriteAhead<MemoryJournal>> {
        match &mut self.state {
            State::Up(process) => Some(process),
            State::Down(_) | State::Changing => None,
        }
    }

    pub(super) const fn journal(&self) -> Option<&MemoryJournal> {
        match &self.state {
            State::Up(process) => Some(process.journal()),
            State::Down(journal) => Some(journal),
            State::Changing => None,
        }
    }

    /// The records that survive a crash.
    pub(super) fn durable_records(&self) -> &[Record] {
        use heikin_core::engine::Journal as _;
        let Some(journal) = self.journal() else { return &[] };
        let durable = usize::try_from(journal.durable()).unwrap_or(usize::MAX);
        journal.records().get(..durable).unwrap_or_default()
    }

    pub(super) fn handle(&mut self, at: Timestamp, input: Input) -> Result<(), JournalError> {
        self.process_mut().map_or(Ok(()), |process| process.handle(at, input))
    }

    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        self.process_mut().map_or(Ok(()), WriteAhead::sync)
    }

    pub(super) fn next_effect(&mut self) -> Option<(Sequence, Effect)> {
        self.process_mut().and_then(WriteAhead::next_effect)
    }

    /// The disk will fail the next sync.
    pub(super) fn fail_next_sync(&mut self) {
        if let Some(process) = self.process_mut() {
            process.journal_mut().fail_next_sync();
        }
    }

    /// How many records a crash could lose.
    pub(super) fn unsynced(&self) -> usize {
        self.journal().map_or(0, |journal| journal.records().len()) - self.durable_records().len()
    }

    /// Keeps the state as a snapshot: recovery then begins there.
    pub(super) fn keep_snapshot(&mut self) -> Result<(), String> {
        let Some(process) = self.process() else { return Ok(()) };
        let text = serde_json::to_string(&process.engine().snapshot());
        self.snapshot = Some((process.last_sequence(), text.map_err(|error| error.to_string())?));
        Ok(())
    }

    /// The process dies; of what was not synced only the first `kept` records survive.
    pub(super) fn crash(&mut self, kept: usize) {
        let mut journal = match std::mem::replace(&mut self.state, State::Changing) {
            State::Up(process) => process.into_journal(),
            State::Down(journal) => journal,
            State::Changing => MemoryJournal::default(),
        };
        journal.crash(kept);
        self.state = State::Down(journal);
    }

    /// Starts the process: the state is the snapshot and every record since.
    pub(super) fn start(&mut self) -> Result<(), String> {
        let State::Down(journal) = std::mem::replace(&mut self.state, State::Changing) else {
            return Err("it is running already".to_owned());
        };
        let engine = self.recover(journal.records())?;
        let last = journal.records().last().map_or(0, |record| record.seq);
        self.state = State::Up(Box::new(WriteAhead::new(engine, journal, last)));
        Ok(())
    }

    fn recover(&self, records: &[Record]) -> Result<Engine, String> {
        let mut engine = self.scenario.engine(self.bug);
        let mut through = 0;
        if let Some((seq, text)) = &self.snapshot {
            let snapshot: Snapshot =
                serde_json::from_str(text).map_err(|error| error.to_string())?;
            engine.restore(snapshot).map_err(|error| error.to_string())?;
            through = *seq;
        }
        let tail = records.get(usize::try_from(through).unwrap_or(usize::MAX)..);
        for record in tail.unwrap_or_default() {
            engine.fold(record);
        }
        Ok(engine)
    }

    /// The state that folding the whole journal from nothing gives.
    pub(super) fn folded(&self) -> Snapshot {
        let mut engine = self.scenario.engine(self.bug);
        let records = self.journal().map_or(&[][..], MemoryJournal::records);
        for record in records {
            engine.fold(record);
        }
        engine.snapshot()
    }
}
