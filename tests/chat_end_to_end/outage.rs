//! Telegram is gone for a day and heikin is killed again and again: every alert arrives, as a message of
//! its own or as a numbered line, and whatever comes twice says so.
//!
//! The chat's clock and the stand-in's go faster together, with Telegram's limits on both. The whole of it
//! takes minutes: `HEIKIN_ALERTS=10000 HEIKIN_KILLS=50 cargo test --test chat_end_to_end outage -- --nocapture`.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use heikin::standin::telegram::{
    FaultRequest, Hands, Letter, RateLimits, Settings, TelegramStandin,
};
use heikin_bot::backend::*;
use heikin_bot::remote::Remote;
use serde_json::Value;

use crate::market::Market;
use crate::phone::{ASHA, Phone};
use crate::product::Product;

/// A day in twelve seconds.
const SPEED: u32 = 7_200;
const DAY: Duration = Duration::from_secs(12);
const TOKEN: &str = "front-end-front-end-front-end-01";
/// So many are at work on alerts at once.
const HANDS: usize = 16;
/// So many faults happen in the outage.
const FAULTS: usize = 3;
const PATIENCE: Duration = Duration::from_mins(10);

/// How much happens.
#[derive(Clone, Copy)]
struct Amount {
    alerts: usize,
    kills: usize,
}

#[tokio::test]
async fn every_alert_arrives_over_an_outage_and_kills() {
    play(Amount { alerts: asked("HEIKIN_ALERTS", 500), kills: asked("HEIKIN_KILLS", 6) }).await;
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but variables")]
fn asked(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |count| count.parse().unwrap())
}

#[expect(clippy::print_stdout, reason = "with --nocapture it is a measurement")]
async fn play(amount: Amount) {
    let began = jiff::Timestamp::now();
    let settings = Settings {
        speed: NonZeroU32::new(SPEED).unwrap(),
        limits: Some(RateLimits::default()),
        ..Settings::default()
    };
    let standin = TelegramStandin::start(&settings).unwrap();
    let (market, folder) = (Market::open(), tempfile::tempdir().unwrap());
    configure(&market, folder.path(), &standin, began);
    let mut product = start(folder.path());
    let letter = Letter { user: ASHA, text: Some("/help".to_owned()), ..Default::default() };
    standin.act(Hands::Send(letter)).unwrap();
    assert!(standin.messages_when(ASHA, PATIENCE, |it| said(it).len() > 1).await.is_some());

    let address = Arc::new(Mutex::new(product.url()));
    outage(&standin);
    let begun = tokio::time::Instant::now();
    panics(&address).await;
    let told = Arc::new(AtomicUsize::new(0));
    // Most of it happens while nothing gets through, the rest while it is told.
    let early = amount.alerts * 3 / 4;
    let telling = tell(&address, &told, 0..early);
    let mut killed = 0;
    while killed < amount.kills / 2 || told.load(Ordering::Relaxed) < early {
        wait(Duration::from_millis(200)).await;
        if killed < amount.kills / 2 {
            product = killed_and_started(product, folder.path(), &address);
            killed += 1;
            rest(&market, killed).await;
        }
    }
    tokio::time::sleep_until(begun + DAY).await;
    telling.await;
    let before = said(&standin.messages(ASHA)).len();
    let clear = FaultRequest { kind: "clear".to_owned(), ..Default::default() };
    standin.fault(&[clear]).unwrap();
    let telling = tell(&address, &told, early..amount.alerts);
    let mut moment = 0;
    while killed < amount.kills {
        // Another moment each time.
        wait(Duration::from_millis(20) + Duration::from_millis(37) * moment).await;
        moment = (moment + 1) % 8;
        product = killed_and_started(product, folder.path(), &address);
        killed += 1;
        rest(&market, killed).await;
    }
    telling.await;
    let all = |told: &Value| numbers(told).len() == amount.alerts;
    let there = standin.messages_when(ASHA, PATIENCE, all).await;
    let seen = standin.messages(ASHA);
    let missing: Vec<_> =
        (0..amount.alerts).filter(|it| !numbers(&seen).contains_key(it)).collect();
    assert!(there.is_some(), "lost: {missing:?}");
    product.stop();
    let (weight, refused) = market.weight();
    println!("{weight} of 6000 asked of the exchange in one of its minutes; {:?}", begun.elapsed());
    assert_eq!(refused, 0);
    check(&seen, before, amount);
}

/// Every alert was seen; what came twice says so, and is no more than one message for each kill.
#[expect(clippy::print_stdout, reason = "with --nocapture it is a measurement")]
fn check(seen: &Value, before: usize, amount: Amount) {
    let messages = said(seen);
    let mut known = BTreeSet::new();
    let mut repeats = 0;
    for text in &messages {
        let numbers = numbers_in(text);
        if numbers.iter().any(|it| known.contains(it)) {
            repeats += 1;
            assert!(text.contains("Perhaps a repeat"), "{text}");
        }
        known.extend(numbers);
    }
    println!("{} messages, {repeats} repeats, {} kills", messages.len(), amount.kills);
    assert!(repeats <= amount.kills, "{repeats} of {}", messages.len());
    assert_eq!(known.len(), amount.alerts);
    let lines = messages.iter().filter(|it| it.starts_with("⏱") && it.contains("\n#"));
    assert!(lines.clone().count() > 1, "many became lines");
    let is_summary = |it: &String| it.contains("⏱ Missed in ") && it.contains("announcements ");
    assert!(lines.clone().any(is_summary), "what was missed is summed up");
    assert!(lines.clone().all(|it| !it.contains("PANIC")), "no fault is a line");
    // Faults came first, each as a message of its own.
    let after = messages.iter().skip(before);
    let faults = after.clone().filter(|it| it.contains("PANIC")).count();
    assert!(faults >= FAULTS, "{faults}");
    let first = after.clone().position(|it| it.contains("\n#")).unwrap();
    let late = after.skip(first).filter(|it| it.contains("PANIC: ")).count();
    assert_eq!(late, 0, "a fault came behind lines");
}

