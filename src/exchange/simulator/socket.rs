//! One WebSocket: frames that wait for it go out, what the client says is answered.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use heikin_core::time::{Span, Timestamp};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::spawn_local;
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Message, protocol::Role as Side};

use super::api_connection::Outcome;
use super::drive::Shared;
use super::hub::{ConnectionId, Outgoing, QUEUE, Role};
use super::server::wall;

/// Every connection is pinged so often…
const PING: Duration = Duration::from_secs(20);
/// … and cut where no answer to that comes within this time.
const PATIENCE: Duration = Duration::from_mins(1);
/// A client that takes no frame for so long is cut.
const WRITE: Duration = Duration::from_secs(10);
/// A connection lives no longer than this, by the exchange's clock.
const LIFE: Span = Span::DAY;
/// So many messages a second may come on a connection of market streams.
const MESSAGES: usize = 5;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What a connection has to remember.
struct Session {
    id: ConnectionId,
    market: bool,
    opened: Timestamp,
    /// When its newest pong came.
    heard: Instant,
    /// When the messages of the last second came.
    messages: std::collections::VecDeque<Instant>,
}

/// Serves a connection until either side ends it.
pub(super) async fn run(shared: &Arc<Shared>, io: TokioIo<Upgraded>, role: Role) {
    let mut socket = WebSocketStream::from_raw_socket(io, Side::Server, None).await;
    let (sender, frames) = channel(QUEUE);
    let market = matches!(role, Role::Market { .. });
    let (id, opened) = {
        let mut world = shared.world_now();
        (world.hub.open(sender, role), world.now())
    };
    let messages = std::collections::VecDeque::new();
    let session = Session { id, market, opened, heard: Instant::now(), messages };
    exchange(shared, &mut socket, session, frames).await;
    shared.world().part_with(id);
    // Somebody may be waiting for this client.
    shared.changed();
}

async fn exchange(
    shared: &Arc<Shared>,
    socket: &mut Socket,
    mut session: Session,
    mut frames: Receiver<Outgoing>,
) {
    let mut pings = interval(PING);
    pings.tick().await;
    loop {
        let goes_on = tokio::select! {
            frame = frames.recv() => match frame {
                Some(Outgoing::Text(text)) => write(socket, Message::Text(text)).await,
                Some(Outgoing::Binary(bytes)) => write(socket, Message::Binary(bytes)).await,
                // It was cut: the client is not told.
                None => false,
            },
            message = socket.next() => match message {
                Some(Ok(message)) => heard(shared, socket, &mut session, message).await,
                _ => false,
            },
            _ = pings.tick() => {
                let aged = shared.world_now().now().since(session.opened) >= LIFE
                    && shared.world().speed().is_some();
                let silent = session.heard.elapsed() >= PATIENCE;
                !aged && !silent && write(socket, Message::Ping(Bytes::new())).await
            }
        };
        if !goes_on {
            return;
        }
    }
}

/// Whether a frame was taken.
async fn write(socket: &mut Socket, message: Message) -> bool {
    matches!(timeout(WRITE, socket.send(message)).await, Ok(Ok(())))
}

/// Takes a message in. Whether the connection goes on.
async fn heard(
    shared: &Arc<Shared>,
    socket: &mut Socket,
    session: &mut Session,
    message: Message,
) -> bool {
    if session.market && session.is_too_fast() {
        return false;
    }
    match message {
        Message::Pong(_) => {
            session.heard = Instant::now();
            true
        }
        Message::Text(text) if session.market => {
            let answer = shared.world_now().control_streams(session.id, text.as_str());
            write(socket, Message::text(answer.to_string())).await
        }
        Message::Text(text) => {
            let outcome = shared.world_now().answer_request(session.id, text.as_str(), wall());
            // Events may go out on this very connection, and be waited for, before the answer.
            spawn_local(answer(Arc::clone(shared), session.id, outcome));
            true
        }
        // A ping is answered by the library, with the next frame or now.
        Message::Ping(_) => timeout(WRITE, socket.flush()).await.is_ok(),
        Message::Close(_) => false,
        Message::Binary(_) | Message::Frame(_) => true,
    }
}

/// Tells what a request brought about, and then answers it.
async fn answer(shared: Arc<Shared>, id: ConnectionId, outcome: Outcome) {
    shared.tell_user_events().await;
    let hub = &mut shared.world().hub;
    match outcome {
        Outcome::Answer(answer) => hub.send(id, Outgoing::Text(answer.into())),
        Outcome::Cut => hub.close(id),
    }
}

impl Session {
    /// Whether more messages came within a second than may.
    fn is_too_fast(&mut self) -> bool {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        self.messages.retain(|at| now.duration_since(*at) < second);
        self.messages.push_back(now);
        self.messages.len() > MESSAGES
    }
}
