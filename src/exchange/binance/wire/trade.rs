use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{Fill, OrderReport, OrderState, TradeId, VenueOrderId};
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::decimal::exact;

/// A row of `GET /api/v3/myTrades` (`rest-api.md`, Account trade list).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeRow {
    /// Of which symbol.
    #[serde(deserialize_with = "exact")]
    pub symbol: Symbol,
    /// The exchange's number of it.
    pub id: TradeId,
    /// The exchange's number of the order: a trade does not carry the client's id.
    pub order_id: VenueOrderId,
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
    /// When.
    pub time: Timestamp,
    /// Whether the order was resting in the book.
    pub is_maker: bool,
}

impl TradeRow {
    /// The execution.
    pub const fn fill(&self) -> Fill {
        Fill {
            trade_id: self.id,
            price: self.price,
            quantity: self.qty,
            commission: self.commission,
            commission_asset: self.commission_asset,
            maker: self.is_maker,
            at: self.time,
        }
    }

    /// The execution beside the state of the order that it belongs to.
    pub const fn report(&self, state: OrderState) -> OrderReport {
        OrderReport { state, fill: Some(self.fill()) }
    }
}
