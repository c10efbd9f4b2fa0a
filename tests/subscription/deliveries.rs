//! A hundred thousand webhooks, against a model that shares nothing with the product: payments as
//! tokens in a queue, each good for so many milliseconds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use heikin::subscription::access::access;
use heikin::subscription::provider::{DisputeStage, LinkStatus};
use heikin::subscription::razorpay::{Deliveries, WebhookSecrets, receive};
use heikin::subscription::{LinkId, Paise, PaymentId, PersonId};
use heikin_core::time::{Span, Timestamp};
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::recorded::sign;
use crate::world::{START, World};

const SECRET: &str = "a webhook secret";
const DELIVERIES: usize = 100_000;
const PEOPLE: u64 = 10_000;

/// What truly happened, and what a webhook says of it.
#[derive(Debug, Clone)]
enum Fact {
    Paid(LinkId),
    Refunded(PaymentId),
    ChargedBack(PaymentId),
    /// It says nothing about access.
    Idle,
}

struct Sent {
    id: String,
    body: String,
    fact: Fact,
    person: PersonId,
}

/// One person in the model.
#[derive(Debug, Default, Clone)]
struct Tokens {
    queue: VecDeque<(PaymentId, i64)>,
    seen: BTreeSet<PaymentId>,
    gone: BTreeSet<PaymentId>,
    clock: i64,
    grace_until: i64,
}

const CYCLE: i64 = 28 * 86_400_000;
const GRACE: i64 = 86_400_000;

impl Tokens {
    /// Time uses up the token at the head; what is used up to its end has a day of grace.
    fn go_on(&mut self, now: i64) {
        while let Some((_, left)) = self.queue.front_mut() {
            let used = (*left).min(now - self.clock);
            *left -= used;
            self.clock += used;
            if *left > 0 {
                break;
            }
            self.grace_until = self.clock + GRACE;
            self.queue.pop_front();
        }
        self.clock = now;
    }

    fn pay(&mut self, payment: &PaymentId, now: i64) {
        self.go_on(now);
        if self.seen.insert(payment.clone()) && !self.gone.contains(payment) {
            self.queue.push_back((payment.clone(), CYCLE));
        }
    }

    fn take_back(&mut self, payment: &PaymentId, now: i64) {
        self.go_on(now);
        self.gone.insert(payment.clone());
        self.queue.retain(|(token, _)| token != payment);
    }

    fn is_open(&self, now: i64) -> bool {
        let mut then = self.clone();
        then.go_on(now);
        !then.queue.is_empty() || now < then.grace_until
    }
}

fn event(kind: &str, payload: &str) -> String {
    format!(
        r#"{{"entity":"event","event":"{kind}","payload":{payload},"x":{{"email":"canary@example.com"}}}}"#
    )
}

