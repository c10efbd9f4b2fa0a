//! Candles with what was done on them.

use heikin_bot::backend::{BackendError, Bar, ChartData, ChartLine, Trader};
use heikin_core::engine;
use heikin_core::market::{Side, TickPrice};
use heikin_core::time::Timestamp;

use crate::control::account::{Replica, words};

/// The most candles.
const MOST: u16 = 500;

/// A trader of the engine by what it trades.
pub(super) fn find(replica: &Replica, trader: Trader) -> Result<&engine::Trader, BackendError> {
    let engine = replica.engine();
    let mut traders = engine.traders().iter();
    let found = traders.find(|it| words::trader(engine, it) == Some(trader));
    found.ok_or_else(|| BackendError::NotFound { what: format!("trader {trader}") })
}

pub(super) fn chart(
    replica: &Replica,
    trader: Trader,
    candles: u16,
) -> Result<ChartData, BackendError> {
    let engine = replica.engine();
    let of = find(replica, trader)?;
    let model = replica.model().trader(of.id());
    let wanted = usize::from(candles.clamp(1, MOST));
    let mut bars: Vec<Bar> = Vec::new();
    let mut stops: Vec<ChartLine> = Vec::new();
    if let Some(model) = model {
        let from = model.bars.len().saturating_sub(wanted);
        bars.extend(model.bars.iter().skip(from));
        let since = bars.first().map_or(Timestamp::EPOCH, |bar| bar.opened_at);
        let within = |line: &&ChartLine| line.to.is_none_or(|to| since < to);
        stops.extend(model.stops.iter().filter(within));
    }
    let since = bars.first().map_or(Timestamp::EPOCH, |bar| bar.opened_at);
    let entry = of.live_orders().find(|order| order.terms.side == Side::Buy);
    let open = of.position().open.as_ref();
    Ok(ChartData {
        trader,
        mode: replica.mode(),
        bars,
        is_forming: false,
        markers: replica.model().markers(trader, since),
        stops,
        entry: entry
            .and_then(|it| it.terms.kind.trigger().or(it.terms.kind.worst_price()))
            .map(TickPrice::price),
        stop: open.and_then(|open| open.stop).map(TickPrice::price),
        average_entry: open.and_then(|open| open.cost.price_of(open.bought)),
        price: engine.market_of(of).and_then(engine::Market::quote).map(|quote| quote.bid),
    })
}
