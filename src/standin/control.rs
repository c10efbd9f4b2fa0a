//! Orders to a stand-in, below `/standin`: JSON in, JSON out, an error as `{"error": "…"}`.

use axum::body::Body;
use axum::http::Response;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::server::{Received, json as answer_json};

/// Reads the body of an order.
pub(super) fn read<T: DeserializeOwned>(received: &Received) -> Result<T, String> {
    if !received.is_json() {
        // A page of the Web can send anything but this without being asked first.
        return Err("send it as content-type: application/json".to_owned());
    }
    let body: &[u8] = if received.body.is_empty() { b"{}" } else { &received.body };
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// One or several.
pub(super) fn read_several<T: DeserializeOwned>(received: &Received) -> Result<Vec<T>, String> {
    match read::<Value>(received)? {
        Value::Array(several) => several
            .into_iter()
            .map(|one| serde_json::from_value(one).map_err(|error| error.to_string()))
            .collect(),
        one => serde_json::from_value(one).map(|it| vec![it]).map_err(|error| error.to_string()),
    }
}

/// The answer to an order.
pub(super) fn told(done: Result<Value, String>) -> Response<Body> {
    match done {
        Ok(body) => answer_json(200, &body),
        Err(error) => answer_json(400, &json!({ "error": error })),
    }
}
