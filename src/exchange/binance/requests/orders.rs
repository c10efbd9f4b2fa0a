//! Placing, cancelling, replacing and asking for orders (`rest-api.md`, Trading endpoints).

use heikin_core::market::{Side, Symbol, SymbolRules};
use heikin_core::num::Quantity;
use heikin_core::order::{ClientOrderId, NewOrder, OrderKind, Part, Terms, VenueOrderId};

use super::super::limits::{Cost, Lane};
use super::{Method, Request};

/// Whether an order is one on the exchange, or a list of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// One.
    Single,
    /// A bracket: a list of two.
    List,
}

impl Shape {
    /// The shape of an order with these terms.
    pub const fn of(terms: &Terms) -> Self {
        match terms.kind {
            OrderKind::Bracket { .. } => Self::List,
            _ => Self::Single,
        }
    }
}

/// An order of ours that was sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderRef {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Our id.
    pub id: ClientOrderId,
    /// The exchange's number of it, where it is known: a cancelled order is found by nothing else,
    /// since the cancellation renames it.
    pub venue_id: Option<VenueOrderId>,
    /// Whether it is one order or a list.
    pub shape: Shape,
}

impl OrderRef {
    /// Names it in a request. The number alone where it is known: with both the exchange looks it
    /// up by number and then compares (`-2039`).
    fn name(&self, request: Request, (number, text): (&'static str, &'static str)) -> Request {
        match self.venue_id.filter(|_| self.shape == Shape::Single) {
            Some(venue_id) => request.id(number, venue_id),
            None => request.text(text, self.id),
        }
    }
}

/// A request that may change orders. It weighs nothing where it succeeds (since 2026-04).
fn order_request(method: Method, path: &'static str, websocket_method: &'static str) -> Request {
    Request {
        method,
        websocket_method: Some(websocket_method),
        lane: Lane::Exits,
        cost: Cost::on_failure(1),
        ..Request::read(path, websocket_method, 1)
    }
}

/// What sells goes before what buys.
const fn lane(side: Side) -> Lane {
    match side {
        Side::Sell => Lane::Exits,
        Side::Buy => Lane::Entries,
    }
}

/// [`heikin_core::engine::Effect::Submit`]. Every id is ours, those of a list's legs too; the
/// answer is asked for in full, since a stop's is an ACK without a state by default.
pub fn submit(order: &NewOrder, rules: &SymbolRules) -> Request {
    let request = if Shape::of(&order.terms) == Shape::List {
        submit_list(order)
    } else {
        let request = order_request(Method::Post, "/api/v3/order", "order.place")
            .text("symbol", order.symbol);
        let request = terms(request, &order.terms).text("newClientOrderId", order.id);
        Request { cost: Cost::on_failure(1).with_orders(1), ..request }
    };
    let request = prevent_self_trade(request, order.terms.side, rules);
    Request { lane: lane(order.terms.side), ..request }.text("newOrderRespType", "RESULT")
}

/// Protective orders must not meet our own: of the two, the one that rests goes.
fn prevent_self_trade(request: Request, side: Side, rules: &SymbolRules) -> Request {
    if side == Side::Sell && rules.expire_maker_allowed {
        request.text("selfTradePreventionMode", "EXPIRE_MAKER")
    } else {
        request
    }
}

/// Side, type, prices and quantity of one order.
fn terms(request: Request, terms: &Terms) -> Request {
    let request = request.text("side", terms.side);
    let request = match terms.kind {
        OrderKind::Limit { price } => {
            request.text("type", "LIMIT").text("timeInForce", "GTC").text("price", price)
        }
        OrderKind::Market => request.text("type", "MARKET"),
        OrderKind::StopLoss { trigger } => {
            request.text("type", "STOP_LOSS").text("stopPrice", trigger)
        }
        // A list is placed otherwise: of it, this would be the stop alone.
        OrderKind::StopLossLimit { trigger, limit } | OrderKind::Bracket { trigger, limit, .. } => {
            request
                .text("type", "STOP_LOSS_LIMIT")
                .text("timeInForce", "GTC")
                .text("price", limit)
                .text("stopPrice", trigger)
        }
    };
    request.text("quantity", terms.quantity)
}

