//! What an order request asks for, read from its parameters before anything else is looked at
//! (`rest-api.md`, New order; the rules of §11xx in `errors.md`).

use heikin_core::market::{OrderType, Side};
use heikin_core::num::Quantity;

use super::error::{ApiError, Result};
use super::params::Params;
use super::records::{TimeInForce, WireTerms};

/// How much of an order the answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Ack,
    Result,
    Full,
}

/// One order that is asked for.
#[derive(Debug, Clone)]
pub(super) struct OrderRequest {
    pub(super) symbol: String,
    pub(super) client_id: Option<String>,
    pub(super) terms: WireTerms,
    pub(super) detail: Detail,
}

/// Cancel one order and place another.
#[derive(Debug, Clone)]
pub(super) struct ReplaceRequest {
    pub(super) order: OrderRequest,
    pub(super) cancel: CancelRequest,
    /// Whether nothing is placed where the cancellation fails.
    pub(super) stop_on_failure: bool,
    /// Whether it cancels at least, where no more orders may be placed.
    pub(super) cancel_over_limit: bool,
}

/// Which order to cancel, and in which states.
#[derive(Debug, Clone, Default)]
pub(super) struct CancelRequest {
    pub(super) order_id: Option<u64>,
    pub(super) client_id: Option<String>,
    pub(super) new_client_id: Option<String>,
    pub(super) restriction: Option<Restriction>,
}

/// `cancelRestrictions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restriction {
    OnlyNew,
    OnlyPartiallyFilled,
}

/// A list of two orders: the one that rests, and the stop.
#[derive(Debug, Clone)]
pub(super) struct OcoRequest {
    pub(super) symbol: String,
    pub(super) client_id: Option<String>,
    pub(super) target: OrderRequest,
    pub(super) stop: OrderRequest,
}

/// The names of the parameters of one order: they differ in lists.
struct Names {
    price: &'static str,
    stop_price: &'static str,
    time_in_force: &'static str,
    client_id: &'static str,
    iceberg: &'static str,
    trailing: &'static str,
    strategy: (&'static str, &'static str),
}

const SINGLE: Names = Names {
    price: "price",
    stop_price: "stopPrice",
    time_in_force: "timeInForce",
    client_id: "newClientOrderId",
    iceberg: "icebergQty",
    trailing: "trailingDelta",
    strategy: ("strategyId", "strategyType"),
};
const ABOVE: Names = Names {
    price: "abovePrice",
    stop_price: "aboveStopPrice",
    time_in_force: "aboveTimeInForce",
    client_id: "aboveClientOrderId",
    iceberg: "aboveIcebergQty",
    trailing: "aboveTrailingDelta",
    strategy: ("aboveStrategyId", "aboveStrategyType"),
};
const BELOW: Names = Names {
    price: "belowPrice",
    stop_price: "belowStopPrice",
    time_in_force: "belowTimeInForce",
    client_id: "belowClientOrderId",
    iceberg: "belowIcebergQty",
    trailing: "belowTrailingDelta",
    strategy: ("belowStrategyId", "belowStrategyType"),
};

impl OrderRequest {
    /// A single order.
    pub(super) fn of(params: &Params) -> Result<Self> {
        let symbol = params.required("symbol")?.to_owned();
        let side = side(params)?;
        let kind = kind(params.required("type")?)?;
        Self::with_names(params, &SINGLE, (symbol, side, kind))
    }

