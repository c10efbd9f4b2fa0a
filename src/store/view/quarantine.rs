//! Where damaged things go: renamed, never emptied, the newest five kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use heikin_core::time::Timestamp;

use crate::store::error::StoreError;

const KEPT: usize = 5;

/// Moves `path` into the quarantine; its new place, or none where there is nothing.
pub(in crate::store) fn set_aside(
    folder: &Path,
    path: &Path,
    reason: &str,
    now: Timestamp,
) -> Result<Option<PathBuf>, StoreError> {
    let io = |doing| StoreError::io(doing, path);
    if !path.try_exists().map_err(io("it cannot be looked at"))? {
        return Ok(None);
    }
    fs::create_dir_all(folder).map_err(StoreError::io("the folder cannot be created", folder))?;
    let moment = jiff::Timestamp::from_millisecond(now.millis())
        .map_or_else(|_| now.millis().to_string(), |at| at.strftime("%Y%m%dT%H%M%SZ").to_string());
    let mut number = 1_u32;
    let target = loop {
        let target = folder.join(format!("{moment}-{number:03}-{reason}"));
        if !target.try_exists().map_err(io("the quarantine cannot be looked at"))? {
            break target;
        }
        number += 1;
    };
    fs::rename(path, &target).map_err(io("it cannot be moved into the quarantine"))?;
    prune(folder).map_err(StoreError::io("its oldest entries cannot be removed", folder))?;
    Ok(Some(target))
}

fn prune(folder: &Path) -> io::Result<()> {
    let mut entries: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort_unstable();
    for old in entries.iter().take(entries.len().saturating_sub(KEPT)) {
        if old.is_dir() { fs::remove_dir_all(old)? } else { fs::remove_file(old)? }
    }
    Ok(())
}
