//! REST: a request over HTTP becomes a [`Call`], its [`Reply`] an answer over HTTP.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use heikin_core::time::Timestamp;

use super::drive::Shared;
use super::error::{ApiError, Result};
use super::faults::{HTML, Instead, When};
use super::operation::Operation;
use super::params::Params;
use super::perform::{Call, Reply};
use super::signature::rest_payload;

/// The connection is to break without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is cut")]
pub(super) struct Cut;

/// A request over HTTP, read whole.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    pub(super) wall: Timestamp,
}

impl Received {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Answers a request below `/api` or `/sapi`.
pub(super) async fn answer(
    shared: &Shared,
    received: &Received,
) -> std::result::Result<Response<Body>, Cut> {
    let Received { method, path, .. } = received;
    if path.ends_with("/userDataStream") {
        let gone = "<html>\r\n<head><title>410 Gone</title></head>\r\n<body>\r\n\
            <center><h1>410 Gone</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
        return Ok(html(410, gone));
    }
    let Some(operation) = Operation::of_rest(method, path) else {
        let in_browser = received.header("accept").is_some_and(|it| it.contains("text/html"));
        return Ok(if in_browser { html(404, HTML) } else { plain(404, "") });
    };
    let fault = shared.world().faults.strike(operation.name());
    if let Some((When::Before, instead)) = &fault {
        return broken(shared, instead);
    }
    let (reply, now) = {
        let mut world = shared.world_now();
        let reply = match params(received, operation) {
            Ok(params) => world.perform(&Call {
                operation,
                params,
                key: received.header("x-mbx-apikey"),
                payload: rest_payload(&received.query, &received.body),
                wall: received.wall,
            }),
            Err(error) => Reply { result: Err(error), used_weight: 0, order_counts: None },
        };
        (reply, world.clock())
    };
    shared.tell_user_events().await;
    if let Some((When::After, instead)) = &fault {
        return broken(shared, instead);
    }
    let response = response(&reply, now);
    count(shared, response.status().as_u16());
    Ok(response)
}

fn count(shared: &Shared, status: u16) {
    *shared.world().counters.by_status.entry(status).or_default() += 1;
}

fn params(received: &Received, operation: &Operation) -> Result<Params> {
    if operation.method == "GET" && !received.body.is_empty() {
        return Params::of_text(&received.query, "");
    }
    Params::of_text(&received.query, &received.body)
}

/// What a fault makes of an answer.
fn broken(shared: &Shared, instead: &Instead) -> std::result::Result<Response<Body>, Cut> {
    let mut world = shared.world_now();
    let now = world.now();
    let error = match instead {
        Instead::Lost => {
            *world.counters.by_status.entry(0).or_default() += 1;
            return Err(Cut);
        }
        Instead::Html(status) => {
            *world.counters.by_status.entry(*status).or_default() += 1;
            return Ok(html(*status, HTML));
        }
        Instead::Garbled(body) => {
            *world.counters.by_status.entry(200).or_default() += 1;
            return Ok(Response::new(Body::from(body.clone())));
        }
        Instead::Error(error) => error.clone(),
        Instead::Silence(418, length) => world.limits.ban(now, *length),
        Instead::Silence(_, length) => {
            world.limits.ask_for_silence(now, *length);
            let text = "Too many requests queued.";
            let error = ApiError::new(-1003, text).with_status(429);
            ApiError { retry_at: Some(now + *length), ..error }
        }
    };
    *world.counters.by_status.entry(error.status).or_default() += 1;
    let used_weight = world.limits.used_weight(now);
    let reply = Reply { result: Err(error), used_weight, order_counts: None };
    Ok(response(&reply, now))
}

fn response(reply: &Reply, now: Timestamp) -> Response<Body> {
    let (status, body) = match &reply.result {
        Ok(value) => (200, value.to_string()),
        Err(error) => (error.status, error.body().to_string()),
    };
    let mut response = plain(status, &body);
    let headers = response.headers_mut();
    headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert("x-mbx-used-weight", reply.used_weight.into());
    headers.insert("x-mbx-used-weight-1m", reply.used_weight.into());
    if let Some((seconds, day)) = reply.order_counts {
        headers.insert("x-mbx-order-count-10s", seconds.into());
        headers.insert("x-mbx-order-count-1d", day.into());
    }
    if let Err(ApiError { retry_at: Some(at), .. }) = &reply.result {
        let millis = at.since(now).millis();
        headers.insert(header::RETRY_AFTER, ((millis + 999) / 1_000).into());
    }
    response
}

/// An answer of these bytes.
pub(super) fn plain(status: u16, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}

fn html(status: u16, body: &str) -> Response<Body> {
    let mut response = plain(status, body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: &serde_json::Value) -> Response<Body> {
    let mut response = plain(status, &body.to_string());
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
