//! Leaving everything without the engine: for when heikin itself, its store or its chat is gone.
//!
//! It looks at the exchange and nothing else: cancels every open order that carries heikin's prefix,
//! whichever installation placed it, and sells, per symbol, what the cancelled SELLs had locked. That
//! is what heikin held; the user's own coins are left alone, unless more is named. Safe to run again:
//! what is gone is not cancelled twice, and what is sold is not locked any more.

use std::collections::BTreeMap;

use heikin_core::market::{Symbol, SymbolRules};
use heikin_core::num::Quantity;
use heikin_core::order::{ClientOrderId, Refusal};

use crate::exchange::binance::classify::{Meaning, Reply};
use crate::exchange::binance::requests::{self, OrderRef, Shape};
use crate::exchange::binance::rest::{Delivery, ReadError, Rest};
use crate::exchange::binance::wire::{OrderRow, OrderSideName, decode};

/// One order may be too small for all, or find too little: so many follow each other at most.
const MOST_SALES: u32 = 20;

/// An order that is to be cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToCancel {
    /// As the exchange has it.
    pub row: OrderRow,
    /// By whom it was placed.
    pub id: ClientOrderId,
}

/// What is to be done, as the exchange stands now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Orders with heikin's prefix.
    pub cancel: Vec<ToCancel>,
    /// What their SELLs have locked, and what was named besides, by symbol.
    pub sell: BTreeMap<Symbol, Quantity>,
    /// Open orders of others: they stay.
    pub left: usize,
}

/// What came of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What was done, or tried.
    pub what: String,
    /// Why it did not work; none where it did.
    pub failure: Option<Trouble>,
}

/// Why a step did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The exchange says no.
    Refused(Refusal),
    /// Something else, in words.
    Other(String),
}

impl Trouble {
    fn other(words: &str) -> Self {
        Self::Other(words.to_owned())
    }
}

impl Plan {
    /// Of these open orders, all of the account's; `also` is sold besides what is locked.
    pub fn of(open: Vec<OrderRow>, also: &BTreeMap<Symbol, Quantity>) -> Self {
        let mut plan = Self { sell: also.clone(), ..Self::default() };
        let mut lists = Vec::new();
        for row in open {
            let Ok(id) = row.client_order_id.parse::<ClientOrderId>() else {
                plan.left += 1;
                continue;
            };
            // The two legs of a list lock the same coins.
            let is_second_leg = row.order_list_id >= 0 && lists.contains(&row.order_list_id);
            if row.order_list_id >= 0 {
                lists.push(row.order_list_id);
            }
            if !is_second_leg {
                if is_sell(&row) {
                    let sum = plan.sell.entry(row.symbol).or_default();
                    *sum = sum.plus(remaining(&row)).unwrap_or(*sum);
                }
                plan.cancel.push(ToCancel { row, id });
            }
        }
        plan
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.cancel.is_empty() && self.sell.values().all(|quantity| quantity.is_zero())
    }
}

fn is_sell(row: &OrderRow) -> bool {
    row.side == Some(OrderSideName::Sell)
}

fn remaining(row: &OrderRow) -> Quantity {
    let executed = row.executed_qty.unwrap_or_default();
    row.orig_qty.unwrap_or_default().saturating_minus(executed)
}

/// Looks at the account.
///
/// # Errors
///
/// Where the exchange does not tell.
pub async fn plan(rest: &Rest, also: &BTreeMap<Symbol, Quantity>) -> Result<Plan, ReadError> {
    Ok(Plan::of(rest.open_orders().await?, also))
}

/// Carries a plan out, `told` step by step. What fails does not stop the rest.
pub async fn carry_out(
    rest: &Rest,
    plan: &Plan,
    rules: &BTreeMap<Symbol, SymbolRules>,
    mut told: impl FnMut(Done),
) {
    let mut sell = plan.sell.clone();
    for order in &plan.cancel {
        let (done, filled) = cancel(rest, order).await;
        // What was sold meanwhile is not to be sold again.
        if is_sell(&order.row)
            && let Some(quantity) = sell.get_mut(&order.row.symbol)
        {
            let since = filled.saturating_minus(order.row.executed_qty.unwrap_or_default());
            let locked = if done.failure.is_some() { remaining(&order.row) } else { since };
            *quantity = quantity.saturating_minus(locked);
        }
        told(done);
    }
    for (symbol, quantity) in sell {
        match rules.get(&symbol) {
            Some(rules) => sell_all(rest, (symbol, quantity), rules, &mut told).await,
            None => told(Done {
                what: format!("sell {quantity} of {symbol}"),
                failure: Some(Trouble::other("its trading rules are not known")),
            }),
        }
    }
}

