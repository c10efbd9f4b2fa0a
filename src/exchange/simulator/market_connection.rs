//! What a client says on a connection of market streams (`web-socket-streams.md`).

use serde_json::{Map, Value, json};

use super::hub::{ConnectionId, Role};
use super::params::decoded;
use super::stream::Stream;
use super::world::World;

/// At most so many streams on one connection.
const MOST_STREAMS: usize = 1_024;

/// The streams that a path asks for: `/ws`, `/ws/<stream>/…`, `/stream?streams=<stream>/…`.
pub(super) fn role_of_path(world: &World, path: &str, query: &str) -> Option<Role> {
    let parse = |names: &str| {
        let names = decoded(names).ok()?;
        let names = names.split('/').filter(|name| !name.is_empty()).take(MOST_STREAMS);
        Some(names.map(|name| stream(world, name)).collect())
    };
    let path = path.trim_end_matches('/');
    if path == "/stream" {
        let names = query.split('&').find_map(|pair| pair.strip_prefix("streams="));
        return Some(Role::Market { combined: true, streams: parse(names.unwrap_or(""))? });
    }
    let names = path.strip_prefix("/ws").filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    Some(Role::Market { combined: false, streams: parse(names)? })
}

fn stream(world: &World, name: &str) -> Stream {
    Stream::parse(name, |symbol| world.listing_of(symbol))
}

/// An error on this connection: a bare object.
fn refusal(code: i32, message: &str, id: Option<&Value>) -> Value {
    let mut body = json!({ "code": code, "msg": message });
    if let (Some(id), Some(object)) = (id, body.as_object_mut()) {
        object.insert("id".to_owned(), id.clone());
    }
    body
}

impl World {
    /// Answers a control message.
    pub(super) fn control_streams(&mut self, connection: ConnectionId, text: &str) -> Value {
        let message: Map<String, Value> = match serde_json::from_str(text) {
            Ok(Value::Object(message)) => message,
            Ok(_) => return refusal(2, "Invalid request: expected an object", None),
            Err(error) => return refusal(3, &format!("Invalid JSON: {error}"), None),
        };
        let id = message.get("id");
        if !is_id(id) {
            return refusal(2, "Invalid request: request ID must be an unsigned integer", None);
        }
        let Some(Value::String(method)) = message.get("method") else {
            return refusal(2, "Invalid request: missing field `method`", id);
        };
        let result = match method.as_str() {
            "SUBSCRIBE" | "UNSUBSCRIBE" => self.change_streams(connection, &message),
            "LIST_SUBSCRIPTIONS" => Ok(self.list_streams(connection)),
            "SET_PROPERTY" | "GET_PROPERTY" => self.property(connection, &message),
            unknown => Err((
                2,
                format!(
                    "Invalid request: unknown variant `{unknown}`, expected one of `SUBSCRIBE`, \
                     `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"
                ),
            )),
        };
        match result {
            Ok(result) => json!({ "result": result, "id": id }),
            Err((code, message)) => refusal(code, &message, id),
        }
    }

    fn change_streams(
        &mut self,
        connection: ConnectionId,
        message: &Map<String, Value>,
    ) -> Result<Value, (i32, String)> {
        let bad = || (2, "Invalid request: params must be an array of strings".to_owned());
        let names = message.get("params").and_then(Value::as_array).ok_or_else(bad)?;
        let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
        let changed: Vec<_> =
            names.ok_or_else(bad)?.into_iter().map(|name| stream(self, name)).collect();
        let subscribes = message.get("method").and_then(Value::as_str) == Some("SUBSCRIBE");
        if let Some(Role::Market { streams, .. }) =
            self.hub.get_mut(connection).map(|it| &mut it.role)
        {
            for stream in changed {
                if !subscribes {
                    streams.remove(&stream);
                } else if streams.len() < MOST_STREAMS {
                    streams.insert(stream);
                } else {
                    return Err((2, "Invalid request: too many parameters".to_owned()));
                }
            }
        }
        Ok(Value::Null)
    }

    fn list_streams(&mut self, connection: ConnectionId) -> Value {
        match self.hub.get_mut(connection).map(|it| &it.role) {
            Some(Role::Market { streams, .. }) => {
                streams.iter().map(|stream| Value::from(stream.name.as_str())).collect()
            }
            _ => json!([]),
        }
    }

    fn property(
        &mut self,
        connection: ConnectionId,
        message: &Map<String, Value>,
    ) -> Result<Value, (i32, String)> {
        let params = message.get("params").and_then(Value::as_array);
        let Some(Value::String(name)) = params.and_then(|params| params.first()) else {
            return Err((2, "Invalid request: property name must be a string".to_owned()));
        };
        if name != "combined" {
            return Err((0, "Unknown property".to_owned()));
        }
        let value = params.and_then(|params| params.get(1));
        let Some(Role::Market { combined, .. }) =
            self.hub.get_mut(connection).map(|it| &mut it.role)
        else {
            return Ok(Value::Null);
        };
        if message.get("method").and_then(Value::as_str) == Some("GET_PROPERTY") {
            return Ok((*combined).into());
        }
        let Some(Value::Bool(wanted)) = value else {
            return Err((1, "Invalid value type: expected Boolean".to_owned()));
        };
        *combined = *wanted;
        Ok(Value::Null)
    }
}

/// A number, a short text, or null.
fn is_id(id: Option<&Value>) -> bool {
    match id {
        None | Some(Value::Null) => true,
        Some(Value::Number(number)) => number.is_i64() || number.is_u64(),
        Some(Value::String(text)) => {
            text.len() <= 36
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        }
        Some(_) => false,
    }
}
