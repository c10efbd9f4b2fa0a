//! Names of market streams, and the frames that subscribe to them (`web-socket-streams.md`).

use heikin_core::market::Symbol;
use heikin_core::time::Interval;
use serde::Serialize;

use super::super::signing::percent_encode;

/// The stream of a symbol's candles. Symbols are lowercase in names of streams.
pub fn kline_stream(symbol: Symbol, interval: Interval) -> String {
    format!("{}@kline_{interval}", symbol.as_str().to_lowercase())
}

/// The stream of a symbol's best bid and ask.
pub fn book_ticker_stream(symbol: Symbol) -> String {
    format!("{}@bookTicker", symbol.as_str().to_lowercase())
}

/// The path below the streams' base address. Always combined: a quote on a raw stream says neither
/// what it is nor, on a shared socket, whose.
pub fn combined_path(streams: &[String]) -> String {
    let mut path = "/stream".to_owned();
    for (index, stream) in streams.iter().enumerate() {
        path.push_str(if index == 0 { "?streams=" } else { "/" });
        for (part, text) in stream.split('@').enumerate() {
            if part > 0 {
                path.push('@');
            }
            percent_encode(text, &mut path);
        }
    }
    path
}

/// What a control message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StreamControl {
    /// These streams as well.
    Subscribe,
    /// These no longer.
    Unsubscribe,
}

/// A control message. Five a second, pongs included, are the most that a connection takes.
pub fn control(what: StreamControl, streams: &[String], id: u64) -> String {
    #[derive(Serialize)]
    struct Control<'a> {
        method: StreamControl,
        params: &'a [String],
        id: u64,
    }
    // Strings and a number always serialize.
    serde_json::to_string(&Control { method: what, params: streams, id }).unwrap_or_default()
}
