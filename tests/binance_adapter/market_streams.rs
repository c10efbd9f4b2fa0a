//! Candles without gaps, and quotes.

use std::cell::Cell;
use std::rc::Rc;

use futures_util::SinkExt as _;
use heikin::exchange::binance::exchange_time::ExchangeTime;
use heikin::exchange::binance::market_streams::{MarketEvent, MarketStreams, Subscription};
use heikin::exchange::binance::rest::Rest;
use heikin_core::time::{Interval, Timestamp};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    Act, BEGIN, Peer, Seen, Server, clock, endpoints, hear, ok, ping, refuse, run, say, sleep,
    stay, symbol, websockets,
};

const MINUTE: i64 = 60_000;
/// The candle that is open when the tests begin is number zero.
const FIRST: i64 = BEGIN / MINUTE * MINUTE;

fn open_time(number: i64) -> i64 {
    FIRST + number * MINUTE
}

fn closed_kline(number: i64) -> String {
    open_kline(number).replace(r#""x":false"#, r#""x":true"#)
}

/// The frame of a candle that has not closed; its price is its number.
fn open_kline(number: i64) -> String {
    let (open, price) = (open_time(number), 10_000 + number);
    let close = open + MINUTE - 1;
    format!(
        r#"{{"stream":"btcusdt@kline_1m","data":{{"e":"kline","E":{close},"s":"BTCUSDT","k":{{"t":{open},"T":{close},"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"{price}","c":"{price}","h":"{price}","l":"{price}","v":"5","n":1,"x":false,"q":"1","V":"1","Q":"1","B":"0"}}}}}}"#
    )
}

fn quote(bid: u32) -> String {
    let ask = bid + 1;
    format!(
        r#"{{"stream":"btcusdt@bookTicker","data":{{"u":1,"s":"BTCUSDT","b":"{bid}","B":"1","a":"{ask}","A":"1"}}}}"#
    )
}

/// Klines up to the present, but those that `is_missing`.
fn klines(seen: &Seen, now: i64, is_missing: impl Fn(i64) -> bool) -> Act {
    let bound = |name: &str| seen.param(name).unwrap().parse::<i64>().unwrap();
    let (start, end) = (bound("startTime"), bound("endTime").min(now));
    let first = (start - FIRST + MINUTE - 1).div_euclid(MINUTE);
    let rows = (first..=(end - FIRST).div_euclid(MINUTE)).filter(|number| !is_missing(*number));
    let rows = rows.take(1_000).map(|number| {
        let (open, price) = (open_time(number), 10_000 + number);
        let close = open + MINUTE - 1;
        format!(r#"[{open},"{price}","{price}","{price}","{price}","5",{close},"0",0,"0","0","0"]"#)
    });
    ok(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
}

/// A server whose copy has all candles but these.
async fn history(is_missing: impl Fn(i64) -> bool + Clone + 'static) -> Server {
    Server::start(move |seen| klines(seen, clock().millis(), is_missing.clone())).await
}

struct Market {
    streams: MarketStreams,
    events: mpsc::Receiver<MarketEvent>,
    rest: Rest,
}

impl Market {
    fn open(server: &Server, address: &str, after: Option<i64>) -> Self {
        Self::open_with(server, address, after, ExchangeTime::by(clock))
    }

    fn open_with(server: &Server, address: &str, after: Option<i64>, time: ExchangeTime) -> Self {
        let endpoints = endpoints(&server.address, address);
        let rest = Rest::new(&endpoints, None, time).unwrap();
        let (sender, events) = mpsc::channel(4);
        let after = after.map(|number| Timestamp::from_millis(open_time(number)));
        let wanted = [Subscription { symbol: symbol(), interval: Interval::M1, after }];
        let streams = MarketStreams::spawn(&rest, &endpoints, &wanted, &sender);
        Self { streams, events, rest }
    }

    /// The number of the next candle, with the connection's ups and downs left out.
    async fn candle(&mut self) -> i64 {
        loop {
            if let MarketEvent::Candle { candle, .. } = self.events.recv().await.unwrap() {
                return (candle.open_time().millis() - FIRST) / MINUTE;
            }
        }
    }

    async fn candles(&mut self, count: usize) -> Vec<i64> {
        let mut numbers = Vec::new();
        for _ in 0..count {
            numbers.push(self.candle().await);
        }
        numbers
    }

    fn now(&self) -> i64 {
        self.rest.time().now().millis()
    }
}

/// Until the candle of this number has just ended, with pings as the exchange sends them.
async fn end_of(number: i64, peer: &mut Peer) {
    let mut left = open_time(number + 1) + 50 - clock().millis();
    while left > 0 {
        sleep(left.min(20_000).unsigned_abs()).await;
        left -= 20_000;
        ping(peer).await;
    }
}

#[test]
fn candles_before_the_stream_and_from_it_come_once_and_in_order() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|_, mut peer, path| async move {
            assert_eq!(path, "/stream?streams=btcusdt@kline_1m/btcusdt@bookTicker");
            say(&mut peer, &open_kline(0)).await;
            end_of(0, &mut peer).await;
            say(&mut peer, &closed_kline(0)).await;
            // Once more, one of the past, and one that is not closed.
            say(&mut peer, &closed_kline(0)).await;
            say(&mut peer, &closed_kline(-2)).await;
            say(&mut peer, &open_kline(1)).await;
            end_of(1, &mut peer).await;
            say(&mut peer, &closed_kline(1)).await;
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, Some(-2_501));
        assert_eq!(market.events.recv().await.unwrap(), MarketEvent::Live(0));
        assert_eq!(market.candles(2_502).await, (-2_500..=1).collect::<Vec<_>>());
        assert_eq!(market.rest.counters().backfilled_candles, 2_500);
    });
}

