//! A year of a thousand subscribers: of a hundred in a build without optimization, where nobody asks for
//! more. `HEIKIN_SUBSCRIBERS=1000 cargo test --test subscription year -- --nocapture` takes seconds there.

use std::collections::BTreeMap;

use heikin::subscription::books::kept;
use heikin::subscription::desk::Hint;
use heikin::subscription::event::Event;
use heikin::subscription::standing::State;
use heikin::subscription::statement::{Revenue, statement};
use heikin::subscription::{Paise, PersonId};
use heikin_core::time::{Span, Timestamp};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::world::{PRICE, World, is_captured};

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but variables")]
fn subscribers() -> u64 {
    let usual = if cfg!(debug_assertions) { 100 } else { 1_000 };
    std::env::var("HEIKIN_SUBSCRIBERS").map_or(usual, |count| count.parse().unwrap())
}

/// What is written of a person in a year, at most; in memory it is about four times that.
const BYTES_A_YEAR: usize = 16 * 1024;

/// What this process has in memory, in KiB; nothing where the system does not say.
fn resident() -> usize {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    told.split(' ').nth(1).and_then(|pages| pages.parse().ok()).map_or(0, |pages: usize| pages * 4)
}

#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture it is a measurement")]
fn a_year_of_a_thousand_subscribers_adds_up() {
    let subscribers = subscribers();
    let people = usize::try_from(subscribers).unwrap();
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let mut world = World::new();
    let mut paid: BTreeMap<PersonId, u64> = BTreeMap::new();
    let mut refunded: BTreeMap<PersonId, u64> = BTreeMap::new();
    for _day in 0..365 {
        for _ in 0..subscribers * 8 / 100 {
            let person = PersonId(chance.random_range(1..=subscribers));
            // Nobody buys far ahead.
            let standing = world.desk.account(person).map(|known| known.standing(world.now));
            let is_done = standing.is_some_and(|standing| {
                let ahead = standing.paid_until.map(|until| until.since(world.now));
                standing.open_link.is_some() || ahead.is_some_and(|left| left > Span::DAY.times(9))
            });
            if is_done {
                continue;
            }
            let link = world.subscribe(person, "monthly");
            match chance.random_range(0..100) {
                // A tenth never pays; of the rest, a third of the webhooks is lost.
                0..10 => continue,
                10..40 => drop(world.till.pay_whole(&link, world.now)),
                _ => {
                    let payment = world.till.pay_whole(&link, world.now);
                    world.hook(Hint::Link(link));
                    if chance.random_range(0..50) == 0 {
                        world.till.refund(&payment, Paise::new(PRICE));
                        world.hook(Hint::Refund(payment));
                        *refunded.entry(person).or_default() += PRICE;
                    }
                }
            }
            *paid.entry(person).or_default() += PRICE;
        }
        world.wait(Span::DAY);
    }
    world.wait(Span::HOUR);
    let mut revenue = Revenue::default();
    for (person, account) in world.desk.people() {
        let all = statement(account, Timestamp::EPOCH, world.now + Span::DAY);
        assert_eq!(all.received.get(), paid.get(&person).copied().unwrap_or(0), "{person}");
        assert_eq!(all.returned.get(), refunded.get(&person).copied().unwrap_or(0), "{person}");
        revenue.add(&all);
    }
    let (paid, refunded) = (paid.values().sum::<u64>(), refunded.values().sum::<u64>());
    assert_eq!((revenue.received.get(), revenue.returned.get()), (paid, refunded));
    assert!(revenue.payments > 8 * people && revenue.payments == world.count(is_captured));
    assert!(refunded > subscribers / 20 * PRICE);
    // Everybody has gone through every state.
    let suspended = |event: &Event| matches!(event, Event::Moved { to: State::Suspended, .. });
    assert!(world.count(suspended) > people);
    assert!(world.count(|event| matches!(event, Event::Reminded { .. })) > people);
    // It is held in memory: so much of a person in a year.
    let written: usize =
        world.records.iter().map(|record| serde_json::to_vec(record).unwrap().len()).sum();
    let before = resident();
    let twice = (world.records.clone(), world.desk.clone());
    println!(
        "{subscribers} people: {} records, {} KiB as they are written, {} KiB in memory; {} records stay",
        twice.0.len(),
        written / 1024,
        resident().saturating_sub(before),
        kept(&twice.0, world.now + Span::DAY.times(730)).len(),
    );
    drop(twice);
    assert!(written / people < BYTES_A_YEAR, "{}", written / people);
    // What was recorded is enough to know all of it.
    let before: Vec<_> = world.desk.people().map(|(_, account)| account.clone()).collect();
    world.restart();
    assert!(world.desk.people().map(|(_, account)| account).eq(&before));
}
