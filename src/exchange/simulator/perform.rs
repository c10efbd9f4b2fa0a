//! A request is checked and carried out: the same for REST and for the WebSocket API.
//!
//! The order of the checks is that of a list of choices where the documents are silent: limits of
//! the address, key, parameters, time, signature, then what the operation itself looks at.

use heikin_core::num::Quantity;
use heikin_core::time::{Span, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::account::Rows;
use super::error::{ApiError, Result};
use super::operation::{Op, Operation, SIGNED, Security};
use super::params::Params;
use super::requests::{CancelRequest, OcoRequest, OrderRequest, ReplaceRequest};
use super::signature;
use super::world::World;

/// The longest `recvWindow`.
const LONGEST_WINDOW: i64 = 60_000;
/// How far ahead of the exchange's clock a request may be stamped.
const AHEAD: i64 = 1_000;

/// A request, whichever way it came.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: &'static Operation,
    pub(super) params: Params,
    /// The key it came with.
    pub(super) key: Option<&'a str>,
    /// What its signature must be over.
    pub(super) payload: String,
    /// The time on the wall, where the exchange's clock is not that.
    pub(super) wall: Timestamp,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) result: Result<Value>,
    /// Weight used in this minute.
    pub(super) used_weight: u32,
    /// Unfilled orders in ten seconds and in a day; after a placement.
    pub(super) order_counts: Option<(u32, u32)>,
}

/// What an order request says, read before its signature is looked at.
enum Asked {
    Order(OrderRequest),
    Replace(Box<ReplaceRequest>),
    List(Box<OcoRequest>),
    Other,
}

impl Asked {
    fn read(op: Op, params: &Params) -> Result<Self> {
        Ok(match op {
            Op::Place | Op::Test => Self::Order(OrderRequest::of(params)?),
            Op::CancelReplace => Self::Replace(Box::new(ReplaceRequest::of(params)?)),
            Op::PlaceOco => Self::List(Box::new(OcoRequest::of(params)?)),
            Op::PlaceOcoOld => Self::List(Box::new(OcoRequest::of_old(params)?)),
            _ => Self::Other,
        })
    }
}

impl World {
    /// Carries out a request.
    pub(super) fn perform(&mut self, call: &Call<'_>) -> Reply {
        let now = self.now();
        let weight = call.operation.weight(&call.params);
        let result = self.limits.take(now, weight).and_then(|()| self.checked(call));
        if result.is_ok() && call.operation.security == Security::Trade {
            self.limits.give_back(now, weight);
        }
        let counted = result.is_ok() && call.operation.order_count() > 0;
        let account = call.key.and_then(|key| self.account_of(key));
        let order_counts = account
            .filter(|_| counted)
            .and_then(|account| self.accounts.get_mut(account))
            .map(|owner| owner.orders.counts(now));
        Reply { result, used_weight: self.limits.used_weight(now), order_counts }
    }

    fn account_of(&self, key: &str) -> Option<usize> {
        self.accounts.iter().position(|owner| owner.key.expose_secret() == key)
    }

    fn checked(&mut self, call: &Call<'_>) -> Result<Value> {
        let Call { operation, params, .. } = call;
        if operation.security == Security::Public {
            params.only(&[operation.params])?;
            return self.answer_public(operation.op, params);
        }
        let account = self.authorize(call)?;
        params.only(&[operation.params, SIGNED])?;
        params.required("timestamp")?;
        let asked = Asked::read(operation.op, params)?;
        self.check_time(call)?;
        self.check_signature(account, call)?;
        match asked {
            Asked::Order(order) if operation.op == Op::Test => {
                self.test_order(account, &order)?;
                Ok(json!({}))
            }
            Asked::Order(order) => self.place_order(account, &order),
            Asked::Replace(request) => self.replace_order(account, &request),
            Asked::List(list) => {
                self.place_list(account, &list).map(|list| self.list_row(list, Rows::Placed))
            }
            Asked::Other => self.answer_account(operation.op, account, params),
        }
    }

    /// Whose key it is, and whether it may do this.
    pub(super) fn authorize(&self, call: &Call<'_>) -> Result<usize> {
        let malformed = || ApiError::new(-2014, "API-key format invalid.").with_status(401);
        let key = call.key.filter(|key| !key.is_empty()).ok_or_else(malformed)?;
        let denied = || {
            let text = "Invalid API-key, IP, or permissions for action.";
            ApiError::new(-2015, text).with_status(401)
        };
        let account = self.account_of(key).ok_or_else(denied)?;
        let may = self.accounts.get(account).is_some_and(|owner| {
            let trades = call.operation.security == Security::Trade;
            !owner.revoked && (owner.permissions.trading || !trades)
        });
        if may { Ok(account) } else { Err(denied()) }
    }

