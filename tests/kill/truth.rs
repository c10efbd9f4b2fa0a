//! What the exchange knows of the account: the truth.

use std::collections::BTreeMap;

use heikin_core::market::Asset;
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{ClientOrderId, Side, Slot};
use serde_json::Value;

/// An order that the exchange took in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownOrder {
    pub(crate) id: ClientOrderId,
    pub(crate) venue_id: u64,
    pub(crate) is_open: bool,
    pub(crate) side: Side,
    pub(crate) quantity: Quantity,
    pub(crate) executed: Quantity,
}

impl KnownOrder {
    pub(crate) fn remaining(&self) -> Quantity {
        self.quantity.saturating_minus(self.executed)
    }
}

/// The account, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) orders: Vec<KnownOrder>,
    pub(crate) fills: usize,
    /// By trader: what its orders bought, less what they sold and were charged in the base asset.
    pub(crate) held: BTreeMap<u16, Quantity>,
    /// Free and locked.
    pub(crate) balances: BTreeMap<Asset, Money>,
    /// Orders that bear no id of ours.
    pub(crate) strangers: Vec<String>,
}

impl Truth {
    /// Reads what `GET /simulator/state` tells.
    pub(crate) fn of(state: &Value) -> Self {
        let account = &state["accounts"][0];
        let mut orders = Vec::new();
        let mut strangers = Vec::new();
        for row in rows(account, "orders") {
            match text(row, "origClientOrderId").or(text(row, "clientOrderId")) {
                Some(id) if id.parse::<ClientOrderId>().is_ok() => orders.push(order(row, id)),
                other => strangers.push(other.unwrap_or_default().to_owned()),
            }
        }
        let fills: Vec<_> = rows(account, "fills").collect();
        let held = held(&orders, &fills);
        let total = |row: &Value| {
            let part = |name| Money::parse(text(row, name).unwrap()).unwrap();
            (text(row, "asset").unwrap().parse().unwrap(), part("free") + part("locked"))
        };
        let balances = rows(account, "balances").map(total).collect();
        Self { orders, fills: fills.len(), held, balances, strangers }
    }

    /// What is open, of one trader.
    pub(crate) fn open(&self, trader: u16) -> impl Iterator<Item = &KnownOrder> {
        self.orders.iter().filter(move |order| order.is_open && order.id.trader().0 == trader)
    }

    pub(crate) fn knows(&self, id: ClientOrderId) -> bool {
        self.orders.iter().any(|order| order.id == id)
    }

    pub(crate) fn held(&self, trader: u16) -> Quantity {
        self.held.get(&trader).copied().unwrap_or_default()
    }

    /// What has to hold at every moment, whatever heikin knows: each order is one of ours, each slot
    /// has one order at most, and no decision is executed twice.
    pub(crate) fn violations(&self) -> Vec<String> {
        let stranger = |id: &String| format!("the order {id} is none of ours");
        let mut found: Vec<_> = self.strangers.iter().map(stranger).collect();
        let mut slots: BTreeMap<(u16, Slot), ClientOrderId> = BTreeMap::new();
        let mut decisions: BTreeMap<_, (Quantity, Quantity)> = BTreeMap::new();
        for order in &self.orders {
            let slot = (order.id.trader().0, order.id.slot());
            if order.is_open
                && let Some(other) = slots.insert(slot, order.id)
            {
                found.push(format!("{other} and {} are both open", order.id));
            }
            let (asked, executed) = decisions.entry((slot, order.id.generation())).or_default();
            *asked = order.quantity.max(*asked);
            *executed = executed.plus(order.executed).unwrap();
        }
        let too_much = decisions.iter().filter(|(_, (asked, executed))| executed > asked);
        found.extend(too_much.map(|(((trader, slot), generation), (asked, executed))| {
            format!("{slot} {generation} of trader {trader}: {executed} executed of {asked}")
        }));
        found
    }
}

/// The last price of a symbol, as the state tells it.
pub(crate) fn price(state: &Value, market: usize) -> Price {
    text(&state["markets"][market], "price").unwrap().parse().unwrap()
}

fn rows<'a>(account: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    account[name].as_array().unwrap().iter()
}

fn text<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    row.get(name)?.as_str()
}

fn order(row: &Value, id: &str) -> KnownOrder {
    let quantity = |name| text(row, name).unwrap().parse().unwrap();
    KnownOrder {
        id: id.parse().unwrap(),
        venue_id: row["orderId"].as_u64().unwrap(),
        is_open: matches!(text(row, "status"), Some("NEW" | "PARTIALLY_FILLED")),
        side: if text(row, "side") == Some("BUY") { Side::Buy } else { Side::Sell },
        quantity: quantity("origQty"),
        executed: quantity("executedQty"),
    }
}

fn held(orders: &[KnownOrder], fills: &[&Value]) -> BTreeMap<u16, Quantity> {
    let mut held = BTreeMap::new();
    for fill in fills {
        let venue_id = fill["orderId"].as_u64().unwrap();
        let order = orders.iter().find(|order| order.venue_id == venue_id).unwrap();
        let total: &mut Quantity = held.entry(order.id.trader().0).or_default();
        let quantity = text(fill, "qty").unwrap().parse().unwrap();
        let in_base =
            text(fill, "symbol").unwrap().starts_with(text(fill, "commissionAsset").unwrap());
        let commission: Quantity = text(fill, "commission").unwrap().parse().unwrap();
        let after = match order.side {
            Side::Buy => total.plus(quantity),
            Side::Sell => total.minus(quantity),
        };
        let after = if in_base { after.and_then(|it| it.minus(commission)) } else { after };
        *total = after.expect("no trader sells more than it holds");
    }
    held
}
