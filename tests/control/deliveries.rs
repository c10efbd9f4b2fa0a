//! Webhooks by the thousand through the door, the record and the till: doubled, shuffled, forged.
//!
//! `HEIKIN_DELIVERIES=100000 cargo test --test control deliveries -- --nocapture` is the measurement.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use heikin::standin::razorpay::{Hands, Pay};
use heikin_bot::backend::{
    Access, Answer, Backend as _, Command, Done, Outcome, Payer, Query, UserId,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::Sha256;

use crate::billing::{CYCLE, SECRET, Shop, run};
use crate::world::{person, request};

/// What is sent where nothing else is asked for.
const USUAL: usize = 1_000;
/// Razorpay waits five seconds; we want to be far from that.
const P99: Duration = Duration::from_millis(200);
/// So many are under way at a time.
const AT_ONCE: usize = 8;
const FIRST: i64 = 100_000;
/// So many people buy, at most.
const BUYERS: i64 = 400;

/// What became of somebody's link, and whether anybody tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Paid,
    Refunded,
    Underpaid,
    PaidUntold,
}

struct Buyer {
    user: UserId,
    link: String,
    payment: String,
    fate: Fate,
}

struct Sent {
    id: String,
    body: String,
    signature: String,
    is_forged: bool,
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but variables")]
fn wanted() -> usize {
    std::env::var("HEIKIN_DELIVERIES").map_or(USUAL, |count| count.parse().unwrap())
}

fn sign(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    heikin::control::front::seal::hex(&digest)
}

/// Somebody asks for a link, and pays or not.
async fn buyer(shop: &Shop, control: &heikin::control::Control, number: i64) -> Buyer {
    let user = UserId(FIRST + number);
    let command = Command::Subscribe { plan: "monthly".to_owned(), payer: Payer::default() };
    let asked =
        control.command(request(&format!("link-{number}")), person(user, "B"), command, None);
    let Outcome::Done(Done::PaymentLink { url, .. }) = asked.await.unwrap() else { panic!() };
    let fate = match number % 10 {
        0 => Fate::Refunded,
        1 => Fate::Underpaid,
        2 => Fate::PaidUntold,
        _ => Fate::Paid,
    };
    let amount = (fate == Fate::Underpaid).then_some(100);
    let link = shop.link_of(&url);
    let paid = shop.razorpay.act(Hands::Pay(Pay { link: link.clone(), amount, ..Pay::default() }));
    let payment = paid.unwrap()["payment"].as_str().unwrap().to_owned();
    if fate == Fate::Refunded {
        let refund = Hands::Refund { payment: payment.clone(), amount: None };
        shop.razorpay.act(refund).unwrap();
    }
    Buyer { user, link, payment, fate }
}

/// Everything that is sent, in no order: 65 in a hundred for the first time, 30 again, 5 forged.
fn everything(buyers: &[Buyer], count: usize, chance: &mut ChaCha8Rng) -> Vec<Sent> {
    let told: Vec<&Buyer> = buyers.iter().filter(|it| it.fate != Fate::PaidUntold).collect();
    let untold: Vec<&Buyer> = buyers.iter().filter(|it| it.fate == Fate::PaidUntold).collect();
    let event = |buyer: &Buyer, kind: usize| {
        let (name, about, id) = match kind % 3 {
            0 => ("payment_link.paid", "payment_link", &buyer.link),
            1 => ("payment.captured", "payment", &buyer.payment),
            _ => ("order.paid", "payment", &buyer.payment),
        };
        format!(
            "{{\"entity\":\"event\",\"event\":\"{name}\",\
             \"payload\":{{\"{about}\":{{\"entity\":{{\"id\":\"{id}\"}}}}}}}}"
        )
    };
    let genuine = |number: usize| {
        let buyer = told[number % told.len()];
        let body = event(buyer, number / told.len());
        let signature = sign(SECRET, &body);
        Sent { id: format!("evt_{number}"), body, signature, is_forged: false }
    };
    let first = count * 65 / 100;
    let again = count * 30 / 100;
    let mut all: Vec<Sent> = (0..first).map(genuine).collect();
    all.extend((0..again).map(|_| genuine(chance.random_range(0..first))));
    all.extend((first + again..count).map(|number| {
        let body = event(untold[number % untold.len()], number);
        let signature = match number % 3 {
            0 => String::new(),
            1 => sign("another secret", &body),
            _ => sign(SECRET, &format!("{body} ")),
        };
        Sent { id: format!("evt_forged_{number}"), body, signature, is_forged: true }
    }));
    all.shuffle(chance);
    all
}

#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn stopwatch() -> Instant {
    Instant::now()
}

