//! What is left when heikin stops, and on the exchange goes on without it.

use heikin_core::engine::Engine;
use heikin_core::market::{LotQuantity, Symbol};
use heikin_core::num::Quantity;
use heikin_core::order::{ClientOrderId, Order, Side};

/// How an account stands at the end of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Positions that stay open.
    pub positions: Vec<LeftPosition>,
    /// Entries that could not be withdrawn in time: they may still be open, and filled.
    pub entries: Vec<ClientOrderId>,
}

/// A position that stays open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftPosition {
    /// Of which symbol.
    pub symbol: Symbol,
    /// How much is held.
    pub held: Quantity,
    /// The orders that protect it, which stay on the exchange.
    pub protection: Vec<ClientOrderId>,
    /// Whether the exchange has acknowledged all of them, and the outcome of none is in question.
    pub is_confirmed: bool,
    /// How much of it no order covers, less what is too little to be sold.
    pub uncovered: Quantity,
}

impl Closing {
    /// Of an engine that does nothing more.
    pub fn of(engine: &Engine) -> Self {
        let mut closing = Self { positions: Vec::new(), entries: Vec::new() };
        for trader in engine.traders() {
            let live = || trader.live_orders();
            closing.entries.extend(live().filter(|order| is_entry(order)).map(|order| order.id));
            let Some(market) = engine.market_of(trader).filter(|_| trader.position().is_open())
            else {
                continue;
            };
            let protection = || live().filter(|order| order.terms.side == Side::Sell);
            let covered = protection()
                .map(Order::remaining)
                .fold(Quantity::ZERO, |sum, more| sum.plus(more).unwrap_or(sum));
            let rest = trader.position().held.saturating_minus(covered);
            let uncovered =
                market.rules().floor_lot(rest).map_or(Quantity::ZERO, LotQuantity::quantity);
            closing.positions.push(LeftPosition {
                symbol: market.rules().symbol,
                held: trader.position().held,
                protection: protection().map(|order| order.id).collect(),
                is_confirmed: protection().all(|order| order.is_known() && !order.has_questions()),
                uncovered,
            });
        }
        closing
    }
}

/// Whether an order opens, or adds to, a position.
pub(super) fn is_entry(order: &Order) -> bool {
    order.terms.side == Side::Buy
}
