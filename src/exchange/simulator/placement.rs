//! Orders are placed, cancelled and replaced. The order of the checks is the exchange's, as far as
//! that is known: filters, then counts, then the matching engine.

use heikin_core::market::{FilterName, LotQuantity, OrderType, Side, SymbolRules, TickPrice};
use heikin_core::matching::OrderIds;
use heikin_core::num::{Price, Quantity};
use heikin_core::order::{
    CancelAnswer, ExpiryReason, FilterContext, OrderKind, SpecialTerms, SubmitAnswer, Terms,
    check_filters,
};
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::records::{List, Order, OrderKey, Status, TimeInForce, WireTerms};
use super::requests::{
    CancelRequest, Detail, OcoRequest, OrderRequest, ReplaceRequest, Restriction,
};
use super::world::World;

/// An order whose filters are passed.
#[derive(Debug)]
struct Checked {
    listing: usize,
    terms: Terms,
    wire: WireTerms,
    client_id: String,
}

impl World {
    /// Places an order, and says what became of it.
    pub(super) fn place_order(&mut self, account: usize, request: &OrderRequest) -> Result<Value> {
        let checked = self.check(account, request)?;
        self.check_order_count(account, 1)?;
        let key = self.submit(account, checked)?;
        self.count_orders(account, 1);
        Ok(self.placed(key, request.detail))
    }

    /// Checks an order as a placement would, and goes no further.
    pub(super) fn test_order(&mut self, account: usize, request: &OrderRequest) -> Result<()> {
        self.check(account, request).map(drop)
    }

    /// The answer to a placement.
    fn placed(&self, key: OrderKey, detail: Detail) -> Value {
        let Some(order) = self.orders.get(key.0) else { return Value::Null };
        let Some(listing) = self.listing(order.listing) else { return Value::Null };
        let (symbol, now) = (listing.symbol, self.clock());
        if detail == Detail::Ack {
            let mut row = order.base(symbol.as_str());
            row.insert("transactTime".to_owned(), now.millis().into());
            return Value::Object(row);
        }
        let mut row = order.result(symbol.as_str(), now);
        if detail == Detail::Full {
            let fills = self.trades.iter().filter(|trade| trade.order == key);
            row.insert("fills".to_owned(), fills.map(super::records::Trade::fill).collect());
        }
        Value::Object(row)
    }

    /// Whether an order passes the filters, with the account's open orders.
    fn check(&mut self, account: usize, request: &OrderRequest) -> Result<Checked> {
        let listing = self.listing_of(&request.symbol).ok_or_else(ApiError::bad_symbol)?;
        let Some(listed) = self.listing(listing) else { return Err(ApiError::bad_symbol()) };
        let (market, rules) = (listed.market, self.rules(listed));
        let wire = &request.terms;
        check_type(rules, wire.kind)?;
        let quantity = match wire.quote_quantity {
            Some(quote) => {
                let price = self.price(listed).ok_or_else(no_price)?;
                rules.floor_market_lot(quote.to_money().quantity_at(price))
            }
            None => lot(rules, wire.quantity, wire.kind)?,
        };
        let quantity = quantity.ok_or_else(|| ApiError::filter(FilterName::LotSize))?;
        let kind = order_kind(rules, wire)?;
        let terms = Terms { side: wire.side, kind, quantity };
        let special = SpecialTerms { iceberg: wire.iceberg, ..SpecialTerms::default() };
        let context = FilterContext {
            reference: self.matching.last_price(market),
            special: Some(&special),
            open: None,
        };
        // The matching does not know of the visible part; everything else it checks itself.
        if wire.iceberg.is_some() {
            check_filters(rules, &terms, &context)
                .map_err(|failure| ApiError::filter(failure.0))?;
        }
        if wire.time_in_force == TimeInForce::FillOrKill && self.model.participation.is_some() {
            return Err(ApiError::rejected("Unsupported order combination"));
        }
        let owner = self.account_index(account)?;
        self.matching.check_rules(owner, market, &terms)?;
        let mut wire = wire.clone();
        wire.quantity = quantity.quantity();
        let client_id = request.client_id.clone().unwrap_or_else(|| self.fresh_name());
        Ok(Checked { listing, terms, wire, client_id })
    }

    fn account_index(&self, account: usize) -> Result<heikin_core::matching::AccountIndex> {
        self.accounts.get(account).map(|it| it.index).ok_or_else(ApiError::unknown_order)
    }

