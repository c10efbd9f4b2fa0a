//! Name, email and phone: each optional, and validated before anything is done with it.
//!
//! They are in no event. Whoever stores them seals them first, under a key of that person which can be
//! destroyed.

use std::fmt;
use std::str::FromStr;

use heikin_bot::backend::payer;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

/// Why a text is not what was asked for: a sentence for the person who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// No name.
    #[error(
        "That is no name: 2 to 60 characters, letters with spaces, dots, hyphens, apostrophes."
    )]
    Name,
    /// No address.
    #[error("That is no email address. Write it like asha@example.com.")]
    Email,
    /// No number.
    #[error("That is no phone number. Write it with the country, like +91 98765 43210.")]
    Phone,
}

macro_rules! field {
    ($name:ident, $error:ident, $read:ident, $about:literal) => {
        #[doc = $about]
        ///
        /// It is not shown: neither by `Debug` nor by `Display`.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The text itself, for the provider.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl FromStr for $name {
            type Err = ContactError;

            fn from_str(text: &str) -> Result<Self, ContactError> {
                payer::$read(text).map(|read| Self(read.into())).ok_or(ContactError::$error)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([hidden])"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose() == other.expose()
            }
        }

        impl Eq for $name {}
    };
}

field!(Name, Name, name, "A person's name.");
field!(Email, Email, email, "An email address.");
field!(Phone, Phone, phone, "A phone number as E.164 has it: `+919876543210`.");

/// What a person gave of itself; each of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Its name.
    pub name: Option<Name>,
    /// Its email address.
    pub email: Option<Email>,
    /// Its phone number.
    pub phone: Option<Phone>,
}

impl Contact {
    /// Its fields in a text that is only ever sealed: lines, of which an empty one is a missing field.
    pub fn to_text(&self) -> Zeroizing<String> {
        let name = self.name.as_ref().map_or("", Name::expose);
        let email = self.email.as_ref().map_or("", Email::expose);
        let phone = self.phone.as_ref().map_or("", Phone::expose);
        Zeroizing::new(format!("{name}\n{email}\n{phone}"))
    }

    /// The fields again; none where the text has others.
    pub fn from_text(text: &str) -> Option<Self> {
        fn field<T: FromStr>(line: &str) -> Result<Option<T>, T::Err> {
            if line.is_empty() { Ok(None) } else { line.parse().map(Some) }
        }
        let lines: Vec<_> = text.split('\n').collect();
        let [name, email, phone] = lines[..] else { return None };
        let (name, email, phone) = (field(name), field(email), field(phone));
        Some(Self { name: name.ok()?, email: email.ok()?, phone: phone.ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_field_is_refused_with_which() {
        assert_eq!("Asha Devi".parse::<Name>().unwrap().expose(), "Asha Devi");
        assert_eq!("Asha \u{1f60e}".parse::<Name>().unwrap_err(), ContactError::Name);
        assert_eq!("a@b..co".parse::<Email>().unwrap_err(), ContactError::Email);
        assert_eq!("+0123456789".parse::<Phone>().unwrap_err(), ContactError::Phone);
    }

    #[test]
    fn nothing_is_shown_and_nothing_is_lost() {
        let contact = Contact {
            name: Some("Asha Devi".parse().unwrap()),
            email: None,
            phone: Some("9876543210".parse().unwrap()),
        };
        let shown = format!("{contact:?}");
        assert!(!shown.contains("Asha") && !shown.contains("98765"), "{shown}");
        assert_eq!(Contact::from_text(&contact.to_text()), Some(contact));
        assert_eq!(Contact::from_text("a"), None);
        assert_eq!(Contact::from_text("1\n\n"), None);
    }
}
