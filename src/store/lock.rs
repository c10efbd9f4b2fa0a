//! One process per data directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use heikin_core::time::Timestamp;

use super::error::StoreError;

const NAME: &str = "LOCK";

/// Held as long as it lives; the operating system lets go of it when the process ends, however it
/// ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the data directory for this process, which started at `since`. The folder must exist.
    pub fn take(data: &Path, since: Timestamp) -> Result<Self, StoreError> {
        let path = data.join(NAME);
        let io = |doing| StoreError::io(doing, &path);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("it cannot be opened or created"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read_holder(&mut file);
                return Err(StoreError::InUse { path: data.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(io("it cannot be locked")(error)),
        }
        write_holder(&mut file, since).map_err(io("it cannot be written"))?;
        Ok(Self { _file: file })
    }
}

fn write_holder(file: &mut File, since: Timestamp) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "pid {}, since {}", std::process::id(), utc(since))
}

/// Who holds it, as far as that is written; the lock alone decides.
fn read_holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(200).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "which is just starting".to_owned(),
    }
}

/// A time as people read it.
pub(super) fn utc(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(
        |_| at.millis().to_string(),
        |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}
