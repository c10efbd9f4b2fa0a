//! What a run tells over HTTP, and the front office, on a thread of their own: nobody who asks can
//! hold up an order.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use heikin_core::time::Span;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::ping::{Ping, Pings};
use super::telegram::Phone;
use crate::cli::Failure;
use crate::config::{Config, Http, Paths, Variables};
use crate::control::wake::Wake;
use crate::control::{Control, Following, Line};
use crate::http::api::Api;
use crate::http::metrics::{Family, Kind, Sample};
use crate::http::{Beat, Payments, Readiness, Server, Source};
use crate::runtime::heartbeat::Heartbeat;
use crate::runtime::status::{Load, Status, TraderStatus};

/// The order thread looks around at least once a second.
const BEAT_ALLOWED: Span = Span::from_secs(10);

/// What there is to tell.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) mode: &'static str,
    pub(super) status: watch::Receiver<Status>,
    pub(super) heartbeat: Heartbeat,
    /// How the line to Telegram stands; none without a front office.
    pub(super) line: Option<watch::Receiver<Line>>,
    /// Pings of a dead man's switch; none without one.
    pub(super) pings: Option<Pings>,
}

/// What people ask and do over chat.
pub(super) struct Office {
    pub(super) following: Following,
    pub(super) wake: Wake,
    pub(super) phone: Option<Phone>,
    pub(super) file: File,
}

/// The configuration, to be read again when the process is told to (SIGHUP).
pub(super) struct File {
    pub(super) control: Control,
    pub(super) paths: Paths,
}

impl File {
    async fn follow(self) {
        let hangups = signal(SignalKind::hangup());
        let Ok(mut hangups) =
            hangups.inspect_err(|error| tracing::error!(%error, "SIGHUP cannot be caught"))
        else {
            return;
        };
        while hangups.recv().await.is_some() {
            match Config::load(&self.paths, &Variables::of_process()) {
                Ok(config) => self.control.take_file(&config).await,
                Err(faults) => tracing::error!(
                    target: "alert",
                    "the configuration was read again and is not taken: nothing was changed. {faults}"
                ),
            }
        }
    }
}

/// Where the front office is knocked at over HTTP.
pub(super) struct Doors {
    pub(super) api: Api<Control>,
    /// For the payment provider and its payers; none where nothing is on offer.
    pub(super) payments: Option<Arc<dyn Payments>>,
}

impl Doors {
    fn open(self, server: Server) -> Server {
        let server = server.with_api(self.api);
        match self.payments {
            Some(payments) => server.with_payments(payments),
            None => server,
        }
    }
}

impl Office {
    async fn run(self, stopped: watch::Receiver<()>) {
        let Self { following, wake, phone, file } = self;
        let chat = async {
            if let Some(phone) = phone {
                phone.run(end(stopped.clone())).await;
            }
        };
        let file = async {
            tokio::select! {
                () = file.follow() => {}
                () = end(stopped.clone()) => {}
            }
        };
        tokio::join!(following.run(wake, end(stopped.clone())), chat, file);
    }
}

impl Source for Told {
    fn health(&self) -> Vec<Beat> {
        let silent_ms = self.heartbeat.silent();
        vec![Beat { name: "orders", silent_ms, allowed_ms: BEAT_ALLOWED }]
    }

    fn readiness(&self) -> Readiness {
        readiness(&self.status.borrow())
    }

    fn status(&self) -> Value {
        let version = env!("CARGO_PKG_VERSION");
        match serde_json::to_value(&*self.status.borrow()) {
            Ok(Value::Object(mut status)) => {
                status.insert("mode".to_owned(), json!(self.mode));
                status.insert("version".to_owned(), json!(version));
                let line = self.line.as_ref().map(|line| line.borrow().to_string());
                status.insert("telegram".to_owned(), json!(line));
                Value::Object(status)
            }
            // A status always serializes, to an object.
            _ => json!({ "mode": self.mode, "version": version }),
        }
    }

    fn metrics(&self) -> Vec<Family> {
        let status = self.status.borrow();
        let mut families = of_the_account(&status);
        families.extend(of_the_process(&status.load));
        families.extend(of_the_exchange(&status));
        families.extend(of_the_traders(&status.traders));
        families.extend(self.pings.as_ref().map(of_pings));
        families
    }
}

