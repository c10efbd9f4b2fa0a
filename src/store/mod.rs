//! What outlives the process: the journal's files, snapshots, and the indexed view.
//!
//! | module | holds |
//! |---|---|
//! | [`journal`] | the source of truth: append-only, checksummed, chained, synced before anything leaves |
//! | [`snapshots`] | the state at a record, so that a start folds only what came after |
//! | [`view`] | what is read, indexed in sled; made from the journal, and disposable |
//! | [`disk`] | what those two ask of a file system, and one in memory that fails when told to |
//!
//! A start takes the [`DataLock`], then [`recover`]s; nothing is traded on a store that this process
//! has not verified.

mod backup;
pub mod disk;
mod error;
pub mod journal;
mod lock;
mod recovery;
pub mod snapshots;
pub mod view;

pub use backup::{Copied, Existing, backup, check_apart, restore};
pub use error::{Damage, StoreError};
pub use lock::DataLock;
pub use recovery::{Layout, Recovery, recover};

use std::path::PathBuf;

use heikin_core::time::Timestamp;

/// Moves the view of a data directory into the quarantine; where to, where there was one. The next
/// opening builds it anew.
pub fn set_view_aside(layout: &Layout, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    view::set_aside(&layout.quarantine(), &layout.view(), "view", now)
}