    /// Whether so many more orders may be placed now.
    fn check_order_count(&mut self, account: usize, more: u32) -> Result<()> {
        let (now, settings) = (self.now(), self.limits.settings);
        match self.accounts.get_mut(account) {
            Some(owner) => owner.orders.check(now, more, &settings),
            None => Ok(()),
        }
    }

    fn count_orders(&mut self, account: usize, count: u32) {
        let now = self.now();
        if let Some(owner) = self.accounts.get_mut(account) {
            owner.orders.add(now, count);
        }
    }

    /// Whether an open order of the account has this client id.
    fn is_taken(&self, account: usize, listing: usize, client_id: &str) -> bool {
        self.orders.iter().any(|order| {
            order.status.is_open()
                && order.account == account
                && order.listing == listing
                && order.client_id == client_id
        })
    }

    /// The matching engine's part.
    fn submit(&mut self, account: usize, checked: Checked) -> Result<OrderKey> {
        let Checked { listing, terms, wire, client_id } = checked;
        if self.is_taken(account, listing, &client_id) {
            return Err(ApiError::rejected("Duplicate order sent."));
        }
        let Some(listed) = self.listing(listing) else { return Err(ApiError::bad_symbol()) };
        let market = listed.market;
        let last = self.matching.last_price(market);
        let crosses = terms
            .kind
            .worst_price()
            .is_some_and(|limit| last.is_some_and(|last| crosses(terms.side, last, limit.price())));
        if wire.kind == OrderType::LimitMaker && crosses {
            return Err(ApiError::rejected("Order would immediately match and take."));
        }
        let key = OrderKey(self.orders.len());
        let owner = self.account_index(account)?;
        let ids = OrderIds { order: key, target: key };
        match self.matching.submit(owner, market, &ids, &terms) {
            SubmitAnswer::Placed(state) => {
                let time_in_force = wire.time_in_force;
                let order = self.new_order((account, listing), (client_id, wire), state.venue_id);
                self.orders.push(order);
                if time_in_force != TimeInForce::GoodTillCanceled {
                    self.matching.expire(market, &key, ExpiryReason::Unknown);
                }
                self.collect();
                Ok(key)
            }
            SubmitAnswer::Refused { refusal, .. } => Err(refusal.into()),
            SubmitAnswer::Exists | SubmitAnswer::Unknown | SubmitAnswer::NotSent => {
                Err(ApiError::rejected("Duplicate order sent."))
            }
        }
    }

    fn new_order(
        &self,
        (account, listing): (usize, usize),
        (client_id, terms): (String, WireTerms),
        venue_id: u64,
    ) -> Order {
        let now = self.now();
        Order {
            account,
            listing,
            venue_id,
            client_id,
            original_id: None,
            list: None,
            terms,
            executed: Quantity::ZERO,
            quote_executed: heikin_core::num::Money::ZERO,
            status: Status::New,
            placed_at: now,
            updated_at: now,
            working_since: None,
        }
    }

    /// Places a list of two orders.
    pub(super) fn place_list(&mut self, account: usize, request: &OcoRequest) -> Result<usize> {
        let listing = self.listing_of(&request.symbol).ok_or_else(ApiError::bad_symbol)?;
        let Some(listed) = self.listing(listing) else { return Err(ApiError::bad_symbol()) };
        let (market, rules) = (listed.market, self.rules(listed));
        if !rules.oco_allowed {
            return Err(ApiError::rejected("OCO orders are not supported for this symbol"));
        }
        let (target, stop) = (&request.target.terms, &request.stop.terms);
        let quantity = lot(rules, stop.quantity, OrderType::Limit)?
            .ok_or_else(|| ApiError::filter(FilterName::LotSize))?;
        let kind = OrderKind::Bracket {
            target: tick(rules, target.price)?,
            trigger: tick(rules, stop.stop_price)?,
            limit: tick(rules, stop.price)?,
        };
        let terms = Terms { side: stop.side, kind, quantity };
        let owner = self.account_index(account)?;
        self.matching.check_rules(owner, market, &terms)?;
        self.check_order_count(account, 2)?;
        let name = |world: &mut Self, id: &Option<String>| {
            id.clone().unwrap_or_else(|| world.fresh_name())
        };
        let list_id = name(self, &request.client_id);
        let (stop_id, target_id) =
            (name(self, &request.stop.client_id), name(self, &request.target.client_id));
        let open = |list: &List| list.account == account && !list.done;
        let taken = self.lists.iter().any(|list| open(list) && list.client_id == list_id);
        let either = [&stop_id, &target_id];
        if taken
            || stop_id == target_id
            || either.into_iter().any(|id| self.is_taken(account, listing, id))
        {
            return Err(ApiError::rejected("Duplicate order sent."));
        }
        let legs = [OrderKey(self.orders.len()), OrderKey(self.orders.len() + 1)];
        let ids = OrderIds { order: legs[0], target: legs[1] };
        match self.matching.submit(owner, market, &ids, &terms) {
            SubmitAnswer::Placed(_) => {}
            SubmitAnswer::Refused { refusal, .. } => return Err(refusal.into()),
            _ => return Err(ApiError::rejected("Duplicate order sent.")),
        }
        let list = self.lists.len();
        for (client_id, wire) in [(stop_id, stop.clone()), (target_id, target.clone())] {
            let order = self.new_order((account, listing), (client_id, wire), 0);
            self.orders.push(Order { list: Some(list), ..order });
        }
        let at = self.now();
        self.lists.push(List { account, listing, client_id: list_id, legs, at, done: false });
        self.count_orders(account, 2);
        self.collect();
        Ok(list)
    }

