//! The engine's vocabulary in that of the port.

use heikin_bot::backend::{
    BasisPoints, Mode, OpenOrder, OrderNumber, OrderPhase, OrderWork, Position, Protection,
    Resolving, TradeLine, TradeNumber, Trader, TraderState,
};
use heikin_core::engine::{self, Engine, Market};
use heikin_core::ledger::Trade;
use heikin_core::market::{LotQuantity, Side, TickPrice};
use heikin_core::num::{Money, Quantity};
use heikin_core::order::{
    Close, ExpiryReason, Order, OrderKind, Phase, Refusal, Slot, SlotState, TraderId,
};
use heikin_core::strategy;

use crate::config;

/// Whose money.
pub const fn mode(mode: &config::Mode) -> Mode {
    match mode {
        config::Mode::Demo => Mode::Demo,
        config::Mode::Paper => Mode::Paper,
        config::Mode::Testnet(_) => Mode::Testnet,
        config::Mode::Live(..) => Mode::Live,
    }
}

/// A trader by what it trades.
pub fn trader(engine: &Engine, trader: &engine::Trader) -> Option<Trader> {
    let symbol = engine.market_of(trader)?.rules().symbol;
    Some(Trader { symbol, interval: trader.interval() })
}

/// A trader by its number.
pub fn trader_by_id(engine: &Engine, id: TraderId) -> Option<Trader> {
    trader(engine, engine.traders().get(usize::from(id.0))?)
}

/// What a trader is doing.
pub const fn state(state: strategy::TraderState) -> TraderState {
    match state {
        strategy::TraderState::None => TraderState::None,
        strategy::TraderState::Long => TraderState::Long,
        strategy::TraderState::ClosedLong => TraderState::ClosedLong,
    }
}

/// What an order waits for.
pub fn work(kind: &OrderKind) -> OrderWork {
    match *kind {
        OrderKind::Limit { price } => OrderWork::Limit { price: price.price() },
        OrderKind::Market => OrderWork::Market,
        OrderKind::StopLossLimit { trigger, limit } => {
            OrderWork::Stop { trigger: trigger.price(), limit: Some(limit.price()) }
        }
        OrderKind::StopLoss { trigger } => {
            OrderWork::Stop { trigger: trigger.price(), limit: None }
        }
        OrderKind::Bracket { target, trigger, limit } => OrderWork::Bracket {
            target: target.price(),
            trigger: trigger.price(),
            limit: limit.price(),
        },
    }
}

/// An open order under its number.
pub fn open_order(order: &Order, trader: Trader, number: OrderNumber) -> OpenOrder {
    let phase = match order.phase {
        Phase::Submitting => OrderPhase::Submitting,
        Phase::Canceling => OrderPhase::Canceling,
        Phase::Unresolved => OrderPhase::Unknown,
        Phase::Working | Phase::Closed(_) if !order.executed().is_zero() => {
            OrderPhase::PartiallyFilled
        }
        Phase::Working | Phase::Closed(_) => {
            let is_stop = order.terms.kind.trigger().is_some();
            if is_stop && order.working_since.is_some() {
                OrderPhase::Triggered
            } else {
                OrderPhase::Working
            }
        }
    };
    let resolving = order.resolve.as_ref().map(|resolve| Resolving {
        since: order.phase_since,
        asked: resolve.queries(),
        next_at: Some(resolve.wake_at()),
    });
    OpenOrder {
        number,
        trader,
        client_id: order.id.to_string(),
        side: order.terms.side,
        work: work(&order.terms.kind),
        quantity: order.terms.quantity.quantity(),
        filled: order.executed(),
        phase,
        reason: order.reason,
        placed_at: order.decided_at,
        resolving: resolving.filter(|_| phase == OrderPhase::Unknown),
    }
}