    fn with_names(
        params: &Params,
        names: &Names,
        (symbol, side, kind): (String, Side, OrderType),
    ) -> Result<Self> {
        for name in ["pegPriceType", "pegOffsetValue", "pegOffsetType"] {
            if params.get(name).is_some() {
                return Err(ApiError::rejected("Pegged orders are not supported for this symbol."));
            }
        }
        if params.get(names.trailing).is_some() {
            let text = "Trailing stop orders are not supported for this symbol.";
            return Err(ApiError::rejected(text));
        }
        let strategy = (params.integer(names.strategy.0)?, params.integer(names.strategy.1)?);
        if strategy.1.is_some_and(|kind| kind < 1_000_000) {
            return Err(ApiError::new(-1134, "`strategyType` was less than 1000000."));
        }
        let time_in_force = time_in_force(params, names, kind)?;
        let (quantity, quote_quantity) = quantities(params, kind)?;
        let terms = WireTerms {
            side,
            kind,
            time_in_force,
            price: needed(params, names.price, limit_price(kind))?,
            stop_price: needed(params, names.stop_price, stop_price(kind))?,
            quantity,
            quote_quantity,
            iceberg: iceberg(params, names, (kind, time_in_force), quantity)?,
            prevention: prevention(params)?,
            strategy,
        };
        let client_id = params.client_id(names.client_id)?;
        Ok(Self { symbol, client_id, terms, detail: detail(params, kind)? })
    }
}

impl OcoRequest {
    /// `orderList/oco`: a leg above the market and one below it.
    pub(super) fn of(params: &Params) -> Result<Self> {
        let symbol = params.required("symbol")?.to_owned();
        let side = side(params)?;
        let above_kind = kind(params.required("aboveType")?)?;
        let below_kind = kind(params.required("belowType")?)?;
        let (target_kind, stop_kind) = match side {
            Side::Sell => (above_kind, below_kind),
            Side::Buy => (below_kind, above_kind),
        };
        check_legs(side, target_kind, stop_kind)?;
        let above = OrderRequest::with_names(params, &ABOVE, (symbol.clone(), side, above_kind))?;
        let below = OrderRequest::with_names(params, &BELOW, (symbol.clone(), side, below_kind))?;
        let (target, stop) = match side {
            Side::Sell => (above, below),
            Side::Buy => (below, above),
        };
        let client_id = params.client_id("listClientOrderId")?;
        Ok(Self { symbol, client_id, target, stop })
    }

    /// `order/oco`, deprecated: a limit and a stop.
    pub(super) fn of_old(params: &Params) -> Result<Self> {
        const LIMIT: Names = Names { client_id: "limitClientOrderId", ..SINGLE };
        const STOP: Names = Names {
            price: "stopLimitPrice",
            time_in_force: "stopLimitTimeInForce",
            client_id: "stopClientOrderId",
            ..SINGLE
        };
        let symbol = params.required("symbol")?.to_owned();
        let side = side(params)?;
        if params.get("stopLimitPrice").is_none() {
            return Err(ApiError::rejected("Stop loss orders are not supported for this symbol."));
        }
        let stop = (symbol.clone(), side, OrderType::StopLossLimit);
        let stop = OrderRequest::with_names(params, &STOP, stop)?;
        // The stop's price is no parameter of the limit order.
        let rest = params.without("stopPrice");
        let target = (symbol.clone(), side, OrderType::LimitMaker);
        let target = OrderRequest::with_names(&rest, &LIMIT, target)?;
        let client_id = params.client_id("listClientOrderId")?;
        Ok(Self { symbol, client_id, target, stop })
    }
}

/// One leg rests on the far side of the market, the other one is a stop on the near side.
fn check_legs(side: Side, target: OrderType, stop: OrderType) -> Result<()> {
    let stops = |kind| matches!(kind, OrderType::StopLoss | OrderType::StopLossLimit);
    let error = match (side, target, stop) {
        (_, OrderType::LimitMaker, OrderType::StopLossLimit) => return Ok(()),
        (Side::Buy, _, OrderType::LimitMaker) => {
            (-1165, "A limit order in a buy OCO must be below.")
        }
        (Side::Sell, _, OrderType::LimitMaker) => {
            (-1166, "A limit order in a sell OCO must be above.")
        }
        (Side::Buy, kind, _) if stops(kind) => {
            (-1196, "A stop loss order in a buy OCO must be above.")
        }
        (Side::Sell, kind, _) if stops(kind) => {
            (-1197, "A stop loss order in a sell OCO must be below.")
        }
        _ => (-1158, "Order type not supported in OCO."),
    };
    Err(ApiError::new(error.0, error.1))
}