    /// The order that a request names: open ones first, then the newest.
    pub(super) fn find_order(
        &self,
        (account, listing): (usize, usize),
        order_id: Option<u64>,
        client_id: Option<&str>,
    ) -> Option<OrderKey> {
        let own = |order: &Order| order.account == account && order.listing == listing;
        let named = |order: &Order| match order_id {
            Some(id) => order.venue_id == id,
            None => client_id == Some(order.client_id.as_str()),
        };
        let mut found = None;
        for (place, order) in self.orders.iter().enumerate() {
            if own(order) && named(order) {
                found = Some(OrderKey(place));
                if order.status.is_open() {
                    break;
                }
            }
        }
        found
    }

    /// Cancels an order, and with it its list.
    pub(super) fn cancel_order(
        &mut self,
        (account, listing): (usize, usize),
        request: &CancelRequest,
    ) -> Result<OrderKey> {
        let id = request.client_id.as_deref();
        let key = self
            .find_order((account, listing), request.order_id, id)
            .ok_or_else(ApiError::unknown_order)?;
        let Some(order) = self.orders.get(key.0) else { return Err(ApiError::unknown_order()) };
        // Looked up by number, the client's id must match as well.
        if request.order_id.is_some() && id.is_some_and(|id| id != order.client_id) {
            return Err(ApiError::unknown_order());
        }
        if !order.status.is_open() {
            return Err(ApiError::unknown_order());
        }
        let begun = !order.executed.is_zero();
        let restricted = match request.restriction {
            Some(Restriction::OnlyNew) => begun,
            Some(Restriction::OnlyPartiallyFilled) => !begun,
            None => false,
        };
        if restricted {
            let text = "Order was not canceled due to cancel restrictions.";
            return Err(ApiError::new(-2011, text));
        }
        self.cancel_open(key, request.new_client_id.clone())?;
        Ok(key)
    }

    /// Cancels an order that is open; it, and the other leg of its list, take the id of the
    /// cancellation.
    pub(super) fn cancel_open(&mut self, key: OrderKey, new_id: Option<String>) -> Result<()> {
        let Some(order) = self.orders.get(key.0) else { return Err(ApiError::unknown_order()) };
        let (account, listing, list) = (order.account, order.listing, order.list);
        let legs =
            list.and_then(|list| self.lists.get(list)).map_or(vec![key], |list| list.legs.to_vec());
        let Some(market) = self.listing(listing).map(|it| it.market) else {
            return Err(ApiError::bad_symbol());
        };
        let owner = self.account_index(account)?;
        let answer = self.matching.cancel(owner, market, &key);
        if !matches!(answer, CancelAnswer::Canceled(_)) {
            return Err(ApiError::unknown_order());
        }
        let new_id = new_id.unwrap_or_else(|| self.fresh_name());
        for leg in legs {
            let Some(order) = self.orders.get_mut(leg.0) else { continue };
            if order.status.is_open() {
                let old = std::mem::replace(&mut order.client_id, new_id.clone());
                order.original_id = Some(old);
            }
        }
        self.collect();
        Ok(())
    }