#[test]
fn a_gap_is_filled_before_what_comes_after_it() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|_, mut peer, _| async move {
            end_of(0, &mut peer).await;
            say(&mut peer, &closed_kline(0)).await;
            // Numbers 1 to 3 are lost, within the same moment.
            sleep(100).await;
            end_of(4, &mut peer).await;
            say(&mut peer, &closed_kline(4)).await;
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        assert_eq!(market.candles(5).await, [0, 1, 2, 3, 4]);
    });
}

#[test]
fn a_candle_that_the_stream_forgets_is_read_shortly_after_its_end() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|_, mut peer, _| async move { stay(&mut peer).await }).await;
        let mut market = Market::open(&server, &address, Some(-1));
        assert_eq!(market.candle().await, 0);
        let late = market.now() - open_time(1);
        assert!((3_000..4_000).contains(&late), "{late}");
        assert_eq!(market.candle().await, 1);
    });
}

#[test]
fn a_copy_that_lags_is_asked_again_and_a_hole_that_stays_is_told_as_it_is() {
    run(async {
        let server = history(|number| number == 1).await;
        let address = websockets(|_, mut peer, _| async move {
            end_of(0, &mut peer).await;
            say(&mut peer, &closed_kline(0)).await;
            end_of(2, &mut peer).await;
            say(&mut peer, &closed_kline(2)).await;
            end_of(3, &mut peer).await;
            say(&mut peer, &closed_kline(3)).await;
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        assert_eq!(market.candles(3).await, [0, 2, 3]);
    });
}

#[test]
fn a_candle_told_in_two_ways_is_counted_and_told_once() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|_, mut peer, _| async move {
            end_of(0, &mut peer).await;
            say(&mut peer, &closed_kline(0)).await;
            say(&mut peer, &closed_kline(0).replace("\"v\":\"5\"", "\"v\":\"6\"")).await;
            end_of(1, &mut peer).await;
            say(&mut peer, &closed_kline(1)).await;
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        assert_eq!(market.candles(2).await, [0, 1]);
        assert_eq!(market.rest.counters().contradicted_candles, 1);
        // REST was asked who is right.
        assert!(!server.seen().is_empty());
    });
}