/// Cancels one order; how much of it was executed in all.
async fn cancel(rest: &Rest, order: &ToCancel) -> (Done, Quantity) {
    let row = &order.row;
    let named = OrderRef {
        symbol: row.symbol,
        id: order.id,
        venue_id: Some(row.order_id),
        // Cancelling one leg cancels its list.
        shape: Shape::Single,
    };
    let what = format!("cancel {} {}", row.symbol, row.client_order_id);
    let before = row.executed_qty.unwrap_or_default();
    let delivery = rest.send(&requests::cancel(&named), None).await;
    match answered(&delivery) {
        Ok(body) => {
            let ended = decode::<OrderRow>(body).ok();
            let executed = ended.and_then(|row| row.executed_qty).unwrap_or(before);
            (Done { what, failure: None }, executed)
        }
        Err(why) => (Done { what, failure: Some(why) }, before),
    }
}

/// Sells at market, in slices where one order may not be so large, and what was left once more.
async fn sell_all(
    rest: &Rest,
    (symbol, quantity): (Symbol, Quantity),
    rules: &SymbolRules,
    told: &mut impl FnMut(Done),
) {
    if !quantity.is_zero() && rules.floor_market_lot(quantity).is_none() {
        told(Done {
            what: format!("sell {quantity} of {symbol}"),
            failure: Some(Trouble::other(
                "not sold: it is less than the least quantity of an order",
            )),
        });
    }
    let mut left = quantity;
    for number in 1..=MOST_SALES {
        let Some(lot) = rules.floor_market_lot(left) else { break };
        let what = format!("sell {lot} of {symbol} at market");
        let order = (symbol, lot.quantity());
        let delivery = rest.send(&requests::emergency_sale(order, number), None).await;
        let answer = answered(&delivery).map(|body| decode::<OrderRow>(body).ok());
        let sold = match answer {
            Ok(row) => row.and_then(|row| row.executed_qty).unwrap_or_default(),
            Err(why) => {
                // It may or may not have been placed: only the account tells, so not once more.
                told(Done { what, failure: Some(why) });
                return;
            }
        };
        let failure = sold.is_zero().then(|| Trouble::other("the market took nothing"));
        told(Done { what: format!("{what}: {sold} sold"), failure });
        left = left.saturating_minus(sold);
        if sold.is_zero() {
            break;
        }
    }
    if rules.floor_market_lot(left).is_some() {
        let failure =
            Some(Trouble::other("still there: run this again, or sell it at the exchange"));
        told(Done { what: format!("{left} of {symbol}"), failure });
    }
}

/// How much of a quantity would be sold: in steps of the symbol's, and in as many orders as follow each
/// other.
pub fn sellable(quantity: Quantity, rules: &SymbolRules) -> Quantity {
    let mut left = quantity;
    for _order in 1..=MOST_SALES {
        let Some(lot) = rules.floor_market_lot(left) else { break };
        left = left.saturating_minus(lot.quantity());
    }
    quantity.saturating_minus(left)
}

/// The body of a success, or why there is none.
fn answered(delivery: &Delivery) -> Result<&[u8], Trouble> {
    let words = |words: &str| Err(Trouble::other(words));
    match delivery.reply() {
        Reply::Answer(answer) if answer.is_success() => Ok(answer.body),
        Reply::Answer(answer) => match answer.meaning() {
            Meaning::Refused(refusal) => Err(Trouble::Refused(refusal)),
            Meaning::NotOpen | Meaning::NoSuchOrder | Meaning::Archived => {
                words("it is not open any more: it was filled or cancelled meanwhile")
            }
            Meaning::Duplicate | Meaning::Halves | Meaning::Unknown => words(
                "the exchange's answer does not tell whether it was done; run this again to see",
            ),
        },
        Reply::Silence => words("no answer: it may have been done; run this again to see"),
        Reply::NotSent => words("it could not be sent"),
    }
}
