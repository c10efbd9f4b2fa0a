//! One connection of market streams, and the series that come over it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use heikin_core::market::{Candle, Symbol};
use heikin_core::time::{Interval, Timestamp};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Duration;

use super::super::exchange_time::pause;
use super::super::link::{Broken, Dialling, Link, LinkEvent, Socket, Watch};
use super::super::requests::{
    StreamControl, book_ticker_stream, combined_path, control, kline_stream,
};
use super::super::rest::{ReadError, Rest};
use super::super::wire::{KlineEvent, KlineProgress, MarketMessage};
use super::second_look::{Look, SecondLook, has_same_prices};
use super::series::{Offer, Series};
use super::{MarketEvent, Quotes};

/// The exchange pings every 20 s.
const SILENCE: Duration = Duration::from_secs(45);
/// A busy market is never quiet for so long.
const LIVELY: Duration = Duration::from_secs(5);
/// So many streams are named in the address, and so many in one control message.
const STREAMS_AT_ONCE: usize = 100;
/// A connection takes five control messages a second, pongs included.
const CONTROL_PAUSE: Duration = Duration::from_millis(300);
/// So many series of a connection are read by REST at the same time.
const FILLS_AT_ONCE: usize = 4;

/// A series of candles.
pub(super) type Key = (Symbol, Interval);

/// What a connection begins with.
pub(super) struct Setup {
    pub(super) number: usize,
    pub(super) rest: Rest,
    pub(super) address: String,
    pub(super) series: BTreeMap<Key, Series>,
    pub(super) quotes: Quotes,
    pub(super) events: mpsc::Sender<MarketEvent>,
    pub(super) barriers: Barriers,
}

/// How far each connection has come, in lockstep: a point is reached when all have.
#[derive(Debug, Clone)]
pub(super) struct Barriers(Rc<RefCell<Vec<u64>>>);

impl Barriers {
    pub(super) fn new(connections: usize) -> Self {
        Self(Rc::new(RefCell::new(vec![0; connections])))
    }

    /// A connection has come to a point: the one that all have come to, where that is new.
    fn reach(&self, connection: usize, point: u64) -> Option<u64> {
        let mut points = self.0.borrow_mut();
        let before = points.iter().min().copied();
        if let Some(own) = points.get_mut(connection) {
            *own = point.max(*own);
        }
        let now = points.iter().min().copied();
        now.filter(|_| now > before)
    }
}

/// Nobody listens any more.
struct Closed;

/// What was read by REST.
enum Read {
    /// A page of candles that were missing.
    Page(Key, Result<Option<Vec<Candle>>, ReadError>),
    /// What REST says of a candle that the stream told in two ways.
    Verdict(Key, Candle, Result<Option<Vec<Candle>>, ReadError>),
    /// What it says a while later of a candle that was delivered.
    Later(Look, Result<Option<Vec<Candle>>, ReadError>),
}

pub(super) struct Connection {
    setup: Setup,
    link: Link,
    reads: JoinSet<Read>,
    looks: SecondLook,
    permits: Rc<Semaphore>,
}

impl Connection {
    pub(super) fn new(setup: Setup) -> Self {
        let rest = &setup.rest;
        let watch = if rest.time().is_lockstep() {
            Watch::Never
        } else {
            Watch::Liveliness { silence: SILENCE, lively: LIVELY }
        };
        let mut streams = Vec::new();
        for (symbol, interval) in setup.series.keys() {
            streams.push(kline_stream(*symbol, *interval));
            let quotes = book_ticker_stream(*symbol);
            if !streams.contains(&quotes) {
                streams.push(quotes);
            }
        }
        let (own, address) = (rest.clone(), setup.address.clone());
        let streams = Rc::new(streams);
        let dial = move || -> Dialling {
            Box::pin(dial(own.clone(), address.clone(), Rc::clone(&streams)))
        };
        let link = Link::new("market streams", watch, rest.tally().clone(), dial);
        let permits = Rc::new(Semaphore::new(FILLS_AT_ONCE));
        Self { link, reads: JoinSet::new(), looks: SecondLook::default(), permits, setup }
    }

    /// Until nobody listens any more.
    pub(super) async fn run(mut self) {
        while self.step().await.is_ok() {}
    }

