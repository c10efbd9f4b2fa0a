//! One run: reach the exchange, recover, trade, stop in good order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use heikin_bot::backend::LiveGateVerdict;
use heikin_core::engine::{
    Command, Engine, EngineConfig, Gate, GateState, Input, Standing, Trader,
};
use heikin_core::market::Asset;
use heikin_core::num::Money;
use heikin_core::order::InstallationTag;
use heikin_core::time::Span;
use tokio::sync::{mpsc, watch};

use super::exchange::{Exchange, patiently};
use super::live_gate::Gatekeeper;
use super::narrator::{Echo, Narrator};
use super::ping::Ping;
use super::service::{Doors, File, Office, Service, Told};
use super::service_manager::{self, ServiceManager};
use super::settings;
use super::telegram::{self, Phone};
use crate::cli::Failure;
use crate::cli::stop::{Hangup, Stop};
use crate::cli::tell::{tell, warn};
use crate::config::changeable::Changeable;
use crate::config::{Config, Mode, Paths, TokenRole, claim_mode};
use crate::control::account::words;
use crate::control::live_gate::{Examination, Generation, LiveGate, overrides};
use crate::control::wake::Wake;
use crate::control::{self, Control, Following, Setup};
use crate::http::api::Api;
use crate::http::look_for_room;
use crate::runtime::assembly::Streams;
use crate::runtime::assembly::{Assembly, Fills};
use crate::runtime::closing::Closing;
use crate::runtime::crash_point::{CrashPoint, pass};
use crate::runtime::free_space;
use crate::runtime::roster::{Roster, refuse_forsaken};
use crate::runtime::runner::{Request, Runner};
use crate::runtime::start::{MarketFacts, Recovered, TraderPlan, first_inputs, recovered, set_up};
use crate::runtime::starts::Starts;
use crate::store::Layout;

/// The whole account is fetched this often, for whatever was missed.
pub(in crate::cli) const RESYNC_EVERY: Span = Span::from_secs(300);
/// How long the end may take: `docker stop` kills after ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(6);

