//! Who asks: people by numeric user id, the terminal, tokens of the API.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A person by Telegram's numeric user id, never by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What somebody may do. The order is that of the rights: each role may do what those before it may,
/// but for [`Role::Subscriber`]'s own billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anyone: what is offered, what it costs, how to pay.
    Guest,
    /// Paid: read only.
    Subscriber,
    /// Let in by the owner: sees all of the trading, changes nothing.
    Viewer,
    /// Steers the trading, changes settings, manages users.
    Operator,
    /// Everything, roles included.
    Owner,
}

impl Role {
    /// Every role, fewest rights first.
    pub const ALL: [Self; 5] =
        [Self::Guest, Self::Subscriber, Self::Viewer, Self::Operator, Self::Owner];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Subscriber => "subscriber",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

/// Through what somebody acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Identity {
    /// A person on Telegram.
    Telegram {
        /// Who.
        user: UserId,
    },
    /// Somebody at this machine's terminal, who can read the data folder anyway: acts as owner.
    Terminal,
    /// A bearer token of the API.
    Token {
        /// The name that it was given, not the token.
        name: String,
    },
}

/// Who a command comes from. The backend looks up the role itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Actor {
    /// Who.
    pub identity: Identity,
    /// How they call themselves, for the audit log; says nothing about rights.
    pub name: String,
    /// The PIN, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

/// A PIN as it was typed; it does not print.
#[derive(Clone)]
pub struct Pin(SecretString);

impl Pin {
    /// Takes what was typed.
    pub fn new(typed: String) -> Self {
        Self(typed.into())
    }

    /// The digits, to compare with the stored hash.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// For the wire to the backend, which is loopback or TLS; nothing else serialises an actor.
impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Pin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pin".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "password" })
    }
}

/// Makes a command one command however often it is delivered: `tg-7741` for an update,
/// the value of `Idempotency-Key` for the API. At most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RequestId(pub String);
