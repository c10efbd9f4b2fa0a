//! The account's events: what is told, and what is told when they fail to come.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::SinkExt as _;
use heikin::exchange::binance::arrival::AccountEvent;
use heikin::exchange::binance::rest::Rest;
use heikin::exchange::binance::user_events::UserEvents;
use heikin_core::engine::{Command, Gate, GateState, Input};
use heikin_core::order::OrderReport;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    BEGIN, Peer, client_at, credentials, endpoints, hear, run, say, sleep, stay, symbol, tag,
    websockets,
};

const FILLED: &str = r#"{"subscriptionId":0,"event":{"e":"executionReport","E":1700000010005,"s":"BTCUSDT","c":"hk17gk2-3-X7-1","S":"SELL","o":"LIMIT","f":"GTC","q":"0.5","p":"100","P":"0.0","F":"0.0","g":-1,"C":"","x":"TRADE","X":"FILLED","r":"NONE","i":77,"l":"0.5","z":"0.5","L":"100","n":"0.05","N":"USDT","T":1700000010004,"t":44,"I":9001,"w":false,"m":true,"O":1,"Z":"50","Y":"50","Q":"0"}}"#;

struct Account {
    events: UserEvents,
    arrivals: mpsc::Receiver<AccountEvent>,
    rest: Rest,
}

impl Account {
    fn listen(address: &str) -> Self {
        let rest = client_at("http://127.0.0.1:1");
        let (sender, arrivals) = mpsc::channel(8);
        let address = format!("{address}/ws-api/v3");
        let endpoints = endpoints("http://127.0.0.1:1", &address);
        let events = UserEvents::spawn(&rest, &endpoints, tag(), sender);
        Self { events, arrivals, rest }
    }

    async fn next(&mut self) -> Input {
        match self.arrivals.recv().await.unwrap() {
            AccountEvent::Arrival(arrival) => arrival.input,
            AccountEvent::Barrier(number) => panic!("barrier {number}"),
        }
    }

    /// Events arrive for the first time.
    async fn begins(&mut self) {
        assert_eq!(self.next().await, Input::StreamRestored);
        assert_eq!(self.next().await, gate(GateState::Open));
    }

    async fn report(&mut self) -> OrderReport {
        match self.next().await {
            Input::Report { report, quote: None } => report,
            other => panic!("{other:?}"),
        }
    }

    /// Milliseconds since the test began.
    fn now(&self) -> i64 {
        self.rest.time().now().millis() - BEGIN
    }
}

