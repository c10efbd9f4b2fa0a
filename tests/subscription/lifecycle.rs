//! The life of a subscription, told as people live it.

use heikin::subscription::access::{Access, Closed, Title};
use heikin::subscription::desk::{Answer, AskError, Effect, Hint, Step, Subscribed};
use heikin::subscription::event::{Cause, Event, Mismatch};
use heikin::subscription::provider::{DisputeStage, LinkStatus};
use heikin::subscription::standing::State;
use heikin::subscription::{LinkId, Paise};
use heikin_core::time::Span;

use crate::world::{ASHA, OWNER, PRICE, START, World, is_captured, plan_id};

fn days(count: i64) -> Span {
    Span::DAY.times(count)
}

#[test]
fn none_pending_active_grace_suspended_and_back() {
    let mut world = World::new();
    assert_eq!(world.state(ASHA), State::None);
    let link = world.subscribe(ASHA, "monthly");
    assert_eq!(world.access(ASHA), Access::Closed(Closed::AwaitsPayment));
    world.wait(Span::HOUR);
    world.till.pay_whole(&link, world.now);
    world.hook(Hint::Link(link));
    let until = world.now + days(28);
    let open = Access::Open { by: Title::Payment, until: until + days(1) };
    assert_eq!(world.access(ASHA), open);
    assert_eq!(world.standing(ASHA).paid_until, Some(until));
    world.wait(Span::from_millis(days(25).millis() - 1));
    assert!(!world.standing(ASHA).is_due_soon);
    world.wait(Span::from_millis(1));
    assert!(world.standing(ASHA).is_due_soon);
    world.wait(days(3));
    assert!(matches!(world.access(ASHA), Access::Open { by: Title::Grace, .. }));
    world.wait(days(1));
    assert_eq!(world.access(ASHA), Access::Closed(Closed::Lapsed));
    world.buy(ASHA);
    let path = [
        State::Pending,
        State::Active,
        State::Grace,
        State::Suspended,
        State::Pending,
        State::Active,
    ];
    assert_eq!(world.path(ASHA), path);
    let reminded: Vec<_> = world
        .records
        .iter()
        .filter_map(|record| match record.event {
            Event::Reminded { before, .. } => Some((record.at, before)),
            _ => None,
        })
        .collect();
    assert_eq!(reminded, [(until - days(3), days(3)), (until - days(1), days(1))]);
    let causes: Vec<_> = world
        .records
        .iter()
        .filter(|record| matches!(record.event, Event::Moved { .. }))
        .map(|record| &record.cause)
        .collect();
    assert!(matches!(causes[0], Cause::Person) && matches!(causes[1], Cause::Webhook(_)));
    assert!(matches!(causes[2..4], [Cause::Time, Cause::Time]));
}

#[test]
fn without_any_webhook_the_payment_is_seen_within_fifteen_minutes() {
    for paid_after in [0, 30, 61, 240, 301, 800] {
        let mut world = World::new();
        let link = world.subscribe(ASHA, "monthly");
        world.wait(Span::from_secs(paid_after));
        world.till.pay_whole(&link, world.now);
        let asked = world.now;
        while world.state(ASHA) != State::Active {
            world.wait(Span::SECOND);
        }
        assert!(world.now.since(asked) <= Span::MINUTE.times(15), "{paid_after}");
        let cause = &world.records.iter().find(|record| is_captured(&record.event)).unwrap().cause;
        assert_eq!(*cause, Cause::Poll);
    }
}

#[test]
fn whichever_comes_first_wins_and_the_others_change_nothing() {
    let mut world = World::new();
    let link = world.subscribe(ASHA, "monthly");
    let payment = world.till.pay_whole(&link, world.now);
    world.verify(ASHA);
    let (standing, records) = (world.standing(ASHA), world.records.len());
    for _ in 0..10 {
        world.verify(ASHA);
        world.hook(Hint::Link(link.clone()));
        world.hook(Hint::Paid(payment.clone()));
        world.hook(Hint::Refund(payment.clone()));
        world.hook(Hint::Failed(payment.clone()));
    }
    world.wait(Span::MINUTE);
    assert_eq!(world.records.len(), records);
    assert_eq!(world.standing(ASHA), standing);
}

