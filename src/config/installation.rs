//! What tells this installation from another one on the same account: drawn once, kept in the data
//! folder, part of every client order id.

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
}

/// The tag of the installation with this data folder; drawn now, where there is none.
///
/// # Errors
///
/// Where the file cannot be read or written, or holds something else.
pub fn installation_tag(data: &Path) -> Result<InstallationTag, InstallationError> {
    let path = data.join(NAME);
    let io = |source| InstallationError::Io { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let record: Option<Record> = serde_json::from_str(&text).ok();
            let tag = record.and_then(|record| record.tag.parse().ok());
            tag.filter(|tag| *tag != InstallationTag::BACKTEST)
                .ok_or(InstallationError::Unreadable { path })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(data).map_err(io)?;
            let tag = draw().map_err(io)?;
            write(data, &path, tag).map_err(io)?;
            Ok(tag)
        }
        Err(error) => Err(io(error)),
    }
}

/// Whole and synced, or not at all; never over one that is there.
fn write(data: &Path, path: &Path, tag: InstallationTag) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(data)?;
    let text = serde_json::to_string(&Record { tag: tag.to_string() })?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(data)?.sync_all()
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
}
