//! What only those ask for who run the simulator: the truth, faults, hands on an account, steps.

use axum::body::Body;
use axum::http::Response;
use heikin_core::market::Asset;
use heikin_core::num::{Money, Quantity};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::drive::{Distance, Shared};
use super::error::ApiError;
use super::faults::FaultRequest;
use super::params::Params;
use super::records::fixed;
use super::requests::{CancelRequest, OrderRequest};
use super::rest::{Received, json as answer_json};
use super::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Applied {
    #[serde(rename = "applied")]
    barrier: u64,
    in_flight: u64,
    #[serde(default)]
    post: u64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StepRequest {
    points: Option<u64>,
    candles: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FaultRequests {
    Several(Vec<FaultRequest>),
    One(Box<FaultRequest>),
}

/// What a person does with an account, besides the bot.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Hands {
    /// Places an order: parameters as in `POST /api/v3/order`, without key and signature.
    Place {
        /// Whose hands: the key of the account; the first one where absent.
        key: Option<String>,
        /// The parameters, as in a query.
        order: String,
    },
    /// Cancels an order: `symbol` with `orderId` or `origClientOrderId`.
    Cancel {
        /// Whose hands.
        key: Option<String>,
        /// The parameters, as in a query.
        order: String,
    },
    /// Money comes in.
    Deposit {
        /// Whose hands.
        key: Option<String>,
        /// What.
        asset: Asset,
        /// How much.
        amount: Quantity,
    },
    /// Money goes out.
    Withdraw {
        /// Whose hands.
        key: Option<String>,
        /// What.
        asset: Asset,
        /// How much.
        amount: Quantity,
    },
    /// Another product of the exchange locks what is free.
    Lock {
        /// Whose.
        key: Option<String>,
        /// What.
        asset: Asset,
        /// How much.
        amount: Quantity,
    },
    /// It is free again.
    Unlock {
        /// Whose.
        key: Option<String>,
        /// What.
        asset: Asset,
        /// How much.
        amount: Quantity,
    },
}

/// Answers a request below `/simulator`.
pub(super) async fn answer(shared: &Shared, received: &Received) -> Response<Body> {
    let path = received.path.as_str();
    let done = match (received.method.as_str(), path) {
        ("GET", "/simulator/state") => Ok(shared.world_now().state()),
        ("POST", "/simulator/lockstep") => read::<Applied>(received).map(|it| {
            shared.world().applied(it.post, it.barrier, it.in_flight);
            shared.changed();
            json!({})
        }),
        ("POST", "/simulator/step") => match read::<StepRequest>(received) {
            Ok(StepRequest { points: None, candles: Some(count) }) => {
                step(shared, Distance::Candles(count)).await
            }
            Ok(StepRequest { points, candles: None }) => {
                step(shared, Distance::Points(points.unwrap_or(1))).await
            }
            Ok(_) => Err("give points or candles, not both".to_owned()),
            Err(error) => Err(error),
        },
        ("POST", "/simulator/faults") => faults(shared, received).await,
        ("POST", "/simulator/hands") => match read::<Hands>(received) {
            Ok(hands) => {
                let done = shared.world_now().use_hands(&hands);
                shared.tell_user_events().await;
                done
            }
            Err(error) => Err(error),
        },
        _ => return answer_json(404, &json!({ "error": format!("there is no {path}") })),
    };
    match done {
        Ok(body) => answer_json(200, &body),
        Err(error) => answer_json(400, &json!({ "error": error })),
    }
}

fn read<T: DeserializeOwned>(received: &Received) -> Result<T, String> {
    let body = if received.body.is_empty() { "{}" } else { &received.body };
    serde_json::from_str(body).map_err(|error| error.to_string())
}

async fn step(shared: &Shared, distance: Distance) -> Result<Value, String> {
    let standing = shared.step(distance).await.ok_or("the exchange has closed")?;
    serde_json::to_value(standing).map_err(|error| error.to_string())
}

async fn faults(shared: &Shared, received: &Received) -> Result<Value, String> {
    let requests = match read::<FaultRequests>(received)? {
        FaultRequests::Several(several) => several,
        FaultRequests::One(one) => vec![*one],
    };
    apply_faults(shared, &requests).await.map(|()| json!({}))
}

/// Switches faults on, and tells what they brought about.
pub(super) async fn apply_faults(shared: &Shared, requests: &[FaultRequest]) -> Result<(), String> {
    {
        let mut world = shared.world_now();
        for request in requests {
            world.apply_fault(request)?;
        }
    }
    // Somebody who is waited for may be gone.
    shared.changed();
    shared.tell_user_events().await;
    Ok(())
}

impl World {
    /// The truth, for whoever checks a client against it.
    pub(super) fn state(&self) -> Value {
        let (market, api) = self.hub.counts();
        let markets: Vec<_> = self
            .listings
            .iter()
            .map(|it| json!({ "symbol": it.symbol, "price": self.price(it).map(fixed) }))
            .collect();
        let accounts: Vec<_> =
            (0..self.accounts.len()).map(|account| self.account_state(account)).collect();
        let limited = self.counters.by_status.get(&429).copied().unwrap_or_default();
        json!({
            "clock": self.clock().millis(), "point": self.points, "markets": markets,
            "accounts": accounts,
            "counters": {
                "requests": self.counters.by_status, "user_events": self.counters.user_events,
                "weight_peak": self.limits.weight_peak, "rate_limited": limited,
                "clients_cut": self.hub.cut, "faults_struck": self.faults.struck, "market_connections": market,
                "api_connections": api,
            },
        })
    }

    fn account_state(&self, account: usize) -> Value {
        let symbol = |listing: usize| self.listing(listing).map(|it| it.symbol);
        let Some(owner) = self.accounts.get(account) else { return Value::Null };
        let orders = self.orders.iter().filter(|order| order.account == account);
        let orders: Vec<_> = orders
            .map(|order| {
                let name = symbol(order.listing);
                let mut row = order.row(name.as_ref().map_or("", |name| name.as_str()));
                if let (Some(object), Some(id)) = (row.as_object_mut(), &order.original_id) {
                    object.insert("origClientOrderId".to_owned(), id.as_str().into());
                }
                row
            })
            .collect();
        let trades = self.trades.iter().filter(|trade| trade.account == account);
        let fills: Vec<_> = trades
            .filter_map(|trade| {
                let order = self.orders.get(trade.order.0)?;
                Some(trade.row(symbol(trade.listing)?.as_str(), order))
            })
            .collect();
        let balances: Vec<_> = self
            .matching
            .balances(owner.index)
            .into_iter()
            .map(|(asset, balance)| {
                // Exact: what clients see is rounded down.
                json!({ "asset": asset, "free": balance.free, "locked": balance.locked })
            })
            .collect();
        json!({
            "key": owner.key.expose_secret(), "orders": orders, "fills": fills,
            "balances": balances,
        })
    }

    /// Does what a person does with an account.
    pub(super) fn use_hands(&mut self, hands: &Hands) -> Result<Value, String> {
        let told = |error: ApiError| format!("{} {}", error.code, error.message);
        match hands {
            Hands::Place { key, order } => {
                let account = self.account_named(key.as_deref())?;
                let params = Params::of_text(order, "").map_err(told)?;
                let request = OrderRequest::of(&params).map_err(told)?;
                self.place_order(account, &request).map_err(told)
            }
            Hands::Cancel { key, order } => {
                let account = self.account_named(key.as_deref())?;
                let params = Params::of_text(order, "").map_err(told)?;
                let request = CancelRequest::of(&params).map_err(told)?;
                let listing = self.listing_param(&params).map_err(told)?;
                let key = self.cancel_order((account, listing), &request).map_err(told)?;
                Ok(self.canceled(key))
            }
            Hands::Deposit { key, asset, amount } => {
                let account = self.account_named(key.as_deref())?;
                self.transfer(account, *asset, amount.to_money())
            }
            Hands::Withdraw { key, asset, amount } => {
                let account = self.account_named(key.as_deref())?;
                self.transfer(account, *asset, -amount.to_money())
            }
            Hands::Lock { key, asset, amount } => {
                let account = self.account_named(key.as_deref())?;
                self.lock(account, *asset, amount.to_money())
            }
            Hands::Unlock { key, asset, amount } => {
                let account = self.account_named(key.as_deref())?;
                self.lock(account, *asset, -amount.to_money())
            }
        }
    }

    fn lock(&mut self, account: usize, asset: Asset, amount: Money) -> Result<Value, String> {
        let index = self.accounts.get(account).map(|it| it.index).ok_or("there is no account")?;
        let balance = self.matching.balance(index, asset);
        if (balance.free + -amount).is_negative() || (balance.locked + amount).is_negative() {
            return Err(format!("there is not that much {asset}"));
        }
        self.matching.lock(index, asset, amount);
        let (clock, now) = (self.clock().millis(), self.now().millis());
        let update = json!({
            "e": "externalLockUpdate", "E": clock, "a": asset, "d": fixed(amount), "T": now,
        });
        self.outbox.push_back((account, update.to_string()));
        Ok(json!({}))
    }

    fn transfer(&mut self, account: usize, asset: Asset, amount: Money) -> Result<Value, String> {
        let index = self.accounts.get(account).map(|it| it.index).ok_or("there is no account")?;
        if (self.matching.balance(index, asset).free + amount).is_negative() {
            return Err(format!("there is not that much {asset} free"));
        }
        self.matching.credit(index, asset, amount);
        let (clock, now) = (self.clock().millis(), self.now().millis());
        let update = json!({
            "e": "balanceUpdate", "E": clock, "a": asset, "d": fixed(amount), "T": now,
        });
        let balance = self.matching.balance(index, asset);
        let position = json!({
            "e": "outboundAccountPosition", "E": clock, "u": now,
            "B": [{
                "a": asset, "f": fixed(balance.free.floor_quantity()),
                "l": fixed(balance.locked.floor_quantity()),
            }],
        });
        self.outbox.push_back((account, update.to_string()));
        self.outbox.push_back((account, position.to_string()));
        Ok(json!({}))
    }
}
