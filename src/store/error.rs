//! What can be wrong with the store, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use heikin_core::engine::{JournalError, Sequence, SnapshotError};

/// Why the store could not do what it was asked. Its text is complete: what happened, to what, what
/// heikin did, and what mends it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system said no.
    #[error("{}: {doing}: {source}{}", path.display(), remedy(source))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// Bytes that were once written are not what they were.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// Written by a newer version of heikin.
    #[error(
        "{} was written by a newer version of heikin (format {found}; this one reads up to {known}). \
         Nothing was changed: start that version, or restore a backup made by this one",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format that was found.
        found: u32,
        /// The newest format that is known.
        known: u32,
    },
    /// The journal ends before what it had made durable.
    #[error(
        "{}: records up to {synced} were safely written, but only those up to {found} are there: the \
         end of the journal is lost. Nothing was changed. Restore a backup into another folder with \
         `heikin store restore`; or, to go on with what is there and let the exchange tell the rest, \
         move the file `{DURABLE_MARK}` out of that folder",
        path.display()
    )]
    Lost {
        /// The journal's folder.
        path: PathBuf,
        /// The last record that is there.
        found: Sequence,
        /// The last record that was made durable.
        synced: Sequence,
    },
    /// A segment in the middle is not there.
    #[error(
        "{}: segment {number} is missing, though there are earlier and later ones. Nothing was \
         changed: put the file back, or restore a backup with `heikin store restore`",
        path.display()
    )]
    MissingSegment {
        /// The journal's folder.
        path: PathBuf,
        /// Its number.
        number: u64,
    },
    /// An earlier write or sync failed.
    #[error(
        "an earlier write to the journal failed ({0}): nothing more is written until heikin is \
         started again"
    )]
    Poisoned(String),
    /// A record that no segment takes.
    #[error("record {record} has {bytes} bytes; a record may have up to {most}")]
    TooLarge {
        /// Its number.
        record: Sequence,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        most: usize,
    },
    /// A record that does not follow the last one.
    #[error("record {found} was to be written where record {expected} belongs")]
    OutOfOrder {
        /// The number that belongs there.
        expected: Sequence,
        /// The number that it has.
        found: Sequence,
    },
    /// A value cannot be turned into bytes.
    #[error("record {record} cannot be written as JSON: {source}")]
    Encoding {
        /// Its number.
        record: Sequence,
        /// Why.
        source: serde_json::Error,
    },
    /// Another process uses the data directory.
    #[error(
        "another instance ({}) uses {}: stop it or choose another data directory", holder, path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// Which process, as far as it is known.
        holder: String,
    },
    /// There is something where something is to be written.
    #[error("{} is not empty: {remedy}", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// A backup is to be restored over itself.
    #[error(
        "the backup {} and the data directory {} are one and the same, or one holds the other: setting \
         aside what is there would take the backup away. Nothing was changed: name the folder that \
         `heikin store backup` has written, and the data directory with --data",
        backup.display(), data.display()
    )]
    SameFolder {
        /// The backup that was named.
        backup: PathBuf,
        /// The data directory.
        data: PathBuf,
    },
    /// There is no store.
    #[error("{} holds no journal: give the data directory with --data", path.display())]
    NoStore {
        /// Where one was looked for.
        path: PathBuf,
    },
    /// Snapshot and journal do not belong together.
    #[error(
        "{}: the snapshot through record {snapshot} does not fit the journal, which {journal}. \
         Nothing was changed: restore a backup, in which both fit, with `heikin store restore`",
        path.display()
    )]
    Foreign {
        /// The snapshot.
        path: PathBuf,
        /// The record that it goes up to.
        snapshot: Sequence,
        /// How the journal differs.
        journal: String,
    },
    /// The first records are gone, and no snapshot replaces them.
    #[error(
        "{}: no snapshot is readable, and the journal begins only at record {first}: the state before \
         it is lost. Restore a backup with `heikin store restore`",
        path.display()
    )]
    NoBeginning {
        /// The journal's folder.
        path: PathBuf,
        /// The first record that is there.
        first: Sequence,
    },
    /// The saved state does not fit the settings.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The indexed view cannot be used. Trading does not depend on it.
    #[error("{}: {what}; the view can be deleted and is then built anew", path.display())]
    View {
        /// Where it is.
        path: PathBuf,
        /// What happened.
        what: String,
    },
}

/// The name of the file that says how far the journal is durable.
pub(super) const DURABLE_MARK: &str = "durable";

/// Where a file of the store is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// The byte that the damaged part begins at.
    pub offset: u64,
    /// The first record that cannot be read.
    pub record: Sequence,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, offset, record, what } = self;
        write!(
            out,
            "{}, byte {offset}: record {record} is damaged ({what}); the records before it are good. \
             Nothing was changed. Check the disk, then restore a backup with `heikin store restore`",
            path.display()
        )
    }
}

impl std::error::Error for Damage {}

impl StoreError {
    /// For `map_err` on what the operating system answers.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    /// Whether what was given is at fault, and not the store or the disk.
    pub const fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Self::NotEmpty { .. }
                | Self::SameFolder { .. }
                | Self::NoStore { .. }
                | Self::InUse { .. }
                | Self::Newer { .. }
        )
    }
}

/// What mends what the operating system complains of.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ": free some space, then start heikin again; nothing that it had acted on is lost"
        }
        io::ErrorKind::PermissionDenied => {
            ": the user that heikin runs as must own this folder and may write in it"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            ": the data directory must be on a file system that can be written"
        }
        io::ErrorKind::FileTooLarge => ": the process may not write files of this size (ulimit -f)",
        _ => "",
    }
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}
