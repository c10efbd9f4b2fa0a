//! Whether the product knows what is true.

use std::collections::{BTreeMap, BTreeSet};

use heikin_core::num::Money;
use heikin_core::order::{ClientOrderId, ClientOrderIdParts};
use serde_json::Value;

use crate::scene::is_open;

/// What may stay without a stop, in the quote asset: the exchange takes no order for less than 5.
const DUST: &str = "6";

/// Compares the product's status with the exchange's state, of which only the first account counts.
///
/// # Errors
///
/// The first thing that they do not agree on.
pub(crate) fn agreement(status: &Value, state: &Value) -> Result<(), String> {
    let account = &state["accounts"][0];
    let orders = account["orders"].as_array().unwrap();
    if status["reconciled"] != true || status["in_flight"] != 0 {
        return Err("something is on its way, or not reconciled".to_owned());
    }
    let known = ours(status);
    let open: BTreeMap<_, _> = orders
        .iter()
        .filter(|order| is_open(order))
        .map(|order| (text(&order["clientOrderId"]), money(&order["executedQty"])))
        .collect();
    if known != open {
        return Err(format!("open orders: {known:?} known, {open:?} there"));
    }
    for balance in account["balances"].as_array().unwrap() {
        let total = money(&balance["free"]) + money(&balance["locked"]);
        let known = status["balances"].as_array().unwrap();
        let known = known.iter().find(|known| known["asset"] == balance["asset"]);
        let known = known.map_or(Money::ZERO, |known| money(&known["total"]));
        if known != total {
            return Err(format!("{}: {known} known, {total} there", balance["asset"]));
        }
    }
    protection(status, state)?;
    once_each(orders)
}

/// The orders that the product holds for open, and how much of them was executed.
fn ours(status: &Value) -> BTreeMap<String, Money> {
    let traders = status["traders"].as_array().unwrap();
    let orders = traders.iter().flat_map(|trader| trader["orders"].as_array().unwrap());
    orders.map(|order| (text(&order["id"]), money(&order["executed"]))).collect()
}

/// What is held is offered for sale at the exchange, but for dust.
fn protection(status: &Value, state: &Value) -> Result<(), String> {
    let trader = &status["traders"][0];
    let orders = state["accounts"][0]["orders"].as_array().unwrap();
    let sells = orders.iter().filter(|order| is_open(order) && order["side"] == "SELL");
    let covered = sells
        .map(|order| money(&order["origQty"]) + -money(&order["executedQty"]))
        .fold(Money::ZERO, |sum, part| sum + part);
    let bare = money(&trader["held"]) + -covered;
    let price = money(&state["markets"][0]["price"]).to_f64();
    // A rough value is enough here: nothing is traded by it.
    if bare.to_f64() * price > DUST.parse::<f64>().unwrap() {
        return Err(format!("{bare} held without a stop"));
    }
    if covered > money(&trader["held"]) {
        return Err(format!("{covered} offered, {} held", trader["held"]));
    }
    Ok(())
}

/// No client order id was taken in twice, and no decision was carried out in two of its attempts.
fn once_each(orders: &[Value]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    let mut executed = BTreeSet::new();
    for order in orders {
        let id = order.get("origClientOrderId").unwrap_or(&order["clientOrderId"]);
        // A person's orders have ids of another form.
        let Ok(id) = text(id).parse::<ClientOrderId>() else { continue };
        if !ids.insert(id) {
            return Err(format!("{id} is there twice"));
        }
        let ClientOrderIdParts { trader, slot, generation, part, .. } = id.parts();
        let is_live = is_open(order) || money(&order["executedQty"]) > Money::ZERO;
        if is_live && !executed.insert(format!("{trader:?} {slot:?} {generation} {part:?}")) {
            return Err(format!("{id}: two of its attempts were carried out"));
        }
    }
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub(crate) fn money(value: &Value) -> Money {
    value.as_str().map_or(Money::ZERO, |text| Money::parse(text).unwrap())
}
