//! What outlives the process: the journal's files, snapshots, and the indexed view.
//!
//! | module | holds |
//! |---|---|
//! | [`journal`] | the source of truth: append-only, checksummed, chained, synced before anything leaves |
//! | [`snapshots`] | the state at a record, so that a start folds only what came after |
//! | [`disk`] | what those two ask of a file system, and one in memory that fails when told to |
//!
//! A start takes the [`DataLock`], then [`recover`]s; nothing is traded on a store that this process
//! has not verified.

pub mod disk;
mod error;
pub mod journal;
mod lock;
mod recovery;
pub mod snapshots;

pub use error::{Damage, StoreError};
pub use lock::DataLock;
pub use recovery::{Layout, Recovery, recover};
