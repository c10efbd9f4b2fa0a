//! One run: reach the exchange, recover, trade, stop in good order.

use std::net::SocketAddr;
use std::time::Duration;

use heikin_core::engine::{Engine, EngineConfig, Gate};
use heikin_core::market::Asset;
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Rate};
use heikin_core::order::InstallationTag;
use heikin_core::time::Span;
use tokio::sync::mpsc;

use super::exchange::Exchange;
use super::live_gate;
use super::narrator::{Echo, Narrator};
use super::service::{Service, Told};
use crate::cli::Failure;
use crate::config::{Config, Mode};
use crate::exchange::binance::arrival::AccountEvent;
use crate::exchange::binance::gateway::Gateway;
use crate::exchange::binance::lockstep::Lockstep;
use crate::exchange::binance::market_streams::{MarketStreams, Subscription};
use crate::exchange::binance::time_sync;
use crate::exchange::binance::user_events::UserEvents;
use crate::runtime::account::Account;
use crate::runtime::closing::Closing;
use crate::runtime::crash_point::{CrashPoint, pass};
use crate::runtime::keeper::Keeper;
use crate::runtime::lockstep::Step;
use crate::runtime::paper::Paper;
use crate::runtime::runner::{Request, Runner, Sources, Upkeep};
use crate::runtime::start::{Recovered, TraderPlan, first_inputs, recovered, series_after};
use crate::runtime::venue::Venue;
use crate::store::Layout;

/// What waits in a channel at most. Whoever has more to tell waits.
const QUEUE: usize = 1_024;
/// The whole account is fetched this often, for whatever was missed.
const RESYNC_EVERY: Span = Span::from_secs(300);
/// How long the end may take: `docker stop` kills after ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(6);

/// Runs until the process is told to stop.
pub(super) async fn run(config: &Config, tag: InstallationTag, echo: Echo) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let exchange = tokio::select! {
        reached = reach(config) => reached?,
        () = stop.asked() => return Ok(()),
    };
    let layout = Layout::new(&config.data);
    let plans = plans(config);
    let engine_config = EngineConfig {
        tag,
        limits: config.limits,
        resync_every: (!exchange.rest.time().is_lockstep()).then_some(RESYNC_EVERY),
    };
    let recovered = recovered(engine_config, &exchange.facts, &plans, Some(&layout))
        .map_err(Failure::bad_input)?;
    let closed = gates(&exchange, &recovered)?;
    let (mut runner, _streams) = assemble(config, &exchange, (tag, &plans), recovered, echo);
    let inputs = first_inputs(runner.account().engine(), &exchange.facts, &closed);
    pass(CrashPoint::BeforeStart);
    for input in inputs {
        runner.input(input).map_err(Failure::failed)?;
    }
    let told =
        Told { mode: config.mode.name(), status: runner.status(), heartbeat: runner.heartbeat() };
    let service = Service::start(&config.http, told)?;
    println!("{}", ready_line(config, runner.account().engine(), service.address));
    tracing::info!(target: "alert", "started in mode {}", config.mode.name());
    runner.run(stop.asked()).await.map_err(Failure::failed)?;
    println!("stopping: entries are withdrawn, stops stay on the exchange");
    let closing = tokio::select! {
        closing = runner.stop(STOP_WITHIN) => closing.map_err(Failure::failed)?,
        () = stop.asked() => return Err(Failure::failed("ended at once: the next start recovers")),
    };
    print!("{}", summary(&closing));
    tracing::info!(target: "alert", "stopped");
    Ok(())
}

async fn reach(config: &Config) -> Result<Exchange, Failure> {
    let mut exchange = Exchange::reach(config).await?;
    if matches!(config.mode, Mode::Live(..)) {
        live_gate::pass(config, &mut exchange).await?;
    }
    Ok(exchange)
}

fn plans(config: &Config) -> Vec<TraderPlan> {
    let plan = |trader: &crate::config::TraderConfig| TraderPlan {
        symbol: trader.symbol,
        interval: trader.interval,
        settings: trader.settings,
        seed: trader.seed_candles.into(),
    };
    config.traders.iter().map(plan).collect()
}

