//! Faults, switched on by whoever tests a client: rules over requests and events, and things that
//! happen at once. All chance comes from one seed.

use heikin_core::market::{Asset, SymbolStatus};
use heikin_core::num::{Price, Quantity};
use heikin_core::order::ExpiryReason;
use heikin_core::time::{Span, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::error::ApiError;
use super::hub::{Outgoing, Which};
use super::records::OrderKey;
use super::world::World;

/// An element of `POST /simulator/faults`.
///
/// `kind` says what; the other fields belong to some kinds. A rule holds `times` times (once, where
/// nothing is said), or in `per_10000` of ten thousand cases until `clear`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRequest {
    /// See the table in [`super`].
    pub kind: String,
    /// Which operation, by its WebSocket method such as `order.place`; every one where absent.
    pub operation: Option<String>,
    /// How often.
    pub times: Option<u32>,
    /// How probable.
    pub per_10000: Option<u32>,
    /// The error's code.
    pub code: Option<i32>,
    /// The error's text, where it is not the code's usual one.
    pub message: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// A time, on the exchange's clock.
    pub millis: Option<i64>,
    /// A time, on the exchange's clock.
    pub seconds: Option<u32>,
    /// Which connections: `market`, `api` or `all`.
    pub connections: Option<String>,
    /// The shape of a frame or a body: `html`, `truncated`, `huge`, `binary` or `unknown`.
    pub shape: Option<String>,
    /// Which symbol.
    pub symbol: Option<String>,
    /// Which account, by its key.
    pub key: Option<String>,
    /// Which order.
    pub order_id: Option<u64>,
    /// Why an order ends: as in `expiryReason`, or `EXPIRED_IN_MATCH`.
    pub reason: Option<String>,
    /// How much.
    pub quantity: Option<Quantity>,
    /// The price grid.
    pub tick: Option<Price>,
    /// The quantity grid.
    pub step: Option<Quantity>,
    /// The least notional.
    pub min_notional: Option<Quantity>,
    /// What fees are taken in.
    pub asset: Option<Asset>,
    /// The price of that asset in the quote asset.
    pub price: Option<Price>,
    /// `TRADING`, `HALT` or `CANCEL_ONLY`.
    pub symbol_status: Option<String>,
}

/// What a request gets instead of its answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Instead {
    /// The connection breaks.
    Lost,
    /// An error of the exchange.
    Error(ApiError),
    /// A page of HTML from a machine in front of the exchange.
    Html(u16),
    /// A success, but for its body.
    Garbled(Vec<u8>),
    /// Too many requests, or a ban, for so long.
    Silence(u16, Span),
}

/// Whether the request is carried out nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

#[derive(Debug, Clone)]
struct Rule<T> {
    what: T,
    operation: Option<String>,
    left: Option<u32>,
    per_10000: u32,
}

/// What happens to an event on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EventFault {
    Dropped,
    Duplicated,
    Late(Span),
    /// It changes places with the next one.
    Reordered,
}

/// The faults that are on.
#[derive(Debug)]
pub(super) struct Faults {
    chance: ChaCha8Rng,
    answers: Vec<Rule<(When, Instead)>>,
    events: Vec<Rule<EventFault>>,
    /// Events held back until then.
    late: Vec<(Timestamp, (usize, String))>,
    /// How far the clock that clients see is from the market's, in milliseconds.
    pub(super) skew: i64,
    /// Queries do not know of an order for so long.
    pub(super) query_lag: Span,
    /// Fees are taken in this asset, at this price.
    pub(super) commission: Option<(Asset, Price)>,
    /// How many answers were other than they should be.
    pub(super) struck: u64,
}

impl Faults {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: ChaCha8Rng::seed_from_u64(seed),
            answers: Vec::new(),
            events: Vec::new(),
            late: Vec::new(),
            skew: 0,
            query_lag: Span::ZERO,
            commission: None,
            struck: 0,
        }
    }

    /// What happens to a request for this operation.
    pub(super) fn strike(&mut self, operation: &str) -> Option<(When, Instead)> {
        let of = |rule: &Rule<_>| rule.operation.as_deref().is_none_or(|name| name == operation);
        let instead = struck(&mut self.answers, &mut self.chance, of);
        self.struck += u64::from(instead.is_some());
        instead
    }
}

