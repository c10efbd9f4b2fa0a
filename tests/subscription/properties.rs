//! What holds whatever people, the provider, the network and time do.

use std::collections::BTreeSet;

use heikin::subscription::access::access;
use heikin::subscription::account::Account;
use heikin::subscription::desk::Hint;
use heikin::subscription::event::{Cause, Event, Recorded};
use heikin::subscription::provider::{DisputeStage, LinkStatus};
use heikin::subscription::standing::State;
use heikin::subscription::statement::statement;
use heikin::subscription::{LinkId, Paise, PaymentId};
use heikin_core::time::{Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::world::{ASHA, OWNER, PRICE, START, World, is_captured, plan_id};

#[derive(Debug, Clone)]
pub(crate) enum Act {
    Subscribe(bool),
    Pay(Index),
    PayPart(Index),
    PayWrong(Index),
    Fail(Index),
    EndLink(Index, bool),
    Refund(Index, bool),
    Dispute(Index, u8),
    Hook(Index),
    HookPayment(Index, u8),
    Verify,
    Cancel,
    Grant(u8),
    Revoke,
    Wait(u32),
    Sleep(u32),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let index = any::<Index>;
    prop_oneof![
        4 => any::<bool>().prop_map(Act::Subscribe),
        4 => index().prop_map(Act::Pay),
        1 => index().prop_map(Act::PayPart),
        1 => index().prop_map(Act::PayWrong),
        1 => index().prop_map(Act::Fail),
        1 => (index(), any::<bool>()).prop_map(|(at, way)| Act::EndLink(at, way)),
        2 => (index(), any::<bool>()).prop_map(|(at, whole)| Act::Refund(at, whole)),
        2 => (index(), 0..3_u8).prop_map(|(at, stage)| Act::Dispute(at, stage)),
        4 => index().prop_map(Act::Hook),
        2 => (index(), 0..3_u8).prop_map(|(at, kind)| Act::HookPayment(at, kind)),
        2 => Just(Act::Verify),
        1 => Just(Act::Cancel),
        1 => (1..40_u8).prop_map(Act::Grant),
        1 => Just(Act::Revoke),
        4 => (1..60_000_u32).prop_map(Act::Wait),
        1 => (1..60_000_u32).prop_map(Act::Sleep),
        1 => Just(Act::Restart),
    ]
}

pub(crate) fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 1..40)
}

fn chosen<T: Clone>(of: &[T], at: Index) -> Option<T> {
    (!of.is_empty()).then(|| at.get(of).clone())
}

