//! The listener: HTTP by hand over `hyper`, because a connection must be able to break without an
//! answer, which no router allows.

use std::io;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, Response, header};
use heikin_core::time::Timestamp;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::control;
use super::drive::Shared;
use super::hub::Role;
use super::market_connection::role_of_path;
use super::rest::{self, Cut, Received, plain};
use super::socket;

/// The longest body of a request.
const LONGEST_BODY: usize = 1 << 20;

/// Takes connections until it is told to stop.
pub(super) async fn serve(
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
    mut stop: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => {
                // One that is gone already is no fault of the listener.
                let Ok((stream, _)) = accepted else { continue };
                spawn_local(serve_connection(stream, Arc::clone(&shared)));
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    // Small frames leave at once; without it everything is slower, not wrong.
    drop(stream.set_nodelay(true));
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A client that goes away, or a connection that was to be cut: there is nobody to tell.
    if connection.with_upgrades().await.is_err() {}
}

async fn answer(
    shared: &Arc<Shared>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let market = role_of_path(&shared.world(), &path, &query);
    let role = match market {
        Some(role) => Some(role),
        None if path == "/ws-api/v3" => {
            Some(Role::Api { subscriptions: std::collections::BTreeMap::new(), next: 0 })
        }
        None => None,
    };
    if let Some(role) = role {
        return Ok(upgrade(shared, &mut request, role));
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(Body::new(body), LONGEST_BODY).await else {
        return Ok(plain(413, "the body is too long"));
    };
    let received = Received {
        method: parts.method.as_str().to_owned(),
        path,
        query,
        headers: parts.headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        wall: wall(),
    };
    if received.path.starts_with("/simulator/") {
        return Ok(control::answer(shared, &received).await);
    }
    rest::answer(shared, &received).await
}

/// The handshake of a WebSocket (RFC 6455).
fn upgrade(shared: &Arc<Shared>, request: &mut Request<Incoming>, role: Role) -> Response<Body> {
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY);
    let Some(accept) = key.map(|key| derive_accept_key(key.as_bytes())) else {
        return plain(400, "this path is a WebSocket's");
    };
    let Ok(accept) = HeaderValue::from_str(&accept) else {
        return plain(400, "the WebSocket key is malformed");
    };
    let upgraded = hyper::upgrade::on(request);
    let shared = Arc::clone(shared);
    spawn_local(async move {
        if let Ok(upgraded) = upgraded.await {
            socket::run(&shared, TokioIo::new(upgraded), role).await;
        }
    });
    let mut response = plain(101, "");
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}

/// The time on the wall: what clients that know nothing of the simulation stamp their requests with.
#[expect(clippy::disallowed_methods, reason = "an exchange is a clock; its clients read it")]
pub(super) fn wall() -> Timestamp {
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = passed.map_or(0, |passed| i64::try_from(passed.as_millis()).unwrap_or(i64::MAX));
    Timestamp::from_millis(millis)
}

/// Binds the listener. It accepts connections from now on, whoever serves them later.
pub(super) fn bind(address: std::net::SocketAddr) -> io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