/// A list of a limit and a stop. The target of a SELL is above the stop, that of a BUY below.
fn submit_list(order: &NewOrder) -> Request {
    let NewOrder { id, terms, .. } = order;
    let request = order_request(Method::Post, "/api/v3/orderList/oco", "orderList.place.oco")
        .text("symbol", order.symbol)
        .text("listClientOrderId", id)
        .text("side", terms.side)
        .text("quantity", terms.quantity);
    let request = Request { cost: Cost::on_failure(1).with_orders(2), ..request };
    let OrderKind::Bracket { target, trigger, limit } = terms.kind else { return request };
    let (stop_id, target_id) = (id.with_part(Part::StopLeg), id.with_part(Part::TargetLeg));
    match terms.side {
        Side::Sell => request
            .text("aboveType", "LIMIT_MAKER")
            .text("aboveClientOrderId", target_id)
            .text("abovePrice", target)
            .text("belowType", "STOP_LOSS_LIMIT")
            .text("belowClientOrderId", stop_id)
            .text("belowPrice", limit)
            .text("belowStopPrice", trigger)
            .text("belowTimeInForce", "GTC"),
        Side::Buy => request
            .text("aboveType", "STOP_LOSS_LIMIT")
            .text("aboveClientOrderId", stop_id)
            .text("abovePrice", limit)
            .text("aboveStopPrice", trigger)
            .text("aboveTimeInForce", "GTC")
            .text("belowType", "LIMIT_MAKER")
            .text("belowClientOrderId", target_id)
            .text("belowPrice", target),
    }
}

/// [`heikin_core::engine::Effect::Cancel`]. The cancellation has an id of ours as well: the exchange
/// renames the order to it.
pub fn cancel(order: &OrderRef) -> Request {
    let request = match order.shape {
        Shape::Single => order_request(Method::Delete, "/api/v3/order", "order.cancel"),
        Shape::List => order_request(Method::Delete, "/api/v3/orderList", "orderList.cancel"),
    };
    let request = request.text("symbol", order.symbol);
    let request = match order.shape {
        Shape::Single => order.name(request, ("orderId", "origClientOrderId")),
        Shape::List => request.text("listClientOrderId", order.id),
    };
    request.text("newClientOrderId", order.id.with_part(Part::Cancel))
}

/// [`heikin_core::engine::Effect::Replace`]: nothing is placed where the cancellation fails
/// (`STOP_ON_FAILURE`), and nothing is cancelled that has been filled in part since (`ONLY_NEW`). None
/// for lists, which `cancelReplace` does not do.
pub fn replace(canceled: &OrderRef, order: &NewOrder, rules: &SymbolRules) -> Option<Request> {
    if canceled.shape == Shape::List || Shape::of(&order.terms) == Shape::List {
        return None;
    }
    let path = "/api/v3/order/cancelReplace";
    let request = order_request(Method::Post, path, "order.cancelReplace")
        .text("symbol", order.symbol)
        .text("cancelReplaceMode", "STOP_ON_FAILURE")
        .text("cancelRestrictions", "ONLY_NEW");
    let request = canceled.name(request, ("cancelOrderId", "cancelOrigClientOrderId"));
    let request = request.text("cancelNewClientOrderId", canceled.id.with_part(Part::Cancel));
    let request = terms(request, &order.terms).text("newClientOrderId", order.id);
    let request = prevent_self_trade(request, order.terms.side, rules);
    let request = Request {
        lane: lane(order.terms.side),
        // It counts as an order even where none was attempted.
        cost: Cost::on_failure(1).with_orders(1).counted_on_failure(),
        ..request
    };
    Some(request.text("newOrderRespType", "RESULT"))
}

/// A sale at market that no engine decided. It carries no prefix of ours: an engine takes it for the
/// user's, and stays out.
pub fn emergency_sale((symbol, quantity): (Symbol, Quantity), number: u32) -> Request {
    let request = order_request(Method::Post, "/api/v3/order", "order.place")
        .text("symbol", symbol)
        .text("side", Side::Sell)
        .text("type", "MARKET")
        .text("quantity", quantity)
        .text("newClientOrderId", format!("emergency-{number}"))
        .text("newOrderRespType", "RESULT");
    Request { cost: Cost::on_failure(1).with_orders(1), ..request }
}

/// [`heikin_core::engine::Effect::Query`] for one order. For a list, see [`query_legs`].
pub fn query(order: &OrderRef) -> Request {
    let request = Request::read("/api/v3/order", "order.status", 4).text("symbol", order.symbol);
    order.name(request, ("orderId", "origClientOrderId"))
}

/// [`heikin_core::engine::Effect::Query`] for a list: `GET /api/v3/orderList` tells of no state, so
/// its legs are asked for, the stop first.
pub fn query_legs(symbol: Symbol, list: ClientOrderId) -> [Request; 2] {
    legs(symbol, list).map(|leg| query(&leg))
}

/// The legs of a list, the stop first, by the ids that we gave them.
pub fn legs(symbol: Symbol, list: ClientOrderId) -> [OrderRef; 2] {
    [Part::StopLeg, Part::TargetLeg].map(|part| OrderRef {
        symbol,
        id: list.with_part(part),
        venue_id: None,
        shape: Shape::Single,
    })
}
