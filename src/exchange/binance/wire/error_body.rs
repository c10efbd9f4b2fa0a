use serde::Deserialize;
use serde_json::value::RawValue;

/// The body of an error (`errors.md`): codes are stable, texts vary.
#[derive(Debug, Clone, Deserialize)]
pub struct ErrorBody<'a> {
    /// The code, below zero; zero where the refusal does not come from the API itself (451).
    pub code: i32,
    /// The text.
    pub msg: String,
    /// What comes with it: both halves of `cancelReplace`, or when to come again.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
}
