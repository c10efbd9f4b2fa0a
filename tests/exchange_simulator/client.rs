//! A client of the exchange that hides nothing: status, headers and body as they came.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heikin::exchange::binance::signing::Credentials;
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Grid, KeyPermissions, ListedMarket, Pace, Settings, Simulator,
    usual_rules,
};
use heikin_core::market::{Candle, Ohlc};
use heikin_core::strategy::FeeRates;
use heikin_core::time::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

pub(crate) const KEY: &str = "key-of-the-test";
pub(crate) const SECRET: &str = "secret-of-the-test";
/// Nothing on the loopback takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// One-hour candles, from texts `open high low close`.
pub(crate) fn candles(rows: &[&str]) -> Vec<Candle> {
    let hour = 3_600_000;
    let candle = |(row, opens): (&&str, i64)| {
        let prices: Vec<_> = row.split(' ').map(|price| price.parse().unwrap()).collect();
        let prices = Ohlc::new(prices[0], prices[1], prices[2], prices[3]).unwrap();
        let close = Timestamp::from_millis(opens + hour - 1);
        Candle::new(Timestamp::from_millis(opens), close, prices, "12".parse().unwrap()).unwrap()
    };
    rows.iter().zip((0..).map(|index| 1_704_067_200_000 + index * hour)).map(candle).collect()
}

/// An exchange in lockstep with one symbol and 10,000 USDT; the first candle has closed.
pub(crate) fn settings(rows: &[&str]) -> Settings {
    let grid = Grid {
        tick: "0.01".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        min_notional: "5".parse().unwrap(),
    };
    let assets = ("BTC".parse().unwrap(), "USDT".parse().unwrap());
    let mut settings = Settings::lockstep();
    settings.markets.push(ListedMarket {
        rules: usual_rules("BTCUSDT".parse().unwrap(), assets, grid),
        fees: FeeRates::flat("0.001".parse().unwrap()),
        candles: CandleSource::Given { candles: candles(rows), history: 1 },
    });
    settings.accounts.push(AccountSettings {
        key: KEY.into(),
        secret: SECRET.into(),
        balances: vec![(assets.1, "10000".parse().unwrap()), (assets.0, "1".parse().unwrap())],
        permissions: KeyPermissions::TRADING_ONLY,
    });
    settings
}

pub(crate) fn exchange(rows: &[&str]) -> Simulator {
    Simulator::start(settings(rows)).unwrap()
}

/// The same with a clock that runs.
pub(crate) fn running(rows: &[&str]) -> Simulator {
    let pace = Pace::Scaled(1.try_into().unwrap());
    Simulator::start(Settings { pace, ..settings(rows) }).unwrap()
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap_or_else(|| panic!("{}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<i64> {
        self.headers.get(name)?.to_str().ok()?.parse().ok()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) rest: String,
    pub(crate) key: String,
    credentials: Credentials,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(exchange: &Simulator) -> Self {
        Self::with_secret(exchange, SECRET)
    }

    pub(crate) fn with_secret(exchange: &Simulator, secret: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let credentials = Credentials::new(KEY.into(), secret.into()).unwrap();
        Self { rest: exchange.rest(), key: KEY.to_owned(), credentials, http }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path_and_query: &str,
        body: String,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{path_and_query}", self.rest);
        let method = method.parse().unwrap();
        let request = self.http.request(method, url).header("X-MBX-APIKEY", &self.key);
        let response = request.body(body).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub(crate) async fn public(&self, path_and_query: &str) -> Answer {
        self.send("GET", path_and_query, String::new()).await.unwrap()
    }

    pub(crate) async fn clock(&self) -> i64 {
        self.public("/api/v3/time").await.json()["serverTime"].as_i64().unwrap()
    }

    /// The same client with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// A signed query; the time is the exchange's.
    pub(crate) async fn signed_query(&self, params: &str) -> String {
        let joint = if params.is_empty() { "" } else { "&" };
        let query = format!("{params}{joint}recvWindow=5000&timestamp={}", self.clock().await);
        format!("{query}&signature={}", self.credentials.sign(query.as_bytes()))
    }

    pub(crate) async fn try_signed(
        &self,
        method: &str,
        path: &str,
        params: &str,
    ) -> Result<Answer, reqwest::Error> {
        let query = self.signed_query(params).await;
        self.send(method, &format!("{path}?{query}"), String::new()).await
    }

    pub(crate) async fn signed(&self, method: &str, path: &str, params: &str) -> Answer {
        self.try_signed(method, path, params).await.unwrap()
    }

    pub(crate) async fn place(&self, params: &str) -> Answer {
        self.signed("POST", "/api/v3/order", &format!("symbol=BTCUSDT&{params}")).await
    }

    /// What only those ask for who run the simulator.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.send("POST", path, body.to_string()).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.control("/simulator/faults", fault).await;
    }

    pub(crate) async fn state(&self) -> Value {
        self.public("/simulator/state").await.json()
    }

    /// What is signed over the WebSocket API.
    pub(crate) async fn signed_params(&self, mut params: Value) -> Value {
        let object = params.as_object_mut().unwrap();
        object.insert("apiKey".to_owned(), self.key.as_str().into());
        object.insert("timestamp".to_owned(), self.clock().await.into());
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // The map is sorted.
        let pairs: Vec<_> =
            object.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
        let signature = self.credentials.sign(pairs.join("&").as_bytes());
        object.insert("signature".to_owned(), signature.into());
        params
    }

    /// A connection of the WebSocket API that is told of the account's events.
    pub(crate) async fn user_events(&self, exchange: &Simulator) -> Socket {
        let mut socket = Socket::connect(&exchange.websocket_api()).await;
        let params = self.signed_params(json!({})).await;
        let method = "userDataStream.subscribe.signature";
        socket.send(&json!({ "id": "u1", "method": method, "params": params })).await;
        assert_eq!(socket.next().await["result"], json!({ "subscriptionId": 0 }));
        socket
    }
}

/// A WebSocket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn connect(url: &str) -> Self {
        Self(connect_async(url).await.unwrap().0)
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next frame; none where the connection has ended.
    pub(crate) async fn frame(&mut self) -> Option<Message> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a frame");
            match frame {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(message)) => return Some(message),
            }
        }
    }

    /// The next frame, as JSON.
    pub(crate) async fn next(&mut self) -> Value {
        let frame = self.frame().await.expect("an open connection");
        serde_json::from_str(frame.to_text().unwrap()).unwrap()
    }
}
