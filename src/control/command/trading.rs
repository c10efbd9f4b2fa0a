//! Commands to the account's engine: recap, sending, legs.

use std::time::Duration;

use heikin_bot::backend::{
    BackendError, Command, Done, Leg, LegState, Outcome, PanicStep, Recap, RecapTopic, Refusal,
    StateVersion, Target, Trader,
};
use heikin_core::engine::{self, Engine};
use heikin_core::market::{Asset, Side};
use heikin_core::num::{Money, Quantity};
use heikin_core::order::{Order, TraderId};
use heikin_core::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::panic::{PanicUnderWay, is_sale};
use super::{Commander, Conclusion, conclude, pin, rights};
use crate::control::Control;
use crate::control::account::{Replica, told, words};
use crate::control::front::Ledger;
use crate::control::front::record::Event;
use crate::runtime::runner::Request;
use crate::store::StoreError;
use crate::store::disk::RealDisk;

/// The order thread takes a command in within milliseconds; where it does not answer for so long, it
/// is not known whether it did.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long an outcome waits for its legs: people are answered within two seconds.
const LEGS_WITHIN: Duration = Duration::from_secs(1);

/// What the account's state is to a command.
struct Situation {
    traders: Vec<(TraderId, Trader)>,
    is_panicked: bool,
    is_stopped: bool,
    are_paused: bool,
    legs: Vec<Leg>,
    recap: Option<Recap>,
    closed_trades: usize,
    quote: Asset,
    through: engine::Sequence,
}

/// Carries out a command to the engine.
pub(super) async fn steer(
    control: &Control,
    commander: &Commander,
    command: Command,
    confirmed: Option<StateVersion>,
) -> Result<Outcome, BackendError> {
    let what = rights::words(&command);
    let mut situation = look(&control.replica(), &command)?;
    let needs_pin = takes_pin(&command, &situation) && pin::is_asked_of(control, commander);
    if let Some(recap) = &mut situation.recap {
        recap.needs_pin = needs_pin;
    }
    if let Some(refusal) = refusal(&situation, &command) {
        return conclude(control, commander, Conclusion::refused(what, refusal)).await;
    }
    if let Some(recap) = &situation.recap
        && confirmed != Some(recap.version)
    {
        return Ok(Outcome::Confirm(Box::new(recap.clone())));
    }
    if needs_pin && let Some(outcome) = pin::admit(control, commander, &what).await? {
        return Ok(outcome);
    }
    if matches!(command, Command::Resume { target: Target::All }) {
        lift_panic_file(control)?;
    }
    let steps = steps(&situation, &command);
    begin(control, commander, (&steps, situation.through)).await?;
    if let Err(error) = send(control, &steps).await {
        return not_sent(control, commander, (what, error)).await;
    }
    let legs = wait_for(control, situation.legs).await;
    let mut conclusion = Conclusion::done(what, done(&command, legs.clone()));
    if matches!(command, Command::Panic) {
        let alert = told::panic(&commander.by, PanicStep::Latched);
        conclusion = conclusion.telling(Some("panic"), alert);
        control.await_end_of(PanicUnderWay {
            by: commander.by.clone(),
            legs,
            closed_before: situation.closed_trades,
            quote: situation.quote,
        });
    } else {
        conclusion = conclusion.telling_deed();
    }
    conclude(control, commander, conclusion).await
}

/// Whether the PIN is asked for: a panic, and what ends it.
const fn takes_pin(command: &Command, situation: &Situation) -> bool {
    match command {
        Command::Panic => true,
        Command::Resume { .. } => situation.is_panicked,
        _ => false,
    }
}

fn look(replica: &Replica, command: &Command) -> Result<Situation, BackendError> {
    let engine = replica.engine();
    let target = target_of(command);
    let traders: Vec<(TraderId, Trader)> = engine
        .traders()
        .iter()
        .filter_map(|trader| Some((trader.id(), words::trader(engine, trader)?)))
        .filter(|(_, trader)| holds(&target, trader))
        .collect();
    if traders.is_empty() {
        return Err(BackendError::NotFound { what: rights::whom(&target) });
    }
    let is_paused = |id: &TraderId| {
        engine.traders().get(usize::from(id.0)).is_some_and(engine::Trader::is_paused)
    };
    let quote = engine.markets().first().map(|market| market.rules().quote);
    let quote = quote.ok_or(BackendError::NotFound { what: "market".to_owned() })?;
    Ok(Situation {
        is_panicked: engine.is_panicked(),
        is_stopped: engine.is_stopped(),
        are_paused: traders.iter().all(|(id, _)| is_paused(id)),
        legs: legs(engine, &traders, command),
        recap: recap(replica, (&target, &traders), command, quote),
        closed_trades: replica.model().trades().len(),
        through: replica.through(),
        quote,
        traders,
    })
}

