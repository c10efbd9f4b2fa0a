//! Webhooks over real sockets: verified, stored, acknowledged in time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use heikin::config::Http;
use heikin::http::metrics::Family;
use heikin::http::{
    Beat, Payments, RawWebhook, Readiness, Returned, Server, Source, WebhookRefused,
};
use heikin::subscription::desk::Hint;
use heikin::subscription::event::Recorded;
use heikin::subscription::razorpay::{
    ApiKeys, CallbackParameters, Delivery, Inbox, InboxError, KeyKind, WebhookSecrets, receive,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::recorded::sign;
use crate::world::{ASHA, START, World};

#[derive(Debug, Default)]
struct Nothing;

impl Source for Nothing {
    fn health(&self) -> Vec<Beat> {
        Vec::new()
    }
    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }
    fn status(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
    fn metrics(&self) -> Vec<Family> {
        Vec::new()
    }
}

/// How the disk is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Disk {
    Good,
    Full,
    Stalled,
}

#[derive(Debug)]
struct Door {
    secrets: WebhookSecrets,
    keys: ApiKeys,
    stored: Mutex<Vec<Delivery>>,
    disk: Mutex<Disk>,
}

impl Inbox for Door {
    async fn put(&self, delivery: Delivery) -> Result<(), InboxError> {
        let disk = *self.disk.lock().unwrap();
        match disk {
            Disk::Good => {
                self.stored.lock().unwrap().push(delivery);
                Ok(())
            }
            Disk::Full => Err(InboxError("the disk is full".to_owned())),
            Disk::Stalled => std::future::pending().await,
        }
    }
}

impl Payments for Door {
    fn webhook(&self, webhook: RawWebhook) -> BoxFuture<'_, Result<(), WebhookRefused>> {
        Box::pin(async move {
            let RawWebhook { signature, event_id, body } = webhook;
            let delivery = receive(&self.secrets, &signature, event_id.as_deref(), &body, START)
                .map_err(|_forged| WebhookRefused::Forged)?;
            self.put(delivery).await.map_err(|_full| WebhookRefused::NotStored)
        })
    }

    fn returned(&self, query: &str) -> Returned {
        match CallbackParameters::parse(query).verify(&self.keys) {
            Ok(()) => Returned::Signed,
            Err(_) => Returned::Unsigned,
        }
    }
}

struct Running {
    door: Arc<Door>,
    port: u16,
}

async fn start() -> Running {
    let door = Arc::new(Door {
        secrets: WebhookSecrets::new("s".into()),
        keys: ApiKeys::new("rzp_test_1".into(), "heikin_key_secret_v1".into(), KeyKind::Test)
            .unwrap(),
        stored: Mutex::default(),
        disk: Mutex::new(Disk::Good),
    });
    let listen = "127.0.0.1:0".parse().unwrap();
    let settings = Http { listen, hosts: Vec::new(), tokens: BTreeMap::new() };
    let server = Server::bind(&settings, Arc::new(Nothing)).await.unwrap();
    let server = server.with_payments(Arc::clone(&door) as Arc<dyn Payments>);
    let port = server.local_addr().unwrap().port();
    tokio::spawn(server.run(std::future::pending()));
    Running { door, port }
}

const BODY: &str =
    r#"{"event":"payment_link.paid","payload":{"payment_link":{"entity":{"id":"plink_1"}}}}"#;