/// Sends one until it is taken or refused for good; how long that answer took, and how often it was
/// put off before.
async fn deliver(browser: &reqwest::Client, url: &str, sent: &Sent) -> (Duration, usize) {
    let mut put_off = 0;
    loop {
        let begun = stopwatch();
        let request = browser.post(url).header("content-type", "application/json");
        let request = request.header("x-razorpay-signature", &sent.signature);
        let request = request.header("x-razorpay-event-id", &sent.id).body(sent.body.clone());
        let status = request.send().await.unwrap().status().as_u16();
        let took = begun.elapsed();
        match status {
            200 => assert!(!sent.is_forged, "{}", sent.body),
            401 => assert!(sent.is_forged, "{}", sent.body),
            503 => {
                put_off += 1;
                continue;
            }
            other => panic!("{other}"),
        }
        return (took, put_off);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture it is a measurement")]
fn webhooks_by_the_thousand_open_what_was_paid_and_nothing_else() {
    let count = wanted();
    let mut chance = ChaCha8Rng::seed_from_u64(23);
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let url = shop.open_quiet_door(control).await;
        let mut buyers = Vec::new();
        for number in 0..BUYERS.min(i64::try_from(count / 25).unwrap()) {
            buyers.push(buyer(&shop, control, number).await);
        }
        let all = everything(&buyers, count, &mut chance);
        let distinct: BTreeSet<&str> = all.iter().map(|sent| sent.id.as_str()).collect();
        assert!(all.len() == count && (count - distinct.len()) * 10 >= count * 29 / 10);
        let browser = reqwest::Client::builder().no_proxy().build().unwrap();
        let begun = stopwatch();
        let answers = stream::iter(&all).map(|sent| deliver(&browser, &url, sent));
        let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).collect().await;
        let sending = begun.elapsed();
        for buyer in &buyers {
            let until = shop.now() + CYCLE;
            let is_as_wanted = |access: Access| match buyer.fate {
                Fate::Paid => access == Access::Active { until },
                Fate::Refunded => matches!(access, Access::Refunded { .. }),
                Fate::Underpaid | Fate::PaidUntold => matches!(access, Access::Pending { .. }),
            };
            let waited = async {
                loop {
                    let asked = control.query(Query::Member { user: buyer.user }).await.unwrap();
                    let Answer::Member(member) = asked else { panic!() };
                    if is_as_wanted(member.access) {
                        break;
                    }
                }
            };
            let patience = Duration::from_mins(1) + sending;
            let there = tokio::time::timeout(patience, waited).await;
            assert!(there.is_ok(), "{} {:?}", buyer.user, buyer.fate);
        }
        let looked = begun.elapsed();
        let put_off: usize = answers.iter().map(|(_, put_off)| put_off).sum();
        let mut took: Vec<Duration> = answers.into_iter().map(|(took, _)| took).collect();
        took.sort_unstable();
        let of = |thousandth: usize| took[(took.len() - 1) * thousandth / 1_000];
        println!(
            "{count} deliveries in {sending:.1?}, all looked into after {looked:.1?}; answered within \
             {:.1?} (p50), {:.1?} (p99), {:.1?} at most; put off {put_off} times",
            of(500),
            of(990),
            of(1_000)
        );
        if count > USUAL {
            assert!(of(990) <= P99, "{:?}", of(990));
        }
    });
    shop.world.stop(product);
}