/// Whether positions may be opened.
pub(super) fn readiness(status: &Status) -> Readiness {
    let mut reasons: Vec<String> = Vec::new();
    if !status.reconciled {
        reasons.push("the exchange has not yet said what happened before the start".to_owned());
    }
    reasons.extend(status.entries_off.iter().map(|name| format!("no entries: {name}")));
    if reasons.is_empty() { Readiness::Ready } else { Readiness::NotReady(reasons) }
}

fn of_the_account(status: &Status) -> Vec<Family> {
    let gates = status.entries_off.iter().map(|name| labelled("reason", name, 1.0)).collect();
    vec![
        gauge(
            "heikin_reconciled",
            "Whether the exchange has said what happened before the start.",
            status.reconciled.into(),
        ),
        family("heikin_entries_off", "Each reason that keeps entries off.", Kind::Gauge, gates),
        counter("heikin_journal_records_total", "Records in the journal.", status.journal.records),
        gauge(
            "heikin_journal_sync_seconds",
            "How long the last sync of the journal took.",
            micros(status.journal.last_sync_micros),
        ),
        gauge(
            "heikin_requests_in_flight",
            "Requests without an answer yet.",
            number(status.in_flight as u64),
        ),
        family(
            "heikin_balance",
            "What the account has of an asset, by our own count.",
            Kind::Gauge,
            status
                .balances
                .iter()
                .map(|balance| labelled("asset", balance.asset.as_str(), balance.total.to_f64()))
                .collect(),
        ),
    ]
}

/// What grows where something is forgotten. It is asked for on the HTTP thread, whose tasks are counted
/// with it.
fn of_the_process(load: &Load) -> Vec<Family> {
    let here = Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
    let tasks = [("orders", load.tasks), ("http", here)];
    let queues = [("account", load.account), ("market", load.market), ("commands", load.requests)];
    let each = |label, all: &[(&str, usize)]| -> Vec<Sample> {
        all.iter().map(|(of, count)| labelled(label, of, number(*count as u64))).collect()
    };
    vec![
        family("heikin_tasks", "Tasks that are alive.", Kind::Gauge, each("thread", &tasks)),
        family(
            "heikin_queue_length",
            "What waits to be taken in by the order thread; 1,024 each at most.",
            Kind::Gauge,
            each("queue", &queues),
        ),
    ]
}

fn of_the_exchange(status: &Status) -> Vec<Family> {
    let seen = &status.exchange;
    let outcomes = [
        ("succeeded", seen.succeeded),
        ("failed", seen.failed),
        ("unanswered", seen.unanswered),
        ("not_sent", seen.not_sent),
    ];
    let requests = outcomes.map(|(name, count)| labelled("outcome", name, number(count))).to_vec();
    vec![
        family(
            "heikin_requests_total",
            "Requests to the exchange, by what became of them.",
            Kind::Counter,
            requests,
        ),
        counter("heikin_pushed_back_total", "Answers of 429 and 418.", seen.pushed_back),
        gauge(
            "heikin_weight_used",
            "Request weight used in the present minute.",
            f64::from(seen.weight_used),
        ),
        counter(
            "heikin_stream_connections_total",
            "Connections of streams that were opened.",
            seen.connections,
        ),
        counter(
            "heikin_stream_disconnections_total",
            "Connections of streams that broke or were given up.",
            seen.disconnections,
        ),
        counter(
            "heikin_malformed_frames_total",
            "Frames that were not what they should be.",
            seen.malformed_frames,
        ),
        counter(
            "heikin_malformed_bodies_total",
            "Answers of 2xx that are no JSON.",
            seen.malformed_bodies,
        ),
        counter(
            "heikin_corrected_candles_total",
            "Closed candles that REST told with other prices a minute later.",
            seen.corrected_candles,
        ),
        counter(
            "heikin_backfilled_candles_total",
            "Candles that the stream left out and REST delivered.",
            seen.backfilled_candles,
        ),
    ]
}