/// What protects a trader's open position; none without one.
pub fn protection(engine: &Engine, trader: &engine::Trader) -> Option<Protection> {
    let open = trader.position().open.as_ref()?;
    let now = engine.now();
    let exits = trader.slot(Slot::Exit).into_iter().flat_map(SlotState::live);
    let exits: Vec<&Order> = exits.filter(|order| order.terms.side == Side::Sell).collect();
    let Some(first) = exits.first() else {
        return Some(Protection::Unprotected { since: open.unprotected_since.unwrap_or(now) });
    };
    let last = exits.last().unwrap_or(first);
    if last.reason.is_leaving() || open.triggered_at.is_some() {
        let since = open.triggered_at.unwrap_or(last.decided_at);
        let price = last.terms.kind.worst_price().map(TickPrice::price);
        return Some(Protection::Leaving { price, since });
    }
    // One that is being replaced rests until it is.
    let resting = exits.iter().find(|it| matches!(it.phase, Phase::Working | Phase::Canceling));
    Some(
        match (resting.and_then(|it| Some((it, it.terms.kind.trigger()?))), open.unprotected_since)
        {
            (Some(_), Some(since)) => Protection::Unprotected { since },
            (Some((order, trigger)), None) => {
                let limit = order.terms.kind.worst_price().map(TickPrice::price);
                let is_market = matches!(order.terms.kind, OrderKind::StopLoss { .. });
                let limit = limit.filter(|_| !is_market);
                Protection::OnExchange { trigger: trigger.price(), limit }
            }
            (None, _) => Protection::Placing { since: last.decided_at },
        },
    )
}

/// A trader's open position.
pub fn position(engine: &Engine, trader: &engine::Trader) -> Option<Position> {
    let market = engine.market_of(trader)?;
    let position = trader.position();
    let open = position.open.as_ref()?;
    let rules = market.rules();
    let fee = market.fees().taker;
    let protection = protection(engine, trader)?;
    let price = market.quote().map(|quote| quote.bid);
    let at_stop = match protection {
        Protection::OnExchange { trigger, limit } => Some(limit.unwrap_or(trigger)),
        _ => None,
    };
    let lot = rules.floor_lot(position.held);
    Some(Position {
        trader: self::trader(engine, trader)?,
        number: TradeNumber(open.number),
        base: rules.base,
        quote: rules.quote,
        quantity: lot.map_or(Quantity::ZERO, LotQuantity::quantity),
        entry: open.cost.price_of(open.bought)?,
        cost: open.cost,
        opened_at: open.entered_at,
        price,
        unrealized: price.map(|price| position.unrealized(price, fee)),
        at_stop: at_stop.map(|price| position.unrealized(price, fee)),
        protection,
    })
}

/// A closed trade. Its fees are what lies between the results before and after them; commissions in
/// a third asset are not in either, as in [`Trade::net_quote`].
pub fn trade_line(trade: &Trade, trader: Trader, market: &Market) -> Option<TradeLine> {
    let net = trade.net_quote();
    Some(TradeLine {
        number: TradeNumber(trade.number),
        trader,
        quote: market.rules().quote,
        entered_at: trade.entered_at,
        exited_at: trade.exited_at,
        quantity: trade.sold,
        entry: trade.entry_price()?,
        exit: trade.exit_price()?,
        fees: trade.gross_quote() - net,
        net,
        return_on_cost: basis_points(net, trade.cost),
        exit_reason: trade.exit_reason,
    })
}

/// A share in hundredths of a percent, rounded toward zero; nothing of nothing is nothing.
pub fn basis_points(part: Money, whole: Money) -> BasisPoints {
    let share = part.units().checked_mul(10_000).and_then(|it| it.checked_div(whole.units()));
    BasisPoints(share.and_then(|share| i64::try_from(share).ok()).unwrap_or(0))
}

/// How an order ended, in words.
pub fn ended(close: Close) -> String {
    match close {
        Close::Filled => "it was filled".to_owned(),
        Close::Canceled => "it was cancelled".to_owned(),
        Close::Expired(why) => format!("it expired{}", expiry(why)),
        Close::Rejected => "the exchange took it in and then rejected it".to_owned(),
        Close::Refused(why) => format!("the exchange refused it: {}", refusal(why)),
        Close::NotSent => "it was decided too late and not sent".to_owned(),
        Close::Absent => "it never reached the exchange".to_owned(),
    }
}

fn expiry(why: ExpiryReason) -> String {
    format!(" ({why:?})").to_lowercase()
}

fn refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::ClockSkew => format!("{refusal}: let NTP set it"),
        Refusal::WouldTakeImmediately | Refusal::PriceRelation | Refusal::PartlyFilled => {
            "its prices do not fit the market any more".to_owned()
        }
        other => other.to_string(),
    }
}
