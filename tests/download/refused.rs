//! What cannot be used: exit code 2, one message, and the disk as it was.

use std::fs;

use crate::scene::{Scene, json, message};

fn usage(scene: &Scene, arguments: &str) -> String {
    let output = scene.download(arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_symbol_that_is_none_is_told_with_those_that_are_like_it() {
    let scene = Scene::new();
    assert_eq!(
        message(&scene.download("BTCUSTD 1h"), 2),
        "the exchange has no symbol BTCUSTD. Do you mean BTCUSDT?"
    );
    assert_eq!(
        message(&scene.download("DOGE 1h"), 2),
        "the exchange has no symbol DOGE. Symbols are written together, such as BTCUSDT."
    );
    assert!(usage(&scene, "BTC/USDT 1h").contains("other than letters and digits"));
    assert!(!scene.path("candles").exists());
}

#[test]
fn an_interval_that_is_none_is_told_with_those_that_are() {
    let told = usage(&Scene::new(), "BTCUSDT 10m");
    assert!(told.contains("`10m` is no candle interval: use one of 1s 1m 3m"), "{told}");
}

#[test]
fn an_interval_that_the_exchange_does_not_have_is_told_in_words() {
    let scene = Scene::new();
    assert_eq!(
        message(&scene.download("BTCUSDT 1s"), 2),
        "the exchange has no candles of 1s for BTCUSDT. Give another interval, such as 1h."
    );
    assert!(!scene.path("candles").exists());
}

#[test]
fn a_span_without_candles_is_told_with_what_there_is() {
    let scene = Scene::new();
    assert_eq!(
        message(&scene.download("BTCUSDT 1h --from 2024-02-02 --to 2024-02-01"), 2),
        "--from 2024-02-02 is after --to 2024-02-01. Swap them."
    );
    for span in ["--to 2023-12-31", "--from 2024-03-06"] {
        let told = message(&scene.download(&format!("BTCUSDT 1h {span}")), 2);
        let expected = "there are no candles of BTCUSDT-1h in that span: the first one opens at \
                        2024-01-01 00:00 UTC, and it is now 2024-03-05 12:0";
        assert!(told.starts_with(expected), "{span}: {told}");
    }
    for date in ["yesterday", "2024-02-30", "2024-02-01T10:00"] {
        let told = usage(&scene, &format!("BTCUSDT 1h --from {date}"));
        assert!(told.contains("no such day: write it as 2024-01-31"), "{told}");
    }
    assert!(!scene.path("candles").exists());
}

#[test]
fn a_folder_is_for_one_series() {
    let scene = Scene::new();
    json(&scene.january());
    assert!(!scene.path("candles/BTCUSDT-1h/.heikin-download.lock").exists());
    let told = message(&scene.download("BTCUSDT 1d --into candles/BTCUSDT-1h"), 2);
    assert_eq!(
        told,
        "candles/BTCUSDT-1h holds other candles than BTCUSDT-1d: BTCUSDT-1h-2024-01.zip. A backtest \
         reads a folder as one series: name another folder with --into."
    );
    assert!(!scene.path("candles/BTCUSDT-1h/.heikin-download.lock").exists());
}

#[test]
fn a_folder_that_is_none_is_told() {
    let scene = Scene::new();
    fs::write(scene.path("file"), "not a folder").unwrap();
    for into in ["file", "file/below"] {
        let told = message(&scene.download(&format!("BTCUSDT 1h --into {into}")), 2);
        assert_eq!(told, format!("{into}: this is no folder. Name another one with --into."));
    }
    let told = message(&scene.download("BTCUSDT 1h --into /proc/heikin"), 2);
    assert!(told.starts_with("/proc/heikin: candles cannot be written there"), "{told}");
}

#[test]
fn addresses_are_encrypted_or_of_this_machine() {
    let scene = Scene::new();
    let program = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_heikin"));
        command.args(["download", "BTCUSDT", "1h"]).args(arguments);
        command.current_dir(scene.path("")).output().unwrap()
    };
    for option in ["--archive", "--base-url"] {
        let told = message(&program(&[option, "http://data.example.com"]), 2);
        let expected = format!("{option}: `http://data.example.com` is no address to read market");
        assert!(told.starts_with(&expected), "{told}");
    }
    // Nobody listens there.
    let told = message(&program(&["--base-url", "http://127.0.0.1:9"]), 1);
    assert!(told.starts_with("http://127.0.0.1:9 does not tell the exchange's time"), "{told}");
}
