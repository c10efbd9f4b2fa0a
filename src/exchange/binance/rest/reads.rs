//! Questions that change nothing, with their answers as types.
//!
//! Only these are ever asked again: candles are, since a page missing in five years of them is worth
//! another try.

use std::marker::PhantomData;

use heikin_core::market::{Candle, Quote, Symbol};
use heikin_core::time::{Interval, Span, Timestamp};
use serde::de::DeserializeOwned;
use tokio::time::Duration;

use super::super::classify;
use super::super::clock::RoundTrip;
use super::super::endpoints::WalletApi;
use super::super::exchange_time::pause;
use super::super::requests::{self, KlineRange, Request};
use super::super::wire::{
    Account, BookTicker, CommissionRates, ExchangeInfo, KeyPermissions, KlineLine, KlineRow,
    OrderRow, ServerTime,
};
use super::{Delivery, Rest};
pub use classify::ReadError;

/// How often a page of candles is asked for before its reader is told.
const PAGE_ATTEMPTS: u32 = 5;

impl Rest {
    /// Asks, and reads the answer.
    pub(in super::super) async fn read<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<T, ReadError> {
        classify::read(self.send(request, None).await.reply())
    }

    /// Asks for candles: again, after a pause, where nothing usable comes.
    async fn read_page<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ReadError> {
        let mut attempt = 1;
        loop {
            match self.read(request).await {
                Err(error @ (ReadError::NoAnswer(_) | ReadError::Unreadable(_)))
                    if attempt < PAGE_ATTEMPTS =>
                {
                    // Whoever is told when to come again waits in the queue until then.
                    if error.not_before().is_none() {
                        pause(Duration::from_millis(250 << attempt)).await;
                    }
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// One look at the exchange's clock.
    pub async fn server_time(&self) -> Result<RoundTrip, ReadError> {
        let delivery = self.send(&requests::server_time(), None).await;
        let ServerTime { server_time } = classify::read(delivery.reply())?;
        let Delivery::Answered(response) = delivery else { return Err(ReadError::NoAnswer(None)) };
        let time = self.time();
        time.observe(server_time);
        Ok(RoundTrip {
            sent: time.local(response.sent),
            server: server_time,
            received: time.local(response.received),
        })
    }

    /// Rules of these symbols, which account may trade them, and the rate limits, which hold from
    /// now on.
    pub async fn exchange_info(&self, symbols: &[Symbol]) -> Result<ExchangeInfo, ReadError> {
        let info: ExchangeInfo = self.read(&requests::exchange_info(symbols)).await?;
        self.limits().borrow_mut().configure(&info.rate_limits);
        if let Some(at) = info.server_time {
            self.time().observe(at);
        }
        Ok(info)
    }

    /// The closed candles of `symbol` that open from `from` up to and including `to`, page by page.
    pub fn klines(
        &self,
        symbol: Symbol,
        interval: Interval,
        (from, to): (Timestamp, Timestamp),
    ) -> Klines {
        Klines::between(self.clone(), (symbol, interval), (from, to))
    }

    /// The same, with all columns, as lines of a candle file.
    pub fn kline_lines(
        &self,
        symbol: Symbol,
        interval: Interval,
        (from, to): (Timestamp, Timestamp),
    ) -> Klines<KlineLine> {
        Klines::between(self.clone(), (symbol, interval), (from, to))
    }

    /// When the first candle that the exchange has of a series opens; none where it has none.
    ///
    /// # Errors
    ///
    /// Where the exchange does not tell.
    pub async fn first_open(
        &self,
        symbol: Symbol,
        interval: Interval,
    ) -> Result<Option<Timestamp>, ReadError> {
        let range = KlineRange { start: Some(Timestamp::EPOCH), end: None, limit: Some(1) };
        let request = requests::klines(symbol, interval, range);
        let rows: Vec<KlineRow> = self.read_page(&request).await?;
        Ok(rows.first().map(|KlineRow(candle)| candle.open_time()))
    }

    /// Just before the opening of the `count`-th last candle that has closed, or of the first there is;
    /// none where there is none. One page at most.
    ///
    /// # Errors
    ///
    /// Where the exchange does not tell.
    pub async fn before_the_last(
        &self,
        (symbol, interval): (Symbol, Interval),
        count: u16,
    ) -> Result<Option<Timestamp>, ReadError> {
        let range = KlineRange { start: None, end: None, limit: Some(count.saturating_add(1)) };
        let asked = self.time().after_closes();
        let rows: Vec<KlineRow> = self.read(&requests::klines(symbol, interval, range)).await?;
        let closed: Vec<_> = rows.into_iter().filter_map(|row| row.closed(asked)).collect();
        let first =
            closed.get(closed.len().saturating_sub(count.into())..).unwrap_or_default().first();
        Ok(first.map(|candle| candle.open_time() - Span::from_millis(1)))
    }

    /// Balances, permissions and number of the account.
    pub async fn account(&self) -> Result<Account, ReadError> {
        self.read(&requests::account()).await
    }

    /// The account's fees on a symbol.
    pub async fn commission_rates(&self, symbol: Symbol) -> Result<CommissionRates, ReadError> {
        self.read(&requests::commission_rates(symbol)).await
    }

    /// What the key may do; none where the exchange has no way to ask (testnet and demo mode).
    pub async fn key_permissions(&self) -> Result<Option<KeyPermissions>, ReadError> {
        match self.0.wallet_api {
            WalletApi::Served => self.read(&requests::key_permissions()).await.map(Some),
            WalletApi::Absent => Ok(None),
        }
    }

    /// The best bid and ask; none where a side of the book is empty.
    pub async fn book_ticker(&self, symbol: Symbol) -> Result<Option<Quote>, ReadError> {
        let ticker: BookTicker = self.read(&requests::book_ticker(symbol)).await?;
        Ok(ticker.quote(self.time().now()))
    }

    /// All open orders of the account, ours and others.
    pub async fn open_orders(&self) -> Result<Vec<OrderRow>, ReadError> {
        self.read(&requests::open_orders()).await
    }
}

/// What a candle of the past is read as.
pub trait Kline: Sized {
    /// The row of the answer.
    type Row: DeserializeOwned;

    /// What is in a row.
    fn of(row: Self::Row) -> Self;

    /// The candle.
    fn candle(&self) -> &Candle;
}

impl Kline for Candle {
    type Row = KlineRow;

    fn of(KlineRow(candle): KlineRow) -> Self {
        candle
    }

    fn candle(&self) -> &Candle {
        self
    }
}

impl Kline for KlineLine {
    type Row = Self;

    fn of(row: Self) -> Self {
        row
    }

    fn candle(&self) -> &Candle {
        &self.candle
    }
}

/// Candles of the past, oldest first, a page of up to a thousand at a time.
#[derive(Debug)]
pub struct Klines<K = Candle> {
    rest: Rest,
    symbol: Symbol,
    interval: Interval,
    /// Where the next page begins; none behind the last one.
    next: Option<Timestamp>,
    to: Timestamp,
    kind: PhantomData<K>,
}

impl<K: Kline> Klines<K> {
    const fn between(
        rest: Rest,
        (symbol, interval): (Symbol, Interval),
        (from, to): (Timestamp, Timestamp),
    ) -> Self {
        Self { rest, symbol, interval, next: Some(from), to, kind: PhantomData }
    }

    /// The next page; none when all are read. No page is empty.
    ///
    /// # Errors
    ///
    /// Where the exchange refused, or was asked several times without a usable answer. The same page
    /// may be asked for again.
    pub async fn next_page(&mut self) -> Result<Option<Vec<K>>, ReadError> {
        let Some(from) = self.next.filter(|from| *from <= self.to) else { return Ok(None) };
        // Before it is asked: a candle that closes while the answer is on its way is in it as it was.
        let asked = self.rest.time().after_closes();
        let rows: Vec<K::Row> = self.rows(from).await?;
        let full = rows.len() >= usize::from(requests::MOST_KLINES);
        let mut page: Vec<K> = Vec::with_capacity(rows.len());
        for kline in rows.into_iter().map(K::of) {
            let candle = kline.candle();
            // Closed, within the range, and, whatever the exchange sends, ascending and none twice.
            if candle.close_time() < asked
                && candle.open_time() <= self.to
                && candle.open_time() >= from
                && page.last().is_none_or(|last| last.candle().open_time() < candle.open_time())
            {
                page.push(kline);
            }
        }
        let last = page.last().map(|last| last.candle().open_time());
        self.next = last.filter(|_| full).map(|last| last + Span::from_millis(1));
        Ok(Some(page).filter(|page| !page.is_empty()))
    }

    /// All that are left.
    ///
    /// # Errors
    ///
    /// As for [`Self::next_page`]; what was read up to there is lost.
    pub async fn collect(mut self) -> Result<Vec<K>, ReadError> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.extend(page);
        }
        Ok(all)
    }

    async fn rows(&self, from: Timestamp) -> Result<Vec<K::Row>, ReadError> {
        let range = KlineRange { start: Some(from), end: Some(self.to), limit: None };
        self.rest.read_page(&requests::klines(self.symbol, self.interval, range)).await
    }
}