/// Everybody asks for links, and pays, or does not; then some of it goes back.
fn history(world: &mut World, chance: &mut ChaCha8Rng) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut number = 0;
    let mut send = |body: String, fact: Fact, person: PersonId| {
        number += 1;
        sent.push(Sent { id: format!("evt_{number}"), body, fact, person });
    };
    for round in 0..5 {
        for person in (1..=PEOPLE).map(PersonId) {
            if round > 1 && chance.random_range(0..2) == 0 {
                continue;
            }
            let link = world.subscribe(person, "monthly");
            let about = format!(r#"{{"payment_link":{{"entity":{{"id":"{link}"}}}}}}"#);
            let fate = chance.random_range(0..100);
            if fate < 20 {
                world.till.end(&link, LinkStatus::Expired);
                send(event("payment_link.expired", &about), Fact::Idle, person);
            } else if fate < 30 {
                // Less than was asked, and more.
                let amount = Paise::new(if fate < 25 { 100 } else { 99_999_999 });
                world.till.pay(&link, amount, world.now);
                send(event("payment_link.partially_paid", &about), Fact::Idle, person);
            } else {
                let payment = world.till.pay_whole(&link, world.now);
                let paid = format!(r#"{{"payment":{{"entity":{{"id":"{payment}"}}}}}}"#);
                send(event("payment_link.paid", &about), Fact::Paid(link.clone()), person);
                send(event("payment.captured", &paid), Fact::Paid(link), person);
                if fate < 35 {
                    world.till.refund(&payment, world.till.links.values().next().unwrap().amount);
                    let about =
                        format!(r#"{{"refund":{{"entity":{{"payment_id":"{payment}"}}}}}}"#);
                    send(event("refund.processed", &about), Fact::Refunded(payment), person);
                } else if fate < 38 {
                    world.till.dispute(&payment, DisputeStage::Lost);
                    let about = format!(
                        r#"{{"dispute":{{"entity":{{"id":"disp_{payment}","payment_id":"{payment}"}}}}}}"#
                    );
                    send(event("payment.dispute.lost", &about), Fact::ChargedBack(payment), person);
                }
            }
        }
        // The links of this round are over: nobody asks about them but the webhooks to come.
        world.sleep(Span::HOUR.times(25));
    }
    sent
}

/// What the model learns of a delivery: what the provider knows by then of what it is about.
fn learn(model: &mut Tokens, fact: &Fact, back: &BTreeSet<PaymentId>, world: &World) {
    let now = world.now.millis();
    match fact {
        Fact::Paid(link) => {
            for paid in &world.till.links[link].payments {
                model.pay(&paid.payment, now);
                // A link says so where its payment was refunded.
                if back.contains(&paid.payment) {
                    model.take_back(&paid.payment, now);
                }
            }
        }
        // News of a payment that nobody has heard of yet tells that it was paid, too.
        Fact::Refunded(payment) | Fact::ChargedBack(payment) => model.take_back(payment, now),
        Fact::Idle => {}
    }
}

/// The body, the signature and the id of an attacker's webhook.
fn forged(genuine: &Sent, chance: &mut ChaCha8Rng) -> (String, String) {
    let body = &genuine.body;
    match chance.random_range(0..5) {
        0 => (body.clone(), String::new()),
        1 => (body.clone(), sign("another secret", body.as_bytes())),
        2 => (body.replace("event", "Event"), sign(SECRET, body.as_bytes())),
        3 => {
            let value: serde_json::Value = serde_json::from_str(body).unwrap();
            (format!("{value:#}"), sign(SECRET, body.as_bytes()))
        }
        _ => (format!("{body} "), sign(SECRET, body.as_bytes())),
    }
}

#[test]
fn a_hundred_thousand_deliveries_are_exact() {
    let mut chance = ChaCha8Rng::seed_from_u64(11);
    let mut world = World::new();
    let sent = history(&mut world, &mut chance);
    let back: BTreeSet<PaymentId> = sent
        .iter()
        .filter_map(|sent| match &sent.fact {
            Fact::Refunded(payment) => Some(payment.clone()),
            _ => None,
        })
        .collect();
    assert!(sent.len() > 40_000, "{}", sent.len());
    let forgeries = DELIVERIES / 20;
    let genuine = DELIVERIES - forgeries;
    let mut order: Vec<usize> = (0..sent.len()).collect();
    while order.len() < genuine {
        order.push(chance.random_range(0..sent.len()));
    }
    order.shuffle(&mut chance);
    order.truncate(genuine);
    let repeated = genuine - order.iter().collect::<BTreeSet<_>>().len();
    assert!(repeated * 10 >= genuine * 3, "{repeated} duplicates");
    let secrets = WebhookSecrets::new(SECRET.into());
    let mut seen = Deliveries::default();
    let mut models: BTreeMap<PersonId, Tokens> = BTreeMap::new();
    let mut refused = 0;
    for (place, index) in order.into_iter().enumerate() {
        world.now = world.now + Span::from_millis(chance.random_range(0..60_000));
        let sent = &sent[index];
        if place % 19 == 0 {
            let (body, signature) = forged(sent, &mut chance);
            let received =
                receive(&secrets, &signature, Some("evt_forged"), body.as_bytes(), world.now);
            assert!(received.is_err(), "{body}");
            refused += 1;
        }
        let signature = sign(SECRET, sent.body.as_bytes());
        let delivery =
            receive(&secrets, &signature, Some(&sent.id), sent.body.as_bytes(), world.now).unwrap();
        assert!(!serde_json::to_string(&delivery).unwrap().contains("canary"));
        if !seen.note(&delivery.id, delivery.at) {
            continue;
        }
        let step = world.desk.hint(delivery.hint, delivery.id);
        world.drive(step);
        learn(models.entry(sent.person).or_default(), &sent.fact, &back, &world);
    }
    assert_eq!(refused, forgeries);
    let mut open = 0;
    for (person, account) in world.desk.people() {
        let model = models.entry(person).or_default();
        for days in (0..150).step_by(3) {
            let now: Timestamp = world.now + Span::DAY.times(days);
            let is_open = access(account, now).is_open();
            assert_eq!(is_open, model.is_open(now.millis()), "{person} after {days} days");
            open += usize::from(is_open);
        }
    }
    assert!(open > 10_000, "{open}");
    assert!(world.records.iter().all(|record| record.at >= START));
}
