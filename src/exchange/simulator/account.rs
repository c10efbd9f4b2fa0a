//! What an account asks for: its balances, orders, trades and lists.

use heikin_core::time::{Span, Timestamp};
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::limits::limit_row;
use super::params::Params;
use super::records::{List, Order, OrderKey, fixed};
use super::requests::CancelRequest;
use super::rules::my_filters;
use super::world::World;

impl World {
    pub(super) fn account_row(&self, account: usize, params: &Params) -> Result<Value> {
        let omit = params.text("omitZeroBalances")? == Some("true");
        let Some(owner) = self.accounts.get(account) else { return Err(ApiError::unknown_order()) };
        let balances = self.matching.balances(owner.index).into_iter();
        let balances: Vec<_> = balances
            .filter(|(_, balance)| !omit || !balance.total().is_zero())
            .map(|(asset, balance)| {
                json!({
                    "asset": asset, "free": fixed(balance.free.floor_quantity()),
                    "locked": fixed(balance.locked.floor_quantity()),
                })
            })
            .collect();
        let fees = self.listings.first().map(|listing| listing.fees);
        let (maker, taker) = fees.map_or((0, 0), |fees| (fees.maker.units(), fees.taker.units()));
        let rate =
            |units: i64| fixed(heikin_core::num::Rate::from_units(units).unwrap_or_default());
        // Basis points.
        let points = |units: i64| units / 100_000_000;
        Ok(json!({
            "makerCommission": points(maker), "takerCommission": points(taker),
            "buyerCommission": 0, "sellerCommission": 0,
            "commissionRates": {
                "maker": rate(maker), "taker": rate(taker), "buyer": "0.00000000",
                "seller": "0.00000000",
            },
            "canTrade": true, "canWithdraw": true, "canDeposit": true, "brokered": false,
            "requireSelfTradePrevention": false, "preventSor": false,
            "updateTime": owner.updated_at.millis(), "accountType": "SPOT", "balances": balances,
            "permissions": ["SPOT"], "uid": account + 1,
        }))
    }

    pub(super) fn commission_row(&self, params: &Params) -> Result<Value> {
        let listing = self.symbol_param(params)?;
        let zero = json!({
            "maker": "0.00000000", "taker": "0.00000000", "buyer": "0.00000000",
            "seller": "0.00000000",
        });
        Ok(json!({
            "symbol": listing.symbol,
            "standardCommission": {
                "maker": fixed(listing.fees.maker), "taker": fixed(listing.fees.taker),
                "buyer": "0.00000000", "seller": "0.00000000",
            },
            "specialCommission": zero, "taxCommission": zero,
            "discount": {
                "enabledForAccount": self.faults.commission.is_some(), "enabledForSymbol": true,
                "discountAsset": "BNB", "discount": "0.75000000",
            },
        }))
    }

    pub(super) fn order_limits(&mut self, account: usize) -> Value {
        let (now, limits) = (self.now(), self.limits.settings);
        let counts = self.accounts.get_mut(account).map(|owner| owner.orders.counts(now));
        let (seconds, day) = counts.unwrap_or_default();
        let row = |interval, limit, count: u32| {
            let mut row = limit_row("ORDERS", interval, limit);
            if let Some(object) = row.as_object_mut() {
                object.insert("count".to_owned(), count.into());
            }
            row
        };
        json!([
            row(("SECOND", 10), limits.orders_10s, seconds),
            row(("DAY", 1), limits.orders_1d, day),
        ])
    }

    pub(super) fn my_filters(&self, params: &Params) -> Result<Value> {
        Ok(my_filters(self.rules(self.symbol_param(params)?)))
    }

    /// What the key may do (Wallet API).
    pub(super) fn key_restrictions(&self, account: usize) -> Value {
        let permissions = self.accounts.get(account).map(|owner| owner.permissions);
        let of = |read: fn(super::settings::KeyPermissions) -> bool| permissions.is_some_and(read);
        json!({
            "ipRestrict": of(|it| it.ip_restricted), "createTime": self.started_at().millis(),
            "enableReading": true, "enableWithdrawals": of(|it| it.withdrawals),
            "enableInternalTransfer": false, "enableMargin": false, "enableFutures": false,
            "permitsUniversalTransfer": false, "enableVanillaOptions": false,
            "enableFixApiTrade": false, "enableFixReadOnly": false,
            "enableSpotAndMarginTrading": of(|it| it.trading),
            "enablePortfolioMarginTrading": false,
        })
    }

    /// The place of the symbol that a request names.
    pub(super) fn listing_param(&self, params: &Params) -> Result<usize> {
        self.listing_of(params.required("symbol")?).ok_or_else(ApiError::bad_symbol)
    }

