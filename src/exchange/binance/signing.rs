//! Keys, and signatures over requests (`rest-api.md` and `web-socket-api.md`, Request security).
//!
//! HMAC-SHA256 only: the JSON API asks for Ed25519 nowhere but in `session.logon`, which heikin does
//! without. The two interfaces sign different texts: over HTTP the query as it goes over the wire,
//! *after* percent-encoding (since 2026-01; before that the raw text); over the WebSocket API all
//! parameters with the key, sorted by name, and *not* encoded.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// An API key and its secret. Neither is shown; the secret is wiped when it is dropped.
#[derive(Clone)]
pub struct Credentials {
    key: SecretString,
    secret: SecretString,
}

/// A key or a secret that cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing there.
    #[error("the API {0} is empty")]
    Empty(&'static str),
    /// White space, a quote, or something else that was copied along.
    #[error("the API {0} has a character that keys do not have: was more copied than the key?")]
    BadCharacter(&'static str),
}

impl Credentials {
    /// A key and its secret.
    ///
    /// # Errors
    ///
    /// Where one of them is empty, or has other characters than printable ASCII. Neither is in the
    /// message.
    pub fn new(key: SecretString, secret: SecretString) -> Result<Self, CredentialsError> {
        for (name, text) in [("key", &key), ("secret", &secret)] {
            let text = text.expose_secret();
            if text.is_empty() {
                return Err(CredentialsError::Empty(name));
            }
            if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'&=".contains(&byte)) {
                return Err(CredentialsError::BadCharacter(name));
            }
        }
        Ok(Self { key, secret })
    }

    /// The key, for the header `X-MBX-APIKEY` or the parameter `apiKey`.
    pub fn expose_key(&self) -> &str {
        self.key.expose_secret()
    }

    /// The signature over `payload`: 64 lowercase hexadecimal digits.
    ///
    /// # Panics
    ///
    /// Never: HMAC takes a key of any length.
    pub fn sign(&self, payload: &[u8]) -> String {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes())
            .expect("HMAC takes a key of any length");
        mac.update(payload);
        hex(&mac.finalize().into_bytes())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials([hidden])")
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| {
        char::from(b"0123456789abcdef".get(usize::from(nibble)).copied().unwrap_or(b'0'))
    };
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Appends `text` to a query, percent-encoded as RFC 3986 has it: all but letters, digits, `-`,
/// `.`, `_` and `~`. The signature is over the very digits: uppercase.
pub fn percent_encode(text: &str, query: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            query.push('%');
            query.push_str(&hex(&[byte]).to_ascii_uppercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Binance's published example keys.
    fn documented() -> Credentials {
        Credentials::new(
            "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A".into(),
            "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j".into(),
        )
        .unwrap()
    }

    #[test]
    fn signs_as_the_documents_do() {
        let key = documented();
        let key = key.expose_key();
        for (payload, signature) in [
            (
                "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559".to_owned(),
                "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
            ),
            (
                "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559".to_owned(),
                "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
            ),
            (
                "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559".to_owned(),
                "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
            ),
            (
                "symbol=SOLUSDC&origClientOrderId=hk-42-B-1&recvWindow=2500.5&timestamp=1763683200000000".to_owned(),
                "5a92e96b159cbce32e2496cf2c08d1d3d0212fa2abde1609f363e383220382fd",
            ),
            (
                format!("apiKey={key}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"),
                "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
            ),
            (
                format!("apiKey={key}&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY&symbol=１２３４５６&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"),
                "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
            ),
            (
                "apiKey=test-api-key&recvWindow=5000&timestamp=1747385641636".to_owned(),
                "24915a60fba7936b78bf785132a26637a108160e54fba24ab2480d9e55c594f3",
            ),
        ] {
            assert_eq!(documented().sign(payload.as_bytes()), signature, "{payload}");
        }
    }

    #[test]
    fn encodes_all_but_the_unreserved() {
        let mut query = String::new();
        percent_encode("aZ09-._~ [\"A\",\"B\"]１+:/", &mut query);
        assert_eq!(query, "aZ09-._~%20%5B%22A%22%2C%22B%22%5D%EF%BC%91%2B%3A%2F");
    }

    #[test]
    fn shows_neither_key_nor_secret() {
        let shown = format!("{:?}", documented());
        assert!(!shown.contains("vmPU") && !shown.contains("NhqP"), "{shown}");
    }

    #[test]
    fn refuses_what_no_key_is() {
        let new =
            |key: &str, secret: &str| Credentials::new(key.into(), secret.into()).unwrap_err();
        assert_eq!(new("", "s"), CredentialsError::Empty("key"));
        assert_eq!(new("k", ""), CredentialsError::Empty("secret"));
        assert_eq!(new("k", "s\n"), CredentialsError::BadCharacter("secret"));
        assert_eq!(new("\"k\"", "s"), CredentialsError::BadCharacter("key"));
    }
}
