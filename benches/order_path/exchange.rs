//! As much of the exchange as an entry that is priced anew needs, on a thread that does not sleep while
//! it waits for one: what it measures is the product's time, not that of its own waking.

use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::sleep;
use std::time::{Duration, Instant};

use heikin_core::time::{Span, Timestamp};

use super::loopback::{Rest, accept_streams, frame, parameter, unless_blocked};
use super::wake::Wake;

/// A Monday.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_704_067_200_000);
/// How long after a candle's end the exchange tells it.
const LATE: Span = Span::from_millis(12);
/// Rounds that nobody measures come first.
const WARM_UP: usize = 300;
const GIVE_UP: Duration = Duration::from_secs(5);

/// How long it is quiet before a candle, so that the order thread sleeps: on a busy stream, and on one
/// that gives the machine time to forget what it had at hand (caches, a core's waking state).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    Busy,
    Rested,
}

impl Pace {
    /// Pauses that take turns.
    fn pauses(self) -> [Duration; 3] {
        match self {
            Self::Busy => [60, 90, 120].map(Duration::from_micros),
            Self::Rested => [1, 2, 4].map(Duration::from_millis),
        }
    }

    /// How often the exchange looks for requests meanwhile.
    fn look_every(self) -> Duration {
        match self {
            Self::Busy => Duration::from_micros(20),
            Self::Rested => Duration::from_micros(300),
        }
    }
}

/// How long one round took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    /// From before the frame was written to the first bytes of the order.
    pub(crate) whole: Duration,
    /// The part of it after the order thread woke up.
    pub(crate) awake: Duration,
}

impl Round {
    /// Where nobody woke up, somebody was awake.
    fn of(told: Instant, woken: Option<Instant>, arrived: Instant) -> Self {
        let woken = woken.unwrap_or(told).clamp(told, arrived);
        let whole = arrived.saturating_duration_since(told);
        Self { whole, awake: arrived.saturating_duration_since(woken) }
    }
}

/// The exchange, on two ports of the loopback.
pub(crate) struct Exchange {
    rest: Rest,
    streams: TcpListener,
    account: Account,
    pace: Pace,
}

/// What it knows.
struct Account {
    clock: Timestamp,
    orders: u64,
    /// Our id of the order that is open.
    open: String,
}

impl Exchange {
    pub(crate) fn listen(pace: Pace) -> io::Result<Self> {
        let account = Account { clock: BEGIN, orders: 0, open: String::new() };
        Ok(Self {
            rest: Rest::listen()?,
            streams: TcpListener::bind("127.0.0.1:0")?,
            account,
            pace,
        })
    }

    /// The addresses of REST and of the streams.
    pub(crate) fn addresses(&self) -> io::Result<(String, String)> {
        Ok((self.rest.address()?, format!("ws://{}", self.streams.local_addr()?)))
    }

    /// Plays so many rounds, after some that nobody measures.
    pub(crate) fn play(mut self, rounds: usize, wake: &Wake) -> io::Result<Vec<Round>> {
        // Its connection is dialled first, and its account asked for at the same time.
        let mut market = accept_streams(&self.streams)?;
        let mut measured = Vec::with_capacity(rounds);
        let pauses = self.pace.pauses().into_iter().cycle();
        for (number, pause) in (0..rounds + WARM_UP).zip(pauses) {
            self.serve_for(pause)?;
            let (quote, candle) = self.account.next_minute(number);
            market.write_all(&quote)?;
            self.serve_for(pause)?;
            let told = Instant::now();
            wake.arm();
            market.write_all(&candle)?;
            let arrived = self.order_arrived(told)?;
            let round = Round::of(told, wake.noted(), arrived);
            self.answer_order()?;
            if number >= WARM_UP {
                measured.push(round);
            }
        }
        Ok(measured)
    }

    /// The same with frames that come back as they are.
    pub(crate) fn play_echo(self, rounds: usize, wake: &Wake) -> io::Result<Vec<Round>> {
        let mut market = accept_streams(&self.streams)?;
        market.set_nonblocking(true)?;
        let mut measured = Vec::with_capacity(rounds);
        let mut chunk = [0; 4_096];
        let frame = frame(&"x".repeat(350));
        for pause in self.pace.pauses().into_iter().cycle().take(rounds) {
            sleep(pause);
            let told = Instant::now();
            wake.arm();
            market.write_all(&frame)?;
            let mut left = frame.len();
            let mut arrived = None;
            while left > 0 {
                // What comes back has a mask of four bytes as well.
                match unless_blocked(market.read(&mut chunk))? {
                    None => continue,
                    Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Some(count) => left = left.saturating_sub(count),
                }
                arrived.get_or_insert_with(Instant::now);
            }
            measured.push(Round::of(told, wake.noted(), arrived.unwrap_or(told)));
        }
        Ok(measured)
    }

    /// Answers whatever is asked for, for a while. It does not spin, so that the machine has no reason
    /// to take the core away when it does.
    fn serve_for(&mut self, pause: Duration) -> io::Result<()> {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            if self.rest.receive()?.is_some() {
                self.answer()?;
            }
            sleep(self.pace.look_every());
        }
        Ok(())
    }

    /// Spins until an order comes, answering nothing: when its first bytes were here.
    fn order_arrived(&mut self, since: Instant) -> io::Result<Instant> {
        loop {
            if let Some((at, request)) = self.rest.receive()? {
                if request.starts_with(b"POST /api/v3/order") {
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
        let before = self.account.orders;
        while self.account.orders == before {
            self.answer()?;
            self.rest.receive()?;
        }
        Ok(())
    }

    fn answer(&mut self) -> io::Result<()> {
        self.rest.answer(|path, query| self.account.body(path, query))
    }
}

impl Account {
    fn body(&mut self, path: &str, query: &str) -> String {
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
