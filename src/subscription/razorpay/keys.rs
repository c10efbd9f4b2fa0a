use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// Whether a key moves real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// It does not.
    Test,
    /// It does.
    Live,
}

impl KeyKind {
    /// How the ids of such keys begin.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Test => "rzp_test_",
            Self::Live => "rzp_live_",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Live => "live",
        }
    }
}

/// Why a key is not used. It is not in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeysError {
    /// The id begins as no key's does.
    #[error(
        "RAZORPAY_KEY_ID is no key id: those begin with rzp_test_ or rzp_live_. Copy it from the \
         Razorpay dashboard, Account & Settings, API keys"
    )]
    NoKeyId,
    /// A test key where money is real, or the other way round.
    #[error(
        "RAZORPAY_KEY_ID is a {} key, and this mode needs a {} key: with mode \"live\" people pay \
         real money, in every other mode none. Give the other key, or change the mode",
        given.word(), needed.word()
    )]
    WrongKind {
        /// What was given.
        given: KeyKind,
        /// What the mode needs.
        needed: KeyKind,
    },
    /// No secret.
    #[error("RAZORPAY_KEY_SECRET is empty. It is shown once, when the key is made: make a new one")]
    NoSecret,
}

/// The id of a key and its secret, of the kind that the mode asks for. Neither is shown.
#[derive(Clone)]
pub struct ApiKeys {
    id: SecretString,
    secret: SecretString,
}

impl ApiKeys {
    /// Checks a key.
    ///
    /// # Errors
    ///
    /// Where it is none, or of the other kind.
    pub fn new(
        id: SecretString,
        secret: SecretString,
        needed: KeyKind,
    ) -> Result<Self, ApiKeysError> {
        let begins = |kind: &KeyKind| id.expose_secret().starts_with(kind.prefix());
        let given = [KeyKind::Test, KeyKind::Live].into_iter().find(begins);
        let given = given.ok_or(ApiKeysError::NoKeyId)?;
        if given != needed {
            return Err(ApiKeysError::WrongKind { given, needed });
        }
        if secret.expose_secret().is_empty() {
            return Err(ApiKeysError::NoSecret);
        }
        Ok(Self { id, secret })
    }

    pub(super) fn expose_id(&self) -> &str {
        self.id.expose_secret()
    }

    pub(super) fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeys([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_other_kind_is_refused() {
        let new = |id: &str, needed| ApiKeys::new(id.into(), "secret".into(), needed);
        assert!(new("rzp_test_1", KeyKind::Test).is_ok());
        let error = new("rzp_live_1", KeyKind::Test).unwrap_err();
        assert!(matches!(error, ApiKeysError::WrongKind { given: KeyKind::Live, .. }));
        assert!(!error.to_string().contains("rzp_live_1"), "{error}");
        assert!(new("rzp_test_1", KeyKind::Live).is_err());
        assert_eq!(new("key", KeyKind::Live).unwrap_err(), ApiKeysError::NoKeyId);
        let keys = ApiKeys::new("rzp_test_1".into(), "canary".into(), KeyKind::Test).unwrap();
        assert_eq!(format!("{keys:?}"), "ApiKeys([hidden])");
        let empty = ApiKeys::new("rzp_test_1".into(), "".into(), KeyKind::Test);
        assert_eq!(empty.unwrap_err(), ApiKeysError::NoSecret);
    }
}
