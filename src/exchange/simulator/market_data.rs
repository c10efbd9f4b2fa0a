//! Market data: answers to whoever asks, and the payloads of the streams.

use heikin_core::market::{Candle, Symbol};
use heikin_core::num::{Money, Price, PriceDelta};
use heikin_core::time::{Interval, Span, Timestamp};
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::params::Params;
use super::records::fixed;
use super::rules::{exchange_filters, symbol_row};
use super::stream::{Stream, StreamKind};
use super::world::{Listing, Print, World};

/// Whether a candle closes at this point, and when that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    No,
    At(Timestamp),
}

impl From<Option<Candle>> for Close {
    fn from(closes: Option<Candle>) -> Self {
        closes.map_or(Self::No, |candle| Self::At(candle.close_time()))
    }
}

impl World {
    /// The symbol that a request names.
    pub(super) fn symbol_param(&self, params: &Params) -> Result<&Listing> {
        let symbol = params.required("symbol")?;
        let listing = self.listing_of(symbol).and_then(|index| self.listing(index));
        listing.ok_or_else(ApiError::bad_symbol)
    }

    /// The symbols that a request names: one, several, or all. And whether it named one.
    fn symbol_params(&self, params: &Params) -> Result<(Vec<&Listing>, bool)> {
        let find = |symbol: &str| {
            let listing = self.listing_of(symbol).and_then(|index| self.listing(index));
            listing.ok_or_else(ApiError::bad_symbol)
        };
        match (params.text("symbol")?, params.names("symbols")?) {
            (Some(_), Some(_)) => {
                Err(ApiError::new(-1128, "Combination of optional parameters invalid."))
            }
            (Some(symbol), None) => Ok((vec![find(symbol)?], true)),
            (None, Some(names)) => {
                let found: Result<Vec<_>> = names.iter().map(|name| find(name)).collect();
                Ok((found?, false))
            }
            (None, None) => Ok((self.listings.iter().collect(), false)),
        }
    }

    pub(super) fn exchange_info(&self, params: &Params) -> Result<Value> {
        let (listings, _) = self.symbol_params(params)?;
        let rows: Vec<_> = listings.iter().map(|it| symbol_row(self.rules(it))).collect();
        let filters = self.listings.first().map(|it| exchange_filters(self.rules(it)));
        Ok(json!({
            "timezone": "UTC", "serverTime": self.clock().millis(),
            "rateLimits": self.limits.rows(), "exchangeFilters": filters.unwrap_or_default(),
            "symbols": rows,
        }))
    }

    pub(super) fn klines(&self, params: &Params) -> Result<Value> {
        let listing = self.symbol_param(params)?;
        let interval: Interval = params
            .required("interval")?
            .parse()
            .map_err(|_unknown| ApiError::new(-1120, "Invalid interval."))?;
        if !listing.feed.serves(interval) {
            return Err(ApiError::new(-1120, "Invalid interval."));
        }
        let range = (params.time("startTime")?, params.time("endTime")?);
        let limit = params.limit(500, 1_000)?;
        let price = self.matching.last_price(listing.market);
        let rows = listing.feed.klines(interval, range, limit, price);
        Ok(rows.iter().map(kline_row).collect())
    }

    /// What `klines` would tell if it had no limit, without the candle that is open.
    pub(super) fn closed_candles(
        &self,
        (symbol, interval): (Symbol, Interval),
        from: Timestamp,
    ) -> Vec<Candle> {
        let listing = self.listing_of(symbol.as_str()).and_then(|index| self.listing(index));
        let rows = listing.map(|it| it.feed.klines(interval, (Some(from), None), usize::MAX, None));
        let mut rows = rows.unwrap_or_default();
        let last = listing.and_then(|it| it.feed.last_closed()).map(Candle::close_time);
        rows.retain(|candle| Some(candle.close_time()) <= last);
        rows
    }

    /// A thin book: an offer of the same size on every tick around the price.
    pub(super) fn depth(&self, params: &Params) -> Result<Value> {
        let listing = self.symbol_param(params)?;
        let levels = params.limit(100, 5_000)?;
        Ok(self.book(listing, levels))
    }

