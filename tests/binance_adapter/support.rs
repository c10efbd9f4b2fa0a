//! Scripted servers, and what the tests say to the adapter.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::{SinkExt as _, StreamExt as _};
use heikin::exchange::binance::endpoints::Endpoints;
use heikin::exchange::binance::exchange_time::ExchangeTime;
use heikin::exchange::binance::rest::Rest;
use heikin::exchange::binance::signing::Credentials;
use heikin_core::market::{Side, Symbol, SymbolRules};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{
    ClientOrderId, ClientOrderIdParts, InstallationTag, NewOrder, OrderKind, Part, Reason, Slot,
    Terms, TraderId,
};
use heikin_core::time::{Span, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Duration, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// When the tests begin, by every clock: in the middle of a minute.
pub(crate) const BEGIN: i64 = 1_700_000_010_000;

thread_local! {
    /// When the test on this thread began.
    static BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Milliseconds since the test began.
pub(crate) fn passed() -> i64 {
    let begun = BEGUN.get().expect("a test is run by `run`");
    i64::try_from(begun.elapsed().as_millis()).unwrap()
}

/// Runs a test on one thread with a clock that jumps to whatever is waited for.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    LocalSet::new().block_on(&runtime.unwrap(), async {
        BEGUN.set(Some(Instant::now()));
        test.await;
    });
}

pub(crate) async fn sleep(millis: u64) {
    tokio::time::sleep_until(Instant::now() + Duration::from_millis(millis)).await;
}

/// A wall clock that goes with the runtime's.
pub(crate) fn clock() -> Timestamp {
    Timestamp::from_millis(BEGIN + passed())
}

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query, byte by byte.
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query().split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

/// What the server does with it.
pub(crate) enum Act {
    /// Status, further lines of the head, body.
    Reply(u16, String, String),
    /// Says a part of an answer, and cuts the connection.
    Truncate,
    /// Cuts the connection.
    Cut,
    /// Never answers.
    Hang,
}

pub(crate) fn ok(body: impl Into<String>) -> Act {
    Act::Reply(200, String::new(), body.into())
}

pub(crate) fn refuse(status: u16, body: impl Into<String>) -> Act {
    Act::Reply(status, String::new(), body.into())
}

/// A server of REST that does as the script says.
pub(crate) struct Server {
    pub(crate) address: String,
    seen: Rc<RefCell<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start(script: impl FnMut(&Seen) -> Act + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen: Rc<RefCell<Vec<Seen>>> = Rc::default();
        let script = Rc::new(RefCell::new(script));
        let log = Rc::clone(&seen);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Else the kernel holds frames back until others are acknowledged.
                stream.set_nodelay(true).unwrap();
                let (script, log) = (Rc::clone(&script), Rc::clone(&log));
                spawn_local(async move { serve(stream, &script, &log).await });
            }
        });
        Self { address, seen }
    }

    /// All that came.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// What came for a path.
    pub(crate) fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path() == path).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &RefCell<impl FnMut(&Seen) -> Act>,
    log: &RefCell<Vec<Seen>>,
) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let head_end = loop {
            if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8(buffer.drain(..head_end).collect()).unwrap();
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
        });
        while buffer.len() < length.unwrap_or(0) {
            stream.read_buf(&mut buffer).await.ok()?;
        }
        let body = buffer.drain(..length.unwrap_or(0)).collect();
        let mut words = head.split(' ');
        let seen = Seen {
            method: words.next()?.to_owned(),
            target: words.next()?.to_owned(),
            body: String::from_utf8(body).unwrap(),
            head,
            at: Instant::now(),
        };
        log.borrow_mut().push(seen.clone());
        let act = (script.borrow_mut())(&seen);
        match act {
            Act::Reply(status, lines, body) => {
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
                let answer = format!("{head}{lines}\r\n{body}");
                stream.write_all(answer.as_bytes()).await.ok()?;
                settle().await;
            }
            Act::Truncate => {
                let answer = b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"symbol\":";
                stream.write_all(answer).await.ok()?;
                return None;
            }
            Act::Cut => return None,
            Act::Hang => std::future::pending().await,
        }
    }
}

/// A connection that a WebSocket server accepted.
pub(crate) type Peer = WebSocketStream<TcpStream>;

