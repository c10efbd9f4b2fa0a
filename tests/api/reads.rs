//! Questions over HTTP, and whole lists as CSV.

use std::collections::BTreeSet;

use heikin::http::api::READS;
use heikin_bot::backend::{BackendError, FillLine, Paged, Status};
use reqwest::{Method, StatusCode};

use crate::memory::NOW;
use crate::running::{Running, problem, value};

#[tokio::test]
async fn every_path_answers_with_the_data_alone() {
    let running = Running::start().await;
    for read in READS.iter().filter(|read| !["/why", "/plans/{plan}/bill"].contains(&read.path)) {
        let mut path = read.path.replace("{user}", "7");
        if read.path == "/chart" {
            path.push_str("?symbol=BTCUSDT&interval=1h");
        }
        let data = value(running.get("owner", &path).await).await;
        assert!(data.get("answer").is_none() && data.get("data").is_none(), "{path}: {data}");
    }
    let body = running.get("reader", "/status").await.bytes().await.unwrap();
    let status: Status = serde_json::from_slice(&body).unwrap();
    assert_eq!((status.at, status.version.0), (NOW, 7));
}

#[tokio::test]
async fn parameters_say_which_part() {
    let running = Running::start().await;
    let fills = async |query: &str| -> Paged<FillLine> {
        let response = running.get("reader", &format!("/fills{query}")).await;
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    };
    assert_eq!(fills("").await.items.len(), 3);
    let page = fills("?skip=1&take=1").await;
    assert_eq!((page.skip, page.total, page.items.len()), (1, 3, 1));
    assert_eq!(fills("?symbol=ETHUSDT").await.total, 0);
    let pnl = value(running.get("reader", "/pnl?from=1767225600000&to=1767225600001").await).await;
    assert_eq!(pnl["range"]["from"], 1_767_225_600_000_i64);
    assert_eq!(pnl["net"], "-24.2", "amounts are exact decimals in strings");
}

#[tokio::test]
async fn what_is_asked_wrongly_names_the_field() {
    let running = Running::start().await;
    for (path, field) in [
        ("/status?verbose=1", "verbose"),
        ("/fills?take=many", "take"),
        ("/fills?take=-1", "take"),
        ("/fills?take=1&take=2", "take"),
        ("/fills?symbol=BTC/USDT", "symbol"),
        ("/pnl?from=yesterday", "from"),
        ("/pnl?from=2&to=1", "to"),
        ("/chart?interval=1h", "symbol"),
        ("/chart?symbol=BTCUSDT&interval=2x", "interval"),
        ("/why", "symbol"),
        ("/why?order=1&trade=2", "symbol"),
        ("/why?order=o17", "order"),
        ("/logs?level=loud", "level"),
        ("/users/Asha", "user"),
    ] {
        let told = problem(running.get("owner", path).await, StatusCode::BAD_REQUEST).await;
        assert_eq!(told.field.as_deref(), Some(field), "{path}: {told:?}");
    }
}

#[tokio::test]
async fn what_the_backend_says_is_told_as_a_problem() {
    let running = Running::start().await;
    let response = running.get("owner", "/chart?symbol=ETHUSDT&interval=1h").await;
    let told = problem(response, StatusCode::NOT_FOUND).await;
    assert!(matches!(told.error, Some(BackendError::NotFound { .. })), "{told:?}");
    for (error, status) in [
        (BackendError::Busy, StatusCode::SERVICE_UNAVAILABLE),
        (BackendError::Forbidden, StatusCode::FORBIDDEN),
        (BackendError::Invalid { reason: "too long ago".into() }, StatusCode::BAD_REQUEST),
        (BackendError::Internal { reference: "q-1".into() }, StatusCode::INTERNAL_SERVER_ERROR),
        (BackendError::Unreachable { reason: "gone".into() }, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        *running.memory.fails.lock().unwrap() = Some(error.clone());
        let told = problem(running.get("owner", "/status").await, status).await;
        assert_eq!(told.error, Some(error));
    }
}

#[tokio::test]
async fn a_path_or_method_that_is_none_is_told() {
    let running = Running::start().await;
    let told = problem(running.get("owner", "/baskets").await, StatusCode::NOT_FOUND).await;
    assert_eq!(told.kind, "/problems/no-such-path");
    let response = running.request("owner", Method::DELETE, "/status").send().await.unwrap();
    assert!(response.headers()["allow"].to_str().unwrap().contains("GET"));
    problem(response, StatusCode::METHOD_NOT_ALLOWED).await;
}

#[tokio::test]
async fn a_list_is_had_whole_and_each_row_once_while_it_grows() {
    let running = Running::start().await;
    running.memory.fill_up(1_001, 1);
    let response = running.get("reader", "/export/fills.csv").await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let text = response.text().await.unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(&rows.headers().unwrap()[0], "time_ms");
    let orders: Vec<u64> = rows.records().map(|row| row.unwrap()[3].parse().unwrap()).collect();
    let once: BTreeSet<_> = orders.iter().copied().collect();
    assert_eq!(orders.len(), once.len(), "a row is there twice");
    assert_eq!(once, (0..1_001).collect(), "{} rows", orders.len());
    assert!(orders.is_sorted_by(|newer, older| newer > older));

    let trades = running.get("reader", "/export/trades.csv").await.text().await.unwrap();
    assert_eq!(trades.lines().count(), 3);
    assert!(trades.lines().nth(1).unwrap().starts_with("2,BTCUSDT,1h,"), "{trades}");
    let only = running.get("reader", "/export/fills.csv?symbol=ETHUSDT").await;
    assert_eq!(only.text().await.unwrap().lines().count(), 1, "the head alone");
}