    async fn step(&mut self) -> Result<(), Closed> {
        let time = self.setup.rest.time().clone();
        let due = self.setup.series.values().filter_map(Series::due).chain(self.looks.due()).min();
        // In lockstep no time passes while nothing comes: the next candle shows what is missing.
        let due = due.filter(|_| !time.is_lockstep());
        let wait = async {
            match due {
                Some(due) => time.wait_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            event = self.link.next() => match event {
                LinkEvent::Up => {
                    self.send(MarketEvent::Live(self.setup.number)).await?;
                    let all: Vec<_> = self.setup.series.keys().copied().collect();
                    for key in all {
                        self.fill(key);
                    }
                    Ok(())
                }
                LinkEvent::Down => self.send(MarketEvent::Stale(self.setup.number)).await,
                LinkEvent::Text(text) => match MarketMessage::decode(text.as_bytes()) {
                    Ok(message) => self.take(message).await,
                    Err(error) => {
                        self.link.malformed(&error.to_string());
                        Ok(())
                    }
                },
            },
            Some(read) = self.reads.join_next() => match read {
                Ok(read) => self.take_read(read).await,
                // Whose it was is lost with it: all are asked again.
                Err(error) => {
                    tracing::error!(target: "websocket", %error, "reading candles failed");
                    let now = time.now();
                    self.setup.series.values_mut().for_each(|series| series.fill_failed(now));
                    Ok(())
                }
            },
            () = wait => {
                let now = time.now();
                let is_due = |series: &Series| series.due().is_some_and(|due| due <= now);
                let due: Vec<_> = self.setup.series.iter().filter(|(_, it)| is_due(it)).collect();
                let due: Vec<_> = due.into_iter().map(|(key, _)| *key).collect();
                for key in due {
                    self.fill(key);
                }
                for look in self.looks.take_due(now) {
                    let open_time = look.told.open_time();
                    let range = (open_time, open_time);
                    self.read(look.key, range, move |result| Read::Later(look, result));
                }
                Ok(())
            }
        }
    }

    async fn send(&self, event: MarketEvent) -> Result<(), Closed> {
        self.setup.events.send(event).await.map_err(|_closed| Closed)
    }

    async fn deliver(&self, (symbol, interval): Key, candle: Candle) -> Result<(), Closed> {
        let at = self.setup.rest.time().now();
        self.send(MarketEvent::Candle { symbol, interval, candle, at }).await
    }

    async fn take(&mut self, message: MarketMessage) -> Result<(), Closed> {
        match message {
            MarketMessage::Kline(event) => return self.take_kline(&event).await,
            MarketMessage::BookTicker(ticker) => self.setup.quotes.set(&ticker),
            MarketMessage::ServerShutdown => self.link.renew(),
            MarketMessage::Barrier(point) => {
                if let Some(point) = self.setup.barriers.reach(self.setup.number, point) {
                    return self.send(MarketEvent::Barrier(point)).await;
                }
            }
            MarketMessage::Refused { code, msg, .. } => {
                tracing::error!(target: "websocket", code, msg, "a subscription was refused");
            }
            MarketMessage::Reply(..) | MarketMessage::Other(_) => {}
        }
        Ok(())
    }

    async fn take_kline(&mut self, event: &KlineEvent) -> Result<(), Closed> {
        let KlineEvent { symbol, interval, candle, progress, at } = *event;
        let time = self.setup.rest.time();
        let is_lockstep = time.is_lockstep();
        if is_lockstep {
            time.observe(at);
            self.setup.quotes.stamp(symbol, at);
        }
        let key = (symbol, interval);
        let Some(series) = self.setup.series.get_mut(&key) else { return Ok(()) };
        if progress == KlineProgress::Open {
            return Ok(());
        }
        match series.offer(candle) {
            Offer::Deliver => {
                // In lockstep its time never comes.
                if !is_lockstep {
                    self.looks.add(key, candle);
                }
                return self.deliver(key, candle).await;
            }
            Offer::Fill => self.fill(key),
            Offer::Known => {}
            Offer::Contradicts => {
                self.setup.rest.tally().count(|it| it.contradicted_candles += 1);
                let open_time = candle.open_time();
                self.read(key, (open_time, open_time), move |result| {
                    Read::Verdict(key, candle, result)
                });
            }
        }
        Ok(())
    }

    /// Reads what is missing of a series, if anything can be.
    fn fill(&mut self, key: Key) {
        let from = self.setup.series.get_mut(&key).and_then(Series::fill);
        if let Some(from) = from {
            self.read_page(key, from);
        }
    }

    fn read_page(&mut self, key: Key, from: Timestamp) {
        let now = self.setup.rest.time().now();
        self.read(key, (from, now), move |result| Read::Page(key, result));
    }

    fn read(
        &mut self,
        (symbol, interval): Key,
        range: (Timestamp, Timestamp),
        what: impl FnOnce(Result<Option<Vec<Candle>>, ReadError>) -> Read + 'static,
    ) {
        let mut klines = self.setup.rest.klines(symbol, interval, range);
        let permits = Rc::clone(&self.permits);
        self.reads.spawn_local(async move {
            // The semaphore is never closed.
            let _permit = permits.acquire().await;
            what(klines.next_page().await)
        });
    }

    /// REST tells again of a candle that was delivered.
    fn compare(&mut self, look: Look, result: Result<Option<Vec<Candle>>, ReadError>) {
        let (Look { key: (symbol, interval), told, .. }, rest) = (look, &self.setup.rest);
        let truth = match result {
            Ok(page) => page.and_then(|page| page.first().copied()),
            Err(_) => return self.looks.again(look, rest.time().now()),
        };
        // A copy that lags may not have it: then nothing is said against what was told.
        if truth.is_none_or(|truth| has_same_prices(&truth, &told)) {
            return;
        }
        rest.tally().count(|it| it.corrected_candles += 1);
        tracing::error!(
            target: "alert",
            %symbol, %interval, ?told, ?truth,
            "the exchange has corrected a candle that was decided on: the series goes on with what \
             was told then. Look at it on the exchange's chart; a new data folder begins with what \
             it says now"
        );
    }

    async fn take_read(&mut self, read: Read) -> Result<(), Closed> {
        let (key, result) = match read {
            Read::Page(key, result) => (key, result),
            Read::Later(look, result) => {
                self.compare(look, result);
                return Ok(());
            }
            Read::Verdict((symbol, interval), told, verdict) => {
                let truth = verdict.ok().flatten().and_then(|page| page.first().copied());
                if truth == Some(told) {
                    // The second telling was the wrong one.
                    return Ok(());
                }
                tracing::warn!(
                    target: "websocket",
                    %symbol, %interval, ?told, ?truth,
                    "a closed candle was told in two ways; the first one was decided on, REST has the truth"
                );
                return Ok(());
            }
        };
        let now = self.setup.rest.time().now();
        let Some(series) = self.setup.series.get_mut(&key) else { return Ok(()) };
        let page = match result {
            Ok(page) => page.unwrap_or_default(),
            Err(error) => {
                let (symbol, interval) = key;
                tracing::warn!(target: "websocket", %symbol, %interval, %error, "no candles");
                series.fill_failed(now);
                return Ok(());
            }
        };
        let is_full = page.len() + 1 >= usize::from(super::super::requests::MOST_KLINES);
        let mut candles = series.take_page(&page);
        let new = candles.len();
        let further = series.fill_on().filter(|_| is_full && new > 0);
        if further.is_none() {
            candles.extend(series.filled(new, now));
        }
        let count = u64::try_from(new).unwrap_or(u64::MAX);
        self.setup.rest.tally().count(|it| it.backfilled_candles += count);
        for candle in candles {
            self.deliver(key, candle).await?;
        }
        if let Some(from) = further {
            self.read_page(key, from);
        }
        Ok(())
    }
}

/// Connects to the first streams by the address, and subscribes to the others.
async fn dial(rest: Rest, address: String, streams: Rc<Vec<String>>) -> Result<Socket, Broken> {
    rest.may_connect().await;
    let (first, others) = streams.split_at(streams.len().min(STREAMS_AT_ONCE));
    let mut socket = Socket::connect(&format!("{address}{}", combined_path(first))).await?;
    for (part, id) in others.chunks(STREAMS_AT_ONCE).zip(1..) {
        pause(CONTROL_PAUSE).await;
        socket.send(control(StreamControl::Subscribe, part, id)).await?;
    }
    Ok(socket)
}
