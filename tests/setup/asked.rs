//! What heikin says of itself, and of the one that runs: `version`, `completions`, `man`, `health`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

use crate::{heikin, told};

#[test]
fn the_version_is_told_to_people_and_scripts() {
    let folder = TempDir::new().unwrap();
    let people = told(&heikin(folder.path(), &["version"]));
    assert!(people.starts_with(&format!("heikin {}\ncommit ", env!("CARGO_PKG_VERSION"))));
    let scripts = heikin(folder.path(), &["version", "--json"]);
    let scripts: Value = serde_json::from_slice(&scripts.stdout).unwrap();
    assert_eq!(scripts["version"], env!("CARGO_PKG_VERSION"));
    let commit = &scripts["commit"];
    assert!(commit.is_null() || commit.as_str().unwrap().len() >= 7, "{commit}");
    assert!(["debug", "release"].contains(&scripts["profile"].as_str().unwrap()));
    assert!(scripts["target"].as_str().unwrap().contains(std::env::consts::ARCH));
}

#[test]
fn every_shell_gets_completions() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = heikin(folder.path(), &["completions", shell]);
        assert!(script.status.success(), "{}", told(&script));
        let script = told(&script);
        for name in ["emergency-close", "also-sell", "telegram"] {
            assert!(script.contains(name), "{shell} lacks {name}");
        }
    }
    assert_eq!(heikin(folder.path(), &["completions", "sh"]).status.code(), Some(2));
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = TempDir::new().unwrap();
    let written = heikin(folder.path(), &["man", "man/man1"]);
    assert!(written.status.success(), "{}", told(&written));
    let page = |name: &str| fs::read_to_string(folder.path().join("man/man1").join(name)).unwrap();
    for command in heikin::cli::command().get_subcommands() {
        let page = page(&format!("heikin-{}.1", command.get_name()));
        assert!(page.contains(".SH EXTRA") && page.contains("Examples:"), "{page}");
    }
    assert!(page("heikin.1").contains("Exit codes:"));
    assert!(page("heikin-store-verify.1").contains("Read every record"));

    fs::write(folder.path().join("taken"), "").unwrap();
    let refused = heikin(folder.path(), &["man", "taken"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).starts_with("heikin: taken: the manual pages cannot be written"));
}

const ALIVE: (&str, &str) = ("200 OK", r#"{"alive":true,"loops":[]}"#);
const STUCK: (&str, &str) = ("503 Service Unavailable", r#"{"alive":false,"loops":[]}"#);
const READY: (&str, &str) = ("200 OK", r#"{"ready":true,"reasons":[]}"#);
const PANIC: (&str, &str) =
    ("503 Service Unavailable", r#"{"ready":false,"reasons":["no entries: panic"]}"#);

/// Answers two requests, for /health and /ready, and says which were asked.
fn answering(answers: [(&'static str, &'static str); 2]) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            asked.push(request.split(' ').nth(1).unwrap().to_owned());
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
        asked
    });
    (address, thread)
}

fn configured(listen: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "mode = \"paper\"\n[http]\nlisten = \"{listen}\"\n[[trader]]\nsymbol = \"BTCUSDT\"\n\
         interval = \"12h\"\npercent = 50\n"
    );
    fs::write(folder.path().join("heikin.toml"), text).unwrap();
    folder
}

#[test]
fn health_tells_alive_and_ready_apart() {
    for (answers, options, code, words) in [
        ([ALIVE, READY], &[][..], 0, "health   alive\nready    entries may be placed\n"),
        ([ALIVE, PANIC], &[], 0, "ready    not: no entries: panic"),
        ([ALIVE, PANIC], &["--ready"], 1, "no entries may be placed"),
        ([STUCK, PANIC], &[], 1, "heikin is not well: restart it"),
        ([ALIVE, READY], &["--ready", "--json"], 0, r#""alive":true"#),
    ] {
        let (address, asked) = answering(answers);
        let folder = configured(&address.to_string());
        let health = heikin(folder.path(), &[&["health"][..], options].concat());
        assert_eq!(health.status.code(), Some(code), "{}", told(&health));
        assert!(told(&health).contains(words), "{}", told(&health));
        assert_eq!(asked.join().unwrap(), ["/health", "/ready"]);
    }
}

#[test]
fn health_says_who_does_not_answer() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = configured(&nobody.to_string());
    let health = heikin(folder.path(), &["health"]);
    assert_eq!(health.status.code(), Some(1));
    assert!(told(&health).contains("gives no answer"), "{}", told(&health));

    let (somebody, asked) = answering([("200 OK", "<html>"), READY]);
    let folder = configured(&somebody.to_string());
    let health = heikin(folder.path(), &["health"]);
    assert_eq!(health.status.code(), Some(1));
    assert!(told(&health).contains("is no heikin's"), "{}", told(&health));
    // The other answer is nobody's.
    drop(asked);

    for (folder, words) in [
        (TempDir::new().unwrap(), "the demo serves nothing"),
        (configured("127.0.0.1:0"), "http.listen has port 0"),
    ] {
        let health = heikin(folder.path(), &["health"]);
        assert_eq!(health.status.code(), Some(2), "{}", told(&health));
        assert!(told(&health).contains(words), "{}", told(&health));
    }
}

/// The steps of one world: beside many they would not be told.
#[test]
fn a_trace_is_of_one_seed() {
    let folder = TempDir::new().unwrap();
    for of_many in
        ["--trace", "--trace --seeds 3", "--trace --from 2", "--trace --seed 1 --seeds 3"]
    {
        let arguments: Vec<_> = ["simulate"].into_iter().chain(of_many.split(' ')).collect();
        let refused = heikin(folder.path(), &arguments);
        assert_eq!(refused.status.code(), Some(2), "{of_many}: {}", told(&refused));
        assert!(told(&refused).contains("--trace"), "{of_many}: {}", told(&refused));
    }
    let traced = heikin(folder.path(), &["simulate", "--seed", "1", "--trace"]);
    assert!(traced.status.success(), "{}", told(&traced));
}
