//! The machine that the process runs on: its disk with the store on it, and what is held against it.

use std::path::{Path, PathBuf};

use heikin_core::engine::{
    Engine, Journal, JournalError, MemoryJournal, Record, Sequence, Snapshot,
};
use heikin_core::time::Timestamp;

use super::check::{Violation, violated};
use super::dice::Dice;
use crate::store::disk::{Disk as _, Fault, MemoryDisk, Survives};
use crate::store::journal::{FileJournal, Opened, Outdated, Settings, archive};
use crate::store::snapshots::Snapshots;
use crate::store::{Layout, Recovery, StoreError, recover};

/// What the segments and snapshots of a simulation say of who wrote them.
const BUILD: &str = "simulation";

/// All that a process ever appended, beside the journal: what recovery is held against.
#[derive(Debug, Default)]
pub(super) struct Witness {
    records: Vec<Record>,
    /// Of each record, chained: two journals with the same one have the same records up to there.
    checksums: Vec<u32>,
    /// So many records were called durable.
    promised: usize,
}

impl Witness {
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) const fn promised(&self) -> usize {
        self.promised
    }

    /// A recovered journal ends like this: it is a prefix of what was written, with all that was
    /// called durable. What is beyond is lost.
    fn recovered(&mut self, (last, checksum): (Sequence, u32)) -> Result<(), Violation> {
        let length = usize::try_from(last).unwrap_or(usize::MAX);
        if length < self.promised {
            let what = format!("{} records were durable, {last} are there", self.promised);
            return violated("D2 lost", what);
        }
        if length > self.records.len() {
            let what = format!("{} records were written, {last} are there", self.records.len());
            return violated("D2 invented", what);
        }
        let written = length.checked_sub(1).and_then(|index| self.checksums.get(index));
        if written.is_some_and(|written| *written != checksum) {
            return violated("D2 other records", format!("record {last} is another one"));
        }
        self.keep(length);
        Ok(())
    }

    fn keep(&mut self, length: usize) {
        self.records.truncate(length);
        self.checksums.truncate(length);
        self.promised = self.records.len();
    }
}

/// A journal and the witness of what is appended to it.
#[derive(Debug)]
pub(super) struct Witnessed {
    medium: Medium,
    witness: Witness,
}

#[derive(Debug)]
enum Medium {
    Memory(MemoryJournal),
    Disk(Box<FileJournal<MemoryDisk>>),
}

impl Witnessed {
    pub(super) fn records(&self) -> &[Record] {
        self.witness.records()
    }

    /// The next sync fails.
    pub(super) fn fail_next_sync(&mut self) {
        if let Medium::Memory(journal) = &mut self.medium {
            journal.fail_next_sync();
        }
    }

    /// The last durable record and its checksum, for a snapshot.
    const fn durable_link(&self) -> Option<(Sequence, u32)> {
        match &self.medium {
            Medium::Memory(_) => None,
            Medium::Disk(journal) => Some(journal.durable_link()),
        }
    }

    /// The process that wrote it is gone.
    pub(super) fn into_witness(self) -> Witness {
        let durable = usize::try_from(self.durable()).unwrap_or(usize::MAX);
        Witness { promised: durable, ..self.witness }
    }

    /// What lies on the disk, read from its beginning, is what was written.
    pub(super) fn check_content(&self) -> Result<(), Violation> {
        let Medium::Disk(journal) = &self.medium else { return Ok(()) };
        let read = journal.reader().records(0, journal.durable());
        let read: Result<Vec<Record>, _> = read.and_then(Iterator::collect);
        let durable = usize::try_from(journal.durable()).unwrap_or(usize::MAX);
        match read {
            Err(error) => violated("D2 unreadable", error.to_string()),
            Ok(read) if Some(read.as_slice()) != self.witness.records.get(..durable) => {
                violated("D2 other records", "the journal reads differently from what was written")
            }
            Ok(_) => Ok(()),
        }
    }
}