/// A link's status may end only once nothing was paid on it, as at the provider.
#[expect(clippy::too_many_lines, reason = "a table: an arm for each act")]
pub(crate) fn play(acts: &[Act]) -> World {
    let mut world = World::new();
    let mut payments: Vec<PaymentId> = Vec::new();
    let mut failed: Vec<PaymentId> = Vec::new();
    for act in acts {
        let links: Vec<LinkId> = world.till.links.keys().cloned().collect();
        let unpaid: Vec<LinkId> = world
            .till
            .links
            .values()
            .filter(|link| link.payments.is_empty())
            .map(|link| link.link.clone())
            .collect();
        let now = world.now;
        match act {
            Act::Subscribe(more) => {
                let plan = plan_id(if *more { "more" } else { "monthly" });
                if let Ok((_, step)) = world.desk.subscribe(ASHA, &plan, now) {
                    world.drive(step);
                }
            }
            Act::Pay(at) => {
                payments.extend(chosen(&unpaid, *at).map(|link| world.till.pay_whole(&link, now)));
            }
            Act::PayPart(at) => {
                chosen(&unpaid, *at).map(|link| world.till.pay(&link, Paise::new(100), now));
            }
            Act::PayWrong(at) => {
                chosen(&unpaid, *at).map(|link| world.till.pay(&link, Paise::new(9_999_999), now));
            }
            Act::Fail(at) => failed.extend(chosen(&links, *at).map(|link| world.till.fail(&link))),
            Act::EndLink(at, expired) => {
                let status = if *expired { LinkStatus::Expired } else { LinkStatus::Cancelled };
                if let Some(link) = chosen(&links, *at) {
                    world.till.end(&link, status);
                }
            }
            Act::Refund(at, whole) => {
                let total = Paise::new(if *whole { 10 * PRICE } else { PRICE / 2 });
                if let Some(payment) = chosen(&payments, *at) {
                    world.till.refund(&payment, total);
                }
            }
            Act::Dispute(at, stage) => {
                let stage = [DisputeStage::Open, DisputeStage::Won, DisputeStage::Lost]
                    [usize::from(*stage)];
                if let Some(payment) = chosen(&payments, *at) {
                    let dispute = world.till.dispute(&payment, stage);
                    world.hook(dispute);
                }
            }
            Act::Hook(at) => {
                if let Some(link) = chosen(&links, *at) {
                    world.hook(Hint::Link(link));
                }
            }
            Act::HookPayment(at, kind) => {
                let all = [&payments[..], &failed[..]].concat();
                if let Some(payment) = chosen(&all, *at) {
                    world.hook(match kind {
                        0 => Hint::Paid(payment),
                        1 => Hint::Refund(payment),
                        _ => Hint::Failed(payment),
                    });
                }
            }
            Act::Verify => world.verify(ASHA),
            Act::Cancel => {
                let step = world.desk.cancel(ASHA, now);
                world.drive(step);
            }
            Act::Grant(days) => {
                let until = now + Span::DAY.times(i64::from(*days));
                let (_, step) = world.desk.grant(OWNER, ASHA, until, now).unwrap();
                world.drive(step);
            }
            Act::Revoke => {
                if let Ok(step) = world.desk.revoke(OWNER, ASHA, now) {
                    world.drive(step);
                }
            }
            Act::Wait(minutes) => world.wait(Span::MINUTE.times(i64::from(*minutes))),
            Act::Sleep(minutes) => world.sleep(Span::MINUTE.times(i64::from(*minutes))),
            Act::Restart => world.restart(),
        }
    }
    world
}

pub(crate) fn fold<'a>(records: impl IntoIterator<Item = &'a Recorded>) -> Account {
    let mut account = Account::default();
    records.into_iter().for_each(|record| account.apply(record));
    account
}

/// Moments from the start on, close enough to meet every period.
fn moments(world: &World) -> impl Iterator<Item = Timestamp> {
    let end = world.now + Span::DAY.times(150);
    std::iter::successors(Some(START), |at| Some(*at + Span::HOUR.times(7)))
        .take_while(move |at| *at < end)
}