#[test]
fn a_lost_connection_is_told_and_what_it_missed_is_read() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|number, mut peer, _| async move {
            if number == 0 {
                end_of(0, &mut peer).await;
                say(&mut peer, &closed_kline(0)).await;
                end_of(1, &mut peer).await;
                return;
            }
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        let mut told = Vec::new();
        for _ in 0..5 {
            told.push(match market.events.recv().await.unwrap() {
                MarketEvent::Candle { candle, .. } => {
                    format!("{}", (candle.open_time().millis() - FIRST) / MINUTE)
                }
                other => format!("{other:?}"),
            });
        }
        assert_eq!(told, ["Live(0)", "0", "Stale(0)", "Live(0)", "1"]);
    });
}

#[test]
fn rest_that_fails_for_a_while_delays_a_candle_and_loses_none() {
    run(async {
        let failures = Cell::new(12);
        let server = Server::start(move |seen| {
            if failures.replace(failures.get() - 1) > 0 {
                return refuse(502, "<html>");
            }
            failures.set(0);
            klines(seen, clock().millis(), |_| false)
        })
        .await;
        let address = websockets(|_, mut peer, _| async move {
            for number in 0..3 {
                end_of(number, &mut peer).await;
                say(&mut peer, &closed_kline(number)).await;
            }
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, Some(-3));
        assert_eq!(market.candles(5).await, [-2, -1, 0, 1, 2]);
    });
}

#[test]
fn a_lively_stream_that_stalls_is_left_within_seconds_and_a_quiet_one_is_not() {
    run(async {
        let server = history(|_| false).await;
        let stalled = Rc::new(Cell::new(0));
        let at = Rc::clone(&stalled);
        let address = websockets(move |number, mut peer, _| {
            let stop = (number == 0).then(|| Rc::clone(&at));
            async move {
                if let Some(at) = stop {
                    for bid in 1..=100 {
                        say(&mut peer, &quote(bid)).await;
                        sleep(100).await;
                    }
                    at.set(clock().millis());
                    stay(&mut peer).await;
                }
                // A few a minute, and pings: that may be all there is.
                loop {
                    sleep(15_000).await;
                    say(&mut peer, &quote(5)).await;
                }
            }
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        assert_eq!(market.events.recv().await.unwrap(), MarketEvent::Live(0));
        assert_eq!(market.events.recv().await.unwrap(), MarketEvent::Stale(0));
        let after = market.now() - stalled.get();
        assert!((4_800..5_300).contains(&after), "{after}");
        assert_eq!(market.events.recv().await.unwrap(), MarketEvent::Live(0));
        sleep(600_000).await;
        assert!(market.events.try_recv().is_err());
        assert_eq!(market.rest.counters().connections, 2);
    });
}

#[test]
fn junk_is_survived_and_too_much_of_it_ends_the_connection() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|number, mut peer, _| async move {
            match number {
                0 => {
                    say(&mut peer, "{\"stream\":").await;
                    peer.send(Message::Binary(vec![1; 100].into())).await.unwrap();
                    say(&mut peer, r#"{"result":null,"id":1}"#).await;
                    say(&mut peer, r#"{"stream":"btcusdt@trade","data":{"e":"trade"}}"#).await;
                    end_of(0, &mut peer).await;
                    say(&mut peer, &closed_kline(0)).await;
                    // The third within a minute.
                    say(&mut peer, "<html>").await;
                    stay(&mut peer).await;
                }
                1 => {
                    // Larger than anything of the exchange's.
                    drop(peer.send(Message::text("x".repeat(2 << 20))).await);
                    stay(&mut peer).await;
                }
                _ => {
                    end_of(1, &mut peer).await;
                    say(&mut peer, &closed_kline(1)).await;
                    stay(&mut peer).await;
                }
            }
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        assert_eq!(market.candles(2).await, [0, 1]);
        let counters = market.rest.counters();
        assert_eq!((counters.malformed_frames, counters.connections), (3, 3));
    });
}

#[test]
fn before_a_shutdown_the_successor_is_there_first() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|number, mut peer, _| async move {
            if number == 0 {
                say(
                    &mut peer,
                    r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}"#,
                )
                .await;
                sleep(2_000).await;
                return;
            }
            end_of(0, &mut peer).await;
            say(&mut peer, &closed_kline(0)).await;
            stay(&mut peer).await;
        })
        .await;
        let mut market = Market::open(&server, &address, None);
        assert_eq!(market.events.recv().await.unwrap(), MarketEvent::Live(0));
        // Never stale in between.
        assert!(matches!(market.events.recv().await.unwrap(), MarketEvent::Candle { .. }));
        assert_eq!(market.rest.counters().connections, 2);
    });
}