#[test]
fn renewing_early_adds_to_the_end_and_paying_twice_is_credited() {
    let mut world = World::new();
    world.buy(ASHA);
    let end = START + days(28);
    world.wait(days(20));
    world.buy(ASHA);
    assert_eq!(world.standing(ASHA).paid_until, Some(end + days(28)));
    world.buy(ASHA);
    assert_eq!(world.standing(ASHA).paid_until, Some(end + days(56)));
    world.wait(days(28 * 2));
    assert_eq!(world.state(ASHA), State::Active);
    assert_eq!(world.path(ASHA), [State::Pending, State::Active]);
}

#[test]
fn two_links_paid_are_two_cycles() {
    let mut world = World::new();
    let first = world.subscribe(ASHA, "monthly");
    let second = world.subscribe(ASHA, "more");
    assert_eq!(world.till.links[&first].status, LinkStatus::Cancelled, "replaced");
    // The payer was on its page already.
    world.till.pay_whole(&first, world.now);
    world.till.pay_whole(&second, world.now);
    world.wait(Span::HOUR.times(2));
    assert_eq!(world.count(is_captured), 2);
    let until = world.standing(ASHA).paid_until.unwrap();
    assert!(until.since(START) >= days(56), "{until:?}");
}

#[test]
fn a_link_that_can_be_paid_is_used_again() {
    let mut world = World::new();
    let link = world.subscribe(ASHA, "monthly");
    for _ in 0..20 {
        let (subscribed, step) =
            world.desk.subscribe(ASHA, &plan_id("monthly"), world.now).unwrap();
        let Subscribed::Open(open) = subscribed else { panic!("{subscribed:?}") };
        assert_eq!(open.link.unwrap().0, link);
        assert!(step.records.is_empty());
    }
    world.wait(Span::MINUTE.times(24 * 60 - 10));
    assert_ne!(world.subscribe(ASHA, "monthly"), link, "too short to pay it");
    let mut asked = 0;
    let refused = loop {
        let plan = ["more", "monthly"][asked % 2];
        match world.desk.subscribe(ASHA, &plan_id(plan), world.now) {
            Ok((_, step)) => world.drive(step),
            Err(error) => break error,
        }
        asked += 1;
    };
    assert_eq!(refused, AskError::TooManyLinks);
    assert!(asked < 10, "{asked}");
    let error = world.desk.subscribe(ASHA, &plan_id("gold"), world.now).unwrap_err();
    assert_eq!(error, AskError::NoSuchPlan(plan_id("gold")));
}

#[test]
fn a_crash_before_or_after_the_request_is_made_up_for() {
    let mut world = World::new();
    world.subscribe_and_crash(ASHA);
    assert!(world.till.links.is_empty());
    world.wait(Span::MINUTE);
    let open = world.standing(ASHA).open_link.unwrap();
    let (link, _) = open.link.unwrap();
    assert_eq!(world.till.links.len(), 1, "made once");
    // Paid while heikin is off for a week, its webhooks lost.
    world.till.pay_whole(&link, world.now);
    world.sleep(days(7));
    world.restart();
    world.wait(Span::MINUTE);
    assert_eq!(world.state(ASHA), State::Active);
    assert!(
        world.standing(ASHA).paid_until.unwrap().since(world.now) > days(27),
        "all of it is good"
    );
}

#[test]
fn a_late_authorisation_still_counts_and_an_end_after_it_does_not() {
    let mut world = World::new();
    let link = world.subscribe(ASHA, "monthly");
    world.wait(days(1) + Span::HOUR);
    world.till.end(&link, LinkStatus::Expired);
    world.hook(Hint::Link(link.clone()));
    assert_eq!(world.state(ASHA), State::None);
    world.wait(days(2));
    world.till.pay_whole(&link, world.now);
    world.wait(Span::HOUR);
    assert_eq!(world.state(ASHA), State::Active);
    // The news of the end comes late.
    let mut late = world.till.links[&link].clone();
    (late.status, late.payments) = (LinkStatus::Expired, Vec::new());
    let step = world.desk.answered(Answer::Link(late), &Cause::Poll, world.now).unwrap();
    assert!(step.records.is_empty(), "{step:?}");
    assert_eq!(world.state(ASHA), State::Active);
}