    fn book(&self, listing: &Listing, levels: usize) -> Value {
        let (bid, ask) = self.quote(listing);
        let tick = PriceDelta::from(self.rules(listing).tick);
        let size = fixed(self.quote_size(listing));
        let side = |best: Option<Price>, next: fn(Price, PriceDelta) -> Option<Price>| {
            let prices = std::iter::successors(best, |price| next(*price, tick));
            prices.take(levels).map(|price| json!([fixed(price), size])).collect::<Vec<_>>()
        };
        json!({
            "lastUpdateId": listing.updates,
            "bids": side(bid, Price::minus), "asks": side(ask, Price::plus),
        })
    }

    /// The best bid and ask: both the price itself in lockstep, one tick apart elsewhere.
    fn quote(&self, listing: &Listing) -> (Option<Price>, Option<Price>) {
        let price = self.price(listing);
        let tick = PriceDelta::from(self.rules(listing).tick);
        let ask = match self.speed() {
            None => price,
            Some(_) => price.and_then(|price| price.plus(tick)),
        };
        (price, ask)
    }

    fn quote_size(&self, listing: &Listing) -> heikin_core::num::Quantity {
        let step = self.rules(listing).lot.step.units().max(1);
        heikin_core::num::Quantity::from_units(step.saturating_mul(100_000)).unwrap_or_default()
    }

    pub(super) fn prints(&self, params: &Params) -> Result<Value> {
        let listing = self.symbol_param(params)?;
        let rows = selected(listing, params)?.into_iter().map(|print| {
            json!({
                "id": print.id, "price": fixed(print.price), "qty": fixed(print.quantity),
                "quoteQty": fixed(print.price.times(print.quantity)), "time": print.at.millis(),
                "isBuyerMaker": print.buyer_is_maker, "isBestMatch": true,
            })
        });
        Ok(rows.collect())
    }

    pub(super) fn aggregate_prints(&self, params: &Params) -> Result<Value> {
        let listing = self.symbol_param(params)?;
        Ok(selected(listing, params)?.into_iter().map(aggregate).collect())
    }

    pub(super) fn average_price(&self, params: &Params) -> Result<Value> {
        let listing = self.symbol_param(params)?;
        let price = self.price(listing).map_or_else(|| "0".to_owned(), fixed);
        Ok(json!({ "mins": 5, "price": price, "closeTime": self.clock().millis() }))
    }

    pub(super) fn ticker_price(&self, params: &Params) -> Result<Value> {
        self.rows_of(params, |world, it| {
            let price = world.price(it).map(fixed).unwrap_or_default();
            json!({ "symbol": it.symbol, "price": price })
        })
    }

    pub(super) fn ticker_book(&self, params: &Params) -> Result<Value> {
        self.rows_of(params, |world, it| {
            let (bid, ask) = world.quote(it);
            let size = fixed(world.quote_size(it));
            json!({
                "symbol": it.symbol, "bidPrice": bid.map(fixed), "bidQty": size,
                "askPrice": ask.map(fixed), "askQty": size,
            })
        })
    }

    pub(super) fn ticker_24h(&self, params: &Params) -> Result<Value> {
        let kind = params.text("type")?.unwrap_or("FULL");
        if !["FULL", "MINI"].contains(&kind) {
            return Err(ApiError::new(-1139, "Invalid ticker type."));
        }
        self.rows_of(params, |world, it| world.day_row(it, kind))
    }

    fn rows_of(&self, params: &Params, row: impl Fn(&Self, &Listing) -> Value) -> Result<Value> {
        let (listings, single) = self.symbol_params(params)?;
        let mut rows = listings.into_iter().map(|listing| row(self, listing));
        if single { Ok(rows.next().unwrap_or(Value::Null)) } else { Ok(rows.collect()) }
    }

    /// The last day as one candle.
    fn day(&self, listing: &Listing) -> Option<Candle> {
        let start = self.now().millis() - Span::DAY.millis();
        let start = Timestamp::from_millis(start);
        let price = self.matching.last_price(listing.market);
        let parts = listing.feed.klines(listing.feed.interval, (Some(start), None), 90_000, price);
        let (first, last) = (parts.first()?, parts.last()?);
        let high = parts.iter().map(Candle::high).max()?;
        let low = parts.iter().map(Candle::low).min()?;
        let volume: Money = parts.iter().map(Candle::volume).sum();
        let prices = heikin_core::market::Ohlc::new(first.open(), high, low, last.close()).ok()?;
        Candle::new(first.open_time(), last.close_time(), prices, volume).ok()
    }

