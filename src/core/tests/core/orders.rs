//! The life of an order: its transition table, statements in any order, ids.

use heikin_core::market::FilterName;
use heikin_core::num::Quantity;
use heikin_core::order::{
    ClientOrderId, ClientOrderIdParts, Close, ExpiryReason, Fill, InstallationTag, Order,
    OrderEvent, OrderState, Part, Phase, Reason, Refusal, Slot, Surprise, TraderId, VenueStatus,
};
use heikin_core::time::Timestamp;
use proptest::prelude::*;

use crate::support::*;

const ENDS: [Close; 4] = [
    Close::Filled,
    Close::Canceled,
    Close::Expired(ExpiryReason::ExchangeCanceled),
    Close::Rejected,
];
/// Ends by which we believe that the order was never there.
const NEVER_THERE: [Close; 3] =
    [Close::Refused(Refusal::Filter(Some(FilterName::LotSize))), Close::NotSent, Close::Absent];
const LIVE: [Phase; 4] = [Phase::Submitting, Phase::Working, Phase::Canceling, Phase::Unresolved];

fn events() -> Vec<OrderEvent> {
    let mut events = vec![
        OrderEvent::Open,
        OrderEvent::Refused(Refusal::InsufficientBalance),
        OrderEvent::NotSent,
        OrderEvent::NoAnswer,
        OrderEvent::LostSight,
        OrderEvent::CancelSent,
        OrderEvent::CancelRefused,
        OrderEvent::NotOpen,
        OrderEvent::ProvenAbsent,
    ];
    events.extend(ENDS.map(OrderEvent::Ended));
    events
}

#[test]
fn an_end_is_left_by_positive_evidence_only_and_only_where_the_order_was_never_there() {
    for event in events() {
        for close in ENDS {
            let closed = Phase::Closed(close);
            assert_eq!(closed.next(event), (closed, None), "{event:?}");
        }
        for close in NEVER_THERE {
            let expected = match event {
                OrderEvent::Open => (Phase::Working, Some(Surprise::Revived)),
                OrderEvent::Ended(how) => (Phase::Closed(how), Some(Surprise::Revived)),
                _ => (Phase::Closed(close), None),
            };
            assert_eq!(Phase::Closed(close).next(event), expected, "{event:?}");
        }
    }
}

#[test]
fn what_the_exchange_says_ended_has_ended_and_silence_never_ends_an_order() {
    for phase in LIVE {
        for how in ENDS {
            assert_eq!(phase.next(OrderEvent::Ended(how)), (Phase::Closed(how), None));
        }
        for event in [
            OrderEvent::NoAnswer,
            OrderEvent::LostSight,
            OrderEvent::CancelSent,
            OrderEvent::CancelRefused,
            OrderEvent::NotOpen,
            OrderEvent::Open,
        ] {
            assert!(phase.next(event).0.is_live(), "{phase:?} {event:?}");
        }
        let absent = phase.next(OrderEvent::ProvenAbsent).0;
        assert_eq!(absent == Phase::Closed(Close::Absent), phase == Phase::Unresolved);
    }
}

#[test]
fn the_table_of_live_phases() {
    use OrderEvent as E;
    use Phase::{Canceling, Submitting, Unresolved, Working};
    let refused = Refusal::InsufficientBalance;
    let no = Phase::Closed(Close::Refused(refused));
    let unsent = Phase::Closed(Close::NotSent);
    // Columns: Submitting, Working, Canceling, Unresolved.
    for (event, expected) in [
        (E::Open, [Working, Working, Canceling, Working]),
        (E::Refused(refused), [no, Working, Canceling, no]),
        (E::NotSent, [unsent, Working, Canceling, unsent]),
        (E::NoAnswer, [Unresolved, Working, Unresolved, Unresolved]),
        (E::LostSight, [Unresolved; 4]),
        (E::CancelSent, [Submitting, Canceling, Canceling, Unresolved]),
        (E::CancelRefused, [Submitting, Working, Working, Unresolved]),
        (E::NotOpen, [Submitting, Working, Unresolved, Unresolved]),
    ] {
        assert_eq!(LIVE.map(|phase| phase.next(event).0), expected, "{event:?}");
    }
}

fn order(kind: heikin_core::order::OrderKind) -> Order {
    Order::submitting(id(Slot::Exit, 1, 1), sell(kind, "10"), Reason::Stop, ms(1), 1)
}

