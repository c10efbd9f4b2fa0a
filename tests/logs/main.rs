#![cfg(test)]
//! The log files: what goes where, and what never does.

use std::fs;
use std::path::Path;

use heikin::config::{LogFormat, LogLevel, LogSettings};
use heikin::telemetry::{StartError, open};
use secrecy::SecretString;
use tempfile::TempDir;

const CANARY: &str = "canary0canary1canary2canary3";

fn settings(folder: &Path, level: LogLevel, format: LogFormat) -> LogSettings {
    LogSettings { folder: folder.to_owned(), level, format, max_bytes: 1_000_000, keep: 3 }
}

/// What the logs hold after some events.
fn logged(level: LogLevel, format: LogFormat, log: impl FnOnce()) -> impl Fn(&str) -> String {
    let folder = TempDir::new().unwrap();
    let secret = SecretString::from(CANARY.to_owned());
    let settings = settings(folder.path(), level, format);
    let (dispatch, guard) = open(&settings, [&secret]).unwrap();
    tracing::dispatcher::with_default(&dispatch, log);
    assert_eq!(guard.lost_lines(), 0);
    drop((dispatch, guard));
    move |name| fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn each_event_goes_where_it_belongs() {
    let text = logged(LogLevel::Info, LogFormat::Text, || {
        tracing::info!(target: "heikin::runtime", "one");
        tracing::info!(target: "api", "two");
        tracing::warn!(target: "websocket", "three");
        tracing::info!(target: "hyper::proto", "four");
        tracing::error!(target: "hyper::proto", "five");
        tracing::debug!(target: "heikin::runtime", "six");
        tracing::info!(target: "heikinx", "seven");
    });
    let holds = |name: &str, words: &[&str]| {
        let text = text(name);
        let found: Vec<_> = ["one", "two", "three", "four", "five", "six", "seven"]
            .into_iter()
            .filter(|word| text.contains(word))
            .collect();
        assert_eq!(found, words, "{name}: {text}");
    };
    holds("heikin.log", &["one", "three", "five"]);
    holds("api.log", &["two"]);
    holds("websocket.log", &["three"]);
    holds("errors.log", &["three", "five"]);
}

#[test]
fn no_secret_reaches_a_file_whoever_logs_it() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = logged(LogLevel::Trace, format, || {
            let span = tracing::error_span!("request", key = CANARY);
            let _entered = span.enter();
            tracing::error!(target: "api", url = %format!("https://x/?k={CANARY}&s=1"), "sent");
            tracing::error!(target: "websocket", header = ?Some(CANARY), "{CANARY}");
            tracing::error!(target: "some_library", "told: {CANARY}");
            tracing::error!(target: "heikin", message = CANARY);
        });
        for name in ["heikin.log", "api.log", "websocket.log", "errors.log"] {
            let text = text(name);
            assert!(!text.contains(CANARY), "{name}: {text}");
            assert!(text.contains("[redacted]"), "{name}: {text}");
        }
    }
}

#[test]
fn nobody_forges_a_line() {
    let forged = "x\n2026-01-01T00:00:00Z  INFO heikin: sold everything\u{1b}[2J";
    let text = logged(LogLevel::Info, LogFormat::Text, || {
        tracing::warn!(target: "heikin", reason = %forged, "refused: {forged}");
    });
    let text = text("heikin.log");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");

    let text = logged(LogLevel::Info, LogFormat::Json, || {
        tracing::warn!(target: "heikin", reason = %forged, "refused");
    });
    let line: serde_json::Value =
        serde_json::from_str(&text("heikin.log")).expect("one JSON object");
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["message"], "refused");
}

#[test]
fn a_folder_that_cannot_be_used_is_told_with_what_mends_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error =
        open(&settings(&file.join("logs"), LogLevel::Info, LogFormat::Text), []).unwrap_err();
    assert!(matches!(error, StartError::Folder { .. }));
    assert!(error.to_string().contains("log.folder"), "{error}");
}