/// Accepts WebSockets; `play` plays the part of the exchange on each, by its number.
pub(crate) async fn websockets<F: Future<Output = ()> + 'static>(
    play: impl Fn(usize, Peer, String) -> F + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}", listener.local_addr().unwrap());
    spawn_local(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            // Else the kernel holds frames back until others are acknowledged.
            stream.set_nodelay(true).unwrap();
            let mut path = String::new();
            #[expect(clippy::result_large_err, reason = "the library's type")]
            let accepted = tokio_tungstenite::accept_hdr_async(
                stream,
                |request: &tokio_tungstenite::tungstenite::handshake::server::Request, response| {
                    path = request.uri().to_string();
                    Ok(response)
                },
            )
            .await;
            let Ok(peer) = accepted else { continue };
            settle().await;
            spawn_local(play(number, peer, path));
        }
    });
    address
}

/// Gives the kernel time to carry over what was sent: the runtime's clock does not jump meanwhile.
async fn settle() {
    #[expect(clippy::disallowed_methods, reason = "the kernel's time is no input")]
    let wait = || std::thread::sleep(Duration::from_millis(2));
    tokio::task::spawn_blocking(wait).await.unwrap();
}

pub(crate) async fn say(peer: &mut Peer, text: &str) {
    peer.send(Message::text(text)).await.unwrap();
    settle().await;
}

/// Pings; whether the client is still there.
pub(crate) async fn ping(peer: &mut Peer) -> bool {
    let is_there = peer.send(Message::Ping(b"now"[..].into())).await.is_ok();
    settle().await;
    is_there
}

/// Keeps the connection, and pings every 20 s as the exchange does.
pub(crate) async fn stay(peer: &mut Peer) {
    while ping(peer).await {
        sleep(20_000).await;
    }
}

/// The next text that the client says; none when it has gone.
pub(crate) async fn hear(peer: &mut Peer) -> Option<String> {
    loop {
        match peer.next().await {
            Some(Ok(Message::Text(text))) => return Some(text.to_string()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

pub(crate) fn credentials() -> Credentials {
    Credentials::new("a-key".into(), "a-secret".into()).unwrap()
}

pub(crate) fn endpoints(rest: &str, websocket: &str) -> Endpoints {
    Endpoints::on_loopback(rest, websocket, websocket).unwrap()
}

pub(crate) fn client(server: &Server) -> Rest {
    client_at(&server.address)
}

pub(crate) fn client_at(address: &str) -> Rest {
    let endpoints = endpoints(address, "ws://127.0.0.1:1");
    Rest::new(&endpoints, Some(credentials()), ExchangeTime::by(clock)).unwrap()
}

pub(crate) fn tag() -> InstallationTag {
    "7gk2".parse().unwrap()
}

pub(crate) fn symbol() -> Symbol {
    "BTCUSDT".parse().unwrap()
}

pub(crate) fn rules() -> SymbolRules {
    let tick = Price::parse("0.01").unwrap();
    SymbolRules::unrestricted(symbol(), "BTC".parse().unwrap(), "USDT".parse().unwrap(), tick)
}

pub(crate) fn id(slot: Slot, generation: u32) -> ClientOrderId {
    let (trader, part) = (TraderId(3), Part::Order);
    ClientOrderId::new(ClientOrderIdParts {
        tag: tag(),
        trader,
        slot,
        generation,
        attempt: 1,
        part,
    })
}

/// An order at 100, good for ten seconds.
pub(crate) fn order(side: Side, generation: u32) -> NewOrder {
    let slot = if side == Side::Buy { Slot::Entry } else { Slot::Exit };
    let price = rules().floor_tick(Price::parse("100").unwrap()).unwrap();
    let quantity = rules().floor_lot(Quantity::parse("0.5").unwrap()).unwrap();
    NewOrder {
        id: id(slot, generation),
        symbol: symbol(),
        terms: Terms { side, kind: OrderKind::Limit { price }, quantity },
        reason: Reason::Signal,
        after: 1,
        not_after: clock() + Span::from_secs(10),
    }
}

/// The answer to its placement.
pub(crate) fn placed(order: &NewOrder) -> String {
    row(&order.id.to_string(), 77, "NEW")
}

pub(crate) fn row(client_id: &str, number: u64, status: &str) -> String {
    format!(
        r#"{{"symbol":"BTCUSDT","orderId":{number},"orderListId":-1,"clientOrderId":"{client_id}","transactTime":{BEGIN},"time":{BEGIN},"updateTime":{BEGIN},"price":"100.00","origQty":"0.5","executedQty":"0.2","status":"{status}","timeInForce":"GTC","type":"LIMIT","side":"SELL","workingTime":{BEGIN}}}"#
    )
}
