//! How what heikin says and what the exchange knows differ.

use std::collections::BTreeMap;

use heikin_core::num::{Money, Quantity};
use heikin_core::order::{Phase, Side};

use crate::exchange::{MIN_NOTIONAL, STEP};
use crate::told::{Told, ToldTrader};
use crate::truth::Truth;

/// Every difference, in words. An order of unknown outcome is none where the exchange never saw it:
/// that it is absent takes half a minute to prove, and until then counts as live.
pub(crate) fn differences(truth: &Truth, told: &Told) -> Vec<String> {
    let mut found = Vec::new();
    for trader in &told.traders {
        of_orders(truth, trader, &mut found);
        let (says, is) = (trader.held, truth.held(trader.trader));
        if says != is {
            found.push(format!("trader {}: says it holds {says}, and holds {is}", trader.trader));
        }
    }
    let says: BTreeMap<_, _> = told.balances.iter().map(|it| (it.asset, it.total)).collect();
    for (asset, is) in &truth.balances {
        let says = says.get(asset).copied().unwrap_or(Money::ZERO);
        if says != *is {
            found.push(format!("{asset}: says {says}, and has {is}"));
        }
    }
    found
}

fn of_orders(truth: &Truth, trader: &ToldTrader, found: &mut Vec<String>) {
    for order in &trader.orders {
        let known = truth.open(trader.trader).find(|known| known.id == order.id);
        let id = order.id;
        match (order.phase, known) {
            (Phase::Working, Some(known)) => {
                let (says, is) =
                    ((order.quantity, order.executed), (known.quantity, known.executed));
                if says != is {
                    found.push(format!("{id}: says {says:?} of quantity and executed, but {is:?}"));
                }
            }
            (Phase::Working, None) => found.push(format!("{id}: says it is open, and it is not")),
            (Phase::Unresolved, None) if !truth.knows(id) => {}
            (phase, _) => found.push(format!("{id}: still {phase:?}")),
        }
    }
    for known in truth.open(trader.trader) {
        if !trader.orders.iter().any(|order| order.id == known.id) {
            found.push(format!("{}: it is open, and heikin does not know", known.id));
        }
    }
}

/// How much of what a trader holds no open SELL covers; none where it is dust at this price.
pub(crate) fn uncovered(
    truth: &Truth,
    trader: &ToldTrader,
    price: heikin_core::num::Price,
) -> Option<Quantity> {
    let sells = truth.open(trader.trader).filter(|order| order.side == Side::Sell);
    let covered = sells.fold(Quantity::ZERO, |sum, order| sum.plus(order.remaining()).unwrap());
    let bare = truth.held(trader.trader).saturating_minus(covered);
    let bare = bare.floor_to(STEP.parse().unwrap());
    (price.times(bare) >= MIN_NOTIONAL.parse().unwrap()).then_some(bare)
}