fn fill(trade_id: u64, units: i64) -> Fill {
    Fill {
        trade_id,
        price: price("100"),
        quantity: Quantity::from_units(units).unwrap(),
        commission: Quantity::ZERO,
        commission_asset: usdt(),
        maker: false,
        at: ms(50),
    }
}

#[derive(Debug, Clone, Copy)]
struct Said {
    part: Part,
    status: VenueStatus,
    executed: i64,
    working_since: Option<Timestamp>,
    fill: Option<(u64, i64)>,
}

impl Said {
    fn tell(self, order: &mut Order) -> heikin_core::order::Merged {
        let state = OrderState {
            id: order.id.with_part(self.part),
            venue_id: 7,
            status: self.status,
            executed: Quantity::from_units(self.executed).unwrap(),
            working_since: self.working_since,
            at: ms(60),
        };
        let fill = self.fill.map(|(trade_id, units)| fill(trade_id, units));
        order.merge(&state, fill.as_ref(), ms(100))
    }
}

const ALL: i64 = 1_000_000_000;

/// All that an exchange says of one order, from the first word to the last.
fn life_of_one() -> impl Strategy<Value = Vec<Said>> {
    let parts = prop::collection::vec(1..ALL / 4, 0..4);
    (parts, 0..4_u8, any::<bool>()).prop_map(|(parts, end, triggers)| {
        let since = (!triggers).then(|| ms(20));
        let part = Part::Order;
        let open = VenueStatus::Open;
        let waiting = Said { part, status: open, executed: 0, working_since: since, fill: None };
        let mut life = vec![waiting];
        let working = Said { working_since: Some(ms(30)), ..waiting };
        life.push(working);
        let mut executed = 0;
        for (number, units) in (1..).zip(parts) {
            executed += units;
            life.push(Said { executed, fill: Some((number, units)), ..working });
        }
        let last = Said { executed, ..working };
        life.push(match end {
            0 => last,
            1 => Said { status: VenueStatus::Canceled, ..last },
            2 => Said { status: VenueStatus::Expired(ExpiryReason::Unknown), ..last },
            _ => {
                let fill = (executed < ALL).then_some((99, ALL - executed));
                Said { status: VenueStatus::Filled, executed: ALL, fill, ..last }
            }
        });
        life
    })
}

/// All that an exchange says of a bracket: one leg trades and the other expires, or both end.
fn life_of_list() -> impl Strategy<Value = Vec<Said>> {
    (1..ALL, any::<bool>(), 0..3_u8).prop_map(|(units, stop_trades, end)| {
        let (trades, other) = if stop_trades {
            (Part::StopLeg, Part::TargetLeg)
        } else {
            (Part::TargetLeg, Part::StopLeg)
        };
        let open = VenueStatus::Open;
        let says = |part, status, executed, fill| {
            let working_since = (part == Part::TargetLeg || executed > 0).then(|| ms(30));
            Said { part, status, executed, working_since, fill }
        };
        let mut life =
            vec![says(Part::StopLeg, open, 0, None), says(Part::TargetLeg, open, 0, None)];
        if end == 0 {
            life.push(says(trades, VenueStatus::Canceled, 0, None));
            life.push(says(other, VenueStatus::Canceled, 0, None));
            return life;
        }
        life.push(says(other, VenueStatus::Expired(ExpiryReason::OcoTrigger), 0, None));
        life.push(says(trades, open, units, Some((1, units))));
        life.push(if end == 1 {
            says(trades, VenueStatus::Canceled, units, None)
        } else {
            says(trades, VenueStatus::Filled, ALL, Some((2, ALL - units)))
        });
        life
    })
}

/// The order after it was told all of this; what was booked, and how often a fill was new.
fn after(order: &Order, life: &[Said]) -> Result<Order, TestCaseError> {
    let mut order = order.clone();
    let (mut executed, mut ended, mut booked) = (Quantity::ZERO, None, 0);
    for said in life {
        let merged = said.tell(&mut order);
        prop_assert!(order.executed() >= executed, "executed never falls");
        executed = order.executed();
        if let Some(close) = ended {
            prop_assert_eq!(order.phase, close, "an end is the end");
        }
        ended = (!order.is_live()).then_some(order.phase);
        if merged.new_fill {
            booked += said.fill.unwrap().1;
        }
        prop_assert_eq!(order.booked().units(), booked, "each fill once");
    }
    Ok(order)
}

