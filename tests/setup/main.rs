#![cfg(test)]
//! `heikin init` and `heikin check`, as processes; and, in `asked`, what heikin says of itself.

mod asked;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn heikin(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heikin"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What `init` writes by itself, at any free port.
fn set_up(folder: &Path) {
    let init = heikin(folder, &["init", "--yes"]);
    assert!(init.status.success(), "{}", told(&init));
    listen_at(folder, 0);
}

fn listen_at(folder: &Path, port: u16) {
    set(folder, "listen = \"127.0.0.1:8080\"", &format!("listen = \"127.0.0.1:{port}\""));
}

/// Puts a line in the place of one that is proposed.
fn set(folder: &Path, proposed: &str, line: &str) {
    let file = folder.join("heikin.toml");
    let text = fs::read_to_string(&file).unwrap();
    let set = text.replace(&format!("\n# {proposed}\n"), &format!("\n{line}\n"));
    assert_ne!(set, text, "{proposed}");
    fs::write(&file, set).unwrap();
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn two_commands_lead_to_paper_trading() {
    let folder = TempDir::new().unwrap();
    let init = heikin(folder.path(), &["init", "--yes"]);
    assert!(init.status.success(), "{}", told(&init));
    let mode =
        |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("heikin.toml"), mode(".env")), (0o644, 0o600));
    let tag = fs::read_to_string(folder.path().join("data/installation.json")).unwrap();

    listen_at(folder.path(), 0);
    let check = heikin(folder.path(), &["check", "--offline", "--json"]);
    assert!(check.status.success(), "{}", told(&check));
    let checks: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!(checks["ok"], true);
    let named = |name: &str| {
        checks["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["check"] == name)
            .unwrap()
    };
    assert!(named("configuration")["told"].as_str().unwrap().contains("mode paper, 1 trader"));
    assert_eq!(named("store")["verdict"], "ok");
    assert_eq!(named("lock")["verdict"], "ok");
    // On paper nothing rests anywhere.
    let stop = named("stop")["told"].as_str().unwrap();
    assert!(stop.contains("without heikin nothing happens on paper"), "{stop}");
    assert_eq!(named("stop")["verdict"], "ok");

    // Again: nothing is overwritten unless that is said, and then the old one is kept.
    let again = heikin(folder.path(), &["init", "--yes"]);
    assert_eq!(again.status.code(), Some(2), "{}", told(&again));
    fs::write(folder.path().join("heikin.toml"), "# mine").unwrap();
    let replaced = heikin(folder.path(), &["init", "--yes", "--replace", "--symbol", "ETHUSDT"]);
    assert!(replaced.status.success(), "{}", told(&replaced));
    let kept = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> =
        kept.filter(|path| path.extension().is_some_and(|end| end == "bak")).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), "# mine");
    assert_eq!(fs::read_to_string(folder.path().join("data/installation.json")).unwrap(), tag);
}

#[test]
fn without_a_terminal_every_answer_must_be_given() {
    let folder = TempDir::new().unwrap();
    let init = heikin(folder.path(), &["init", "--mode", "paper"]);
    assert_eq!(init.status.code(), Some(2));
    assert!(told(&init).contains("--symbol") && !told(&init).contains("--mode"), "{}", told(&init));
    assert!(!folder.path().join("heikin.toml").exists());
}

#[test]
fn a_paper_account_has_what_the_symbol_is_paid_with() {
    for (symbol, balances) in
        [("ETHBTC", r#"{ "BTC" = "0.1" }"#), ("SOLUSDC", r#"{ "USDC" = "10000" }"#)]
    {
        let folder = TempDir::new().unwrap();
        let init = heikin(folder.path(), &["init", "--yes", "--symbol", symbol]);
        assert!(init.status.success(), "{}", told(&init));
        let text = fs::read_to_string(folder.path().join("heikin.toml")).unwrap();
        assert!(text.contains(&format!("balances = {balances}")), "{text}");
    }
}

#[test]
fn a_bad_answer_writes_nothing() {
    for arguments in [
        ["--symbol", "btcusdt"],
        ["--interval", "7h"],
        ["--percent", "150"],
        ["--mode", "live"],
        ["--balance", "lots"],
        ["--symbol", "X\"\npercent = 1"],
    ] {
        let folder = TempDir::new().unwrap();
        let init = heikin(folder.path(), &["init", "--yes", arguments[0], arguments[1]]);
        assert_eq!(init.status.code(), Some(2), "{arguments:?}: {}", told(&init));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?}");
        assert!(!told(&init).contains("?."), "{arguments:?}: {}", told(&init));
    }
}

#[test]
fn a_folder_that_cannot_be_used_fails_the_check() {
    let folder = TempDir::new().unwrap();
    set_up(folder.path());
    fs::write(folder.path().join("logs"), "a file where a folder should be").unwrap();
    let check = heikin(folder.path(), &["check", "--offline"]);
    assert_eq!(check.status.code(), Some(1), "{}", told(&check));
    assert!(told(&check).contains("FAIL  log folder"), "{}", told(&check));
}

/// Not even root may make a folder there.
#[test]
fn a_folder_that_cannot_be_made_fails_the_check() {
    let folder = TempDir::new().unwrap();
    set_up(folder.path());
    set(folder.path(), "folder = \"logs\"", "folder = \"/proc/heikin/logs\"");
    let check = heikin(folder.path(), &["check", "--offline"]);
    assert_eq!(check.status.code(), Some(1), "{}", told(&check));
    let told = told(&check);
    assert!(told.contains("FAIL  log folder"), "{told}");
    assert!(
        told.contains("/proc/heikin/logs does not exist, and cannot be made in /proc"),
        "{told}"
    );
}

#[test]
fn a_taken_port_fails_the_check() {
    let folder = TempDir::new().unwrap();
    assert!(heikin(folder.path(), &["init", "--yes"]).status.success());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listen_at(folder.path(), taken.local_addr().unwrap().port());
    let check = heikin(folder.path(), &["check", "--offline"]);
    assert_eq!(check.status.code(), Some(1), "{}", told(&check));
    assert!(told(&check).contains("FAIL  http"), "{}", told(&check));
    assert!(told(&check).contains("http.listen"), "{}", told(&check));
}

#[test]
fn init_tells_of_a_folder_that_cannot_be_used() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let init = heikin(folder.path(), &["init", "--yes", "--folder", "file/there"]);
    assert_eq!(init.status.code(), Some(2), "{}", told(&init));
    assert!(told(&init).contains("file/there was not written"), "{}", told(&init));
    assert!(told(&init).contains("--folder"), "{}", told(&init));
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let folder = TempDir::new().unwrap();
    set_up(folder.path());
    for arguments in [
        &["check", "--offline"][..],
        &["check", "--offline", "--json"],
        &["version"],
        &["simulate", "--seeds", "1"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", told(&output));
        let told = told(&output);
        assert!(told.starts_with("heikin: standard output cannot be written: "), "{told}");
    }
}