fn configure(market: &Market, folder: &Path, standin: &TelegramStandin, began: jiff::Timestamp) {
    let telegram = format!("[telegram]\napi_url = \"{}\"\n", standin.api_url());
    market.configure(folder, "testnet", &telegram);
    let path = folder.join("heikin.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let http = "[http]\nlisten = \"127.0.0.1:0\"\n";
    let tokens =
        format!("{http}[http.tokens]\nphone = \"front_end\"\n[notify]\noperators = [{ASHA}]\n");
    let hurried = format!("[telegram]\nspeed = {SPEED}\nspeed_since = \"{began}\"\n");
    let text = text.replace(http, &tokens).replace("[telegram]\n", &hurried);
    std::fs::write(path, text).unwrap();
}

fn start(folder: &Path) -> Product {
    let token = Phone::token();
    let variables = [("TELEGRAM_BOT_TOKEN", token.as_str()), ("HEIKIN_API_TOKEN_PHONE", TOKEN)];
    Product::start(folder, &variables)
}

fn killed_and_started(product: Product, folder: &Path, address: &Mutex<String>) -> Product {
    product.kill();
    let product = start(folder);
    *address.lock().unwrap() = product.url();
    product
}

/// The exchange's clock stands still, and each start asks for about 250 of the 6,000 of its minute. Market
/// data may use up half of these: the twelfth start would wait for the end of a minute that never ends.
async fn rest(market: &Market, starts: usize) {
    if starts.is_multiple_of(5) {
        market.goes_on(1).await;
    }
}

fn outage(standin: &TelegramStandin) {
    let gone = FaultRequest {
        kind: "lost_before".to_owned(),
        method: Some("sendMessage".to_owned()),
        per_10000: Some(10_000),
        ..Default::default()
    };
    standin.fault(&[gone]).unwrap();
}

/// Asha, who gives commands over the port, however often heikin is killed meanwhile.
async fn act(address: &Mutex<String>, id: &str, command: &Command) -> Outcome {
    let identity = Identity::Telegram { user: UserId(ASHA) };
    let actor = Actor { identity, name: "Asha".to_owned(), pin: None };
    let (mut confirmed, mut tries) = (None, 0);
    loop {
        let url = address.lock().unwrap().clone();
        let remote = Remote::new(&url, &TOKEN.into()).unwrap();
        let request = RequestId(format!("{id}-{}", usize::from(confirmed.is_some()) + tries));
        match remote.command(request, actor.clone(), command.clone(), confirmed).await {
            Ok(Outcome::Confirm(recap)) => {
                tries += 2 * usize::from(confirmed.is_some());
                confirmed = Some(recap.version);
            }
            Ok(outcome) => return outcome,
            // Under the same id it is done once.
            Err(_) => wait(Duration::from_millis(50)).await,
        }
    }
}

async fn panics(address: &Mutex<String>) {
    for number in 0..FAULTS {
        let panicked = act(address, &format!("panic-{number}"), &Command::Panic).await;
        assert!(matches!(panicked, Outcome::Done(_)), "{panicked:?}");
        let resume = Command::Resume { target: Target::All };
        let resumed = act(address, &format!("resume-{number}"), &resume).await;
        assert!(matches!(resumed, Outcome::Done(_)), "{resumed:?}");
    }
}

/// Makes alerts happen, each by its number.
fn tell(
    address: &Arc<Mutex<String>>,
    told: &Arc<AtomicUsize>,
    numbers: std::ops::Range<usize>,
) -> impl Future<Output = ()> + use<> {
    let next = Arc::new(AtomicUsize::new(numbers.start));
    let hands = (0..HANDS).map(|_| {
        let (address, told, next) = (Arc::clone(address), Arc::clone(told), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    break;
                }
                let command = Command::Broadcast { text: format!("alert {number:05}") };
                let outcome = act(&address, &format!("tell-{number}"), &command).await;
                assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
                told.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let hands: Vec<_> = hands.collect();
    async move {
        for hand in hands {
            hand.await.unwrap();
        }
    }
}

fn said(told: &Value) -> Vec<String> {
    let messages = told["messages"].as_array().unwrap().iter().filter(|it| it["by_bot"] == true);
    messages.map(|it| it["message"]["text"].as_str().unwrap_or_default().to_owned()).collect()
}

fn numbers_in(text: &str) -> Vec<usize> {
    let found = text.split("alert ").skip(1).filter_map(|rest| rest.get(..5)?.parse().ok());
    found.collect()
}

/// How often each alert was seen.
fn numbers(told: &Value) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for number in said(told).iter().flat_map(|text| numbers_in(text)) {
        *counts.entry(number).or_insert(0) += 1;
    }
    counts
}

async fn wait(length: Duration) {
    drop(tokio::time::timeout(length, std::future::pending::<()>()).await);
}
