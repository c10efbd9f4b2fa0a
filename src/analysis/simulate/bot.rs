use heikin_core::engine::{
    Bug, Effect, Engine, Input, JournalError, Record, Sequence, Snapshot, WriteAhead,
};
use heikin_core::time::Timestamp;

use super::check::{Violation, violated};
use super::machine::{Death, Machine, NotStarted, Store, Witness, Witnessed};
use super::scenario::Scenario;
use crate::store::{Recovery, StoreError};

/// The bot's process, and the machine that outlives it.
#[derive(Debug)]
pub(super) struct Bot {
    scenario: Scenario,
    bug: Option<Bug>,
    machine: Machine,
    state: State,
}

#[derive(Debug)]
enum State {
    Up(Box<WriteAhead<Witnessed>>),
    Down(Witness),
}

impl Bot {
    pub(super) fn new(scenario: Scenario, machine: Machine, bug: Option<Bug>) -> Self {
        Self { scenario, bug, machine, state: State::Down(Witness::default()) }
    }

    pub(super) const fn process(&self) -> Option<&WriteAhead<Witnessed>> {
        match &self.state {
            State::Up(process) => Some(process),
            State::Down(_) => None,
        }
    }

    pub(super) const fn is_up(&self) -> bool {
        self.process().is_some()
    }

    /// Whether this bug is planted.
    pub(super) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(super) fn engine(&self) -> Option<&Engine> {
        self.process().map(WriteAhead::engine)
    }

    const fn process_mut(&mut self) -> Option<&mut WriteAhead<Witnessed>> {
        match &mut self.state {
            State::Up(process) => Some(process),
            State::Down(_) => None,
        }
    }

    /// Its store, where it has a disk.
    pub(super) fn store(&mut self) -> Option<&mut Store> {
        self.machine.store()
    }

    /// All records that were written, and not lost.
    pub(super) fn records(&self) -> &[Record] {
        match &self.state {
            State::Up(process) => process.journal().records(),
            State::Down(witness) => witness.records(),
        }
    }

    /// The records that must survive a crash.
    pub(super) fn durable_records(&self) -> &[Record] {
        use heikin_core::engine::Journal as _;
        let durable = match &self.state {
            State::Up(process) => {
                usize::try_from(process.journal().durable()).unwrap_or(usize::MAX)
            }
            State::Down(witness) => witness.promised(),
        };
        self.records().get(..durable).unwrap_or_default()
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

    /// The journal in memory will fail the next sync.
    pub(super) fn fail_next_sync(&mut self) {
        if let Some(process) = self.process_mut() {
            process.journal_mut().fail_next_sync();
        }
    }

    /// How many records a crash could lose.
    pub(super) fn unsynced(&self) -> usize {
        self.records().len() - self.durable_records().len()
    }

    /// Keeps the state as a snapshot: recovery then begins there.
    pub(super) fn keep_snapshot(&self) -> Result<(), StoreError> {
        let Some(process) = self.process() else { return Ok(()) };
        let state = process.engine().snapshot();
        self.machine.keep_snapshot(process.journal(), (process.last_sequence(), &state))
    }

    /// The process dies.
    pub(super) fn crash(&mut self, death: Death) {
        let down = State::Down(Witness::default());
        let mut witness = match std::mem::replace(&mut self.state, down) {
            State::Up(process) => process.into_journal().into_witness(),
            State::Down(witness) => witness,
        };
        self.machine.die(&mut witness, death);
        self.state = State::Down(witness);
    }

    /// Starts the process: the state is the newest snapshot and every record since.
    pub(super) fn start(&mut self) -> Result<Recovery, NotStarted> {
        let mut engine = self.scenario.engine(self.bug);
        let State::Down(witness) = &mut self.state else {
            let running = violated("D2 recovery", "it is running already");
            return running.map_err(NotStarted::Wrong);
        };
        let (journal, recovery) = self.machine.recover(witness, &mut engine)?;
        let last = journal.records().last().map_or(0, |record| record.seq);
        self.state = State::Up(Box::new(WriteAhead::new(engine, journal, last)));
        Ok(recovery)
    }

    /// What lies on the disk is what was written.
    pub(super) fn check_content(&self) -> Result<(), Violation> {
        self.process().map_or(Ok(()), |process| process.journal().check_content())
    }

    /// The state that folding all records from nothing gives.
    pub(super) fn folded(&self) -> Snapshot {
        let mut engine = self.scenario.engine(self.bug);
        for record in self.records() {
            engine.fold(record);
        }
        engine.snapshot()
    }
}