#[test]
fn an_unpaid_link_is_watched_for_three_days_more_and_then_no_longer() {
    let mut world = World::new();
    world.subscribe(ASHA, "monthly");
    world.wait(days(10));
    assert_eq!(world.count(|event| matches!(event, Event::WatchEnded { .. })), 1);
    assert_eq!(world.state(ASHA), State::None);
    world.restart();
    assert_eq!(world.desk.next_deadline().filter(|next| *next > world.now), None);
    let step = world.desk.time(world.now + days(30));
    assert!(step.records.is_empty() && step.effects.is_empty(), "{step:?}");
}

#[test]
fn whatever_differs_from_what_was_asked_opens_nothing() {
    type Change = fn(&mut World, &LinkId);
    let changes: [(Option<Mismatch>, Change); 7] = [
        (Some(Mismatch::Amount), |world, link| {
            world.till.pay(link, Paise::new(PRICE + 1), world.now);
        }),
        (None, |world, link| {
            world.till.pay(link, Paise::new(PRICE - 1), world.now);
        }),
        (Some(Mismatch::Currency), |world, link| {
            world.till.pay_whole(link, world.now);
            world.till.links.get_mut(link).unwrap().currency = "USD".to_owned();
        }),
        (Some(Mismatch::Amount), |world, link| {
            world.till.links.get_mut(link).unwrap().amount = Paise::new(100);
            world.till.pay_whole(link, world.now);
        }),
        (Some(Mismatch::Reference), |world, link| {
            world.till.pay_whole(link, world.now);
            world.till.links.get_mut(link).unwrap().reference = "hk-ab12-42-9".to_owned();
        }),
        (Some(Mismatch::Link), |world, link| {
            world.till.pay_whole(link, world.now);
            let mut other = world.till.links.remove(link).unwrap();
            other.link = "plink_other".parse().unwrap();
            world.till.links.insert(other.link.clone(), other);
        }),
        (None, |world, link| {
            // Paid, as it says, but no payment is listed.
            world.till.links.get_mut(link).unwrap().status = LinkStatus::Paid;
        }),
    ];
    for (place, (expected, change)) in changes.into_iter().enumerate() {
        let mut world = World::new();
        let link = world.subscribe(ASHA, "monthly");
        change(&mut world, &link);
        for _ in 0..3 {
            world.hook(Hint::Link(link.clone()));
            world.hook(Hint::Link("plink_other".parse().unwrap()));
            world.verify(ASHA);
        }
        assert!(!world.access(ASHA).is_open(), "{place}");
        let told: Vec<_> = world
            .records
            .iter()
            .filter_map(|record| match record.event {
                Event::Mismatched { mismatch, .. } => Some(mismatch),
                _ => None,
            })
            .collect();
        assert_eq!(told, Vec::from_iter(expected), "{place}: told, and once");
    }
}

#[test]
fn a_part_is_shown_and_buys_nothing() {
    let mut world = World::new();
    let link = world.subscribe(ASHA, "monthly");
    world.till.pay(&link, Paise::new(10_000), world.now);
    world.hook(Hint::Link(link.clone()));
    let open = world.standing(ASHA).open_link.unwrap();
    assert_eq!((open.part_paid, world.state(ASHA)), (Paise::new(10_000), State::Pending));
    world.hook(Hint::Link(link));
    assert_eq!(world.count(|event| matches!(event, Event::PartPaid { .. })), 1);
}

#[test]
fn a_try_that_failed_is_shown_and_may_still_succeed() {
    let mut world = World::new();
    let link = world.subscribe(ASHA, "monthly");
    let payment = world.till.fail(&link);
    for _ in 0..3 {
        world.hook(Hint::Failed(payment.clone()));
    }
    assert_eq!(world.count(|event| matches!(event, Event::PaymentFailed { .. })), 1);
    assert_eq!(world.state(ASHA), State::Pending);
    world.till.pay_whole(&link, world.now);
    world.hook(Hint::Link(link));
    assert_eq!(world.state(ASHA), State::Active);
}

#[test]
fn a_refund_ends_access_and_gives_the_time_to_what_was_paid_ahead() {
    let mut world = World::new();
    let first = world.buy(ASHA);
    world.wait(days(5));
    let second = world.buy(ASHA);
    world.till.refund(&first, Paise::new(PRICE - 1));
    world.hook(Hint::Refund(first.clone()));
    assert_eq!(world.standing(ASHA).paid_until, Some(START + days(56)), "a part of it");
    world.till.refund(&first, Paise::new(PRICE));
    world.hook(Hint::Refund(first));
    assert_eq!(world.standing(ASHA).paid_until, Some(world.now + days(28)));
    world.wait(days(1));
    world.till.refund(&second, Paise::new(PRICE));
    world.wait(days(1));
    assert_eq!(world.access(ASHA), Access::Closed(Closed::Refunded), "seen without a webhook");
    world.buy(ASHA);
    assert_eq!(world.state(ASHA), State::Active);
}