/// The statements in another order, some of them again.
fn told_again(life: &[Said], keys: &[u32]) -> Vec<Said> {
    let mut all: Vec<_> =
        life.iter().chain(life).copied().zip(keys.iter().copied().cycle()).collect();
    for (index, (_, key)) in all.iter_mut().enumerate() {
        *key = key.rotate_left(u32::try_from(index).unwrap() * 7);
    }
    all.sort_by_key(|(_, key)| *key);
    all.into_iter().map(|(said, _)| said).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn statements_about_an_order_end_alike_in_any_order_and_told_twice(
        life in life_of_one(), keys in prop::collection::vec(any::<u32>(), 1..20),
    ) {
        let order = order(stop_limit("90", "80"));
        let straight = after(&order, &life)?;
        prop_assert_eq!(&after(&order, &told_again(&life, &keys))?, &straight);
        prop_assert!(straight.is_settled());
        prop_assert_eq!(straight.working_since.is_some(), life.iter().any(|it| it.working_since.is_some()));
    }

    #[test]
    fn statements_about_a_bracket_end_alike_in_any_order_and_told_twice(
        life in life_of_list(), keys in prop::collection::vec(any::<u32>(), 1..20),
    ) {
        let order = order(bracket("110", "90", "80"));
        let straight = after(&order, &life)?;
        prop_assert_eq!(&after(&order, &told_again(&life, &keys))?, &straight);
        prop_assert!(!straight.is_live());
    }

    #[test]
    fn other_parts_are_another_id_and_another_text(
        a in parts(), b in parts(),
    ) {
        let (one, other) = (ClientOrderId::new(a), ClientOrderId::new(b));
        prop_assert_eq!(one.parts(), a);
        prop_assert_eq!(a == b, one == other);
        prop_assert_eq!(one == other, one.to_string() == other.to_string());
        for part in [Part::Order, Part::StopLeg, Part::TargetLeg, Part::Cancel] {
            let leg = one.with_part(part);
            prop_assert!(leg.is_same_send(one));
            prop_assert_eq!(leg.parts(), ClientOrderIdParts { part, ..a });
        }
        let text = one.to_string();
        prop_assert!(text.len() <= 36);
        prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        prop_assert_eq!(text.parse(), Ok(one));
    }
}

/// Few values for each part, so that two ids often differ in one of them alone.
fn parts() -> impl Strategy<Value = ClientOrderIdParts> {
    let slots = prop_oneof![
        Just(Slot::Entry),
        Just(Slot::Exit),
        prop_oneof![Just(0), Just(1), Just(11), Just(255)].prop_map(Slot::Level)
    ];
    let parts = prop_oneof![
        Just(Part::Order),
        Just(Part::StopLeg),
        Just(Part::TargetLeg),
        Just(Part::Cancel)
    ];
    let numbers = prop_oneof![Just(1_u16), Just(11), Just(u16::MAX)];
    let generations = prop_oneof![Just(1_u32), Just(11), Just(65_537), Just(u32::MAX)];
    let tags = prop_oneof![Just("0000"), Just("7gk2")];
    (tags, numbers.clone(), slots, generations, numbers, parts).prop_map(
        |(tag, trader, slot, generation, attempt, part)| ClientOrderIdParts {
            tag: tag.parse::<InstallationTag>().unwrap(),
            trader: TraderId(trader),
            slot,
            generation,
            attempt,
            part,
        },
    )
}

#[test]
fn surprises_are_told() {
    let said = |status, executed, fill| Said {
        part: Part::Order,
        status,
        executed,
        working_since: None,
        fill,
    };
    let mut late = order(limit("100"));
    said(VenueStatus::Canceled, 0, None).tell(&mut late);
    let merged = said(VenueStatus::Canceled, 5, Some((1, 5))).tell(&mut late);
    assert_eq!((merged.surprise, merged.new_fill), (Some(Surprise::FillAfterClose), true));
    let mut over = order(limit("100"));
    let merged = said(VenueStatus::Open, ALL + 1, Some((1, ALL + 1))).tell(&mut over);
    assert_eq!(merged.surprise, Some(Surprise::Overfilled));
    assert!(over.remaining().is_zero());
    let mut unsent = order(limit("100"));
    unsent.on(OrderEvent::NotSent, ms(2));
    assert_eq!(
        said(VenueStatus::Open, 0, None).tell(&mut unsent).surprise,
        Some(Surprise::Revived)
    );
    assert!(unsent.is_live());
}