/// The first rule that strikes.
fn struck<T: Clone>(
    rules: &mut Vec<Rule<T>>,
    chance: &mut ChaCha8Rng,
    concerns: impl Fn(&Rule<T>) -> bool,
) -> Option<T> {
    let mut found = None;
    for rule in rules.iter_mut().filter(|rule| concerns(rule)) {
        let strikes = match &mut rule.left {
            Some(left) => {
                *left -= 1;
                true
            }
            None => chance.random_range(0..10_000) < rule.per_10000,
        };
        if strikes {
            found = Some(rule.what.clone());
            break;
        }
    }
    rules.retain(|rule| rule.left != Some(0));
    found
}

/// What a machine in front of the exchange answers.
pub(super) const HTML: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
    <body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// What a later version of the interface may say.
const UNKNOWN: &str = "{\"e\":\"notOfThisVersion\",\"E\":1,\"x\":[{}]}";

impl World {
    /// The next event to send, with what faults make of it.
    pub(super) fn next_user_event(&mut self) -> Option<(usize, String)> {
        let now = self.now();
        if let Some(due) = self.faults.late.iter().position(|(at, _)| *at <= now) {
            return Some(self.faults.late.remove(due).1);
        }
        loop {
            let event = self.outbox.pop_front()?;
            let faults = &mut self.faults;
            match struck(&mut faults.events, &mut faults.chance, |_| true) {
                None => return Some(event),
                Some(EventFault::Dropped) => {}
                Some(EventFault::Duplicated) => {
                    self.outbox.push_front(event.clone());
                    return Some(event);
                }
                Some(EventFault::Late(span)) => self.faults.late.push((now + span, event)),
                Some(EventFault::Reordered) => match self.outbox.pop_front() {
                    Some(next) => {
                        self.outbox.push_front(event);
                        return Some(next);
                    }
                    None => return Some(event),
                },
            }
        }
    }

    /// Switches a fault on, or lets it happen.
    pub(super) fn apply_fault(&mut self, request: &FaultRequest) -> Result<(), String> {
        if let Some(rule) = answer_rule(request)? {
            self.faults.answers.push(rule);
            return Ok(());
        }
        if let Some(rule) = event_rule(request) {
            self.faults.events.push(rule);
            return Ok(());
        }
        match request.kind.as_str() {
            "clear" => {
                let late: Vec<_> = self.faults.late.drain(..).map(|(_, event)| event).collect();
                self.outbox.extend(late);
                self.faults.answers.clear();
                self.faults.events.clear();
                self.faults.skew = 0;
                self.faults.query_lag = Span::ZERO;
                self.faults.commission = None;
                self.hub.set_stalled(Which::All, super::hub::Flow::Moves);
            }
            "clock_skew" => self.faults.skew = request.millis.ok_or("clock_skew needs millis")?,
            "query_lag" => {
                let millis = request.millis.ok_or("query_lag needs millis")?;
                self.faults.query_lag = Span::from_millis(millis);
            }
            "commission_asset" => {
                let asset = request.asset.ok_or("commission_asset needs asset and price")?;
                let price = request.price.ok_or("commission_asset needs asset and price")?;
                self.faults.commission = Some((asset, price));
            }
            "stream_stall" => {
                self.hub.set_stalled(which(request)?, super::hub::Flow::Stalls);
            }
            "new_address" => self.limits.forget_weight(),
            "disconnect" => self.hub.cut_all(which(request)?),
            "server_shutdown" => {
                let now = self.clock().millis();
                let event = format!("{{\"e\":\"serverShutdown\",\"E\":{now}}}");
                self.hub.announce(which(request)?, "serverShutdown", &event);
            }
            "malformed_frame" if request.shape.as_deref() == Some("unknown") => {
                self.hub.announce(which(request)?, "notOfThisVersion", UNKNOWN);
            }
            "malformed_frame" => {
                self.hub.send_raw(which(request)?, &malformed(request.shape.as_deref())?);
            }
            "user_stream_terminated" => {
                let account = self.account_named(request.key.as_deref())?;
                self.hub.terminate(account, self.clock().millis());
            }
            "partial_fill" | "expire" => return self.strike_order(request),
            "correct_candle" => return self.correct_candle(request),
            "filters" | "symbol_status" => return self.change_symbol(request),
            "revoke_key" | "restore_key" => return self.change_key(request),
            unknown => return Err(format!("there is no fault `{unknown}`")),
        }
        Ok(())
    }

