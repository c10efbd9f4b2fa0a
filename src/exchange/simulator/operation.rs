//! What can be asked, over REST and over the WebSocket API alike: one table for both.

use super::params::Params;

/// Names one operation: the endpoint of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Ping,
    Time,
    ExchangeInfo,
    Klines,
    Depth,
    Trades,
    AggTrades,
    AvgPrice,
    TickerPrice,
    TickerBook,
    Ticker24h,
    Account,
    Commission,
    OrderLimits,
    MyFilters,
    Place,
    Test,
    Status,
    Cancel,
    CancelReplace,
    OpenOrders,
    CancelAll,
    AllOrders,
    MyTrades,
    PlaceOco,
    PlaceOcoOld,
    CancelList,
    ListStatus,
    OpenLists,
    AllLists,
    KeyRestrictions,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    Public,
    /// A signature is needed.
    Signed,
    /// A signature, and a key that may trade. Weighs nothing where it succeeds (since 2026-04).
    Trade,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) op: Op,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// Its method on the WebSocket API; empty where it has none.
    pub(super) websocket: &'static str,
    weight: u32,
    pub(super) security: Security,
    /// The names of its parameters.
    pub(super) params: &'static [&'static str],
}

/// The parameters of every signed request.
pub(super) const SIGNED: &[&str] = &["recvWindow", "timestamp", "signature", "apiKey"];

const fn row(
    op: Op,
    (method, path): (&'static str, &'static str),
    websocket: &'static str,
    (weight, security): (u32, Security),
    params: &'static [&'static str],
) -> Operation {
    Operation { op, method, path, websocket, weight, security, params }
}

const SYMBOL: &[&str] = &["symbol"];
const SYMBOLS: &[&str] = &["symbol", "symbols", "symbolStatus", "type"];
const RANGE: &[&str] = &["symbol", "interval", "startTime", "endTime", "timeZone", "limit"];
const PRINTS: &[&str] = &["symbol", "limit", "fromId", "startTime", "endTime"];
const ORDER: &[&str] = &[
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "stopPrice",
    "newClientOrderId",
    "strategyId",
    "strategyType",
    "trailingDelta",
    "icebergQty",
    "newOrderRespType",
    "selfTradePreventionMode",
    "pegPriceType",
    "pegOffsetValue",
    "pegOffsetType",
    "computeCommissionRates",
    "isMaker",
    // cancelReplace
    "cancelReplaceMode",
    "cancelNewClientOrderId",
    "cancelOrigClientOrderId",
    "cancelOrderId",
    "cancelRestrictions",
    "orderRateLimitExceededMode",
];
const ONE_ORDER: &[&str] =
    &["symbol", "orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions"];
const HISTORY: &[&str] = &["symbol", "orderId", "startTime", "endTime", "fromId", "limit"];
const OCO: &[&str] = &[
    "symbol",
    "listClientOrderId",
    "side",
    "quantity",
    "newOrderRespType",
    "selfTradePreventionMode",
    "aboveType",
    "aboveClientOrderId",
    "aboveIcebergQty",
    "abovePrice",
    "aboveStopPrice",
    "aboveTrailingDelta",
    "aboveTimeInForce",
    "aboveStrategyId",
    "aboveStrategyType",
    "belowType",
    "belowClientOrderId",
    "belowIcebergQty",
    "belowPrice",
    "belowStopPrice",
    "belowTrailingDelta",
    "belowTimeInForce",
    "belowStrategyId",
    "belowStrategyType",
];
const OCO_OLD: &[&str] = &[
    "symbol",
    "listClientOrderId",
    "side",
    "quantity",
    "limitClientOrderId",
    "price",
    "stopPrice",
    "stopClientOrderId",
    "stopLimitPrice",
    "stopLimitTimeInForce",
    "newOrderRespType",
    "selfTradePreventionMode",
];
const ONE_LIST: &[&str] =
    &["symbol", "orderListId", "listClientOrderId", "origClientOrderId", "newClientOrderId"];

use Security::{Public, Signed, Trade};

