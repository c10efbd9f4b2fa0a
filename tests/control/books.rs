//! The record of what was sold is shortened as time goes on, over restarts.

use std::path::Path;

use heikin::control::front::Ledger;
use heikin::control::front::ledger::Rooms;
use heikin::control::front::record::Event;
use heikin::store::disk::MemoryDisk;
use heikin::subscription::desk::{Answer, DeskSettings, Effect, Step};
use heikin::subscription::event::Cause;
use heikin::subscription::{Item, PersonId, Plan, PlanTerms};
use heikin_core::time::{Span, Timestamp};

const STRANGER: PersonId = PersonId(42);
const DAYS: u32 = 300;

fn opened(disk: &MemoryDisk) -> Ledger<MemoryDisk> {
    let mut ledger = Ledger::open(disk.clone(), &Rooms::below(Path::new("data"))).unwrap();
    let prices = vec![(Item::Server, "499".parse().unwrap())];
    let plan = Plan::new(PlanTerms::new("monthly".parse().unwrap(), "Alerts", prices)).unwrap();
    let installation = "ab12".to_owned();
    ledger.open_desk(DeskSettings { installation, link_life: Span::DAY, plans: vec![plan] });
    ledger
}

fn record(ledger: &mut Ledger<MemoryDisk>, step: Step, now: Timestamp) {
    let sold = step.records.into_iter().map(|record| Event::Sold { record: Box::new(record) });
    ledger.record(now, sold.collect()).unwrap();
    ledger.sync().unwrap();
    ledger.tend().unwrap();
}

/// A link is asked for, and the provider makes none; its reference.
fn ask(ledger: &mut Ledger<MemoryDisk>, now: Timestamp) -> String {
    let (_, step) = ledger.desk().subscribe(STRANGER, &"monthly".parse().unwrap(), now).unwrap();
    let [Effect::Create { purchase, .. }] = &step.effects[..] else { panic!("{step:?}") };
    let reference = purchase.reference.clone();
    record(ledger, step, now);
    let refused = Answer::Refused(reference.clone(), "no".to_owned());
    let step = ledger.desk().answered(refused, &Cause::Answer, now).unwrap();
    record(ledger, step, now);
    reference.to_string()
}

#[test]
fn a_stranger_who_asks_every_day_leaves_a_record_that_does_not_grow() {
    let disk = MemoryDisk::default();
    let mut ledger = opened(&disk);
    let day = |day: u32| Timestamp::from_millis(1_767_225_600_000) + Span::DAY.times(day.into());
    let mut most = 0;
    for number in 1..=DAYS {
        let reference = ask(&mut ledger, day(number));
        assert_eq!(reference, format!("hk-ab12-42-{number}"), "no reference comes twice");
        most = most.max(ledger.state().sales().weight());
        if number.is_multiple_of(70) {
            // Nobody takes leave.
            drop(ledger);
            ledger = opened(&disk);
        }
    }
    // Two hundred notes, what can still be paid, ten purchases of before, and a day's more.
    assert!(most < 200 + 2 * 16 + 5, "{most}");
    let (weight, account) = {
        let sales = ledger.state().sales();
        (sales.weight(), sales.desk().account(STRANGER).cloned())
    };
    drop(ledger);
    let ledger = opened(&disk);
    assert_eq!(ledger.state().sales().weight(), weight);
    assert_eq!(ledger.state().sales().desk().account(STRANGER).cloned(), account);
}
