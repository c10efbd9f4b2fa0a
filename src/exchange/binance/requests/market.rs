//! Market data, rules, and the exchange's clock: asked by anybody.

use heikin_core::market::Symbol;
use heikin_core::time::{Interval, Timestamp};

use super::super::limits::Lane;
use super::Request;

/// The most klines in one answer.
pub const MOST_KLINES: u16 = 1_000;

/// The exchange's clock.
pub fn server_time() -> Request {
    Request {
        lane: Lane::Queries,
        websocket_method: Some("time"),
        ..Request::public("/api/v3/time", 1)
    }
}

/// [`heikin_core::engine::Effect::FetchRules`]: rules of these symbols, and the rate limits.
pub fn exchange_info(symbols: &[Symbol]) -> Request {
    let request = Request {
        lane: Lane::Queries,
        websocket_method: Some("exchangeInfo"),
        ..Request::public("/api/v3/exchangeInfo", 20)
    };
    match symbols {
        [] => request,
        [symbol] => request.text("symbol", symbol),
        symbols => {
            let names: Vec<_> = symbols.iter().map(|symbol| format!("\"{symbol}\"")).collect();
            // Over the WebSocket API this would have to be an array.
            Request { websocket_method: None, ..request }
                .text("symbols", format!("[{}]", names.join(",")))
        }
    }
}

/// Which klines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KlineRange {
    /// From this opening time on; the oldest first. Without it, the newest.
    pub start: Option<Timestamp>,
    /// Up to this opening time.
    pub end: Option<Timestamp>,
    /// At most this many, and [`MOST_KLINES`].
    pub limit: Option<u16>,
}

/// Klines, ascending; the newest row may be of the candle that is still open. (`uiKlines` is altered
/// for display, and never asked for.)
pub fn klines(symbol: Symbol, interval: Interval, range: KlineRange) -> Request {
    let mut request =
        Request { websocket_method: Some("klines"), ..Request::public("/api/v3/klines", 2) }
            .text("symbol", symbol)
            .text("interval", interval);
    if let Some(start) = range.start {
        request = request.number("startTime", start.millis());
    }
    if let Some(end) = range.end {
        request = request.number("endTime", end.millis());
    }
    request.number("limit", range.limit.unwrap_or(MOST_KLINES).clamp(1, MOST_KLINES).into())
}

/// The best bid and ask of a symbol.
pub fn book_ticker(symbol: Symbol) -> Request {
    Request {
        websocket_method: Some("ticker.book"),
        ..Request::public("/api/v3/ticker/bookTicker", 2)
    }
    .text("symbol", symbol)
}