/// The gates that are closed from the start. Before the first order ever, one that is closed ends
/// the process: with anything of ours open, heikin starts and protects it.
fn gates(exchange: &Exchange, recovered: &Recovered) -> Result<Vec<Gate>, Failure> {
    if !exchange.objections.is_empty() && !recovered.has_history() {
        let reasons: Vec<_> = exchange.objections.iter().map(|(_, why)| why.as_str()).collect();
        return Err(Failure::bad_input(format!(
            "nothing was started:\n- {}",
            reasons.join("\n- ")
        )));
    }
    for (_, why) in &exchange.objections {
        eprintln!("heikin: no entries: {why}");
        tracing::error!(target: "alert", "no entries: {why}");
    }
    let mut closed: Vec<_> = exchange.objections.iter().map(|(gate, _)| *gate).collect();
    // Until the streams deliver.
    closed.push(Gate::StaleMarketData);
    Ok(closed)
}

/// What has to live as long as the run.
#[derive(Debug)]
struct Streams {
    _market: MarketStreams,
    _user: Option<UserEvents>,
    _requests: mpsc::Sender<Request>,
    _account: mpsc::Sender<AccountEvent>,
}

fn assemble(
    config: &Config,
    exchange: &Exchange,
    (tag, plans): (InstallationTag, &[TraderPlan]),
    recovered: Recovered,
    echo: Echo,
) -> (Runner, Streams) {
    let Exchange { rest, endpoints, facts, .. } = exchange;
    let clock = rest.time().clone();
    let now = clock.now();
    tokio::task::spawn_local(time_sync::keep(rest.clone()));
    let (market_sender, market) = mpsc::channel(QUEUE);
    let (account_sender, account) = mpsc::channel(QUEUE);
    let (request_sender, requests) = mpsc::channel(QUEUE);
    let snapshot = recovered.snapshot();
    let Recovered { engine, journal, .. } = recovered;
    let subscription = |(number, plan): (usize, &TraderPlan)| Subscription {
        symbol: plan.symbol,
        interval: plan.interval,
        after: Some(series_after(plan, &engine, number, now)),
    };
    let subscriptions: Vec<_> = plans.iter().enumerate().map(subscription).collect();
    let streams = MarketStreams::spawn(rest, endpoints, &subscriptions, &market_sender);
    let (venue, user) = if config.mode.keys().is_some() {
        let symbols: Vec<_> = facts.iter().map(|facts| facts.rules.symbol).collect();
        let gateway = Gateway::new(rest.clone(), tag, &symbols, account_sender.clone());
        facts.iter().for_each(|facts| gateway.set_rules(facts.rules.clone()));
        let user = UserEvents::spawn(rest, endpoints, tag, account_sender.clone());
        (Venue::Binance(gateway), Some(user))
    } else {
        let balances = opening(config);
        let paper = Paper::new(&engine, model(), &balances, now);
        (Venue::Paper(Box::new(paper)), None)
    };
    let layout = Layout::new(&config.data);
    let upkeep = Upkeep {
        panic_file: layout.panic(),
        keeper: Keeper::start(layout, (snapshot, journal.1), now),
    };
    let sources = Sources {
        rest: rest.clone(),
        market,
        connections: streams.connections(),
        quotes: streams.quotes().clone(),
        account,
        requests,
    };
    let account = Account::new(engine, journal, venue, Box::new(Narrator::new(echo)));
    let mut runner = Runner::new(account, clock.clone(), sources, Some(upkeep));
    if clock.is_lockstep() {
        runner.keep_step(Step::new(Lockstep::new(rest.clone())));
    }
    let streams = Streams {
        _market: streams,
        _user: user,
        _requests: request_sender,
        _account: account_sender,
    };
    (runner, streams)
}

/// Paper fills lose what backtests let them lose.
fn model() -> FillModel {
    FillModel { slippage: Rate::from_percent("0.05").unwrap_or(Rate::ZERO), ..FillModel::default() }
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
fn summary(closing: &Closing) -> String {
    let mut text = String::new();
    for position in &closing.positions {
        let stops = if position.covered >= position.held {
            "its stop stays on the exchange".to_owned()
        } else {
            format!("only {} of it has a stop on the exchange", position.covered)
        };
        text.push_str(&format!("open: {} of {}; {stops}\n", position.held, position.symbol));
    }
    for id in &closing.entries {
        text.push_str(&format!(
            "entry {id} could not be withdrawn in time: it may still be filled. The next start \
             looks; or cancel it at the exchange\n"
        ));
    }
    if text.is_empty() {
        text.push_str("nothing is open\n");
    }
    text
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