    fn order_row(&self, order: &Order) -> Value {
        let listing = self.listing(order.listing);
        listing.map_or(Value::Null, |listing| order.row(listing.symbol.as_str()))
    }

    /// One order, by its number or by the client's id. While queries lag, a fresh one is not there.
    pub(super) fn order_status(&self, account: usize, params: &Params) -> Result<Value> {
        let named = CancelRequest::of(params)?;
        let listing = self.listing_param(params)?;
        let client_id = named.client_id.as_deref();
        let key = self
            .find_order((account, listing), named.order_id, client_id)
            .ok_or_else(ApiError::no_such_order)?;
        let Some(order) = self.orders.get(key.0) else { return Err(ApiError::no_such_order()) };
        if self.is_hidden(order) {
            return Err(ApiError::no_such_order());
        }
        if named.order_id.is_some() && client_id.is_some_and(|id| id != order.client_id) {
            let text = "Client order ID is not correct for this order ID.";
            return Err(ApiError::new(-2039, text));
        }
        Ok(self.order_row(order))
    }

    /// Whether queries do not know of an order yet.
    fn is_hidden(&self, order: &Order) -> bool {
        self.faults.query_lag.millis() > 0
            && self.now().since(order.placed_at) < self.faults.query_lag
    }

    pub(super) fn open_orders(&self, account: usize, params: &Params) -> Result<Value> {
        let listing = match params.text("symbol")? {
            Some(_) => Some(self.listing_param(params)?),
            None => None,
        };
        let open = self.orders.iter().filter(|order| {
            order.account == account
                && order.status.is_open()
                && listing.is_none_or(|listing| order.listing == listing)
                && !self.is_hidden(order)
        });
        Ok(open.map(|order| self.order_row(order)).collect())
    }

    /// Cancels everything that is open on a symbol.
    pub(super) fn cancel_all(&mut self, account: usize, params: &Params) -> Result<Value> {
        let listing = self.listing_param(params)?;
        let mut rows = Vec::new();
        let open: Vec<_> = self
            .orders
            .iter()
            .enumerate()
            .filter(|(_, order)| {
                order.account == account && order.listing == listing && order.status.is_open()
            })
            .map(|(place, _)| OrderKey(place))
            .collect();
        for key in open {
            let Some(order) = self.orders.get(key.0) else { continue };
            if !order.status.is_open() {
                continue;
            }
            let list = order.list;
            self.cancel_open(key, None)?;
            rows.push(match list {
                Some(list) => self.list_row(list, Rows::Canceled),
                None => self.canceled(key),
            });
        }
        if rows.is_empty() { Err(ApiError::unknown_order()) } else { Ok(Value::Array(rows)) }
    }

    pub(super) fn all_orders(&self, account: usize, params: &Params) -> Result<Value> {
        let listing = self.listing_param(params)?;
        let (from, range) = (params.id("orderId")?, day_range(params)?);
        let rows = self.orders.iter().filter(|order| {
            order.account == account
                && order.listing == listing
                && from.is_none_or(|from| order.venue_id >= from)
                && inside(order.placed_at, range)
                && !self.is_hidden(order)
        });
        let rows: Vec<_> = rows.map(|order| self.order_row(order)).collect();
        Ok(page(rows, Page::of(from, range), params.limit(500, 1_000)?))
    }

    pub(super) fn my_trades(&self, account: usize, params: &Params) -> Result<Value> {
        let listing = self.listing_param(params)?;
        let (order_id, from) = (params.id("orderId")?, params.id("fromId")?);
        let range = day_range(params)?;
        let timed = range.0.is_some() || range.1.is_some();
        if timed && (order_id.is_some() || from.is_some()) {
            return Err(ApiError::new(-1128, "Combination of optional parameters invalid."));
        }
        let rows = self.trades.iter().filter_map(|trade| {
            let order = self.orders.get(trade.order.0)?;
            let wanted = trade.account == account
                && trade.listing == listing
                && from.is_none_or(|from| trade.id >= from)
                && order_id.is_none_or(|id| order.venue_id == id)
                && inside(trade.at, range);
            let symbol = self.listing(listing)?.symbol;
            wanted.then(|| trade.row(symbol.as_str(), order))
        });
        let rows: Vec<_> = rows.collect();
        Ok(page(rows, Page::of(from, range), params.limit(500, 1_000)?))
    }

    /// The list that a request names.
    fn find_list(&self, account: usize, params: &Params, name: &str) -> Result<Option<usize>> {
        let id = params.id("orderListId")?;
        let client_id = params.text(name)?;
        if id.is_none() && client_id.is_none() {
            return Err(ApiError::either("orderListId", name));
        }
        let wanted = |(place, list): &(usize, &List)| {
            list.account == account
                && id.is_none_or(|id| usize::try_from(id) == Ok(*place))
                && client_id.is_none_or(|name| list.client_id == name)
        };
        Ok(self.lists.iter().enumerate().rev().find(wanted).map(|(place, _)| place))
    }

