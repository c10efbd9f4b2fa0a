//! Commands over HTTP: once for a key, of the version that was confirmed, and told as problems where
//! they are not done.

use heikin_bot::backend::{Command, Outcome, Role, StateVersion, Target, UserId};
use heikin_bot::wire::Problem;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::memory::{Memory, PIN};
use crate::running::{Running, TOKENS, problem, value, with_json};

fn version(problem: &Problem) -> StateVersion {
    match &problem.outcome {
        Some(Outcome::Confirm(recap)) => recap.version,
        other => panic!("no recap: {other:?}"),
    }
}

#[tokio::test]
async fn a_command_is_done_once_for_its_key() {
    let running = Running::start().await;
    let pause = |key: &'static str| {
        with_json(running.post("ops", "/control/pause", key), &json!({ "target": "all" }))
    };
    let first = value(pause("k-1").send().await.unwrap()).await;
    assert_eq!(first["what"], "paused");
    let again = value(pause("k-1").send().await.unwrap()).await;
    assert_eq!(first, again);
    let quoted = value(pause("\"k-1\"").send().await.unwrap()).await;
    assert_eq!(first, quoted);
    assert_eq!(running.memory.done(), [Command::Pause { target: Target::All }]);
    // Another key is another command, and another token's key is its own.
    let told = problem(pause("k-2").send().await.unwrap(), StatusCode::CONFLICT).await;
    assert_eq!(told.kind, "/problems/already-so");
    let owners = running.post("owner", "/control/pause", "k-1");
    let owners = with_json(owners, &json!({ "target": "all" })).send().await.unwrap();
    problem(owners, StatusCode::CONFLICT).await;
}

#[tokio::test]
async fn a_key_is_asked_for() {
    let running = Running::start().await;
    let long = "k".repeat(41);
    for key in [None, Some(""), Some("\"\""), Some("a b"), Some(long.as_str())] {
        for (method, path) in [(Method::POST, "/control/panic"), (Method::PATCH, "/settings")] {
            let mut request = running.request("owner", method, path);
            if let Some(key) = key {
                request = request.header("Idempotency-Key", key);
            }
            let told = problem(request.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
            assert_eq!(told.field.as_deref(), Some("idempotency-key"));
        }
    }
    assert!(running.memory.done().is_empty());
}

#[tokio::test]
async fn what_sells_is_confirmed_by_the_version_of_its_recap() {
    let running = Running::start().await;
    let panic = |key: &'static str| running.post("ops", "/control/panic", key);
    let asked = panic("p-1").send().await.unwrap();
    let asked = problem(asked, StatusCode::PRECONDITION_REQUIRED).await;
    assert_eq!(version(&asked), StateVersion(7));
    assert!(asked.detail.contains("If-Match: \"7\""), "{asked:?}");

    // The state moves on: what was confirmed is not what would be done.
    let start = running.post("ops", "/control/start", "s-1").send().await.unwrap();
    assert_eq!(value(start).await["what"], "started");
    let stale = panic("p-2").header("If-Match", "\"7\"").send().await.unwrap();
    let stale = problem(stale, StatusCode::PRECONDITION_FAILED).await;
    assert_eq!((stale.kind.as_str(), version(&stale)), ("/problems/moved-on", StateVersion(8)));
    assert_eq!(running.memory.done(), [Command::StartBot]);

    let done = panic("p-3").header("If-Match", "\"8\"").send().await.unwrap();
    assert_eq!(value(done).await["what"], "panicked");
    assert_eq!(running.memory.done(), [Command::StartBot, Command::Panic]);

    for wrong in ["7", "*", "\"x\"", "W/\"7\""] {
        let refused = panic("p-4").header("If-Match", wrong).send().await.unwrap();
        let told = problem(refused, StatusCode::BAD_REQUEST).await;
        assert_eq!(told.field.as_deref(), Some("if-match"));
    }
}

#[tokio::test]
async fn a_pin_goes_in_a_header() {
    let mut memory = Memory::new();
    memory.has_pin = true;
    let running = Running::with(memory, &TOKENS).await;
    let panic =
        |key: &'static str| running.post("ops", "/control/panic", key).header("If-Match", "\"7\"");
    let told = problem(panic("p-1").send().await.unwrap(), StatusCode::FORBIDDEN).await;
    assert_eq!(told.field.as_deref(), Some("heikin-pin"));
    let wrong = panic("p-2").header("Heikin-Pin", "0000").send().await.unwrap();
    let told = problem(wrong, StatusCode::FORBIDDEN).await;
    assert_eq!(told.kind, "/problems/wrong-pin");
    let right = panic("p-3").header("Heikin-Pin", PIN).send().await.unwrap();
    assert_eq!(value(right).await["what"], "panicked");
}

#[tokio::test]
async fn every_command_arrives_as_it_was_meant() {
    let running = Running::start().await;
    let trader = json!({ "symbol": "BTCUSDT", "interval": "1h" });
    let change = json!([{ "key": "exit.on_red", "trader": trader, "value": "true" }]);
    let calls: [(Method, &str, Option<Value>); 5] = [
        (Method::POST, "/control/start", None),
        (Method::PATCH, "/settings", Some(change)),
        (Method::POST, "/control/mode", Some(json!("paper"))),
        (Method::POST, "/broadcast", Some(json!({ "text": "Maintenance at 22:00" }))),
        (Method::POST, "/users/42/revoke", None),
    ];
    for (place, (method, path, body)) in calls.into_iter().enumerate() {
        let key = format!("c-{place}");
        let request = running.request("owner", method, path).header("Idempotency-Key", key);
        let request = match &body {
            Some(body) => with_json(request, body),
            None => request,
        };
        value(request.send().await.unwrap()).await;
    }
    let grant = |key: &'static str| {
        let body = json!({ "role": "viewer", "days": null });
        with_json(running.post("owner", "/users/42/grant", key), &body)
    };
    let asked =
        problem(grant("g-1").send().await.unwrap(), StatusCode::PRECONDITION_REQUIRED).await;
    let tag = format!("\"{}\"", version(&asked).0);
    value(grant("g-2").header("If-Match", tag).send().await.unwrap()).await;
    let done = running.memory.done();
    assert_eq!(done.len(), 6, "{done:?}");
    assert!(matches!(&done[1], Command::Set { changes } if changes[0].key == "exit.on_red"));
    assert_eq!(done[4], Command::Revoke { user: UserId(42) });
    assert_eq!(done[5], Command::Grant { user: UserId(42), role: Role::Viewer, days: None });
}

