//! What a client asks on a connection of the WebSocket API (`web-socket-api.md`).

use heikin_core::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::faults::{Instead, When};
use super::hub::{ConnectionId, Role};
use super::limits::limit_row;
use super::operation::{Op, Operation, SIGNED, Security};
use super::params::Params;
use super::perform::{Call, Reply};
use super::world::World;

/// A subscription is a signed request that is no operation of REST.
static SUBSCRIBE: Operation = Operation::subscription();

/// A request, as it came.
#[derive(Debug, Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(default)]
    method: String,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is answered.
    Answer(String),
    /// The connection breaks.
    Cut,
}

impl World {
    /// Answers a request.
    pub(super) fn answer_request(
        &mut self,
        connection: ConnectionId,
        text: &str,
        wall: Timestamp,
    ) -> Outcome {
        let Ok(request) = serde_json::from_str::<Request<'_>>(text) else {
            let error = ApiError::new(-1135, "Invalid JSON Request");
            return Outcome::Answer(self.envelope("null", Err(error), None));
        };
        let id = request.id.map_or("null", RawValue::get);
        let operation = Operation::of_websocket(&request.method);
        let name = operation.map_or(request.method.as_str(), |row| row.name());
        let fault = self.faults.strike(name);
        if let Some((When::Before, instead)) = &fault {
            return self.broken(id, instead);
        }
        let reply = self.carry_out(connection, operation, &request, wall);
        if let Some((When::After, instead)) = &fault {
            return self.broken(id, instead);
        }
        let Reply { result, order_counts, .. } = reply;
        let status = result.as_ref().map_or_else(|error| error.status, |_| 200);
        *self.counters.by_status.entry(status).or_default() += 1;
        Outcome::Answer(self.envelope(id, result, order_counts))
    }

    fn broken(&mut self, id: &str, instead: &Instead) -> Outcome {
        let now = self.now();
        let error = match instead {
            // What is no message has no place here: the connection breaks as well.
            Instead::Lost | Instead::Html(_) | Instead::Garbled(_) => {
                *self.counters.by_status.entry(0).or_default() += 1;
                return Outcome::Cut;
            }
            Instead::Error(error) => error.clone(),
            Instead::Silence(418, length) => self.limits.ban(now, *length),
            Instead::Silence(_, length) => {
                self.limits.ask_for_silence(now, *length);
                let error = ApiError::new(-1003, "Too many requests queued.").with_status(429);
                ApiError { retry_at: Some(now + *length), ..error }
            }
        };
        *self.counters.by_status.entry(error.status).or_default() += 1;
        Outcome::Answer(self.envelope(id, Err(error), None))
    }

    fn carry_out(
        &mut self,
        connection: ConnectionId,
        operation: Option<&'static Operation>,
        request: &Request<'_>,
        wall: Timestamp,
    ) -> Reply {
        let params = match Params::of_json(request.params) {
            Ok(params) => params,
            Err(error) => return unanswered(Err(error)),
        };
        let Some(operation) = operation else {
            return unanswered(self.session(connection, &request.method, params, wall));
        };
        let key = params.get("apiKey").map(str::to_owned);
        let (payload, params) = (params.sorted_payload(), public_params(operation, &params));
        self.perform(&Call { operation, params, key: key.as_deref(), payload, wall })
    }

    /// Subscriptions and sessions: they belong to the connection.
    fn session(
        &mut self,
        connection: ConnectionId,
        method: &str,
        params: Params,
        wall: Timestamp,
    ) -> Result<Value> {
        let now = self.now();
        match method.strip_prefix("v3/").unwrap_or(method) {
            "userDataStream.subscribe.signature" => {
                self.limits.take(now, 2)?;
                self.subscribe(connection, params, wall)
            }
            "userDataStream.unsubscribe" => {
                self.limits.take(now, 2)?;
                self.unsubscribe(connection, params.id("subscriptionId")?)
            }
            "session.subscriptions" => {
                self.limits.take(now, 2)?;
                Ok(self.subscriptions(connection))
            }
            // The documents do not say what an HMAC key is told.
            "session.logon" | "session.status" | "session.logout" | "userDataStream.subscribe" => {
                let text = "Unsupported API key type: only Ed25519 keys are supported.";
                Err(ApiError::new(-1022, text))
            }
            "userDataStream.start" | "userDataStream.ping" | "userDataStream.stop" => {
                Err(ApiError::new(-1020, "This operation is not supported.").with_status(410))
            }
            _ => Err(ApiError::new(-1020, "Unknown method.")),
        }
    }

    fn subscribe(
        &mut self,
        connection: ConnectionId,
        params: Params,
        wall: Timestamp,
    ) -> Result<Value> {
        params.only(&[SIGNED])?;
        params.required("timestamp")?;
        let key = params.required("apiKey")?.to_owned();
        let payload = params.sorted_payload();
        let call = Call { operation: &SUBSCRIBE, params, key: Some(&key), payload, wall };
        let account = self.authorize(&call)?;
        self.check_time(&call)?;
        self.check_signature(account, &call)?;
        let role = self.hub.get_mut(connection).map(|it| &mut it.role);
        let Some(Role::Api { subscriptions, next }) = role else {
            return Err(ApiError::new(-2036, "User Data Stream subscription not active."));
        };
        if subscriptions.values().any(|other| *other == account) {
            let text = "User Data Stream subscription already active.";
            return Err(ApiError::new(-2035, text));
        }
        let id = *next;
        *next += 1;
        subscriptions.insert(id, account);
        Ok(json!({ "subscriptionId": id }))
    }

    fn unsubscribe(&mut self, connection: ConnectionId, id: Option<u64>) -> Result<Value> {
        let role = self.hub.get_mut(connection).map(|it| &mut it.role);
        let Some(Role::Api { subscriptions, .. }) = role else { return Ok(json!({})) };
        let ended: Vec<u64> = match id {
            None => std::mem::take(subscriptions).into_keys().collect(),
            Some(id) => {
                let text = "User Data Stream subscription not active.";
                subscriptions.remove(&id).ok_or_else(|| ApiError::new(-2036, text))?;
                vec![id]
            }
        };
        let at = self.clock().millis();
        for id in ended {
            let event = format!(
                "{{\"subscriptionId\":{id},\"event\":{{\"e\":\"eventStreamTerminated\",\"E\":{at}}}}}"
            );
            self.hub.send(connection, super::hub::Outgoing::Text(event.into()));
        }
        Ok(json!({}))
    }

    fn subscriptions(&mut self, connection: ConnectionId) -> Value {
        match self.hub.get_mut(connection).map(|it| &it.role) {
            Some(Role::Api { subscriptions, .. }) => {
                subscriptions.keys().map(|id| json!({ "subscriptionId": id })).collect()
            }
            _ => json!([]),
        }
    }

    fn envelope(
        &mut self,
        id: &str,
        result: Result<Value>,
        order_counts: Option<(u32, u32)>,
    ) -> String {
        let now = self.now();
        let used = self.limits.used_weight(now);
        let limits = self.limits.settings;
        let counted = |kind, interval, limit, count: u32| {
            let mut row = limit_row(kind, interval, limit);
            if let Some(object) = row.as_object_mut() {
                object.insert("count".to_owned(), count.into());
            }
            row
        };
        let mut rows = Vec::new();
        if let Some((seconds, day)) = order_counts {
            rows.push(counted("ORDERS", ("SECOND", 10), limits.orders_10s, seconds));
            rows.push(counted("ORDERS", ("DAY", 1), limits.orders_1d, day));
        }
        rows.push(counted("REQUEST_WEIGHT", ("MINUTE", 1), limits.weight, used));
        let rows = Value::Array(rows);
        match result {
            Ok(result) => {
                format!("{{\"id\":{id},\"status\":200,\"result\":{result},\"rateLimits\":{rows}}}")
            }
            Err(mut error) => {
                if let Some(at) = error.retry_at {
                    error.data = Some(json!({
                        "serverTime": self.clock().millis(), "retryAfter": at.millis(),
                    }));
                }
                let (status, body) = (error.status, error.body());
                format!(
                    "{{\"id\":{id},\"status\":{status},\"error\":{body},\"rateLimits\":{rows}}}"
                )
            }
        }
    }
}

fn unanswered(result: Result<Value>) -> Reply {
    Reply { result, used_weight: 0, order_counts: None }
}

/// A public request may carry what all requests may.
fn public_params(operation: &Operation, params: &Params) -> Params {
    let params = params.without("returnRateLimits");
    if operation.security == Security::Public { params.without("apiKey") } else { params }
}

impl Operation {
    const fn subscription() -> Self {
        Self::signed(Op::Ping, "userDataStream.subscribe.signature")
    }
}
