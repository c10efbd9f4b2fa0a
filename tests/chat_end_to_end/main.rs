#![cfg(test)]
//! heikin from a phone: a process, an exchange and Telegram, from the claim link to a panic that
//! outlives a restart; and from the bill to the receipt, on a stand-in of Razorpay. What was said is
//! written to `chat.txt` in the target folder's `tmp`.

mod elsewhere;
mod flood;
mod market;
mod outage;
mod paying;
mod phone;
mod product;

use std::path::Path;

use crate::market::Market;
use crate::phone::Phone;
use crate::product::{Product, TOKEN};

#[tokio::test]
async fn from_the_claim_to_a_panic_that_outlives_a_restart() {
    let (market, mut phone) = (Market::open(), Phone::new());
    let folder = tempfile::tempdir().unwrap();
    market.configure(folder.path(), "testnet", &phone.on_telegram());
    let product = Product::start(folder.path(), &[(TOKEN, &Phone::token())]);
    let code = product.claim_code();
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

    let product = Product::start(folder.path(), &[(TOKEN, &Phone::token())]);
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
    market.configure(folder.path(), "testnet", &phone.on_telegram());
    let product = Product::start(folder.path(), &[(TOKEN, "1:a-token-of-nobody")]);
    product.answers("/status", "down: Telegram does not know this bot token").await;
    product.answers("/ready", "HTTP/1.1 200").await;
    assert!(product.get("/health").starts_with("HTTP/1.1 200"));
    market.goes_on(4).await;
    product.answers("/status", "\"position\":{").await;
    product.stop();
}

#[tokio::test]
async fn settings_from_the_phone_hold_over_a_restart_until_the_file_is_changed_there() {
    const PIN: &str = "canary-739104";
    let (market, mut phone) = (Market::open(), Phone::new());
    let folder = tempfile::tempdir().unwrap();
    market.configure(folder.path(), "testnet", &phone.on_telegram());
    std::fs::write(folder.path().join(".env"), format!("HEIKIN_CHAT_PIN={PIN}\n")).unwrap();
    let product = Product::start(folder.path(), &[(TOKEN, &Phone::token())]);
    let code = product.claim_code();
    product.answers("/ready", "HTTP/1.1 200").await;
    phone.write(&format!("/start {code}"));
    phone.reads("You are the owner.").await;

    phone.write("/set account.max_trade 100");
    let recap = phone.reads("none → 100").await;
    phone.presses(&recap, "Change", "Changed.").await;
    phone.write("1h,BTCUSDT,500$,10,10");
    let recap = phone.reads("1000 → 500").await;
    assert!(recap.text.contains("entry trigger offset\n0 → 10"), "{}", recap.text);
    phone.presses(&recap, "Change", "Changed.").await;
    market.goes_on(4).await;
    phone.write("/set account.max_trade 900");
    let recap = phone.reads("Your PIN is asked for next.").await;
    phone.presses(&recap, "Change", "Type your PIN").await;
    phone.write("canary-000000");
    phone.reads("Wrong PIN. Tries left: 4.").await;
    phone.write("/set account.max_trade 900");
    let recap = phone.reads("100 → 900").await;
    phone.presses(&recap, "Change", "Type your PIN").await;
    phone.write(PIN);
    phone.reads("Changed.").await;
    phone.write("/mode");
    phone.reads("mode = \"live\"").await;
    product.stop();

    let file = folder.path().join("heikin.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let limits = format!("{text}[account]\nmax_open_trades = 2\n");
    std::fs::write(&file, limits.replace("\"1000\"", "\"750\"")).unwrap();
    let product = Product::start(folder.path(), &[(TOKEN, &Phone::token())]);
    for (asked, words) in [
        ("/settings account.max_trade", "max trade: 900"),
        ("/settings account.max_open_trades", "max open trades: 2"),
        ("/settings quote", "quote: 750"),
        ("/settings entry.trigger_offset", "entry trigger offset: 10"),
    ] {
        phone.write(asked);
        phone.reads(words).await;
    }
    market.goes_on(4).await;
    std::fs::write(&file, format!("{text}[account]\nmax_open_trades = 5\n")).unwrap();
    product.hangs_up();
    phone.reads("changed account.max_open_trades 2 → 5; BTCUSDT 1h quote 750 → 1000").await;
    std::fs::write(&file, format!("{text}[account]\nmax_open_trades = 0\n")).unwrap();
    product.hangs_up();
    phone.write("/settings account.max_open_trades");
    phone.reads("max open trades: 5").await;
    market.goes_on(12).await;
    product.stop();
    // Whatever the file says now: the journal has what held, and when.
    std::fs::write(&file, text.replace("\"1000\"", "\"20\"")).unwrap();
    let replayed = Product::replays(folder.path());
    assert!(replayed.contains(" 0 differences"), "{replayed}");
    std::fs::remove_file(folder.path().join(".env")).unwrap();
    assert_eq!(holding(folder.path(), "canary-"), [] as [std::path::PathBuf; 0]);
    let shown = phone.shown();
    assert!(shown.iter().any(|text| text.contains("Type your PIN")), "{shown:?}");
    assert!(!shown.iter().any(|text| text.contains("canary-")), "{shown:?}");
}

#[tokio::test]
async fn with_real_money_new_settings_pass_the_live_gate_before_anything_is_entered() {
    let (market, mut phone) = (Market::open(), Phone::new());
    let folder = tempfile::tempdir().unwrap();
    market.configure_live(folder.path(), &phone.on_telegram());
    let file = folder.path().join("heikin.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let overrule = |net: &str| {
        let sentence =
            format!("live_gate_override = \"BTCUSDT 1h at {net}: a market of a test\"\n");
        let text = text.replace("rearm_after = 0\n", &format!("rearm_after = 0\n{sentence}"));
        std::fs::write(&file, text).unwrap();
    };
    let refused = Product::refuses(folder.path());
    assert!(refused.contains("nothing was started"), "{refused}");
    overrule(refused.split('`').nth(1).unwrap());

    let product = Product::start(folder.path(), &[(TOKEN, &Phone::token())]);
    let code = product.claim_code();
    product.answers("/ready", "HTTP/1.1 200").await;
    phone.write(&format!("/start {code}"));
    phone.reads("You are the owner.").await;
    phone.write("/set exit.trigger_offset 40");
    let recap = phone.reads("No entries until the live gate has passed these settings").await;
    phone.presses(&recap, "Change", "Changed.").await;
    // They lose no trade either: the sentence names their figure too.
    phone.reads("Entries open again").await;
    product.answers("/ready", "HTTP/1.1 200").await;
    product.stop();
}

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(text.len())
            .any(|part| part == text.as_bytes())
        {
            found.push(path);
        }
    }
    found
}
