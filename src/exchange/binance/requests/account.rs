//! The parts of a snapshot of the account, its fills, and what a key may do.

use heikin_core::market::Symbol;
use heikin_core::order::{TradeId, VenueOrderId};
use heikin_core::time::{Span, Timestamp};

use super::super::limits::{Cost, Lane};
use super::Request;

/// No list of the exchange spans more time than this between its two ends (`-1127`).
const LONGEST_LOOKUP: Span = Span::from_secs(86_400);
/// The most rows that a list has.
const MOST_ROWS: i64 = 1_000;

/// Balances: every asset ever held, or only those of which there is something.
pub fn account() -> Request {
    Request::read("/api/v3/account", "account.status", 20).text("omitZeroBalances", "false")
}

/// The open orders of all symbols, ours and others: one answer, so that it is true of one moment.
pub fn open_orders() -> Request {
    Request::read("/api/v3/openOrders", "openOrders.status", 80)
}

/// Orders of a symbol in a window of [`day_windows`]; ascending, at most a thousand. The list comes
/// from a database that lags behind the engine.
pub fn all_orders(symbol: Symbol, window: (Timestamp, Timestamp)) -> Request {
    within(Request::read("/api/v3/allOrders", "allOrders", 20), symbol, window)
}

/// Trades of a symbol in a window of [`day_windows`]; ascending, at most a thousand.
pub fn my_trades(symbol: Symbol, window: (Timestamp, Timestamp)) -> Request {
    within(Request::read("/api/v3/myTrades", "myTrades", 20), symbol, window)
}

fn within(request: Request, symbol: Symbol, (start, end): (Timestamp, Timestamp)) -> Request {
    request
        .text("symbol", symbol)
        .number("startTime", start.millis())
        .number("endTime", end.millis())
        .number("limit", MOST_ROWS)
}

/// The trades of a symbol from this one on; ascending, at most a thousand: the next page.
pub fn trades_after(symbol: Symbol, from: TradeId) -> Request {
    Request::read("/api/v3/myTrades", "myTrades", 20)
        .text("symbol", symbol)
        .id("fromId", from)
        .number("limit", MOST_ROWS)
}

/// [`heikin_core::engine::Effect::FetchFills`]: the trades of one order.
pub fn trades_of(symbol: Symbol, order: VenueOrderId) -> Request {
    Request::read("/api/v3/myTrades", "myTrades", 5).text("symbol", symbol).id("orderId", order)
}

/// The time from `since` to `until` in windows that the exchange's lists take, oldest first.
pub fn day_windows(
    since: Timestamp,
    until: Timestamp,
) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let first = (since <= until).then_some(since);
    let end = move |start: Timestamp| (start + LONGEST_LOOKUP - Span::from_millis(1)).min(until);
    std::iter::successors(first, move |start| {
        Some(end(*start)).filter(|end| *end < until).map(|end| end + Span::from_millis(1))
    })
    .map(move |start| (start, end(start)))
}

/// The fees of a symbol.
pub fn commission_rates(symbol: Symbol) -> Request {
    Request::read("/api/v3/account/commission", "account.commission", 20).text("symbol", symbol)
}

/// The filters that hold for the account besides those of `exchangeInfo`: the only place that shows
/// MAX_ASSET.
pub fn my_filters(symbol: Symbol) -> Request {
    Request::read("/api/v3/myFilters", "myFilters", 40).text("symbol", symbol)
}

/// What the key may do. On production only: the Wallet API has no other host, and no WebSocket.
pub fn key_permissions() -> Request {
    Request { websocket_method: None, ..Request::read("/sapi/v1/account/apiRestrictions", "", 1) }
}

/// Asks for the account's events on a connection of the WebSocket API: the only way that works with
/// every kind of key. There is no such path over HTTP.
pub fn subscribe_user_events() -> Request {
    Request {
        lane: Lane::Exits,
        cost: Cost::always(2),
        ..Request::read("", "userDataStream.subscribe.signature", 2)
    }
}