    /// The stamp must be of about now. Where the exchange's clock is not the one on the wall, a stamp
    /// of either will do; where it runs faster, no client could keep up with it, and only a skew that
    /// was asked for is refused.
    pub(super) fn check_time(&self, call: &Call<'_>) -> Result<()> {
        let window = receive_window(&call.params)?;
        let stamp = call.params.time("timestamp")?.unwrap_or(Timestamp::EPOCH).millis();
        let behind = |clock: i64| clock - stamp;
        let wall = call.wall.millis() + self.faults.skew;
        let clock = self.clock().millis();
        let distances = match self.speed() {
            None => [behind(clock); 2],
            Some(_) => [behind(clock), behind(wall)],
        };
        if self.speed().is_some_and(|speed| speed > 1) && self.faults.skew == 0 {
            return Ok(());
        }
        if distances.into_iter().any(|behind| -AHEAD < behind && behind <= window) {
            return Ok(());
        }
        let text = if distances.into_iter().all(|behind| behind <= -AHEAD) {
            "Timestamp for this request was 1000ms ahead of the server's time."
        } else {
            "Timestamp for this request is outside of the recvWindow."
        };
        Err(ApiError::new(-1021, text))
    }

    pub(super) fn check_signature(&self, account: usize, call: &Call<'_>) -> Result<()> {
        let signature = call.params.required("signature")?;
        let secret = self.accounts.get(account).map(|owner| &owner.secret);
        let valid = secret
            .is_some_and(|secret| signature::is_valid(secret, call.payload.as_bytes(), signature));
        if valid {
            return Ok(());
        }
        Err(ApiError::new(-1022, "Signature for this request is not valid."))
    }

    fn answer_public(&self, op: Op, params: &Params) -> Result<Value> {
        match op {
            Op::Ping => Ok(json!({})),
            Op::Time => Ok(json!({ "serverTime": self.clock().millis() })),
            Op::ExchangeInfo => self.exchange_info(params),
            Op::Klines => self.klines(params),
            Op::Depth => self.depth(params),
            Op::Trades => self.prints(params),
            Op::AggTrades => self.aggregate_prints(params),
            Op::AvgPrice => self.average_price(params),
            Op::TickerPrice => self.ticker_price(params),
            Op::TickerBook => self.ticker_book(params),
            _ => self.ticker_24h(params),
        }
    }

    fn answer_account(&mut self, op: Op, account: usize, params: &Params) -> Result<Value> {
        match op {
            Op::Account => self.account_row(account, params),
            Op::Commission => self.commission_row(params),
            Op::OrderLimits => Ok(self.order_limits(account)),
            Op::MyFilters => self.my_filters(params),
            Op::Status => self.order_status(account, params),
            Op::Cancel => {
                let request = CancelRequest::of(params)?;
                let listing = self.listing_param(params)?;
                let key = self.cancel_order((account, listing), &request)?;
                Ok(self.canceled(key))
            }
            Op::OpenOrders => self.open_orders(account, params),
            Op::CancelAll => self.cancel_all(account, params),
            Op::AllOrders => self.all_orders(account, params),
            Op::MyTrades => self.my_trades(account, params),
            Op::CancelList => self.cancel_list(account, params),
            Op::ListStatus => self.list_status(account, params),
            Op::OpenLists => Ok(self.lists_where(account, |list| !list.done)),
            Op::AllLists => Ok(self.lists_where(account, |_| true)),
            _ => Ok(self.key_restrictions(account)),
        }
    }
}

/// `recvWindow` in milliseconds, rounded up: a decimal with at most three decimals.
fn receive_window(params: &Params) -> Result<i64> {
    let Some(window) = params.decimal::<Quantity>("recvWindow")? else {
        return Ok(Span::from_secs(5).millis());
    };
    let text = params.get("recvWindow").unwrap_or_default();
    if text.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 3) {
        return Err(ApiError::new(-1111, "Parameter 'recvWindow' has too much precision."));
    }
    let one = heikin_core::num::UNITS_PER_ONE;
    let millis = window.units().saturating_add(one - 1) / one;
    if millis > LONGEST_WINDOW {
        return Err(ApiError::new(-1131, "recvWindow must be less than 60000"));
    }
    Ok(millis)
}
