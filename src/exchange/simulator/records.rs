//! What the exchange knows of orders besides what the matching needs: ids, terms as they were sent,
//! executions, lists. It is kept for as long as the exchange runs: it is the truth that others are
//! checked against.

use heikin_core::market::{Asset, OrderType, Side};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{TradeId, VenueOrderId};
use heikin_core::time::Timestamp;
use serde_json::{Map, Value, json};

/// What the matching calls an order: its place among [`super::world::World::orders`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OrderKey(pub(super) usize);

/// How long an order may rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeInForce {
    GoodTillCanceled,
    ImmediateOrCancel,
    FillOrKill,
}

impl TimeInForce {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::GoodTillCanceled => "GTC",
            Self::ImmediateOrCancel => "IOC",
            Self::FillOrKill => "FOK",
        }
    }
}

/// The exchange's name of an order type.
pub(super) const fn type_name(kind: OrderType) -> &'static str {
    match kind {
        OrderType::Limit => "LIMIT",
        OrderType::LimitMaker => "LIMIT_MAKER",
        OrderType::Market => "MARKET",
        OrderType::StopLoss => "STOP_LOSS",
        OrderType::StopLossLimit => "STOP_LOSS_LIMIT",
        OrderType::TakeProfit => "TAKE_PROFIT",
        OrderType::TakeProfitLimit => "TAKE_PROFIT_LIMIT",
    }
}

/// What self-trade prevention makes of an order: a status of its own, and no reason.
pub(super) const PREVENTED: &str = "EXPIRED_IN_MATCH";

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    New,
    PartiallyFilled,
    Filled,
    Canceled,
    Rejected,
    /// With the reason, where one is told.
    Expired(&'static str),
}

impl Status {
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::PartiallyFilled)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Filled => "FILLED",
            Self::Canceled => "CANCELED",
            Self::Rejected => "REJECTED",
            Self::Expired(PREVENTED) => PREVENTED,
            Self::Expired(_) => "EXPIRED",
        }
    }
}

/// An order that was taken in.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) account: usize,
    pub(super) listing: usize,
    pub(super) venue_id: VenueOrderId,
    /// Once it was cancelled, the id of the cancellation.
    pub(super) client_id: String,
    /// The id it had before it was cancelled.
    pub(super) original_id: Option<String>,
    /// Its place among the lists.
    pub(super) list: Option<usize>,
    pub(super) terms: WireTerms,
    pub(super) executed: Quantity,
    pub(super) quote_executed: Money,
    pub(super) status: Status,
    pub(super) placed_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) working_since: Option<Timestamp>,
}

/// What was asked for, as it was sent.
#[derive(Debug, Clone)]
pub(super) struct WireTerms {
    pub(super) side: Side,
    pub(super) kind: OrderType,
    pub(super) time_in_force: TimeInForce,
    pub(super) price: Option<Price>,
    pub(super) stop_price: Option<Price>,
    pub(super) quantity: Quantity,
    pub(super) quote_quantity: Option<Quantity>,
    pub(super) iceberg: Option<Quantity>,
    pub(super) prevention: &'static str,
    /// `strategyId` and `strategyType`, as they were sent.
    pub(super) strategy: (Option<i64>, Option<i64>),
}

/// One execution.
#[derive(Debug, Clone)]
pub(super) struct Trade {
    pub(super) id: TradeId,
    pub(super) order: OrderKey,
    pub(super) account: usize,
    pub(super) listing: usize,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) commission: Quantity,
    pub(super) commission_asset: Asset,
    pub(super) at: Timestamp,
    pub(super) side: Side,
    pub(super) maker: bool,
}

/// An order list (OCO).
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) account: usize,
    pub(super) listing: usize,
    pub(super) client_id: String,
    pub(super) legs: [OrderKey; 2],
    pub(super) at: Timestamp,
    pub(super) done: bool,
}

/// A number as the exchange writes it: with eight decimals.
pub(super) fn fixed(number: impl std::fmt::Display) -> String {
    format!("{number:.8}")
}

/// A price that may be absent.
pub(super) fn price_or_zero(price: Option<Price>) -> String {
    price.map_or_else(|| "0.00000000".to_owned(), fixed)
}

impl Order {
    fn working_time(&self) -> i64 {
        self.working_since.map_or(-1, Timestamp::millis)
    }

