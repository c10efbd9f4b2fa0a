//! What the matching tells becomes events of accounts (`user-data-stream.md`): reports of orders,
//! then states of lists, then balances.

use std::collections::BTreeSet;

use heikin_core::market::Side;
use heikin_core::matching::{Event, VenueBalance};
use heikin_core::num::Quantity;
use heikin_core::order::{ExpiryReason, Fill, VenueStatus};
use serde_json::{Value, json};

use super::records::{
    List, Order, OrderKey, PREVENTED, Status, TimeInForce, Trade, fixed, price_or_zero, type_name,
};
use super::world::World;

impl World {
    /// Takes in everything that the matching has to tell, and makes events of it.
    pub(super) fn collect(&mut self) {
        let mut changed = BTreeSet::new();
        let mut lists = BTreeSet::new();
        while let Some(event) = self.matching.pop_event() {
            let key = event.report.state.id;
            let Some((account, listing, list)) = self.enter(&event) else { continue };
            changed.insert((account, listing));
            lists.extend(list);
            let fill = event.report.fill;
            if let Some(report) = self.execution_report(key, fill) {
                self.outbox.push_back((account, report.to_string()));
            }
        }
        for list in lists {
            self.tell_list(list);
        }
        self.tell_positions(&changed);
    }

    /// Enters a change of an order into its record. Returns whose it is, of what, and its list.
    fn enter(&mut self, event: &Event<OrderKey>) -> Option<(usize, usize, Option<usize>)> {
        let now = self.now();
        let state = event.report.state;
        let order = self.orders.get_mut(state.id.0)?;
        order.venue_id = state.venue_id;
        order.working_since = state.working_since;
        order.updated_at = state.at;
        let first = order.executed.is_zero();
        order.executed = state.executed;
        order.status = match state.status {
            VenueStatus::Open if state.executed.is_zero() => Status::New,
            VenueStatus::Open => Status::PartiallyFilled,
            VenueStatus::Filled => Status::Filled,
            VenueStatus::Canceled => Status::Canceled,
            VenueStatus::Rejected => Status::Rejected,
            VenueStatus::Expired(reason) => {
                Status::Expired(reason_name(reason, order.terms.time_in_force))
            }
        };
        let (account, listing, list) = (order.account, order.listing, order.list);
        if let Some(fill) = event.report.fill {
            order.quote_executed += fill.price.times(fill.quantity);
            let side = order.terms.side;
            let (commission, commission_asset) = self.charge(account, listing, side, &fill);
            self.trades.push(Trade {
                id: fill.trade_id,
                order: state.id,
                account,
                listing,
                price: fill.price,
                quantity: fill.quantity,
                commission,
                commission_asset,
                at: fill.at,
                side,
                maker: fill.maker,
            });
            let credit = fill.maker.then_some(5);
            if let Some(owner) = self.accounts.get_mut(account).filter(|_| first) {
                owner.orders.credit(now, credit);
            }
        }
        if let Some(owner) = self.accounts.get_mut(account) {
            owner.updated_at = now;
        }
        Some((account, listing, list))
    }

    /// The fee of a fill: as the matching took it, or instead of it in another asset.
    fn charge(
        &mut self,
        account: usize,
        listing: usize,
        side: Side,
        fill: &Fill,
    ) -> (Quantity, heikin_core::market::Asset) {
        let taken = (fill.commission, fill.commission_asset);
        let Some((asset, price)) = self.faults.commission else { return taken };
        let Some(index) = self.accounts.get(account).map(|it| it.index) else { return taken };
        if self.listing(listing).is_none() || fill.commission.is_zero() {
            return taken;
        }
        let worth = match side {
            Side::Buy => fill.price.times(fill.commission),
            Side::Sell => fill.commission.to_money(),
        };
        let fee = worth.quantity_at(price).plus(Quantity::from_units(1).unwrap_or_default());
        let Some(fee) = fee else { return taken };
        if self.matching.balance(index, asset).free < fee.to_money() {
            return taken;
        }
        self.matching.credit(index, fill.commission_asset, fill.commission.to_money());
        self.matching.credit(index, asset, -fee.to_money());
        (fee, asset)
    }

    fn execution_report(&mut self, key: OrderKey, fill: Option<Fill>) -> Option<Value> {
        let execution = self.next_execution;
        self.next_execution += 1;
        let order = self.orders.get(key.0)?;
        let symbol = self.listing(order.listing)?.symbol;
        let now = self.clock().millis();
        let trade = fill.and_then(|fill| {
            let of = |trade: &&Trade| trade.id == fill.trade_id && trade.order == key;
            self.trades.iter().rev().take(64).find(of)
        });
        let mut report = report_of(order, trade);
        let (kind, terms) = (execution_name(order, trade), &order.terms);
        let object = report.as_object_mut()?;
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        put("E", now.into());
        put("s", symbol.as_str().into());
        put("x", kind.into());
        put("I", execution.into());
        put("T", order.updated_at.millis().into());
        if let Some(since) = order.working_since {
            put("W", since.millis().into());
        }
        if let Status::Expired(reason) = order.status
            && reason != PREVENTED
        {
            put("eR", reason.into());
        }
        if let Some(id) = terms.strategy.0 {
            put("j", id.into());
        }
        if let Some(kind) = terms.strategy.1 {
            put("J", kind.into());
        }
        Some(report)
    }