#[test]
fn a_dispute_suspends_until_it_is_decided() {
    for (stage, state) in
        [(DisputeStage::Won, State::Active), (DisputeStage::Lost, State::Refunded)]
    {
        let mut world = World::new();
        let payment = world.buy(ASHA);
        world.wait(days(2));
        let dispute = world.till.dispute(&payment, DisputeStage::Open);
        world.hook(dispute.clone());
        assert_eq!(world.state(ASHA), State::Suspended);
        assert!(world.standing(ASHA).is_disputed);
        world.wait(days(2));
        world.till.dispute(&payment, stage);
        world.wait(days(1));
        assert_eq!(world.state(ASHA), state, "seen without a webhook");
        // Decided is decided.
        world.till.dispute(&payment, DisputeStage::Open);
        world.hook(dispute);
        assert_eq!(world.state(ASHA), state);
    }
}

/// Heikin was away while it went back, and hears of that only when the time that was paid for is over.
#[test]
fn what_went_back_under_a_dispute_opens_nothing_when_that_is_won() {
    for away in [5, 28, 40] {
        let mut world = World::new();
        let payment = world.buy(ASHA);
        let dispute = world.till.dispute(&payment, DisputeStage::Open);
        world.hook(dispute.clone());
        world.till.refund(&payment, Paise::new(PRICE));
        world.sleep(days(away));
        world.hook(Hint::Refund(payment.clone()));
        assert_eq!(world.state(ASHA), State::Refunded, "after {away} days");
        world.till.dispute(&payment, DisputeStage::Won);
        world.hook(dispute);
        assert_eq!(world.state(ASHA), State::Refunded, "won after {away} days");
        assert_eq!(world.path(ASHA).last(), Some(&State::Refunded));
    }
}

#[test]
fn a_start_does_not_go_again_through_what_passed_under_a_dispute() {
    let mut world = World::new();
    let payment = world.buy(ASHA);
    let dispute = world.till.dispute(&payment, DisputeStage::Open);
    world.hook(dispute);
    world.wait(days(29));
    world.till.dispute(&payment, DisputeStage::Won);
    world.wait(days(2));
    // It was won when all that was paid for had passed.
    assert_eq!(world.state(ASHA), State::Suspended);
    let records = world.records.len();
    world.restart();
    world.wait(Span::ZERO);
    assert_eq!(world.records.get(records..), Some(&[][..]));
}

#[test]
fn the_plan_is_that_of_the_payment_that_holds() {
    let mut world = World::new();
    let plan = |world: &World| {
        let bought = world.desk.account(ASHA)?.plan_bought(world.now)?;
        Some(bought.plan.to_string())
    };
    world.subscribe(ASHA, "more");
    assert_eq!(plan(&world).as_deref(), Some("more"), "it is to be paid");
    let step = world.desk.cancel(ASHA, world.now);
    world.drive(step);
    assert_eq!(plan(&world), None, "it never was");
    world.buy(ASHA);
    world.wait(days(2));
    world.subscribe(ASHA, "more");
    assert_eq!(plan(&world).as_deref(), Some("monthly"), "the other one is not paid");
    let step = world.desk.cancel(ASHA, world.now);
    world.drive(step);
    assert_eq!(plan(&world).as_deref(), Some("monthly"));
    world.wait(days(27));
    assert_eq!(plan(&world).as_deref(), Some("monthly"), "it is over");
    let (_, step) = world.desk.grant(OWNER, ASHA, world.now + days(9), world.now).unwrap();
    world.drive(step);
    assert_eq!(plan(&world), None, "nothing was paid for that");
}