fn of_the_traders(traders: &[TraderStatus]) -> Vec<Family> {
    let each = |value: fn(&TraderStatus) -> Option<f64>| -> Vec<Sample> {
        traders
            .iter()
            .filter_map(|trader| Some(Sample { labels: labels(trader), value: value(trader)? }))
            .collect()
    };
    let unprotected = |trader: &TraderStatus| {
        let position = trader.position.as_ref()?;
        Some(if position.unprotected_since.is_some() { 1.0 } else { 0.0 })
    };
    vec![
        family(
            "heikin_candles_total",
            "Closed candles taken in.",
            Kind::Counter,
            each(|trader| Some(number(trader.candles))),
        ),
        family(
            "heikin_held",
            "Base asset held, dust included.",
            Kind::Gauge,
            each(|trader| Some(trader.held.to_money().to_f64())),
        ),
        family(
            "heikin_realized_pnl",
            "Realized PnL of all closed positions, in the quote asset.",
            Kind::Gauge,
            each(|trader| Some(trader.realized.to_f64())),
        ),
        family(
            "heikin_unrealized_pnl",
            "PnL of the open position at the bid, in the quote asset.",
            Kind::Gauge,
            each(|trader| Some(trader.position.as_ref()?.unrealized?.to_f64())),
        ),
        family(
            "heikin_unprotected",
            "Whether something of the open position has no protection.",
            Kind::Gauge,
            each(unprotected),
        ),
        family(
            "heikin_open_orders",
            "Orders that are or may be open.",
            Kind::Gauge,
            each(|trader| Some(number(trader.orders.len() as u64))),
        ),
    ]
}

fn of_pings(pings: &Pings) -> Family {
    let (arrived, failed) = pings.counts();
    let outcomes = [("arrived", arrived), ("failed", failed)];
    family(
        "heikin_pings_total",
        "Pings of HEIKIN_PING_URL, by what became of them.",
        Kind::Counter,
        outcomes.map(|(name, count)| labelled("outcome", name, number(count))).to_vec(),
    )
}

fn labels(trader: &TraderStatus) -> Vec<(&'static str, String)> {
    vec![("symbol", trader.symbol.to_string()), ("interval", trader.interval.to_string())]
}

fn labelled(name: &'static str, of: &str, value: f64) -> Sample {
    Sample { labels: vec![(name, of.to_owned())], value }
}

const fn family(
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<Sample>,
) -> Family {
    Family { name, help, kind, samples }
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Family {
    Family::single(name, help, Kind::Gauge, value)
}

fn counter(name: &'static str, help: &'static str, count: u64) -> Family {
    Family::single(name, help, Kind::Counter, number(count))
}

fn micros(micros: u64) -> f64 {
    number(micros) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "the format knows nothing but floats")]
const fn number(count: u64) -> f64 {
    count as f64
}

/// Serves until it is dropped.
#[derive(Debug)]
pub(super) struct Service {
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Where, with the port that was given.
    pub(super) address: std::net::SocketAddr,
}

impl Service {
    /// Serves on a thread of its own; it listens when this returns.
    pub(super) fn start(
        settings: &Http,
        told: Told,
        (office, ping): (Option<(Doors, Office)>, Option<Ping>),
    ) -> Result<Self, Failure> {
        let (stop, stopped) = watch::channel(());
        let (ready, started) = sync_channel(1);
        let settings = settings.clone();
        let thread = std::thread::spawn(move || {
            let (doors, office) = office.unzip();
            let told: Arc<dyn Source> = Arc::new(told);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let bound = runtime.map_err(Failure::failed).and_then(|runtime| {
                let server = runtime.block_on(Server::bind(&settings, Arc::clone(&told)));
                let mut server = server.map_err(Failure::bad_input)?;
                if let Some(doors) = doors {
                    server = doors.open(server);
                }
                let address = server.local_addr().map_err(Failure::failed)?;
                Ok((runtime, server, address))
            });
            let bound = match bound {
                Ok((runtime, server, address)) => {
                    ready.send(Ok(address)).map(|()| (runtime, server))
                }
                Err(failure) => return drop(ready.send(Err(failure))),
            };
            // Whoever started it is still there, or nobody needs it.
            let Ok((runtime, server)) = bound else { return };
            runtime.block_on(async {
                let chat = async {
                    if let Some(office) = office {
                        office.run(stopped.clone()).await;
                    }
                };
                let ping = async {
                    if let Some(ping) = ping {
                        tokio::select! {
                            () = ping.run(told) => {}
                            () = end(stopped.clone()) => {}
                        }
                    }
                };
                tokio::join!(server.run(end(stopped.clone())), chat, ping)
            });
        });
        let gone = |_| Failure::failed("the HTTP thread has failed");
        let address = started.recv().map_err(gone)??;
        Ok(Self { stop: Some(stop), thread: Some(thread), address })
    }
}

/// It comes when the other side is dropped.
async fn end(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the HTTP thread has failed");
        }
    }
}
