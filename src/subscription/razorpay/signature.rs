use heikin_core::time::{Span, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::super::hex::from_hex;
use super::keys::ApiKeys;

/// Retries of old deliveries keep the secret that they were signed with first: so long after a
/// change both are taken.
pub const PREVIOUS_SECRET_LIFE: Span = Span::HOUR.times(48);

/// A signature that is missing, or not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is missing or wrong")]
pub struct Forged;

/// What webhooks are signed with. It is not the API key's secret.
#[derive(Clone)]
pub struct WebhookSecrets {
    current: SecretString,
    previous: Option<(SecretString, Timestamp)>,
}

impl WebhookSecrets {
    /// The secret in use.
    pub fn new(current: SecretString) -> Self {
        Self { current, previous: None }
    }

    /// The secret before it, and when it was changed.
    pub fn with_previous(mut self, previous: SecretString, changed: Timestamp) -> Self {
        self.previous = Some((previous, changed));
        self
    }

    /// Checks the signature of a webhook: hexadecimal HMAC-SHA256 over the raw body, byte by byte as
    /// it came. Takes the same time whatever is wrong with it.
    ///
    /// # Errors
    ///
    /// Where it fits neither secret that is good at `now`.
    pub fn verify(&self, body: &[u8], signature: &str, now: Timestamp) -> Result<(), Forged> {
        let current = is_signed(&self.current, &[body], signature);
        let previous = self.previous.as_ref().is_some_and(|(secret, changed)| {
            let is_good = now < *changed + PREVIOUS_SECRET_LIFE;
            is_signed(secret, &[body], signature) && is_good
        });
        if current || previous { Ok(()) } else { Err(Forged) }
    }
}

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecrets([hidden])")
    }
}

/// What a payer's browser brings back. It says nothing about money: the payer may never come, and
/// what it brings is only a reason to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackParameters {
    /// The payment.
    pub payment: String,
    /// The link.
    pub link: String,
    /// Our reference.
    pub reference: String,
    /// How the link stands.
    pub status: String,
    /// Over all of these.
    pub signature: String,
}

impl CallbackParameters {
    /// Reads the query of the page's address. What is missing is empty, and fits no signature.
    pub fn parse(query: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "razorpay_payment_id" => &mut read.payment,
                "razorpay_payment_link_id" => &mut read.link,
                "razorpay_payment_link_reference_id" => &mut read.reference,
                "razorpay_payment_link_status" => &mut read.status,
                "razorpay_signature" => &mut read.signature,
                _ => continue,
            };
            *place = value.into_owned();
        }
        read
    }

    /// Checks the signature, made with the API key's secret over `link|reference|status|payment`.
    ///
    /// # Errors
    ///
    /// Where it is missing or wrong.
    pub fn verify(&self, keys: &ApiKeys) -> Result<(), Forged> {
        let secret = SecretString::from(keys.expose_secret().to_owned());
        let parts = [
            self.link.as_bytes(),
            b"|",
            self.reference.as_bytes(),
            b"|",
            self.status.as_bytes(),
            b"|",
            self.payment.as_bytes(),
        ];
        if is_signed(&secret, &parts, &self.signature) { Ok(()) } else { Err(Forged) }
    }
}

/// Whether a signature is over these bytes, compared in constant time.
fn is_signed(secret: &SecretString, parts: &[&[u8]], signature: &str) -> bool {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    // Razorpay writes lowercase digits; nothing else is a signature.
    let is_usual = !signature.bytes().any(|byte| byte.is_ascii_uppercase());
    let given = from_hex(signature).filter(|_| is_usual).unwrap_or_default();
    mac.verify_slice(&given).is_ok()
}
