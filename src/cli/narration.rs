//! What goes in and out of an engine, a line each.

use heikin_core::engine::{Alert, Command, Configuration, Effect, Engine, GateState, Input};
use heikin_core::market::{Side, TickPrice};
use heikin_core::order::{
    CancelAnswer, NewOrder, OrderState, QueryAnswer, SubmitAnswer, TraderId, VenueStatus,
};

use super::figures::{percent, signed};
use super::words;
use crate::runtime::status::gate_name;

/// Whom an effect concerns, and what it is; none where nobody outside the engine is concerned.
pub(super) fn effect(effect: &Effect, engine: &Engine) -> Option<(String, String)> {
    Some(match effect {
        Effect::Submit(new) => (name(engine, new.id.trader()), order(new)),
        Effect::Replace { submit, .. } => (name(engine, submit.id.trader()), order(submit)),
        Effect::Cancel { id, .. } => (name(engine, id.trader()), format!("cancel {id}")),
        Effect::Notify(alert) => {
            let who = trader_of(alert)
                .map_or_else(|| "account".to_owned(), |trader| name(engine, trader));
            (who, self::alert(alert))
        }
        Effect::Decide { .. }
        | Effect::CarryDust { .. }
        | Effect::Query { .. }
        | Effect::FetchFills { .. }
        | Effect::FetchAccount { .. }
        | Effect::FetchRules { .. } => return None,
    })
}

/// An order as it is placed: `buy 0.01 stop-limit at 100.5 limit 101 (breakout)`.
fn order(order: &NewOrder) -> String {
    let terms = &order.terms;
    let price = |price: Option<TickPrice>| {
        price.map_or_else(|| "market".to_owned(), |price| price.to_string())
    };
    let levels = match (terms.kind.trigger(), terms.kind.worst_price()) {
        (Some(trigger), Some(limit)) if trigger != limit => {
            format!("{trigger} limit {limit}")
        }
        (_, worst) => price(worst),
    };
    let (verb, kind) = (infinitive(terms.side), words::kind(&terms.kind));
    let why = words::reason(order.reason);
    format!("{verb} {} {kind} at {levels} ({why})", terms.quantity)
}

