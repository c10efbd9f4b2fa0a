//! Front ends in processes of their own, over the API of a heikin that trades.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::market::Market;
use crate::phone::{ASHA, Phone};
use crate::product::Product;

const TOKENS: [(&str, &str); 4] = [
    ("HEIKIN_API_TOKEN_VIEWER", "viewer-viewer-viewer-viewer-0001"),
    ("HEIKIN_API_TOKEN_OPS", "operator-operator-operator-00002"),
    ("HEIKIN_API_TOKEN_DESK", "owner-owner-owner-owner-owner-03"),
    ("HEIKIN_API_TOKEN_PHONE", "front-end-front-end-front-end-04"),
];

/// A heikin with tokens, without a bot of its own.
fn trading(market: &Market, folder: &Path) -> Product {
    market.configure(folder, "testnet", "");
    let path = folder.join("heikin.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let tokens = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[http.tokens]\nviewer = \"viewer\"\nops = \
         \"operator\"\ndesk = \"owner\"\nphone = \"front_end\"\n[notify]\noperators = [{ASHA}]\n"
    );
    std::fs::write(&path, text.replace("[http]\nlisten = \"127.0.0.1:0\"\n", &tokens)).unwrap();
    Product::start(folder, &TOKENS)
}

/// A bot for it, in a folder of its own.
fn bot(product: &Product, phone: &Phone, folder: &Path) -> Product {
    let token = Phone::token();
    let variables = [("TELEGRAM_BOT_TOKEN", token.as_str()), ("HEIKIN_BACKEND_TOKEN", TOKENS[3].1)];
    Product::bot(folder, [&product.url(), &phone.standin.api_url()], &variables)
}

#[tokio::test]
async fn a_bot_elsewhere_answers_tells_and_asks_for_confirmation() {
    let (market, mut phone) = (Market::open(), Phone::new());
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let product = trading(&market, folder.path());
    product.answers("/ready", "HTTP/1.1 200").await;
    let elsewhere = bot(&product, &phone, other.path());
    phone.write("/status");
    phone.reads("heikin · testnet").await;
    market.goes_on(4).await;
    phone.reads("🟢 LONG BTCUSDT").await;
    phone.write("/pause");
    phone.reads("Paused").await;

    // Both processes hold nothing that a kill could take.
    elsewhere.kill();
    phone.write("/resume");
    let elsewhere = bot(&product, &phone, other.path());
    let recap = phone.reads("Resume all traders?").await;
    phone.presses(&recap, "Resume", "🟢 Resumed all traders.").await;
    elsewhere.stop();
    product.stop();
}

#[tokio::test]
async fn a_terminal_elsewhere_acts_in_the_name_of_its_token() {
    let market = Market::open();
    let folder = tempfile::tempdir().unwrap();
    let product = trading(&market, folder.path());
    let chat = |token: &str, lines: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .args(["chat", "--backend", &product.url()])
            .current_dir(folder.path())
            .env_clear()
            .env("HEIKIN_BACKEND_TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let said = chat(TOKENS[2].1, "/status\n/pause\nquit\n");
    assert!(said.contains("heikin · testnet") && said.contains("Paused"), "{said}");
    let audit = ask(&product, TOKENS[1].1, "/audit").await;
    assert_eq!(audit["items"][0]["by"], json!({ "kind": "token", "name": "desk" }), "{audit}");
    // A front end's token is not somebody's own.
    let said = chat(TOKENS[3].1, "/status\n/resume\nquit\n");
    assert!(said.contains("heikin · testnet") && !said.contains("Resumed"), "{said}");
    let said = chat(TOKENS[1].1, "/status\nquit\n");
    assert!(said.contains("role front_end, or owner"), "{said}");
    product.stop();
}

#[tokio::test]
async fn the_api_answers_its_tokens_and_knows_their_roles() {
    let market = Market::open();
    let folder = tempfile::tempdir().unwrap();
    let product = trading(&market, folder.path());
    let client = Client::builder().no_proxy().build().unwrap();
    let url = |path: &str| format!("{}/api/v1{path}", product.url());
    let nobody = client.get(url("/status")).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&product, TOKENS[0].1, "/status").await["mode"], "testnet");

    // That the viewer may not is said before the front office is asked; that ops may is said there.
    let pause = async |token: &str, path: &str, body: Value| {
        let request = client.request(Method::POST, url(path)).bearer_auth(token);
        let request = request.header("Idempotency-Key", "1");
        let request = request.header("Content-Type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let all = json!({ "target": "all" });
    let (status, told) = pause(TOKENS[0].1, "/control/pause", all.clone()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
    let (status, told) = pause(TOKENS[1].1, "/control/pause", all.clone()).await;
    assert!(status == StatusCode::OK && told.contains("paused"), "{told}");
    let audit = ask(&product, TOKENS[1].1, "/audit").await;
    assert_eq!(audit["items"][0]["by"], json!({ "kind": "token", "name": "ops" }), "{audit}");

    // The terminal is that of heikin's own process, and other tokens are other people's.
    let command = json!({ "command": "panic" });
    for identity in [json!({ "kind": "terminal" }), json!({ "kind": "token", "name": "desk" })] {
        let actor = json!({ "identity": identity, "name": "somebody" });
        let body = json!({ "actor": actor, "command": command, "confirmed": null });
        let (status, told) = pause(TOKENS[3].1, "/port/commands", body).await;
        assert!(status == StatusCode::OK && told.contains("not_allowed"), "{identity}: {told}");
    }
    product.stop();
}

async fn ask(product: &Product, token: &str, path: &str) -> Value {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}/api/v1{path}", product.url())).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}: {answer:?}");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_check_asks_telegram_whether_it_knows_the_bot() {
    let (market, phone) = (Market::open(), Phone::new());
    let folder = tempfile::tempdir().unwrap();
    market.configure(folder.path(), "testnet", &phone.on_telegram());
    for (token, verdict) in [
        (Phone::token(), "ok    telegram       Telegram knows the bot: @"),
        ("1:a-token-of-nobody".to_owned(), "FAIL  telegram       Telegram does not know this bot"),
    ] {
        let checked = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("check")
            .current_dir(folder.path())
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .env("TELEGRAM_BOT_TOKEN", token)
            .output()
            .unwrap();
        let told = String::from_utf8(checked.stdout).unwrap();
        assert!(told.contains(verdict), "{told}");
    }
}
