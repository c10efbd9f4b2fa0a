use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use heikin_bot::backend::Backend;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::api::{self, Api};
use super::routes::{Names, api_router, payment_router, router};
use super::{Payments, Source};
use crate::config::Http;

/// So many connections at once; others wait in the kernel's queue.
const CONNECTIONS: usize = 64;
/// A request's head comes within this, also the next one's on a connection that is kept open.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Answers that are under way when the server ends have this long.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing can be served at {listen} ({source}). Is another heikin running? Give another address \
     as http.listen"
)]
pub struct ServeError {
    listen: SocketAddr,
    source: io::Error,
}

/// Looks whether a server could listen at the configured address now.
///
/// # Errors
///
/// Where that is taken, or is none of this machine.
pub fn look_for_room(settings: &Http) -> Result<(), ServeError> {
    let listen = settings.listen;
    std::net::TcpListener::bind(listen).map(drop).map_err(|source| ServeError { listen, source })
}

/// Listens, and serves once it is run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
    api: Router,
    names: Names,
}

impl Server {
    /// Listens at the configured address.
    ///
    /// # Errors
    ///
    /// Where that is taken, or is none of this machine.
    pub async fn bind(settings: &Http, source: Arc<dyn Source>) -> Result<Self, ServeError> {
        let listen = settings.listen;
        let fails = |source| ServeError { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(fails)?;
        let names = Names::new(listen.ip(), &settings.hosts);
        Ok(Self {
            listener,
            router: router(source, names.clone()),
            api: api::switched_off(),
            names,
        })
    }

    /// Serves a backend under `/api/v1` as well; without this, whoever asks there is told how to
    /// switch it on.
    #[must_use]
    pub fn with_api<B: Backend + 'static>(mut self, api: Api<B>) -> Self {
        self.api = api.router();
        self
    }

    /// Opens the door of the payment provider as well.
    #[must_use]
    pub fn with_payments(mut self, payments: Arc<dyn Payments>) -> Self {
        self.router = self.router.merge(payment_router(payments, self.names.clone()));
        self
    }

    /// Where it listens: with the port that it was given, where it asked for any.
    ///
    /// # Errors
    ///
    /// As the system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` comes; answers that are under way are finished then.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let router = self.router.merge(api_router(self.api, self.names));
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let (ending, _) = watch::channel(());
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            // Of what has ended nothing is kept.
            while connections.try_join_next().is_some() {}
            let accepted = async {
                let permit = Arc::clone(&room).acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                (permit, accepted) = accepted => match accepted {
                    Ok((stream, _)) => {
                        let connection = serve(stream, router.clone(), ending.subscribe());
                        connections.spawn(async move {
                            let _permit = permit;
                            connection.await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        // Where the process has no more files, trying at once would spin.
                        tokio::task::yield_now().await;
                    }
                },
            }
        }
        drop(self.listener);
        drop(ending);
        let ended = timeout(END_WITHIN, async { while connections.join_next().await.is_some() {} });
        if ended.await.is_err() {
            tracing::warn!("HTTP answers were cut off: their readers were too slow");
        }
    }
}

/// One connection, until it or the server ends.
async fn serve(stream: TcpStream, router: Router, mut ending: watch::Receiver<()>) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = &mut connection => served,
        // The sender was dropped.
        _ = ending.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}