    fn strike_order(&mut self, request: &FaultRequest) -> Result<(), String> {
        let id = request.order_id.ok_or("which order? order_id is missing")?;
        let found = self.orders.iter().position(|order| order.venue_id == id);
        let place = found.ok_or_else(|| format!("there is no order {id}"))?;
        let key = OrderKey(place);
        let open = self.orders.get(place).filter(|order| order.status.is_open());
        let open = open.ok_or_else(|| format!("the order {id} is not open"))?;
        let market = self.listing(open.listing).ok_or("its symbol is gone")?.market;
        if request.kind == "partial_fill" {
            if open.working_since.is_none() {
                return Err(format!("the order {id} waits for its trigger"));
            }
            let quantity = request.quantity.ok_or("partial_fill needs quantity")?;
            self.matching.fill_part(market, &key, quantity);
        } else {
            self.matching.expire(market, &key, expiry_reason(request.reason.as_deref())?);
        }
        self.collect();
        Ok(())
    }

    fn change_symbol(&mut self, request: &FaultRequest) -> Result<(), String> {
        let symbol = request.symbol.as_deref().ok_or("which symbol? symbol is missing")?;
        let listing = self.listing_of(symbol).and_then(|index| self.listing(index));
        let market = listing.ok_or_else(|| format!("there is no symbol {symbol}"))?.market;
        let mut rules = self.matching.rules(market).clone();
        if let Some(tick) = request.tick {
            rules.tick = tick;
        }
        if let Some(step) = request.step {
            rules.lot.step = step;
            rules.lot.min = step;
        }
        if let (Some(min), Some(notional)) = (request.min_notional, &mut rules.notional) {
            notional.min = min.to_money();
        }
        match request.symbol_status.as_deref() {
            None => {}
            Some("TRADING") => rules.status = SymbolStatus::Trading,
            Some("HALT") => rules.status = SymbolStatus::Halted,
            Some("CANCEL_ONLY") => rules.status = SymbolStatus::CancelOnly,
            Some(other) => return Err(format!("there is no symbol status `{other}`")),
        }
        self.matching.set_rules(market, rules);
        Ok(())
    }

    /// From now on the newest closed candle closed at its high.
    fn correct_candle(&mut self, request: &FaultRequest) -> Result<(), String> {
        let symbol = request.symbol.as_deref().ok_or("which symbol? symbol is missing")?;
        let listing = self.listing_of(symbol).and_then(|index| self.listings.get_mut(index));
        listing.ok_or_else(|| format!("there is no symbol {symbol}"))?.feed.correct_newest()
    }

    fn change_key(&mut self, request: &FaultRequest) -> Result<(), String> {
        let account = self.account_named(request.key.as_deref())?;
        let revoked = request.kind == "revoke_key";
        if let Some(owner) = self.accounts.get_mut(account) {
            owner.revoked = revoked;
        }
        if revoked {
            self.hub.end_subscriptions(account);
        }
        Ok(())
    }

    /// The account of a key; the first one where none is named.
    pub(super) fn account_named(&self, key: Option<&str>) -> Result<usize, String> {
        let Some(key) = key else { return Ok(0) };
        let found = self.accounts.iter().position(|it| it.key.expose_secret() == key);
        found.ok_or_else(|| "there is no account with this key".to_owned())
    }
}