const fn target_of(command: &Command) -> Target {
    match command {
        Command::Pause { target } | Command::Resume { target } | Command::Close { target } => {
            *target
        }
        _ => Target::All,
    }
}

fn holds(target: &Target, trader: &Trader) -> bool {
    match target {
        Target::All => true,
        Target::Symbol { symbol } => trader.symbol == *symbol,
        Target::Trader { trader: which } => trader == which,
    }
}

fn refusal(situation: &Situation, command: &Command) -> Option<Refusal> {
    let so = |how: &str| Some(Refusal::AlreadySo { how: how.to_owned() });
    match command {
        Command::StartBot if !situation.is_stopped => so("The bot is not stopped."),
        Command::StopBot if situation.is_stopped => so("The bot is stopped already."),
        Command::Pause { .. } if situation.are_paused => so("It is paused already."),
        Command::Panic if situation.is_panicked => {
            so("The panic latch has fallen already; what is still open is being sold.")
        }
        Command::Close { .. } if situation.legs.iter().all(|leg| !is_sale(leg)) => {
            so("There is no position to close.")
        }
        Command::Resume { target } if situation.is_panicked && *target != Target::All => {
            Some(Refusal::Rule {
                reason: "The panic latch holds for the whole account: /resume all lifts it."
                    .to_owned(),
            })
        }
        Command::Resume { .. } if !situation.is_panicked && !situation.are_paused => {
            so("Nothing of it is paused.")
        }
        _ => None,
    }
}

/// What the engine is told: for everything at once where that is meant, so that it is one step.
fn steps(situation: &Situation, command: &Command) -> Vec<engine::Command> {
    let each = |all: fn(Option<TraderId>) -> engine::Command, target: &Target| match target {
        Target::All => vec![all(None)],
        _ => situation.traders.iter().map(|(id, _)| all(Some(*id))).collect(),
    };
    match command {
        Command::StartBot => vec![engine::Command::Start],
        Command::StopBot => vec![engine::Command::Stop],
        Command::Pause { target } => each(engine::Command::Pause, target),
        Command::Resume { target } => each(engine::Command::Resume, target),
        Command::Close { target } => each(engine::Command::Close, target),
        Command::Panic => vec![engine::Command::Panic],
        _ => Vec::new(),
    }
}

fn done(command: &Command, legs: Vec<Leg>) -> Done {
    match command {
        Command::StopBot => Done::Stopped { legs },
        Command::Pause { target } => Done::Paused { target: *target, legs },
        Command::Resume { target } => Done::Resumed { target: *target },
        Command::Close { .. } => Done::Closing { legs },
        Command::Panic => Done::Panicked { legs },
        _ => Done::Started,
    }
}

/// What stopping, closing or panicking has to do.
fn legs(engine: &Engine, traders: &[(TraderId, Trader)], command: &Command) -> Vec<Leg> {
    let sells = matches!(command, Command::Close { .. } | Command::Panic);
    let mut legs = Vec::new();
    for (id, name) in traders {
        let Some(trader) = engine.traders().get(usize::from(id.0)) else { continue };
        let entries = trader.live_orders().filter(|order| order.terms.side == Side::Buy);
        let open = entries
            .map(Order::remaining)
            .fold(Quantity::ZERO, |sum, it| sum.plus(it).unwrap_or(sum));
        let leg = |side, quantity| Leg { trader: *name, side, quantity, state: LegState::Working };
        if !open.is_zero() {
            legs.push(leg(Side::Buy, open));
        }
        if sells && let Some(position) = words::position(engine, trader) {
            legs.push(leg(Side::Sell, position.quantity));
        }
    }
    legs
}

/// How far a leg has come by now.
pub(super) fn renewed(leg: &Leg, replica: &Replica) -> Leg {
    let engine = replica.engine();
    let its = |trader: &&engine::Trader| words::trader(engine, trader) == Some(leg.trader);
    let Some(trader) = engine.traders().iter().find(its) else { return leg.clone() };
    let state = match leg.side {
        Side::Buy => {
            let is_open = trader.live_orders().any(|order| order.terms.side == Side::Buy);
            if is_open { LegState::Working } else { LegState::Done { price: None } }
        }
        Side::Sell if trader.position().is_open() => LegState::Working,
        Side::Sell => {
            let mut closed = replica.model().trades().iter().rev();
            let last = closed.find(|trade| trade.trader == leg.trader);
            LegState::Done { price: last.map(|trade| trade.exit) }
        }
    };
    Leg { state, ..leg.clone() }
}

