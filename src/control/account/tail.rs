//! Where the copy stands, over restarts, and reading on.

use std::path::Path;

use heikin_core::engine::{Record, Sequence};

use super::replica::{Replica, Saved, Telling};
use crate::store::disk::Disk;
use crate::store::journal::{Follower, JournalReader};
use crate::store::snapshots::Snapshots;
use crate::store::{Layout, StoreError};

/// A snapshot of the copy is saved when so many records have come since the last one.
const SNAPSHOT_EVERY: Sequence = 2_000;
/// Read at once: what is longer is read in portions.
const PORTION: usize = 512;

/// Reads the account's journal on into a copy. The copy itself is elsewhere, since people look at it.
#[derive(Debug)]
pub struct Tail<D: Disk> {
    follower: Follower<D>,
    snapshots: Snapshots<D, Saved>,
    saved: Sequence,
}

impl<D: Disk> Tail<D> {
    /// Brings a copy, which is set up and empty, to the end of the journal. What is to be told of
    /// the records behind `mark` is given; of all before, it was told. Without a mark nothing is:
    /// nobody was there to be told.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read, or what was saved does not fit.
    pub fn open(
        disk: D,
        (layout, folder): (&Layout, &Path),
        replica: &mut Replica,
        mark: Option<Sequence>,
    ) -> Result<(Self, Vec<Telling>), StoreError> {
        let snapshots: Snapshots<D, Saved> = Snapshots::of(disk.clone(), folder);
        let journal = layout.journal();
        let reader = JournalReader::new(disk.clone(), &journal);
        let durable = reader.durable()?;
        let mark = mark.unwrap_or(durable);
        let mut saved = 0;
        if let Some(newest) = snapshots.newest_through(mark.min(durable))?.newest {
            let link = Follower::behind(disk.clone(), &journal, newest.through)?.link();
            if link == (newest.through, newest.checksum) {
                replica.restore(newest.state, newest.through)?;
                saved = newest.through;
            }
        }
        let mut told = Vec::new();
        let mut portion: Vec<Record> = Vec::with_capacity(PORTION);
        for record in reader.records(saved, durable)? {
            let record = record?;
            if record.seq == mark + 1 {
                // All of it was told.
                drop(replica.fold(std::mem::take(&mut portion)));
                drop(replica.settle());
            }
            let is_told = record.seq <= mark;
            portion.push(record);
            if portion.len() == PORTION {
                let more = replica.fold(std::mem::take(&mut portion));
                told.extend(more.into_iter().filter(|_| !is_told));
            }
        }
        let mut last = replica.fold(portion);
        last.extend(replica.settle());
        told.extend(last.into_iter().filter(|_| mark < durable));
        let follower = Follower::behind(disk, &journal, durable)?;
        Ok((Self { follower, snapshots, saved }, told))
    }

    /// Takes in what has become durable since; what of it is to be told is added to `told`, also
    /// where it fails half-way.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read.
    pub fn read_on(
        &mut self,
        replica: &mut Replica,
        told: &mut Vec<Telling>,
    ) -> Result<(), StoreError> {
        loop {
            let records = self.follower.read_on(PORTION)?;
            let is_all = records.len() < PORTION;
            told.extend(replica.fold(records));
            if is_all {
                // What is durable is durable together with all of its step.
                told.extend(replica.settle());
                return Ok(());
            }
        }
    }

    /// Whether there is something that was not read.
    ///
    /// # Errors
    ///
    /// Where the journal's mark cannot be read.
    pub fn is_behind(&self) -> Result<bool, StoreError> {
        Ok(self.follower.durable()? > self.follower.position())
    }

    /// Saves the copy where that is due, or `now`; all that it has to tell is in the outbox.
    ///
    /// # Errors
    ///
    /// Where it cannot be written. It can be made again from the journal.
    pub fn save(&mut self, replica: &Replica, due: Due) -> Result<(), StoreError> {
        let link = self.follower.link();
        let least = match due {
            Due::Now => self.saved + 1,
            Due::InTime => self.saved + SNAPSHOT_EVERY,
        };
        if link.0 < least {
            return Ok(());
        }
        self.snapshots.save(link, &replica.save(), env!("CARGO_PKG_VERSION"))?;
        self.saved = link.0;
        Ok(())
    }
}

/// When a snapshot is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// At the end.
    Now,
    /// Every so many records.
    InTime,
}
