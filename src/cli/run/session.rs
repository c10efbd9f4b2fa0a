//! One run: reach the exchange, recover, trade, stop in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use heikin_core::engine::{Command, Engine, EngineConfig, Gate, Input};
use heikin_core::market::Asset;
use heikin_core::num::Money;
use heikin_core::order::InstallationTag;
use heikin_core::time::Span;

use super::exchange::{Exchange, patiently};
use super::live_gate;
use super::narrator::{Echo, Narrator};
use super::service::{Office, Service, Told};
use super::telegram::{self, Phone};
use crate::cli::Failure;
use crate::cli::tell::{tell, warn};
use crate::config::{Config, Mode, TokenRole};
use crate::control::account::words;
use crate::control::wake::Wake;
use crate::control::{self, Control, Following, Setup};
use crate::http::api::Api;
use crate::runtime::assembly::Streams;
use crate::runtime::assembly::{Assembly, Fills};
use crate::runtime::closing::Closing;
use crate::runtime::crash_point::{CrashPoint, pass};
use crate::runtime::runner::Runner;
use crate::runtime::start::{Recovered, TraderPlan, first_inputs, recovered, set_up};
use crate::store::Layout;

/// The whole account is fetched this often, for whatever was missed.
pub(in crate::cli) const RESYNC_EVERY: Span = Span::from_secs(300);
/// How long the end may take: `docker stop` kills after ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(6);

/// What happens to a panic of before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Latch {
    /// It holds on.
    Keep,
    /// It is over, and so is every pause.
    Lift,
}

/// Runs until the process is told to stop.
pub(super) async fn run(
    config: &Config,
    tag: InstallationTag,
    (echo, latch): (Echo, Latch),
) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let exchange = tokio::select! {
        reached = reach(config) => reached?,
        () = stop.asked() => return Ok(()),
    };
    let layout = Layout::new(&config.data);
    let plans = tokio::select! {
        plans = plans(config, &exchange) => plans?,
        () = stop.asked() => return Ok(()),
    };
    let engine_config = engine_config(config, tag, &exchange);
    let recovered = recovered(engine_config, &exchange.facts, &plans, Some(&layout))
        .map_err(Failure::bad_input)?;
    let closed = gates(config, &exchange, &recovered)?;
    let (copy, wake) = (set_up(engine_config, &exchange.facts, &plans), Wake::default());
    let is_panic = latch == Latch::Keep && layout.panic().exists();
    let assembly = Assembly {
        rest: &exchange.rest,
        endpoints: &exchange.endpoints,
        facts: &exchange.facts,
        tag,
        plans: &plans,
        fills: if config.mode.keys().is_some() {
            Fills::Exchange
        } else {
            Fills::Paper(opening(config))
        },
        layout: Some(layout.clone()),
        observer: wake.beside(Box::new(Narrator::new(echo))),
    };
    let (mut runner, streams) = assembly.run_with(recovered);
    let mut inputs = first_inputs(runner.account().engine(), &exchange.facts, &closed);
    if latch == Latch::Lift {
        inputs.insert(0, Input::Command(Command::Resume(None)));
    }
    if is_panic {
        // Before it starts: nothing may be entered until the loop looks for the file.
        inputs.insert(0, Input::Command(Command::Panic));
    }
    pass(CrashPoint::BeforeStart);
    for input in inputs {
        runner.input(input).map_err(Failure::failed)?;
    }
    if runner.account().engine().is_panicked() {
        warn("no entries: panic. Look at what happened, then start with --resume");
    }
    let service = serve(config, layout, (copy, wake), (&runner, &streams)).await?;
    tell(&ready_line(config, runner.account().engine(), service.address));
    tracing::info!(target: "alert", "started in mode {}", config.mode.name());
    runner.run(stop.asked()).await.map_err(Failure::failed)?;
    tell(match config.mode.keys() {
        Some(_) => "stopping: entries are withdrawn, stops stay on the exchange",
        None => "stopping: entries are withdrawn; the next start goes on with what is open",
    });
    let closing = tokio::select! {
        closing = runner.stop(STOP_WITHIN) => closing.map_err(Failure::failed)?,
        () = stop.asked() => return Err(Failure::failed("ended at once: the next start recovers")),
    };
    tell(summary(config, &closing).trim_end());
    tracing::info!(target: "alert", "stopped");
    Ok(())
}

/// The thread beside the order thread: HTTP, the front office, and the bot on Telegram.
async fn serve(
    config: &Config,
    layout: Layout,
    (copy, wake): (Engine, Wake),
    (runner, streams): (&Runner, &Streams),
) -> Result<Service, Failure> {
    let office = front_office(config, layout, copy, (runner, streams));
    let tokens = &config.secrets.api_tokens;
    let api = office.as_ref().map(|(control, _)| Api::new(control.clone(), tokens));
    let line = office.as_ref().map(|(control, _)| control.line());
    let told = Told {
        mode: config.mode.name(),
        status: runner.status(),
        heartbeat: runner.heartbeat(),
        line,
    };
    let office = match office {
        Some((control, following)) => {
            let phone = Phone::configured(config, &control).await;
            if phone.is_none() && tokens.iter().any(|token| token.role == TokenRole::FrontEnd) {
                telegram::tell_claim(&control).await;
            }
            Some(Office { following, wake, phone })
        }
        None => None,
    };
    Service::start(&config.http, told, api, office)
}

