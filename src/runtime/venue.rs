//! Whoever does what the engine asks for.

use heikin_core::engine::{Effect, Engine, Input};
use heikin_core::order::ClientOrderId;
use heikin_core::time::Timestamp;

use super::paper::Paper;
use crate::exchange::binance::gateway::Gateway;
use crate::exchange::binance::requests::{OrderRef, Shape};

/// An account's venue. It never waits: what comes of a request arrives as an input.
#[derive(Debug)]
pub enum Venue {
    /// Binance, or whatever speaks its wire at the configured addresses.
    Binance(Gateway),
    /// Fills by the matching model, on real quotes.
    Paper(Box<Paper>),
}

impl Venue {
    /// Starts doing what the engine asked for. What stays inside, or is for people, is no business
    /// of the venue's.
    pub fn perform(&mut self, effect: &Effect, engine: &Engine) {
        match self {
            Self::Binance(gateway) => gateway.perform(effect, named(effect, engine)),
            Self::Paper(paper) => paper.perform(effect),
        }
    }

    /// What the venue has answered without a wire in between, oldest first.
    pub fn next_answer(&mut self) -> Option<(Timestamp, Input)> {
        match self {
            Self::Binance(_) => None,
            Self::Paper(paper) => paper.next_answer(),
        }
    }

    /// How many requests are on their way, or wait to be sent.
    pub fn in_flight(&self) -> usize {
        match self {
            Self::Binance(gateway) => gateway.in_flight(),
            Self::Paper(_) => 0,
        }
    }
}

/// The order that an effect names, as the exchange has to be asked for it.
fn named(effect: &Effect, engine: &Engine) -> Option<OrderRef> {
    let id = match effect {
        Effect::Cancel { id, .. } | Effect::Query { id, .. } | Effect::FetchFills { id, .. } => *id,
        Effect::Replace { cancel, .. } => *cancel,
        Effect::Submit(_)
        | Effect::Decide { .. }
        | Effect::CarryDust { .. }
        | Effect::FetchAccount { .. }
        | Effect::FetchRules { .. }
        | Effect::Notify(_) => return None,
    };
    order_ref(id, engine)
}

fn order_ref(id: ClientOrderId, engine: &Engine) -> Option<OrderRef> {
    let order = engine.order(id)?;
    let trader = engine.traders().get(usize::from(id.trader().0))?;
    let symbol = engine.market_of(trader)?.rules().symbol;
    Some(OrderRef {
        symbol,
        id: order.id,
        venue_id: order.venue_id,
        shape: Shape::of(&order.terms),
    })
}
