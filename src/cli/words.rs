//! Decisions and alerts in plain words.

use heikin_core::engine::Alert;
use heikin_core::order::{Close, Denial, OrderKind, Reason, Refusal, Skip, Surprise};
use heikin_core::time::Span;

use super::figures::{money, span};

/// The order type as people call it.
pub(super) const fn kind(kind: &OrderKind) -> &'static str {
    match kind {
        OrderKind::Limit { .. } => "limit",
        OrderKind::Market => "market",
        OrderKind::StopLossLimit { .. } => "stop-limit",
        OrderKind::StopLoss { .. } => "stop-market",
        OrderKind::Bracket { .. } => "bracket",
    }
}

/// Why a position was sold, in a word or two.
pub(super) const fn exit(reason: Reason) -> &'static str {
    match reason {
        Reason::Stop => "stop",
        Reason::Rescue => "rescue",
        Reason::LastResort => "market",
        Reason::RedCandle => "red candle",
        Reason::StopAlreadyThrough => "at once",
        Reason::TakeProfit => "target",
        Reason::CloseCommand => "closed",
        Reason::Panic => "panic",
        Reason::SoldByHand => "by hand",
        Reason::Recovered => "recovered",
        Reason::Breakout | Reason::AlreadyThrough | Reason::Signal => "signal",
    }
}

/// Why an order is placed.
pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Breakout => "breakout",
        Reason::AlreadyThrough => "the market had passed the trigger",
        Reason::Stop => "stop",
        Reason::Rescue => "the stop was jumped over",
        Reason::LastResort => "last resort",
        Reason::RedCandle => "red candle",
        Reason::StopAlreadyThrough => "the market was below the stop",
        Reason::TakeProfit => "target",
        Reason::CloseCommand => "asked to close",
        Reason::Panic => "panic",
        Reason::Signal => "signal",
        Reason::SoldByHand => "sold by hand",
        Reason::Recovered => "recovered, the journal had lost it",
    }
}

/// Why no entry is open.
pub(super) const fn skip(skip: Skip) -> &'static str {
    match skip {
        Skip::WarmingUp | Skip::NoAverageTrueRange | Skip::NoMovingAverage => "warming up",
        Skip::BelowMovingAverage => "close below the moving average",
        Skip::NotGreen => "the last candle is red",
        Skip::BodyTooSmall => "the last candle's body is too small",
        Skip::LowerWick => "the last candle has a lower wick",
        Skip::StaleCandle => "catching up",
        Skip::NoQuote => "no price yet",
        Skip::NoRoomForStop => "no room for a stop",
        Skip::PriceOutOfRange => "price out of the symbol's range",
        Skip::QuantityTooSmall => "quantity too small",
        Skip::BelowMinNotional => "value below the symbol's least",
        Skip::CouldNotLeave => "the position could not be sold again",
        Skip::AboveLimit => "the market is above the limit",
        Skip::AlreadyThrough => "the market has passed the trigger",
        Skip::TooSmallToProtect => "too small to protect",
        Skip::NoSignal => "no signal",
        Skip::RulesChanged => "the symbol's rules have changed",
        Skip::Denied(denied) => denial(denied),
    }
}

const fn denial(denial: Denial) -> &'static str {
    match denial {
        Denial::ConfidenceTooLow => "confidence too low",
        Denial::FreeBalanceTooLow => "free balance too low",
        Denial::TradeTooLarge => "trade too large",
        Denial::TooManyOpenTrades => "too many open trades",
        Denial::TooManyTradesToday => "too many trades today",
        Denial::CoolingDown => "cooling down after a trade",
        Denial::DailyLoss => "daily loss limit reached",
        Denial::Drawdown => "drawdown limit reached",
        Denial::Paused => "entries are off",
        Denial::UnresolvedOrder => "an order's outcome is unknown",
        Denial::SymbolClosed => "the symbol does not trade",
        Denial::TooManyOrders => "too many open orders",
    }
}

/// An alert that is neither a fill nor a closed trade.
pub(super) fn alert(alert: &Alert) -> Option<String> {
    Some(match alert {
        Alert::Filled { .. } | Alert::TradeClosed(_) => return None,
        Alert::Denied { denial: why, .. } => format!("entry denied: {}", denial(*why)),
        Alert::OrderFailed { close: Close::Refused(why), .. } => {
            format!("order refused: {}", refusal(*why))
        }
        Alert::OrderFailed { close, .. } => format!("order {}", ended(*close)),
        Alert::Unprotected { quantity, .. } => format!("{quantity} without a stop"),
        Alert::Protected { .. } => "protected again".to_owned(),
        Alert::DustCarried { held, .. } => format!("{held} too little to sell, kept"),
        Alert::Surprise { surprise, .. } => match surprise {
            Surprise::Revived => "an order is there after all".to_owned(),
            Surprise::FillAfterClose => "a fill after the order's end".to_owned(),
            Surprise::Overfilled => "more filled than asked".to_owned(),
        },
        Alert::BalanceChanged { asset, amount } => format!("{asset} changed by {}", money(*amount)),
        Alert::PositionSoldByHand { .. } => "position sold by hand".to_owned(),
        Alert::Unexplained { .. } => "an order's outcome is unknown".to_owned(),
        Alert::Recovered { .. } => "an order that the journal had lost".to_owned(),
        Alert::CandleGap { closed, opened, .. } => {
            let missing = opened.since(*closed + Span::from_millis(1));
            format!("candles missing: {}", span(missing))
        }
    })
}

const fn ended(close: Close) -> &'static str {
    match close {
        Close::Filled => "filled",
        Close::Canceled => "cancelled",
        Close::Expired(_) => "expired",
        Close::Rejected | Close::Refused(_) => "refused",
        Close::NotSent => "not sent",
        Close::Absent => "never placed",
    }
}

/// A definite no of the exchange, and what mends it where people can.
pub(super) fn refusal(refusal: Refusal) -> String {
    let remedy = match refusal {
        Refusal::ClockSkew => ": let NTP set it",
        Refusal::KeyRejected => {
            ": check key and secret in .env, that the key is of this exchange, and its list of allowed \
             addresses"
        }
        Refusal::Other(-1_121) => {
            return "it has no such symbol: mend `symbol` in heikin.toml".to_owned();
        }
        _ => "",
    };
    format!("{refusal}{remedy}")
}