impl Running {
    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn post(&self, body: &str, headers: &str) -> String {
        let length = body.len();
        self.send(&format!(
            "POST /razorpay/webhook HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
        .await
    }

    async fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
            .await
    }

    fn stored(&self) -> Vec<Delivery> {
        self.door.stored.lock().unwrap().clone()
    }
}

fn signed(body: &str) -> String {
    let signature = sign("s", body.as_bytes());
    format!("X-Razorpay-Signature: {signature}\r\nx-razorpay-event-id: evt_1\r\n")
}

#[tokio::test]
async fn a_genuine_webhook_is_stored_and_acknowledged() {
    let server = start().await;
    let answer = server.post(BODY, &signed(BODY)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let [stored] = &server.stored()[..] else { panic!("{:?}", server.stored()) };
    assert_eq!(
        (stored.id.as_str(), &stored.hint),
        ("evt_1", &Hint::Link("plink_1".parse().unwrap()))
    );
    // Genuine, and nothing that heikin knows: refused, it would come again for a day.
    for body in ["no json", r#"{"event":"subscription.charged","payload":{}}"#] {
        let answer = server.post(body, &signed(body)).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(server.stored().last().unwrap().hint, Hint::Nothing);
    }
    let chunked = format!(
        "POST /razorpay/webhook HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n{}\r\n{:x}\r\n{BODY}\r\n0\r\n\r\n",
        signed(BODY),
        BODY.len()
    );
    assert!(server.send(&chunked).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn whatever_is_not_genuine_is_refused_and_not_stored() {
    let server = start().await;
    let other = BODY.replace("plink_1", "plink_2");
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(65_536));
    for (status, body, headers) in [
        (401, BODY, String::new()),
        (401, BODY, "X-Razorpay-Signature: 00\r\n".to_owned()),
        (401, &other, signed(BODY)),
        (413, &large, signed(&large)),
    ] {
        let answer = server.post(body, &headers).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{status}: {answer}");
    }
    let form = format!(
        "POST /razorpay/webhook HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \
         text/plain\r\nContent-Length: {}\r\n{}\r\n{BODY}",
        BODY.len(),
        signed(BODY)
    );
    assert!(server.send(&form).await.starts_with("HTTP/1.1 415"));
    assert!(
        server.send(&form.replace("localhost", "evil.example")).await.starts_with("HTTP/1.1 421")
    );
    assert!(server.get("/razorpay/webhook").await.starts_with("HTTP/1.1 405"));
    assert!(server.stored().is_empty());
}

#[tokio::test]
async fn what_cannot_be_stored_in_time_is_to_come_again() {
    let server = start().await;
    for disk in [Disk::Full, Disk::Stalled] {
        *server.door.disk.lock().unwrap() = disk;
        let answer = tokio::time::timeout(Duration::from_secs(5), server.post(BODY, &signed(BODY)))
            .await
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{disk:?}: {answer}");
    }
    assert!(server.stored().is_empty());
}

#[tokio::test]
async fn the_page_that_payers_come_back_to_says_what_it_knows() {
    let server = start().await;
    let query = "razorpay_payment_id=pay_HeikinTest0001&razorpay_payment_link_id=plink_HeikinTest0001&\
                 razorpay_payment_link_reference_id=sub-42-2026-01&razorpay_payment_link_status=paid&\
                 razorpay_signature=66ba78bfb539fba564f2c5eb2aa8f762aff6fade0e89bdfe0beb64a8176752c8";
    let page = server.get(&format!("/razorpay/callback?{query}")).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Thank you"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; style-src"), "{page}");
    let page = server.get(&format!("/razorpay/callback?{query}0&x=%3Cscript%3E")).await;
    assert!(page.starts_with("HTTP/1.1 400") && page.contains("/verify"), "{page}");
    assert!(!page.contains("<script>"));
    assert!(server.get("/razorpay/callback").await.starts_with("HTTP/1.1 400"));
    assert!(server.stored().is_empty(), "a browser brings no events");
}

#[tokio::test]
async fn without_a_shop_there_is_no_door() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let settings = Http { listen, hosts: Vec::new(), tokens: BTreeMap::new() };
    let server = Server::bind(&settings, Arc::new(Nothing)).await.unwrap();
    let port = server.local_addr().unwrap().port();
    tokio::spawn(server.run(std::future::pending()));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = "GET /razorpay/callback HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

/// All that is stored of a person beside what it gave of itself: its events, what webhooks left.
#[test]
fn neither_events_nor_deliveries_tell_who_somebody_is() {
    let mut world = World::new();
    world.buy(ASHA);
    let body =
        BODY.replace("plink_1\"", "plink_1\",\"customer\":{\"email\":\"canary@example.com\"}");
    let delivery = receive(
        &WebhookSecrets::new("s".into()),
        &sign("s", body.as_bytes()),
        None,
        body.as_bytes(),
        START,
    )
    .unwrap();
    let stored = serde_json::to_string(&(&world.records, &delivery)).unwrap();
    assert!(!stored.contains("anary"), "{stored}");
    let (records, _): (Vec<Recorded>, Delivery) = serde_json::from_str(&stored).unwrap();
    assert_eq!(records, world.records, "and all of it can be read again");
}
