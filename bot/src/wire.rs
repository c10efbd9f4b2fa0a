//! What goes over HTTP beside the port's own types: how a command is sent, and how it is told that
//! something went wrong. The server of `/api/v1` and its client both speak in these.

use serde::{Deserialize, Serialize};

use crate::backend::{Actor, BackendError, Command, Outcome, Role, StateVersion};

/// The request header with the [`crate::backend::RequestId`] of a command.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The request header with the PIN, where one was asked for.
pub const PIN: &str = "heikin-pin";
/// The media type of [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A command in somebody's name, as a front end sends it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CommandRequest {
    /// In whose name.
    pub actor: Actor,
    /// What is to be done.
    pub command: Command,
    /// The version that a recap named, where it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<StateVersion>,
}

/// A role for somebody, as a person's script sends it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// Which.
    pub role: Role,
    /// For how many days; none for no end.
    pub days: Option<u32>,
}

/// A message to everybody with access.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BroadcastRequest {
    /// What it says, plain.
    pub text: String,
}

/// What went wrong, as RFC 9457 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Which kind of problem: `/problems/…`, described in `docs/api.md`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for people.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened here, and what can be done.
    pub detail: String,
    /// The field, parameter or header that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the backend said, where it gave no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<BackendError>,
    /// How the command went, where it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}
