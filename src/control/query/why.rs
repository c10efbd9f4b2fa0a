//! Why something was done, or not.

use heikin_bot::backend::{BackendError, Subject, TradeNumber, Trader, TraderState, Why, WhyOrder};
use heikin_core::engine;
use heikin_core::order::{Skip, TraderId};

use super::chart::find;
use crate::control::account::model::{DecisionNote, OrderNote, risk_sentence};
use crate::control::account::{Replica, words};

pub(super) fn why(replica: &Replica, subject: Subject) -> Result<Why, BackendError> {
    let model = replica.model();
    let forgotten = |what: String| BackendError::NotFound {
        what: format!("{what} among those that are remembered; older ones: heikin store export"),
    };
    match subject {
        Subject::Trader { trader } => {
            let of = find(replica, trader)?;
            let note = model.trader(of.id()).and_then(|it| it.decisions.back());
            let orders = live_orders(replica, of);
            Ok(explained(replica, (subject, trader, of), (note, None), orders))
        }
        Subject::Order { order } => {
            let note =
                model.order(order).ok_or_else(|| forgotten(format!("order o{}", order.0)))?;
            let of = find(replica, note.trader)?;
            let decision = decision_of(replica, of.id(), note);
            let orders = vec![why_order(note)];
            let about = (subject, note.trader, of);
            Ok(explained(replica, about, (decision, Some(note)), orders))
        }
        Subject::Trade { trade } => {
            let orders: Vec<&OrderNote> = model.orders_of(trade).collect();
            let first = orders.first().ok_or_else(|| forgotten(format!("trade #{}", trade.0)))?;
            let of = find(replica, first.trader)?;
            let decision = decision_of(replica, of.id(), first);
            let lines = orders.iter().map(|note| why_order(note)).collect();
            let about = (subject, first.trader, of);
            let mut why = explained(replica, about, (decision, Some(first)), lines);
            if let Some(ended) = end_of(replica, trade) {
                why.next = ended;
            }
            Ok(why)
        }
    }
}

/// What was decided at the candle that an order follows from.
fn decision_of<'a>(
    replica: &'a Replica,
    id: TraderId,
    order: &OrderNote,
) -> Option<&'a DecisionNote> {
    let decisions = &replica.model().trader(id)?.decisions;
    decisions.iter().rev().find(|note| note.cause <= order.cause)
}

fn explained(
    replica: &Replica,
    (subject, trader, of): (Subject, Trader, &engine::Trader),
    (note, order): (Option<&DecisionNote>, Option<&OrderNote>),
    orders: Vec<WhyOrder>,
) -> Why {
    let engine = replica.engine();
    let state = engine.state_of(of).map_or(TraderState::None, words::state);
    let risk = || {
        let quote = engine.market_of(of).map(|market| market.rules().quote);
        quote.map_or_else(String::new, |quote| risk_sentence(engine, quote))
    };
    let skipped = note.and_then(|note| note.skipped);
    let denied = match skipped {
        Some(Skip::Denied(denial)) => Some(denial),
        _ => None,
    };
    Why {
        subject,
        trader,
        cause: order.map(|it| it.cause).or(note.map(|it| it.cause)).unwrap_or(0),
        at: order.map(|it| it.at).or(note.map(|it| it.at)).unwrap_or_else(|| engine.now()),
        state: note.map_or(state, |note| note.state),
        candle: note.map(|note| note.values.clone()),
        rules: note.map(|note| note.rules.clone()).unwrap_or_default(),
        skipped: skipped.filter(|_| denied.is_none()),
        denied,
        risk: note.map_or_else(risk, |note| note.risk.clone()),
        orders,
        next: next(of, state),
    }
}

fn next(of: &engine::Trader, state: TraderState) -> String {
    let interval = of.interval();
    match state {
        TraderState::None => {
            format!("At the close of the next {interval} candle the entry is decided anew.")
        }
        TraderState::Long => format!(
            "The stop stands; at the close of the next {interval} candle it may rise, never fall."
        ),
        TraderState::ClosedLong => {
            format!(
                "The next entry comes when it is re-armed, at the close of a {interval} candle."
            )
        }
    }
}

fn end_of(replica: &Replica, trade: TradeNumber) -> Option<String> {
    let closed = replica.model().trades().iter().rev().find(|it| it.number == trade)?;
    Some(format!("It is over: {} {} after fees.", closed.net, closed.quote))
}

fn live_orders(replica: &Replica, of: &engine::Trader) -> Vec<WhyOrder> {
    let notes = of.live_orders().filter_map(|order| replica.model().order_by_id(order.id));
    notes.map(why_order).collect()
}

fn why_order(note: &OrderNote) -> WhyOrder {
    WhyOrder {
        number: note.number,
        side: note.side,
        work: note.work,
        quantity: note.quantity,
        reason: note.reason,
    }
}
