use heikin_core::market::{Asset, Symbol};
use heikin_core::num::Money;
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::decimal::exact;
use super::{
    BalanceRow, ContingencyName, DecodeError, ExecutionReport, ListLeg, ListOrderStatus,
    ListStatusName, decode,
};

/// What the exchange tells of an account unasked (`user-data-stream.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserEvent {
    /// `executionReport`: an order changed.
    Execution(Box<ExecutionReport>),
    /// `outboundAccountPosition`: balances that may have changed.
    AccountPosition(AccountPosition),
    /// `balanceUpdate`: a deposit, a withdrawal or a transfer.
    BalanceUpdate(BalanceUpdate),
    /// `externalLockUpdate`: another product locked or unlocked funds.
    ExternalLock(BalanceUpdate),
    /// `listStatus`: a list of orders changed.
    List(Box<ListStatus>),
    /// `eventStreamTerminated`: no more events come on this subscription.
    Terminated,
    /// `serverShutdown`: the connection will be cut; open another one at once.
    ServerShutdown,
    /// The point that a simulator in lockstep has reached: no event of the exchange's.
    Barrier(u64),
    /// An event that this version does not know.
    Other(String),
}

/// Balances that may have changed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AccountPosition {
    /// When the event was sent.
    #[serde(rename = "E")]
    pub event_time: Timestamp,
    /// When the account last changed: when the balances were true.
    #[serde(rename = "u")]
    pub at: Timestamp,
    /// The balances.
    #[serde(rename = "B")]
    pub balances: Vec<BalanceRow>,
}

/// A change of a balance that no order made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct BalanceUpdate {
    /// Of which asset.
    #[serde(rename = "a", deserialize_with = "exact")]
    pub asset: Asset,
    /// By how much.
    #[serde(rename = "d", deserialize_with = "exact")]
    pub delta: Money,
    /// When.
    #[serde(rename = "T")]
    pub at: Timestamp,
}

/// A list of orders changed; its orders have reports of their own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ListStatus {
    /// Of which symbol.
    #[serde(rename = "s", deserialize_with = "exact")]
    pub symbol: Symbol,
    /// The exchange's number of it.
    #[serde(rename = "g")]
    pub order_list_id: i64,
    /// What it is.
    #[serde(rename = "c")]
    pub contingency_type: ContingencyName,
    /// What has happened to it.
    #[serde(rename = "l")]
    pub list_status_type: ListStatusName,
    /// Its state.
    #[serde(rename = "L")]
    pub list_order_status: ListOrderStatus,
    /// The client's id.
    #[serde(rename = "C")]
    pub list_client_order_id: String,
    /// When.
    #[serde(rename = "T")]
    pub at: Timestamp,
    /// Its legs by name.
    #[serde(rename = "O", default)]
    pub orders: Vec<ListLeg>,
}

/// The number of a point.
#[derive(Deserialize)]
pub(super) struct Barrier {
    pub(super) n: u64,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    e: std::borrow::Cow<'a, str>,
}

impl UserEvent {
    /// Reads an event, without its envelope.
    ///
    /// # Errors
    ///
    /// Where it is not JSON, has no type, or is not what its type says.
    pub fn decode(json: &[u8]) -> Result<Self, DecodeError> {
        let kind: Kind<'_> = decode(json)?;
        Ok(match &*kind.e {
            "executionReport" => Self::Execution(decode(json)?),
            "outboundAccountPosition" => Self::AccountPosition(decode(json)?),
            "balanceUpdate" => Self::BalanceUpdate(decode(json)?),
            "externalLockUpdate" => Self::ExternalLock(decode(json)?),
            "listStatus" => Self::List(decode(json)?),
            "eventStreamTerminated" => Self::Terminated,
            "serverShutdown" => Self::ServerShutdown,
            "lockstep" => Self::Barrier(decode::<Barrier>(json)?.n),
            other => Self::Other(other.to_owned()),
        })
    }
}