/// Accepts the subscription.
async fn subscribe(peer: &mut Peer) {
    hear(peer).await.unwrap();
    say(peer, r#"{"id":1,"status":200,"result":{"subscriptionId":0}}"#).await;
}

fn gate(state: GateState) -> Input {
    Input::Command(Command::SetGate(Gate::UserStreamDown, state))
}

#[test]
fn the_subscription_is_signed_over_its_sorted_parameters() {
    run(async {
        let heard = Rc::new(RefCell::new(String::new()));
        let ear = Rc::clone(&heard);
        let address = websockets(move |_, mut peer, path| {
            let ear = Rc::clone(&ear);
            async move {
                assert_eq!(path, "/ws-api/v3");
                *ear.borrow_mut() = hear(&mut peer).await.unwrap();
                say(&mut peer, r#"{"id":1,"status":200,"result":{"subscriptionId":0}}"#).await;
                stay(&mut peer).await;
            }
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        let frame: serde_json::Value = serde_json::from_str(&heard.borrow()).unwrap();
        assert_eq!(frame["method"], "userDataStream.subscribe.signature");
        let payload = format!("apiKey=a-key&recvWindow=3000&timestamp={BEGIN}");
        assert_eq!(frame["params"]["signature"], credentials().sign(payload.as_bytes()));
    });
}

/// The account may move while it is being subscribed to.
#[test]
fn events_before_the_answer_to_the_subscription_are_kept_for_after_it() {
    run(async {
        let address = websockets(|_, mut peer, _| async move {
            hear(&mut peer).await.unwrap();
            for frame in [FILLED, &FILLED.replace("9001", "9002").replace("\"t\":44", "\"t\":45")] {
                say(&mut peer, frame).await;
            }
            sleep(100).await;
            say(&mut peer, r#"{"id":1,"status":200,"result":{"subscriptionId":0}}"#).await;
            stay(&mut peer).await;
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        let fills = [account.report().await, account.report().await].map(|report| report.fill);
        assert_eq!(fills.map(|fill| fill.unwrap().trade_id), [44, 45]);
    });
}

#[test]
fn a_report_arrives_once_and_others_are_counted() {
    run(async {
        let address = websockets(|_, mut peer, _| async move {
            subscribe(&mut peer).await;
            let foreign = FILLED.replace("hk17gk2-", "hk1zzzz-").replace("9001", "9002");
            let by_hand = FILLED.replace("hk17gk2-3-X7-1", "web_1").replace("9001", "9003");
            let last = FILLED.replace("9001", "9004").replace("\"t\":44", "\"t\":45");
            for frame in [FILLED, FILLED, &foreign, &by_hand, &last] {
                say(&mut peer, frame).await;
            }
            let balances = r#"{"event":{"e":"outboundAccountPosition","E":1700000010009,"u":1700000010004,"B":[{"a":"USDT","f":"60","l":"0"},{"a":"BTC","f":"1e999","l":"0"}]}}"#;
            say(&mut peer, balances).await;
            let deposit = r#"{"event":{"e":"balanceUpdate","E":1,"a":"BTC","d":"100.0","T":1}}"#;
            say(&mut peer, deposit).await;
            let lock = r#"{"event":{"e":"externalLockUpdate","E":1,"a":"BTC","d":"-1.0","T":1}}"#;
            say(&mut peer, lock).await;
            stay(&mut peer).await;
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        let report = account.report().await;
        assert_eq!((report.state.venue_id, report.fill.unwrap().trade_id), (77, 44));
        assert_eq!(account.report().await.fill.unwrap().trade_id, 45);
        assert_eq!(account.events.foreign_reports(), [(symbol(), 2)].into());
        assert_eq!(account.rest.counters().foreign_reports, 2);
        let Input::Balances { balances, at } = account.next().await else { panic!() };
        // One that cannot be held does not hide the other.
        assert_eq!((balances.len(), at.millis()), (1, 1_700_000_010_004));
        // The whole account is wanted: no order explains these.
        assert_eq!(account.next().await, Input::StreamRestored);
        assert_eq!(account.next().await, Input::StreamRestored);
    });
}

#[test]
fn a_loss_closes_the_gate_makes_the_engine_poll_and_heals() {
    run(async {
        let up = Rc::new(Cell::new(true));
        let is_up = Rc::clone(&up);
        let address = websockets(move |number, mut peer, _| {
            let is_up = Rc::clone(&is_up);
            async move {
                if number > 0 && !is_up.get() {
                    return;
                }
                subscribe(&mut peer).await;
                if number == 0 {
                    sleep(1_000).await;
                    is_up.set(false);
                    return;
                }
                stay(&mut peer).await;
            }
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        assert_eq!(account.next().await, gate(GateState::Closed));
        assert_eq!(account.now(), 6_000);
        for expected in [6_000, 11_000, 16_000] {
            assert_eq!(account.next().await, Input::StreamRestored);
            assert_eq!(account.now(), expected);
        }
        up.set(true);
        // Within a minute it is tried again.
        while account.next().await == Input::StreamRestored {}
        assert!(account.now() < 90_000, "{}", account.now());
        let counters = account.rest.counters();
        assert_eq!((counters.connections, counters.disconnections), (2, 1));
    });
}

#[test]
fn a_short_loss_is_made_good_without_the_gate() {
    run(async {
        let address = websockets(|number, mut peer, _| async move {
            subscribe(&mut peer).await;
            if number == 0 {
                let terminated = r#"{"event":{"e":"eventStreamTerminated","E":1}}"#;
                say(&mut peer, terminated).await;
            } else {
                say(&mut peer, FILLED).await;
            }
            stay(&mut peer).await;
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        assert_eq!(account.next().await, Input::StreamRestored);
        assert_eq!(account.report().await.state.venue_id, 77);
        assert!(account.now() <= 250);
    });
}

#[test]
fn silence_without_even_a_ping_is_a_loss() {
    run(async {
        let address = websockets(|number, mut peer, _| async move {
            subscribe(&mut peer).await;
            if number == 0 {
                std::future::pending::<()>().await;
            }
            stay(&mut peer).await;
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        assert_eq!(account.next().await, Input::StreamRestored);
        assert!((60_000..60_500).contains(&account.now()), "{}", account.now());
        // The next one is pinged, and stays for an hour.
        sleep(3_600_000).await;
        assert_eq!(account.rest.counters().connections, 2);
    });
}

#[test]
fn three_malformed_frames_within_a_minute_end_a_connection_and_one_does_not() {
    run(async {
        let address = websockets(|number, mut peer, _| async move {
            subscribe(&mut peer).await;
            if number == 0 {
                say(&mut peer, "<html>").await;
                say(&mut peer, FILLED).await;
                sleep(1_000).await;
                let no_quantity = FILLED.replace(r#""l":"0.5""#, r#""l":"x""#);
                say(&mut peer, &no_quantity).await;
                peer.send(Message::Binary(vec![0; 10].into())).await.unwrap();
            }
            stay(&mut peer).await;
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        assert_eq!(account.report().await.state.venue_id, 77);
        assert_eq!(account.next().await, Input::StreamRestored);
        let counters = account.rest.counters();
        assert_eq!((counters.malformed_frames, counters.connections), (3, 2));
    });
}

#[test]
fn before_a_shutdown_and_before_a_day_the_successor_is_there_first() {
    run(async {
        let open = Rc::new(Cell::new(0_u32));
        let most = Rc::new(Cell::new(0_u32));
        let (now, peak) = (Rc::clone(&open), Rc::clone(&most));
        let address = websockets(move |number, mut peer, _| {
            let (now, peak) = (Rc::clone(&now), Rc::clone(&peak));
            async move {
                now.set(now.get() + 1);
                peak.set(peak.get().max(now.get()));
                subscribe(&mut peer).await;
                if number == 0 {
                    say(&mut peer, r#"{"event":{"e":"serverShutdown","E":1}}"#).await;
                    sleep(1_000).await;
                    // Told on the old connection after the new one is there, and on that one too.
                    say(&mut peer, FILLED).await;
                }
                if number == 1 {
                    sleep(2_000).await;
                    say(&mut peer, FILLED).await;
                }
                stay(&mut peer).await;
                now.set(now.get() - 1);
            }
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        // Nothing was missed, so nothing is restored, and what came twice is told once.
        assert_eq!(account.report().await.state.venue_id, 77);
        sleep(60_000).await;
        assert_eq!(account.rest.counters().connections, 2);
        assert_eq!((open.get(), most.get()), (1, 2));
        // No connection gets a day old.
        sleep(24 * 3_600_000).await;
        assert_eq!(account.rest.counters().connections, 3);
        assert_eq!(account.rest.counters().disconnections, 0);
        assert!(account.arrivals.try_recv().is_err());
    });
}

#[test]
fn a_refused_subscription_is_tried_again_ever_more_seldom() {
    run(async {
        let tries = Rc::new(Cell::new(0_u32));
        let count = Rc::clone(&tries);
        let address = websockets(move |_, mut peer, _| {
            count.set(count.get() + 1);
            async move {
                hear(&mut peer).await.unwrap();
                let no = r#"{"id":1,"status":401,"error":{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}}"#;
                say(&mut peer, no).await;
            }
        })
        .await;
        let mut account = Account::listen(&address);
        // The gate is closed already; the engine is made to look.
        assert_eq!(account.next().await, Input::StreamRestored);
        assert_eq!(account.now(), 5_000);
        let listening = tokio::task::spawn_local(async move {
            loop {
                account.next().await;
            }
        });
        sleep(3_600_000).await;
        assert!((60..140).contains(&tries.get()), "{}", tries.get());
        listening.abort();
    });
}

#[test]
fn a_barrier_comes_behind_what_was_sent_before_it() {
    run(async {
        let address = websockets(|_, mut peer, _| async move {
            subscribe(&mut peer).await;
            say(&mut peer, FILLED).await;
            say(&mut peer, r#"{"event":{"e":"lockstep","n":7}}"#).await;
            stay(&mut peer).await;
        })
        .await;
        let mut account = Account::listen(&address);
        account.begins().await;
        account.report().await;
        assert_eq!(account.arrivals.recv().await.unwrap(), AccountEvent::Barrier(7));
    });
}
