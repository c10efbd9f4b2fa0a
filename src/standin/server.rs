//! The listener: HTTP by hand over `hyper`, because a connection must be able to break without an
//! answer, which no router allows. One thread and one current-thread runtime per stand-in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{LocalSet, spawn_local};

/// The longest body of a request: the Bot API's largest upload, 50 MB, and what is around it.
const LONGEST_BODY: usize = 51 << 20;
/// So many connections at once; more wait.
const CONNECTIONS: usize = 1_024;

/// Why a stand-in does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is for this machine alone.
    #[error("{0} is not an address of the loopback, such as 127.0.0.1:0")]
    NotLoopback(SocketAddr),
    /// The address is taken, or the system has no more of something.
    #[error("{address}: {error}. Give another address; port 0 takes a free one")]
    Io {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(String),
}

/// The connection is to break without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is cut")]
pub(super) struct Cut;

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Received {
    /// A header, if it is text.
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body says that it is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.header(header::CONTENT_TYPE).is_some_and(|it| it.starts_with("application/json"))
    }

    /// A parameter of the query.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What is served.
pub(super) trait Service: Send + Sync + 'static {
    /// What goes on besides answering, for as long as it is served.
    fn work(self: Arc<Self>) -> impl Future<Output = ()>;
    /// Answers a request.
    fn answer(
        self: Arc<Self>,
        received: Received,
    ) -> impl Future<Output = Result<Response<Body>, Cut>>;
}

/// A service that accepts connections. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds the address, asks for the service that is reached there, and serves it. Connections are
    /// accepted when this returns.
    pub(super) fn start<S: Service>(
        name: &str,
        address: SocketAddr,
        service: impl FnOnce(SocketAddr) -> Arc<S>,
    ) -> Result<Self, StartError> {
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        let fails = |error| StartError::Io { address, error };
        let listener = std::net::TcpListener::bind(address).map_err(fails)?;
        listener.set_nonblocking(true).map_err(fails)?;
        let address = listener.local_addr().map_err(fails)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fails)?;
        let service = service(address);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let local = LocalSet::new();
            local.spawn_local(Arc::clone(&service).work());
            local.block_on(&runtime, serve(listener, service, stopped));
        });
        let thread = thread.map_err(fails)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address, without a path.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // That the sender is gone is the sign.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {}
    }
}

async fn serve<S: Service>(
    listener: std::net::TcpListener,
    service: Arc<S>,
    mut stop: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => {
                // One that is gone already is no fault of the listener.
                let Ok((stream, _)) = accepted else { continue };
                let service = Arc::clone(&service);
                spawn_local(async move {
                    serve_connection(stream, service).await;
                    drop(place);
                });
            }
        }
    }
}

async fn serve_connection<S: Service>(stream: TcpStream, service: Arc<S>) {
    // Small answers leave at once; without it everything is slower, not wrong.
    drop(stream.set_nodelay(true));
    let serving = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { answer(service, request).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), serving);
    // A client that goes away, or a connection that was to be cut: there is nobody to tell.
    if connection.await.is_err() {}
}

async fn answer<S: Service>(
    service: Arc<S>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    if !names_this_machine(&parts.headers) {
        return Ok(plain(421, "a stand-in is asked as localhost, 127.0.0.1 or [::1] alone"));
    }
    let Ok(body) = to_bytes(Body::new(body), LONGEST_BODY).await else {
        return Ok(plain(413, "the body is too long"));
    };
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    service
        .answer(Received { method: parts.method, path, query, headers: parts.headers, body })
        .await
}

/// A page of the Web may have its own name point here; under that name nothing is answered.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

/// An answer of these bytes.
pub(super) fn plain(status: u16, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}

/// An answer of a kind.
pub(super) fn typed(status: u16, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = plain(status, body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: &Value) -> Response<Body> {
    typed(status, "application/json", body.to_string())
}

/// What a machine in front of a service answers when the service does not.
pub(super) fn bad_gateway(status: u16) -> Response<Body> {
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
        <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n\
        </html>\r\n";
    typed(status, "text/html", page)
}

/// A file of a stand-in's own page. It may load nothing from elsewhere.
pub(super) fn page_file(kind: &'static str, text: impl Into<Body>) -> Response<Body> {
    let mut response = typed(200, kind, text);
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
