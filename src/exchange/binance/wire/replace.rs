use serde::Deserialize;
use serde_json::value::RawValue;

use super::HalfResult;

/// Both halves of `cancelReplace` (`rest-api.md`, Cancel an Existing Order and Send a New Order): the
/// body of a success, or the `data` of an error. A half is an order, an error, or null where it was
/// not attempted.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceBody<'a> {
    /// How the cancellation went.
    pub cancel_result: HalfResult,
    /// How the placement went.
    pub new_order_result: HalfResult,
    /// The answer to the cancellation.
    #[serde(borrow, default)]
    pub cancel_response: Option<&'a RawValue>,
    /// The answer to the placement.
    #[serde(borrow, default)]
    pub new_order_response: Option<&'a RawValue>,
}