impl ReplaceRequest {
    /// `order/cancelReplace`.
    pub(super) fn of(params: &Params) -> Result<Self> {
        let mode = params.required("cancelReplaceMode")?;
        let stop_on_failure = match mode {
            "STOP_ON_FAILURE" => true,
            "ALLOW_FAILURE" => false,
            _ => return Err(ApiError::missing("cancelReplaceMode")),
        };
        let cancel_over_limit = match params.text("orderRateLimitExceededMode")? {
            None | Some("DO_NOTHING") => false,
            Some("CANCEL_ONLY") => true,
            Some(_) => {
                let text = "Data sent for parameter 'orderRateLimitExceededMode' is not valid.";
                return Err(ApiError::new(-1130, text));
            }
        };
        let cancel = CancelRequest {
            order_id: params.id("cancelOrderId")?,
            client_id: params.text("cancelOrigClientOrderId")?.map(str::to_owned),
            new_client_id: params.client_id("cancelNewClientOrderId")?,
            restriction: restriction(params)?,
        };
        if cancel.order_id.is_none() && cancel.client_id.is_none() {
            return Err(ApiError::either("cancelOrigClientOrderId", "cancelOrderId"));
        }
        let order = OrderRequest::of(params)?;
        Ok(Self { order, cancel, stop_on_failure, cancel_over_limit })
    }
}

impl CancelRequest {
    /// `DELETE /api/v3/order`.
    pub(super) fn of(params: &Params) -> Result<Self> {
        let cancel = Self {
            order_id: params.id("orderId")?,
            client_id: params.text("origClientOrderId")?.map(str::to_owned),
            new_client_id: params.client_id("newClientOrderId")?,
            restriction: restriction(params)?,
        };
        if cancel.order_id.is_none() && cancel.client_id.is_none() {
            return Err(ApiError::either("origClientOrderId", "orderId"));
        }
        Ok(cancel)
    }
}

fn restriction(params: &Params) -> Result<Option<Restriction>> {
    match params.text("cancelRestrictions")? {
        None => Ok(None),
        Some("ONLY_NEW") => Ok(Some(Restriction::OnlyNew)),
        Some("ONLY_PARTIALLY_FILLED") => Ok(Some(Restriction::OnlyPartiallyFilled)),
        Some(_) => Err(ApiError::new(-1145, "Invalid cancelRestrictions")),
    }
}

fn side(params: &Params) -> Result<Side> {
    match params.required("side")? {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(ApiError::new(-1117, "Invalid side.")),
    }
}

fn kind(text: &str) -> Result<OrderType> {
    let named = |kind: &OrderType| super::records::type_name(*kind) == text;
    let kind = OrderType::ALL.into_iter().find(named);
    kind.ok_or_else(|| ApiError::new(-1116, "Invalid orderType."))
}

const fn has_limit(kind: OrderType) -> bool {
    matches!(
        kind,
        OrderType::Limit
            | OrderType::LimitMaker
            | OrderType::StopLossLimit
            | OrderType::TakeProfitLimit
    )
}

/// Whether an order has to have a parameter, or must not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Mandatory,
    Forbidden,
}

const fn limit_price(kind: OrderType) -> Use {
    if has_limit(kind) { Use::Mandatory } else { Use::Forbidden }
}

const fn stop_price(kind: OrderType) -> Use {
    match kind {
        OrderType::StopLoss
        | OrderType::StopLossLimit
        | OrderType::TakeProfit
        | OrderType::TakeProfitLimit => Use::Mandatory,
        OrderType::Limit | OrderType::LimitMaker | OrderType::Market => Use::Forbidden,
    }
}

/// A price that must be there, or must not.
fn needed(
    params: &Params,
    name: &'static str,
    use_of: Use,
) -> Result<Option<heikin_core::num::Price>> {
    match (params.get(name), use_of) {
        (None, Use::Forbidden) => Ok(None),
        (None | Some(""), Use::Mandatory) => Err(ApiError::missing(name)),
        (Some(_), Use::Forbidden) => Err(ApiError::not_required(name)),
        (Some(_), Use::Mandatory) => params.decimal(name),
    }
}