    /// Tells the state of a list, where it has just begun or just ended.
    fn tell_list(&mut self, index: usize) {
        let Some(list) = self.lists.get(index) else { return };
        let open = list
            .legs
            .iter()
            .any(|leg| self.orders.get(leg.0).is_some_and(|order| order.status.is_open()));
        let fresh = list.at == self.now() && !list.done;
        if list.done || (open && !fresh) {
            return;
        }
        let Some(symbol) = self.listing(list.listing).map(|it| it.symbol) else { return };
        let account = list.account;
        let event = self.list_event(index, list, symbol.as_str());
        if let Some(list) = self.lists.get_mut(index) {
            list.done = !open;
        }
        self.outbox.push_back((account, event.to_string()));
    }

    fn list_event(&self, index: usize, list: &List, symbol: &str) -> Value {
        let legs: Vec<_> = list.legs.iter().filter_map(|leg| self.orders.get(leg.0)).collect();
        let open = legs.iter().any(|leg| leg.status.is_open());
        let legs: Vec<_> = legs
            .iter()
            .map(|leg| json!({ "s": symbol, "i": leg.venue_id, "c": leg.client_id }))
            .collect();
        json!({
            "e": "listStatus", "E": self.clock().millis(), "s": symbol, "g": index, "c": "OCO",
            "l": if open { "EXEC_STARTED" } else { "ALL_DONE" },
            "L": if open { "EXECUTING" } else { "ALL_DONE" },
            "r": "NONE", "C": list.client_id, "T": self.now().millis(), "O": legs,
        })
    }

    /// Tells the balances of both assets of every market in which an account's orders changed.
    fn tell_positions(&mut self, changed: &BTreeSet<(usize, usize)>) {
        let accounts: BTreeSet<_> = changed.iter().map(|(account, _)| *account).collect();
        for account in accounts {
            let Some(index) = self.accounts.get(account).map(|it| it.index) else { continue };
            let mut assets = BTreeSet::new();
            for (_, listing) in changed.iter().filter(|(other, _)| *other == account) {
                let Some(listing) = self.listing(*listing) else { continue };
                let rules = self.rules(listing);
                assets.extend([rules.base, rules.quote]);
            }
            assets.extend(self.faults.commission.map(|(asset, _)| asset));
            let rows: Vec<_> = assets
                .into_iter()
                .map(|asset| {
                    let VenueBalance { free, locked } = self.matching.balance(index, asset);
                    json!({
                        "a": asset, "f": fixed(free.floor_quantity()),
                        "l": fixed(locked.floor_quantity()),
                    })
                })
                .collect();
            let event = json!({
                "e": "outboundAccountPosition", "E": self.clock().millis(),
                "u": self.now().millis(), "B": rows,
            });
            self.outbox.push_back((account, event.to_string()));
        }
    }
}

fn execution_name(order: &Order, trade: Option<&Trade>) -> &'static str {
    match order.status {
        _ if trade.is_some() => "TRADE",
        Status::Canceled => "CANCELED",
        Status::Expired(PREVENTED) => "TRADE_PREVENTION",
        Status::Expired(_) => "EXPIRED",
        Status::Rejected => "REJECTED",
        // That a stop began to work has no event of its own in the documents.
        Status::New | Status::PartiallyFilled | Status::Filled => "NEW",
    }
}

/// The part of a report that follows from the order and the execution alone.
fn report_of(order: &Order, trade: Option<&Trade>) -> Value {
    let terms = &order.terms;
    let zero = Quantity::ZERO;
    let list = order.list.map_or(-1, |list| i64::try_from(list).unwrap_or(-1));
    json!({
        "e": "executionReport",
        "c": order.client_id,
        // The id that a cancelled order had.
        "C": order.original_id.as_deref().unwrap_or(""),
        "S": terms.side, "o": type_name(terms.kind), "f": terms.time_in_force.as_str(),
        "q": fixed(terms.quantity), "p": price_or_zero(terms.price),
        "P": price_or_zero(terms.stop_price), "F": fixed(terms.iceberg.unwrap_or(zero)),
        "g": list, "X": order.status.as_str(), "r": "NONE", "i": order.venue_id,
        "l": fixed(trade.map_or(zero, |trade| trade.quantity)),
        "z": fixed(order.executed),
        "L": price_or_zero(trade.map(|trade| trade.price)),
        "n": trade.map_or_else(|| "0".to_owned(), |trade| fixed(trade.commission)),
        "N": trade.map(|trade| trade.commission_asset),
        "t": trade.map_or(-1, |trade| i64::try_from(trade.id).unwrap_or(-1)),
        "w": order.working_since.is_some() && order.status.is_open(),
        "m": trade.is_some_and(|trade| trade.maker), "M": false,
        "O": order.placed_at.millis(), "Z": fixed(order.quote_executed),
        "Y": trade.map_or_else(
            || fixed(zero),
            |trade| fixed(trade.price.times(trade.quantity)),
        ),
        "Q": fixed(terms.quote_quantity.unwrap_or(zero)), "V": terms.prevention,
    })
}

fn reason_name(reason: ExpiryReason, time_in_force: TimeInForce) -> &'static str {
    match (reason, time_in_force) {
        (ExpiryReason::Rejected, _) => "REJECTED",
        (ExpiryReason::ExchangeCanceled, _) => "EXCHANGE_CANCELED",
        (ExpiryReason::OcoTrigger, _) => "OCO_TRIGGER",
        (ExpiryReason::SelfTradePrevention, _) => PREVENTED,
        (ExpiryReason::InsufficientLiquidity, _) => "INSUFFICIENT_LIQUIDITY",
        (ExpiryReason::ExecutionRulePriceRangeExceeded, _) => "EXECUTION_RULE_PRICE_RANGE_EXCEEDED",
        (_, TimeInForce::ImmediateOrCancel) => "UNFILLED_IOC_QUANTITY_EXPIRED",
        (_, TimeInForce::FillOrKill) => "UNFILLED_FOK_ORDER_EXPIRED",
        _ => "NONE",
    }
}
