//! Strangers who write without end hold up nobody who may.

use std::time::Duration;

use heikin::standin::telegram::{Hands, Letter, Person, Settings};
use tokio::time::{Instant, interval};

use crate::market::Market;
use crate::phone::Phone;
use crate::product::Product;

/// Of so many strangers, each writes once a second.
const STRANGERS: i64 = 50;
const FIRST: i64 = 50_000;
/// A panic is answered within this, however busy the machine is. What waits for the strangers before it
/// to be answered would wait for minutes: a bot may write thirty messages a second in all.
const AT_ONCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_panic_is_answered_at_once_while_fifty_messages_a_second_come_from_strangers() {
    let mut settings = Settings::default();
    let one = settings.people[0].clone();
    settings.people.extend((FIRST..FIRST + STRANGERS).map(|id| Person {
        id,
        username: None,
        ..one.clone()
    }));
    let (market, mut phone) = (Market::open(), Phone::with(&settings));
    let folder = tempfile::tempdir().unwrap();
    market.configure(folder.path(), "testnet", &phone.on_telegram());
    let product = Product::start(folder.path(), &[("TELEGRAM_BOT_TOKEN", &Phone::token())]);
    let code = product.claim_code();
    phone.write(&format!("/start {code}"));
    phone.reads("You are the owner.").await;
    market.goes_on(4).await;
    phone.reads("🟢 LONG BTCUSDT").await;

    let standin = phone.standin.clone();
    let flood = tokio::spawn(async move {
        let mut beat = interval(Duration::from_secs(1) / 50);
        for user in (FIRST..FIRST + STRANGERS).cycle() {
            beat.tick().await;
            let words =
                ["/panic", "/start", "hello", "/status"][usize::try_from(user % 4).unwrap()];
            let letter = Letter { user, text: Some(words.to_owned()), ..Default::default() };
            standin.act(Hands::Send(letter)).unwrap();
        }
    });
    // It goes on for a while before.
    let mut beat = interval(Duration::from_secs(3));
    beat.tick().await;
    beat.tick().await;
    let asked = Instant::now();
    phone.write("/panic");
    let recap = phone.reads("PANIC: cancel all, sell all, stay stopped?").await;
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
    let pressed = Instant::now();
    phone.presses(&recap, "PANIC now", "🔴 PANIC: latched, also over restarts.").await;
    assert!(pressed.elapsed() < AT_ONCE, "{:?}", pressed.elapsed());
    assert!(!flood.is_finished());
    flood.abort();
    product.stop();
}