fn check(world: &World) -> Result<(), TestCaseError> {
    let account = fold(&world.records);
    let periods = account.periods();
    // One payment is good for one cycle at most, once, and no two are good at once.
    let payments: BTreeSet<_> = periods.iter().map(|period| &period.payment).collect();
    prop_assert_eq!(payments.len(), periods.len());
    for pair in periods.windows(2) {
        prop_assert!(pair[0].until <= pair[1].from);
    }
    for period in periods {
        prop_assert!(period.until.since(period.from) <= Span::DAY.times(28));
        prop_assert_eq!(
            world.count(|event| matches!(
                event, Event::Captured { payment, .. } if *payment == period.payment
            )),
            1
        );
    }
    // Every transition is in the table, and they follow on each other.
    let mut state = State::None;
    for record in &world.records {
        if let Event::Moved { from, to, .. } = record.event {
            prop_assert_eq!(from, state);
            prop_assert!(from.may_become(to), "{:?} to {:?}", from, to);
            state = to;
        }
    }
    // Access is what a payment that stayed, or a grant, gives.
    for now in moments(world) {
        let standing = account.standing(now);
        prop_assert_eq!(standing.state.is_entitled(), access(&account, now).is_open());
        prop_assert_eq!(standing.state.is_entitled(), standing.until.is_some());
    }
    // The money adds up.
    let all = statement(&account, Timestamp::EPOCH, world.now + Span::DAY);
    let paid: u64 = periods.len() as u64;
    prop_assert!(paid == 0 || all.received.get() >= paid * PRICE);
    prop_assert_eq!(all.closing, all.received.less(all.returned));
    prop_assert!(all.returned <= all.received);
    let half = START + Span::from_millis(world.now.since(START).millis() / 2);
    let first = statement(&account, Timestamp::EPOCH, half);
    let second = statement(&account, half, world.now + Span::DAY);
    prop_assert_eq!(first.closing, second.opening);
    prop_assert_eq!(first.received.plus(second.received), all.received);
    prop_assert_eq!(second.closing, all.closing);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_happens_the_rules_hold(acts in prop::collection::vec(act(), 1..60)) {
        check(&play(&acts))?;
    }

    /// Any order and any number of the same events is the same account.
    #[test]
    fn order_and_duplicates_do_not_matter(
        acts in acts(),
        order in prop::collection::vec(any::<Index>(), 0..200),
    ) {
        let world = play(&acts);
        let mut shuffled = world.records.clone();
        for (place, index) in order.iter().enumerate() {
            if shuffled.is_empty() { break; }
            let other = index.index(shuffled.len());
            let length = shuffled.len();
            shuffled.swap(place % length, other);
            if place % 3 == 0 {
                let again = shuffled[other].clone();
                shuffled.push(again);
            }
        }
        prop_assert_eq!(fold(&shuffled), fold(&world.records));
    }

    /// An end that comes late, at whatever time, takes nothing away.
    #[test]
    fn paid_is_never_undone_by_an_end(
        acts in acts(), after in 0_i64..100, is_expired in any::<bool>(),
    ) {
        let world = play(&acts);
        let before = fold(&world.records);
        let mut with = world.records.clone();
        for record in &world.records {
            let Event::Captured { reference, .. } = &record.event else { continue };
            let reference = reference.clone();
            let event = if is_expired {
                Event::LinkExpired { reference }
            } else {
                Event::LinkCancelled { reference }
            };
            let at = record.at + Span::HOUR.times(after);
            with.push(Recorded { person: ASHA, at, cause: Cause::Time, event });
        }
        let with = fold(&with);
        for now in moments(&world) {
            let is_open = access(&before, now).is_open();
            prop_assert_eq!(access(&with, now).is_open(), is_open);
        }
    }

    /// Without its payments and grants, an account opens nothing.
    #[test]
    fn no_access_without_a_payment_or_a_grant(acts in acts()) {
        let world = play(&acts);
        let is_title = |event: &Event| is_captured(event) || matches!(event, Event::Granted { .. });
        let account = fold(world.records.iter().filter(|record| !is_title(&record.event)));
        // Nor with payments alone, whose purchase nobody recorded, or recorded for another price.
        let unasked = fold(world.records.iter().filter(|record| is_captured(&record.event)));
        let cheap: Vec<_> = world.records.iter().filter(|record| {
            !matches!(record.event, Event::Granted { .. })
        }).cloned().map(|mut record| {
            if let Event::Captured { amount, .. } = &mut record.event {
                *amount = Paise::new(amount.get() - 1);
            }
            record
        }).collect();
        let cheap = fold(&cheap);
        for now in moments(&world) {
            prop_assert!(!access(&account, now).is_open());
            prop_assert!(!access(&unasked, now).is_open());
            prop_assert!(!access(&cheap, now).is_open());
        }
    }

    /// A restart at any time knows all, and asks the provider for nothing that changes it.
    #[test]
    fn a_restart_changes_nothing(acts in acts()) {
        let mut world = play(&acts);
        world.wait(Span::DAY.times(2));
        let (before, records) = (fold(&world.records), world.records.len());
        world.restart();
        world.wait(Span::ZERO);
        world.verify(ASHA);
        prop_assert_eq!(world.records.len(), records, "{:?}", world.records.get(records..));
        prop_assert_eq!(world.desk.account(ASHA).cloned().unwrap_or_default(), before);
    }
}
