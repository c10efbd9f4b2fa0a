#![cfg(test)]
//! heikin from a phone: a process, an exchange and Telegram, from the claim link to a panic that
//! outlives a restart. What was said is written to `chat.txt` in the target folder's `tmp`.

mod elsewhere;
mod flood;
mod market;
mod outage;
mod phone;
mod product;

use std::path::Path;

use crate::market::Market;
use crate::phone::Phone;
use crate::product::Product;

#[tokio::test]
async fn from_the_claim_to_a_panic_that_outlives_a_restart() {
    let (market, mut phone) = (Market::open(), Phone::new());
    let folder = tempfile::tempdir().unwrap();
    market.configure(folder.path(), &phone.standin.api_url());
    let product = Product::start(folder.path(), &Phone::token());
    let link = product.says("?start=");
    let code = link.split("?start=").nth(1).unwrap().split(' ').next().unwrap();
    product.answers("/ready", "HTTP/1.1 200").await;

    phone.write(&format!("/start {code}"));
    phone.reads("You are the owner.").await;
    phone.write("/status");
    phone.reads("heikin · testnet").await;

    market.goes_on(4).await;
    phone.reads("🟢 LONG BTCUSDT").await;
    market.goes_on(4).await;
    phone.reads("Stop BTCUSDT ↑").await;
    market.goes_on(10).await;
    let trade = phone.reads("CLOSED BTCUSDT").await;
    assert!(trade.text.contains("+2.76"), "{}", trade.text);
    phone.write("/chart");
    let picture = phone.sees().await;
    assert!(picture.starts_with(b"\x89PNG"));

    market.goes_on(16).await;
    phone.reads("🟢 LONG BTCUSDT").await;
    phone.write("/panic");
    let recap = phone.reads("PANIC: cancel all, sell all, stay stopped?").await;
    phone.presses(&recap, "PANIC now", "🔴 PANIC: latched, also over restarts.").await;
    phone.reads("🔴 PANIC done").await;
    product.stop();

    let product = Product::start(folder.path(), &Phone::token());
    phone.reads("🔴 PANIC still holds after a restart").await;
    product.answers("/status", "connected as @").await;
    phone.write("/status");
    phone.reads("Stays stopped until /resume.").await;
    market.goes_on(2).await;
    product.stop();
    let told = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chat.txt");
    std::fs::write(told, phone.transcript()).unwrap();
}

#[tokio::test]
async fn a_bot_that_telegram_does_not_know_does_not_stop_the_trading() {
    let (market, phone) = (Market::open(), Phone::new());
    let folder = tempfile::tempdir().unwrap();
    market.configure(folder.path(), &phone.standin.api_url());
    let product = Product::start(folder.path(), "1:a-token-of-nobody");
    product.answers("/status", "down: Telegram does not know this bot token").await;
    product.answers("/ready", "HTTP/1.1 200").await;
    assert!(product.get("/health").starts_with("HTTP/1.1 200"));
    market.goes_on(4).await;
    product.answers("/status", "\"position\":{").await;
    product.stop();
}