const fn infinitive(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn alert(alert: &Alert) -> String {
    match alert {
        Alert::Filled { side, reason, price, quantity, remaining, .. } => {
            let verb = if *side == Side::Buy { "bought" } else { "sold" };
            let rest = if remaining.is_zero() {
                String::new()
            } else {
                format!(", {remaining} still open")
            };
            let why = words::reason(*reason);
            format!("{verb} {quantity} at {price} ({why}){rest}")
        }
        Alert::TradeClosed(trade) => {
            let net = trade.net_quote();
            let share = percent(net, trade.cost);
            format!("trade #{} closed: {} ({share})", trade.number, signed(net))
        }
        other => words::alert(other).unwrap_or_default(),
    }
}

/// What reached the engine.
pub(super) fn input(input: &Input, engine: &Engine) -> String {
    match input {
        Input::Started => "the process started".to_owned(),
        Input::Time => "a deadline".to_owned(),
        Input::Candle { symbol, interval, candle, .. } => format!(
            "{symbol} {interval} closed at {} (open {}, high {}, low {})",
            candle.close(),
            candle.open(),
            candle.high(),
            candle.low()
        ),
        Input::Quote { symbol, quote } => {
            format!("{symbol} bid {} ask {}", quote.bid, quote.ask)
        }
        Input::Report { report, .. } => {
            let fill = report
                .fill
                .as_ref()
                .map_or_else(String::new, |fill| format!(": {} at {}", fill.quantity, fill.price));
            format!("{} is {}{fill}", report.state.id, status(&report.state))
        }
        Input::Submitted { id, answer } => format!("{id}: {}", submitted(answer)),
        Input::Canceled { id, answer } => format!("{id}: {}", canceled(answer)),
        Input::Replaced { canceled: old, cancel, submitted: new, submit } => {
            let submit = submit.as_ref().map_or("not attempted".to_owned(), submitted);
            format!("{old}: {}; {new}: {submit}", canceled(cancel))
        }
        Input::Queried { id, answer } => format!("{id}: {}", queried(answer)),
        Input::Account(Ok(snapshot)) => format!(
            "the account: {} assets, {} orders, {} fills",
            snapshot.balances.len(),
            snapshot.orders.len(),
            snapshot.fills.len()
        ),
        Input::Account(Err(_)) => "the account could not be read".to_owned(),
        Input::Balances { balances, .. } => {
            let assets: Vec<_> = balances.iter().map(|balance| balance.asset.to_string()).collect();
            format!("balances changed: {}", assets.join(", "))
        }
        Input::StreamRestored => "user events arrive again".to_owned(),
        Input::Rules(rules) => format!("rules of {}", rules.symbol),
        Input::Fees { symbol, .. } => format!("fees of {symbol}"),
        Input::Command(given) => command(given, engine),
    }
}

fn command(command: &Command, engine: &Engine) -> String {
    let of = |trader: Option<TraderId>| {
        trader.map_or_else(|| "all".to_owned(), |trader| name(engine, trader))
    };
    match *command {
        Command::Pause(trader) => format!("told to pause {}", of(trader)),
        Command::Resume(trader) => format!("told to resume {}", of(trader)),
        Command::Stop => "told to stop".to_owned(),
        Command::Start => "told to start".to_owned(),
        Command::Close(trader) => format!("told to close {}", of(trader)),
        Command::Panic => "panic".to_owned(),
        Command::Adopt(trader, quantity) => {
            format!("told to adopt {quantity} for {}", of(Some(trader)))
        }
        Command::Configure(ref change) => configuration(change, engine),
        Command::SetGate(gate, GateState::Closed) => format!("no entries: {}", gate_name(gate)),
        Command::SetGate(gate, GateState::Open) => format!("over: {}", gate_name(gate)),
    }
}

fn configuration(change: &Configuration, engine: &Engine) -> String {
    let limits = change.limits.iter().map(|_| "limits".to_owned());
    let traders = change.traders.iter().map(|(trader, _)| name(engine, *trader));
    let of: Vec<_> = limits.chain(traders).collect();
    format!("told the settings of {}", of.join(", "))
}

fn submitted(answer: &SubmitAnswer) -> String {
    match answer {
        SubmitAnswer::Placed(state) => format!("placed, {}", status(state)),
        SubmitAnswer::Refused { refusal, .. } => format!("refused, {}", words::refusal(*refusal)),
        SubmitAnswer::Exists => "is there already".to_owned(),
        SubmitAnswer::Unknown => "no answer".to_owned(),
        SubmitAnswer::NotSent => "not sent".to_owned(),
    }
}

fn canceled(answer: &CancelAnswer) -> String {
    match answer {
        CancelAnswer::Canceled(_) => "cancelled".to_owned(),
        CancelAnswer::NotOpen => "not open, so not cancelled".to_owned(),
        CancelAnswer::Refused { refusal, .. } => {
            format!("not cancelled, {}", words::refusal(*refusal))
        }
        CancelAnswer::Unknown => "cancelled or not: no answer".to_owned(),
        CancelAnswer::NotSent => "its cancellation was not sent".to_owned(),
    }
}

fn queried(answer: &QueryAnswer) -> String {
    match answer {
        QueryAnswer::Found(state) => format!("found, {}", status(state)),
        QueryAnswer::NotFound => "not found, which proves nothing".to_owned(),
        QueryAnswer::Archived => "too old to be asked for".to_owned(),
        QueryAnswer::Failed(_) => "could not be asked for".to_owned(),
    }
}

fn status(state: &OrderState) -> String {
    let executed = if state.executed.is_zero() {
        String::new()
    } else {
        format!(", {} executed", state.executed)
    };
    let status = match state.status {
        VenueStatus::Open => "open",
        VenueStatus::Filled => "filled",
        VenueStatus::Canceled => "cancelled",
        VenueStatus::Expired(_) => "ended by the exchange",
        VenueStatus::Rejected => "rejected",
    };
    format!("{status}{executed}")
}

/// A trader as people know it: its symbol and interval.
fn name(engine: &Engine, trader: TraderId) -> String {
    let found = engine.traders().get(usize::from(trader.0));
    let market = found.and_then(|trader| Some((trader, engine.market_of(trader)?)));
    market.map_or_else(
        || format!("trader {}", trader.0),
        |(trader, market)| format!("{} {}", market.rules().symbol, trader.interval()),
    )
}

const fn trader_of(alert: &Alert) -> Option<TraderId> {
    match alert {
        Alert::Filled { id, .. }
        | Alert::OrderFailed { id, .. }
        | Alert::Surprise { id, .. }
        | Alert::Recovered { id, .. }
        | Alert::Unexplained { id } => Some(id.trader()),
        Alert::TradeClosed(trade) => Some(trade.trader),
        Alert::Denied { trader, .. }
        | Alert::Unprotected { trader, .. }
        | Alert::Protected { trader }
        | Alert::DustCarried { trader, .. }
        | Alert::PositionSoldByHand { trader, .. }
        | Alert::CandleGap { trader, .. } => Some(*trader),
        Alert::BalanceChanged { .. } => None,
    }
}
