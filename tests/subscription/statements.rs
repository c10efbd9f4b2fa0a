//! Statements of account.

use heikin::subscription::Paise;
use heikin::subscription::desk::Hint;
use heikin::subscription::provider::DisputeStage;
use heikin::subscription::statement::{Entry, Revenue, Statement, statement};
use heikin_core::time::{Span, Timestamp};

use crate::world::{ASHA, PRICE, START, World};

fn whole(world: &World) -> Statement {
    let account = world.desk.account(ASHA).unwrap();
    statement(account, Timestamp::EPOCH, world.now + Span::DAY)
}

#[test]
fn receipts_refunds_and_charge_backs_add_up_to_the_paisa() {
    let mut world = World::new();
    let first = world.buy(ASHA);
    let second = world.buy(ASHA);
    world.wait(Span::DAY.times(30));
    let third = world.buy(ASHA);
    world.till.refund(&second, Paise::new(10_001));
    world.hook(Hint::Refund(second.clone()));
    world.wait(Span::DAY);
    world.till.refund(&second, Paise::new(PRICE));
    world.hook(Hint::Refund(second));
    // Half of it went back before the payer's bank took all of it.
    world.till.refund(&third, Paise::new(PRICE / 2));
    world.hook(Hint::Refund(third.clone()));
    let dispute = world.till.dispute(&third, DisputeStage::Lost);
    world.hook(dispute);
    let account = whole(&world);
    let lines: Vec<_> = account
        .lines
        .iter()
        .map(|line| {
            let kind = match &line.entry {
                Entry::Paid { is_second: false, bill, .. } => {
                    assert_eq!(bill.total(), line.amount);
                    "paid"
                }
                Entry::Paid { .. } => "second",
                Entry::Refunded { .. } => "refunded",
                Entry::ChargedBack { .. } => "charged back",
            };
            (kind, line.amount.get(), line.balance.get())
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("paid", PRICE, PRICE),
            ("second", PRICE, 2 * PRICE),
            ("paid", PRICE, 3 * PRICE),
            ("refunded", 10_001, 3 * PRICE - 10_001),
            ("refunded", PRICE - 10_001, 2 * PRICE),
            ("refunded", PRICE / 2, 2 * PRICE - PRICE / 2),
            ("charged back", PRICE / 2, PRICE),
        ]
    );
    assert_eq!(account.closing, Paise::new(PRICE));
    let mut revenue = Revenue::default();
    revenue.add(&account);
    assert_eq!((revenue.payments, revenue.net()), (3, Paise::new(PRICE)));
    assert_eq!((revenue.processing, revenue.gst), (Paise::new(3 * 998), Paise::new(3 * 180)));
    let before = statement(world.desk.account(ASHA).unwrap(), Timestamp::EPOCH, START);
    assert!(before.lines.is_empty() && before.closing.is_zero());
    assert!(first.as_str().starts_with("pay_"));
}
