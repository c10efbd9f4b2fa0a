//! Name, email and phone: each optional, and validated before anything is done with it.
//!
//! They are in no event. Whoever stores them seals them first, under a key of that person which can be
//! destroyed.

use std::fmt;
use std::str::FromStr;

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
                $read(text.trim()).map(|read| Self(read.into())).ok_or(ContactError::$error)
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

field!(Name, Name, read_name, "A person's name.");
field!(Email, Email, read_email, "An email address.");
field!(Phone, Phone, read_phone, "A phone number as E.164 has it: `+919876543210`.");

fn read_name(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let name = words.join(" ");
    // Letters of every script, with the marks that belong to them.
    let is_part = |c: char| c.is_alphabetic() || " .'’-".contains(c) || is_mark(c);
    let fits = (2..=60).contains(&name.chars().count())
        && name.chars().all(is_part)
        && name.chars().any(char::is_alphabetic)
        && !text.contains(char::is_control);
    fits.then_some(name)
}

/// Signs that stand with letters of Indian scripts (virama, nukta, joiners) or are put on Latin ones.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{d7f}' | '\u{200c}' | '\u{200d}')
        && !c.is_numeric()
}

fn read_email(text: &str) -> Option<String> {
    let (local, domain) = text.split_once('@')?;
    let is_local =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fits = text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.bytes().all(is_local)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && domain
            .rsplit('.')
            .next()
            .is_some_and(|top| top.bytes().any(|b| b.is_ascii_alphabetic()));
    fits.then(|| format!("{local}@{}", domain.to_ascii_lowercase()))
}

fn read_phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !" -()\u{a0}".contains(*c)).collect::<String>();
    let (plus, number) = match digits.strip_prefix('+') {
        Some(number) => (true, number),
        None => (false, digits.as_str()),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) || number.starts_with('0') {
        return None;
    }
    match (plus, number.len()) {
        (true, 8..=15) => Some(format!("+{number}")),
        // An Indian mobile number as people there write it.
        (false, 10) if number.starts_with(['6', '7', '8', '9']) => Some(format!("+91{number}")),
        (false, 12) if number.starts_with("91") => Some(format!("+{number}")),
        _ => None,
    }
}

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
    fn good_fields_are_taken_in_their_usual_form() {
        for name in
            ["Asha", "Dr. A. P. J. Abdul Kalam", "O’Neil-Smith", "आशा देवी", "José", "அரவிந்த்"]
        {
            assert_eq!(name.parse::<Name>().unwrap().expose(), name);
        }
        assert_eq!(" Asha   Devi ".parse::<Name>().unwrap().expose(), "Asha Devi");
        assert_eq!("a.b+c@Example.CO.in".parse::<Email>().unwrap().expose(), "a.b+c@example.co.in");
        for text in ["+91 98765-43210", "98765 43210", "919876543210", "+919876543210"] {
            assert_eq!(text.parse::<Phone>().unwrap().expose(), "+919876543210", "{text}");
        }
        assert_eq!("+1 (415) 555-0100".parse::<Phone>().unwrap().expose(), "+14155550100");
    }

    #[test]
    fn bad_fields_are_refused() {
        let long = "a".repeat(61);
        for name in ["", "A", "1234", "<b>Asha</b>", "Asha\nDevi", "Asha\u{7}", "...", "a@b", &long]
        {
            assert_eq!(name.parse::<Name>().unwrap_err(), ContactError::Name, "{name:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for email in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a b@c.de",
            "a..b@c.de",
            ".a@c.de",
            "a.@c.de",
            "a@-b.co",
            "a@b..co",
            "a@b.12",
            "ä@b.co",
            "a@b.co\nBcc: c@d.ef",
            &long,
        ] {
            assert_eq!(email.parse::<Email>().unwrap_err(), ContactError::Email, "{email:?}");
        }
        for phone in [
            "",
            "+",
            "12345",
            "+0123456789",
            "0987654321",
            "5876543210",
            "+91x9876543210",
            "+1234567890123456",
            "९८७६५४३२१०",
            "++919876543210",
        ] {
            assert_eq!(phone.parse::<Phone>().unwrap_err(), ContactError::Phone, "{phone:?}");
        }
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
