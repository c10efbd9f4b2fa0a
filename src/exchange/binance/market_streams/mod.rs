//! Market data: every closed candle once, in order, without gaps; and the latest quotes.
//!
//! Streams are quick and lose things, REST has everything and is slow: candles come from the stream,
//! and whatever is missing (before the first one, after a lost connection, where a frame did not
//! come) is read by REST before what comes after it is delivered. Quotes are conflated: there is one
//! place for each symbol, and who is slow misses those in between.

mod connection;
mod quotes;
mod second_look;
mod series;

use std::collections::BTreeMap;

use heikin_core::market::{Candle, Symbol};
use heikin_core::time::{Interval, Timestamp};
pub use quotes::Quotes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::endpoints::Endpoints;
use super::rest::Rest;
use connection::Connection;
use series::Series;

/// A connection takes 1024 streams; each symbol has its quotes besides its candles.
const SERIES_PER_CONNECTION: usize = 256;

/// Which candles are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Of which interval.
    pub interval: Interval,
    /// When the last candle that is known opened: delivery begins behind it. None begins with what
    /// closes next.
    pub after: Option<Timestamp>,
}

/// What comes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketEvent {
    /// A candle closed.
    Candle {
        /// Of which symbol.
        symbol: Symbol,
        /// Of which interval.
        interval: Interval,
        /// The candle.
        candle: Candle,
        /// When it arrived, by the exchange's clock.
        at: Timestamp,
    },
    /// The connection of this number delivers nothing: what comes over it is stale. It is so from
    /// the beginning, untold.
    Stale(usize),
    /// It delivers (again).
    Live(usize),
    /// Everything that the simulator sent before this point of its lockstep, on any connection, has
    /// been delivered.
    Barrier(u64),
}

/// The streams, until they are dropped.
#[derive(Debug)]
pub struct MarketStreams {
    quotes: Quotes,
    connections: usize,
    _tasks: JoinSet<()>,
}

impl MarketStreams {
    /// Connects, and keeps connected. The quotes of every symbol come with its candles.
    ///
    /// To be called within a [`tokio::runtime::LocalRuntime`] or a [`tokio::task::LocalSet`].
    pub fn spawn(
        rest: &Rest,
        endpoints: &Endpoints,
        subscriptions: &[Subscription],
        events: &mpsc::Sender<MarketEvent>,
    ) -> Self {
        let mut wanted: BTreeMap<(Symbol, Interval), Option<Timestamp>> = BTreeMap::new();
        for Subscription { symbol, interval, after } in subscriptions.iter().copied() {
            let known = wanted.entry((symbol, interval)).or_insert(after);
            // Of two, the one that wants more.
            *known = known.zip(after).map(|(one, other)| one.min(other)).or(*known).or(after);
        }
        let quotes = Quotes::new(rest.time().clone());
        let all: Vec<_> = wanted.into_iter().collect();
        let parts: Vec<_> = all.chunks(SERIES_PER_CONNECTION).collect();
        let barriers = connection::Barriers::new(parts.len());
        let mut tasks = JoinSet::new();
        for (number, part) in parts.iter().enumerate() {
            let series = part.iter().map(|((symbol, interval), after)| {
                ((*symbol, *interval), Series::new(*interval, *after))
            });
            let connection = Connection::new(connection::Setup {
                number,
                rest: rest.clone(),
                address: endpoints.streams.clone(),
                series: series.collect(),
                quotes: quotes.clone(),
                events: events.clone(),
                barriers: barriers.clone(),
            });
            tasks.spawn_local(connection.run());
        }
        Self { quotes, connections: parts.len(), _tasks: tasks }
    }

    /// The latest quotes.
    pub fn quotes(&self) -> &Quotes {
        &self.quotes
    }

    /// How many connections there are: they are numbered from zero.
    pub fn connections(&self) -> usize {
        self.connections
    }
}