/// Every operation (`rest-api.md`, `web-socket-api.md`).
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation] = &[
    row(Op::Ping, ("GET", "/api/v3/ping"), "ping", (1, Public), &[]),
    row(Op::Time, ("GET", "/api/v3/time"), "time", (1, Public), &[]),
    row(Op::ExchangeInfo, ("GET", "/api/v3/exchangeInfo"), "exchangeInfo", (20, Public), &["symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"]),
    row(Op::Klines, ("GET", "/api/v3/klines"), "klines", (2, Public), RANGE),
    row(Op::Klines, ("GET", "/api/v3/uiKlines"), "uiKlines", (2, Public), RANGE),
    row(Op::Depth, ("GET", "/api/v3/depth"), "depth", (5, Public), &["symbol", "limit"]),
    row(Op::Trades, ("GET", "/api/v3/trades"), "trades.recent", (25, Public), PRINTS),
    row(Op::Trades, ("GET", "/api/v3/historicalTrades"), "trades.historical", (25, Public), PRINTS),
    row(Op::AggTrades, ("GET", "/api/v3/aggTrades"), "trades.aggregate", (4, Public), PRINTS),
    row(Op::AvgPrice, ("GET", "/api/v3/avgPrice"), "avgPrice", (2, Public), SYMBOL),
    row(Op::TickerPrice, ("GET", "/api/v3/ticker/price"), "ticker.price", (2, Public), SYMBOLS),
    row(Op::TickerBook, ("GET", "/api/v3/ticker/bookTicker"), "ticker.book", (2, Public), SYMBOLS),
    row(Op::Ticker24h, ("GET", "/api/v3/ticker/24hr"), "ticker.24hr", (2, Public), SYMBOLS),
    row(Op::Account, ("GET", "/api/v3/account"), "account.status", (20, Signed), &["omitZeroBalances"]),
    row(Op::Commission, ("GET", "/api/v3/account/commission"), "account.commission", (20, Signed), SYMBOL),
    row(Op::OrderLimits, ("GET", "/api/v3/rateLimit/order"), "account.rateLimits.orders", (40, Signed), &[]),
    row(Op::MyFilters, ("GET", "/api/v3/myFilters"), "myFilters", (40, Signed), SYMBOL),
    row(Op::Place, ("POST", "/api/v3/order"), "order.place", (1, Trade), ORDER),
    row(Op::Test, ("POST", "/api/v3/order/test"), "order.test", (1, Signed), ORDER),
    row(Op::Status, ("GET", "/api/v3/order"), "order.status", (4, Signed), ONE_ORDER),
    row(Op::Cancel, ("DELETE", "/api/v3/order"), "order.cancel", (1, Trade), ONE_ORDER),
    row(Op::CancelReplace, ("POST", "/api/v3/order/cancelReplace"), "order.cancelReplace", (1, Trade), ORDER),
    row(Op::OpenOrders, ("GET", "/api/v3/openOrders"), "openOrders.status", (6, Signed), SYMBOL),
    row(Op::CancelAll, ("DELETE", "/api/v3/openOrders"), "openOrders.cancelAll", (1, Trade), SYMBOL),
    row(Op::AllOrders, ("GET", "/api/v3/allOrders"), "allOrders", (20, Signed), HISTORY),
    row(Op::MyTrades, ("GET", "/api/v3/myTrades"), "myTrades", (20, Signed), HISTORY),
    row(Op::PlaceOco, ("POST", "/api/v3/orderList/oco"), "orderList.place.oco", (1, Trade), OCO),
    row(Op::PlaceOcoOld, ("POST", "/api/v3/order/oco"), "orderList.place", (1, Trade), OCO_OLD),
    row(Op::CancelList, ("DELETE", "/api/v3/orderList"), "orderList.cancel", (1, Trade), ONE_LIST),
    row(Op::ListStatus, ("GET", "/api/v3/orderList"), "orderList.status", (4, Signed), ONE_LIST),
    row(Op::OpenLists, ("GET", "/api/v3/openOrderList"), "openOrderLists.status", (6, Signed), &[]),
    row(Op::AllLists, ("GET", "/api/v3/allOrderList"), "allOrderLists", (20, Signed), HISTORY),
    row(Op::KeyRestrictions, ("GET", "/sapi/v1/account/apiRestrictions"), "", (1, Signed), &[]),
];

impl Operation {
    /// A signed request that is in no table.
    pub(super) const fn signed(op: Op, websocket: &'static str) -> Self {
        row(op, ("", ""), websocket, (2, Security::Signed), &[])
    }

    /// The row of a request over HTTP.
    pub(super) fn of_rest(method: &str, path: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|row| row.path == path && row.method == method)
    }

    /// The row of a method of the WebSocket API, which may be prefixed with its version.
    pub(super) fn of_websocket(method: &str) -> Option<&'static Self> {
        let name = method.strip_prefix("v3/").unwrap_or(method);
        OPERATIONS.iter().find(|row| !row.websocket.is_empty() && row.websocket == name)
    }

    /// What faults call it: its WebSocket method, or its path.
    pub(super) const fn name(&self) -> &'static str {
        if self.websocket.is_empty() { self.path } else { self.websocket }
    }

    /// Its weight with these parameters.
    pub(super) fn weight(&self, params: &Params) -> u32 {
        let symbol = params.get("symbol").is_some();
        match self.op {
            Op::OpenOrders if !symbol => 80,
            Op::TickerPrice | Op::TickerBook if !symbol => 4,
            Op::Ticker24h if !symbol => match params.get("symbols") {
                Some(names) if names.matches(',').count() < 20 => 2,
                Some(names) if names.matches(',').count() < 100 => 40,
                _ => 80,
            },
            Op::MyTrades if params.get("orderId").is_some() => 5,
            Op::Test if params.get("computeCommissionRates") == Some("true") => 20,
            Op::Depth => match params.get("limit").and_then(|limit| limit.parse().ok()) {
                None | Some(0..=100_u32) => 5,
                Some(101..=500) => 25,
                Some(501..=1_000) => 50,
                Some(_) => 250,
            },
            _ => self.weight,
        }
    }

    /// How many orders it counts for.
    pub(super) const fn order_count(&self) -> u32 {
        match self.op {
            Op::Place | Op::CancelReplace => 1,
            Op::PlaceOco | Op::PlaceOcoOld => 2,
            _ => 0,
        }
    }
}
