//! The data directory: where what lies, how a start finds its state, and what a running process
//! writes.

use std::path::{Path, PathBuf};

use heikin_core::engine::{Engine, Sequence};

use super::disk::Disk;
use super::error::StoreError;
use super::journal::{FileJournal, Opened, Settings, Verify};
use super::snapshots::Snapshots;

/// Where in a data directory what lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    data: PathBuf,
}

impl Layout {
    /// Of this data directory.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    /// The directory itself.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The journal's segments.
    pub fn journal(&self) -> PathBuf {
        self.data.join("journal")
    }

    /// Snapshots of the state.
    pub fn snapshots(&self) -> PathBuf {
        self.data.join("snapshots")
    }

    /// The indexed view.
    pub fn view(&self) -> PathBuf {
        self.data.join("heikin.sled")
    }

    /// What the front office remembers.
    pub fn front(&self) -> PathBuf {
        self.data.join("front")
    }

    /// The traders' numbers.
    pub fn traders(&self) -> PathBuf {
        self.data.join("traders.json")
    }

    /// The tag of the installation.
    pub fn installation(&self) -> PathBuf {
        self.data.join("installation.json")
    }

    /// While this file exists, a running process leaves everything and enters nothing.
    pub fn panic(&self) -> PathBuf {
        self.data.join("PANIC")
    }

    /// What was damaged and set aside.
    pub fn quarantine(&self) -> PathBuf {
        self.data.join("quarantine")
    }
}

/// How a start came to its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// What the journal was like.
    pub journal: Opened,
    /// The record that the snapshot goes up to; 0 without one.
    pub snapshot: Sequence,
    /// How many records were folded after it.
    pub folded: u64,
    /// Snapshots that are damaged and were passed over, and how.
    pub damaged: Vec<(PathBuf, String)>,
}

/// Opens the journal, and brings the engine, which is set up as configured and empty, to the state
/// that it records: the newest good snapshot, and every record since.
pub fn recover<D: Disk>(
    disk: &D,
    layout: &Layout,
    settings: Settings,
    engine: &mut Engine,
) -> Result<(FileJournal<D>, Recovery), StoreError> {
    let snapshots = Snapshots::new(disk.clone(), &layout.snapshots());
    let found = snapshots.newest()?;
    let (through, checksum) =
        found.newest.as_ref().map_or((0, 0), |saved| (saved.through, saved.checksum));
    // Before the journal is opened, which may write.
    if let Some(saved) = &found.newest {
        saved.state.check_version()?;
    }
    // From the older one, as that is what the next start may need.
    let from = snapshots.oldest()?.unwrap_or(0).min(through);
    let folder = layout.journal();
    let (journal, opened) =
        FileJournal::open_on(disk.clone(), &folder, Verify::From(from), settings)?;
    if opened.first > through + 1 {
        return Err(StoreError::NoBeginning { path: folder, first: opened.first });
    }
    let mut records = journal.reader().records(through.saturating_sub(1), Sequence::MAX)?;
    let mut folded = 0;
    if let Some(saved) = found.newest {
        let foreign = |journal: String| StoreError::Foreign {
            path: saved.path.clone(),
            snapshot: through,
            journal,
        };
        match records.next_linked()? {
            None => return Err(foreign(format!("ends with record {}", opened.last))),
            Some(linked) if linked.checksum != checksum => {
                return Err(foreign("has another record there".to_owned()));
            }
            Some(_) => engine.restore(saved.state)?,
        }
    }
    for record in records {
        engine.fold(&record?);
        folded += 1;
    }
    let recovery = Recovery { journal: opened, snapshot: through, folded, damaged: found.damaged };
    Ok((journal, recovery))
}
