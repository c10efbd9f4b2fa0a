//! Where an account's records go: files, or memory where nothing outlives the process.

use heikin_core::engine::{Journal, JournalError, Record, Sequence};

use crate::store::journal::FileJournal;

/// An account's journal.
#[derive(Debug)]
pub enum AccountJournal {
    /// Below the data directory.
    Files(Box<FileJournal>),
    /// For the demo and for benchmarks: durable as soon as it is written.
    Memory,
}

impl Journal for AccountJournal {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        match self {
            Self::Files(journal) => journal.append(record),
            Self::Memory => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        match self {
            Self::Files(journal) => journal.sync(),
            Self::Memory => Ok(()),
        }
    }

    fn durable(&self) -> Sequence {
        match self {
            Self::Files(journal) => journal.durable(),
            Self::Memory => Sequence::MAX,
        }
    }
}
