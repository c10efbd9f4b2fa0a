//! Signatures, and the ids that things get. `HMAC-SHA256`, in lowercase hexadecimal digits.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::Sha256;

/// The signature over a message.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(super) fn sign(secret: &str, message: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text does not fail.
        let _infallible = write!(digits, "{byte:02x}");
        digits
    })
}

/// Where ids come from: a prefix and fourteen letters and digits.
#[derive(Debug)]
pub(super) struct Ids(ChaCha8Rng);

impl Ids {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn next(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut letter = || {
            let place = self.0.random_range(0..LETTERS.len());
            char::from(LETTERS.get(place).copied().unwrap_or(b'0'))
        };
        let mut id = prefix.to_owned();
        id.extend(std::iter::repeat_with(&mut letter).take(14));
        id
    }

    /// Digits, as banks number payments.
    pub(super) fn digits(&mut self, count: usize) -> String {
        std::iter::repeat_with(|| char::from(b'0' + self.0.random_range(0..10_u8)))
            .take(count)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_razorpays_own_libraries_do() {
        for (secret, message, signature) in [
            (
                "123456",
                r#"{"a":1,"b":2,"c":{"d":3}}"#,
                "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc",
            ),
            (
                "EnLs21M47BllR3X8PSFtjtbd",
                "plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ",
                "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b",
            ),
        ] {
            assert_eq!(sign(secret, message.as_bytes()), signature);
        }
    }

    #[test]
    fn ids_look_like_razorpays_and_differ() {
        let mut ids = Ids::new(1);
        let (one, other) = (ids.next("plink_"), ids.next("plink_"));
        assert_ne!(one, other);
        assert!(one.len() == 20 && one.starts_with("plink_"));
        assert_eq!(Ids::new(1).next("plink_"), one);
        assert!(ids.digits(12).bytes().all(|it| it.is_ascii_digit()));
    }
}