    pub(super) fn list_status(&self, account: usize, params: &Params) -> Result<Value> {
        let found = self.find_list(account, params, "origClientOrderId")?;
        let list = found.ok_or_else(|| ApiError::new(-2018, "Order list does not exist."))?;
        Ok(self.list_row(list, Rows::None))
    }

    pub(super) fn cancel_list(&mut self, account: usize, params: &Params) -> Result<Value> {
        let new_id = params.client_id("newClientOrderId")?;
        let listing = self.listing_param(params)?;
        let found = self.find_list(account, params, "listClientOrderId")?;
        let place = found.ok_or_else(ApiError::unknown_order)?;
        let list = self.lists.get(place).filter(|list| list.listing == listing && !list.done);
        let leg = list.and_then(|list| {
            let open = |leg: &&OrderKey| {
                self.orders.get(leg.0).is_some_and(|order| order.status.is_open())
            };
            list.legs.iter().find(open).copied()
        });
        self.cancel_open(leg.ok_or_else(ApiError::unknown_order)?, new_id)?;
        Ok(self.list_row(place, Rows::Canceled))
    }

    pub(super) fn lists_where(&self, account: usize, wanted: impl Fn(&List) -> bool) -> Value {
        let lists = self.lists.iter().enumerate();
        let own = lists.filter(|(_, list)| list.account == account && wanted(list));
        own.map(|(place, _)| self.list_row(place, Rows::None)).collect()
    }

    /// A list, as it is answered.
    pub(super) fn list_row(&self, place: usize, rows: Rows) -> Value {
        let Some(list) = self.lists.get(place) else { return Value::Null };
        let Some(symbol) = self.listing(list.listing).map(|it| it.symbol) else {
            return Value::Null;
        };
        let legs: Vec<_> = list.legs.iter().filter_map(|leg| self.orders.get(leg.0)).collect();
        let open = legs.iter().any(|leg| leg.status.is_open());
        let (kind, status) =
            if open { ("EXEC_STARTED", "EXECUTING") } else { ("ALL_DONE", "ALL_DONE") };
        let orders: Vec<_> = legs
            .iter()
            .map(|leg| {
                json!({
                    "symbol": symbol, "orderId": leg.venue_id,
                    "clientOrderId": leg.original_id.as_deref().unwrap_or(&leg.client_id),
                })
            })
            .collect();
        let mut row = json!({
            "orderListId": place, "contingencyType": "OCO", "listStatusType": kind,
            "listOrderStatus": status, "listClientOrderId": list.client_id,
            "transactionTime": self.clock().millis(), "symbol": symbol, "orders": orders,
        });
        let now = self.clock();
        let reports: Vec<Value> = match rows {
            Rows::None => return row,
            Rows::Placed => {
                legs.iter().map(|leg| Value::Object(leg.result(symbol.as_str(), now))).collect()
            }
            Rows::Canceled => legs.iter().map(|leg| leg.canceled(symbol.as_str(), now)).collect(),
        };
        if let Some(object) = row.as_object_mut() {
            object.insert("orderReports".to_owned(), reports.into());
        }
        row
    }
}

/// What a list's answer says of its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    None,
    Placed,
    Canceled,
}

type Range = (Option<Timestamp>, Option<Timestamp>);

/// From when until when, at most a day.
fn day_range(params: &Params) -> Result<Range> {
    let (start, end) = (params.time("startTime")?, params.time("endTime")?);
    if let (Some(start), Some(end)) = (start, end)
        && (end < start || end.since(start) > Span::DAY)
    {
        return Err(ApiError::new(-1127, "More than 24 hours between startTime and endTime."));
    }
    // One of the two alone reaches a day as well.
    Ok((start, end.or(start.map(|start| start + Span::DAY))))
}

fn inside(at: Timestamp, (start, end): Range) -> bool {
    start.is_none_or(|start| at >= start) && end.is_none_or(|end| at <= end)
}

/// Which end of a list is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Oldest,
    Newest,
}

impl Page {
    /// A list that has a beginning is given from there on.
    const fn of(from: Option<u64>, range: Range) -> Self {
        if from.is_some() || range.0.is_some() { Self::Oldest } else { Self::Newest }
    }
}

fn page(mut rows: Vec<Value>, from: Page, limit: usize) -> Value {
    if from == Page::Oldest {
        rows.truncate(limit);
    } else {
        rows.drain(..rows.len().saturating_sub(limit));
    }
    Value::Array(rows)
}