/// A rule over answers, where the kind is one.
fn answer_rule(request: &FaultRequest) -> Result<Option<Rule<(When, Instead)>>, String> {
    let kind = request.kind.as_str();
    let when = if kind.ends_with("_after") { When::After } else { When::Before };
    let length = Span::from_secs(request.seconds.unwrap_or(5));
    let instead = match kind {
        "lost_before" | "lost_after" => Instead::Lost,
        "html_before" | "html_after" => Instead::Html(request.status.unwrap_or(502)),
        "garbled_before" | "garbled_after" => {
            Instead::Garbled(match malformed(request.shape.as_deref())? {
                Outgoing::Text(text) => text.as_bytes().to_vec(),
                Outgoing::Binary(bytes) => bytes.to_vec(),
            })
        }
        "error_before" | "error_after" => {
            let code = request.code.ok_or("which error? code is missing")?;
            let mut error = known_error(code);
            if let Some(message) = &request.message {
                error.message = message.clone().into();
            }
            Instead::Error(match request.status {
                Some(status) => error.with_status(status),
                None => error,
            })
        }
        "too_many_requests" => Instead::Silence(429, length),
        "ban" => Instead::Silence(418, length),
        "too_many_orders" => Instead::Error(ApiError::too_many_orders(50, "10 SECOND")),
        _ => return Ok(None),
    };
    Ok(Some(rule(request, (when, instead))))
}

fn event_rule(request: &FaultRequest) -> Option<Rule<EventFault>> {
    let what = match request.kind.as_str() {
        "events_dropped" => EventFault::Dropped,
        "events_duplicated" => EventFault::Duplicated,
        "events_late" => EventFault::Late(Span::from_millis(request.millis.unwrap_or(1_000))),
        "events_reordered" => EventFault::Reordered,
        _ => return None,
    };
    Some(rule(request, what))
}

fn rule<T>(request: &FaultRequest, what: T) -> Rule<T> {
    let left = match request.per_10000 {
        Some(_) => None,
        None => Some(request.times.unwrap_or(1).max(1)),
    };
    let per_10000 = request.per_10000.unwrap_or(0);
    Rule { what, operation: request.operation.clone(), left, per_10000 }
}

/// An error that the documents name, by its code.
fn known_error(code: i32) -> ApiError {
    let (status, text) = match code {
        -1000 => (500, "An unknown error occurred while processing the request."),
        -1001 => (500, "Internal error; unable to process your request. Please try again."),
        -1006 => (
            500,
            "An unexpected response was received from the message bus. Execution status unknown.",
        ),
        -1007 => return ApiError::timeout(),
        -1008 => (
            503,
            "Server is currently overloaded with other requests. Please try again in a few minutes.",
        ),
        -1015 => (429, "Too many new orders."),
        -1021 => (400, "Timestamp for this request is outside of the recvWindow."),
        -2013 => return ApiError::no_such_order(),
        -2015 => (401, "Invalid API-key, IP, or permissions for action."),
        _ => (400, "An error that was asked for."),
    };
    ApiError::new(code, text).with_status(status)
}

fn expiry_reason(name: Option<&str>) -> Result<ExpiryReason, String> {
    Ok(match name {
        None | Some("EXCHANGE_CANCELED") => ExpiryReason::ExchangeCanceled,
        Some("EXECUTION_RULE_PRICE_RANGE_EXCEEDED") => {
            ExpiryReason::ExecutionRulePriceRangeExceeded
        }
        Some("EXPIRED_IN_MATCH") => ExpiryReason::SelfTradePrevention,
        Some("REJECTED") => ExpiryReason::Rejected,
        Some(other) => return Err(format!("no order ends here because of `{other}`")),
    })
}

fn which(request: &FaultRequest) -> Result<Which, String> {
    match request.connections.as_deref() {
        None | Some("all") => Ok(Which::All),
        Some("market") => Ok(Which::Market),
        Some("api") => Ok(Which::Api),
        Some(other) => Err(format!("connections are `market`, `api` or `all`, not `{other}`")),
    }
}

fn malformed(shape: Option<&str>) -> Result<Outgoing, String> {
    Ok(match shape.unwrap_or("html") {
        "html" => Outgoing::Text(HTML.into()),
        "truncated" => {
            Outgoing::Text("{\"stream\":\"btcusdt@kline_1m\",\"data\":{\"e\":\"kl".into())
        }
        "huge" => Outgoing::Text(format!("{{\"e\":\"{}\"}}", "x".repeat(20_000_000)).into()),
        "unknown" => Outgoing::Text(UNKNOWN.into()),
        "binary" => Outgoing::Binary(vec![0, 159, 146, 150].into()),
        other => return Err(format!("there is no frame of the shape `{other}`")),
    })
}