    fn day_row(&self, listing: &Listing, kind: &str) -> Value {
        let Some(day) = self.day(listing) else {
            return json!({ "symbol": listing.symbol });
        };
        let size = fixed(self.quote_size(listing));
        let (bid, ask) = self.quote(listing);
        let (change, percent) = change(&day);
        let mut row = json!({
            "symbol": listing.symbol, "openPrice": fixed(day.open()), "highPrice": fixed(day.high()),
            "lowPrice": fixed(day.low()), "lastPrice": fixed(day.close()),
            "volume": fixed(day.volume()), "quoteVolume": fixed(quote_volume(&day)),
            "openTime": day.open_time().millis(), "closeTime": self.now().millis(),
            "firstId": listing.prints.front().map_or(0, |print| print.id),
            "lastId": listing.updates, "count": listing.updates,
        });
        if let ("FULL", Some(object)) = (kind, row.as_object_mut()) {
            for (name, value) in [
                ("priceChange", change),
                ("priceChangePercent", percent),
                ("weightedAvgPrice", fixed(day.close())),
                ("prevClosePrice", fixed(day.open())),
                ("lastQty", size.clone()),
                ("bidPrice", bid.map(fixed).unwrap_or_default()),
                ("bidQty", size.clone()),
                ("askPrice", ask.map(fixed).unwrap_or_default()),
                ("askQty", size),
            ] {
                object.insert(name.to_owned(), value.into());
            }
        }
        row
    }

    /// Tells all who listen where the price of a symbol is, and that a candle has closed.
    pub(super) fn publish(&mut self, index: usize, closed: Close) {
        for stream in self.hub.streams(index) {
            let payload = self.listing(index).and_then(|it| self.payload(&stream, it, closed));
            if let Some(payload) = payload {
                self.hub.publish(&stream, &payload.to_string());
            }
        }
    }

    fn payload(&self, stream: &Stream, listing: &Listing, closed: Close) -> Option<Value> {
        let now = self.clock().millis();
        let print = listing.prints.back();
        match stream.kind {
            StreamKind::BookTicker => {
                let (bid, ask) = self.quote(listing);
                let size = fixed(self.quote_size(listing));
                Some(json!({
                    "u": listing.updates, "s": listing.symbol, "b": fixed(bid?), "B": size,
                    "a": fixed(ask?), "A": size,
                }))
            }
            StreamKind::Trade => print.map(|print| {
                json!({
                    "e": "trade", "E": now, "s": listing.symbol, "t": print.id,
                    "p": fixed(print.price), "q": fixed(print.quantity), "T": print.at.millis(),
                    "m": print.buyer_is_maker, "M": true,
                })
            }),
            StreamKind::AggTrade => print.map(|print| {
                let mut row = aggregate(print);
                if let Some(object) = row.as_object_mut() {
                    object.insert("e".to_owned(), "aggTrade".into());
                    object.insert("E".to_owned(), now.into());
                    object.insert("s".to_owned(), listing.symbol.as_str().into());
                }
                row
            }),
            StreamKind::Depth(levels) => Some(self.book(listing, levels.into())),
            StreamKind::MiniTicker => {
                let row = mini_ticker(listing, &self.day(listing)?, now);
                Some(if stream.listing.is_none() { json!([row]) } else { row })
            }
            StreamKind::Ticker => Some(self.ticker(listing, &self.day(listing)?, now)),
            StreamKind::Kline(interval) => {
                let price = self.matching.last_price(listing.market);
                if !listing.feed.serves(interval) {
                    return None;
                }
                let candle = listing.feed.newest(interval, price)?;
                let ends = closed == Close::At(candle.close_time());
                let closed = if ends { closed } else { Close::No };
                Some(kline_event(listing, (interval, &candle), closed, now))
            }
            StreamKind::Silent => None,
        }
    }

