//! Effects in, their answers out.

use heikin::exchange::binance::arrival::{AccountEvent, Arrival};
use heikin::exchange::binance::gateway::Gateway;
use heikin::exchange::binance::public_rules;
use heikin::exchange::binance::requests::{OrderRef, Shape};
use heikin_core::engine::{Effect, Input, ReplaceMode};
use heikin_core::market::Side;
use heikin_core::order::{CancelAnswer, QueryAnswer, Refusal, Slot, SubmitAnswer, VenueStatus};
use heikin_core::time::{Span, Timestamp};
use tokio::sync::mpsc;

use crate::support::{
    Act, BEGIN, Seen, Server, client, client_at, id, ok, order, placed, refuse, row, rules, run,
    sleep, symbol, tag,
};

struct Desk {
    gateway: Gateway,
    arrivals: mpsc::Receiver<AccountEvent>,
    server: Server,
}

impl Desk {
    async fn open(script: impl FnMut(&Seen) -> Act + 'static) -> Self {
        let server = Server::start(script).await;
        let (sender, arrivals) = mpsc::channel(1);
        let gateway = Gateway::new(client(&server), tag(), &[symbol()], sender);
        gateway.set_rules(rules());
        Self { gateway, arrivals, server }
    }

    async fn next(&mut self) -> Input {
        next(&mut self.arrivals).await.input
    }

    /// The answer to one effect.
    async fn ask(&mut self, effect: &Effect, named: Option<OrderRef>) -> Input {
        self.gateway.perform(effect, named);
        assert_eq!(self.gateway.in_flight(), 1);
        let input = self.next().await;
        assert_eq!(self.gateway.in_flight(), 0, "{input:?}");
        input
    }
}

async fn next(arrivals: &mut mpsc::Receiver<AccountEvent>) -> Arrival {
    match arrivals.recv().await.unwrap() {
        AccountEvent::Arrival(arrival) => arrival,
        AccountEvent::Barrier(number) => panic!("barrier {number}"),
    }
}

fn sell() -> Effect {
    Effect::Submit(order(Side::Sell, 1))
}

fn submitted(input: &Input) -> SubmitAnswer {
    match input {
        Input::Submitted { id, answer } if *id == order(Side::Sell, 1).id => *answer,
        other => panic!("{other:?}"),
    }
}

fn named(shape: Shape) -> OrderRef {
    OrderRef { symbol: symbol(), id: id(Slot::Exit, 1), venue_id: Some(77), shape }
}

