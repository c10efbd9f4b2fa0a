//! Log files: which, in what form, how long they are kept.
//!
//! | file | holds |
//! |---|---|
//! | `heikin.log` | all of heikin's own events, and warnings of the libraries |
//! | `api.log` | target `api`: requests and their answers |
//! | `websocket.log` | target `websocket`: connections and messages |
//! | `errors.log` | warnings and errors, of whatever origin |
//!
//! | module | holds |
//! |---|---|
//! | `line` | what may stand in a line: no secret, no control character |
//! | `rotating` | a file that is set aside by day and by size |
//!
//! Invariants: whoever logs never waits and never fails. Lines go through a queue with a bound to a
//! thread that writes; what does not fit, or cannot be written because the disk is full, is dropped
//! and counted. A secret that was registered never reaches a file, whoever logged it.

mod line;
mod rotating;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use secrecy::SecretString;
use tracing::{Dispatch, Level, Metadata};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::config::{LogFormat, LogLevel, LogSettings};

use line::{Clean, Redaction};
use rotating::{RotatingFile, Rotation};

/// So many lines wait for the thread that writes, for each file.
const QUEUE: usize = 8_192;

/// Which events a log takes.
type Takes = fn(&Metadata<'_>) -> bool;

const LOGS: [(&str, Takes); 4] = [
    ("heikin.log", |event| is_own(event.target()) || *event.level() <= Level::WARN),
    ("api.log", |event| is_of(event.target(), "api")),
    ("websocket.log", |event| is_of(event.target(), "websocket")),
    ("errors.log", |event| *event.level() <= Level::WARN),
];

/// Why there can be no logs.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder.
    #[error(
        "the folder of the logs, {folder}, cannot be made or written to ({source}). Check its \
         permissions, or give another one as log.folder"
    )]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are logs already.
    #[error("this process has logs already")]
    Twice,
}

/// Writes what is still waiting when it is dropped. Keep it until the process ends.
#[derive(Debug)]
pub struct Guard {
    _workers: Vec<WorkerGuard>,
    queues: Vec<ErrorCounter>,
    unwritten: Arc<AtomicU64>,
}

impl Guard {
    /// How many lines were lost, since the queue or the disk was full.
    pub fn lost_lines(&self) -> u64 {
        let dropped: usize = self.queues.iter().map(ErrorCounter::dropped_lines).sum();
        self.unwritten
            .load(Ordering::Relaxed)
            .saturating_add(u64::try_from(dropped).unwrap_or(u64::MAX))
    }
}

/// Opens the logs of this process, which are the same for all of its threads. None of `secrets`
/// will stand in them.
///
/// # Errors
///
/// Where the folder cannot be used, or the process has logs already. What goes wrong later is
/// counted, and stops nothing.
pub fn start<'a>(
    settings: &LogSettings,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> Result<Guard, StartError> {
    let (dispatch, guard) = open(settings, secrets)?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_is_set| StartError::Twice)?;
    Ok(guard)
}

/// The same for whoever hands the dispatcher on: several in one process, as in tests.
///
/// # Errors
///
/// Where the folder cannot be used.
pub fn open<'a>(
    settings: &LogSettings,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> Result<(Dispatch, Guard), StartError> {
    let folder = &settings.folder;
    let fails = |source| StartError::Folder { folder: folder.clone(), source };
    fs::create_dir_all(folder).map_err(fails)?;
    let redaction = Arc::new(Redaction::new(secrets));
    let unwritten = Arc::new(AtomicU64::new(0));
    let rotation = Rotation { max_bytes: settings.max_bytes, keep: settings.keep };
    let (mut workers, mut queues, mut layers) = (Vec::new(), Vec::new(), Vec::new());
    for (name, takes) in LOGS {
        let file =
            RotatingFile::open(folder, name, rotation, Arc::clone(&unwritten)).map_err(fails)?;
        let (writer, worker) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(QUEUE)
            .thread_name(name)
            .finish(file);
        queues.push(writer.error_counter());
        workers.push(worker);
        let clean = Clean { redaction: Arc::clone(&redaction), writer };
        layers.push(layer(settings, clean).with_filter(filter_fn(takes)));
    }
    let subscriber = Registry::default().with(layers.with_filter(level(settings.level)));
    Ok((Dispatch::new(subscriber), Guard { _workers: workers, queues, unwritten }))
}

fn layer<S>(settings: &LogSettings, writer: Clean<NonBlocking>) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let plain = fmt::layer().with_ansi(false).with_writer(writer);
    match settings.format {
        LogFormat::Text => plain.boxed(),
        LogFormat::Json => plain.json().flatten_event(true).boxed(),
    }
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

fn is_own(target: &str) -> bool {
    ["heikin", "heikin_core", "heikin_bot", "alert", "engine"].iter().any(|own| is_of(target, own))
}

/// Whether `target` is `of` or lies within it.
fn is_of(target: &str, of: &str) -> bool {
    target.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