/// The legs when all of them have come to their end, or after a while.
async fn wait_for(control: &Control, legs: Vec<Leg>) -> Vec<Leg> {
    let mut moved = control.shared.moved.subscribe();
    let now = |legs: &[Leg]| -> Vec<Leg> {
        let replica = control.replica();
        legs.iter().map(|leg| renewed(leg, &replica)).collect()
    };
    let all =
        moved.wait_for(|_| now(&legs).iter().all(|leg| !matches!(leg.state, LegState::Working)));
    // Whatever has come of them by then is told.
    drop(tokio::time::timeout(LEGS_WITHIN, all).await);
    now(&legs)
}

fn recap(
    replica: &Replica,
    (target, traders): (&Target, &[(TraderId, Trader)]),
    command: &Command,
    quote: Asset,
) -> Option<Recap> {
    let engine = replica.engine();
    let topic = match command {
        Command::StartBot => RecapTopic::Start,
        Command::Resume { target } => {
            RecapTopic::Enter { target: *target, ends_panic: engine.is_panicked() }
        }
        Command::StopBot => RecapTopic::Stop,
        Command::Close { .. } | Command::Panic => sale(engine, traders, command, quote),
        _ => return None,
    };
    Some(Recap {
        version: version(replica),
        mode: replica.mode(),
        topic,
        consequences: consequences(command, target),
        needs_pin: false,
    })
}

fn sale(
    engine: &Engine,
    traders: &[(TraderId, Trader)],
    command: &Command,
    quote: Asset,
) -> RecapTopic {
    let of = |id: &TraderId| engine.traders().get(usize::from(id.0));
    let its: Vec<&engine::Trader> = traders.iter().filter_map(|(id, _)| of(id)).collect();
    let positions: Vec<_> = its.iter().filter_map(|it| words::position(engine, it)).collect();
    let orders = its.iter().map(|trader| trader.live_orders().count()).sum::<usize>();
    let expected: Option<Money> = positions.iter().map(|position| position.unrealized).sum();
    let fees = its.iter().filter(|trader| trader.position().is_open()).map(|trader| {
        let market = engine.market_of(trader)?;
        let worth = market.quote()?.bid.times(trader.position().held);
        Some(worth.commission(market.fees().taker).to_money())
    });
    RecapTopic::Sell {
        is_panic: matches!(command, Command::Panic),
        fees: fees.sum(),
        positions,
        orders: u32::try_from(orders).unwrap_or(u32::MAX),
        expected,
        quote,
    }
}

fn consequences(command: &Command, target: &Target) -> Vec<String> {
    let whom = rights::whom(target);
    let lines: &[String] = &match command {
        Command::StartBot => {
            vec!["Entries are placed again from the next candle close on.".to_owned()]
        }
        Command::Resume { .. } => {
            vec![format!("Entries of {whom} are placed again from the next candle close on.")]
        }
        Command::StopBot => vec![
            "Entries are cancelled, and none is placed until /start_bot, over restarts.".to_owned(),
            "Stops stay, and go on rising.".to_owned(),
        ],
        Command::Close { .. } => vec![
            "The stop is replaced by the sale; the entry is cancelled.".to_owned(),
            match target {
                Target::All => "Afterwards all traders are paused until /resume.".to_owned(),
                _ => format!("Afterwards {whom} is paused until /resume."),
            },
        ],
        Command::Panic => vec![
            "All of heikin's orders are cancelled, all of its positions sold at market or near it."
                .to_owned(),
            "Nothing is entered until /resume, over restarts. Your own coins are left alone."
                .to_owned(),
        ],
        _ => Vec::new(),
    };
    lines.to_vec()
}

/// What a confirmation depends on: positions, settings, and what keeps entries off. Prices move all the time,
/// and are not part of it.
pub(in crate::control) fn version(replica: &Replica) -> StateVersion {
    let engine = replica.engine();
    // FNV-1a: the same state has the same number, in every process.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |value: u64| {
        for byte in value.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    add(u64::from(engine.is_stopped()) << 1 | u64::from(engine.is_panicked()));
    let chosen = (
        engine.limits(),
        engine.traders().iter().map(engine::Trader::settings).collect::<Vec<_>>(),
    );
    // Numbers and words always serialize.
    serde_json::to_vec(&chosen).unwrap_or_default().into_iter().for_each(|byte| add(byte.into()));
    for trader in engine.traders() {
        let open = trader.position().open.as_ref();
        add(u64::from(trader.is_paused()));
        add(open.map_or(0, |open| open.number));
        add(open.map_or(0, |_| trader.position().held.units().unsigned_abs()));
    }
    // A number that survives every reader of JSON.
    StateVersion(hash >> 11)
}

