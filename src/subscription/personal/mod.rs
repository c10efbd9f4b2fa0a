//! Name, email and phone: each optional, validated, and sealed before it is stored anywhere.
//!
//! Each person has a key of its own, outside the journal and outside backups. Deleting a person is
//! destroying its key: what was sealed with it stays in the append-only journal and can be read by
//! nobody any more.
//!
//! | module | holds |
//! |---|---|
//! | `contact` | the fields, and what they may be |
//! | `seal` | XChaCha20-Poly1305 with the person's key and number |
//! | `key_folder` | the keys, one file each |

mod contact;
mod key_folder;
mod seal;

pub use contact::{Contact, ContactError, Email, Name, Phone};
pub use key_folder::{KeyError, KeyFolder};
pub use seal::{PersonalKey, SealError, Sealed};