/// Settings that wait to be looked at by the live gate: the newest alone count.
const MOST_ASKED: usize = 16;

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
    paths: Paths,
    tag: InstallationTag,
    (echo, latch): (Echo, Latch),
) -> Result<(), Failure> {
    let mut stop = Stop::listen(Hangup::IsSpared)?;
    // Before the account begins: where nobody can ask how heikin stands, it does not start.
    look_for_room(&config.http).map_err(Failure::bad_input)?;
    service_manager::starting();
    let mut exchange = tokio::select! {
        reached = Exchange::reach(config) => reached?,
        () = stop.asked() => return Ok(()),
    };
    let layout = Layout::new(&config.data);
    let plans = tokio::select! {
        plans = plans(config, &exchange) => plans?,
        () = stop.asked() => return Ok(()),
    };
    let engine_config = engine_config(config, tag, &exchange);
    let mut roster = Roster::read(&layout).map_err(Failure::bad_input)?;
    let (plans, facts) = (roster.plans(&plans), roster.markets(&exchange.facts));
    let recovered =
        recovered(engine_config, &facts, &plans, Some(&layout)).map_err(Failure::bad_input)?;
    refuse_forsaken(&recovered.engine, &plans).map_err(Failure::bad_input)?;
    claim_mode(&config.data, config.mode.name()).map_err(Failure::bad_input)?;
    roster.seat(&plans, &facts);
    roster.write().map_err(Failure::failed)?;
    let in_use = in_use(&recovered.engine, &plans, &facts);
    let (settings, configured) = settings::at_start(config, &recovered.engine);
    let gate = tokio::select! {
        gate = gate(config, &mut exchange, settings) => gate?,
        () = stop.asked() => return Ok(()),
    };
    let mut closed = gates(config, &exchange, &recovered)?;
    let starts = count_start(config);
    let wait = starts.as_ref().and_then(|starts| starts.wait(control::machine_clock()()));
    if wait.is_some() {
        closed.push(Gate::CrashLoop);
    }
    let (copy, wake) = (set_up(engine_config, &facts, &plans), Wake::default());
    let assembly = Assembly {
        rest: &exchange.rest,
        endpoints: &exchange.endpoints,
        facts: &in_use,
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
    tokio::task::spawn_local(free_space::watch(config.data.clone(), streams.requests.clone()));
    if let Some(wait) = wait {
        tokio::task::spawn_local(open_after(wait, streams.requests.clone()));
    }
    begin(&mut runner, &exchange.facts, (&closed, configured), (latch, &layout))?;
    let gate = gate.kept(&streams.requests);
    let office = front_office(config, layout, copy, (&runner, &streams, gate));
    let service = serve((config, paths), (office, wake), &runner).await?;
    tell(&ready_line(config, runner.account().engine(), service.address));
    tracing::info!(target: "alert", "started in mode {}", config.mode.name());
    let _told = ServiceManager::watch(runner.status(), runner.heartbeat());
    runner.run(stop.asked()).await.map_err(Failure::failed)?;
    service_manager::stopping();
    end(config, runner, stop, starts).await
}

/// Tells the engine all that a start has to tell, and that it starts.
fn begin(
    runner: &mut Runner,
    facts: &[MarketFacts],
    (closed, configured): (&[Gate], Input),
    (latch, layout): (Latch, &Layout),
) -> Result<(), Failure> {
    let mut inputs = first_inputs(runner.account().engine(), facts, closed);
    if latch == Latch::Lift {
        inputs.push(Input::Command(Command::Resume(None)));
    } else if layout.panic().exists() {
        // Nothing may be entered until the loop looks for the file.
        inputs.push(Input::Command(Command::Panic));
    }
    inputs.push(configured);
    pass(CrashPoint::BeforeStart);
    runner.begin(inputs).map_err(Failure::failed)?;
    if runner.account().engine().is_panicked() {
        warn("no entries: panic. Look at what happened, then start with --resume");
    }
    Ok(())
}

/// Stops in good order.
async fn end(
    config: &Config,
    runner: Runner,
    mut stop: Stop,
    starts: Option<Starts>,
) -> Result<(), Failure> {
    tell(match config.mode.keys() {
        Some(_) => "stopping: entries are withdrawn, stops stay on the exchange",
        None => "stopping: entries are withdrawn; the next start goes on with what is open",
    });
    let closing = tokio::select! {
        closing = runner.stop(STOP_WITHIN) => closing.map_err(Failure::failed)?,
        () = stop.asked() => return Err(Failure::failed("ended at once: the next start recovers")),
    };
    if let Some(starts) = starts
        && let Err(error) = starts.end_well()
    {
        tracing::warn!(%error, "the count of starts cannot be removed");
    }
    tell(summary(config, &closing).trim_end());
    tracing::info!(target: "alert", "stopped");
    Ok(())
}

/// Counts this start; one that cannot be counted goes on without.
fn count_start(config: &Config) -> Option<Starts> {
    let counted = Starts::record(&config.data, control::machine_clock()());
    counted
        .inspect_err(|error| tracing::error!(%error, "this start cannot be counted in starts.json"))
        .ok()
}

/// Lets entries pass again after so many starts, where this one holds out.
#[expect(clippy::disallowed_methods, reason = "it waits beside the order thread's loop")]
async fn open_after(wait: Span, requests: mpsc::Sender<Request>) {
    let seconds = wait.millis() / 1_000;
    let why = format!(
        "heikin ended by itself again and again: stops are kept, entries wait for {seconds} s. See \
         the log for what ended it"
    );
    warn(&format!("no entries: {why}"));
    tracing::error!(target: "alert", "no entries: {why}");
    tokio::time::sleep(Duration::from_millis(u64::try_from(wait.millis()).unwrap_or(0))).await;
    let open = Request::unanswered(Command::SetGate(Gate::CrashLoop, GateState::Open));
    if open.send_to(&requests).await {
        tracing::info!(target: "alert", "heikin has held out: entries are on");
    }
}

/// The thread beside the order thread: HTTP, the front office, and the bot on Telegram.
async fn serve(
    (config, paths): (&Config, Paths),
    (office, wake): (Option<(Control, Following)>, Wake),
    runner: &Runner,
) -> Result<Service, Failure> {
    let ping = Ping::configured(config)?;
    let line = office.as_ref().map(|(control, _)| control.line());
    let told = Told {
        mode: config.mode.name(),
        status: runner.status(),
        heartbeat: runner.heartbeat(),
        line,
        pings: ping.as_ref().map(Ping::pings),
    };
    let office = match office {
        Some((control, following)) => {
            let phone = Phone::configured(config, &control).await;
            let tokens = &config.secrets.api_tokens;
            if phone.is_none() && tokens.iter().any(|token| token.role == TokenRole::FrontEnd) {
                telegram::tell_claim(&control).await;
            }
            let api = Api::new(control.clone(), tokens);
            let doors = Doors { api, payments: control.payments() };
            Some((doors, Office { following, wake, phone, file: File { control, paths } }))
        }
        None => None,
    };
    Service::start(&config.http, told, (office, ping))
}

/// What people ask and do over chat. Trading does without it: where its store cannot be used, that is
/// told, and stops are kept all the same.
fn front_office(
    config: &Config,
    layout: Layout,
    engine: Engine,
    (runner, streams, live_gate): (&Runner, &Streams, LiveGate),
) -> Option<(Control, Following)> {
    let opened = Control::open(Setup {
        layout,
        config: Arc::new(config.clone()),
        mode: words::mode(&config.mode),
        engine,
        requests: streams.requests.clone(),
        status: runner.status(),
        heartbeat: runner.heartbeat(),
        live_gate,
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

/// The gate in front of real money, as it stands at the start.
struct StandingGate {
    keeper: Gatekeeper,
    verdicts: Vec<LiveGateVerdict>,
    is_live: bool,
}

impl StandingGate {
    /// From now on it looks at settings whenever they change.
    fn kept(self, requests: &mpsc::Sender<Request>) -> LiveGate {
        let Self { keeper, verdicts, is_live } = self;
        let (told, verdicts) = watch::channel(verdicts.into());
        let examiner = is_live.then(|| {
            let (examiner, asked) = mpsc::channel(MOST_ASKED);
            let generation = Generation::default();
            let keeping = keeper.keep((asked, Arc::clone(&generation)), requests.clone(), told);
            tokio::task::spawn_local(keeping);
            (examiner, generation)
        });
        LiveGate { examiner, verdicts }
    }
}

/// Judges the settings that hold, where there is real money; else tells what is known of them.
async fn gate(
    config: &Config,
    exchange: &mut Exchange,
    settings: Changeable,
) -> Result<StandingGate, Failure> {
    let is_live = matches!(config.mode, Mode::Live(..));
    let overrides = overrides(config);
    let examination = Examination { settings, overrides, generation: 0 };
    let mut keeper = Gatekeeper::new(exchange, &config.data);
    let judged = if is_live {
        let judged = keeper.judge(&examination).await?;
        let objections = judged.objections.iter().map(|why| (Gate::LiveGate, why.clone()));
        exchange.objections.extend(objections);
        judged
    } else {
        keeper.known(&examination)
    };
    Ok(StandingGate { keeper, verdicts: judged.verdicts, is_live })
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
            standing: Standing::Active,
        });
    }
    Ok(plans)
}

/// The markets that something is asked of: those that are traded, and those where a trader that is
/// retired still has an order, which is withdrawn.
fn in_use(engine: &Engine, plans: &[TraderPlan], facts: &[MarketFacts]) -> Vec<MarketFacts> {
    let is_used = |(trader, plan): (&Trader, &TraderPlan)| {
        plan.standing == Standing::Active || trader.live_orders().next().is_some()
    };
    let traders = engine.traders().iter().zip(plans);
    let used: Vec<_> = traders.filter(|it| is_used(*it)).map(|(_, plan)| plan.symbol).collect();
    facts.iter().filter(|market| used.contains(&market.rules.symbol)).cloned().collect()
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
    let configured = engine.traders().iter().filter(|trader| !trader.is_retired());
    let traders = configured.filter_map(|trader| {
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
                Some(_) if position.is_confirmed => "its stop stays on the exchange".to_owned(),
                Some(_) => "what became of its stop is not known yet: the next start asks, until \
                            then look at the exchange"
                    .to_owned(),
                None => "on paper, where nothing happens until the next start".to_owned(),
            }
        } else {
            let place = config.mode.keys().map_or("", |_| " on the exchange");
            format!("{} of it has no stop{place}", position.uncovered)
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
