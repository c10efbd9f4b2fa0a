//! As much of the exchange as an entry that is priced anew needs, on a thread that never sleeps while
//! it waits for one: what it measures is the product's time, not that of its own waking.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use heikin_core::time::{Span, Timestamp};
use tokio_tungstenite::tungstenite;

use super::wake::Wake;

/// A Monday.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_704_067_200_000);
/// How long after a candle's end the exchange tells it.
const LATE: Span = Span::from_millis(12);
/// Between a round's end and the next one, so that the order thread has gone to sleep.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(1), Duration::from_millis(2), Duration::from_millis(4)];
const GIVE_UP: Duration = Duration::from_secs(5);

/// How long one round took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// From before the frame was written to the first bytes of the order.
    pub(crate) whole: Duration,
    /// The part of it after the order thread woke up.
    pub(crate) awake: Duration,
}

/// The exchange, on two ports of the loopback.
pub(crate) struct Exchange {
    rest: TcpListener,
    streams: TcpListener,
    peers: Vec<Peer>,
    clock: Timestamp,
    orders: u64,
    /// Our id of the order that is open.
    open: String,
}

/// A connection of REST, and what came over it that is not a whole request yet.
struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Exchange {
    pub(crate) fn listen() -> io::Result<Self> {
        let rest = TcpListener::bind("127.0.0.1:0")?;
        rest.set_nonblocking(true)?;
        let streams = TcpListener::bind("127.0.0.1:0")?;
        let peers = Vec::new();
        Ok(Self { rest, streams, peers, clock: BEGIN, orders: 0, open: String::new() })
    }

    /// The addresses of REST and of the streams.
    pub(crate) fn addresses(&self) -> io::Result<(String, String)> {
        let (rest, streams) = (self.rest.local_addr()?, self.streams.local_addr()?);
        Ok((format!("http://{rest}"), format!("ws://{streams}")))
    }

    /// Plays so many rounds, after as many that nobody measures as there are pauses times a hundred.
    pub(crate) fn play(mut self, rounds: usize, wake: &Wake) -> io::Result<Vec<Round>> {
        // Its connection is dialled first, and its account asked for at the same time.
        let mut market = self.accept_streams()?;
        let mut measured = Vec::with_capacity(rounds);
        let warm_up = PAUSES.len() * 100;
        for (number, pause) in (0..rounds + warm_up).zip(PAUSES.into_iter().cycle()) {
            self.serve_for(pause)?;
            let (quote, candle) = self.next_minute(number);
            market.write_all(&quote)?;
            self.serve_for(pause)?;
            let told = Instant::now();
            wake.arm();
            market.write_all(&candle)?;
            let arrived = self.order_arrived(told)?;
            let woken = wake.noted().unwrap_or(told).clamp(told, arrived);
            self.answer_order()?;
            if number >= warm_up {
                measured.push(Round {
                    whole: arrived.saturating_duration_since(told),
                    awake: arrived.saturating_duration_since(woken),
                });
            }
        }
        Ok(measured)
    }

    fn accept_streams(&mut self) -> io::Result<TcpStream> {
        let (stream, _) = self.streams.accept()?;
        stream.set_nodelay(true)?;
        let socket =
            tungstenite::accept(stream).map_err(|error| io::Error::other(error.to_string()))?;
        socket.get_ref().try_clone()
    }

    /// Answers whatever is asked for, for a while.
    fn serve_for(&mut self, pause: Duration) -> io::Result<()> {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if self.receive()?.is_some() {
                self.answer()?;
            }
            yield_now();
        }
        Ok(())
    }

    /// Takes in what has come: when, and over which connection.
    fn receive(&mut self) -> io::Result<Option<Instant>> {
        match self.rest.accept() {
            Ok((stream, _)) => {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                self.peers.push(Peer { stream, received: Vec::new() });
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let mut chunk = [0; 4_096];
        for peer in &mut self.peers {
            match peer.stream.read(&mut chunk) {
                Ok(count) => {
                    let now = Instant::now();
                    peer.received.extend_from_slice(chunk.get(..count).unwrap_or_default());
                    return Ok((count > 0).then_some(now));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Spins until an order comes, answering nothing: when its first bytes were here.
    fn order_arrived(&mut self, since: Instant) -> io::Result<Instant> {
        loop {
            if let Some(at) = self.receive()? {
                let is_order = |peer: &Peer| peer.received.starts_with(b"POST /api/v3/order");
                if self.peers.iter().any(is_order) {
                    return Ok(at);
                }
                self.answer()?;
            }
            if since.elapsed() > GIVE_UP {
                return Err(io::Error::other("a candle closed, and no order came"));
            }
        }
    }

    fn answer_order(&mut self) -> io::Result<()> {
        let before = self.orders;
        while self.orders == before {
            self.answer()?;
            self.receive()?;
        }
        Ok(())
    }

    /// Answers every request that is whole. None of them has a body.
    fn answer(&mut self) -> io::Result<()> {
        let mut peers = std::mem::take(&mut self.peers);
        for peer in &mut peers {
            let Some(end) = peer.received.windows(4).position(|it| it == b"\r\n\r\n") else {
                continue;
            };
            let head: Vec<_> = peer.received.drain(..end + 4).collect();
            let head = String::from_utf8_lossy(&head).into_owned();
            let body = self.body(head.lines().next().unwrap_or_default());
            let length = body.len();
            write!(
                peer.stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )?;
        }
        self.peers = peers;
        Ok(())
    }

    fn body(&mut self, line: &str) -> String {
        let target = line.split(' ').nth(1).unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match path {
            "/api/v3/account" => r#"{"balances":[{"asset":"USDT","free":"10000.00000000","locked":"0.00000000"},{"asset":"BTC","free":"0.00000000","locked":"0.00000000"}],"canTrade":true,"permissions":["SPOT"]}"#.to_owned(),
            "/api/v3/order" => self.placed(query),
            "/api/v3/order/cancelReplace" => {
                let canceled = self.row(query, ("CANCELED", parameter(query, "cancelNewClientOrderId")));
                let placed = self.placed(query);
                format!(
                    r#"{{"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":{canceled},"newOrderResponse":{placed}}}"#
                )
            }
            _ => "[]".to_owned(),
        }
    }

    fn placed(&mut self, query: &str) -> String {
        self.orders += 1;
        let id = parameter(query, "newClientOrderId");
        id.clone_into(&mut self.open);
        self.row(query, ("NEW", id))
    }

    fn row(&self, query: &str, (status, id): (&str, &str)) -> String {
        let Self { orders, open, clock, .. } = self;
        let of = |name| parameter(query, name);
        format!(
            r#"{{"symbol":"BTCUSDT","origClientOrderId":"{open}","orderId":{orders},"orderListId":-1,"clientOrderId":"{id}","transactTime":{at},"price":"{}","stopPrice":"{}","origQty":"{}","executedQty":"0.00000000","status":"{status}","timeInForce":"GTC","type":"STOP_LOSS_LIMIT","side":"BUY","workingTime":-1,"selfTradePreventionMode":"NONE"}}"#,
            of("price"),
            of("stopPrice"),
            of("quantity"),
            at = clock.millis(),
        )
    }

    /// The frames of a quote, and of a candle whose high no other one of a thousand had.
    fn next_minute(&mut self, number: usize) -> (Vec<u8>, Vec<u8>) {
        let opened = self.clock;
        self.clock = opened + Span::MINUTE;
        let quote = r#"{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"60000.00","B":"31.21000","a":"60000.01","A":"40.66000"}}"#;
        let (high, cents) = (60_100 + number % 10, number % 100);
        let (opened, closed) = (opened.millis(), self.clock.millis() - 1);
        let told = (self.clock + LATE).millis();
        let candle = format!(
            r#"{{"stream":"btcusdt@kline_1m","data":{{"e":"kline","E":{told},"s":"BTCUSDT","k":{{"t":{opened},"T":{closed},"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"59990.00","c":"60000.00","h":"{high}.{cents:02}","l":"59900.00","v":"12.34567","n":100,"x":true,"q":"740000.00","V":"6.1","Q":"370000.00","B":"0"}}}}}}"#
        );
        (frame(quote), frame(&candle))
    }
}

fn parameter<'a>(query: &'a str, name: &str) -> &'a str {
    let value = |pair: &'a str| pair.strip_prefix(name)?.strip_prefix('=');
    query.split('&').find_map(value).unwrap_or_default()
}

/// A text frame of a server, which masks nothing (RFC 6455, 5.2).
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    if let Ok(length @ ..126) = u8::try_from(text.len()) {
        frame.push(length);
    } else {
        frame.push(126);
        // A kline has some 350 bytes.
        frame.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    }
    frame.extend(text.as_bytes());
    frame
}
