//! Requests: what leaves, in which order, and what is told of what became of it.

use std::rc::Rc;

use heikin::exchange::binance::exchange_time::{ExchangeTime, Trust};
use heikin::exchange::binance::requests::{self, KlineRange};
use heikin::exchange::binance::rest::{Delivery, Lost, NotSent, Rest};
use heikin::exchange::binance::time_sync;
use heikin_core::market::Side;
use heikin_core::time::{Interval, Span, Timestamp};
use tokio::task::spawn_local;
use tokio::time::Instant;

use crate::support::{
    Act, BEGIN, Seen, Server, client, client_at, clock, credentials, endpoints, ok, order, placed,
    refuse, rules, run, sleep, symbol,
};

fn submit(side: Side) -> requests::Request {
    requests::submit(&order(side, 1), &rules())
}

#[test]
fn the_bytes_that_are_sent_are_those_that_were_signed() {
    run(async {
        let server = Server::start(|_| ok("[]")).await;
        let rest = client(&server);
        let all = [
            submit(Side::Sell),
            requests::all_orders("１２３".parse().unwrap(), (Timestamp::EPOCH, Timestamp::EPOCH)),
        ];
        for request in &all {
            drop(rest.send(request, None).await);
        }
        let seen = server.seen();
        assert_eq!(seen.len(), 2);
        for Seen { target, head, .. } in &seen {
            let query = target.split_once('?').unwrap().1;
            let (payload, signature) = query.rsplit_once("&signature=").unwrap();
            assert_eq!(signature, credentials().sign(payload.as_bytes()), "{target}");
            assert!(head.to_ascii_lowercase().contains("x-mbx-apikey: a-key\r\n"), "{head}");
        }
        assert_eq!(seen[0].param("timestamp"), Some(BEGIN.to_string().as_str()));
        assert_eq!(seen[1].param("symbol"), Some("%EF%BC%91%EF%BC%92%EF%BC%93"));
    });
}

#[test]
fn a_public_question_carries_neither_key_nor_signature() {
    run(async {
        let server = Server::start(|_| ok("[]")).await;
        let range = KlineRange::default();
        let request = requests::klines(symbol(), Interval::H1, range);
        drop(client(&server).send(&request, None).await);
        let seen = &server.seen()[0];
        assert_eq!(seen.target, "/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1000");
        assert!(!seen.head.to_ascii_lowercase().contains("apikey"), "{}", seen.head);
    });
}