#[test]
fn quotes_are_conflated_and_wake_only_who_wants_them() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|_, mut peer, _| async move {
            for bid in [10, 11, 12] {
                say(&mut peer, &quote(bid)).await;
            }
            sleep(10_000).await;
            say(&mut peer, &quote(20)).await;
            stay(&mut peer).await;
        })
        .await;
        let market = Market::open(&server, &address, None);
        let quotes = market.streams.quotes().clone();
        sleep(1_000).await;
        let latest = quotes.latest(symbol()).unwrap();
        assert_eq!((latest.bid.to_string(), latest.ask.to_string()), ("12".into(), "13".into()));
        assert_eq!(quotes.updates(), 3);
        quotes.want([symbol()].into());
        assert_eq!(quotes.changed().await, [symbol()].into());
        assert_eq!(quotes.latest(symbol()).unwrap().bid.to_string(), "20");
        assert_eq!(quotes.latest("ETHUSDT".parse().unwrap()), None);
    });
}

#[test]
fn many_streams_are_subscribed_to_within_the_limits_of_a_connection() {
    run(async {
        let server = history(|_| false).await;
        let (sender, mut told) = mpsc::channel(16);
        let address = websockets(move |_, mut peer, path| {
            let sender = sender.clone();
            async move {
                let mut count = path.split('/').count() - 1;
                sender.send((path.len(), count)).await.unwrap();
                while let Some(text) = hear(&mut peer).await {
                    let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
                    count += frame["params"].as_array().unwrap().len();
                    sender.send((text.len(), count)).await.unwrap();
                }
            }
        })
        .await;
        let endpoints = endpoints(&server.address, &address);
        let rest = Rest::new(&endpoints, None, ExchangeTime::by(clock)).unwrap();
        let wanted: Vec<_> = (0..300)
            .map(|number| Subscription {
                symbol: format!("A{number}USDT").parse().unwrap(),
                interval: Interval::M1,
                after: None,
            })
            .collect();
        let (events, _listening) = mpsc::channel(4);
        let streams = MarketStreams::spawn(&rest, &endpoints, &wanted, &events);
        assert_eq!(streams.connections(), 2);
        sleep(10_000).await;
        let mut counts = Vec::new();
        while let Ok((length, count)) = told.try_recv() {
            assert!(length < 8_000, "{length}");
            counts.push(count);
        }
        counts.sort_unstable();
        // 256 symbols on one connection and 44 on the other, two streams each.
        assert_eq!(counts, [88, 100, 200, 300, 400, 500, 512]);
    });
}

#[test]
fn in_lockstep_a_quote_has_the_time_of_the_candle_behind_it_and_a_barrier_is_last() {
    run(async {
        let server = history(|_| false).await;
        let address = websockets(|_, mut peer, _| async move {
            say(&mut peer, &quote(7)).await;
            say(&mut peer, &closed_kline(0)).await;
            say(&mut peer, r#"{"stream":"!lockstep","data":{"e":"lockstep","n":1}}"#).await;
            // Nothing for hours: whoever holds the clock may hold it.
            std::future::pending::<()>().await;
        })
        .await;
        let mut market = Market::open_with(&server, &address, None, ExchangeTime::lockstep());
        let quotes = market.streams.quotes().clone();
        quotes.want([symbol()].into());
        assert_eq!(market.candle().await, 0);
        let end = open_time(1) - 1;
        assert_eq!(quotes.latest(symbol()).unwrap().at.millis(), end);
        assert_eq!(quotes.changed().await, [symbol()].into());
        assert_eq!(market.now(), end);
        assert_eq!(market.events.recv().await.unwrap(), MarketEvent::Barrier(1));
        sleep(36_000_000).await;
        assert!(market.events.try_recv().is_err());
        assert_eq!(market.rest.counters().connections, 1);
    });
}
