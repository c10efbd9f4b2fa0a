//! Names of things that payments are about. Those that the provider gave are kept as they came.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A person, by the number that the chat knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub u64);

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no {what}: 1 to {most} letters, digits, `-` and `_`")]
pub struct IdError {
    what: &'static str,
    most: usize,
}

macro_rules! id {
    ($name:ident, $what:literal, $begin:literal, $most:literal, $about:literal) => {
        #[doc = $about]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                let is_fit = (1..=$most).contains(&text.len()) && text.starts_with($begin);
                if is_fit && text.bytes().all(is_plain) {
                    Ok(Self(text))
                } else {
                    Err(IdError { what: $what, most: $most })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(PlanId, "plan", "", 32, "A plan, as the configuration calls it.");
id!(
    Reference,
    "reference",
    "",
    40,
    "Our own name for one purchase. It goes with the payment link and is never used twice, so that \
     the provider refuses a second link for it: the idempotency key."
);
id!(LinkId, "payment link", "plink_", 64, "A payment link (`plink_…`).");
id!(PaymentId, "payment", "pay_", 64, "A payment (`pay_…`).");
id!(DisputeId, "dispute", "disp_", 64, "A dispute, or charge-back (`disp_…`).");
id!(GrantId, "grant", "", 64, "Access that an operator gave without payment.");
id!(
    DeliveryId,
    "event",
    "",
    64,
    "A webhook event (`x-razorpay-event-id`), the same at each delivery."
);

impl Reference {
    /// The reference of a person's purchase number `count`. At its longest it has 38 characters.
    pub(super) fn of(installation: &str, person: PersonId, count: u32) -> Self {
        let tag: String =
            installation.chars().filter(char::is_ascii_alphanumeric).take(4).collect();
        Self(format!("hk-{tag}-{person}-{count}"))
    }

    /// The number that the purchase has among its person's.
    pub(super) fn count(&self) -> Option<u32> {
        self.0.rsplit('-').next()?.parse().ok()
    }
}

impl GrantId {
    /// The id of a person's grant number `count`.
    pub(super) fn of(person: PersonId, count: usize) -> Self {
        Self(format!("grant-{person}-{count}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_reference_is_one_that_the_provider_takes() {
        let longest = Reference::of("ab12", PersonId(u64::MAX), u32::MAX);
        assert!(longest.as_str().len() <= 40);
        assert_eq!(longest.count(), Some(u32::MAX));
        assert_eq!(longest.as_str().parse(), Ok(longest));
        assert!("".parse::<Reference>().is_err());
        assert!("a b".parse::<PaymentId>().is_err());
        assert!(serde_json::from_str::<PlanId>("\"<b>\"").is_err());
    }
}
