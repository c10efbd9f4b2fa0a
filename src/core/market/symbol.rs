use std::fmt;
use std::str::FromStr;

/// The longest name in bytes; Binance lists symbols in Unicode too.
const NAME_BYTES: usize = 31;

/// A short text in place: its bytes, zeros, and its length in the last byte. Names are compared for
/// every input; the equality of 32 plain bytes is that of four machine words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name([u8; NAME_BYTES + 1]);

impl Name {
    fn as_str(&self) -> &str {
        let [text @ .., len] = &self.0;
        let text = text.get(..usize::from(*len)).unwrap_or_default();
        // Only ever filled from a whole `str`.
        std::str::from_utf8(text).unwrap_or_default()
    }
}

/// Why a text is not a name of a symbol or an asset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing to read.
    #[error("is empty")]
    Empty,
    /// Longer than any name on the exchange.
    #[error("is longer than {NAME_BYTES} bytes")]
    TooLong,
    /// White space, control characters or punctuation.
    #[error("has a character other than letters and digits")]
    BadCharacter,
}

fn checked(text: &str) -> Result<Name, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if !text.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(NameError::BadCharacter);
    }
    let mut name = [0; NAME_BYTES + 1];
    let [bytes @ .., len] = &mut name;
    bytes.get_mut(..text.len()).ok_or(NameError::TooLong)?.copy_from_slice(text.as_bytes());
    *len = u8::try_from(text.len()).map_err(|_too_long| NameError::TooLong)?;
    Ok(Name(name))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Name);

        impl $type {
            /// The name as the exchange writes it.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                checked(text).map(Self)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name! {
    /// A trading pair as the exchange names it: `BTCUSDT`.
    Symbol
}

name! {
    /// A coin or a currency as the exchange names it: `BTC`.
    Asset
}