impl Journal for Witnessed {
    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        match &mut self.medium {
            Medium::Memory(journal) => journal.append(record)?,
            Medium::Disk(journal) => {
                journal.append(record)?;
                self.witness.checksums.push(journal.last_link().1);
            }
        }
        self.witness.records.push(record.clone());
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        match &mut self.medium {
            Medium::Memory(journal) => journal.sync(),
            Medium::Disk(journal) => journal.sync(),
        }
    }

    fn durable(&self) -> Sequence {
        match &self.medium {
            Medium::Memory(journal) => journal.durable(),
            Medium::Disk(journal) => journal.durable(),
        }
    }
}

/// How a process, and perhaps its machine, dies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Death {
    /// So many records of the unsynced tail survive in memory.
    pub(super) kept: usize,
    /// What of the unsynced bytes survives on a disk.
    pub(super) survives: Survives,
}

/// Why a process did not start.
#[derive(Debug)]
pub(super) enum NotStarted {
    /// The store refused.
    Refused(StoreError),
    /// It started from something that never was.
    Wrong(Violation),
}

/// Where the journal of a process lies.
#[derive(Debug)]
pub(super) enum Machine {
    /// In memory, as records: nothing goes wrong but that the unsynced ones are lost.
    Memory,
    /// On a disk.
    Disk(Box<Store>),
}

/// The store on its disk.
#[derive(Debug)]
pub(super) struct Store {
    disk: MemoryDisk,
    layout: Layout,
    settings: Settings,
    /// What was damaged, as it was before.
    damaged: Option<(PathBuf, Vec<u8>)>,
    /// Whether the mark of how far it was durable is looked at: but for a planted bug.
    mark: MarkIs,
}

/// What is done with the high-water mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkIs {
    Checked,
    Ignored,
}

impl Machine {
    /// A machine with an empty disk.
    pub(super) fn with_disk(dice: &mut Dice, mark: MarkIs) -> Self {
        let sizes = [16, 64, 64, 256];
        let kibibytes = dice.pick(&sizes).copied().unwrap_or(64);
        Self::Disk(Box::new(Store {
            disk: MemoryDisk::default(),
            layout: Layout::new(Path::new("data")),
            settings: Settings { segment_bytes: kibibytes << 10, build: BUILD.to_owned() },
            damaged: None,
            mark,
        }))
    }

    pub(super) fn store(&mut self) -> Option<&mut Store> {
        match self {
            Self::Memory => None,
            Self::Disk(store) => Some(store),
        }
    }

    /// The process dies.
    pub(super) fn die(&mut self, witness: &mut Witness, death: Death) {
        match self {
            Self::Memory => witness.keep(witness.promised.saturating_add(death.kept)),
            Self::Disk(store) => store.disk = store.disk.crashed(death.survives),
        }
    }

    /// The journal of a starting process, and its engine brought to the state that it records.
    pub(super) fn recover(
        &mut self,
        witness: &mut Witness,
        engine: &mut Engine,
    ) -> Result<(Witnessed, Recovery), NotStarted> {
        let (medium, recovery) = match self {
            Self::Memory => (Medium::Memory(refilled(witness, engine)), nothing_special()),
            Self::Disk(store) => {
                let (journal, recovery) = store.recover(engine).map_err(NotStarted::Refused)?;
                witness.recovered(journal.durable_link()).map_err(NotStarted::Wrong)?;
                (Medium::Disk(Box::new(journal)), recovery)
            }
        };
        Ok((Witnessed { medium, witness: std::mem::take(witness) }, recovery))
    }

    /// Keeps the state as a snapshot, where all of it is durable.
    pub(super) fn keep_snapshot(
        &self,
        journal: &Witnessed,
        (through, state): (Sequence, &Snapshot),
    ) -> Result<(), StoreError> {
        let (Self::Disk(store), Some(link)) = (self, journal.durable_link()) else { return Ok(()) };
        if link.0 == through && through > 0 {
            store.snapshots().save(link, state, BUILD)?;
        }
        Ok(())
    }
}