/// A panic of another process may have been asked for by a file.
fn lift_panic_file(control: &Control) -> Result<(), BackendError> {
    match std::fs::remove_file(&control.shared.panic_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let file = control.shared.panic_file.display();
            let reason = format!("{file} keeps the panic, and cannot be removed: {error}");
            Err(BackendError::Invalid { reason })
        }
        _ => Ok(()),
    }
}

pub(super) async fn begin(
    control: &Control,
    commander: &Commander,
    (steps, after): (&[engine::Command], engine::Sequence),
) -> Result<(), BackendError> {
    let (request, now, steps) = (commander.request.clone(), commander.now, steps.to_vec());
    let mark = commander.mark.clone();
    control
        .front(move |ledger| ledger.record(now, vec![Event::Begun { request, steps, after, mark }]))
        .await
}

/// Hands the steps to the order thread, and waits until they are durable, have taken effect, and can
/// be seen by whoever asks.
pub(super) async fn send(control: &Control, steps: &[engine::Command]) -> Result<(), BackendError> {
    let requests = &control.shared.requests;
    // Room for all of them or for none: what is refused as busy has done nothing.
    let room = requests.try_reserve_many(steps.len()).map_err(|error| match error {
        mpsc::error::TrySendError::Full(()) => BackendError::Busy,
        mpsc::error::TrySendError::Closed(()) => gone(),
    })?;
    let mut through = None;
    for (permit, step) in room.zip(steps) {
        let (done, is_done) = oneshot::channel();
        permit.send(Request { command: step.clone(), done });
        match tokio::time::timeout(ANSWER_WITHIN, is_done).await {
            Ok(Ok(last)) => through = Some(last),
            Ok(Err(_)) => return Err(gone()),
            Err(_) => {
                let reason =
                    "the order thread has not answered for 5 s; look at /status".to_owned();
                return Err(BackendError::Unreachable { reason });
            }
        }
    }
    if let Some(through) = through {
        control.read_until(through).await;
    }
    Ok(())
}

fn gone() -> BackendError {
    BackendError::Unreachable { reason: "heikin is stopping".to_owned() }
}

/// What was never handed over is refused, and may be tried again; of the rest nothing is known yet.
pub(super) async fn not_sent(
    control: &Control,
    commander: &Commander,
    (what, error): (String, BackendError),
) -> Result<Outcome, BackendError> {
    if error != BackendError::Busy {
        return Err(error);
    }
    let reason = "heikin is busy: nothing was done; try again in a moment".to_owned();
    let refusal = Refusal::Rule { reason };
    conclude(control, commander, Conclusion::refused(what, refusal)).await
}

/// Commands that a stop has cut off: what became of each is in the account's journal.
pub(in crate::control) fn settle_interrupted(
    ledger: &mut Ledger<RealDisk>,
    replica: &Replica,
    now: Timestamp,
) -> Result<Vec<heikin_bot::backend::RequestId>, StoreError> {
    let outcome = |steps: &[engine::Command], after| {
        // A gate is looked at anew by every start.
        let is_gate = |step: &&engine::Command| matches!(step, engine::Command::SetGate(..));
        let mut lasting = steps.iter().filter(|step| !is_gate(step));
        if lasting.all(|step| replica.model().has_taken(step, after)) {
            Outcome::Done(done_after_restart(steps))
        } else {
            let reason = "heikin stopped before all of it was carried out: look at /status, and \
                          ask again";
            Outcome::Refused(Refusal::Rule { reason: reason.to_owned() })
        }
    };
    let unfinished = ledger.state().commands().unfinished();
    let settled: Vec<_> = unfinished
        .map(|(request, steps, after)| (request.clone(), outcome(steps, after)))
        .collect();
    let events = settled.iter().map(|(request, outcome)| Event::Finished {
        request: request.clone(),
        outcome: Box::new(outcome.clone()),
        // It was kept when it was begun.
        mark: None,
    });
    let events = events.collect();
    ledger.record(now, events)?;
    ledger.sync()?;
    Ok(settled.into_iter().map(|(request, _)| request).collect())
}

fn done_after_restart(steps: &[engine::Command]) -> Done {
    let legs = Vec::new;
    match steps.last() {
        Some(engine::Command::Configure(_)) => Done::Changed { changes: Vec::new() },
        Some(engine::Command::Stop) => Done::Stopped { legs: legs() },
        Some(engine::Command::Pause(_)) => Done::Paused { target: Target::All, legs: legs() },
        Some(engine::Command::Resume(_)) => Done::Resumed { target: Target::All },
        Some(engine::Command::Close(_)) => Done::Closing { legs: legs() },
        Some(engine::Command::Panic) => Done::Panicked { legs: legs() },
        _ => Done::Started,
    }
}
