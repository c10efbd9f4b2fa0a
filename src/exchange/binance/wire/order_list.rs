use heikin_core::market::Symbol;
use heikin_core::order::{
    ClientOrderId, ExpiryReason, OrderState, Part, VenueOrderId, VenueStatus,
};
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::decimal::exact;
use super::{ContingencyName, ListOrderStatus, ListStatusName, OrderRow, RowError};

/// A list of orders: the answer to its placement or cancellation (`rest-api.md`, Order lists).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderList {
    /// The exchange's number of it.
    pub order_list_id: i64,
    /// What it is.
    pub contingency_type: ContingencyName,
    /// What has happened to it.
    pub list_status_type: ListStatusName,
    /// Its state.
    pub list_order_status: ListOrderStatus,
    /// The client's id.
    pub list_client_order_id: String,
    /// When it was placed or changed.
    pub transaction_time: Timestamp,
    /// Of which symbol.
    #[serde(deserialize_with = "exact")]
    pub symbol: Symbol,
    /// Its legs by name.
    pub orders: Vec<ListLeg>,
    /// Its legs as orders; not in `GET /api/v3/orderList`.
    #[serde(default)]
    pub order_reports: Vec<OrderRow>,
}

/// A leg of a list by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListLeg {
    /// The exchange's number of it.
    #[serde(alias = "i")]
    pub order_id: VenueOrderId,
    /// The client's id.
    #[serde(alias = "c")]
    pub client_order_id: String,
}

impl OrderList {
    /// The state of the bracket that is called `id` here, from those of its legs.
    ///
    /// # Errors
    ///
    /// Where its legs are not those of the bracket, or a leg has no time.
    pub fn state_of(&self, id: ClientOrderId) -> Result<OrderState, RowError> {
        let leg = |part| {
            let leg = id.with_part(part);
            let mut states = self.order_reports.iter().map(|row| row.state_of(leg));
            states.find(|state| *state != Err(RowError::OtherOrder))
        };
        let stop = leg(Part::StopLeg).ok_or(RowError::OtherOrder)??;
        let target = leg(Part::TargetLeg).ok_or(RowError::OtherOrder)??;
        Ok(list_state(id, &stop, &target))
    }
}

/// The state of a bracket from those of its legs. Its number is that of the stop.
pub fn list_state(id: ClientOrderId, stop: &OrderState, target: &OrderState) -> OrderState {
    let status = match (stop.status, target.status) {
        (VenueStatus::Open, _) | (_, VenueStatus::Open) => VenueStatus::Open,
        (VenueStatus::Filled, _) | (_, VenueStatus::Filled) => VenueStatus::Filled,
        (VenueStatus::Expired(ExpiryReason::OcoTrigger), other) => other,
        (stop, _) => stop,
    };
    OrderState {
        id,
        status,
        executed: stop.executed.plus(target.executed).unwrap_or(stop.executed),
        working_since: stop.working_since,
        at: stop.at.max(target.at),
        ..*stop
    }
}
