//! Names of market streams (`web-socket-streams.md`).

use heikin_core::time::Interval;

/// A stream that somebody listens to. The order is that in which a point is told: quotes before
/// candles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stream {
    pub(super) kind: StreamKind,
    /// Of which listing; none for all of them together.
    pub(super) listing: Option<usize>,
    /// As the client wrote it.
    pub(super) name: String,
}

/// What a stream tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StreamKind {
    BookTicker,
    Trade,
    AggTrade,
    Depth(u8),
    MiniTicker,
    Ticker,
    Kline(Interval),
    /// A stream that tells nothing: the exchange takes every name.
    Silent,
}

impl Stream {
    /// The stream of a name; `listing_of` finds an upper-case symbol.
    pub(super) fn parse(name: &str, listing_of: impl Fn(&str) -> Option<usize>) -> Self {
        let silent = Self { kind: StreamKind::Silent, listing: None, name: name.to_owned() };
        if name == "!miniTicker@arr" {
            return Self { kind: StreamKind::MiniTicker, ..silent };
        }
        let Some((symbol, what)) = name.split_once('@') else { return silent };
        let is_upper = symbol.chars().any(char::is_uppercase);
        let Some(listing) = listing_of(&symbol.to_uppercase()).filter(|_| !is_upper) else {
            return silent;
        };
        let kind = match what {
            "bookTicker" => StreamKind::BookTicker,
            "trade" => StreamKind::Trade,
            "aggTrade" => StreamKind::AggTrade,
            "miniTicker" => StreamKind::MiniTicker,
            "ticker" => StreamKind::Ticker,
            "depth5" | "depth5@100ms" => StreamKind::Depth(5),
            "depth10" | "depth10@100ms" => StreamKind::Depth(10),
            "depth20" | "depth20@100ms" => StreamKind::Depth(20),
            _ => match what.strip_prefix("kline_").map(str::parse) {
                Some(Ok(interval)) => StreamKind::Kline(interval),
                _ => return silent,
            },
        };
        Self { kind, listing: Some(listing), ..silent }
    }

    /// The interval of a stream of candles.
    pub(super) const fn interval(&self) -> Option<Interval> {
        match self.kind {
            StreamKind::Kline(interval) => Some(interval),
            _ => None,
        }
    }
}
