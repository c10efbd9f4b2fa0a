use chacha20poly1305::aead::{Aead as _, Generate as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::super::hex::{from_hex, hex};
use super::super::ids::PersonId;
use super::contact::Contact;

/// Drawn anew for each sealing: 24 bytes cannot meet by chance.
const NONCE: usize = 24;
/// What the text is sealed for, so that a seal is good for nothing else.
const PURPOSE: &[u8] = b"heikin contact 1";

/// The key of one person. It is not shown, and wiped when it is dropped.
#[derive(Clone)]
pub struct PersonalKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for PersonalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonalKey([hidden])")
    }
}

/// Why nothing can be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The system gives no random numbers.
    #[error("the system gives no random numbers, so nothing can be sealed. Try again")]
    NoRandomness,
    /// Another key, another person, or bytes that changed.
    #[error("sealed fields cannot be opened: they are another person's, or were changed")]
    NotOpened,
}

impl PersonalKey {
    /// A new key, drawn from the system.
    ///
    /// # Errors
    ///
    /// Where the system gives no random numbers.
    pub fn draw() -> Result<Self, SealError> {
        let key = Key::try_generate().map_err(|_system| SealError::NoRandomness)?;
        Ok(Self(Zeroizing::new(key.into())))
    }

    /// A key as it was kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes, to be kept.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.0))
    }
}

/// Fields that only the person's key opens: what a record may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// Seals what a person gave.
    ///
    /// # Errors
    ///
    /// Where the system gives no random numbers.
    pub fn seal(contact: &Contact, person: PersonId, key: &PersonalKey) -> Result<Self, SealError> {
        let nonce = XNonce::try_generate().map_err(|_system| SealError::NoRandomness)?;
        let text = contact.to_text();
        let aad = aad(person);
        let payload = Payload { msg: text.as_bytes(), aad: &aad };
        let sealed =
            key.cipher().encrypt(&nonce, payload).map_err(|_never| SealError::NoRandomness)?;
        Ok(Self(format!("{}{}", hex(&nonce), hex(&sealed))))
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// Where it was sealed for another person, with another key, or was changed.
    pub fn open(&self, person: PersonId, key: &PersonalKey) -> Result<Contact, SealError> {
        let bytes = from_hex(&self.0).ok_or(SealError::NotOpened)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::NotOpened)?;
        let aad = aad(person);
        let payload = Payload { msg: sealed, aad: &aad };
        let opened = key.cipher().decrypt(&XNonce::from(*nonce), payload);
        let opened = Zeroizing::new(opened.map_err(|_wrong| SealError::NotOpened)?);
        let text = std::str::from_utf8(&opened).ok().and_then(Contact::from_text);
        text.ok_or(SealError::NotOpened)
    }
}

fn aad(person: PersonId) -> Vec<u8> {
    [PURPOSE, &person.0.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Contact {
        Contact { name: Some("Asha Devi".parse().unwrap()), ..Contact::default() }
    }

    #[test]
    fn only_the_persons_own_key_opens() {
        let key = PersonalKey::draw().unwrap();
        let person = PersonId(7);
        let sealed = Sealed::seal(&contact(), person, &key).unwrap();
        assert_eq!(sealed.open(person, &key), Ok(contact()));
        assert_ne!(sealed, Sealed::seal(&contact(), person, &key).unwrap(), "a nonce of its own");
        assert!(!sealed.0.contains("Asha"));
        assert_eq!(sealed.open(PersonId(8), &key), Err(SealError::NotOpened));
        let other = PersonalKey::draw().unwrap();
        assert_eq!(sealed.open(person, &other), Err(SealError::NotOpened));
        for place in 0..sealed.0.len() {
            let mut changed = sealed.0.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = Sealed(String::from_utf8(changed).unwrap());
            assert_eq!(changed.open(person, &key), Err(SealError::NotOpened), "{place}");
        }
        for text in ["", "zz", &sealed.0[..40]] {
            assert_eq!(Sealed(text.to_owned()).open(person, &key), Err(SealError::NotOpened));
        }
        assert!(!format!("{key:?}").contains(&hex(key.expose())));
    }
}
