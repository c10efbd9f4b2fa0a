//! The tag of this installation: drawn once, and in every client order id from then on.

use std::path::Path;

use heikin_core::order::InstallationTag;
use serde::{Deserialize, Serialize};

use super::disk::{self, Disk, DiskFile as _, RealDisk};
use super::error::StoreError;
use super::recovery::Layout;

const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[derive(Debug, Serialize, Deserialize)]
struct Installation {
    tag: String,
}

/// The tag that a data directory has, drawn now where it has none: of 32^4, so that two
/// installations on one account nearly always differ. The folder is made if it is not there.
///
/// # Errors
///
/// Where the file cannot be read or written, or holds something else. Drawing another tag would
/// leave orders on the exchange that nobody knows for ours.
pub fn installation_tag(data: &Path) -> Result<InstallationTag, StoreError> {
    let path = Layout::new(data).installation();
    match RealDisk.open_to_read(&path) {
        Ok(file) => {
            let bytes = file.read_all().map_err(StoreError::io("it cannot be read", &path))?;
            let read = serde_json::from_slice::<Installation>(&bytes);
            let tag = read.ok().and_then(|installation| installation.tag.parse().ok());
            tag.ok_or(StoreError::Installation { path })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => draw(data, &path),
        Err(error) => Err(StoreError::io("it cannot be read", &path)(error)),
    }
}

fn draw(data: &Path, path: &Path) -> Result<InstallationTag, StoreError> {
    let mut bytes = [0; 4];
    let drawn = rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut bytes);
    drawn.map_err(|error| {
        StoreError::io("no chance can be drawn for it", path)(std::io::Error::other(
            error.to_string(),
        ))
    })?;
    let tag: String = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()))
        .map(|letter| char::from(*letter))
        .collect();
    // Letters and digits always serialize.
    let text = serde_json::to_vec(&Installation { tag: tag.clone() }).unwrap_or_default();
    RealDisk
        .create_folder(data)
        .and_then(|()| disk::replace(&RealDisk, path, &text))
        .map_err(StoreError::io("it cannot be written", path))?;
    tag.parse().map_err(|_error| StoreError::Installation { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_drawn_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let drawn = installation_tag(&data).unwrap();
        assert_eq!(installation_tag(&data).unwrap(), drawn);
        let path = Layout::new(&data).installation();
        for broken in ["", "{}", "{\"tag\":\"HK\"}", "null"] {
            std::fs::write(&path, broken).unwrap();
            let text = installation_tag(&data).unwrap_err().to_string();
            assert!(text.contains("installation.json: this is not what heikin wrote"), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), broken, "nothing was changed");
        }
    }
}