#[test]
fn every_answer_to_a_placement_arrives_as_what_it_means_and_nothing_is_sent_twice() {
    run(async {
        let refused = |refusal| SubmitAnswer::Refused { refusal, not_before: None };
        let error = |code: i32, text: &str| format!(r#"{{"code":{code},"msg":"{text}"}}"#);
        for (act, expected) in [
            (refuse(400, error(-2010, "Duplicate order sent.")), SubmitAnswer::Exists),
            (
                refuse(400, error(-2010, "Account has insufficient balance for requested action.")),
                refused(Refusal::InsufficientBalance),
            ),
            (
                refuse(400, error(-2010, "Stop price would trigger immediately.")),
                refused(Refusal::WouldTriggerImmediately),
            ),
            (refuse(400, error(-1022, "Signature")), refused(Refusal::KeyRejected)),
            (refuse(401, error(-2015, "Invalid API-key")), refused(Refusal::KeyRejected)),
            (refuse(400, error(-1021, "Timestamp")), refused(Refusal::ClockSkew)),
            (refuse(500, error(-1007, "Timeout waiting")), SubmitAnswer::Unknown),
            (refuse(400, error(-1006, "An unexpected response")), SubmitAnswer::Unknown),
            (refuse(503, error(-1008, "Server is currently overloaded")), SubmitAnswer::Unknown),
            (refuse(502, "<html>Bad Gateway</html>"), SubmitAnswer::Unknown),
            (refuse(403, "<html>Forbidden</html>"), SubmitAnswer::Unknown),
            (ok("<html>"), SubmitAnswer::Unknown),
            (ok(row("hk17gk2-3-X9-1", 1, "NEW")), SubmitAnswer::Unknown),
            (Act::Cut, SubmitAnswer::Unknown),
            (Act::Hang, SubmitAnswer::Unknown),
        ] {
            let mut act = Some(act);
            let mut desk = Desk::open(move |_| act.take().unwrap()).await;
            let input = desk.ask(&sell(), None).await;
            assert_eq!(submitted(&input), expected);
            sleep(60_000).await;
            assert_eq!(desk.server.seen().len(), 1, "{expected:?}");
        }
    });
}

#[test]
fn a_placed_order_is_told_with_its_state() {
    run(async {
        let mut desk = Desk::open(|_| ok(placed(&order(Side::Sell, 1)))).await;
        let SubmitAnswer::Placed(state) = submitted(&desk.ask(&sell(), None).await) else {
            panic!()
        };
        assert_eq!((state.venue_id, state.status), (77, VenueStatus::Open));
        let seen = &desk.server.seen()[0];
        assert_eq!((seen.method.as_str(), seen.path()), ("POST", "/api/v3/order"));
        assert_eq!(seen.param("newClientOrderId"), Some("hk17gk2-3-X1-1"));
        assert_eq!(seen.body, "");
    });
}

#[test]
fn what_could_not_leave_is_told_a_moment_later() {
    run(async {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        let (sender, mut arrivals) = mpsc::channel(8);
        let gateway = Gateway::new(client_at(&address), tag(), &[symbol()], sender);
        gateway.set_rules(rules());
        gateway.perform(&sell(), None);
        let arrival = next(&mut arrivals).await;
        assert_eq!(submitted(&arrival.input), SubmitAnswer::NotSent);
        assert_eq!(arrival.at.millis(), BEGIN + 1_000);
    });
}

#[test]
fn an_entry_waits_for_the_clock_and_an_exit_does_not() {
    run(async {
        let mut desk = Desk::open(|_| ok("{}")).await;
        desk.gateway.perform(&Effect::Submit(order(Side::Buy, 1)), None);
        desk.gateway.perform(&sell(), None);
        assert!(
            matches!(desk.next().await, Input::Submitted { id, .. } if id.slot() == Slot::Exit)
        );
        let Input::Submitted { answer, .. } = desk.next().await else { panic!() };
        // The clock was never measured.
        assert_eq!(answer, SubmitAnswer::NotSent);
        assert_eq!(desk.server.seen().len(), 1);
    });
}

#[test]
fn a_cancellation_tells_what_was_executed_before_it() {
    run(async {
        let mut desk = Desk::open(|_| {
            let row = row("hk17gk2-3-X1-1c", 77, "CANCELED");
            ok(row.replacen('{', r#"{"origClientOrderId":"hk17gk2-3-X1-1","#, 1))
        })
        .await;
        let effect = Effect::Cancel { id: id(Slot::Exit, 1), symbol: symbol() };
        let input = desk.ask(&effect, Some(named(Shape::Single))).await;
        let Input::Canceled { answer: CancelAnswer::Canceled(state), .. } = input else {
            panic!("{input:?}")
        };
        assert_eq!(
            (state.status, state.executed.to_string().as_str()),
            (VenueStatus::Canceled, "0.2")
        );
        let seen = &desk.server.seen()[0];
        assert_eq!((seen.method.as_str(), seen.param("orderId")), ("DELETE", Some("77")));
    });
}

#[test]
fn an_unknown_order_is_not_open_and_not_canceled() {
    run(async {
        let body = r#"{"code":-2011,"msg":"Unknown order sent."}"#;
        let mut desk = Desk::open(move |_| refuse(400, body)).await;
        let effect = Effect::Cancel { id: id(Slot::Exit, 1), symbol: symbol() };
        let input = desk.ask(&effect, None).await;
        assert!(matches!(input, Input::Canceled { answer: CancelAnswer::NotOpen, .. }));
        // Its number is not known: it goes by its id.
        assert_eq!(desk.server.seen()[0].param("origClientOrderId"), Some("hk17gk2-3-X1-1"));
    });
}

#[test]
fn both_halves_of_a_replacement_are_told() {
    run(async {
        let new = order(Side::Sell, 2);
        let canceled = row("hk17gk2-3-X1-1c", 77, "CANCELED").replacen(
            '{',
            r#"{"origClientOrderId":"hk17gk2-3-X1-1","#,
            1,
        );
        let body = format!(
            r#"{{"code":-2021,"msg":"Order cancel-replace partially failed.","data":{{"cancelResult":"SUCCESS","newOrderResult":"FAILURE","cancelResponse":{canceled},"newOrderResponse":{{"code":-2010,"msg":"Order would trigger immediately."}}}}}}"#
        );
        let mut desk = Desk::open(move |_| refuse(409, body.clone())).await;
        let mode = ReplaceMode::StopOnFailure;
        let effect = Effect::Replace { cancel: id(Slot::Exit, 1), submit: new, mode };
        let input = desk.ask(&effect, Some(named(Shape::Single))).await;
        let Input::Replaced { canceled, cancel, submitted, submit } = input else {
            panic!("{input:?}")
        };
        assert_eq!((canceled, submitted), (id(Slot::Exit, 1), new.id));
        assert!(matches!(cancel, CancelAnswer::Canceled(_)), "{cancel:?}");
        let refusal = Refusal::WouldTriggerImmediately;
        assert_eq!(submit, Some(SubmitAnswer::Refused { refusal, not_before: None }));
        assert_eq!(desk.server.seen()[0].param("cancelReplaceMode"), Some("STOP_ON_FAILURE"));
    });
}

#[test]
fn a_query_tells_what_was_found_and_what_was_not() {
    run(async {
        let missing = r#"{"code":-2013,"msg":"Order does not exist."}"#;
        let mut acts = vec![
            refuse(500, "<html>"),
            refuse(400, missing),
            ok(row("hk17gk2-3-X1-1", 77, "FILLED")),
        ];
        let mut desk = Desk::open(move |_| acts.pop().unwrap()).await;
        let effect = Effect::Query { id: id(Slot::Exit, 1), symbol: symbol() };
        let mut answers = Vec::new();
        for _ in 0..3 {
            let Input::Queried { answer, .. } = desk.ask(&effect, None).await else { panic!() };
            answers.push(answer);
        }
        assert!(
            matches!(
                answers[..],
                [QueryAnswer::Found(_), QueryAnswer::NotFound, QueryAnswer::Failed(None)]
            ),
            "{answers:?}"
        );
    });
}

#[test]
fn a_list_is_asked_for_by_its_legs() {
    run(async {
        let mut desk = Desk::open(|seen| {
            let leg = seen.param("origClientOrderId").unwrap();
            ok(row(leg, if leg.ends_with('s') { 78 } else { 79 }, "NEW"))
        })
        .await;
        let effect = Effect::Query { id: id(Slot::Exit, 1), symbol: symbol() };
        let input = desk.ask(&effect, Some(named(Shape::List))).await;
        let Input::Queried { answer: QueryAnswer::Found(state), .. } = input else {
            panic!("{input:?}")
        };
        assert_eq!((state.id, state.status), (id(Slot::Exit, 1), VenueStatus::Open));
        assert_eq!(desk.server.seen().len(), 2);
    });
}

fn trade(number: u64, order: u64) -> String {
    format!(
        r#"{{"symbol":"BTCUSDT","id":{number},"orderId":{order},"orderListId":-1,"price":"100.00","qty":"0.1","commission":"0.01","commissionAsset":"USDT","time":{BEGIN},"isMaker":true}}"#
    )
}

#[test]
fn fills_arrive_one_by_one_though_the_channel_is_full() {
    run(async {
        let mut desk = Desk::open(|seen| match seen.path() {
            "/api/v3/order" => ok(row("hk17gk2-3-X1-1", 77, "FILLED")),
            "/api/v3/myTrades" => {
                ok(format!("[{},{},{}]", trade(1, 77), trade(2, 77), trade(3, 99)))
            }
            other => panic!("{other}"),
        })
        .await;
        let effect = Effect::FetchFills { id: id(Slot::Exit, 1), symbol: symbol() };
        desk.gateway.perform(&effect, None);
        // The channel has room for one, and nobody reads it.
        sleep(5_000).await;
        assert_eq!(desk.gateway.in_flight(), 1);
        let mut trades = Vec::new();
        for _ in 0..2 {
            let Input::Report { report, quote: None } = desk.next().await else { panic!() };
            assert_eq!(report.state.status, VenueStatus::Filled);
            trades.push(report.fill.unwrap().trade_id);
        }
        // The other one is of another order.
        assert_eq!(trades, [1, 2]);
        sleep(1).await;
        assert_eq!(desk.gateway.in_flight(), 0);
    });
}

const BALANCES: &str = r#"{"balances":[{"asset":"USDT","free":"10.5","locked":"0"},{"asset":"BTC","free":"1","locked":"0.5"}]}"#;

fn account(seen: &Seen) -> Act {
    ok(match seen.path() {
        "/api/v3/account" => BALANCES.to_owned(),
        "/api/v3/openOrders" => format!("[{}]", row("hk17gk2-3-X1-1", 77, "NEW")),
        "/api/v3/allOrders" => format!("[{}]", row("hk17gk2-3-E1-1", 70, "FILLED")),
        "/api/v3/myTrades" => format!("[{},{}]", trade(1, 70), trade(2, 5)),
        other => panic!("{other}"),
    })
}

fn fetch(since: i64) -> Effect {
    Effect::FetchAccount { since: Timestamp::from_millis(since) }
}

#[test]
fn a_snapshot_has_all_of_the_account_since_a_time() {
    run(async {
        let mut desk = Desk::open(account).await;
        let since = BEGIN - 90_000_000;
        let Input::Account(Ok(snapshot)) = desk.ask(&fetch(since), None).await else { panic!() };
        assert_eq!((snapshot.at.millis(), snapshot.since.millis()), (BEGIN, since));
        assert_eq!(snapshot.balances.len(), 2);
        let ids: Vec<_> = snapshot.orders.iter().map(|order| order.id.to_string()).collect();
        // Twenty-five hours take two windows, which the script answers alike.
        assert_eq!(ids, ["hk17gk2-3-X1-1", "hk17gk2-3-E1-1", "hk17gk2-3-E1-1"]);
        let trades: Vec<_> =
            snapshot.fills.iter().map(|report| report.fill.unwrap().trade_id).collect();
        assert_eq!(trades, [1, 1]);
        assert_eq!(desk.server.seen_at("/api/v3/allOrders").len(), 2);
    });
}

#[test]
fn a_snapshot_goes_no_further_back_than_a_week() {
    run(async {
        let mut desk = Desk::open(account).await;
        let Input::Account(Ok(snapshot)) = desk.ask(&fetch(-60_000), None).await else { panic!() };
        assert_eq!(snapshot.since, snapshot.at - Span::DAY.times(7));
    });
}

#[test]
fn a_snapshot_with_a_part_missing_is_none() {
    run(async {
        for broken in ["account", "openOrders", "allOrders", "myTrades"] {
            let mut desk = Desk::open(move |seen| {
                if seen.path().ends_with(broken) { refuse(503, "<html>") } else { account(seen) }
            })
            .await;
            let input = desk.ask(&fetch(BEGIN - 1_000), None).await;
            assert_eq!(input, Input::Account(Err(None)), "{broken}");
        }
        let mut desk = Desk::open(|_| {
            let body = r#"{"code":-1003,"msg":"Too much request weight used"}"#.to_owned();
            Act::Reply(429, "Retry-After: 30\r\n".to_owned(), body)
        })
        .await;
        let input = desk.ask(&fetch(BEGIN - 1_000), None).await;
        assert_eq!(input, Input::Account(Err(Some(Timestamp::from_millis(BEGIN + 30_000)))));
    });
}

#[test]
fn trades_are_read_to_the_last_page() {
    run(async {
        let mut desk = Desk::open(|seen| match (seen.path(), seen.param("fromId")) {
            ("/api/v3/myTrades", None) => {
                let page: Vec<_> = (1..=1_000).map(|number| trade(number, 70)).collect();
                ok(format!("[{}]", page.join(",")))
            }
            ("/api/v3/myTrades", Some("1001")) => ok(format!("[{}]", trade(1_001, 70))),
            _ => account(seen),
        })
        .await;
        let input = desk.ask(&fetch(BEGIN - 1_000), None).await;
        let Input::Account(Ok(snapshot)) = input else { panic!() };
        assert_eq!(snapshot.fills.len(), 1_001);
    });
}

#[test]
fn snapshots_that_are_asked_for_meanwhile_are_one_more() {
    run(async {
        let mut desk = Desk::open(account).await;
        for since in [1_000, 5_000, 3_000] {
            desk.gateway.perform(&fetch(BEGIN - since), None);
        }
        let mut since = Vec::new();
        for _ in 0..2 {
            let Input::Account(Ok(snapshot)) = desk.next().await else { panic!() };
            since.push(BEGIN - snapshot.since.millis());
        }
        assert_eq!(since, [1_000, 5_000]);
        sleep(60_000).await;
        assert_eq!(desk.server.seen_at("/api/v3/account").len(), 2);
        assert_eq!(desk.gateway.in_flight(), 0);
    });
}

fn info(tick: &str) -> String {
    format!(
        r#"{{"symbols":[{{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","orderTypes":["LIMIT"],"filters":[{{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000","tickSize":"{tick}"}}]}}]}}"#
    )
}

fn no_own_filters() -> Act {
    refuse(400, r#"{"code":-1104,"msg":"Not all sent parameters were read"}"#)
}

#[test]
fn rules_are_asked_for_until_they_are_read() {
    run(async {
        let info = info("0.01");
        let mut failures = 2;
        let mut desk = Desk::open(move |seen| match seen.path() {
            "/api/v3/exchangeInfo" if failures > 0 => {
                failures -= 1;
                refuse(500, "<html>")
            }
            "/api/v3/exchangeInfo" => ok(&info),
            _ => no_own_filters(),
        })
        .await;
        let input = desk.ask(&Effect::FetchRules { symbol: symbol() }, None).await;
        let Input::Rules(rules) = input else { panic!("{input:?}") };
        assert_eq!((rules.symbol, rules.tick.to_string().as_str()), (symbol(), "0.01"));
        assert_eq!(desk.server.seen_at("/api/v3/exchangeInfo").len(), 3);
    });
}

#[test]
fn rules_that_change_are_told_within_ten_minutes_and_others_are_not() {
    run(async {
        let mut reads = 0;
        let mut desk = Desk::open(move |seen| match seen.path() {
            "/api/v3/exchangeInfo" => {
                reads += 1;
                ok(info(if reads < 3 { "0.01" } else { "0.10" }))
            }
            _ => no_own_filters(),
        })
        .await;
        tokio::task::spawn_local(desk.gateway.clone().keep_rules());
        let ticks = [desk.next().await, desk.next().await].map(|input| match input {
            Input::Rules(rules) => rules.tick.to_string(),
            other => panic!("{other:?}"),
        });
        // What was known at first is none of these: its order types are not the exchange's.
        assert_eq!(ticks, ["0.01", "0.1"]);
        let seen = desk.server.seen_at("/api/v3/exchangeInfo");
        assert_eq!(seen.len(), 3, "the second read changed nothing");
        sleep(9 * 60_000).await;
        assert_eq!(desk.server.seen_at("/api/v3/exchangeInfo").len(), 3);
    });
}

/// On paper nobody asks for the account's own filters; a failure is passed over until the next time.
#[test]
fn rules_that_change_are_told_without_an_account_too() {
    run(async {
        let mut reads = 0;
        let server = Server::start(move |seen| {
            assert_eq!(seen.path(), "/api/v3/exchangeInfo");
            reads += 1;
            match reads {
                1 => refuse(500, "<html>"),
                2 | 3 => ok(info("0.01")),
                _ => ok(info("0.10")),
            }
        })
        .await;
        let (sender, mut arrivals) = mpsc::channel(1);
        tokio::task::spawn_local(public_rules::keep(client(&server), vec![rules()], sender));
        for tick in ["0.01", "0.1"] {
            let Input::Rules(rules) = next(&mut arrivals).await.input else { panic!("no rules") };
            assert_eq!(rules.tick.to_string(), tick);
        }
        assert_eq!(server.seen().len(), 4);
    });
}
