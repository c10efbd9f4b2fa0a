//! Who may ask what.

use heikin::http::api::{ACTS, EXPORTS, PORT, READS};
use heikin_bot::backend::Role;
use heikin_bot::commands::Verb;
use reqwest::{Method, StatusCode};

use crate::memory::Memory;
use crate::running::{Running, TOKENS, problem, secret, value};

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let running = Running::start().await;
    for path in ["/status", "/control/panic", "/port/answer", "/export/fills.csv", "/nowhere"] {
        let response = running.bare(Method::GET, path).send().await.unwrap();
        let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert_eq!(challenge, "Bearer realm=\"heikin\"");
        let told = problem(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(told.kind, "/problems/no-token", "{path}");
    }
    for wrong in ["", "x", "operator-operator-operator-00004", "ops"] {
        let request = running.bare(Method::GET, "/status").bearer_auth(wrong);
        let response = request.send().await.unwrap();
        let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("invalid_token"), "{challenge}");
        let told = problem(response, StatusCode::UNAUTHORIZED).await;
        assert_eq!(told.kind, "/problems/unknown-token");
        assert!(!told.detail.contains("operator-operator"), "{told:?}");
    }
    let basic = running.bare(Method::GET, "/status").basic_auth("ops", Some(secret("ops")));
    problem(basic.send().await.unwrap(), StatusCode::UNAUTHORIZED).await;
}

#[tokio::test]
async fn a_role_may_what_the_chats_table_lets_it() {
    let running = Running::start().await;
    let roles = [
        ("reader", Role::Subscriber),
        ("viewer", Role::Viewer),
        ("ops", Role::Operator),
        ("owner", Role::Owner),
    ];
    let paths: Vec<(Method, &str, Verb)> = READS
        .iter()
        .map(|read| (Method::GET, read.path, read.verb))
        .chain(EXPORTS.iter().map(|export| (Method::GET, export.path, export.verb)))
        .chain(ACTS.iter().map(|act| (act.method(), act.path, act.verb)))
        .collect();
    for (name, role) in roles {
        // A server for each: rates are another test's.
        let running = Running::start().await;
        for (method, path, verb) in &paths {
            let path = path.replace("{user}", "7").replace("{plan}", "monthly");
            let response = running.request(name, method.clone(), &path).send().await.unwrap();
            let is_refused = response.status() == StatusCode::FORBIDDEN;
            let may = verb.entry().right.is_of(role);
            assert_eq!(is_refused, !may, "{name} {method} {path}: {response:?}");
        }
        assert!(running.memory.done().is_empty(), "nothing is done without an idempotency key");
    }
    // Whoever speaks for others does it on the paths for that, and nobody else does.
    let told = problem(running.get("chat", "/status").await, StatusCode::FORBIDDEN).await;
    assert_eq!(told.kind, "/problems/role");
    for (name, ..) in TOKENS.iter().filter(|(name, ..)| *name != "chat") {
        for port in PORT {
            let path = port.path.replace("{update}", "7").replace("{nonce}", &"0".repeat(32));
            let request = running.request(name, port.method.clone(), &path);
            let response = request.send().await.unwrap();
            // An owner chats in their own name; mail is for front ends alone.
            let is_chat = ["/port/answer", "/port/commands", "/port/tickets/"];
            let may = *name == "owner" && is_chat.iter().any(|it| path.starts_with(it));
            assert_eq!(response.status() == StatusCode::FORBIDDEN, !may, "{name} {path}");
        }
    }
}

#[tokio::test]
async fn without_tokens_the_api_is_off_and_says_how_to_switch_it_on() {
    let running = Running::with(Memory::new(), &[]).await;
    for path in ["/status", "/openapi.json", "/x/y"] {
        let response = running.get("ops", path).await;
        let told = problem(response, StatusCode::NOT_FOUND).await;
        assert_eq!(told.kind, "/problems/api-off");
        assert!(told.detail.contains("HEIKIN_API_TOKEN_OPS"), "{told:?}");
    }
}

#[tokio::test]
async fn a_page_of_another_name_gets_nothing() {
    let running = Running::start().await;
    let request = running.request("ops", Method::GET, "/status").header("Host", "evil.example");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    let request =
        running.request("ops", Method::GET, "/status").header("Origin", "https://evil.example");
    let response = request.send().await.unwrap();
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let preflight = running.bare(Method::OPTIONS, "/control/panic");
    let response = preflight.header("Origin", "https://evil.example").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_asks_too_often_waits_and_can_still_pause() {
    let running = Running::start().await;
    let mut refused = None;
    for _ in 0..400 {
        let response = running.get("ops", "/status").await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("there is a limit");
    assert_eq!(refused.headers()["retry-after"], "1");
    problem(refused, StatusCode::TOO_MANY_REQUESTS).await;
    // Others are not held up, and neither is what takes risk away.
    value(running.get("owner", "/status").await).await;
    let target = serde_json::json!({ "target": "all" });
    let pause = running.post("ops", "/control/pause", "k1");
    value(crate::running::with_json(pause, &target).send().await.unwrap()).await;
}

#[tokio::test]
async fn guesses_are_slowed_down_and_hold_up_nobody() {
    let running = Running::start().await;
    let mut statuses = Vec::new();
    for guess in 0..200 {
        let request = running.bare(Method::GET, "/status").bearer_auth(format!("guess-{guess}"));
        statuses.push(request.send().await.unwrap().status());
    }
    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    value(running.get("reader", "/status").await).await;
}
