//! The vocabulary of decisions, in words.

use heikin_core::market::Side;
use heikin_core::order::{Denial, Reason, Skip};

use super::figures;
use crate::backend::{
    AlertKind, Control, Effectiveness, Loudness, OrderPhase, OrderWork, Target, TraderState,
};

/// Why an order was placed.
pub const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Breakout => "breakout above the Heikin-Ashi high",
        Reason::AlreadyThrough => "breakout, market already through",
        Reason::Stop => "stop",
        Reason::Rescue => "stop, rescued",
        Reason::LastResort => "stop, last resort at market",
        Reason::RedCandle => "Heikin-Ashi turned red",
        Reason::StopAlreadyThrough => "stop was already through",
        Reason::TakeProfit => "take profit",
        Reason::CloseCommand => "closed by command",
        Reason::Panic => "panic",
        Reason::Signal => "signal",
        Reason::Recovered => "recovered, heikin's journal had lost it",
        Reason::SoldByHand => "sold by hand",
    }
}

/// Why no entry was wanted.
pub const fn skip(skip: Skip) -> &'static str {
    match skip {
        Skip::WarmingUp => "still warming up",
        Skip::NoAverageTrueRange => "the average true range needs more candles",
        Skip::NoMovingAverage => "the moving average needs more candles",
        Skip::BelowMovingAverage => "the close is not above the moving average",
        Skip::NotGreen => "the Heikin-Ashi candle is not green",
        Skip::BodyTooSmall => "the Heikin-Ashi body is too small",
        Skip::LowerWick => "the Heikin-Ashi candle has a lower wick",
        Skip::StaleCandle => "a newer candle has closed since",
        Skip::NoQuote => "no price of the market is known",
        Skip::NoRoomForStop => "its stop would not lie below it",
        Skip::PriceOutOfRange => "its price is outside the exchange's range",
        Skip::QuantityTooSmall => "its quantity would be too small",
        Skip::BelowMinNotional => "it would be worth less than the exchange takes",
        Skip::CouldNotLeave => "it could not be sold again at the floor of its stop",
        Skip::AboveLimit => "the market is above its limit",
        Skip::AlreadyThrough => "the market is past its trigger",
        Skip::TooSmallToProtect => "what is held is too small to protect",
        Skip::RulesChanged => "the symbol's filters changed",
        Skip::NoSignal => "there is no signal",
        Skip::Denied(reason) => denial(reason),
    }
}

/// Which rule of the risk gate said no.
pub const fn denial(denial: Denial) -> &'static str {
    match denial {
        Denial::ConfidenceTooLow => "confidence too low",
        Denial::FreeBalanceTooLow => "free balance too low",
        Denial::TradeTooLarge => "trade too large",
        Denial::TooManyOpenTrades => "too many open trades",
        Denial::TooManyTradesToday => "too many trades today",
        Denial::CoolingDown => "cooling down after the last trade",
        Denial::DailyLoss => "daily loss at its limit",
        Denial::Drawdown => "drawdown at its limit",
        Denial::Paused => "entries are off",
        Denial::UnresolvedOrder => "an order's outcome is unknown",
        Denial::SymbolClosed => "the symbol does not trade",
        Denial::TooManyOrders => "the exchange takes no more orders on the symbol",
    }
}

/// What a trader is doing.
pub const fn state(state: TraderState) -> &'static str {
    match state {
        TraderState::None => "no position",
        TraderState::Long => "LONG",
        TraderState::ClosedLong => "closed, waiting to re-arm",
    }
}

/// Whether entries are placed, with the sign that leads a message.
pub const fn control(control: &Control) -> (&'static str, &'static str) {
    match control {
        Control::Running => ("🟢", "running"),
        Control::Paused => ("🟡", "paused"),
        Control::Stopped => ("🔴", "stopped"),
        Control::Panicked { .. } => ("🔴", "PANIC"),
        Control::Gated { .. } => ("🟡", "entries closed"),
    }
}

/// How far an order has come.
pub const fn phase(phase: OrderPhase) -> &'static str {
    match phase {
        OrderPhase::Submitting => "being sent",
        OrderPhase::Working => "on exchange ✓",
        OrderPhase::Triggered => "triggered, being sold",
        OrderPhase::PartiallyFilled => "partly filled",
        OrderPhase::Canceling => "being cancelled",
        OrderPhase::Unknown => "UNKNOWN",
    }
}

/// What an order waits for.
pub fn work(work: OrderWork) -> String {
    let price = figures::price;
    match work {
        OrderWork::Limit { price: limit } => format!("limit {}", price(limit)),
        OrderWork::Market => "market".to_owned(),
        OrderWork::Stop { trigger, limit: Some(limit) } => {
            format!("stop {} limit {}", price(trigger), price(limit))
        }
        OrderWork::Stop { trigger, limit: None } => format!("stop {} at market", price(trigger)),
        OrderWork::Bracket { target, trigger, .. } => {
            format!("target {} stop {}", price(target), price(trigger))
        }
    }
}

/// ▲ or ▼ with the word, so that the sign is not the only carrier.
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "▲ BUY",
        Side::Sell => "▼ SELL",
    }
}

/// What a command is about.
pub fn target(target: Target) -> String {
    match target {
        Target::All => "all traders".to_owned(),
        Target::Symbol { symbol } => symbol.to_string(),
        Target::Trader { trader } => trader.to_string(),
    }
}

/// When a changed setting holds.
pub const fn effectiveness(effective: Effectiveness) -> &'static str {
    match effective {
        Effectiveness::Now => "at once",
        Effectiveness::NextCandle => "from the next candle close on",
        Effectiveness::NextPosition => "from the next position on",
        Effectiveness::Restart => "after a restart",
    }
}

/// A kind of alert: as it is typed, and what it is.
pub const fn alert_kind(kind: AlertKind) -> (&'static str, &'static str) {
    match kind {
        AlertKind::Entry => ("entry", "entries placed"),
        AlertKind::Fill => ("fill", "fills"),
        AlertKind::Stop => ("stop", "stops raised"),
        AlertKind::Exit => ("exit", "closed trades"),
        AlertKind::Risk => ("risk", "risk rules"),
        AlertKind::Connection => ("connection", "connection"),
        AlertKind::Fault => ("fault", "faults"),
        AlertKind::Digest => ("digest", "daily digest"),
        AlertKind::People => ("people", "people and changes"),
        AlertKind::Subscription => ("subscription", "your subscription"),
        AlertKind::Broadcast => ("broadcast", "announcements"),
    }
}

/// As it is typed.
pub const fn loudness(loudness: Loudness) -> &'static str {
    match loudness {
        Loudness::Off => "off",
        Loudness::Silent => "silent",
        Loudness::Loud => "loud",
    }
}