    /// What all shapes of an order have.
    pub(super) fn base(&self, symbol: &str) -> Map<String, Value> {
        let list = self.list.map_or(-1, |list| i64::try_from(list).unwrap_or(-1));
        let mut row = Map::new();
        let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
        put("symbol", symbol.into());
        put("orderId", self.venue_id.into());
        put("orderListId", list.into());
        put("clientOrderId", self.client_id.as_str().into());
        row
    }

    fn put_state(&self, row: &mut Map<String, Value>) {
        let terms = &self.terms;
        let mut put = |name: &str, value: Value| {
            row.insert(name.to_owned(), value);
        };
        put("price", price_or_zero(terms.price).into());
        put("origQty", fixed(terms.quantity).into());
        put("executedQty", fixed(self.executed).into());
        put("origQuoteOrderQty", fixed(terms.quote_quantity.unwrap_or_default()).into());
        put("cummulativeQuoteQty", fixed(self.quote_executed).into());
        put("status", self.status.as_str().into());
        put("timeInForce", terms.time_in_force.as_str().into());
        put("type", type_name(terms.kind).into());
        put("side", terms.side.to_string().into());
        put("selfTradePreventionMode", terms.prevention.into());
        for (name, value) in [("strategyId", terms.strategy.0), ("strategyType", terms.strategy.1)]
        {
            if let Some(value) = value {
                put(name, value.into());
            }
        }
        if let Status::Expired(reason) = self.status
            && reason != PREVENTED
        {
            put("expiryReason", reason.into());
        }
    }

    fn put_conditional_prices(&self, row: &mut Map<String, Value>) {
        if let Some(stop) = self.terms.stop_price {
            row.insert("stopPrice".to_owned(), fixed(stop).into());
        }
        if let Some(part) = self.terms.iceberg {
            row.insert("icebergQty".to_owned(), fixed(part).into());
        }
    }

    /// The answer to its placement, without fills.
    pub(super) fn result(&self, symbol: &str, at: Timestamp) -> Map<String, Value> {
        let mut row = self.base(symbol);
        row.insert("transactTime".to_owned(), at.millis().into());
        self.put_state(&mut row);
        self.put_conditional_prices(&mut row);
        row.insert("workingTime".to_owned(), self.working_time().into());
        row
    }

    /// The answer to its cancellation.
    pub(super) fn canceled(&self, symbol: &str, at: Timestamp) -> Value {
        let mut row = self.base(symbol);
        let original = self.original_id.as_deref().unwrap_or(&self.client_id);
        row.insert("origClientOrderId".to_owned(), original.into());
        row.insert("transactTime".to_owned(), at.millis().into());
        self.put_state(&mut row);
        self.put_conditional_prices(&mut row);
        Value::Object(row)
    }

    /// A row of a query.
    pub(super) fn row(&self, symbol: &str) -> Value {
        let mut row = self.base(symbol);
        self.put_state(&mut row);
        let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
        put("stopPrice", price_or_zero(self.terms.stop_price).into());
        put("icebergQty", fixed(self.terms.iceberg.unwrap_or_default()).into());
        put("time", self.placed_at.millis().into());
        put("updateTime", self.updated_at.millis().into());
        // Binance says `true` of every order; `workingTime` is the truth.
        put("isWorking", self.working_since.is_some().into());
        put("workingTime", self.working_time().into());
        Value::Object(row)
    }
}

impl Trade {
    /// A row of `myTrades`.
    pub(super) fn row(&self, symbol: &str, order: &Order) -> Value {
        let list = order.list.map_or(-1, |list| i64::try_from(list).unwrap_or(-1));
        json!({
            "symbol": symbol, "id": self.id, "orderId": order.venue_id, "orderListId": list,
            "price": fixed(self.price), "qty": fixed(self.quantity),
            "quoteQty": fixed(self.price.times(self.quantity)),
            "commission": fixed(self.commission), "commissionAsset": self.commission_asset,
            "time": self.at.millis(), "isBuyer": self.side == Side::Buy, "isMaker": self.maker,
            "isBestMatch": true,
        })
    }

    /// One of the `fills` of an answer.
    pub(super) fn fill(&self) -> Value {
        json!({
            "price": fixed(self.price), "qty": fixed(self.quantity),
            "commission": fixed(self.commission), "commissionAsset": self.commission_asset,
            "tradeId": self.id,
        })
    }
}
