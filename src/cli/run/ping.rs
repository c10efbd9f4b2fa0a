//! A dead man's switch: an address of the user's is asked for again and again while heikin is well.
//! Whoever serves it raises the alarm when that stops, whatever the cause: this machine off, the
//! network gone, heikin ended.
//!
//! The address is a secret: who has it can keep the alarm silent. A ping that does not arrive is
//! counted and logged, and harms nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use crate::cli::Failure;
use crate::config::Config;
use crate::http::{Beat, Readiness, Source};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often is looked whether heikin is well again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Pings, counted by what became of them; cheap to clone, and all clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Pings(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    arrived: AtomicU64,
    failed: AtomicU64,
}

/// The address, and how often it is asked for. Its `Debug` does not show the address.
#[derive(Debug)]
pub(super) struct Ping {
    url: SecretString,
    every: Duration,
    http: reqwest::Client,
    pings: Pings,
}

impl Pings {
    /// How many arrived, and how many failed.
    pub(super) fn counts(&self) -> (u64, u64) {
        let Counts { arrived, failed } = &*self.0;
        (arrived.load(Ordering::Relaxed), failed.load(Ordering::Relaxed))
    }
}

impl Ping {
    /// As configured; none where no address is given.
    pub(super) fn configured(config: &Config) -> Result<Option<Self>, Failure> {
        let Some(url) = config.secrets.ping_url.clone() else { return Ok(None) };
        let http = reqwest::Client::builder()
            .user_agent(concat!("heikin/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Failure::failed(format!("the client for pings: {error}")))?;
        Ok(Some(Self { url, every: config.ping.every, http, pings: Pings::default() }))
    }

    /// What is counted.
    pub(super) fn pings(&self) -> Pings {
        self.pings.clone()
    }

    /// Pings while heikin is well, and never ends.
    pub(super) async fn run(self, told: Arc<dyn Source>) {
        let mut arrives = true;
        loop {
            if !is_well(&*told) {
                wait(LOOK_EVERY).await;
                continue;
            }
            let sent = self.send().await;
            let Counts { arrived, failed } = &*self.pings.0;
            match &sent {
                Ok(()) => arrived.fetch_add(1, Ordering::Relaxed),
                Err(_) => failed.fetch_add(1, Ordering::Relaxed),
            };
            match &sent {
                Err(why) => tracing::warn!("the ping of HEIKIN_PING_URL does not arrive: {why}"),
                Ok(()) if !arrives => tracing::info!("the ping of HEIKIN_PING_URL arrives again"),
                Ok(()) => {}
            }
            arrives = sent.is_ok();
            wait(self.every).await;
        }
    }

    /// Sends one; why it did not arrive, without the address.
    async fn send(&self) -> Result<(), String> {
        let sent = self.http.get(self.url.expose_secret()).send().await;
        let answer = sent.map_err(|error| error.without_url().to_string())?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("it is answered with {status}")),
        }
    }
}

/// Whether the order thread goes round and positions may be opened.
fn is_well(told: &dyn Source) -> bool {
    told.health().iter().all(Beat::is_alive) && told.readiness() == Readiness::Ready
}

#[expect(clippy::disallowed_methods, reason = "it waits beside everything else")]
async fn wait(length: Duration) {
    tokio::time::sleep(length).await;
}
