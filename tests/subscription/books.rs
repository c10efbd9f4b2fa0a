//! What is kept of the record, and what never goes.

use std::collections::BTreeSet;

use heikin::subscription::access::access;
use heikin::subscription::account::Account;
use heikin::subscription::books::kept;
use heikin::subscription::event::{Event, Recorded};
use heikin::subscription::statement::statement;
use heikin::subscription::{Paise, PaymentId, PersonId};
use heikin_core::time::{Span, Timestamp};
use proptest::prelude::*;

use crate::properties::{acts, fold, play};
use crate::world::{ASHA, OWNER, World, is_captured};

const END: Timestamp = Timestamp::from_millis(i64::MAX);

/// A stranger asks for a link, again and again, and pays none.
fn ask_each_day(world: &mut World, person: PersonId, days: u32) {
    for _ in 0..days {
        drop(world.subscribe(person, "monthly"));
        world.wait(Span::DAY + Span::HOUR);
    }
}

fn references(world: &World) -> BTreeSet<String> {
    let asked = world.records.iter().filter_map(|record| match &record.event {
        Event::Requested(purchase) => Some(purchase.reference.to_string()),
        _ => None,
    });
    asked.collect()
}

fn shorten(world: &mut World) {
    world.records = kept(&world.records, world.now);
    world.desk = world.desk.shortened(&world.records);
}

#[test]
fn what_brought_no_money_goes_and_its_reference_never_comes_again() {
    let mut world = World::new();
    ask_each_day(&mut world, ASHA, 60);
    let before = references(&world);
    assert_eq!(before.len(), 60);
    shorten(&mut world);
    let rest = references(&world);
    // Ten whose time is over, those whose links may still be paid late, and the newest.
    assert!((11..=16).contains(&rest.len()), "{rest:?}");
    world.wait(Span::DAY.times(100));
    shorten(&mut world);
    assert_eq!(references(&world), BTreeSet::from(["hk-ab12-42-60".to_owned()]));
    drop(world.subscribe(ASHA, "monthly"));
    let next: Vec<_> = references(&world).difference(&before).cloned().collect();
    assert_eq!(next, ["hk-ab12-42-61"]);
}

#[test]
fn a_stranger_has_a_bound_however_long_they_ask() {
    let mut world = World::new();
    let mut most = 0;
    for _ in 0..12 {
        ask_each_day(&mut world, ASHA, 30);
        shorten(&mut world);
        most = most.max(world.records.len());
    }
    // Two hundred notes, and five records of each purchase.
    assert!(most <= 200 + 5 * 16, "{most}");
    let again = kept(&world.records, world.now);
    assert_eq!(again, world.records, "what stays, stays");
}

#[test]
fn what_was_paid_granted_or_did_not_match_never_goes() {
    let mut world = World::new();
    let payments: Vec<PaymentId> = (0..3)
        .map(|_| {
            let payment = world.buy(ASHA);
            world.wait(Span::DAY.times(27));
            payment
        })
        .collect();
    // Only what is still good for something is looked at.
    world.till.refund(&payments[2], Paise::new(100));
    world.wait(Span::DAY.times(2));
    let (_, step) =
        world.desk.grant(OWNER, ASHA, world.now + Span::DAY.times(5), world.now).unwrap();
    world.drive(step);
    let step = world.desk.revoke(OWNER, ASHA, world.now).unwrap();
    world.drive(step);
    let link = world.subscribe(ASHA, "monthly");
    drop(world.till.pay(&link, Paise::new(9_999_999), world.now));
    world.verify(ASHA);
    world.wait(Span::DAY.times(10));
    let lasting = |record: &&Recorded| {
        let is_note = matches!(
            record.event,
            Event::Moved { .. } | Event::Reminded { .. } | Event::PaymentFailed { .. }
        );
        !is_note
    };
    let before: Vec<_> = world.records.iter().filter(lasting).cloned().collect();
    assert!(before.iter().any(|it| matches!(it.event, Event::Mismatched { .. })));
    assert!(before.iter().any(|it| matches!(it.event, Event::Refunded { .. })));
    let later = world.now + Span::DAY.times(3_650);
    let rest = kept(&world.records, later);
    assert!(rest.len() < world.records.len(), "notes go");
    let after: Vec<_> = rest.iter().filter(lasting).cloned().collect();
    assert_eq!(after, before);
    assert_eq!(rest.iter().filter(|it| is_captured(&it.event)).count(), 3);
}

fn stands_alike((whole, rest): (&Account, &Account), from: Timestamp) -> Result<(), TestCaseError> {
    prop_assert_eq!(whole.periods(), rest.periods());
    prop_assert_eq!(whole.latest(), rest.latest());
    prop_assert_eq!(
        statement(whole, Timestamp::EPOCH, END),
        statement(rest, Timestamp::EPOCH, END)
    );
    for hours in (0..24 * 60).step_by(7) {
        let at = from + Span::HOUR.times(hours);
        prop_assert_eq!(access(whole, at), access(rest, at));
        prop_assert_eq!(whole.standing(at), rest.standing(at));
        prop_assert_eq!(whole.due_reminder(at), rest.due_reminder(at));
        prop_assert_eq!(whole.next_deadline(at), rest.next_deadline(at));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    /// Whatever happened: who reads what is kept sees an account that stands as the whole one does.
    #[test]
    fn nothing_that_decides_anything_goes(acts in acts(), days in 0..800_i64) {
        let mut world = play(&acts);
        world.sleep(Span::DAY.times(days));
        // Heikin looks around once.
        world.wait(Span::HOUR.times(2));
        let rest = kept(&world.records, world.now);
        stands_alike((&fold(&world.records), &fold(&rest)), world.now)?;
        let desk = world.desk.shortened(&rest);
        prop_assert_eq!(desk.next_deadline(), world.desk.next_deadline());
    }
}
