use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use super::super::ids::PersonId;
use super::seal::{PersonalKey, SealError};

/// The keys of all persons: a file each, readable by their owner alone. The folder belongs in no
/// backup that outlives a deletion.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

/// Why a key cannot be had or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system says no.
    #[error("{path} cannot be read, written or removed ({source}). Check its permissions")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of another length.
    #[error("{0} holds no key. What was sealed with it is lost; remove the file")]
    NoKey(PathBuf),
    /// No new key can be drawn.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl KeyFolder {
    /// The keys in a folder, which is made when the first one is drawn.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn path(&self, person: PersonId) -> PathBuf {
        self.0.join(format!("{person}.key"))
    }

    /// A person's key; none where it was never drawn, or destroyed.
    ///
    /// # Errors
    ///
    /// Where its file cannot be read or holds something else.
    pub fn existing(&self, person: PersonId) -> Result<Option<PersonalKey>, KeyError> {
        let path = self.path(person);
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeyError::Io { path, source }),
        };
        let key = <[u8; 32]>::try_from(bytes.as_slice());
        key.map(|key| Some(PersonalKey::from_bytes(key))).map_err(|_length| KeyError::NoKey(path))
    }

    /// A person's key, drawn and made durable now where there is none.
    ///
    /// # Errors
    ///
    /// Where it can be neither read nor written.
    pub fn obtain(&self, person: PersonId) -> Result<PersonalKey, KeyError> {
        if let Some(key) = self.existing(person)? {
            return Ok(key);
        }
        let key = PersonalKey::draw()?;
        let path = self.path(person);
        self.write(&path, &key).map_err(|source| KeyError::Io { path, source })?;
        Ok(key)
    }

    /// Whole and synced, or not at all; never over one that is there.
    fn write(&self, path: &Path, key: &PersonalKey) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        fs::set_permissions(&self.0, Permissions::from_mode(0o700))?;
        // Made for its owner alone.
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(key.expose())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        self.sync()
    }

    /// Destroys a person's key, durably: nothing that was sealed with it can be opened any more.
    /// Once more changes nothing.
    ///
    /// # Errors
    ///
    /// Where the file system says no: the key may still be there.
    pub fn destroy(&self, person: PersonId) -> Result<(), KeyError> {
        let path = self.path(person);
        let removed = match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            removed => removed,
        };
        removed.and_then(|()| self.sync()).map_err(|source| KeyError::Io { path, source })
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.0)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_until_it_is_destroyed() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(&folder.path().join("keys"));
        let person = PersonId(7);
        assert!(keys.existing(person).unwrap().is_none());
        let drawn = keys.obtain(person).unwrap();
        assert_eq!(keys.obtain(person).unwrap().expose(), drawn.expose());
        assert_ne!(keys.obtain(PersonId(8)).unwrap().expose(), drawn.expose());
        let mode = fs::metadata(keys.path(person)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
        keys.destroy(person).unwrap();
        keys.destroy(person).unwrap();
        assert!(keys.existing(person).unwrap().is_none());
        assert_ne!(keys.obtain(person).unwrap().expose(), drawn.expose());
        fs::write(keys.path(person), b"short").unwrap();
        assert!(matches!(keys.existing(person), Err(KeyError::NoKey(_))));
    }
}
