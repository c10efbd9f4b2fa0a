//! What outlives the process: the journal's files, snapshots, and the indexed view.
//!
//! | module | holds |
//! |---|---|
//! | [`journal`] | the source of truth: append-only, checksummed, chained, synced before anything leaves |
//! | [`disk`] | what the journal asks of a file system, and one in memory that fails when told to |

pub mod disk;
mod error;
pub mod journal;

pub use error::{Damage, StoreError};