/// The sentence of a reminder is that access ends: it is not said to whom it goes on for.
#[test]
fn nobody_is_reminded_to_renew_what_a_grant_goes_on_after() {
    for (granted, reminders) in [(365, 0), (29, 2), (20, 2)] {
        let mut world = World::new();
        world.buy(ASHA);
        let paid = world.now + days(28);
        let until = world.now + days(granted);
        let (_, step) = world.desk.grant(OWNER, ASHA, until, world.now).unwrap();
        world.drive(step);
        let receipt = world.desk.account(ASHA).unwrap().receipt_until(world.now);
        assert_eq!(receipt, Some(if granted == 365 { until } else { paid }));
        world.wait(days(27));
        let is_reminder = |event: &Event| matches!(event, Event::Reminded { .. });
        assert_eq!(world.count(is_reminder), reminders, "{granted}");
        assert_eq!(world.standing(ASHA).is_due_soon, reminders > 0);
        world.wait(days(9));
        let wanted = if granted == 365 { State::Granted } else { State::Suspended };
        assert_eq!(world.state(ASHA), wanted);
    }
}

#[test]
fn operators_grant_and_take_back() {
    let mut world = World::new();
    let until = world.now + days(10);
    let (_, step) = world.desk.grant(OWNER, ASHA, until, world.now).unwrap();
    world.drive(step);
    assert_eq!(world.access(ASHA), Access::Open { by: Title::Grant, until });
    world.wait(days(3));
    let step = world.desk.revoke(OWNER, ASHA, world.now).unwrap();
    world.drive(step);
    assert_eq!(world.access(ASHA), Access::Closed(Closed::Lapsed));
    assert!(matches!(world.desk.revoke(OWNER, ASHA, world.now), Err(AskError::NoSuchGrant(_))));
    for until in [world.now, world.now - days(1), world.now + days(4_000)] {
        let error = world.desk.grant(OWNER, ASHA, until, world.now).unwrap_err();
        assert_eq!(error, AskError::GrantEnd);
    }
    let cause = &world.records.last().unwrap().cause;
    assert_eq!(*cause, Cause::Operator(OWNER));
    assert_eq!(world.path(ASHA), [State::Granted, State::Suspended]);
}

#[test]
fn a_clock_set_back_grants_nothing_and_says_so() {
    let mut world = World::new();
    world.buy(ASHA);
    world.wait(days(30));
    let link = world.subscribe(ASHA, "monthly");
    world.till.pay_whole(&link, world.now);
    let right = world.now;
    world.now = START + days(1);
    assert!(!world.access(ASHA).is_open(), "what has lapsed stays so");
    let error = world.desk.subscribe(ASHA, &plan_id("monthly"), world.now).unwrap_err();
    assert!(error.to_string().contains("set back"), "{error}");
    assert!(matches!(
        world.desk.grant(OWNER, ASHA, world.now + days(1), world.now),
        Err(AskError::Clock(_))
    ));
    let answer = Answer::Link(world.till.links[&link].clone());
    let refused = world.desk.answered(answer, &Cause::Poll, world.now);
    assert!(refused.is_err() && !world.access(ASHA).is_open());
    // Once it is right again, the payment is found.
    world.now = right;
    world.wait(Span::HOUR);
    assert_eq!(world.state(ASHA), State::Active);
}

#[test]
fn cancelling_withdraws_the_link_and_nothing_else() {
    let mut world = World::new();
    world.buy(ASHA);
    let link = world.subscribe(ASHA, "monthly");
    let step = world.desk.cancel(ASHA, world.now);
    assert_eq!(step.effects, [Effect::Cancel { link }]);
    world.drive(step);
    assert_eq!(world.state(ASHA), State::Active);
    assert_eq!(world.standing(ASHA).open_link, None);
    assert!(world.desk.cancel(ASHA, world.now).effects.is_empty());
}

#[test]
fn what_is_not_ours_changes_nothing() {
    let mut world = World::new();
    world.buy(ASHA);
    let records = world.records.len();
    for hint in [
        Hint::Link("plink_x".parse().unwrap()),
        Hint::Paid("pay_x".parse().unwrap()),
        Hint::Failed("pay_x".parse().unwrap()),
        Hint::Refund("pay_x".parse().unwrap()),
        Hint::Dispute("disp_x".parse().unwrap(), "pay_x".parse().unwrap()),
        Hint::Nothing,
    ] {
        world.hook(hint);
    }
    let refused = Answer::Refused("hk-x".parse().unwrap(), "no".to_owned());
    assert_eq!(world.desk.answered(refused, &Cause::Poll, world.now), Ok(Step::default()));
    assert_eq!(world.records.len(), records);
}