#[test]
fn orders_find_room_where_questions_have_to_wait() {
    run(async {
        let mut first = true;
        let server = Server::start(move |_| {
            let used = if std::mem::take(&mut first) { 5_000 } else { 1 };
            Act::Reply(200, format!("X-MBX-USED-WEIGHT-1M: {used}\r\n"), "[]".to_owned())
        })
        .await;
        let rest = client(&server);
        drop(rest.send(&requests::server_time(), None).await);
        let range = KlineRange::default();
        let waiting = [
            requests::klines(symbol(), Interval::H1, range),
            requests::account(),
            submit(Side::Buy),
            submit(Side::Sell),
        ];
        let begun = Instant::now();
        let tasks: Vec<_> = waiting
            .into_iter()
            .map(|request| {
                let rest = rest.clone();
                spawn_local(async move { drop(rest.send(&request, None).await) })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut left: Vec<_> = server.seen()[1..]
            .iter()
            .map(|seen| ((seen.at - begun).as_millis(), seen.path().to_owned()))
            .collect();
        left.sort();
        let path = |millis, path: &str| (millis, path.to_owned());
        // Orders found room; the others waited for the end of the minute.
        assert_eq!(
            left,
            [
                path(0, "/api/v3/order"),
                path(0, "/api/v3/order"),
                path(30_250, "/api/v3/account"),
                path(30_250, "/api/v3/klines"),
            ]
        );
    });
}

#[test]
fn what_cannot_connect_was_not_sent() {
    run(async {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        let rest = client_at(&address);
        let delivery = rest.send(&submit(Side::Sell), None).await;
        assert!(matches!(delivery, Delivery::NotSent(NotSent::NoConnection)), "{delivery:?}");
        let counters = rest.counters();
        assert_eq!((counters.not_sent, counters.unanswered, counters.weight_used), (1, 0, 0));
    });
}

/// Nothing has left where no connection was: the request goes to the next host, and later ones do
/// at once.
#[test]
fn without_a_connection_the_next_host_is_asked() {
    run(async {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        let server = Server::start(|_| ok("{}")).await;
        let mut endpoints = endpoints(&address, "ws://127.0.0.1:1");
        endpoints.rest_others = vec![server.address.clone()];
        let rest = Rest::new(&endpoints, Some(credentials()), ExchangeTime::by(clock)).unwrap();
        for count in 1..=3 {
            let delivery = rest.send(&submit(Side::Sell), None).await;
            assert!(matches!(delivery, Delivery::Answered(_)), "{delivery:?}");
            assert_eq!(server.seen().len(), count, "once each");
        }
        assert_eq!(rest.counters().not_sent, 0);
    });
}

/// What broke after it may have left goes nowhere else.
#[test]
fn what_may_have_left_goes_to_no_other_host() {
    run(async {
        let first = Server::start(|_| Act::Cut).await;
        let second = Server::start(|_| ok("{}")).await;
        let mut endpoints = endpoints(&first.address, "ws://127.0.0.1:1");
        endpoints.rest_others = vec![second.address.clone()];
        let rest = Rest::new(&endpoints, Some(credentials()), ExchangeTime::by(clock)).unwrap();
        let delivery = rest.send(&submit(Side::Sell), None).await;
        assert!(matches!(delivery, Delivery::Lost(_)), "{delivery:?}");
        assert!(second.seen().is_empty());
    });
}

/// A certificate that is none, or no encryption at all, is no reason to go in the clear elsewhere.
#[test]
fn no_other_host_is_asked_in_the_clear() {
    run(async {
        let server = Server::start(|_| ok("{}")).await;
        let mut endpoints = endpoints(&server.address, "ws://127.0.0.1:1");
        endpoints.rest = server.address.replace("http://", "https://");
        endpoints.rest_others = vec![server.address.clone()];
        let rest = Rest::new(&endpoints, Some(credentials()), ExchangeTime::by(clock)).unwrap();
        let delivery = rest.send(&submit(Side::Sell), None).await;
        assert!(matches!(delivery, Delivery::NotSent(NotSent::NoConnection)), "{delivery:?}");
        assert!(server.seen().is_empty());
    });
}

#[test]
fn nothing_goes_in_the_clear_where_it_must_be_encrypted() {
    run(async {
        let server = Server::start(|_| ok("{}")).await;
        let mut endpoints = endpoints(&server.address, "ws://127.0.0.1:1");
        endpoints.rest = server.address.replace("http://", "https://");
        let time = ExchangeTime::by(clock);
        let rest = Rest::new(&endpoints, Some(credentials()), time).unwrap();
        let delivery = rest.send(&submit(Side::Sell), None).await;
        assert!(matches!(delivery, Delivery::NotSent(NotSent::NoConnection)), "{delivery:?}");
        assert!(server.seen().is_empty());
    });
}

#[test]
fn silence_is_unknown_soon_and_only_a_question_is_sent_again() {
    run(async {
        let server = Server::start(|_| Act::Hang).await;
        let rest = client(&server);
        for (request, seconds) in [(submit(Side::Sell), 3), (requests::account(), 3 + 10)] {
            let begun = Instant::now();
            let delivery = rest.send(&request, None).await;
            assert!(matches!(delivery, Delivery::Lost(Lost::Timeout)), "{delivery:?}");
            assert_eq!(begun.elapsed().as_secs(), seconds);
        }
        sleep(120_000).await;
        let paths: Vec<_> = server.seen().iter().map(|seen| seen.path().to_owned()).collect();
        assert_eq!(paths, ["/api/v3/order", "/api/v3/account", "/api/v3/account"]);
        assert_eq!(rest.counters().unanswered, 2);
        assert_eq!(rest.in_flight(), 0);
    });
}

#[test]
fn a_connection_that_breaks_leaves_the_outcome_unknown_and_nothing_is_sent_again() {
    run(async {
        let acts = [Act::Cut, Act::Truncate, ok("{}"), Act::Cut];
        let mut acts = acts.into_iter();
        let server = Server::start(move |_| acts.next().unwrap()).await;
        let rest = client(&server);
        let mut told = Vec::new();
        // The last one goes over a connection that is kept, and which the server then cuts.
        for _ in 0..4 {
            told.push(match rest.send(&submit(Side::Sell), None).await {
                Delivery::Answered(response) => Ok(response.status),
                Delivery::Lost(why) => Err(why),
                Delivery::NotSent(why) => panic!("{why:?}"),
            });
        }
        let broken = Err(Lost::Broken);
        assert_eq!(told, [broken, broken, Ok(200), broken]);
        sleep(60_000).await;
        assert_eq!(server.seen().len(), 4);
    });
}

#[test]
fn an_answer_without_end_is_none() {
    run(async {
        let server = Server::start(|_| ok(" ".repeat((16 << 20) + 1))).await;
        let delivery = client(&server).send(&requests::account(), None).await;
        assert!(matches!(delivery, Delivery::Lost(Lost::TooLarge)), "{delivery:?}");
    });
}

#[test]
fn redirects_are_not_followed() {
    run(async {
        let elsewhere = Rc::new(Server::start(|_| ok("{}")).await);
        let line = format!("Location: {}/api/v3/order\r\n", elsewhere.address);
        let server = Server::start(move |_| Act::Reply(307, line.clone(), String::new())).await;
        let delivery = client(&server).send(&submit(Side::Sell), None).await;
        assert!(matches!(delivery, Delivery::Answered(ref it) if it.status == 307), "{delivery:?}");
        assert!(elsewhere.seen().is_empty());
    });
}

#[test]
fn what_is_too_late_does_not_leave() {
    run(async {
        let server = Server::start(|_| ok("{}")).await;
        let rest = client(&server);
        let past = Timestamp::from_millis(BEGIN - 1);
        let delivery = rest.send(&submit(Side::Sell), Some(past)).await;
        assert!(matches!(delivery, Delivery::NotSent(NotSent::TooLate)), "{delivery:?}");
        assert!(server.seen().is_empty());
    });
}

#[test]
fn who_waits_in_vain_is_told_when_it_is_too_late_and_not_later() {
    run(async {
        let line = "Retry-After: 20\r\n".to_owned();
        let body = r#"{"code":-1003,"msg":"Too much request weight used"}"#.to_owned();
        let server = Server::start(move |_| Act::Reply(429, line.clone(), body.clone())).await;
        let rest = client(&server);
        let Delivery::Answered(response) = rest.send(&requests::account(), None).await else {
            panic!()
        };
        assert_eq!(response.not_before, Some(Timestamp::from_millis(BEGIN + 20_000)));
        let until = Timestamp::from_millis(BEGIN + 5_000);
        let delivery = rest.send(&submit(Side::Sell), Some(until)).await;
        assert!(matches!(delivery, Delivery::NotSent(NotSent::TooLate)), "{delivery:?}");
        assert_eq!(rest.time().now(), until + Span::from_millis(1));
        // After the pause that was asked for, and not before.
        drop(rest.send(&requests::account(), None).await);
        let seen = server.seen();
        assert_eq!((seen.len(), (seen[1].at - seen[0].at).as_millis()), (2, 20_000));
        assert_eq!(rest.banned_until(), None);
    });
}

#[test]
fn a_ban_stops_all_and_is_told() {
    run(async {
        let line = "Retry-After: 120\r\n".to_owned();
        let mut replies = vec![ok(placed(&order(Side::Sell, 1))), {
            Act::Reply(418, line, r#"{"code":-1003,"msg":"IP banned"}"#.to_owned())
        }];
        let server = Server::start(move |_| replies.pop().unwrap()).await;
        let rest = client(&server);
        drop(rest.send(&requests::account(), None).await);
        assert_eq!(rest.banned_until(), Some(Timestamp::from_millis(BEGIN + 120_000)));
        drop(rest.send(&submit(Side::Sell), None).await);
        let seen = server.seen();
        assert_eq!((seen[1].at - seen[0].at).as_millis(), 120_000);
        assert_eq!(rest.banned_until(), None);
    });
}

#[test]
fn too_many_orders_hold_up_orders_alone() {
    run(async {
        let line = "Retry-After: 7\r\n".to_owned();
        let body = r#"{"code":-1015,"msg":"Too many new orders"}"#.to_owned();
        let mut first = Some(Act::Reply(429, line, body));
        let server = Server::start(move |_| first.take().unwrap_or_else(|| ok("{}"))).await;
        let rest = client(&server);
        drop(rest.send(&submit(Side::Sell), None).await);
        drop(rest.send(&requests::account(), None).await);
        assert_eq!(rest.time().now().millis(), BEGIN);
        drop(rest.send(&submit(Side::Sell), None).await);
        assert_eq!(rest.time().now().millis(), BEGIN + 7_000);
    });
}

#[test]
fn a_firewalls_page_is_no_answer_and_makes_a_pause() {
    run(async {
        let mut first = Some(refuse(403, "<html>Forbidden</html>"));
        let server = Server::start(move |_| first.take().unwrap_or_else(|| ok("{}"))).await;
        let rest = client(&server);
        let Delivery::Answered(response) = rest.send(&submit(Side::Sell), None).await else {
            panic!()
        };
        assert_eq!(response.not_before, Some(Timestamp::from_millis(BEGIN + 10_000)));
        drop(rest.send(&requests::account(), None).await);
        assert_eq!(rest.time().now().millis(), BEGIN + 10_000);
    });
}

#[test]
fn who_goes_away_gives_back_what_was_reserved() {
    run(async {
        let server = Server::start(|_| Act::Hang).await;
        let rest = client(&server);
        let asking = rest.clone();
        let task = spawn_local(async move {
            drop(asking.send(&submit(Side::Sell), None).await);
        });
        sleep(1_000).await;
        assert_eq!(rest.in_flight(), 1);
        task.abort();
        sleep(1).await;
        assert_eq!(rest.in_flight(), 0);
        // What had left counts as if it had failed: one; and in the next minute, nothing.
        assert_eq!(rest.counters().weight_used, 1);
        sleep(60_000).await;
        let asking = rest.clone();
        let task = spawn_local(async move {
            drop(asking.send(&requests::server_time(), None).await);
        });
        sleep(14_000).await;
        task.await.unwrap();
        // It was asked twice.
        assert_eq!(rest.counters().weight_used, 2);
    });
}

#[test]
fn candles_come_page_by_page_and_the_open_one_not_at_all() {
    run(async {
        const HOUR: i64 = 3_600_000;
        let server = Server::start(|seen| {
            let start: i64 = seen.param("startTime").unwrap().parse().unwrap();
            let first = (start + HOUR - 1).div_euclid(HOUR);
            let rows = (first..=BEGIN / HOUR).take(1_000).map(|number| {
                let (open, close) = (number * HOUR, (number + 1) * HOUR - 1);
                format!(r#"[{open},"1","2","1","2","5",{close},"0",0,"0","0","0"]"#)
            });
            ok(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
        })
        .await;
        let rest = client(&server);
        let from = Timestamp::from_millis((BEGIN / HOUR - 2_500) * HOUR);
        let range = (from, Timestamp::from_millis(BEGIN));
        let candles = rest.klines(symbol(), Interval::H1, range).collect().await.unwrap();
        assert_eq!(candles.len(), 2_500);
        assert_eq!(candles[0].open_time(), from);
        assert!(candles.windows(2).all(|two| two[0].close_time() < two[1].open_time()));
        assert_eq!(server.seen().len(), 3);
    });
}

/// The exchange may have told it while it was open, however late that arrives.
#[test]
fn a_candle_that_closes_while_its_answer_is_on_the_way_is_not_taken_for_closed() {
    run(async {
        let (open, close) = (BEGIN - 59_000, BEGIN + 999);
        let row = format!(r#"[[{open},"1","2","1","2","5",{close},"0",0,"0","0","0"]]"#);
        let mut acts = vec![ok(&row), ok(&row), Act::Hang];
        let server = Server::start(move |_| acts.pop().unwrap()).await;
        let rest = client(&server);
        let range = (Timestamp::from_millis(open), Timestamp::from_millis(BEGIN));
        let ask = || rest.klines(symbol(), Interval::M1, range).collect();
        assert_eq!(ask().await.unwrap(), []);
        assert!(rest.time().now().millis() > close);
        assert_eq!(ask().await.unwrap().len(), 1);
    });
}

#[test]
fn a_page_of_candles_is_asked_for_again_and_refusals_are_not() {
    run(async {
        let mut acts = vec![ok("[]"), refuse(502, "<html>"), Act::Cut];
        let server = Server::start(move |_| {
            acts.pop().unwrap_or_else(|| refuse(400, r#"{"code":-1121,"msg":"Invalid symbol."}"#))
        })
        .await;
        let rest = client(&server);
        let range = (Timestamp::EPOCH, Timestamp::from_millis(BEGIN));
        assert!(rest.klines(symbol(), Interval::H1, range).collect().await.unwrap().is_empty());
        assert_eq!(server.seen().len(), 3);
        rest.klines(symbol(), Interval::H1, range).collect().await.unwrap_err();
        assert_eq!(server.seen().len(), 4);
    });
}

#[test]
fn only_production_is_asked_what_a_key_may_do() {
    run(async {
        let body = r#"{"ipRestrict":true,"enableReading":true,"enableSpotAndMarginTrading":true,"enableWithdrawals":false}"#;
        let server = Server::start(move |_| ok(body)).await;
        let permissions = client(&server).key_permissions().await.unwrap().unwrap();
        assert!(permissions.ip_restrict && !permissions.enable_withdrawals);
        let mut testnet = endpoints(&server.address, "ws://127.0.0.1:1");
        testnet.wallet_api = heikin::exchange::binance::endpoints::WalletApi::Absent;
        let rest = Rest::new(&testnet, Some(credentials()), ExchangeTime::by(clock)).unwrap();
        assert_eq!(rest.key_permissions().await.unwrap(), None);
        assert_eq!(server.seen().len(), 1);
    });
}

/// A server whose clock is ahead of ours by `ahead` milliseconds.
async fn exchange_ahead(ahead: i64, orders: impl Fn() -> Act + 'static) -> Server {
    Server::start(move |seen| match seen.path() {
        "/api/v3/time" => ok(format!(r#"{{"serverTime":{}}}"#, clock().millis() + ahead)),
        _ => orders(),
    })
    .await
}

#[test]
fn the_exchanges_clock_is_measured_kept_and_doubted() {
    run(async {
        let skew =
            r#"{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}"#;
        let server = exchange_ahead(7_000, move || refuse(400, skew)).await;
        let rest = client(&server);
        assert_eq!(rest.time().trust(), Trust::Unmeasured);
        let keeping = spawn_local(time_sync::keep(rest.clone()));
        sleep(100).await;
        assert_eq!(rest.time().trust(), Trust::Trusted);
        assert_eq!(rest.time().now().millis(), BEGIN + 7_100);
        let looks = || server.seen_at("/api/v3/time").len();
        assert_eq!(looks(), 5);
        // Twice a minute.
        sleep(31_000).await;
        assert_eq!(looks(), 10);
        // And at once when the exchange calls a stamp wrong.
        drop(rest.send(&submit(Side::Sell), None).await);
        sleep(1_000).await;
        assert_eq!(looks(), 15);
        keeping.abort();
        sleep(61_000).await;
        assert_eq!(rest.time().trust(), Trust::Stale);
    });
}

/// Whatever was shown before the exchange's time was known: a machine whose clock is an hour ahead is
/// not to stand still for an hour.
#[test]
fn a_clock_of_ours_that_is_ahead_holds_up_nothing() {
    run(async {
        let server = exchange_ahead(-3_600_000, || ok("{}")).await;
        let rest = client(&server);
        assert_eq!(rest.time().now().millis(), BEGIN);
        time_sync::measure(&rest).await;
        assert_eq!(rest.time().trust(), Trust::Trusted);
        let first = rest.time().now().millis();
        assert_eq!(first, BEGIN - 3_600_000 + crate::support::passed());
        sleep(2_000).await;
        assert_eq!(rest.time().now().millis(), first + 2_000);
    });
}

#[test]
fn a_clock_that_is_set_moves_nothing_and_is_noticed() {
    run(async {
        let server = exchange_ahead(0, || ok("{}")).await;
        let set = Rc::new(std::cell::Cell::new(0));
        let by = Rc::clone(&set);
        let time = ExchangeTime::by(move || Timestamp::from_millis(clock().millis() + by.get()));
        let endpoints = endpoints(&server.address, "ws://127.0.0.1:1");
        let rest = Rest::new(&endpoints, Some(credentials()), time).unwrap();
        time_sync::measure(&rest).await;
        for by in [-86_400_000, -501, 501, 86_400_000] {
            let before = rest.time().now();
            set.set(by);
            assert_eq!(rest.time().trust(), Trust::Jumped, "{by}");
            assert_eq!(rest.time().now(), before, "{by}");
            time_sync::measure(&rest).await;
            assert_eq!(rest.time().trust(), Trust::Trusted, "{by}");
            assert_eq!(rest.time().now(), before, "{by}");
            set.set(0);
            time_sync::measure(&rest).await;
        }
        set.set(499);
        assert_eq!(rest.time().trust(), Trust::Trusted);
    });
}

#[test]
fn in_lockstep_the_clock_is_what_the_exchange_was_heard_to_tell() {
    run(async {
        let server = Server::start(|_| ok(r#"{"serverTime":1700000000500}"#)).await;
        let endpoints = endpoints(&server.address, "ws://127.0.0.1:1");
        let rest = Rest::new(&endpoints, Some(credentials()), ExchangeTime::lockstep()).unwrap();
        rest.server_time().await.unwrap();
        rest.time().observe(Timestamp::from_millis(1_700_000_000_000));
        sleep(5_000).await;
        assert_eq!(rest.time().now().millis(), 1_700_000_000_500);
        assert_eq!(rest.time().trust(), Trust::Trusted);
        drop(rest.send(&submit(Side::Sell), None).await);
        assert_eq!(server.seen()[1].param("timestamp"), Some("1700000000500"));
    });
}