    fn ticker(&self, listing: &Listing, day: &Candle, now: i64) -> Value {
        let (bid, ask) = self.quote(listing);
        let size = fixed(self.quote_size(listing));
        let (change, percent) = change(day);
        json!({
            "e": "24hrTicker", "E": now, "s": listing.symbol, "p": change, "P": percent,
            "w": fixed(day.close()), "x": fixed(day.open()), "c": fixed(day.close()), "Q": size,
            "b": bid.map(fixed), "B": size, "a": ask.map(fixed), "A": size,
            "o": fixed(day.open()), "h": fixed(day.high()), "l": fixed(day.low()),
            "v": fixed(day.volume()), "q": fixed(quote_volume(day)),
            "O": day.open_time().millis(), "C": now,
            "F": listing.prints.front().map_or(0, |print| print.id), "L": listing.updates,
            "n": listing.updates,
        })
    }
}

/// The prints that a request asks for.
fn selected<'a>(listing: &'a Listing, params: &Params) -> Result<Vec<&'a Print>> {
    let limit = params.limit(500, 1_000)?;
    let from = params.id("fromId")?;
    let (start, end) = (params.time("startTime")?, params.time("endTime")?);
    let wanted = |print: &&Print| {
        from.is_none_or(|from| print.id >= from)
            && start.is_none_or(|start| print.at >= start)
            && end.is_none_or(|end| print.at <= end)
    };
    let mut found: Vec<_> = listing.prints.iter().filter(wanted).collect();
    if from.is_some() || start.is_some() {
        found.truncate(limit);
    } else {
        found.drain(..found.len().saturating_sub(limit));
    }
    Ok(found)
}

fn aggregate(print: &Print) -> Value {
    json!({
        "a": print.id, "p": fixed(print.price), "q": fixed(print.quantity), "f": print.id,
        "l": print.id, "T": print.at.millis(), "m": print.buyer_is_maker, "M": true,
    })
}

fn mini_ticker(listing: &Listing, day: &Candle, now: i64) -> Value {
    json!({
        "e": "24hrMiniTicker", "E": now, "s": listing.symbol, "c": fixed(day.close()),
        "o": fixed(day.open()), "h": fixed(day.high()), "l": fixed(day.low()),
        "v": fixed(day.volume()), "q": fixed(quote_volume(day)),
    })
}

/// How far the price came, and that in percent.
fn change(day: &Candle) -> (String, String) {
    let difference = i128::from(day.close().units()) - i128::from(day.open().units());
    let percent = difference * 100 * 1_000 / i128::from(day.open().units());
    let change = Money::from_units(difference * 100_000_000);
    let percent = Money::from_units(percent * 10_i128.pow(13));
    (fixed(change), format!("{percent:.3}"))
}

/// What was traded in quote: the source has no such number, so the volume at the middle of the
/// candle's ends.
fn quote_volume(candle: &Candle) -> Money {
    let middle = candle.open().units().midpoint(candle.close().units());
    let price = Price::from_units(middle).unwrap_or(candle.close());
    price.times(candle.volume().floor_quantity())
}

/// The half of the volume that buyers took, by assumption.
fn half(volume: Money) -> Money {
    Money::from_units(volume.units() / 2)
}

/// The number of trades, by assumption: the source does not tell.
fn count(candle: &Candle) -> u32 {
    if candle.volume().is_zero() { 0 } else { 100 }
}

/// A row of `klines`.
fn kline_row(candle: &Candle) -> Value {
    let quote = quote_volume(candle);
    json!([
        candle.open_time().millis(),
        fixed(candle.open()),
        fixed(candle.high()),
        fixed(candle.low()),
        fixed(candle.close()),
        fixed(candle.volume()),
        candle.close_time().millis(),
        fixed(quote),
        count(candle),
        fixed(half(candle.volume())),
        fixed(half(quote)),
        "0",
    ])
}

fn kline_event(
    listing: &Listing,
    (interval, candle): (Interval, &Candle),
    closed: Close,
    now: i64,
) -> Value {
    let quote = quote_volume(candle);
    json!({
        "e": "kline", "E": now, "s": listing.symbol,
        "k": {
            "t": candle.open_time().millis(), "T": candle.close_time().millis(),
            "s": listing.symbol, "i": interval.as_str(), "f": -1, "L": -1,
            "o": fixed(candle.open()), "c": fixed(candle.close()), "h": fixed(candle.high()),
            "l": fixed(candle.low()), "v": fixed(candle.volume()), "n": count(candle),
            "x": closed != Close::No, "q": fixed(quote), "V": fixed(half(candle.volume())),
            "Q": fixed(half(quote)), "B": "0",
        },
    })
}