#[tokio::test]
async fn a_body_is_read_strictly() {
    let running = Running::start().await;
    let close = |key: &'static str| running.post("ops", "/control/close", key);
    for (body, field) in [
        ("", "body"),
        ("{", "body"),
        ("{\"target\":\"everything\"}", "target"),
        ("{\"target\":\"symbol\",\"symbol\":\"BTC USDT\"}", "body"),
        ("{\"target\":\"all\"} x", "body"),
    ] {
        let request = close("b-1").header("Content-Type", "application/json").body(body);
        let told = problem(request.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
        assert!(told.field.is_some(), "{body} {field}: {told:?}");
    }
    let request = running.post("ops", "/users/42/grant", "b-2");
    let request = with_json(request, &json!({ "role": "king" }));
    let told = problem(request.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
    assert_eq!(told.field.as_deref(), Some("role"));
    let request = with_json(
        running.post("ops", "/users/42/grant", "b-2"),
        &json!({ "role": "viewer", "day": 3 }),
    );
    let told = problem(request.send().await.unwrap(), StatusCode::BAD_REQUEST).await;
    assert!(told.detail.contains("day"), "{told:?}");

    let form = close("b-3").header("Content-Type", "application/x-www-form-urlencoded");
    let told =
        problem(form.body("target=all").send().await.unwrap(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(told.await.kind, "/problems/not-json");
    let large = json!([{ "key": "x", "trader": null, "value": "v".repeat(65 * 1024) }]);
    let request = running.request("ops", Method::PATCH, "/settings");
    let request = with_json(request.header("Idempotency-Key", "b-4"), &large);
    problem(request.send().await.unwrap(), StatusCode::PAYLOAD_TOO_LARGE).await;
    assert!(running.memory.done().is_empty());
}