/// A journal in memory with these records, and the engine with them folded in.
fn refilled(witness: &Witness, engine: &mut Engine) -> MemoryJournal {
    let mut journal = MemoryJournal::default();
    for record in &witness.records {
        engine.fold(record);
        // In memory nothing fails unless it is told to.
        if journal.append(record).is_err() {
            break;
        }
    }
    match journal.sync() {
        Ok(()) | Err(_) => journal,
    }
}

fn nothing_special() -> Recovery {
    Recovery { journal: Opened::default(), snapshot: 0, folded: 0, damaged: Vec::new() }
}

impl Store {
    fn snapshots(&self) -> Snapshots<MemoryDisk> {
        Snapshots::new(self.disk.clone(), &self.layout.snapshots())
    }

    fn recover(
        &mut self,
        engine: &mut Engine,
    ) -> Result<(FileJournal<MemoryDisk>, Recovery), StoreError> {
        if self.mark == MarkIs::Ignored {
            // Who has no mark cannot look at it.
            match self.disk.remove(&self.layout.journal().join("durable")) {
                Ok(()) | Err(_) => {}
            }
        }
        let recovered = recover(&self.disk, &self.layout, self.settings.clone(), engine)?;
        self.damaged = None;
        Ok(recovered)
    }

    /// This goes wrong next.
    pub(super) fn fail(&self, fault: Fault) {
        self.disk.fail(fault);
    }

    pub(super) fn is_failing(&self) -> bool {
        self.disk.is_failing()
    }

    /// Compresses what no start needs any more.
    pub(super) fn archive(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Some(through) = self.snapshots().oldest()? else { return Ok(0) };
        let outdated = Outdated { through, before: now };
        Ok(archive(&self.disk, &self.layout.journal(), outdated)?.len())
    }

    /// A bit of the newest snapshot flips, or its end is lost; false where there is none.
    pub(super) fn damage_snapshot(&self, dice: &mut Dice) -> bool {
        let Some((path, bytes)) = self.newest(&self.layout.snapshots()) else { return false };
        self.disk.overwrite(&path, &damage(&bytes, 0, dice));
        true
    }

    /// A bit of the segment that is written to flips, or its end is lost, although it had been
    /// durable; false where there is none.
    pub(super) fn damage_journal(&mut self, dice: &mut Dice) -> bool {
        let segments = self.newest(&self.layout.journal());
        let Some((path, bytes)) = segments else { return false };
        self.disk.overwrite(&path, &damage(&bytes, HEADER, dice));
        self.damaged = Some((path, bytes));
        true
    }

    /// Whether the journal was damaged, and nobody has mended it.
    pub(super) const fn is_damaged(&self) -> bool {
        self.damaged.is_some()
    }

    /// What was damaged is put back.
    pub(super) fn mend(&mut self) {
        if let Some((path, bytes)) = self.damaged.take() {
            self.disk.overwrite(&path, &bytes);
        }
    }

    fn newest(&self, folder: &Path) -> Option<(PathBuf, Vec<u8>)> {
        let names = self.disk.list(folder).ok()?;
        let whole = |name: &&String| name.ends_with(".segment") || name.ends_with(".snapshot");
        let path = folder.join(names.iter().rfind(whole)?);
        let bytes = self.disk.read(&path)?;
        Some((path, bytes))
    }
}

/// What a segment has before its first record.
const HEADER: usize = 128;

/// These bytes, but one bit, or without their end, from `least` on.
fn damage(bytes: &[u8], least: usize, dice: &mut Dice) -> Vec<u8> {
    // Behind the last byte that is not zero nothing was written.
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut damaged = bytes.to_vec();
    if dice.chance(5_000) {
        damaged.truncate(dice.index(written).max(least));
    } else if let Some(byte) = damaged.get_mut(dice.index(written)) {
        *byte ^= 1 << dice.between(0, 7);
    }
    damaged
}
