use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{
    ClientOrderId, Fill, InstallationTag, OrderState, Origin, Part, TradeId, VenueOrderId,
    VenueStatus,
};
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::decimal::{exact, exact_option, price_option};
use super::{ExpiryReasonName, OrderSideName, OrderStatusName, OrderTypeName};

/// An order in any of the shapes that `rest-api.md` gives it: the answer to a placement (ACK, RESULT
/// or FULL) or to a cancellation, or a row of `order`, `openOrders` and `allOrders`. Each leaves
/// some of the fields out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRow {
    /// Of which symbol.
    #[serde(deserialize_with = "exact")]
    pub symbol: Symbol,
    /// The exchange's number of it.
    pub order_id: VenueOrderId,
    /// The exchange's number of the list that it is a leg of; below zero where there is none.
    #[serde(default = "no_list")]
    pub order_list_id: i64,
    /// The client's id; once the order was cancelled, the id of the cancellation.
    pub client_order_id: String,
    /// The client's id that the order had when it was cancelled; in answers to cancellations.
    #[serde(default)]
    pub orig_client_order_id: Option<String>,
    /// When it was placed or cancelled; in answers.
    #[serde(default)]
    pub transact_time: Option<Timestamp>,
    /// When it was placed; in rows.
    #[serde(default)]
    pub time: Option<Timestamp>,
    /// When it last changed; in rows.
    #[serde(default)]
    pub update_time: Option<Timestamp>,
    /// The limit price; none where it has none.
    #[serde(default, deserialize_with = "price_option")]
    pub price: Option<Price>,
    /// The stop price; none where it has none.
    #[serde(default, deserialize_with = "price_option")]
    pub stop_price: Option<Price>,
    /// How much was asked for.
    #[serde(default, deserialize_with = "exact_option")]
    pub orig_qty: Option<Quantity>,
    /// How much was executed.
    #[serde(default, deserialize_with = "exact_option")]
    pub executed_qty: Option<Quantity>,
    /// Its state; not in an ACK.
    #[serde(default)]
    pub status: Option<OrderStatusName>,
    /// Why the exchange ended it.
    #[serde(default)]
    pub expiry_reason: Option<ExpiryReasonName>,
    /// Its type; not in an ACK.
    #[serde(default, rename = "type")]
    pub order_type: Option<OrderTypeName>,
    /// Which way it trades; not in an ACK.
    #[serde(default)]
    pub side: Option<OrderSideName>,
    /// Since when it works in the book; below zero while it does not.
    #[serde(default)]
    pub working_time: Option<i64>,
    /// What was executed at once; in FULL.
    #[serde(default)]
    pub fills: Vec<FillRow>,
}

const fn no_list() -> i64 {
    -1
}

/// One execution in the FULL answer to a placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillRow {
    /// At what price.
    #[serde(deserialize_with = "exact")]
    pub price: Price,
    /// How much of the base asset.
    #[serde(deserialize_with = "exact")]
    pub qty: Quantity,
    /// The fee charged.
    #[serde(deserialize_with = "exact")]
    pub commission: Quantity,
    /// In which asset the fee was charged.
    #[serde(deserialize_with = "exact")]
    pub commission_asset: Asset,
    /// The exchange's number of it.
    pub trade_id: TradeId,
}

/// Whose an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This installation's: the order, or the leg of a list.
    Ours(ClientOrderId),
    /// Another installation's, or the user's.
    Foreign(Origin),
}

impl Owner {
    /// Whose the order with this client id is. The id of a cancellation stands for the order that it
    /// cancelled; both legs of a list then carry the same one, and are told apart by their type.
    pub fn of(client_id: &str, ours: InstallationTag, leg: Part) -> Self {
        match client_id.parse::<ClientOrderId>() {
            Ok(id) if id.tag() != ours => Self::Foreign(Origin::OtherInstallation),
            Ok(id) if id.part() == Part::Cancel => Self::Ours(id.with_part(leg)),
            Ok(id) => Self::Ours(id),
            Err(_) => Self::Foreign(Origin::Manual),
        }
    }
}

/// The part that an order is, by its list and its type.
pub(super) fn leg_of(order_list_id: i64, order_type: Option<&OrderTypeName>) -> Part {
    match order_type {
        Some(name) if order_list_id >= 0 && name.is_algo() => Part::StopLeg,
        Some(_) if order_list_id >= 0 => Part::TargetLeg,
        _ => Part::Order,
    }
}

/// A row that does not say enough of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// None of its times is there.
    #[error("the order has no time")]
    NoTime,
    /// It is not the order that was asked for.
    #[error("the order is another one")]
    OtherOrder,
}

impl OrderRow {
    /// Whose it is.
    pub fn owner(&self, ours: InstallationTag) -> Owner {
        let id = self.orig_client_order_id.as_deref().filter(|id| !id.is_empty());
        let leg = leg_of(self.order_list_id, self.order_type.as_ref());
        Owner::of(id.unwrap_or(&self.client_order_id), ours, leg)
    }

    /// The state that it tells, of the order that is called `id` here.
    ///
    /// An ACK says only that the order was taken in: it is open, and nothing of it is known to be
    /// executed. Only `workingTime` says that a stop has triggered: old versions of the API called a
    /// waiting stop working, too.
    ///
    /// # Errors
    ///
    /// Where it has no time.
    pub fn state<I>(&self, id: I) -> Result<OrderState<I>, RowError> {
        let at = self.transact_time.or(self.update_time).or(self.time).ok_or(RowError::NoTime)?;
        let status = self
            .status
            .as_ref()
            .map_or(VenueStatus::Open, |status| status.venue_status(self.expiry_reason.as_ref()));
        Ok(OrderState {
            id,
            venue_id: self.order_id,
            status,
            executed: self.executed_qty.unwrap_or_default(),
            working_since: since(self.working_time),
            at,
        })
    }

    /// The state of the order that is called `id` here, where it is that one.
    ///
    /// # Errors
    ///
    /// Where it is another one, or has no time.
    pub fn state_of(&self, id: ClientOrderId) -> Result<OrderState, RowError> {
        match self.owner(id.tag()) {
            Owner::Ours(own) if own == id => self.state(id),
            _ => Err(RowError::OtherOrder),
        }
    }

    /// What was executed at once: by an order that took, by definition.
    pub fn fills(&self) -> impl Iterator<Item = Fill> {
        let at = self.transact_time.unwrap_or_default();
        self.fills.iter().map(move |row| Fill {
            trade_id: row.trade_id,
            price: row.price,
            quantity: row.qty,
            commission: row.commission,
            commission_asset: row.commission_asset,
            maker: false,
            at,
        })
    }

    /// Whether it is open and counts against MAX_NUM_ALGO_ORDERS.
    pub fn is_open_algo(&self) -> bool {
        self.order_type.as_ref().is_some_and(OrderTypeName::is_algo) && self.is_open()
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.status.as_ref().is_none_or(|status| status.venue_status(None) == VenueStatus::Open)
    }
}

/// A time that is below zero as long as there is none.
pub(super) fn since(millis: Option<i64>) -> Option<Timestamp> {
    millis.filter(|millis| *millis > 0).map(Timestamp::from_millis)
}
