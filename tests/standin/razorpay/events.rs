//! Events: signed, at least once, in no certain order.

use std::sync::{Arc, Mutex};

use heikin::standin::ClockRequest;
use heikin::standin::razorpay::{Hook, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Merchant;
use crate::client::{PATIENCE, hmac};

const SECRET: &str = "heikin_webhook_secret_v1";

/// A delivery, as it arrived.
#[derive(Debug, Clone)]
struct Arrived {
    event: String,
    id: String,
    signature: Option<String>,
    body: String,
}

impl Arrived {
    fn is_signed_with(&self, secret: &str) -> bool {
        let expected = hmac(secret, &self.body);
        self.signature.as_deref() == Some(&expected)
    }
}

/// Who listens: answers with the status that is set, one delivery after the other.
#[derive(Clone)]
struct Listener {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    status: Arc<Mutex<u16>>,
    url: String,
}

impl Listener {
    async fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/razorpay/webhook", socket.local_addr().unwrap());
        let listener = Self { arrived: Arc::default(), status: Arc::new(Mutex::new(200)), url };
        let own = listener.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = socket.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    while let Some(arrived) = read(&mut stream).await {
                        own.arrived.lock().unwrap().push(arrived);
                        let status = *own.status.lock().unwrap();
                        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        listener
    }

    fn settings(&self) -> Settings {
        let hook = Some(Hook { url: self.url.clone(), secret: SECRET.into() });
        Settings { hook, ..Settings::default() }
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    fn answer(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }
}

/// A request: its head, and as many bytes as it says.
async fn read(stream: &mut tokio::net::TcpStream) -> Option<Arrived> {
    let mut bytes = Vec::new();
    let head = loop {
        let mut part = [0; 4_096];
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend(&part[..count]);
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let header = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length").unwrap().parse().unwrap();
    while bytes.len() < head + 4 + length {
        let mut part = [0; 4_096];
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend(&part[..count]);
    }
    let body = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    let json: Value = serde_json::from_str(&body).unwrap();
    Some(Arrived {
        event: json["event"].as_str().unwrap().to_owned(),
        id: header("x-razorpay-event-id").unwrap(),
        signature: header("x-razorpay-signature"),
        body,
    })
}

/// Waits until so many deliveries have been answered.
async fn answered(merchant: &Merchant, count: usize) -> Value {
    let state = merchant.standin.state_when(PATIENCE, |state| {
        let events = state["hook"]["events"].as_array().unwrap();
        let answered = events.iter().map(|it| it["deliveries"].as_array().unwrap().len());
        answered.sum::<usize>() >= count
    });
    state.await.unwrap_or_else(|| panic!("{:#}", merchant.standin.state()["hook"]))
}

#[tokio::test]
async fn a_payment_is_told_in_five_signed_events() {
    let listener = Listener::new().await;
    let merchant = Merchant::started(listener.settings());
    let link = merchant.link("sub-1").await;
    merchant.paid(&link);
    answered(&merchant, 4).await;
    let arrived = listener.arrived();
    let mut names: Vec<_> = arrived.iter().map(|it| it.event.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["order.paid", "payment.authorized", "payment.captured", "payment_link.paid"]
    );
    assert!(arrived.iter().all(|it| it.is_signed_with(SECRET)), "{arrived:?}");
    let ids: std::collections::BTreeSet<_> = arrived.iter().map(|it| &it.id).collect();
    assert_eq!(ids.len(), 4);
    let paid = arrived.iter().find(|it| it.event == "payment_link.paid").unwrap();
    let paid: Value = serde_json::from_str(&paid.body).unwrap();
    assert_eq!(paid["payload"]["payment_link"]["entity"]["id"], link.as_str());
    assert_eq!(paid["payload"]["payment"]["entity"]["amount"], 49_900);
}

#[tokio::test]
async fn what_is_not_taken_comes_again_and_after_a_day_no_more() {
    let listener = Listener::new().await;
    listener.answer(500);
    let merchant = Merchant::started(listener.settings());
    let link = merchant.link("sub-1").await;
    merchant.order("do", &json!({ "do": "cancel", "link": link })).await;
    answered(&merchant, 1).await;
    merchant.order("do", &json!({ "do": "rotate_secret", "secret": "newer" })).await;
    let pass = |seconds: u32| ClockRequest { advance_seconds: Some(seconds), ..Default::default() };
    merchant.standin.set_clock(pass(30)).unwrap();
    answered(&merchant, 2).await;
    listener.answer(200);
    merchant.standin.set_clock(pass(60)).unwrap();
    let state = answered(&merchant, 3).await;
    assert_eq!((&state["hook"]["waiting"], &state["hook"]["active"]), (&json!(0), &json!(true)));
    let arrived = listener.arrived();
    // The same event, with its first signature.
    assert!(arrived.iter().all(|it| it.id == arrived[0].id && it.is_signed_with(SECRET)));
    let replay = json!({ "do": "replay", "event": arrived[0].id });
    merchant.order("do", &replay).await;
    answered(&merchant, 4).await;
    assert!(listener.arrived()[3].is_signed_with("newer"));
    listener.answer(500);
    merchant.link("sub-2").await;
    let other = merchant.link("sub-3").await;
    merchant.order("do", &json!({ "do": "expire", "link": other })).await;
    let state = merchant.standin.state_when(PATIENCE, |state| {
        // Each look lets half an hour pass.
        merchant.standin.set_clock(pass(1_800)).unwrap();
        state["hook"]["active"] == false
    });
    assert!(state.await.is_some(), "{:#}", merchant.standin.state()["hook"]);
}

#[tokio::test]
async fn events_are_lost_doubled_swapped_late_and_forged_when_told_to() {
    let listener = Listener::new().await;
    let merchant = Merchant::started(listener.settings());
    let close = async |reference: &str| {
        let link = merchant.link(reference).await;
        merchant.order("do", &json!({ "do": "cancel", "link": link })).await;
    };
    let reference = |arrived: &Arrived| {
        let body: Value = serde_json::from_str(&arrived.body).unwrap();
        body["payload"]["payment_link"]["entity"]["reference_id"].as_str().unwrap().to_owned()
    };
    merchant.order("faults", &json!([{ "kind": "events_lost" }, { "kind": "events_again" }])).await;
    close("lost").await;
    close("twice").await;
    answered(&merchant, 2).await;
    let arrived = listener.arrived();
    assert_eq!(arrived.iter().map(reference).collect::<Vec<_>>(), ["twice", "twice"]);
    assert_eq!(arrived[0].id, arrived[1].id);

    merchant.order("faults", &json!({ "kind": "events_reordered" })).await;
    close("first").await;
    close("second").await;
    answered(&merchant, 4).await;
    let arrived: Vec<_> = listener.arrived().iter().map(reference).collect();
    assert_eq!(arrived[2..], ["second", "first"]);

    merchant.order("faults", &json!({ "kind": "events_late", "seconds": 600 })).await;
    close("late").await;
    assert_eq!(merchant.standin.state()["hook"]["waiting"], 1);
    merchant.order("clock", &json!({ "advance_seconds": 600 })).await;
    answered(&merchant, 5).await;

    merchant.order("faults", &json!({ "kind": "events_forged", "times": 20 })).await;
    for number in 0..20 {
        close(&format!("forged-{number}")).await;
    }
    answered(&merchant, 25).await;
    let all = listener.arrived();
    let (true_ones, forged): (Vec<_>, Vec<_>) =
        all[5..].iter().partition(|it| it.is_signed_with(SECRET));
    assert_eq!((true_ones.len(), forged.len()), (20, 20));
    assert!(forged.iter().any(|it| it.signature.is_none()));
}
