//! What comes over the wire, and how it becomes the engine's types.
//!
//! Only fields that are used are declared; all others are ignored, whatever they hold. A name that
//! this version does not know is kept as `Other`. Decimals are strings, and are read exactly or
//! refused, with the path of the field; ids and times are integers. No number goes through a float.

mod account;
mod decimal;
mod error_body;
mod exchange_info;
mod execution_report;
mod filters;
mod kline;
mod market_message;
mod names;
mod order;
mod order_list;
mod rate_limit;
mod replace;
mod snapshot;
mod ticker;
mod trade;
mod user_event;
mod websocket_api;

use serde::Deserialize;

pub use account::{
    Account, BalanceRow, CommissionDiscount, CommissionParts, CommissionRates, KeyPermissions,
    UnreadableBalance,
};
pub use error_body::ErrorBody;
pub use exchange_info::{ExchangeInfo, MyFilters, RulesError, SymbolRow};
pub use execution_report::{ExecutionReport, Told};
pub use filters::FilterRow;
pub use kline::{KlineEvent, KlineLine, KlineProgress, KlineRow};
pub use market_message::MarketMessage;
pub use names::{
    ContingencyName, ExecutionName, ExpiryReasonName, HalfResult, IntervalName, ListOrderStatus,
    ListStatusName, OrderSideName, OrderStatusName, OrderTypeName, RateLimitName,
};
pub use order::{FillRow, OrderRow, Owner, RowError};
pub use order_list::{ListLeg, OrderList, list_state};
pub use rate_limit::RateLimitRow;
pub use replace::ReplaceBody;
pub use snapshot::{AccountParts, Assembled, assemble};
pub use ticker::BookTicker;
pub use trade::TradeRow;
pub use user_event::{AccountPosition, BalanceUpdate, ListStatus, UserEvent};
pub use websocket_api::{ApiMessage, ApiResponse, Subscribed};

/// A message that is not what it should be: not JSON, a field missing, a number that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct DecodeError {
    /// The field, as in `orderReports[1].price`; `.` for the whole.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// Reads a message.
///
/// # Errors
///
/// Where it is not JSON, or not of this shape; with the path of the field that is to blame.
pub fn decode<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json).map_err(|error| blame::<T>(json, &error))
}

/// Reads the message again, keeping track of the path: too slow for those that are in order.
#[cold]
fn blame<'de, T: Deserialize<'de>>(json: &'de [u8], error: &serde_json::Error) -> DecodeError {
    let mut reader = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => DecodeError { path: ".".to_owned(), message: error.to_string() },
        Err(error) => {
            DecodeError { path: error.path().to_string(), message: error.inner().to_string() }
        }
    }
}

/// `GET /api/v3/time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerTime {
    /// The exchange's clock when it answered.
    pub server_time: heikin_core::time::Timestamp,
}
