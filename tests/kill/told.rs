//! What heikin says of itself: the part of `/status` that is held against the exchange.

use heikin_core::market::Asset;
use heikin_core::num::{Money, Quantity};
use heikin_core::order::{ClientOrderId, Phase, Slot};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Told {
    reconciled: bool,
    entries_off: Vec<String>,
    pub(crate) traders: Vec<ToldTrader>,
    pub(crate) balances: Vec<ToldBalance>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToldTrader {
    pub(crate) trader: u16,
    pub(crate) held: Quantity,
    pub(crate) position: Option<ToldPosition>,
    pub(crate) orders: Vec<ToldOrder>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToldPosition {
    unprotected_since: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToldOrder {
    pub(crate) id: ClientOrderId,
    pub(crate) quantity: Quantity,
    pub(crate) executed: Quantity,
    pub(crate) phase: Phase,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ToldBalance {
    pub(crate) asset: Asset,
    pub(crate) total: Money,
}

impl Told {
    /// Whether it would trade. That the disk of the machine is slow is not held against it.
    pub(crate) fn is_ready(&self) -> bool {
        self.reconciled && self.entries_off.iter().all(|gate| gate == "slow_disk")
    }

    /// What keeps it from being ready.
    pub(crate) fn what_keeps_it(&self) -> String {
        format!("reconciled {}, entries off {:?}", self.reconciled, self.entries_off)
    }

    /// Orders of which it says itself that it does not know what became of them.
    pub(crate) fn unresolved(&self) -> usize {
        let orders = self.traders.iter().flat_map(|trader| &trader.orders);
        orders.filter(|order| order.phase == Phase::Unresolved).count()
    }
}

impl ToldTrader {
    /// Whether it says that its position lacks protection, and that the outcome of the placement of
    /// that protection is unknown.
    pub(crate) fn admits_no_protection(&self) -> bool {
        let says = |position: &ToldPosition| position.unprotected_since.is_some();
        let unknown =
            |order: &ToldOrder| order.phase == Phase::Unresolved && order.id.slot() == Slot::Exit;
        self.position.as_ref().is_some_and(says) && self.orders.iter().any(unknown)
    }
}