/// What people ask and do over chat. Trading does without it: where its store cannot be used, that is
/// told, and stops are kept all the same.
fn front_office(
    config: &Config,
    layout: Layout,
    engine: Engine,
    (runner, streams): (&Runner, &Streams),
) -> Option<(Control, Following)> {
    let opened = Control::open(Setup {
        layout,
        config: Arc::new(config.clone()),
        mode: words::mode(&config.mode),
        engine,
        requests: streams.requests.clone(),
        status: runner.status(),
        heartbeat: runner.heartbeat(),
        clock: control::chat_clock(&config.telegram),
    });
    opened
        .inspect_err(|error| {
            warn(&format!("no chat: {error}"));
            tracing::error!(target: "alert", %error, "no chat: its store cannot be used");
        })
        .ok()
}

fn engine_config(config: &Config, tag: InstallationTag, exchange: &Exchange) -> EngineConfig {
    EngineConfig {
        tag,
        limits: config.limits,
        resync_every: (!exchange.rest.time().is_lockstep()).then_some(RESYNC_EVERY),
    }
}

async fn reach(config: &Config) -> Result<Exchange, Failure> {
    let mut exchange = Exchange::reach(config).await?;
    if matches!(config.mode, Mode::Live(..)) {
        live_gate::pass(config, &mut exchange).await?;
    }
    Ok(exchange)
}

async fn plans(config: &Config, exchange: &Exchange) -> Result<Vec<TraderPlan>, Failure> {
    let mut plans = Vec::new();
    for trader in &config.traders {
        let series = (trader.symbol, trader.interval);
        let ask = || exchange.rest.before_the_last(series, trader.seed_candles);
        plans.push(TraderPlan {
            symbol: trader.symbol,
            interval: trader.interval,
            settings: trader.settings,
            seed_after: patiently("where the series begin", ask).await?,
        });
    }
    Ok(plans)
}

/// The gates that are closed from the start. Before the first order ever, one that is closed ends
/// the process: with anything of ours open, heikin starts and protects it.
fn gates(
    config: &Config,
    exchange: &Exchange,
    recovered: &Recovered,
) -> Result<Vec<Gate>, Failure> {
    if !exchange.objections.is_empty() && !recovered.has_history() {
        let reasons: Vec<_> = exchange.objections.iter().map(|(_, why)| why.as_str()).collect();
        return Err(Failure::bad_input(format!(
            "nothing was started:\n- {}",
            reasons.join("\n- ")
        )));
    }
    for (_, why) in &exchange.objections {
        warn(&format!("no entries: {why}"));
        tracing::error!(target: "alert", "no entries: {why}");
    }
    let mut closed: Vec<_> = exchange.objections.iter().map(|(gate, _)| *gate).collect();
    // Until the streams deliver.
    closed.push(Gate::StaleMarketData);
    if config.mode.keys().is_some() {
        closed.push(Gate::UserStreamDown);
    }
    Ok(closed)
}

fn opening(config: &Config) -> Vec<(Asset, Money)> {
    let balances = config.paper.balances.iter();
    balances.map(|(asset, amount)| (*asset, amount.to_money())).collect()
}

fn ready_line(config: &Config, engine: &Engine, http: SocketAddr) -> String {
    let traders = engine.traders().iter().filter_map(|trader| {
        let market = engine.market_of(trader)?;
        Some(format!("{} {}", market.rules().symbol, trader.interval()))
    });
    let traders: Vec<_> = traders.collect();
    format!("heikin {}: {}; http://{http}/status", config.mode.name(), traders.join(", "))
}

/// What is left, for whoever stopped it.
fn summary(config: &Config, closing: &Closing) -> String {
    let positions = closing.positions.iter().map(|position| {
        let stops = if position.uncovered.is_zero() {
            match config.mode.keys() {
                Some(_) => "its stop stays on the exchange".to_owned(),
                None => "on paper, where nothing happens until the next start".to_owned(),
            }
        } else {
            format!("{} of it has no stop on the exchange", position.uncovered)
        };
        format!("open: {} of {}; {stops}\n", position.held, position.symbol)
    });
    let entries = closing.entries.iter().map(|id| {
        format!(
            "entry {id} could not be withdrawn in time: it may still be filled. The next start \
             looks; or cancel it at the exchange\n"
        )
    });
    let text: String = positions.chain(entries).collect();
    if text.is_empty() { "nothing is open\n".to_owned() } else { text }
}

/// SIGINT and SIGTERM.
#[derive(Debug)]
struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};

        let caught = |kind| {
            signal(kind)
                .map_err(|error| Failure::failed(format!("signals cannot be caught: {error}")))
        };
        let interrupt = caught(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: caught(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