fn time_in_force(params: &Params, names: &Names, kind: OrderType) -> Result<TimeInForce> {
    let name = names.time_in_force;
    let wanted =
        matches!(kind, OrderType::Limit | OrderType::StopLossLimit | OrderType::TakeProfitLimit);
    match (params.text(name)?, wanted) {
        (None, false) => Ok(TimeInForce::GoodTillCanceled),
        (None, true) => Err(ApiError::missing(name)),
        (Some(_), false) => Err(ApiError::not_required(name)),
        (Some("GTC"), true) => Ok(TimeInForce::GoodTillCanceled),
        // The model knows no stop that would take at once or end.
        (Some("IOC"), true) if kind == OrderType::Limit => Ok(TimeInForce::ImmediateOrCancel),
        (Some("FOK"), true) if kind == OrderType::Limit => Ok(TimeInForce::FillOrKill),
        (Some("IOC" | "FOK"), true) => Err(ApiError::rejected("Unsupported order combination")),
        (Some(_), true) => Err(ApiError::new(-1115, "Invalid timeInForce.")),
    }
}

/// The quantity, or for a market order what it may cost.
fn quantities(params: &Params, kind: OrderType) -> Result<(Quantity, Option<Quantity>)> {
    let quote: Option<Quantity> = params.decimal("quoteOrderQty")?;
    let quantity: Option<Quantity> = params.decimal("quantity")?;
    match (kind, quantity, quote) {
        (OrderType::Market, None, None) => Err(ApiError::either("quantity", "quoteOrderQty")),
        (OrderType::Market, None, Some(quote)) => Ok((Quantity::ZERO, Some(quote))),
        (OrderType::Market, Some(_), Some(_)) => {
            Err(ApiError::new(-1128, "Combination of optional parameters invalid."))
        }
        (_, _, Some(_)) => Err(ApiError::not_required("quoteOrderQty")),
        (_, None, None) => Err(ApiError::missing("quantity")),
        (_, Some(quantity), None) if quantity.is_zero() => {
            Err(ApiError::new(-1013, "Invalid quantity."))
        }
        (_, Some(quantity), None) => Ok((quantity, None)),
    }
}

fn iceberg(
    params: &Params,
    names: &Names,
    (kind, time_in_force): (OrderType, TimeInForce),
    quantity: Quantity,
) -> Result<Option<Quantity>> {
    let part: Option<Quantity> = params.decimal(names.iceberg)?;
    let Some(part) = part.filter(|part| !part.is_zero()) else { return Ok(None) };
    if !has_limit(kind) {
        return Err(ApiError::not_required(names.iceberg));
    }
    if time_in_force != TimeInForce::GoodTillCanceled {
        return Err(ApiError::new(-1115, "Invalid timeInForce."));
    }
    if part > quantity {
        return Err(ApiError::rejected("IcebergQty exceeds QTY."));
    }
    Ok(Some(part))
}

/// The modes that are allowed. The model has no self-trades: an account's orders meet the market.
fn prevention(params: &Params) -> Result<&'static str> {
    const MODES: [&str; 5] =
        ["EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"];
    let Some(mode) = params.text("selfTradePreventionMode")? else { return Ok("EXPIRE_MAKER") };
    MODES.into_iter().find(|known| *known == mode).ok_or_else(|| {
        let text = "This symbol does not allow the specified self-trade prevention mode.";
        ApiError::new(-1013, text)
    })
}

fn detail(params: &Params, kind: OrderType) -> Result<Detail> {
    match params.text("newOrderRespType")? {
        None if matches!(kind, OrderType::Market | OrderType::Limit) => Ok(Detail::Full),
        None | Some("ACK") => Ok(Detail::Ack),
        Some("RESULT") => Ok(Detail::Result),
        Some("FULL") => Ok(Detail::Full),
        Some(_) => {
            let text = "Data sent for parameter 'newOrderRespType' is not valid.";
            Err(ApiError::new(-1130, text))
        }
    }
}
