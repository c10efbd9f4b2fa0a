//! The exchange's side of the loopback, without a runtime: REST whose answers a bench makes up, and a
//! WebSocket that only speaks.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use tokio_tungstenite::tungstenite;

/// REST: connections are taken as they come, and nothing waits.
pub(crate) struct Rest {
    listener: TcpListener,
    peers: Vec<Peer>,
}

/// A connection, and what came over it that is not a whole request yet.
struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Rest {
    pub(crate) fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, peers: Vec::new() })
    }

    pub(crate) fn address(&self) -> io::Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Takes in some of what has come: when that was, and all of it that has no answer yet.
    pub(crate) fn receive(&mut self) -> io::Result<Option<(Instant, &[u8])>> {
        if let Some((stream, _)) = unless_blocked(self.listener.accept())? {
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            self.peers.push(Peer { stream, received: Vec::new() });
        }
        let mut chunk = [0; 4_096];
        for peer in &mut self.peers {
            if let Some(count @ 1..) = unless_blocked(peer.stream.read(&mut chunk))? {
                #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
                let now = Instant::now();
                peer.received.extend_from_slice(chunk.get(..count).unwrap_or_default());
                return Ok(Some((now, &peer.received)));
            }
        }
        Ok(None)
    }

    /// Answers every request that is whole: `body` is told path and query. None of them has a body.
    pub(crate) fn answer(&mut self, mut body: impl FnMut(&str, &str) -> String) -> io::Result<()> {
        for peer in &mut self.peers {
            let end = peer.received.windows(4).position(|it| it == b"\r\n\r\n");
            let Some(end) = end else { continue };
            let head: Vec<_> = peer.received.drain(..end + 4).collect();
            let head = String::from_utf8_lossy(&head);
            let target = head.split(' ').nth(1).unwrap_or_default();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let body = body(path, query);
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            peer.stream.write_all(answer.as_bytes())?;
        }
        Ok(())
    }
}

/// What there is, of something that does not wait.
pub(crate) fn unless_blocked<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// The value of a parameter of a query.
pub(crate) fn parameter<'a>(query: &'a str, name: &str) -> &'a str {
    let value = |pair: &'a str| pair.strip_prefix(name)?.strip_prefix('=');
    query.split('&').find_map(value).unwrap_or_default()
}

/// The next WebSocket, upgraded; what is written to it has to be [`frame`]d.
pub(crate) fn accept_streams(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let socket =
        tungstenite::accept(stream).map_err(|error| io::Error::other(error.to_string()))?;
    socket.get_ref().try_clone()
}

/// A text frame of a server, which masks nothing (RFC 6455, 5.2).
pub(crate) fn frame(text: &str) -> Vec<u8> {
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
