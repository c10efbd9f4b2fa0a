#![cfg(test)]
//! What is served over HTTP, over real sockets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use heikin::config::Http;
use heikin::http::metrics::{Family, Kind};
use heikin::http::{Beat, Readiness, Server, Source};
use heikin_core::time::Span;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// As the test says.
#[derive(Debug, Default)]
struct Told {
    is_silent: AtomicBool,
    is_stale: AtomicBool,
}

impl Source for Told {
    fn health(&self) -> Vec<Beat> {
        let silent = if self.is_silent.load(Ordering::Relaxed) { 6 } else { 1 };
        let allowed_ms = Span::from_secs(5);
        vec![Beat { name: "orders", silent_ms: Span::from_secs(silent), allowed_ms }]
    }

    fn readiness(&self) -> Readiness {
        if self.is_stale.load(Ordering::Relaxed) {
            Readiness::NotReady(vec!["BTCUSDT: the last candle is 3 hours old".to_owned()])
        } else {
            Readiness::Ready
        }
    }

    fn status(&self) -> Value {
        json!({ "mode": "paper" })
    }

    fn metrics(&self) -> Vec<Family> {
        vec![Family::single("heikin_fills_total", "Fills.", Kind::Counter, 3.0)]
    }
}

struct Running {
    port: u16,
    told: Arc<Told>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn start() -> Running {
    let told = Arc::new(Told::default());
    let settings = Http {
        listen: "127.0.0.1:0".parse().unwrap(),
        hosts: vec!["trader.example.org".to_owned()],
        tokens: BTreeMap::new(),
    };
    let server = Server::bind(&settings, Arc::clone(&told) as Arc<dyn Source>).await.unwrap();
    let port = server.local_addr().unwrap().port();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run(async { drop(stopped.await) }));
    Running { port, told, stop, ended }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends a text and reads until the other side ends.
    async fn send(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn get(&self, path: &str) -> String {
        let port = self.port;
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
        ))
        .await
    }
}

fn has_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
}

#[tokio::test]
async fn health_and_readiness_are_told_apart() {
    let server = start().await;
    has_status(&server.get("/health").await, 200);
    let ready = server.get("/ready").await;
    has_status(&ready, 200);
    assert!(ready.contains("cache-control: no-store"), "{ready}");

    server.told.is_stale.store(true, Ordering::Relaxed);
    let ready = server.get("/ready").await;
    has_status(&ready, 503);
    assert!(ready.contains("3 hours old"), "{ready}");
    has_status(&server.get("/health").await, 200);

    server.told.is_silent.store(true, Ordering::Relaxed);
    let health = server.get("/health").await;
    has_status(&health, 503);
    assert!(
        health.contains(r#""name":"orders""#) && health.contains(r#""silent_ms":6000"#),
        "{health}"
    );
}

#[tokio::test]
async fn status_is_json_and_metrics_are_for_prometheus() {
    let server = start().await;
    let status = server.get("/status").await;
    assert!(
        status.contains("application/json") && status.ends_with(r#"{"mode":"paper"}"#),
        "{status}"
    );
    let metrics = server.get("/metrics").await;
    assert!(metrics.contains("text/plain; version=0.0.4"), "{metrics}");
    assert!(
        metrics.ends_with("# TYPE heikin_fills_total counter\nheikin_fills_total 3\n"),
        "{metrics}"
    );
    has_status(&server.get("/else").await, 404);
}

#[tokio::test]
async fn only_what_is_asked_under_its_own_name_is_answered() {
    let server = start().await;
    let ask = async |head: &str| {
        server.send(&format!("GET /status HTTP/1.1\r\n{head}Connection: close\r\n\r\n")).await
    };
    for good in ["localhost", "127.0.0.1:8080", "[::1]:1", "LOCALHOST:9", "trader.example.org"] {
        has_status(&ask(&format!("Host: {good}\r\n")).await, 200);
    }
    for bad in ["evil.example.org", "localhost.evil.org", "localhost:80@evil.org", "127.0.0.2", ""]
    {
        has_status(&ask(&format!("Host: {bad}\r\n")).await, 421);
    }
    has_status(&ask("").await, 421);
    has_status(&ask("Host: localhost\r\nHost: evil.org\r\n").await, 421);
}

#[tokio::test]
async fn other_methods_and_large_bodies_are_refused() {
    let server = start().await;
    let post = "POST /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    has_status(&server.send(&format!("{post}Content-Length: 0\r\n\r\n")).await, 405);
    has_status(&server.send(&format!("{post}Content-Length: 9999999\r\n\r\n")).await, 413);
    has_status(
        &server.send(&format!("{post}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")).await,
        413,
    );
}

#[tokio::test]
async fn a_head_that_does_not_come_costs_its_connection_and_no_other() {
    let server = start().await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /health HTTP/1.1\r\nHo").await.unwrap();
    has_status(&server.get("/health").await, 200);
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn stopping_ends_connections_that_are_kept_open_and_frees_the_port() {
    let server = start().await;
    let mut kept = server.connect().await;
    kept.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    kept.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    server.stop.send(()).unwrap();
    timeout(Duration::from_secs(10), server.ended).await.expect("it ends").unwrap();
    let mut rest = Vec::new();
    kept.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", server.port)).await.is_err());
}

#[tokio::test]
async fn a_taken_address_is_told_with_what_mends_it() {
    let server = start().await;
    let listen = format!("127.0.0.1:{}", server.port).parse().unwrap();
    let settings = Http { listen, hosts: Vec::new(), tokens: BTreeMap::new() };
    let error = Server::bind(&settings, Arc::new(Told::default())).await.unwrap_err().to_string();
    assert!(error.contains("http.listen") && error.contains(&server.port.to_string()), "{error}");
}
