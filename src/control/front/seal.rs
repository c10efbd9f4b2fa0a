//! Personal texts, sealed under keys that lie beside the journal and can be destroyed.
//!
//! A journal cannot forget. So names and messages are in it, and in snapshots, only as ciphertext
//! (XChaCha20-Poly1305), under a key per person, and one for the messages of the time, which is
//! destroyed when it has sealed many, or when somebody is forgotten. Without its key a text is gone,
//! in backups too.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use heikin_bot::backend::UserId;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::store::StoreError;
use crate::store::disk::{Disk, DiskFile as _, replace};

const KEY: usize = 32;
const NONCE: usize = 24;

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyName {
    /// A person's.
    Person(UserId),
    /// That of the messages and buttons of a time, counted.
    Texts(u64),
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(user) => write!(f, "person-{user}.key"),
            Self::Texts(number) => write!(f, "texts-{number}.key"),
        }
    }
}

/// A text that only its key can open.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    key: KeyName,
    /// Nonce and ciphertext, in hexadecimal.
    text: String,
}

impl Sealed {
    /// How much it takes in a record, in bytes.
    pub const fn size(&self) -> usize {
        self.text.len()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({:?})", self.key)
    }
}

/// The keys in a folder.
#[derive(Debug)]
pub struct Keyring<D> {
    disk: D,
    folder: PathBuf,
    known: BTreeMap<KeyName, Secret>,
}

#[derive(Clone)]
struct Secret(Zeroizing<[u8; KEY]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<D: Disk> Keyring<D> {
    /// Reads the keys of a folder, which need not exist.
    pub fn open(disk: D, folder: &Path) -> Result<Self, StoreError> {
        let mut keyring = Self { disk, folder: folder.to_owned(), known: BTreeMap::new() };
        let listed = keyring.disk.list(folder);
        for file in listed.map_err(StoreError::io("the keys cannot be listed", folder))? {
            let Some(name) = name_of(&file) else { continue };
            let path = folder.join(&file);
            let bytes = keyring.disk.open_to_read(&path).and_then(|file| file.read_all());
            let bytes = bytes.map_err(StoreError::io("the key cannot be read", &path))?;
            // Not a whole key: nothing can have been sealed under it.
            if let Ok(key) = <[u8; KEY]>::try_from(bytes.as_slice()) {
                keyring.known.insert(name, Secret(Zeroizing::new(key)));
            }
        }
        Ok(keyring)
    }

    /// Seals a text; the key is made, and is durable, before it is used.
    pub fn seal(&mut self, name: KeyName, text: &str) -> Result<Sealed, StoreError> {
        let chance = StoreError::io("the system gives no chance", Path::new("/dev/urandom"));
        let nonce = random::<NONCE>().map_err(chance)?;
        let cipher = self.cipher(name)?;
        let aad = name.to_string();
        let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        // It fails for texts of 256 GiB alone.
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed.unwrap_or_default());
        Ok(Sealed { key: name, text: hex(&bytes) })
    }

    /// Opens a text; none where its key was destroyed.
    pub fn unseal(&self, sealed: &Sealed) -> Option<String> {
        let Secret(key) = self.known.get(&sealed.key)?;
        let bytes = unhex(&sealed.text)?;
        let (nonce, text) = bytes.split_at_checked(NONCE)?;
        let nonce = XNonce::from(<[u8; NONCE]>::try_from(nonce).ok()?);
        let cipher = XChaCha20Poly1305::new(&Key::from(**key));
        let aad = sealed.key.to_string();
        let payload = Payload { msg: text, aad: aad.as_bytes() };
        String::from_utf8(cipher.decrypt(&nonce, payload).ok()?).ok()
    }

    /// Destroys a key, and all that is sealed under it.
    pub fn destroy(&mut self, name: KeyName) -> Result<(), StoreError> {
        if self.known.remove(&name).is_none() {
            return Ok(());
        }
        let path = self.folder.join(name.to_string());
        self.disk
            .remove(&path)
            .and_then(|()| self.disk.sync_folder(&self.folder))
            .map_err(StoreError::io("the key cannot be destroyed", &path))
    }

    /// Destroys the keys of messages of other times.
    pub fn keep_texts(&mut self, number: u64) -> Result<(), StoreError> {
        let is_old = |name: &&KeyName| matches!(name, KeyName::Texts(other) if *other != number);
        let old: Vec<KeyName> = self.known.keys().filter(is_old).copied().collect();
        old.into_iter().try_for_each(|name| self.destroy(name))
    }

    fn cipher(&mut self, name: KeyName) -> Result<XChaCha20Poly1305, StoreError> {
        if let Some(Secret(key)) = self.known.get(&name) {
            return Ok(XChaCha20Poly1305::new(&Key::from(**key)));
        }
        let path = self.folder.join(name.to_string());
        let key = Zeroizing::new(
            random::<KEY>().map_err(StoreError::io("no key can be drawn for it", &path))?,
        );
        self.disk
            .create_folder(&self.folder)
            .and_then(|()| replace(&self.disk, &path, key.as_slice()))
            .map_err(StoreError::io("the key cannot be written", &path))?;
        let cipher = XChaCha20Poly1305::new(&Key::from(*key));
        self.known.insert(name, Secret(key));
        Ok(cipher)
    }
}

fn name_of(file: &str) -> Option<KeyName> {
    let stem = file.strip_suffix(".key")?;
    match stem.split_once('-')? {
        ("person", id) => id.parse().ok().map(|id| KeyName::Person(UserId(id))),
        ("texts", number) => number.parse().ok().map(KeyName::Texts),
        _ => None,
    }
}

/// Bytes that nobody can guess.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// As text.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let pair = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(pair).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::disk::MemoryDisk;

    #[test]
    fn a_text_is_there_until_its_key_is_destroyed() {
        let disk = MemoryDisk::default();
        let open = || Keyring::open(disk.clone(), Path::new("keys")).unwrap();
        let (person, texts) = (KeyName::Person(UserId(-7)), KeyName::Texts(3));
        let mut keys = open();
        let name = keys.seal(person, "Ada Löve").unwrap();
        let text = keys.seal(texts, "").unwrap();
        assert!(!serde_json::to_string(&name).unwrap().contains("Ada"));
        assert_ne!(keys.seal(person, "Ada Löve").unwrap(), name, "the same text looks the same");
        let mut keys = open();
        assert_eq!(keys.unseal(&name).as_deref(), Some("Ada Löve"));
        assert_eq!(keys.unseal(&text).as_deref(), Some(""));
        keys.keep_texts(4).unwrap();
        keys.destroy(person).unwrap();
        for keys in [keys, open()] {
            assert_eq!((keys.unseal(&name), keys.unseal(&text)), (None, None));
        }
    }

    #[test]
    fn a_text_that_was_changed_is_not_opened() {
        let mut keys = Keyring::open(MemoryDisk::default(), Path::new("keys")).unwrap();
        let mut sealed = keys.seal(KeyName::Texts(1), "pause").unwrap();
        let last = sealed.text.pop().unwrap();
        sealed.text.push(if last == '0' { '1' } else { '0' });
        assert_eq!(keys.unseal(&sealed), None);
        sealed.text.clear();
        assert_eq!(keys.unseal(&sealed), None);
    }
}
