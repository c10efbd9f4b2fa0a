//! Plans and their bills.

use heikin::subscription::{Item, Paise, Plan, PlanError, PlanTerms};
use heikin_core::num::Rate;
use heikin_core::time::Span;
use proptest::prelude::*;

use crate::world::plan_id;

fn terms(rupees: &str) -> PlanTerms {
    PlanTerms::new(plan_id("monthly"), "Monthly", vec![(Item::Server, rupees.parse().unwrap())])
}

#[test]
fn the_bill_is_computed_as_documented() {
    let prices = vec![
        (Item::Server, Paise::new(29_900)),
        (Item::Messages, Paise::new(10_000)),
        (Item::Support, Paise::ZERO),
        (Item::Other, Paise::new(3)),
    ];
    let bill = Plan::new(PlanTerms::new(plan_id("m"), "M", prices)).unwrap().bill();
    let lines: Vec<_> = bill.lines().iter().map(|line| (line.item, line.amount.get())).collect();
    let percent = |text| Rate::from_percent(text).unwrap();
    assert_eq!(
        lines,
        [
            (Item::Server, 29_900),
            (Item::Messages, 10_000),
            (Item::Other, 3),
            // 798.06, then 143.64.
            (Item::Processing(percent("2")), 798),
            (Item::Gst(percent("18")), 144),
        ]
    );
    assert_eq!(bill.total(), Paise::new(40_845));
}

#[test]
fn terms_that_do_not_fit_are_no_plan() {
    type Change = fn(&mut PlanTerms);
    let changes: [(PlanError, Change); 13] = [
        (PlanError::Name, |terms| terms.name = "  ".to_owned()),
        (PlanError::Name, |terms| terms.name = "a\nb".to_owned()),
        (PlanError::Name, |terms| terms.name = "a".repeat(61)),
        (PlanError::TooCheap, |terms| terms.prices.clear()),
        (PlanError::TooCheap, |terms| terms.prices = vec![(Item::Server, Paise::new(97))]),
        (PlanError::TooDear, |terms| terms.prices = vec![(Item::Server, Paise::MOST)]),
        (PlanError::Rate, |terms| {
            terms.gst = Rate::from_units(Rate::ONE.units() + 1).unwrap_or(Rate::ONE);
            terms.prices.clear();
            terms.cycle = Span::ZERO;
        }),
        (PlanError::Cycle, |terms| terms.cycle = Span::HOUR),
        (PlanError::Cycle, |terms| terms.cycle = Span::DAY.times(367)),
        (PlanError::Grace, |terms| terms.grace = terms.cycle),
        (PlanError::Reminder, |terms| terms.reminders = vec![Span::ZERO]),
        (PlanError::Reminder, |terms| terms.reminders = vec![terms.cycle]),
        (PlanError::Reminder, |terms| terms.cycle = Span::DAY.times(2)),
    ];
    for (place, (expected, change)) in changes.into_iter().enumerate() {
        let mut terms = terms("499");
        change(&mut terms);
        let error = Plan::new(terms).unwrap_err();
        // A rate above one may be impossible to write: then the next fault is told.
        let is_told =
            error == expected || (expected == PlanError::Rate && error == PlanError::Cycle);
        assert!(is_told, "{place}: {error:?} for {expected:?}");
    }
    assert!(Plan::new(terms("1")).is_ok());
}

proptest! {
    /// Against whole-number arithmetic of its own.
    #[test]
    fn every_bill_adds_up(prices in prop::collection::vec(0_u64..10_000_000, 1..5)) {
        let items = [Item::Server, Item::Messages, Item::Support, Item::Other];
        let lines = items.into_iter().zip(prices.iter().map(|&price| Paise::new(price))).collect();
        let Ok(plan) = Plan::new(PlanTerms::new(plan_id("p"), "P", lines)) else {
            prop_assert!(prices.iter().sum::<u64>() < 100);
            return Ok(());
        };
        let sum: u64 = prices.iter().sum();
        let processing = (sum * 2 + 50) / 100;
        let gst = (processing * 18 + 50) / 100;
        let bill = plan.bill();
        prop_assert_eq!(bill.total(), Paise::new(sum + processing + gst));
        let lines: u64 = bill.lines().iter().map(|line| line.amount.get()).sum();
        prop_assert_eq!(lines, bill.total().get());
        prop_assert!(bill.lines().iter().all(|line| !line.amount.is_zero()));
    }
}
