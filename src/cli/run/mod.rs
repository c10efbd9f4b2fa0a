//! `heikin run`: trades as configured, until it is told to stop.

pub(super) mod exchange;
mod live_gate;
mod narrator;
mod ping;
mod service;
mod service_manager;
pub(super) mod session;
mod settings;
pub(super) mod telegram;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use heikin_core::time::Timestamp;
use tokio::runtime::LocalOptions;

use self::narrator::Echo;
use self::session::Latch;
use super::failure::Failure;
use super::tell::warn;
use crate::config::{Config, Mode, Paths, Variables, check_mode, installation_tag};
use crate::exchange::binance::exchange_time::ExchangeTime;
use crate::store::{DataLock, Layout};
use crate::telemetry;

/// Trade as configured: paper, testnet or live. Without a configuration it runs the demo.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration [default: heikin.toml in this folder, where there is one].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Trade again after a panic or a pause: lifts both, and removes the file PANIC.
    #[arg(long)]
    resume: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let paths = Paths::given(arguments.config.as_deref());
    let config = Config::load(&paths, &Variables::of_process()).map_err(Failure::bad_input)?;
    if matches!(config.mode, Mode::Demo) {
        return super::demo::run(&super::demo::Arguments::default());
    }
    for warning in &config.warnings {
        warn(warning);
    }
    let echo = if io::stdout().is_terminal() { Echo::Terminal } else { Echo::LogOnly };
    std::fs::create_dir_all(&config.data).map_err(|error| {
        Failure::bad_input(format!(
            "{}: the data folder cannot be made: {error}",
            config.data.display()
        ))
    })?;
    let _logs = telemetry::start(&config.log, config.secrets.all()).map_err(Failure::bad_input)?;
    die_of_panics();
    let _lock = DataLock::take(&config.data, now()).map_err(Failure::bad_input)?;
    let tag = installation_tag(&config.data).map_err(Failure::bad_input)?;
    check_mode(&config.data, config.mode.name()).map_err(Failure::bad_input)?;
    let latch = if arguments.resume {
        remove_panic(&Layout::new(&config.data).panic())?;
        Latch::Lift
    } else {
        Latch::Keep
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    runtime.block_on(session::run(&config, paths, tag, (echo, latch)))
}

/// A panic on the order thread ends the process at once, whichever task it is of: what goes on with a
/// part missing would trade half blind. The next start recovers. Other threads are told of and
/// missed by those who need them.
fn die_of_panics() {
    let order_thread = std::thread::current().id();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "alert", "a fault of heikin's own at {place}: see standard error");
        usual(panic);
        if std::thread::current().id() == order_thread {
            std::process::abort();
        }
    }));
}

/// By this machine's clock.
fn now() -> Timestamp {
    ExchangeTime::of_this_machine().now()
}

fn remove_panic(path: &std::path::Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::bad_input(format!("{}: it cannot be removed: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