    /// Cancels one order and places another: every row of the table of `rest-api.md`.
    pub(super) fn replace_order(
        &mut self,
        account: usize,
        request: &ReplaceRequest,
    ) -> Result<Value> {
        let checked = self.check(account, &request.order)?;
        let listing = checked.listing;
        let over = self.check_order_count(account, 1).err();
        if let Some(error) = over.clone().filter(|_| !request.cancel_over_limit) {
            return Err(error);
        }
        // It counts even where nothing is placed.
        if over.is_none() {
            self.count_orders(account, 1);
        }
        let canceled = self.cancel_order((account, listing), &request.cancel);
        let canceled = canceled.map(|key| self.canceled(key));
        let placed = match (&canceled, over.clone()) {
            (Err(_), _) if request.stop_on_failure => None,
            (_, Some(error)) => Some(Err(error)),
            _ => Some(self.submit(account, checked)),
        };
        let placed = placed.map(|it| it.map(|key| self.placed(key, request.order.detail)));
        let half = |half: &Result<Value>| match half {
            Ok(value) => ("SUCCESS", value.clone()),
            Err(error) => ("FAILURE", error.body()),
        };
        let (cancel_result, cancel_response) = half(&canceled);
        let (new_result, new_response) =
            placed.as_ref().map_or(("NOT_ATTEMPTED", Value::Null), half);
        let body = json!({
            "cancelResult": cancel_result, "newOrderResult": new_result,
            "cancelResponse": cancel_response, "newOrderResponse": new_response,
        });
        let successes =
            usize::from(canceled.is_ok()) + usize::from(placed.is_some_and(|it| it.is_ok()));
        let exceeded = over.is_some() && request.stop_on_failure;
        let (code, text, status) = match successes {
            2 => return Ok(body),
            1 => (-2021, "Order cancel-replace partially failed.", 409),
            _ => (-2022, "Order cancel-replace failed.", 400),
        };
        let error = ApiError::new(code, text).with_status(if exceeded { 429 } else { status });
        Err(ApiError { data: Some(body), ..error })
    }

    /// The answer to a cancellation.
    pub(super) fn canceled(&self, key: OrderKey) -> Value {
        let order = self.orders.get(key.0);
        let listing = order.and_then(|order| self.listing(order.listing));
        let row = order
            .zip(listing)
            .map(|(order, listing)| order.canceled(listing.symbol.as_str(), self.clock()));
        row.unwrap_or(Value::Null)
    }
}

fn no_price() -> ApiError {
    ApiError::rejected("Order book liquidity is less than `LOT_SIZE` filter minimum quantity.")
}

/// Whether a limit order would take at once.
fn crosses(side: Side, last: Price, limit: Price) -> bool {
    match side {
        Side::Buy => last <= limit,
        Side::Sell => last >= limit,
    }
}

fn check_type(rules: &SymbolRules, kind: OrderType) -> Result<()> {
    if rules.order_types.contains(kind) && !is_unknown_to_model(kind) {
        return Ok(());
    }
    Err(ApiError::rejected(match kind {
        OrderType::Market => "Market orders are not supported for this symbol.",
        OrderType::StopLoss => "Stop loss orders are not supported for this symbol.",
        OrderType::StopLossLimit => "Stop loss limit orders are not supported for this symbol.",
        OrderType::TakeProfit => "Take profit orders are not supported for this symbol.",
        OrderType::TakeProfitLimit => "Take profit limit orders are not supported for this symbol.",
        OrderType::Limit | OrderType::LimitMaker => "Unsupported order combination",
    }))
}

const fn is_unknown_to_model(kind: OrderType) -> bool {
    matches!(kind, OrderType::TakeProfit | OrderType::TakeProfitLimit)
}

/// A quantity on the grid; the failure of the filter that it does not pass.
fn lot(rules: &SymbolRules, quantity: Quantity, kind: OrderType) -> Result<Option<LotQuantity>> {
    if !rules.admits_lot(quantity) {
        return Err(ApiError::filter(FilterName::LotSize));
    }
    if matches!(kind, OrderType::Market | OrderType::StopLoss) && !rules.admits_market_lot(quantity)
    {
        return Err(ApiError::filter(FilterName::MarketLotSize));
    }
    Ok(rules.floor_lot(quantity))
}

/// A price on the grid.
fn tick(rules: &SymbolRules, price: Option<Price>) -> Result<TickPrice> {
    let price = price.and_then(|price| rules.on_tick(price));
    price.ok_or_else(|| ApiError::filter(FilterName::PriceFilter))
}

fn order_kind(rules: &SymbolRules, wire: &WireTerms) -> Result<OrderKind> {
    Ok(match wire.kind {
        OrderType::Market => OrderKind::Market,
        OrderType::StopLoss => OrderKind::StopLoss { trigger: tick(rules, wire.stop_price)? },
        OrderType::StopLossLimit => OrderKind::StopLossLimit {
            trigger: tick(rules, wire.stop_price)?,
            limit: tick(rules, wire.price)?,
        },
        _ => OrderKind::Limit { price: tick(rules, wire.price)? },
    })
}
