//! What tells this installation from another one on the same account: drawn once, kept in the data
//! folder, part of every client order id. Beside it the mode that the folder is of: what paper holds
//! is not on an exchange, and what the testnet holds is not in an account with money.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use heikin_core::order::InstallationTag;
use serde::{Deserialize, Serialize};

const NAME: &str = "installation.json";
const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    tag: String,
    /// From the first start on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
}

/// Why the tag is not known.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// The file cannot be read or written.
    #[error("{path} cannot be read or written ({source}). Check the permissions of its folder")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else. A new tag is not drawn: orders on the exchange carry the old one.
    #[error(
        "{path} holds no installation tag. Restore it from a backup: by it heikin knows its own \
         orders on the exchange. Where heikin has no order and no position, delete it"
    )]
    Unreadable {
        /// Which file.
        path: PathBuf,
    },
    /// The folder is of another mode.
    #[error(
        "{data} is of mode {was}: what heikin holds and owes there is not that of mode {now}. Nothing was \
         changed. Give mode {now} a folder of its own (below [store] in heikin.toml, such as data = \
         \"data-{now}\"), or set the mode back to {was}"
    )]
    OtherMode {
        /// The data folder.
        data: PathBuf,
        /// The mode that it is of.
        was: String,
        /// The mode that is configured.
        now: &'static str,
    },
}

/// The tag of the installation with this data folder; drawn now, where there is none.
///
/// # Errors
///
/// Where the file cannot be read or written, or holds something else.
pub fn installation_tag(data: &Path) -> Result<InstallationTag, InstallationError> {
    let path = data.join(NAME);
    let io = |source| InstallationError::Io { path: path.clone(), source };
    if let Some((tag, _)) = read(data)? {
        return Ok(tag);
    }
    fs::create_dir_all(data).map_err(io)?;
    let tag = draw().map_err(io)?;
    let drawn = Record { tag: tag.to_string(), mode: None };
    written(data, &drawn)
        .and_then(|file| file.persist_noclobber(&path).map_err(|error| error.error))
        .and_then(|_| File::open(data)?.sync_all())
        .map_err(io)?;
    Ok(tag)
}

/// That the folder is of this mode; of another one it is refused. One that was never started is of
/// any.
///
/// # Errors
///
/// Where it is of another mode, or the file cannot be read.
pub fn check_mode(data: &Path, now: &'static str) -> Result<(), InstallationError> {
    match read(data)? {
        Some((_, Some(was))) if was != now => {
            Err(InstallationError::OtherMode { data: data.to_owned(), was, now })
        }
        _ => Ok(()),
    }
}

/// Makes the folder, which has a tag, one of this mode for good.
///
/// # Errors
///
/// As [`check_mode`], and where the file cannot be written.
pub fn claim_mode(data: &Path, now: &'static str) -> Result<(), InstallationError> {
    check_mode(data, now)?;
    let path = data.join(NAME);
    let Some((tag, None)) = read(data)? else { return Ok(()) };
    let claimed = Record { tag: tag.to_string(), mode: Some(now.to_owned()) };
    written(data, &claimed)
        .and_then(|file| file.persist(&path).map_err(|error| error.error))
        .and_then(|_| File::open(data)?.sync_all())
        .map_err(|source| InstallationError::Io { path, source })
}

/// What is recorded; nothing where there is no file.
fn read(data: &Path) -> Result<Option<(InstallationTag, Option<String>)>, InstallationError> {
    let path = data.join(NAME);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(InstallationError::Io { path, source }),
        Ok(text) => text,
    };
    let record: Option<Record> = serde_json::from_str(&text).ok();
    record
        .and_then(|Record { tag, mode }| Some((tag.parse().ok()?, mode)))
        .filter(|(tag, _)| *tag != InstallationTag::BACKTEST)
        .map(Some)
        .ok_or(InstallationError::Unreadable { path })
}

/// A whole and synced file, which has no name yet.
fn written(data: &Path, record: &Record) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new_in(data)?;
    let text = serde_json::to_string(record)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn draw() -> io::Result<InstallationTag> {
    let mut system = File::open("/dev/urandom")?;
    loop {
        let mut bytes = [0; 8];
        system.read_exact(&mut bytes)?;
        let mut drawn = u64::from_le_bytes(bytes);
        let mut text = String::new();
        for _ in 0..4 {
            let digit = usize::try_from(drawn % 36).unwrap_or_default();
            text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
            drawn /= 36;
        }
        match text.parse() {
            // That of backtests is nobody's.
            Ok(InstallationTag::BACKTEST) | Err(_) => {}
            Ok(tag) => return Ok(tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_drawn_once_and_never_anew() {
        let folder = tempfile::TempDir::new().unwrap();
        let data = folder.path().join("data");
        let tag = installation_tag(&data).unwrap();
        assert_ne!(tag, InstallationTag::BACKTEST);
        assert_eq!(installation_tag(&data).unwrap(), tag);
        let other = installation_tag(&folder.path().join("other")).unwrap();
        let third = installation_tag(&folder.path().join("third")).unwrap();
        assert!(tag != other || other != third, "chance");
        for broken in ["", "{}", "{\"tag\":\"0000\"}", "{\"tag\":\"TOOLONG\"}"] {
            fs::write(data.join(NAME), broken).unwrap();
            let error = installation_tag(&data).unwrap_err();
            assert!(matches!(error, InstallationError::Unreadable { .. }), "{broken}");
            assert_eq!(fs::read_to_string(data.join(NAME)).unwrap(), broken);
        }
    }

    #[test]
    fn a_folder_is_of_the_mode_that_it_was_started_in_first() {
        let folder = tempfile::TempDir::new().unwrap();
        let data = folder.path();
        let tag = installation_tag(data).unwrap();
        check_mode(data, "testnet").unwrap();
        claim_mode(data, "paper").unwrap();
        claim_mode(data, "paper").unwrap();
        for refused in [check_mode(data, "testnet"), claim_mode(data, "testnet")] {
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("is of mode paper") && told.contains("data-testnet"), "{told}");
        }
        assert_eq!(installation_tag(data).unwrap(), tag);
    }
}
