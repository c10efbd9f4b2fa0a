//! Where records go before anything of them can be noticed outside.

use super::{Record, Sequence};

/// Writing failed. A journal that failed once fails for good: what is on the disk is not known any
/// more, so the process stops and recovers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written: {0}")]
pub struct JournalError(pub String);

/// An append-only list of records with a durable watermark.
pub trait Journal {
    /// Appends a record; it is not durable yet.
    fn append(&mut self, record: &Record) -> Result<(), JournalError>;

    /// Makes durable what was appended so far.
    fn sync(&mut self) -> Result<(), JournalError>;

    /// The last record that survives a crash.
    fn durable(&self) -> Sequence;
}

/// A journal in memory that can crash: it then loses some or all of its unsynced tail.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    records: Vec<Record>,
    durable: Sequence,
    failing: bool,
    failed: bool,
}

impl MemoryJournal {
    /// The records, durable or not.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The next sync fails, and what it should have made durable is lost.
    pub fn fail_next_sync(&mut self) {
        self.failing = true;
    }

    /// Whether a sync has failed.
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// The process dies: of the unsynced tail only the first `kept` records remain. A record is kept
    /// whole or not at all, and none after a lost one.
    pub fn crash(&mut self, kept: usize) {
        let durable = usize::try_from(self.durable).unwrap_or(usize::MAX);
        self.records.truncate(durable.saturating_add(kept));
        self.durable = self.records.last().map_or(0, |record| record.seq);
        self.failing = false;
        self.failed = false;
    }

    /// Forgets records that a snapshot has made superfluous: those up to `through`.
    pub fn discard(&mut self, through: Sequence) {
        self.records.retain(|record| record.seq > through);
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        if self.failed {
            return Err(JournalError("an earlier sync failed".to_owned()));
        }
        self.records.push(record.clone());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if self.failing || self.failed {
            self.failing = false;
            self.failed = true;
            return Err(JournalError("the sync failed".to_owned()));
        }
        self.durable = self.records.last().map_or(self.durable, |record| record.seq);
        Ok(())
    }

    fn durable(&self) -> Sequence {
        self.durable
    }
}
