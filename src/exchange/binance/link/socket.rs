//! One WebSocket connection.

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// For address, connection, encryption and upgrade together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// No message of the exchange is anywhere near this.
const LARGEST_MESSAGE: usize = 1 << 20;

/// An open connection.
#[derive(Debug)]
pub(in super::super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) opened: Instant,
    /// When anything last came in, pings included.
    pub(super) heard: Instant,
    /// Messages that came while the connection was made ready.
    early: VecDeque<Utf8Bytes>,
}

/// What came in.
#[derive(Debug)]
pub(in super::super) enum Frame {
    /// A message.
    Text(Utf8Bytes),
    /// A message that is none of the exchange's JSON.
    Binary(usize),
    /// A ping, which has been answered, or a pong.
    Sign,
}

/// Why a connection is of no use any more, or never was.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Broken {
    #[error("no connection within {} s", CONNECT_TIMEOUT.as_secs())]
    ConnectTimeout,
    #[error("the exchange closed it")]
    Closed,
    #[error("{0}")]
    WebSocket(Box<Error>),
    #[error("nothing was heard for {} ms", .0.as_millis())]
    Silent(Duration),
    #[error("the exchange refused the subscription: {0}")]
    Refused(String),
    #[error("too many malformed frames")]
    Malformed,
    #[error("the exchange ended the stream of events")]
    Terminated,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::Closed,
            error => Self::WebSocket(Box::new(error)),
        }
    }
}

impl Socket {
    /// Connects. The address is never logged by the library, and has no secret in it.
    pub(in super::super) async fn connect(address: &str) -> Result<Self, Broken> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let connecting = connect_async_with_config(address, Some(config), true);
        let (stream, _response) = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_late| Broken::ConnectTimeout)??;
        let now = Instant::now();
        Ok(Self { stream, opened: now, heard: now, early: VecDeque::new() })
    }

    /// The next frame. Pings are answered by reading on. A call that is dropped loses nothing.
    pub(in super::super) async fn next(&mut self) -> Result<Frame, Broken> {
        match self.early.pop_front() {
            Some(text) => Ok(Frame::Text(text)),
            None => self.read().await,
        }
    }

    /// The next frame that comes in, past what was kept.
    pub(in super::super) async fn read(&mut self) -> Result<Frame, Broken> {
        let message = self.stream.next().await.ok_or(Broken::Closed)??;
        self.heard = Instant::now();
        match message {
            Message::Text(text) => Ok(Frame::Text(text)),
            Message::Binary(bytes) => Ok(Frame::Binary(bytes.len())),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(Frame::Sign),
            Message::Close(_) => Err(Broken::Closed),
        }
    }

    /// The message is for later: it is among the next ones.
    pub(in super::super) fn keep(&mut self, text: Utf8Bytes) {
        self.early.push_back(text);
    }

    /// Sends a message.
    pub(in super::super) async fn send(&mut self, text: String) -> Result<(), Broken> {
        Ok(self.stream.send(Message::text(text)).await?)
    }
}
